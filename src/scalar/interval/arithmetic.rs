//! Ring operations, division and square roots, rounded outwards.
//!
//! The hardware rounds each of them to the nearest `f64`. The exact result is then between the two
//! neighbours of the rounded one; where it is known to be the rounded number itself, no step is taken. This holds
//! for subnormal results too, and for an overflow, whose inner neighbour is the largest `f64`.

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use super::Interval;

/// a + b rounded, and its error, exactly (D. E. Knuth); NaN or infinite where the sum overflows.
fn sum_and_error(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// The largest `f64` that is at most a + b, except at an overflow, where it may be smaller.
pub(super) fn sum_down(a: f64, b: f64) -> f64 {
    let (sum, error) = sum_and_error(a, b);
    // What overflows on the way to the error leaves it infinite or NaN; a finite error is exact.
    if error >= 0.0 && error.is_finite() { sum } else { sum.next_down() }
}

/// The smallest `f64` that is at least a + b, except at an overflow, where it may be larger.
pub(super) fn sum_up(a: f64, b: f64) -> f64 {
    -sum_down(-a, -b)
}

/// Whether |x| is a power of two, in the range of normal numbers.
fn is_power_of_two(x: f64) -> bool {
    x.is_normal() && x.to_bits() << 12 == 0
}

/// Whether a shift by whole binary places that was rounded to `result` has lost none. What is rounded to
/// the smallest normal number may have been below it.
fn is_exact_shift(result: f64) -> bool {
    result.abs() > f64::MIN_POSITIVE && result.is_finite()
}

/// A number that is at most a b: exact for zeros and powers of two.
fn product_down(a: f64, b: f64) -> f64 {
    let product = a * b;
    if a.abs() <= 0.0 || b.abs() <= 0.0 {
        0.0
    } else if (is_power_of_two(a) || is_power_of_two(b)) && is_exact_shift(product) {
        product
    } else if product.abs() <= 0.0 && a.is_sign_positive() == b.is_sign_positive() {
        // An underflow from above.
        0.0
    } else {
        product.next_down()
    }
}

fn product_up(a: f64, b: f64) -> f64 {
    -product_down(-a, b)
}

/// A number that is at most a/b, for b other than 0: exact for a = 0 and powers of two.
fn quotient_down(a: f64, b: f64) -> f64 {
    let quotient = a / b;
    if a.abs() <= 0.0 {
        0.0
    } else if is_power_of_two(b) && is_exact_shift(quotient) {
        quotient
    } else if quotient.abs() <= 0.0 && a.is_sign_positive() == b.is_sign_positive() {
        0.0
    } else {
        quotient.next_down()
    }
}

fn quotient_up(a: f64, b: f64) -> f64 {
    -quotient_down(-a, b)
}

/// √x; nothing is known for x < 0.
pub(super) fn square_root(x: f64) -> Interval {
    if x < 0.0 {
        return Interval::WHOLE;
    }
    if x <= 0.0 {
        return Interval::new(0.0, 0.0);
    }
    // The root of a positive number, be it subnormal, is above 10⁻¹⁶².
    let root = x.sqrt();
    Interval::new(root.next_down(), root.next_up())
}

impl Add for Interval {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        // An end of the whole line makes a sum that is not finite, and `new` the whole line again.
        Interval::new(sum_down(self.lo, other.lo), sum_up(self.hi, other.hi))
    }
}

impl Sub for Interval {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Interval {
    type Output = Self;
    fn neg(self) -> Self {
        Interval { lo: -self.hi, hi: -self.lo }
    }
}

impl Mul for Interval {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let (a, b) = (self, other);
        if !a.is_finite() || !b.is_finite() {
            return Interval::WHOLE;
        }
        let (lo, hi) = match (a.lo >= 0.0, a.hi <= 0.0, b.lo >= 0.0, b.hi <= 0.0) {
            (true, _, true, _) => (product_down(a.lo, b.lo), product_up(a.hi, b.hi)),
            (true, _, _, true) => (product_down(a.hi, b.lo), product_up(a.lo, b.hi)),
            (_, true, true, _) => (product_down(a.lo, b.hi), product_up(a.hi, b.lo)),
            (_, true, _, true) => (product_down(a.hi, b.hi), product_up(a.lo, b.lo)),
            (true, _, _, _) => (product_down(a.hi, b.lo), product_up(a.hi, b.hi)),
            (_, true, _, _) => (product_down(a.lo, b.hi), product_up(a.lo, b.lo)),
            (_, _, true, _) => (product_down(a.lo, b.hi), product_up(a.hi, b.hi)),
            (_, _, _, true) => (product_down(a.hi, b.lo), product_up(a.lo, b.lo)),
            // Both have 0 inside.
            _ => (
                product_down(a.lo, b.hi).min(product_down(a.hi, b.lo)),
                product_up(a.lo, b.lo).max(product_up(a.hi, b.hi)),
            ),
        };
        Interval::new(lo, hi)
    }
}

impl Div for Interval {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let (a, b) = if other.hi < 0.0 { (-self, -other) } else { (self, other) };
        // The whole line, as a divisor, fails here.
        if !(b.lo > 0.0 && a.is_finite()) {
            return Interval::WHOLE;
        }
        let lo = quotient_down(a.lo, if a.lo >= 0.0 { b.hi } else { b.lo });
        let hi = quotient_up(a.hi, if a.hi <= 0.0 { b.hi } else { b.lo });
        Interval::new(lo, hi)
    }
}

impl AddAssign for Interval {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Interval {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl MulAssign for Interval {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}
