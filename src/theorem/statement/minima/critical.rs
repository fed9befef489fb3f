//! Critical points of a loss of any kind, and those that Newton's method finds about a start.

use nalgebra::{DVector, SymmetricEigen};

use super::super::samples::sampled_point;
use super::rest::{Minimum, dense_hessian};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::leg::Obstacle;
use crate::loss::Problem;
use crate::measure::norm;

/// A nondegenerate critical point of a loss: a minimum, a saddle or a maximum.
#[derive(Clone, Debug)]
pub struct CriticalPoint {
    /// The point w*, with g(w*) = 0.
    pub w: Vec<f64>,
    /// ‖g(w*)‖: what round-off left of the gradient.
    pub residual: f64,
    /// The Hessian H(w*), split into eigenvalues and eigenvectors; no eigenvalue is 0.
    pub hessian: SymmetricEigen<f64, nalgebra::Dyn>,
}

/// Starts of the search, and how far they lie from that of the problem, in every coordinate, relative to its
/// size.
const STARTS: usize = 64;
const RADIUS: f64 = 1.5;
/// Newton steps from one start.
const NEWTON_STEPS: usize = 60;
/// Eigenvalues below this share of the largest count as zero.
const FLAT: f64 = 1e-6;
/// Points nearer than this, relative to their size, are the same.
const SAME: f64 = 1e-6;

impl CriticalPoint {
    /// The minimum that is reached from the start.
    ///
    /// # Errors
    /// [`Obstacle`] if none is found, or if it is degenerate.
    pub fn minimum_of(problem: &Problem) -> Result<Self, Obstacle> {
        let minimum = Minimum::of(problem)?;
        if !minimum.is_nondegenerate() {
            let residual = minimum.residual;
            return Err(Obstacle::NoEquilibrium { what: "nondegenerate minimum", residual });
        }
        let Minimum { w, residual, hessian } = minimum;
        Ok(CriticalPoint { w, residual, hessian })
    }

    /// H(w*)⁻¹ v.
    pub fn solve(&self, v: &[f64]) -> Vec<f64> {
        newton_step(&self.hessian, v)
    }

    /// The number of negative eigenvalues of H(w*): 0 at a minimum.
    pub fn index(&self) -> usize {
        self.hessian.eigenvalues.iter().filter(|l| **l < 0.0).count()
    }

    /// The smallest |eigenvalue| of H(w*).
    pub fn softest(&self) -> f64 {
        self.hessian.eigenvalues.iter().fold(f64::INFINITY, |least, l| least.min(l.abs()))
    }

    /// The nondegenerate critical points that Newton's method on the gradient finds from the start of `problem`
    /// and from 64 random points about it, each once, in the order they are found; everything random comes from
    /// `seed`.
    pub fn about(problem: &Problem, seed: u64) -> Vec<CriticalPoint> {
        let mut a = Numeric::new(problem.float());
        let centre = problem.start().as_slice().to_vec();
        let radius = RADIUS * (1.0 + norm(&centre) / (centre.len() as f64).sqrt());
        let starts = (0..STARTS).map(|number| sampled_point(&centre, radius, seed, number));
        let mut found: Vec<CriticalPoint> = Vec::new();
        for start in std::iter::once(centre.clone()).chain(starts) {
            let Some(point) = newton(&mut a, start) else { continue };
            let apart = |known: &CriticalPoint| {
                let gap: Vec<f64> = known.w.iter().zip(&point.w).map(|(x, y)| x - y).collect();
                norm(&gap) > SAME * (1.0 + norm(&point.w))
            };
            if found.iter().all(apart) {
                found.push(point);
            }
        }
        found
    }
}

/// Where Newton's method leads from `w`, each step halved until the gradient shrinks.
fn newton(a: &mut Numeric<f64>, mut w: Vec<f64>) -> Option<CriticalPoint> {
    let mut g = a.gradient(Batch::Full, &w);
    for _ in 0..NEWTON_STEPS {
        if !norm(&g).is_finite() {
            return None;
        }
        let hessian = SymmetricEigen::new(dense_hessian(a, Batch::Full, &w));
        let step = newton_step(&hessian, &g);
        let mut factor = 1.0;
        let next = loop {
            let trial: Vec<f64> = w.iter().zip(&step).map(|(w, s)| w - factor * s).collect();
            let slope = a.gradient(Batch::Full, &trial);
            if norm(&slope) < norm(&g) {
                break Some((trial, slope));
            }
            factor *= 0.5;
            if factor < 1e-4 {
                break None;
            }
        };
        // At the round-off level the gradient no longer shrinks.
        let Some(next) = next else { break };
        (w, g) = next;
    }
    let hessian = SymmetricEigen::new(dense_hessian(a, Batch::Full, &w));
    let (residual, largest) = (norm(&g), hessian.eigenvalues.amax());
    let point = CriticalPoint { w, residual, hessian };
    let settled = residual <= 1e-12 * (1.0 + largest) * (1.0 + norm(&point.w));
    (settled && point.softest() > FLAT * largest).then_some(point)
}

/// Σ_i u_i (u_iᵀ v)/λ_i over the eigenvectors whose eigenvalue is not 0.
fn newton_step(hessian: &SymmetricEigen<f64, nalgebra::Dyn>, v: &[f64]) -> Vec<f64> {
    let mut components = hessian.eigenvectors.tr_mul(&DVector::from_column_slice(v));
    for (component, &eigenvalue) in components.iter_mut().zip(&hessian.eigenvalues) {
        let flat = eigenvalue.abs() <= f64::MIN_POSITIVE;
        *component = if flat { 0.0 } else { *component / eigenvalue };
    }
    (&hessian.eigenvectors * components).as_slice().to_vec()
}

#[cfg(test)]
mod tests;
