//! Rungs, what is observed at one, and how far a prediction can be trusted there.

use crate::scalar::DoubleDouble;

/// One rung of a ladder: a step size and how many blocks of steps are taken.
///
/// Identities count random samples in `blocks`; bounds put the small parameter in `step_size`,
/// thresholds the momentum coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    /// The step size ε.
    pub step_size: f64,
    /// The number of blocks.
    pub blocks: usize,
}

impl Rung {
    /// Half the step size over the same time.
    #[must_use]
    pub fn halved(self) -> Self {
        Rung { step_size: 0.5 * self.step_size, blocks: 2 * self.blocks }
    }
}

/// What was observed at one rung.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The observed vector.
    pub values: Vec<DoubleDouble>,
    /// The round-off that its computation may have gathered, in the Euclidean norm.
    pub floor: f64,
}

/// How far the reference at one rung can be trusted.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The largest error of the reference that the evidence leaves possible.
    pub disagreement: f64,
    /// What a second integrator would have needed, if there was none.
    pub lacking: Option<String>,
}
