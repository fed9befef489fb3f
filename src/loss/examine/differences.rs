//! Derivatives of what is known in numbers only, by central differences with a bar of their own.

use super::largest;

/// A derivative along a line, entry by entry, and how far every entry of it can be trusted.
pub(super) struct Slope {
    pub(super) entries: Vec<f64>,
    pub(super) bar: f64,
}

/// The step sizes tried: a quarter of the length of the parameters, and quarters of that.
const LADDER: i32 = 11;
/// Weights of f(s) − f(−s), f(2s) − f(−2s), f(3s) − f(−3s) over s, exact to order 6, and of the first
/// two of them, exact to order 4.
const SIXTH: [f64; 3] = [3.0 / 4.0, -3.0 / 20.0, 1.0 / 60.0];
const FOURTH: [f64; 3] = [2.0 / 3.0, -1.0 / 12.0, 0.0];

/// The derivative of `f` at 0 by central differences of order 6, at the step size whose bar is narrowest.
///
/// The bar is what orders 6 and 4 differ by, what two step sizes differ by, and what an error of
/// `noise` in every entry of `f` does. `None` where `f` is finite at no two step sizes.
pub(super) fn slope(f: impl Fn(f64) -> Vec<f64>, length: f64, noise: f64) -> Option<Slope> {
    let mut best: Option<Slope> = None;
    let mut coarser: Option<Vec<f64>> = None;
    for k in 0..LADDER {
        let s = 0.25 * length * f64::powi(4.0, -k);
        let gaps: Vec<Vec<f64>> = (1..=3)
            .map(|j| {
                let (ahead, behind) = (f(f64::from(j) * s), f(f64::from(-j) * s));
                ahead.iter().zip(behind).map(|(a, b)| a - b).collect()
            })
            .collect();
        let of = |weights: [f64; 3]| -> Vec<f64> {
            (0..gaps[0].len())
                .map(|i| weights.iter().zip(&gaps).map(|(c, gap)| c * gap[i]).sum::<f64>() / s)
                .collect()
        };
        let (sixth, fourth) = (of(SIXTH), of(FOURTH));
        if let Some(coarser) = &coarser {
            let bar = distance(&sixth, &fourth) + distance(&sixth, coarser) + 2.0 * noise / s;
            if bar.is_finite() && best.as_ref().is_none_or(|best| bar < best.bar) {
                best = Some(Slope { entries: sixth.clone(), bar });
            }
        }
        coarser = Some(sixth);
    }
    best
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    largest(a.iter().zip(b).map(|(a, b)| a - b))
}
