//! Reference flows: high-order integrators that share nothing, over a plain right-hand side.
//!
//! [`Dop853`] is the explicit Runge–Kutta pair of Dormand and Prince from `ode_solvers`, fenced
//! against its known faults; beyond the digits of `f64` its place is taken by [`Extrapolation`];
//! [`Taylor`] expands the solution in jets of the right-hand side. Where two run they check each
//! other.

mod dop853;
mod extrapolation;
mod taylor;

pub use dop853::Dop853;
pub use extrapolation::Extrapolation;
pub use taylor::Taylor;

use crate::scalar::Scalar;

/// The right-hand side of y′ = f(t, y), as a plain function of scalars.
pub trait RightHandSide<S: Scalar> {
    /// The number of components of y.
    fn dim(&self) -> usize;

    /// Writes f(t, y) over all `dim()` entries of `dy`.
    fn evaluate(&mut self, t: S, y: &[S], dy: &mut [S]);
}

/// Why a flow could not be followed to its end.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The right-hand side or the solution left the finite numbers.
    #[error("the flow is not finite at t = {time:.4e}")]
    NotFinite {
        /// The time at which that was noticed.
        time: f64,
    },
    /// The step size fell below what the time variable resolves: usually a blow-up.
    #[error("the flow cannot be followed past t = {time:.4e}: the solver's step size underflows")]
    StepUnderflow {
        /// The time reached.
        time: f64,
    },
    /// The flow is too stiff for an explicit solver.
    #[error("the flow is too stiff for an explicit solver at t = {time:.4e}; shorten the horizon")]
    Stiff {
        /// The time reached.
        time: f64,
    },
    /// The solver used up its evaluations.
    #[error("the flow needs more than {limit} solver steps at t = {time:.4e}; shorten the horizon")]
    TooManySteps {
        /// The time reached.
        time: f64,
        /// The number of steps allowed.
        limit: u32,
    },
    /// The solver stopped elsewhere than asked.
    #[error("the solver stopped at t = {reached:.17e} instead of {asked:.17e}")]
    MissedEnd {
        /// The time reached.
        reached: f64,
        /// The time asked for.
        asked: f64,
    },
    /// The time span is not a finite number ≥ 0.
    #[error("a flow runs for a finite time of at least 0, not {span}")]
    Span {
        /// The span asked for.
        span: f64,
    },
}

#[cfg(test)]
mod tests;
