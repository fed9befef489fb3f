//! Why a black box, or what it is to be asked on, is no question.

/// A black box that cannot be asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifyError {
    /// Nothing to ask it on.
    #[error(
        "there is no problem to run it on; hand over at least one, such as those of identify::problems()"
    )]
    NoProblems,
    /// Nothing to compare it with.
    #[error(
        "the register has no methods; hand over Methods::standard() or one with methods of your own"
    )]
    NoMethods,
    /// It panicked.
    #[error("it panicked on {problem}: {message}")]
    Panicked {
        /// The problem.
        problem: String,
        /// What it said.
        message: String,
    },
    /// The gradient was asked for at a point of another space.
    #[error(
        "on {problem} it asks for the gradient at {given} numbers, but the loss has {dim} parameters"
    )]
    Dimension {
        /// The problem.
        problem: String,
        /// The numbers given.
        given: usize,
        /// The number of parameters.
        dim: usize,
    },
    /// The gradient was asked for of a minibatch that there is none of.
    #[error(
        "on {problem} it asks for the gradient of minibatches {given:?}, of which there are {batches}, counted from 0"
    )]
    Batch {
        /// The problem.
        problem: String,
        /// What was asked for.
        given: Vec<usize>,
        /// The number of minibatches.
        batches: usize,
    },
    /// Iterates that are no numbers, at every step size tried.
    #[error("on {problem} its step {step} at ε = {eps:.3e} gives what is no finite number{hint}")]
    NotFinite {
        /// The problem.
        problem: String,
        /// The step, counted from 1.
        step: usize,
        /// The least step size tried.
        eps: f64,
        /// What that often means.
        hint: &'static str,
    },
    /// It does the same whatever the gradient is.
    #[error(
        "its steps do not depend on the gradient: on {problem} they are the same with every gradient doubled and turned around"
    )]
    IgnoresGradient {
        /// The problem.
        problem: String,
    },
    /// It does something else every time.
    #[error(
        "on {problem} the same run gives something else the second time, from step {step} on; keep what is random in its state, with a seed"
    )]
    NotRepeatable {
        /// The problem.
        problem: String,
        /// The first step that differs, counted from 1.
        step: usize,
    },
    /// A step that takes several minibatches apart, not all that it was given.
    #[error(
        "on {problem} its step {step} takes gradients of several minibatches, {asked:?}, and not of all that it was given"
    )]
    SeveralBatches {
        /// The problem.
        problem: String,
        /// The step, counted from 1.
        step: usize,
        /// The minibatches asked for.
        asked: Vec<Vec<usize>>,
    },
}
