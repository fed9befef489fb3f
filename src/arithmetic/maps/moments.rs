//! What Adam and its kin make of moments of the gradient.

use std::borrow::Cow;

use crate::arithmetic::Map;
use crate::scalar::{Ratio, Scalar};

/// x ∘ x, coordinate by coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Square;

impl Map for Square {
    fn name(&self) -> Cow<'static, str> {
        "square".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(inputs[0]) {
            *out = x.square();
        }
    }

    fn degree(&self, _slot: usize) -> Option<usize> {
        Some(2)
    }
}

/// ψ(m, v) = m/(v + e)^½, or m/(v^½ + e), coordinate by coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scaled {
    /// e > 0.
    pub stabiliser: Ratio,
    /// Whether e stands inside the root.
    pub inside: bool,
}

impl Map for Scaled {
    fn name(&self) -> Cow<'static, str> {
        "ψ".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        let e = S::from_ratio(self.stabiliser);
        for ((out, &m), &v) in out.iter_mut().zip(inputs[0]).zip(inputs[1]) {
            *out = m / if self.inside { (v + e).sqrt() } else { v.sqrt() + e };
        }
    }

    fn degree(&self, slot: usize) -> Option<usize> {
        (slot == 0).then_some(1)
    }
}
