//! Points of rest: those that the modified flow keeps, and those that it moves.

mod critical;
mod kept;
mod moved;
mod rest;

pub use critical::CriticalPoint;
pub use kept::Minima;
pub use moved::{CriticalPointsMove, MinimaMove};
pub(super) use rest::dense_hessian;
pub use rest::{Minimum, disagreement_gradient};
