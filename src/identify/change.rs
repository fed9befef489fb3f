//! In what a program may differ from the method whose name it bears: changes that any method can be run with.

use std::fmt;

/// Where weight decay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecayPlace {
    /// Before the step: the gradient is taken at the weights that have decayed.
    Before,
    /// In the step: the weights before it decay, and its gradient is theirs.
    Within,
    /// After the step: the weights that it has made decay.
    After,
}

/// A change of a method, as a well-known bug or another convention makes it.
///
/// It acts around the method's own step, on its memory, on what it reads of the number of steps, or on the
/// gradients it is handed, and so on any method of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The memory starts as if the first gradient had always been there, not empty: the first step is undampened.
    Filled {
        /// The vector of the memory, counted from 0; all of them if none is named.
        slot: Option<usize>,
    },
    /// Means are not corrected for their start at zero.
    Uncorrected {
        /// Which of the means, counted from 0; all of them if none is named.
        mean: Option<usize>,
    },
    /// Means are corrected by 1 − βⁿ⁺¹ where 1 − βⁿ belongs.
    CorrectedLate {
        /// Which of the means, counted from 0; all of them if none is named.
        mean: Option<usize>,
    },
    /// The stabiliser is added to the root before that is corrected: √(1 − β₂ⁿ) m̂/(√v + e).
    StabilisedFirst,
    /// Weights decay at another place, or by the same part in every step, whatever the step size.
    Decay {
        /// Where.
        place: DecayPlace,
        /// Whether the decay is multiplied by the step size.
        rated: bool,
    },
    /// Gradients of a minibatch of several are summed, where they should be averaged.
    Summed,
    /// The step size is multiplied by a number.
    Rate,
    /// A velocity around the whole step: u what the method moves by, v ← βv + u, w ← w + v.
    MomentumAround,
    /// The method's velocity is added before the gradient is taken, and stays added.
    MomentumKept,
    /// The weights are seen ahead, at w + c v, v the method's velocity.
    SeenAhead,
}

/// Whether a memory starts as the register has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// As in the register.
    Registered,
    /// Empty: at rest.
    Rest,
}

impl Change {
    /// The name of the number that comes with it.
    pub(super) fn extra(self) -> Option<&'static str> {
        match self {
            Change::Decay { .. } => Some(DECAY),
            Change::Rate => Some("factor"),
            Change::MomentumAround => Some("momentum again"),
            Change::MomentumKept | Change::SeenAhead => Some("c"),
            _ => None,
        }
    }

    /// Values of that number to begin a search from.
    pub(super) fn levels(self) -> &'static [f64] {
        match self {
            Change::Decay { .. } => &[0.01, 0.1],
            Change::Rate => &[0.5, 2.0, 10.0],
            Change::MomentumAround => &[0.5, 0.9],
            Change::MomentumKept | Change::SeenAhead => &[0.5, 0.9],
            _ => &[],
        }
    }

    /// All that are tried alone.
    pub(super) const ALL: [Change; 20] = {
        use DecayPlace::{After, Before, Within};
        [
            Change::Rate,
            Change::Summed,
            Change::Uncorrected { mean: None },
            Change::Uncorrected { mean: Some(0) },
            Change::Uncorrected { mean: Some(1) },
            Change::CorrectedLate { mean: None },
            Change::CorrectedLate { mean: Some(0) },
            Change::CorrectedLate { mean: Some(1) },
            Change::StabilisedFirst,
            Change::Filled { slot: None },
            Change::Filled { slot: Some(0) },
            Change::Filled { slot: Some(1) },
            Change::Decay { place: Before, rated: true },
            Change::Decay { place: After, rated: true },
            Change::Decay { place: Before, rated: false },
            Change::Decay { place: Within, rated: false },
            Change::Decay { place: After, rated: false },
            Change::SeenAhead,
            Change::MomentumAround,
            Change::MomentumKept,
        ]
    };

    /// Whether both are about the same part of a method.
    pub(super) fn meets(self, other: Change) -> bool {
        self.part() == other.part()
    }

    /// The part of a method that it is about.
    pub fn part(self) -> &'static str {
        match self {
            Change::Filled { .. } => "start of the memory",
            Change::Uncorrected { .. } | Change::CorrectedLate { .. } => "bias correction",
            Change::StabilisedFirst => "stabiliser",
            Change::Decay { .. } => "decay",
            Change::Summed => "minibatch gradient",
            Change::Rate => "step size",
            Change::MomentumAround | Change::MomentumKept => "momentum",
            Change::SeenAhead => "point of the gradient",
        }
    }
}

/// The setting that is decoupled decay.
pub(super) const DECAY: &str = "decay";

fn of_mean(mean: Option<usize>) -> &'static str {
    match mean {
        None => "",
        Some(0) => " of the first mean",
        Some(1) => " of the second mean",
        Some(_) => " of a further mean",
    }
}

impl fmt::Display for Change {
    /// "the bias correction is missing".
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Change::Filled { slot: None } => f.write_str(
                "the memory starts full of the first gradient, so that the first step is undampened",
            ),
            Change::Filled { slot: Some(slot) } => {
                write!(f, "memory {} starts full of the first gradient", slot + 1)
            }
            Change::Uncorrected { mean } => {
                write!(f, "the bias correction{} is missing", of_mean(mean))
            }
            Change::CorrectedLate { mean } => {
                write!(f, "the bias correction{} is off by one step: βⁿ⁺¹ for βⁿ", of_mean(mean))
            }
            Change::StabilisedFirst => {
                f.write_str("the stabiliser is added before the root is corrected for its start")
            }
            Change::Decay { place, rated } => {
                f.write_str(match place {
                    DecayPlace::Before => "the weights decay before the gradient is taken",
                    DecayPlace::Within => "the weights decay with the step",
                    DecayPlace::After => "the weights decay after the gradient step",
                })?;
                f.write_str(if rated { "" } else { ", and the decay is not multiplied by the step size" })
            }
            Change::Summed => {
                f.write_str("the gradients of a minibatch are summed, not averaged")
            }
            Change::Rate => f.write_str("the step size is multiplied by a factor"),
            Change::MomentumAround => f.write_str("momentum is applied twice: once more around the step"),
            Change::MomentumKept => f.write_str(
                "momentum is applied twice: the velocity is added before the gradient is taken, and stays",
            ),
            Change::SeenAhead => f.write_str(
                "the weights are those that the method looks ahead at, w + c v, as its other form has them",
            ),
        }
    }
}
