//! What takes the place of the Euclidean geometry: mirror maps, metrics, rates by block.

use std::borrow::Cow;

use crate::arithmetic::Map;
use crate::scalar::{Ratio, Scalar};

/// b sinh(z), coordinate by coordinate: w = (∇φ)⁻¹(z) for the hyperbolic entropy
/// φ(w) = Σ w arsinh(w/b) − √(w² + b²), between the Euclidean geometry (b → ∞) and the entropic one (b → 0).
///
/// Source: Ghai, Hazan & Singer 2020, arXiv 1902.01903.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromDual {
    /// b > 0.
    pub scale: Ratio,
}

impl Map for FromDual {
    fn name(&self) -> Cow<'static, str> {
        "q".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        let half = S::from_ratio(self.scale).scale(0.5);
        for (out, &z) in out.iter_mut().zip(inputs[0]) {
            let e = z.exp();
            *out = half * (e - S::one() / e);
        }
    }
}

/// arsinh(w/b), coordinate by coordinate: the dual variable z of w, as [`FromDual`] has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToDual {
    /// b > 0.
    pub scale: Ratio,
}

impl Map for ToDual {
    fn name(&self) -> Cow<'static, str> {
        "∇φ".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        let scale = S::from_ratio(self.scale);
        for (out, &w) in out.iter_mut().zip(inputs[0]) {
            // Odd: the logarithm of what is above 1 keeps its digits.
            let x = if w.leading() < 0.0 { -w / scale } else { w / scale };
            let z = (x + (x.square() + S::one()).sqrt()).ln();
            *out = if w.leading() < 0.0 { -z } else { z };
        }
    }
}

/// P(w) x with the inverse P of a metric, symmetric and positive definite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InverseMetric {
    /// x − w ⟨w, x⟩/(1 + ‖w‖²) for P(w)⁻¹ = I + wwᵀ, which is no Hessian of a potential.
    #[default]
    Outer,
    /// √(w² + b²) x, coordinate by coordinate: P⁻¹ is the Hessian of the hyperbolic entropy of [`FromDual`].
    Hyperbolic {
        /// b > 0.
        scale: Ratio,
    },
}

impl Map for InverseMetric {
    fn name(&self) -> Cow<'static, str> {
        "P".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        let (w, x) = (inputs[0], inputs[1]);
        let entries = out.iter_mut().zip(w).zip(x);
        match *self {
            InverseMetric::Outer => {
                let dot =
                    |a: &[S], b: &[S]| a.iter().zip(b).fold(S::zero(), |sum, (&a, &b)| sum + a * b);
                let along = dot(w, x) / (S::one() + dot(w, w));
                entries.for_each(|((out, &w), &x)| *out = x - along * w);
            }
            InverseMetric::Hyperbolic { scale } => {
                let b = S::from_ratio(scale);
                entries.for_each(|((out, &w), &x)| *out = (w * w + b * b).sqrt() * x);
            }
        }
    }

    fn degree(&self, slot: usize) -> Option<usize> {
        (slot == 1).then_some(1)
    }
}

/// D x, x times a rate of its own in every other block of the parameters: the even blocks, counted from 0, have
/// the first rate, the odd ones the second. Of a single block the coordinates are taken for blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByGroups {
    /// What it is called: two families of rates are two symbols.
    pub name: &'static str,
    /// The rates of even and of odd blocks.
    pub rates: [Ratio; 2],
}

impl Map for ByGroups {
    fn name(&self) -> Cow<'static, str> {
        self.name.into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (at, (out, &x)) in out.iter_mut().zip(inputs[0]).enumerate() {
            *out = S::from_ratio(self.rates[at % 2]) * x;
        }
    }

    fn eval_by_blocks<S: Scalar>(
        &self,
        blocks: &dyn Fn() -> Vec<(usize, usize)>,
        inputs: &[&[S]],
        out: &mut [S],
    ) {
        let blocks = blocks();
        if blocks.len() < 2 {
            return self.eval(inputs, out);
        }
        let mut entries = out.iter_mut().zip(inputs[0]);
        for (at, (rows, columns)) in blocks.into_iter().enumerate() {
            let rate = S::from_ratio(self.rates[at % 2]);
            for (out, &x) in entries.by_ref().take(rows * columns) {
                *out = rate * x;
            }
        }
    }

    fn degree(&self, _slot: usize) -> Option<usize> {
        Some(1)
    }
}

/// The coordinates of one of two players, the others set to 0: the first has the first half, the middle one
/// included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Player {
    /// The first half.
    First,
    /// The rest.
    Second,
}

impl Player {
    /// Both, in the order of the components of the loss that are theirs.
    pub const BOTH: [Player; 2] = [Player::First, Player::Second];
}

impl Map for Player {
    fn name(&self) -> Cow<'static, str> {
        match self {
            Player::First => "P₁",
            Player::Second => "P₂",
        }
        .into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        let first = inputs[0].len().div_ceil(2);
        for (at, (out, &x)) in out.iter_mut().zip(inputs[0]).enumerate() {
            *out = if (at < first) == (*self == Player::First) { x } else { S::zero() };
        }
    }

    fn degree(&self, _slot: usize) -> Option<usize> {
        Some(1)
    }
}
