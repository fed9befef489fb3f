//! Step sizes that change with the time.

use std::borrow::Cow;

use crate::arithmetic::Map;
use crate::scalar::{Ratio, Scalar};

/// s(τ) ∘ x, coordinate by coordinate, of a vector x and a vector τ of times: x is linear in it.
///
/// | schedule | s(τ) |
/// |---|---|
/// | cosine | ½ (1 + cos(πτ/T)) |
/// | polynomial | (1 − τ/T)^p |
/// | warm-up | r + (1 − r) τ/T: a claim with it speaks of times up to T |
///
/// Source: Loshchilov & Hutter 2017, arXiv 1608.03983 (cosine, without restarts); Goyal et al. 2017,
/// arXiv 1706.02677 (linear warm-up).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// ½ (1 + cos(πτ/T)).
    Cosine {
        /// T > 0.
        horizon: Ratio,
    },
    /// (1 − τ/T)^p.
    Polynomial {
        /// T > 0.
        horizon: Ratio,
        /// p.
        power: u32,
    },
    /// r + (1 − r) τ/T.
    WarmUp {
        /// T > 0.
        horizon: Ratio,
        /// r, the share of the step size that is taken first.
        from: Ratio,
    },
}

impl Schedule {
    /// s(τ).
    pub fn at<S: Scalar>(self, time: S) -> S {
        match self {
            Schedule::Cosine { horizon } => {
                let turned = time.scale(std::f64::consts::PI) / S::from_ratio(horizon);
                (S::one() + turned.sin_cos().1).scale(0.5)
            }
            Schedule::Polynomial { horizon, power } => {
                let rest = S::one() - time / S::from_ratio(horizon);
                (0..power).fold(S::one(), |product, _| product * rest)
            }
            Schedule::WarmUp { horizon, from } => {
                let risen = S::from_ratio(Ratio::new(1, 1) - from) / S::from_ratio(horizon);
                S::from_ratio(from) + risen * time
            }
        }
    }
}

impl Map for Schedule {
    fn name(&self) -> Cow<'static, str> {
        "s".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for ((out, &x), &time) in out.iter_mut().zip(inputs[0]).zip(inputs[1]) {
            *out = self.at(time) * x;
        }
    }

    fn degree(&self, slot: usize) -> Option<usize> {
        (slot == 0).then_some(1)
    }
}

/// (1, 1, …, 1), whatever the vector: what makes a vector of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ones;

impl Map for Ones {
    fn name(&self) -> Cow<'static, str> {
        "1".into()
    }

    fn eval<S: Scalar>(&self, _inputs: &[&[S]], out: &mut [S]) {
        out.fill(S::one());
    }

    fn degree(&self, _slot: usize) -> Option<usize> {
        Some(0)
    }
}
