//! ln x, ln(1 + y) and softplus at one number.
//!
//! By the series of artanh, which has the digits of ln x next to x = 1 too; a Newton step from a floating
//! logarithm needs eˣ − 1 for them, and no fewer operations.

use super::exponential::{LN_2_LEADING, LN_2_REST, exp, power_of_two};
use super::{Interval, Scalar};

/// The terms of the series for artanh: for z² ≤ 1/9 the last one is 9⁻¹⁸/37, within what is lost to rounding.
const TERMS: usize = 18;

/// 2 artanh z = 2 z Σ_{j<n} z²ʲ/(2j + 1), for |z| slightly above 1/3 at most, by n terms.
///
/// What is left, z²ⁿ (1/(2n + 1) + z²/(2n + 3) + …), is z²ⁿ/(2n + 1) times something from 1 to
/// 1/(1 − z²) < 8/7.
pub(super) fn twice_artanh(z: Interval, n: usize) -> Interval {
    let within_reach = z.largest_magnitude() <= 0.3334; // false for NaN
    if !within_reach {
        return Interval::WHOLE;
    }
    let reciprocal = |odd: usize| Interval::from(1.0) / Interval::from(odd as f64);
    let square = z.square();
    // 8/7, rounded up.
    let remainder = Interval::new(1.0, 1.143) * reciprocal(2 * n + 1);
    let sum = (0..n).rev().fold(remainder, |sum, j| sum * square + reciprocal(2 * j + 1));
    (z * sum).scale(2.0)
}

/// ln x; nothing is known unless x > 0.
pub(super) fn ln(x: f64) -> Interval {
    if !(x > 0.0 && x.is_finite()) {
        return Interval::WHOLE;
    }
    // x = m 2ᵏ with m between √½ and √2, about; a subnormal x is made normal first, exactly.
    let (x, shift) = if x.is_normal() { (x, 0.0) } else { (x * power_of_two(54.0), -54.0) };
    let k = f64::from((x.to_bits() >> 52) as u16) - 1023.0;
    let m = f64::from_bits((x.to_bits() & ((1 << 52) - 1)) | (1023 << 52));
    let (m, k) = if m > std::f64::consts::SQRT_2 { (m / 2.0, k + 1.0) } else { (m, k) };
    let (m, k, one) = (Interval::from(m), k + shift, Interval::from(1.0));
    let small = twice_artanh((m - one) / (m + one), TERMS) + Interval::from(k) * LN_2_REST;
    Interval::from(k * LN_2_LEADING) + small
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^{−|x|}), the latter by 2 artanh(y/(2 + y)) with y = e^{−|x|} ≤ 1.
pub(super) fn softplus(x: f64) -> Interval {
    let y = exp(-x.abs()).within(Interval::new(0.0, 1.0));
    let tail = twice_artanh(y / (Interval::from(2.0) + y), TERMS);
    Interval::from(x.max(0.0)) + tail
}
