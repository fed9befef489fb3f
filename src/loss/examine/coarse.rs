//! Whether a mismatch is what single precision makes.

use super::largest;

/// Between these two, relative to the largest entry, lies what rounding to single precision does: 6e-8 of
/// every entry, and more where it cancels.
const LEAST: f64 = 1e-9;
const MOST: f64 = 3e-6;
/// The share of entries that must be off: rounding spares hardly any.
const SHARE: f64 = 0.9;
/// How much relative errors must differ, in their largest: a wrong factor is the same everywhere.
const SCATTER: f64 = 0.3;

/// The relative error of `found` against `expected`, if it is that of single precision: small, and in
/// numbers that all fit single precision, or in nearly all entries and different in each.
pub(super) fn coarseness(pairs: &[(f64, f64)]) -> Option<f64> {
    let size = largest(pairs.iter().map(|(_, expected)| *expected));
    let worst = largest(pairs.iter().map(|(found, expected)| found - expected)) / size;
    let relative: Vec<f64> = (pairs.iter())
        .filter(|(_, expected)| expected.abs() > 1e-6 * size)
        .map(|(found, expected)| (found - expected) / expected)
        .collect();
    let most = largest(relative.iter().copied());
    let off = relative.iter().filter(|r| r.abs() > 1e-3 * most).count();
    let (low, high) = relative
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &r| (low.min(r), high.max(r)));
    let scattered = high - low > SCATTER * most;
    let spread = off as f64 >= SHARE * relative.len() as f64;
    let single = pairs.iter().all(|(found, _)| (f64::from(*found as f32) - found).abs() <= 0.0);
    let rounded = single || scattered && spread;
    ((LEAST..MOST).contains(&worst) && relative.len() > 1 && rounded).then_some(worst)
}
