//! The ladder: errors over a declared sequence of step sizes.

/// A point this many times above the floor of round-off and reference is trusted.
pub const FLOOR_FACTOR: f64 = 100.0;

/// Fewer points than this carry no order.
pub const LEAST_POINTS: usize = 5;

/// One rung of a ladder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The step size ε.
    pub step_size: f64,
    /// The norm of the signed error vector.
    pub error: f64,
    /// What round-off and the reference may have changed of it.
    pub floor: f64,
    /// Whether the point is fitted.
    pub used: bool,
}

/// Marks as used exactly the points whose error is at least [`FLOOR_FACTOR`] times their floor.
///
/// The rule is applied before any fit is looked at; nothing is trimmed afterwards.
pub fn keep_above_floor(step_sizes: &[f64], errors: &[f64], floors: &[f64]) -> Vec<Point> {
    (step_sizes.iter().zip(errors).zip(floors))
        .map(|((&step_size, &error), &floor)| Point {
            step_size,
            error,
            floor,
            used: error.is_finite() && error > 0.0 && error >= FLOOR_FACTOR * floor,
        })
        .collect()
}
