//! Straight valleys of minima.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::super::super::NotApplicable;
use super::super::super::minima::{Minimum, dense_hessian, disagreement_gradient};
use super::slow::Slow;
use super::{COARSEST, FLAT, MOST_PRODUCTS, RUNGS, SLOW_SPAN, TOLERANCE};
use crate::arithmetic::{Batch, Numeric};
use crate::integrate::Dop853;
use crate::leg::{Obstacle, Pace};
use crate::loss::Problem;
use crate::scalar::Scalar;

/// A straight valley of minima and the slow flow along it.
#[derive(Clone)]
pub(super) struct Valley {
    /// The point of it that everything starts from.
    pub(super) start: Vec<f64>,
    /// The projection on it, row by row.
    pub(super) projection: Vec<f64>,
    /// The epochs of the coarsest rung, and the slow time of all.
    pub(super) blocks: usize,
    pub(super) time: f64,
    /// x and, row by row, S at that time.
    pub(super) end: Vec<f64>,
}

impl Valley {
    /// The valley that Newton's method reaches from the start of `problem`, and the slow flow along it.
    ///
    /// # Errors
    /// [`NotApplicable`] if there is none, it bends, or nothing drives along it.
    pub(super) fn of(problem: &Problem, horizon: Option<f64>) -> Result<Self, NotApplicable> {
        let none = |why: String| NotApplicable(format!("{} {why}", problem.name()));
        let mut a = Numeric::new(problem.float());
        let lost = |obstacle: Obstacle| NotApplicable(obstacle.to_string());
        let start = Minimum::of(problem).map_err(lost)?.w;
        let rate = Pace::of(problem).map_err(lost)?.rate;
        let Some(projection) = kernel(&mut a, &start) else {
            return Err(none("has no direction at its minimum in which it is flat".to_owned()));
        };
        let pull = {
            let half = DVector::from_vec(disagreement_gradient(&mut a, &start));
            0.5 * (&projection * half).norm()
        };
        if pull <= f64::EPSILON * rate * rate {
            return Err(none("has minibatches that do not disagree along its valley".to_owned()));
        }
        let m = problem.batches();
        let time = horizon.unwrap_or(SLOW_SPAN / pull);
        let coarsest = COARSEST / (rate * m as f64);
        let blocks = (time / (coarsest * coarsest * m as f64)).ceil();
        let orders: f64 = (1..=m).map(|k| k as f64).product();
        let products = blocks * (1_u32 << RUNGS) as f64 * orders * (m * (problem.dim() + 1)) as f64;
        if products > MOST_PRODUCTS {
            return Err(none(format!(
                "takes {products:.0e} products with Hessians along its valley"
            )));
        }
        let mut valley = Valley {
            start,
            projection: projection.as_slice().to_vec(),
            blocks: blocks as usize,
            time,
            end: Vec::new(),
        };
        valley.end = valley.followed(problem, [0.25, 1.0], time).map_err(lost)?;
        let there = kernel(&mut a, &valley.end[..problem.dim()].to_vec());
        if there.is_none_or(|there| (there - projection).norm() > FLAT.sqrt()) {
            return Err(none("has a valley that bends".to_owned()));
        }
        Ok(valley)
    }

    /// The slow flow with the coefficients of P∇V and of PKP/m.
    pub(super) fn slow<S: Scalar>(&self, a: Numeric<S>, [drift, cloud]: [f64; 2]) -> Slow<S> {
        let projection = self.projection.iter().map(|&p| S::from_f64(p)).collect();
        Slow { arithmetic: a, projection, drift: S::from_f64(drift), cloud: S::from_f64(cloud) }
    }

    /// x and S after the slow `time`, with the coefficients of P∇V and of PKP/m.
    pub(super) fn followed(
        &self,
        problem: &Problem,
        coefficients: [f64; 2],
        time: f64,
    ) -> Result<Vec<f64>, Obstacle> {
        let d = problem.dim();
        let mut start = self.start.clone();
        start.resize(d + d * d, 0.0);
        let mut rhs = self.slow(Numeric::new(problem.float()), coefficients);
        Ok(Dop853 { tolerance: TOLERANCE }.integrate(&mut rhs, &start, time)?)
    }
}

/// The projection on the kernel of H at `w`; `None` if there is none, or H is not positive beside it.
fn kernel(a: &mut Numeric<f64>, w: &Vec<f64>) -> Option<DMatrix<f64>> {
    let hessian = SymmetricEigen::new(dense_hessian(a, Batch::Full, w));
    let largest = hessian.eigenvalues.amax();
    let mut projection = DMatrix::zeros(w.len(), w.len());
    let mut flat = 0;
    for (j, &eigenvalue) in hessian.eigenvalues.iter().enumerate() {
        if eigenvalue.abs() <= FLAT * largest {
            let v = hessian.eigenvectors.column(j);
            projection.ger(1.0, &v, &v, 1.0);
            flat += 1;
        } else if eigenvalue < 0.0 {
            return None;
        }
    }
    (flat > 0 && flat < w.len()).then_some(projection)
}
