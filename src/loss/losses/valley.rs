//! A flat valley of minima that differ only in how much the minibatches disagree.

use super::tilt::Tilts;
use crate::loss::{Loss, ProblemError};
use crate::scalar::Scalar;

/// Ĉ_k(x, y) = y² − 2 s_k tanh(x) y on ℝ², with s_k of mean 0 and mean square 1.
///
/// C = y²: every point (x, 0) is a minimum and all have one Hessian, so gradient descent stays
/// where it is. Random reshuffling drifts along the valley to where the minibatches agree:
/// x′ = −2 ε ρ ρ′ with ρ = tanh x.
#[derive(Clone, Debug)]
pub struct Valley {
    tilts: Tilts,
}

impl Valley {
    /// The loss with `batches` minibatches, s_k equally spaced; for 4, s = (3, 1, −1, −3)/√5.
    ///
    /// # Errors
    /// [`ProblemError`] if there are fewer than 2 minibatches.
    pub fn new(batches: usize) -> Result<Self, ProblemError> {
        Ok(Valley { tilts: Tilts::new(batches)? })
    }
}

impl Loss for Valley {
    fn dim(&self) -> usize {
        2
    }

    fn batches(&self) -> usize {
        self.tilts.batches()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (x, y) = (w[0], w[1]);
        y.square() - (self.tilts.get::<S>(batch) * x.tanh() * y).scale(2.0)
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let (rho, y, s) = (w[0].tanh(), w[1], self.tilts.get::<S>(batch));
        out[0] = -(s * (S::one() - rho * rho) * y).scale(2.0);
        out[1] = (y - s * rho).scale(2.0);
    }
}
