//! Why a method has no expansion.

use crate::arithmetic::NotContracting;
use crate::sampling::LONGEST_PERIOD;

/// Why there is no expansion.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A method without generic arithmetic.
    #[error("the method is known in f64 only, and an expansion runs its step in series of ε")]
    MethodInFloats,
    /// A loss without generic arithmetic.
    #[error("the loss is known in f64 only, and an expansion evaluates it in series of ε")]
    LossInFloats,
    /// A flow without generic arithmetic.
    #[error("the flow is known in f64 only, and an expansion is compared with it in series of ε")]
    FlowInFloats,
    /// A flow with a start of its own.
    #[error(
        "the flow starts elsewhere than the iterates, and an expansion speaks of the field alone"
    )]
    StartsElsewhere,
    /// A claimed field that is no number.
    #[error("the claimed field is not finite there")]
    FlowNotFinite,
    /// A point of another dimension.
    #[error("the point has {given} coordinates, and the loss has {dim} parameters")]
    Point {
        /// Its coordinates.
        given: usize,
        /// The parameters.
        dim: usize,
    },
    /// More terms than a series holds.
    #[error("{terms} terms are more than a series in ε holds; at most {most}")]
    TooManyTerms {
        /// The terms asked for.
        terms: usize,
        /// How many there can be.
        most: usize,
    },
    /// Memory over a random block.
    #[error(
        "the method remembers, and its minibatches are random: its memory is random too and lies on no \
         slow manifold, so that the mean over a block is no function of the mean state; take the whole loss \
         or a fixed order. For the heavy ball over reshuffled epochs it is known to multiply the penalty on the \
         minibatches' disagreement by κ = 1 − 2S/(m(m − 1)), S = mβ/(1 − β) − β(1 − βᵐ)/(1 − β)²"
    )]
    RandomMemory,
    /// A mean over too many paths.
    #[error(
        "a block has {paths} paths, and a mean is taken over at most {limit}; take fewer minibatches"
    )]
    TooManyPaths {
        /// How many there are.
        paths: f64,
        /// How many there may be.
        limit: f64,
    },
    /// A method that changes with the number of the step.
    #[error(
        "the method counts its steps, so that no one field is followed; read them as a time or as what fades"
    )]
    CountsSteps,
    /// A phase that is not within the period.
    #[error(
        "the method reads the phase of {read} steps, and is followed over periods of {period}: it must say that it \
         repeats after as many, and at most {LONGEST_PERIOD}"
    )]
    Phase {
        /// The steps whose phase it reads.
        read: usize,
        /// The period that is followed.
        period: usize,
    },
    /// A step that is not smooth, or not defined, at the point.
    #[error(
        "the step is not smooth there, or the loss is not defined: its series in ε is not finite"
    )]
    NotSmooth,
    /// Memory of another shape than was announced.
    #[error("the method changes the shape of its memory from step to step")]
    MemoryShape,
    /// An implicit stage.
    #[error(transparent)]
    Implicit(NotContracting),
    /// Memory that stays.
    #[error(
        "the memory does not fade: a perturbation of it is multiplied by {factor:.6} a block, and only below 1 \
         is there a slow manifold"
    )]
    Lasting {
        /// The largest magnitude of an eigenvalue.
        factor: f64,
    },
    /// Memory that follows no function of the parameters.
    #[error(
        "the memory does not settle on a function of the parameters as ε → 0, to the digits that double-double \
         has; take fewer terms, or a memory that fades faster"
    )]
    Unsettled,
    /// Memory that is linked in too many ways.
    #[error(
        "the memory mixes its {entries} entries with each other; at most {most} can be resolved, take a smaller loss"
    )]
    TooLarge {
        /// The entries.
        entries: usize,
        /// How many there may be.
        most: usize,
    },
    /// A method that does not come to rest with ε.
    #[error("a step of size ε = 0 moves the parameters, so that no flow in t = nε is followed")]
    MovesAtZero,
    /// Iterates of no flow.
    #[error(
        "the iterates are not those of one field: their differences do not vanish at ε^{power}"
    )]
    NoFlow {
        /// The first power at which they are not.
        power: usize,
    },
}
