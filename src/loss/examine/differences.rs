//! Derivatives of what is known in numbers only, by central differences with a bar of their own.

use super::{beyond, largest};

/// A derivative along a line, entry by entry, and how far every entry of it can be trusted.
pub(super) struct Slope {
    pub(super) entries: Vec<f64>,
    pub(super) bar: f64,
}

/// The step sizes tried: a quarter of the length of the parameters, and quarters of that; more where a
/// contradiction is to be excluded.
const LADDER: i32 = 11;
const LONG_LADDER: i32 = 24;
/// Units of round-off that a value is allowed.
const ROUNDINGS: f64 = 8.0;
/// Weights of f(s) − f(−s), f(2s) − f(−2s), f(3s) − f(−3s) over s, exact to order 6, and of the first
/// two of them, exact to order 4.
const SIXTH: [f64; 3] = [3.0 / 4.0, -3.0 / 20.0, 1.0 / 60.0];
const FOURTH: [f64; 3] = [2.0 / 3.0, -1.0 / 12.0, 0.0];

/// The derivative of `f` at 0 by central differences of order 6, at the step size whose bar is narrowest.
///
/// The bar is what orders 6 and 4 differ by, what two step sizes differ by, and what rounding and an error
/// of `noise` in every entry of `f` do. `None` where `f` is finite at no two step sizes.
pub(super) fn slope(f: impl Fn(f64) -> Vec<f64>, length: f64, noise: f64) -> Option<Slope> {
    narrowest(slopes(&f, length, noise, 0..LADDER)).map(|(_, slope)| slope)
}

/// The derivative of `f` at 0 that contradicts the entries of `claimed`, and the entry that is off most;
/// `None` where none is off by more than `bars` bars and `tolerance`.
///
/// Step sizes much longer than the function around 0 may agree with each other and miss it: what shorter ones
/// grant is not contradicted.
pub(super) fn contradiction(
    f: impl Fn(f64) -> Vec<f64>,
    length: f64,
    noise: f64,
    claimed: &[f64],
    limit: impl Fn(&Slope) -> f64,
) -> Option<(usize, Slope)> {
    let (at, best) = narrowest(slopes(&f, length, noise, 0..LADDER))?;
    let off = |slope: &Slope, i: usize| (slope.entries[i] - claimed[i]).abs();
    let wrong: Vec<usize> =
        (0..claimed.len()).filter(|&i| beyond(off(&best, i), limit(&best))).collect();
    if wrong.is_empty() {
        return None;
    }
    let shorter = slopes(&f, length, noise, at..LONG_LADDER);
    let granted = |i: usize| {
        let grants = |(_, slope): &(i32, Slope)| {
            off(slope, i) <= limit(slope) && limit(slope) <= off(&best, i) / 3.0
        };
        shorter.iter().any(grants)
    };
    let wrong = wrong.into_iter().filter(|&i| !granted(i));
    let worst = wrong.max_by(|&i, &j| off(&best, i).total_cmp(&off(&best, j)))?;
    Some((worst, best))
}

fn narrowest(slopes: Vec<(i32, Slope)>) -> Option<(i32, Slope)> {
    slopes.into_iter().min_by(|(_, a), (_, b)| a.bar.total_cmp(&b.bar))
}

/// The derivatives at the step sizes `ladder`, where they are finite, each with its bar.
fn slopes(
    f: &impl Fn(f64) -> Vec<f64>,
    length: f64,
    noise: f64,
    ladder: std::ops::Range<i32>,
) -> Vec<(i32, Slope)> {
    let mut found = Vec::new();
    let mut coarser: Option<Vec<f64>> = None;
    for k in ladder {
        let s = 0.25 * length * f64::powi(4.0, -k);
        let ends: Vec<[Vec<f64>; 2]> =
            (1..=3).map(|j| [f(f64::from(j) * s), f(f64::from(-j) * s)]).collect();
        let gaps: Vec<Vec<f64>> = (ends.iter())
            .map(|[ahead, behind]| ahead.iter().zip(behind).map(|(a, b)| a - b).collect())
            .collect();
        let of = |weights: [f64; 3]| -> Vec<f64> {
            (0..gaps[0].len())
                .map(|i| weights.iter().zip(&gaps).map(|(c, gap)| c * gap[i]).sum::<f64>() / s)
                .collect()
        };
        let (sixth, fourth) = (of(SIXTH), of(FOURTH));
        if let Some(coarser) = &coarser {
            // Values are rounded, and so are points, which moves values by their slope.
            let values = ends.iter().flatten();
            let size = largest(values.clone().flatten().copied());
            let spread = largest(values.map(|value| distance(value, &ends[0][0])));
            let rounding = noise + f64::EPSILON * (ROUNDINGS * size + length * spread / s);
            let bar = distance(&sixth, &fourth) + distance(&sixth, coarser) + 2.0 * rounding / s;
            if bar.is_finite() {
                found.push((k, Slope { entries: sixth.clone(), bar }));
            }
        }
        coarser = Some(sixth);
    }
    found
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    largest(a.iter().zip(b).map(|(a, b)| a - b))
}
