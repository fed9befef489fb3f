//! eˣ, eˣ − 1, tanh and the logistic function at one number.

use super::{Interval, Scalar};

/// The terms of the series for eʳ: for |r| ≤ 0.36 the last one is below 1e-17, within what is lost to rounding.
const TERMS: usize = 15;

/// 1/k!; the factorials are exact in `f64` up to 22!.
pub(super) const INVERSE_FACTORIALS: [Interval; 23] = {
    let mut table = [Interval::new(1.0, 1.0); 23];
    let mut factorial = 1.0;
    let mut k = 2;
    while k < table.len() {
        factorial *= k as f64;
        let nearest: f64 = 1.0 / factorial;
        table[k] = Interval::new(nearest.next_down(), nearest.next_up());
        k += 1;
    }
    table
};

/// The leading 32 bits of ln 2: a product with an integer of up to 21 bits is exact.
pub(super) const LN_2_LEADING: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);

/// ln 2 less its leading bits.
pub(super) const LN_2_REST: Interval = {
    let nearest = f64::from_bits(0x3dea_39ef_3579_3c76);
    Interval::new(nearest.next_down(), nearest.next_up())
};

/// (eʳ − 1)/r by n terms, for |r| ≤ 0.36, with n from 2 to 22:
///
/// Σ_{k=1}^{n−1} rᵏ⁻¹/k! + rⁿ⁻¹ e^ξ/n! with ξ between 0 and r (J. L. Lagrange), where ½ < e^ξ < 2.
pub(super) fn slope_to_one(r: Interval, n: usize) -> Interval {
    let within_reach = r.largest_magnitude() <= 0.36; // false for NaN
    if !within_reach {
        return Interval::WHOLE;
    }
    let remainder = Interval::new(0.5, 2.0) * INVERSE_FACTORIALS[n];
    INVERSE_FACTORIALS[1..n].iter().rev().fold(remainder, |sum, &c| sum * r + c)
}

/// k and r with x = k ln 2 + r and |r| near ½ ln 2 or below, for |x| ≤ 800.
fn reduced(x: f64) -> (f64, Interval) {
    let k = (x / std::f64::consts::LN_2).round();
    let (exact, rest) = (Interval::from(k * LN_2_LEADING), Interval::from(k) * LN_2_REST);
    (k, Interval::from(x) - exact - rest)
}

/// 2ᵏ for whole k from −1022 to 1023, exactly.
pub(super) fn power_of_two(k: f64) -> f64 {
    f64::from_bits(((k + 1023.0) as u64) << 52)
}

/// eˣ.
pub(super) fn exp(x: f64) -> Interval {
    if x < -746.0 {
        // Below half the smallest subnormal number, 2⁻¹⁰⁷⁵, since 746 > 1075 ln 2.
        return Interval::new(0.0, f64::from_bits(1));
    }
    // 710 > 1024 ln 2; false for NaN.
    let is_finite = x <= 710.0;
    if !is_finite {
        return Interval::WHOLE;
    }
    let (k, r) = reduced(x);
    let e = Interval::from(1.0) + r * slope_to_one(r, TERMS);
    // In two factors, because neither 2¹⁰²⁴ nor 2⁻¹⁰⁷⁵ is an `f64`; the first leaves a normal number.
    let half = (k / 2.0).floor();
    e.scale(power_of_two(half)).scale(power_of_two(k - half))
}

/// eˣ − 1, to full relative accuracy.
pub(super) fn exp_minus_one(x: f64) -> Interval {
    // The margin is one of the reduction's, not of the series', which looks at its argument itself.
    if x.abs() <= 0.34 {
        let r = Interval::from(x);
        return r * slope_to_one(r, TERMS);
    }
    exp(x) - Interval::from(1.0)
}

/// tanh x = −m/(2 + m) with m = e^{−2x} − 1, at |x|.
pub(super) fn tanh(x: f64) -> Interval {
    let size = x.abs();
    let value = if size > 20.0 {
        // 1 − tanh 20 = 2/(e⁴⁰ + 1) < 2⁻⁵³, since e⁴⁰ > 2.7⁴⁰ > 2⁵⁴.
        Interval::new(1.0 - f64::EPSILON / 2.0, 1.0)
    } else {
        let m = exp_minus_one(-2.0 * size);
        // tanh x ≤ x and tanh x < 1 for x ≥ 0.
        (-m / (Interval::from(2.0) + m)).within(Interval::new(0.0, size.min(1.0)))
    };
    if x.is_sign_negative() { -value } else { value }
}

/// 1/(1 + e⁻ˣ), with the relative digits of its tail to the left.
pub(super) fn logistic(x: f64) -> Interval {
    let (e, one) = (exp(-x.abs()), Interval::from(1.0));
    let value = if x >= 0.0 { one / (one + e) } else { e / (one + e) };
    value.within(Interval::new(0.0, 1.0))
}
