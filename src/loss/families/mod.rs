//! Problems by name, and random ones of their kinds.

mod presets;
mod random;

pub use presets::{RIDGE, names, preset, rows_used};
pub use random::random_problem;
