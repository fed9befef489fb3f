//! A number of steps that is read wrongly, as programs do that correct a mean for its start.

use super::Steps;

/// What is wrong with the number n of steps of which βⁿ is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Miscount {
    /// βⁿ is taken to be 0: a mean is not corrected for its start.
    Forgotten {
        /// Which of the means of a step, counted from 0; all of them if none is named.
        which: Option<usize>,
    },
    /// βⁿ⁺¹ is taken for βⁿ.
    Late {
        /// Which of the means of a step, counted from 0; all of them if none is named.
        which: Option<usize>,
    },
}

impl Miscount {
    /// Whether it concerns the mean at this place of a step.
    pub(crate) fn concerns(self, at: usize) -> bool {
        let (Miscount::Forgotten { which } | Miscount::Late { which }) = self;
        which.is_none_or(|which| which == at)
    }

    /// Whether the correction is left out.
    pub(crate) fn forgets(self) -> bool {
        matches!(self, Miscount::Forgotten { .. })
    }

    /// The number of steps that is read in the place of `steps`.
    pub(crate) fn of(self, steps: Steps) -> Steps {
        match self {
            Miscount::Forgotten { .. } => steps.as_settled(),
            Miscount::Late { .. } => steps.next(),
        }
    }
}
