//! Pure statistics: ladders of step sizes, fitted orders, extrapolated coefficients, spreads over runs.
//!
//! Nothing here knows what was measured.

mod ladder;
mod order_fit;
mod projection;
mod recovery;
mod spread;

pub use ladder::{FLOOR_FACTOR, LEAST_POINTS, Point, keep_above_floor};
pub use order_fit::{Model, OrderFit, fit_order};
pub use projection::{Hidden, Weight, project};
pub use recovery::{Estimate, extrapolate_to_zero, extrapolate_vector};
pub use spread::Spread;

/// The largest magnitude; NaN if any value is.
pub fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |largest: f64, x| {
        if largest.is_nan() || x.is_nan() { f64::NAN } else { largest.max(x.abs()) }
    })
}

/// The Euclidean norm; NaN if any entry is.
pub fn norm(v: &[f64]) -> f64 {
    let size = largest(v.iter().copied());
    if !(size > 0.0 && size.is_finite()) {
        return size;
    }
    // Scaled, so that squares neither overflow nor vanish.
    size * v.iter().map(|x| (x / size) * (x / size)).sum::<f64>().sqrt()
}
