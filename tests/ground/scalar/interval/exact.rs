//! Sums and products of `f64` without rounding.

use std::cmp::Ordering;

use num_bigint::BigInt;

/// integer · 2^exponent.
#[derive(Clone, Debug)]
pub struct Dyadic {
    integer: BigInt,
    exponent: i64,
}

impl Dyadic {
    pub fn new(x: f64) -> Self {
        assert!(x.is_finite(), "{x} is no number");
        let bits = x.to_bits();
        let (mantissa, power) = ((bits & ((1 << 52) - 1)) as i64, (bits >> 52 & 0x7ff) as i64);
        let (mantissa, power) =
            if power == 0 { (mantissa, 1) } else { (mantissa | 1 << 52, power) };
        let signed = if x.is_sign_negative() { -mantissa } else { mantissa };
        Dyadic { integer: BigInt::from(signed), exponent: power - 1075 }
    }

    pub fn integer(n: i128) -> Self {
        Dyadic { integer: BigInt::from(n), exponent: 0 }
    }

    /// Both as multiples of one power of two.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, i64) {
        let exponent = self.exponent.min(other.exponent);
        let shifted = |x: &Self| &x.integer << (x.exponent - exponent) as usize;
        (shifted(self), shifted(other), exponent)
    }

    pub fn plus(&self, other: &Self) -> Self {
        let (a, b, exponent) = self.aligned(other);
        Dyadic { integer: a + b, exponent }
    }

    pub fn minus(&self, other: &Self) -> Self {
        let (a, b, exponent) = self.aligned(other);
        Dyadic { integer: a - b, exponent }
    }

    pub fn times(&self, other: &Self) -> Self {
        Dyadic { integer: &self.integer * &other.integer, exponent: self.exponent + other.exponent }
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let (a, b, _) = self.aligned(other);
        a.cmp(&b)
    }

    pub fn at_most(&self, other: &Self) -> bool {
        self.compare(other) != Ordering::Greater
    }

    pub fn is_positive(&self) -> bool {
        self.integer > BigInt::ZERO
    }
}
