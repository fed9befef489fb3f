//! How much each minibatch leans on the direction in which minibatches disagree.

use crate::loss::ProblemError;
use crate::scalar::{Ratio, Scalar};

/// m equally spaced numbers s_k of mean 0 and mean square 1: s_k = (m − 1 − 2k) √(3/(m² − 1)).
///
/// For m = 4 they are (3, 1, −1, −3)/√5. They are made in the scalar at hand, so their moments are
/// exact to its precision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tilts {
    batches: usize,
    /// 3/(m² − 1), reduced once and not at every gradient.
    unit: Ratio,
}

impl Tilts {
    /// # Errors
    /// [`ProblemError`] if `batches` is below 2: one number of mean 0 does not have square 1.
    pub(super) fn new(batches: usize) -> Result<Self, ProblemError> {
        match batches {
            0 => Err(ProblemError::NoBatches),
            1 => Err(ProblemError::TooFewBatches { batches }),
            m => Ok(Tilts { batches, unit: Ratio::new(3, (m * m - 1) as i64) }),
        }
    }

    pub(super) fn batches(self) -> usize {
        self.batches
    }

    /// s_k.
    pub(super) fn get<S: Scalar>(self, batch: usize) -> S {
        let (m, k) = (self.batches as i64, batch as i64);
        S::from_ratio(self.unit).sqrt().scale((m - 1 - 2 * k) as f64)
    }
}
