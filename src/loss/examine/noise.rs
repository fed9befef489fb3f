//! How many digits a function carries, from its differences along a line.

use super::largest;

/// What rounding does to a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    /// The error of one value.
    pub(super) size: f64,
    /// The same, relative to the function or to how it changes over the length of the parameters.
    pub(super) relative: f64,
}

/// Sample points on a line, and the binomial coefficients of a sixth difference with alternating signs.
const SAMPLES: usize = 9;
const SIXTH: [f64; 7] = [1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0];
/// The root of the sum of their squares: how much a sixth difference magnifies independent errors.
const MAGNIFIED: f64 = 30.4;
/// The powers of ten below the length of the parameters that samples are apart.
const FINEST: i32 = 9;
/// By how many times its noise a function must change between samples that are to tell the noise.
const CLEAR: f64 = 20.0;
/// How many times the least noise found the largest error is, about.
const LARGEST: f64 = 4.0;
/// Relative errors above this one are not those of `f64`.
pub(super) const COARSE: f64 = 4e-9;

/// The noise of `f` about 0: a sixth difference of a smooth function vanishes with the distance of the
/// samples, one of rounding errors does not. `None` where the function does not change clearly.
///
/// Source: R. W. Hamming, *Introduction to Applied Numerical Analysis*, 1971; J. J. Moré, S. M. Wild,
/// *Estimating computational noise*, 2011.
pub(super) fn noise(f: impl Fn(f64) -> f64, length: f64) -> Option<Noise> {
    let mut least: Option<f64> = None;
    let (mut size, mut steepest): (f64, f64) = (0.0, 0.0);
    for k in 3..=FINEST {
        let gap = length * f64::powi(10.0, -k);
        let at: Vec<f64> =
            (0..SAMPLES).map(|i| f((i as f64 - (SAMPLES / 2) as f64) * gap)).collect();
        let change = largest(at.iter().map(|x| x - at[0]));
        if !change.is_finite() {
            continue;
        }
        size = size.max(largest(at.iter().copied()));
        let sixth = at
            .windows(SIXTH.len())
            .map(|window| window.iter().zip(SIXTH).map(|(x, c)| c * x).sum::<f64>() / MAGNIFIED);
        let found = largest(sixth);
        if change > CLEAR * found {
            steepest = steepest.max(change / (SAMPLES as f64 * gap) * length);
            least = Some(least.map_or(found, |least| least.min(found)));
        }
    }
    let scale = size.max(steepest);
    least
        .filter(|_| scale > 0.0)
        .map(|least| Noise { size: least, relative: LARGEST * least / scale })
}

/// The decimal digits that a relative error leaves, about: 7 from 2e-8 to 2e-7.
pub(super) fn digits(relative: f64) -> u32 {
    (0.3 - relative.log10()).floor().max(0.0) as u32
}
