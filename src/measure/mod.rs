//! Pure statistics: ladders of step sizes, fitted orders, extrapolated coefficients.
//!
//! Nothing here knows what was measured.

mod ladder;
mod order_fit;
mod recovery;

pub use ladder::{FLOOR_FACTOR, LEAST_POINTS, Point, keep_above_floor};
pub use order_fit::{Model, OrderFit, fit_order};
pub use recovery::{Estimate, extrapolate_to_zero, project};

/// The Euclidean norm.
pub fn norm(v: &[f64]) -> f64 {
    let largest = v.iter().fold(0.0_f64, |a, &x| if x.is_nan() { x } else { a.max(x.abs()) });
    if largest <= 0.0 || !largest.is_finite() {
        return largest;
    }
    largest * v.iter().map(|x| (x / largest) * (x / largest)).sum::<f64>().sqrt()
}
