//! The maps that methods and flows of this crate share: one symbol in series on both sides of a claim.

mod direction;
mod geometry;
mod moments;
mod schedule;

pub use direction::Direction;
pub use geometry::{ByGroups, FromDual, InverseMetric, Player, ToDual};
pub use moments::{Factored, Scaled, Square};
pub use schedule::{Ones, Schedule};
