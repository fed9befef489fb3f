//! Points of rest: those that the modified flow keeps, and those that it moves.

mod kept;
mod moved;
mod rest;

pub use kept::Minima;
pub use moved::MinimaMove;
pub(super) use rest::dense_hessian;
pub use rest::{Minimum, disagreement_gradient};
