//! Two minima of equal value and curvature, told apart by shuffling alone.

use super::tilt::Tilts;
use crate::loss::{Loss, ProblemError};
use crate::scalar::{Ratio, Scalar};

/// Ĉ_k(w) = 0.02 (w² − 1)² + ½ s_k ln(1 + e^{2w}) on ℝ, with s_k of mean 0 and mean square 1.
///
/// C = 0.02 (w² − 1)² has minima ±1 of equal value and equal curvature 0.16. The minibatches agree
/// on the left and disagree on the right, g_k = g + s_k/(1 + e^{−2w}), so the penalty of random
/// reshuffling favours the left: for m = 4 its modified loss has lost the right minimum at
/// ε = 0.2276.
#[derive(Clone, Debug)]
pub struct TwoMinima {
    tilts: Tilts,
}

impl TwoMinima {
    /// The loss with `batches` minibatches, s_k equally spaced; for 4, s = (3, 1, −1, −3)/√5.
    ///
    /// # Errors
    /// [`ProblemError`] if there are fewer than 2 minibatches.
    pub fn new(batches: usize) -> Result<Self, ProblemError> {
        Ok(TwoMinima { tilts: Tilts::new(batches)? })
    }
}

impl Loss for TwoMinima {
    fn dim(&self) -> usize {
        1
    }

    fn batches(&self) -> usize {
        self.tilts.batches()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let wells =
            (w[0].square() - S::one()).square() * S::from_ratio(const { Ratio::new(1, 50) });
        wells + self.tilts.get::<S>(batch) * w[0].scale(2.0).softplus().scale(0.5)
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let wells = w[0] * (w[0].square() - S::one()) * S::from_ratio(const { Ratio::new(2, 25) });
        out[0] = wells + self.tilts.get::<S>(batch) * w[0].scale(2.0).logistic();
    }
}
