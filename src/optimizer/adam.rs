//! Adam and RMSProp: every coordinate is scaled by a running mean of its squared gradient.

use super::hyperparameter::{fading, positive};
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Batch, Pointwise};
use crate::scalar::{Ratio, Scalar};

/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← w − ε m̂ / (v̂ + e)^½ with the stabiliser e
/// inside the root, or w ← w − ε m̂ / (v̂^½ + e) with it outside; all coordinate by coordinate.
///
/// m̂ = m/(1 − β₁ⁿ) and v̂ = v/(1 − β₂ⁿ) at the n-th step correct for m = v = 0 at the start. RMSProp
/// is the case β₁ = 0. As it looks at coordinates it is measured, and has no series in trees.
///
/// Source: Kingma & Ba 2015, arXiv 1412.6980 (stabiliser outside); Tieleman & Hinton 2012 (RMSProp).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adam {
    /// The fading β₁ of the mean gradient.
    pub(crate) beta1: Ratio,
    /// The fading β₂ of the mean squared gradient.
    pub(crate) beta2: Ratio,
    /// The stabiliser e.
    pub(crate) stabiliser: Ratio,
    /// Whether e stands inside the root.
    pub(crate) inside: bool,
    /// Whether the means are corrected for their start at zero.
    pub(crate) corrected: bool,
    /// Which of the kin.
    pub(crate) kin: Kin,
}

/// Adam and its kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kin {
    /// m̂ = m/(1 − β₁ⁿ), v the mean of g².
    Adam,
    /// m̂ = β₁ m/(1 − β₁ⁿ⁺¹) + (1 − β₁) g/(1 − β₁ⁿ).
    Nesterov,
    /// v the mean of (g − m)².
    Belief,
}

impl Adam {
    /// Adam with corrected means and the stabiliser e inside the root or outside of it.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β₁, β₂ < 1 and e > 0.
    pub fn new(
        beta1: Ratio,
        beta2: Ratio,
        stabiliser: Ratio,
        inside: bool,
    ) -> Result<Self, OutOfRange> {
        Ok(Adam {
            beta1: fading("beta1", beta1)?,
            beta2: fading("beta2", beta2)?,
            stabiliser: positive("stabiliser", stabiliser)?,
            inside,
            corrected: true,
            kin: Kin::Adam,
        })
    }

    /// Nadam: the mean gradient is looked at a step ahead, m̂ = β₁ m/(1 − β₁ⁿ⁺¹) + (1 − β₁) g/(1 − β₁ⁿ).
    ///
    /// Source: Dozat 2016.
    #[must_use]
    pub fn nesterov(self) -> Self {
        Adam { kin: Kin::Nesterov, ..self }
    }

    /// AdaBelief: v is the mean of (g − m)², with m already updated. With the stabiliser outside the root it
    /// has no flow: on the slow manifold v → 0 as ε → 0, where the root is not smooth.
    ///
    /// Source: Zhuang et al. 2020, arXiv 2010.07468.
    #[must_use]
    pub fn belief(self) -> Self {
        Adam { kin: Kin::Belief, ..self }
    }

    /// The same without the correction of the means for their start at zero.
    #[must_use]
    pub fn uncorrected(self) -> Self {
        Adam { corrected: false, ..self }
    }
}

impl<A: Pointwise> Optimizer<A> for Adam {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let one = A::Number::one();
        let (beta1, beta2) = (a.ratio(self.beta1), a.ratio(self.beta2));
        let stabiliser = a.ratio(self.stabiliser);
        let [mean, square] = s.memory.as_mut_slice() else { return };
        let g = a.gradient(batch, &s.w);
        a.scale(&beta1, mean);
        a.axpy(&(one - beta1), &g, mean);
        let squared = match self.kin {
            Kin::Belief => a.zip(&g, mean, |g, m| (g - m).square()),
            _ => a.map(&g, Scalar::square),
        };
        a.scale(&beta2, square);
        a.axpy(&(one - beta2), &squared, square);

        let mut seen = |beta: Ratio| {
            if self.corrected { one - a.faded(beta, s.steps.next()) } else { one }
        };
        let (seen1, seen2) = (seen(self.beta1), seen(self.beta2));
        let next = match self.kin {
            Kin::Nesterov if self.corrected => one - a.faded(self.beta1, s.steps.after(2)),
            _ => one,
        };
        let hat = match self.kin {
            Kin::Nesterov => a.zip(mean, &g, |m, g| beta1 * m / next + (one - beta1) * g / seen1),
            _ => a.map(mean, |m| m / seen1),
        };
        let moved = a.zip(&hat, square, |m, v| {
            let v = v / seen2;
            let root = if self.inside { (v + stabiliser).sqrt() } else { v.sqrt() + stabiliser };
            m / root
        });
        a.axpy(&-*eps, &moved, &mut s.w);
        a.recycle(hat);
        a.recycle(g);
        a.recycle(squared);
        a.recycle(moved);
    }

    fn memory(&self) -> usize {
        2
    }

    fn tempo(&self) -> Tempo {
        let stabiliser = f64::from_ratio(self.stabiliser);
        let slowest = if self.inside { stabiliser.sqrt() } else { stabiliser };
        Tempo {
            speed: slowest.recip(),
            memory: Tempo::fading(self.beta1).max(Tempo::fading(self.beta2)),
        }
    }
}
