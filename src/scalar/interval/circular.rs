//! Sine and cosine.

use super::exponential::INVERSE_FACTORIALS;
use super::{Interval, Scalar, arithmetic};

/// The terms of either series: for |r| ≤ 0.8 the last ones are below 3e-18, within what is lost to rounding.
const TERMS: usize = 9;

/// The first 33 bits of π/2 and the next 33: products with integers of up to 20 bits are exact.
pub(super) const HALF_PI_LEADING: [f64; 2] =
    [f64::from_bits(0x3ff9_21fb_5440_0000), f64::from_bits(0x3dd0_b461_1a60_0000)];

/// π/2 less its leading bits.
pub(super) const HALF_PI_REST: Interval = {
    let nearest = f64::from_bits(0x3ba3_198a_2e03_7073);
    Interval::new(nearest.next_down(), nearest.next_up())
};

/// The largest number of quarter turns that is reduced.
const QUARTER_TURNS: f64 = 1048576.0;

const UNIT: Interval = Interval::new(-1.0, 1.0);

/// Sine and cosine by n terms each, for |r| ≤ 0.8, with n from 1 to 10:
///
/// sin r = Σ_{j<n} (−1)ʲ r²ʲ⁺¹/(2j + 1)! + θ r²ⁿ⁺¹/(2n + 1)! and
/// cos r = Σ_{j<n} (−1)ʲ r²ʲ/(2j)! + θ r²ⁿ/(2n)!, each with a θ from −1 to 1 (J. L. Lagrange).
pub(super) fn series(r: Interval, n: usize) -> (Interval, Interval) {
    let within_reach = r.largest_magnitude() <= 0.8; // false for NaN
    if !within_reach {
        return (Interval::WHOLE, Interval::WHOLE);
    }
    let square = r.square();
    let sum = |offset: usize| {
        let remainder = UNIT * INVERSE_FACTORIALS[2 * n + offset];
        (0..n).rev().fold(remainder, |sum, j| {
            let c = INVERSE_FACTORIALS[2 * j + offset];
            sum * square + if j.is_multiple_of(2) { c } else { -c }
        })
    };
    (r * sum(1), sum(0))
}

/// Sine and cosine of one number.
fn at(x: f64) -> (Interval, Interval) {
    let n = (x / std::f64::consts::FRAC_PI_2).round();
    let within_reach = n.abs() <= QUARTER_TURNS; // false for NaN
    if !within_reach {
        return (UNIT, UNIT);
    }
    let [first, second] = HALF_PI_LEADING.map(|part| Interval::from(n * part));
    let r = Interval::from(x) - first - second - Interval::from(n) * HALF_PI_REST;
    let (sine, cosine) = series(r, TERMS);
    let (sine, cosine) = match n.rem_euclid(4.0) as u8 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    };
    (sine.within(UNIT), cosine.within(UNIT))
}

/// Sine and cosine of all numbers in `x`; beyond 1.6e6, and where `x` is wider than 2, from −1 to 1.
///
/// With the middle m and |h| ≤ δ, by the theorem of addition: sin h is within ±δ, cos h from
/// 1 − δ²/2 to 1. Where the cosine thereby found keeps its sign, the sine is monotone, and its ends are
/// its values at the ends; likewise for the cosine.
pub(super) fn sin_cos(x: Interval) -> (Interval, Interval) {
    if !x.is_finite() {
        return (Interval::WHOLE, Interval::WHOLE);
    }
    let middle = x.middle();
    if x.is_point() {
        return at(middle);
    }
    let delta = x.radius_around(middle);
    let is_narrow = delta <= 1.0;
    if !is_narrow {
        return (UNIT, UNIT);
    }
    let sine_of_h = Interval::new(-delta, delta);
    let square = Interval::from(delta).square();
    let cosine_of_h = Interval::new(arithmetic::sum_down(1.0, -square.scale(0.5).hi()), 1.0);
    let (sine, cosine) = at(middle);
    let whole_sine = (sine * cosine_of_h + cosine * sine_of_h).within(UNIT);
    let whole_cosine = (cosine * cosine_of_h - sine * sine_of_h).within(UNIT);
    let keeps_its_sign = |slope: Interval| slope.lo() >= 0.0 || slope.hi() <= 0.0;
    let ((sine_lo, cosine_lo), (sine_hi, cosine_hi)) = (at(x.lo()), at(x.hi()));
    let ends = |known: Interval, slope: Interval, first: Interval, last: Interval| {
        if keeps_its_sign(slope) { known.within(first.hull(last)) } else { known }
    };
    (
        ends(whole_sine, whole_cosine, sine_lo, sine_hi),
        ends(whole_cosine, whole_sine, cosine_lo, cosine_hi),
    )
}
