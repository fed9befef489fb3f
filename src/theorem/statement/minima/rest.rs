//! Points of rest of a loss, and its Hessian there.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::leg::Obstacle;
use crate::loss::Problem;
use crate::measure::norm;

/// A local minimum of a loss with the eigensystem of its Hessian.
#[derive(Clone, Debug)]
pub struct Minimum {
    /// The minimum w*.
    pub w: Vec<f64>,
    /// ‖g(w*)‖: what round-off left of the gradient.
    pub residual: f64,
    /// The Hessian H(w*), split into eigenvalues and eigenvectors.
    pub hessian: SymmetricEigen<f64, nalgebra::Dyn>,
}

/// Newton steps before a search is given up.
const NEWTON_STEPS: usize = 200;
/// Eigenvalues below this share of the largest count as zero.
const FLAT: f64 = 1e-9;

/// The dense Hessian of `batch` at `w`, made symmetric.
pub fn dense_hessian(a: &mut Numeric<f64>, batch: Batch, w: &Vec<f64>) -> DMatrix<f64> {
    let dim = w.len();
    let mut hessian = DMatrix::zeros(dim, dim);
    for j in 0..dim {
        let mut e = vec![0.0; dim];
        e[j] = 1.0;
        hessian.set_column(j, &DVector::from_vec(a.hessian_vector(batch, w, &e)));
    }
    0.5 * (&hessian + hessian.transpose())
}

/// The largest gradient that is one of round-off, for curvatures up to `largest` at a point of such a `size`.
fn at_rest(largest: f64, size: f64) -> f64 {
    1e-10 * (1.0 + largest) * (1.0 + size)
}

impl Minimum {
    /// The minimum that Newton's method with |eigenvalues| reaches from the start of `problem`.
    ///
    /// Flat directions are left alone, so a valley of minima is met at one of its points.
    ///
    /// # Errors
    /// [`Obstacle::NoEquilibrium`] if the search does not settle, or settles at a saddle.
    pub fn of(problem: &Problem) -> Result<Self, Obstacle> {
        let mut a = Numeric::new(problem.float());
        let mut w = problem.start().as_slice().to_vec();
        let mut g = a.gradient(Batch::Full, &w);
        let mut stalled = 0;
        for _ in 0..NEWTON_STEPS {
            if !norm(&g).is_finite() {
                return Err(Obstacle::NotFinite { what: "gradient" });
            }
            let hessian = SymmetricEigen::new(dense_hessian(&mut a, Batch::Full, &w));
            let step = newton_step(&hessian, &g);
            // Halve until the loss falls or the gradient shrinks; at the round-off level neither does.
            let here = a.value(Batch::Full, &w);
            let mut factor = 1.0;
            let better = loop {
                let trial: Vec<f64> = w.iter().zip(&step).map(|(w, s)| w - factor * s).collect();
                let slope = a.gradient(Batch::Full, &trial);
                let fall = here - a.value(Batch::Full, &trial);
                if norm(&slope) < norm(&g) || fall > 1e-10 * here.abs() {
                    break Some((trial, slope, fall > 1e-10 * here.abs()));
                }
                factor *= 0.5;
                if factor < 1e-6 {
                    break None;
                }
            };
            match better {
                Some((trial, slope, falls)) => {
                    let settles = norm(&slope) > 0.9 * norm(&g) && !falls;
                    (w, g) = (trial, slope);
                    stalled = if settles { stalled + 1 } else { 0 };
                }
                None => stalled = usize::MAX,
            }
            if stalled >= 3 || norm(&g) <= f64::MIN_POSITIVE {
                break;
            }
        }
        let hessian = SymmetricEigen::new(dense_hessian(&mut a, Batch::Full, &w));
        let largest = hessian.eigenvalues.amax();
        let residual = norm(&g);
        if residual > at_rest(largest, norm(&w)) {
            return Err(Obstacle::NoEquilibrium { what: "minimum of the loss", residual });
        }
        if hessian.eigenvalues.min() < -FLAT * largest {
            return Err(Obstacle::NoEquilibrium { what: "minimum (only a saddle)", residual });
        }
        Ok(Minimum { w, residual, hessian })
    }

    /// Whether H(w*) is positive definite.
    pub fn is_nondegenerate(&self) -> bool {
        self.hessian.eigenvalues.min() > FLAT * self.hessian.eigenvalues.amax()
    }

    /// H(w*)⁻¹ v for a nondegenerate minimum.
    pub fn solve(&self, v: &[f64]) -> Vec<f64> {
        newton_step(&self.hessian, v)
    }
}

/// Σ_i u_i (u_iᵀ v)/|λ_i| over the eigenvectors whose eigenvalue is not flat.
fn newton_step(hessian: &SymmetricEigen<f64, nalgebra::Dyn>, v: &[f64]) -> Vec<f64> {
    let largest = hessian.eigenvalues.amax();
    let mut components = hessian.eigenvectors.tr_mul(&DVector::from_column_slice(v));
    for (component, &eigenvalue) in components.iter_mut().zip(&hessian.eigenvalues) {
        let size = eigenvalue.abs();
        *component = if size > FLAT * largest { *component / size } else { 0.0 };
    }
    (&hessian.eigenvectors * components).as_slice().to_vec()
}

/// ⟨(H_k − H)(g_k − g)⟩ = ½∇⟨‖g_k − g‖²⟩ at `w`.
pub fn disagreement_gradient<A: Arithmetic>(a: &mut A, w: &A::Vector) -> A::Vector {
    let m = a.batches();
    let (minus, share) = (a.fraction(-1, 1), a.fraction(1, m as i64));
    let g = a.gradient(Batch::Full, w);
    let mut sum = a.zero();
    for k in 0..m {
        let mut deviation = a.gradient(Batch::One(k), w);
        a.axpy(&minus, &g, &mut deviation);
        let own = a.hessian_vector(Batch::One(k), w, &deviation);
        let mean = a.hessian_vector(Batch::Full, w, &deviation);
        a.axpy(&share, &own, &mut sum);
        a.axpy(&-share.clone(), &mean, &mut sum);
    }
    sum
}

#[cfg(test)]
mod tests;
