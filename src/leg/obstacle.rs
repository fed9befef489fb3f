//! Why a leg could not be measured.

use std::borrow::Cow;

use crate::arithmetic::NotContracting;
use crate::integrate;

/// Why a leg could not be measured.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// The reference flow could not be followed.
    #[error("{0}")]
    Flow(#[from] integrate::Fault),
    /// An implicit method found no next iterate.
    #[error("at step size {step_size:.4e} {fault}")]
    Implicit {
        /// The step size.
        step_size: f64,
        /// What happened.
        fault: NotContracting,
    },
    /// The iterates left every bound.
    #[error(
        "the iterates diverge at step size {step_size:.2e}: {}; shorten the horizon",
        stability(*step_size, *limit)
    )]
    Diverged {
        /// The step size.
        step_size: f64,
        /// 2/L with the curvature L at the start.
        limit: f64,
    },
    /// The terms of the claim are not small on any rung.
    #[error(
        "the ladder ends at the step size {step_size:.2e}, and above {limit:.2e} the terms of the claim or a block of \
         the method are no longer small: shorten the horizon"
    )]
    TooStrong {
        /// The finest step size.
        step_size: f64,
        /// The largest at which they are small.
        limit: f64,
    },
    /// A method or a flow is none.
    #[error(
        "asked twice for the same at step size {step_size:.4e}, the {part} gave two answers; neither it, \
         nor a sampling or a loss, may keep a state of its own from one run to the next"
    )]
    TwoAnswers {
        /// The step size.
        step_size: f64,
        /// Which of them.
        part: &'static str,
    },
    /// A method's speed or memory is none.
    #[error(
        "the method says that it moves {speed} times as fast as the gradient flow and remembers {memory} steps, of \
         which no step size can be made: a speed is finite and above 0, a memory at least 1"
    )]
    NoTempo {
        /// The speed it says.
        speed: f64,
        /// The memory it says.
        memory: usize,
    },
    /// The loss is not finite where it is needed.
    #[error(
        "the {what} is not finite where it is needed; the theorem needs a loss that is finite and smooth there"
    )]
    NotFinite {
        /// Which derivative.
        what: &'static str,
    },
    /// The loss is known in `f64` only, and the statement needs more of it.
    #[error("the loss is known in f64 only, without {what}")]
    NotKnown {
        /// What is needed.
        what: &'static str,
    },
    /// A method works with what is no ratio of integers.
    #[error(
        "a hyperparameter of the method is undefined: it divides by zero, or needs integers beyond 128 bits"
    )]
    Undefined,
    /// A coefficient of the claim is no ratio of integers.
    #[error(
        "the coefficient of the {term} is undefined: it divides by zero, or needs integers beyond 128 bits"
    )]
    NoCoefficient {
        /// The term.
        term: Cow<'static, str>,
    },
    /// A point of rest could not be found.
    #[error("no {what} was found: the residual is still {residual:.3e}")]
    NoEquilibrium {
        /// What was looked for.
        what: &'static str,
        /// The norm of the residual.
        residual: f64,
    },
}

/// Why iterates diverge at a step size.
fn stability(step_size: f64, limit: f64) -> String {
    if step_size < limit / 2.0 {
        return format!(
            "gradient descent would be stable up to about {limit:.2e}, the method is not"
        );
    }
    format!("stability needs one below about {limit:.2e}")
}
