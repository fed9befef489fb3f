//! What can go wrong with a demonstration.

use crate::integrate::Fault;
use crate::loss::{ProblemError, TableError};

/// Why a demonstration found nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// No demonstration has this name.
    #[error("there is no demonstration '{name}'; {hint}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// One that is near, or all of them.
        hint: String,
    },
    /// A run left the finite numbers, or did not get where it was to be compared.
    #[error("{run} at step size {step_size} {what}; take another --seed")]
    Astray {
        /// Which run.
        run: &'static str,
        /// Its step size.
        step_size: f64,
        /// What happened.
        what: &'static str,
    },
    /// A flow could not be followed.
    #[error(transparent)]
    Flow(#[from] Fault),
    /// The loss could not be made.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The table could not be read.
    #[error(transparent)]
    Table(#[from] TableError),
}
