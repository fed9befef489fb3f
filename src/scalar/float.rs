//! `f64` as a scalar.

use super::{Ratio, Real, Scalar};

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
    fn tanh(self) -> Self {
        self.tanh()
    }
    fn softplus(self) -> Self {
        self.max(0.0) + (-self.abs()).exp().ln_1p()
    }
    fn leading(self) -> f64 {
        self
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
        *r.numer() as f64 / *r.denom() as f64
    }
}

impl Real for f64 {
    const ROUND_OFF: f64 = f64::EPSILON / 2.0;

    fn abs(self) -> Self {
        self.abs()
    }
}
