//! `f64` as a scalar.

use super::{Lanes, Ratio, Real, Scalar};
use crate::kernel;

impl Scalar for f64 {
    fn from_f64(x: f64) -> Self {
        x
    }
    fn exp(self) -> Self {
        self.exp()
    }
    fn ln(self) -> Self {
        self.ln()
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    /// Within 5 units in the last place, in a fifth of the time that the standard library takes.
    fn tanh(self) -> Self {
        kernel::tanh(pulp::Scalar, self)
    }
    fn sin_cos(self) -> (Self, Self) {
        self.sin_cos()
    }
    fn softplus(self) -> Self {
        self.max(0.0) + (-self.abs()).exp().ln_1p()
    }
    fn leading(self) -> f64 {
        self
    }
    fn add_scaled(y: &mut [f64], c: f64, x: &[f64]) {
        let whole = y.len().min(x.len()) / Lanes::COUNT * Lanes::COUNT;
        let ((y, y_rest), (x, x_rest)) = (y.split_at_mut(whole), x.split_at(whole));
        kernel::add_scaled(y, &[c; Lanes::COUNT], x);
        for (y, &x) in y_rest.iter_mut().zip(x_rest) {
            *y += c * x;
        }
    }

    fn floats(slice: &[f64]) -> Option<&[f64]> {
        Some(slice)
    }

    fn floats_mut(slice: &mut [f64]) -> Option<&mut [f64]> {
        Some(slice)
    }

    fn is_finite(self) -> bool {
        self.is_finite()
    }
    fn from_ratio(r: Ratio) -> Self {
        r.to_f64()
    }
}

impl Real for f64 {
    const ROUND_OFF: f64 = f64::EPSILON / 2.0;

    fn abs(self) -> Self {
        self.abs()
    }
}
