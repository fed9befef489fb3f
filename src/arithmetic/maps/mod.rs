//! The maps that methods and flows of this crate share: one symbol in series on both sides of a claim.

mod direction;
mod moments;

pub use direction::Direction;
pub use moments::{Scaled, Square};
