//! Dual numbers a + b δ with δ² = 0: forward-mode differentiation.

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use super::{Ratio, Scalar};

/// A value and its derivative in one direction, over any scalar.
///
/// f(a + b δ) = f(a) + f′(a) b δ. Nested twice it carries a mixed second derivative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<S> {
    /// The value a.
    pub value: S,
    /// The derivative b.
    pub derivative: S,
}

impl<S: Scalar> Dual<S> {
    /// `value` + `derivative` δ.
    pub fn new(value: S, derivative: S) -> Self {
        Dual { value, derivative }
    }

    /// f(a) and f′(a) put together by the chain rule.
    fn chain(self, value: S, slope: S) -> Self {
        Dual::new(value, slope * self.derivative)
    }
}

impl<S: Scalar> Add for Dual<S> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Dual::new(self.value + other.value, self.derivative + other.derivative)
    }
}

impl<S: Scalar> Sub for Dual<S> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Dual::new(self.value - other.value, self.derivative - other.derivative)
    }
}

impl<S: Scalar> Mul for Dual<S> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Dual::new(
            self.value * other.value,
            self.derivative * other.value + self.value * other.derivative,
        )
    }
}

impl<S: Scalar> Div for Dual<S> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let quotient = self.value / other.value;
        Dual::new(quotient, (self.derivative - quotient * other.derivative) / other.value)
    }
}

impl<S: Scalar> Neg for Dual<S> {
    type Output = Self;
    fn neg(self) -> Self {
        Dual::new(-self.value, -self.derivative)
    }
}

impl<S: Scalar> AddAssign for Dual<S> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<S: Scalar> SubAssign for Dual<S> {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<S: Scalar> MulAssign for Dual<S> {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<S: Scalar> Scalar for Dual<S> {
    fn from_f64(x: f64) -> Self {
        Dual::new(S::from_f64(x), S::zero())
    }
    fn exp(self) -> Self {
        let e = self.value.exp();
        self.chain(e, e)
    }
    fn ln(self) -> Self {
        self.chain(self.value.ln(), S::one() / self.value)
    }
    fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        self.chain(root, S::from_f64(0.5) / root)
    }
    fn tanh(self) -> Self {
        let t = self.value.tanh();
        self.chain(t, S::one() - t.square())
    }
    fn sin_cos(self) -> (Self, Self) {
        let (sine, cosine) = self.value.sin_cos();
        (self.chain(sine, cosine), self.chain(cosine, -sine))
    }
    fn softplus(self) -> Self {
        self.chain(self.value.softplus(), self.value.logistic())
    }
    fn leading(self) -> f64 {
        self.value.leading()
    }
    fn is_finite(self) -> bool {
        self.value.is_finite() && self.derivative.is_finite()
    }
    fn from_ratio(r: Ratio) -> Self {
        Dual::new(S::from_ratio(r), S::zero())
    }
    fn scale(self, c: f64) -> Self {
        Dual::new(self.value.scale(c), self.derivative.scale(c))
    }
    fn square(self) -> Self {
        Dual::new(self.value.square(), (self.value * self.derivative).scale(2.0))
    }
}
