//! Exact ratios of integers: coefficients and hyperparameters.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::str::FromStr;

use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, ToPrimitive};

/// An exact ratio of integers: every coefficient and hyperparameter is one, never a rounded literal.
///
/// Arithmetic is exact or says that it is not: a division by zero, or integers on the way that leave
/// 128 bits, give what is *undefined*, as NaN is among floating-point numbers, and so is everything
/// made of it. A claim with an undefined coefficient is neither measured nor proved.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio(Option<num_rational::Ratio<i128>>);

/// Integers up to this one are exact in `f64`.
const EXACT_IN_F64: u128 = 1 << 53;

impl Ratio {
    /// What is no ratio.
    pub const UNDEFINED: Ratio = Ratio(None);

    /// `numerator/denominator` in lowest terms; undefined if `denominator` is zero.
    pub const fn new(numerator: i64, denominator: i64) -> Self {
        if denominator == 0 {
            return Ratio::UNDEFINED;
        }
        // Euclid in 64 bits: coefficients are made in every step of a run.
        let (mut a, mut b) = (numerator.unsigned_abs(), denominator.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let sign = if denominator < 0 { -1 } else { 1 };
        let (n, d) = (numerator.unsigned_abs() / a, denominator.unsigned_abs() / a);
        let n = if numerator < 0 { -(n as i128) } else { n as i128 };
        Ratio(Some(num_rational::Ratio::new_raw(sign * n, d as i128)))
    }

    /// The same of wider integers; undefined also if one of them is −2¹²⁷.
    pub fn wide(numerator: i128, denominator: i128) -> Self {
        // −2¹²⁷ has no opposite, which bringing the sign into the numerator may need.
        let representable = numerator != i128::MIN && denominator != i128::MIN && denominator != 0;
        Ratio(representable.then(|| num_rational::Ratio::new(numerator, denominator)))
    }

    /// The numerator in lowest terms; 0 if undefined.
    pub fn numer(self) -> i128 {
        self.0.map_or(0, |r| *r.numer())
    }

    /// The denominator in lowest terms, positive; 0 if undefined.
    pub fn denom(self) -> i128 {
        self.0.map_or(0, |r| *r.denom())
    }

    /// Whether it is a ratio at all.
    pub fn is_defined(self) -> bool {
        self.0.is_some()
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self == Ratio::new(0, 1)
    }

    /// 1/self; undefined for zero.
    #[must_use]
    pub fn recip(self) -> Self {
        Ratio::new(1, 1) / self
    }

    /// The smallest integer that is not below it.
    pub fn ceil(self) -> Option<i128> {
        self.0.map(|r| r.ceil().to_integer())
    }

    /// The nearest `f64`; NaN if undefined.
    pub fn to_f64(self) -> f64 {
        let Some(r) = self.0 else { return f64::NAN };
        let (n, d) = (*r.numer(), *r.denom());
        if n.unsigned_abs() <= EXACT_IN_F64 && d.unsigned_abs() <= EXACT_IN_F64 {
            // One rounding; through 64 bits, whose conversion is an instruction.
            return n as i64 as f64 / d as i64 as f64;
        }
        r.to_f64().unwrap_or(f64::NAN)
    }

    fn combine(
        self,
        other: Self,
        operation: impl Fn(
            &num_rational::Ratio<i128>,
            &num_rational::Ratio<i128>,
        ) -> Option<num_rational::Ratio<i128>>,
    ) -> Self {
        let (Some(a), Some(b)) = (self.0, other.0) else { return Ratio::UNDEFINED };
        let smallest = |r: &num_rational::Ratio<i128>| *r.numer() != i128::MIN;
        Ratio(operation(&a, &b).filter(smallest))
    }
}

impl From<(i64, i64)> for Ratio {
    /// Numerator and denominator.
    fn from((numerator, denominator): (i64, i64)) -> Self {
        Ratio::new(numerator, denominator)
    }
}

impl From<i64> for Ratio {
    fn from(integer: i64) -> Self {
        Ratio::new(integer, 1)
    }
}

impl Add for Ratio {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.combine(other, |a, b| a.checked_add(b))
    }
}

impl Sub for Ratio {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.combine(other, |a, b| a.checked_sub(b))
    }
}

impl Mul for Ratio {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.combine(other, |a, b| a.checked_mul(b))
    }
}

impl Div for Ratio {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.combine(other, |a, b| a.checked_div(b))
    }
}

impl Neg for Ratio {
    type Output = Self;
    fn neg(self) -> Self {
        // −2¹²⁷ is never stored.
        Ratio(self.0.map(|r| -r))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.0?.cmp(&other.0?))
    }
}

impl fmt::Display for Ratio {
    /// 3/4, −2, or "undefined".
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            Some(r) => r.fmt(f),
            None => f.pad("undefined"),
        }
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is no ratio of integers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no ratio of integers of 128 bits, such as 3/4 or -2")]
pub struct NoRatio {
    /// The text.
    pub text: String,
}

impl FromStr for Ratio {
    type Err = NoRatio;
    fn from_str(text: &str) -> Result<Self, NoRatio> {
        let fault = || NoRatio { text: text.to_owned() };
        let integer = |text: &str| text.trim().parse::<i128>().map_err(|_| fault());
        let ratio = match text.split_once('/') {
            Some((n, d)) => Ratio::wide(integer(n)?, integer(d)?),
            None => Ratio::wide(integer(text)?, 1),
        };
        if ratio.is_defined() { Ok(ratio) } else { Err(fault()) }
    }
}
