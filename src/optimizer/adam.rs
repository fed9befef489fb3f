//! Adam and RMSProp: every coordinate is scaled by a running mean of its squared gradient.

use super::hyperparameter::{fading, positive};
use super::{Optimizer, OutOfRange, State, Steps, Tempo};
use crate::arithmetic::maps::{Factored, Scaled, Square};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::{Ratio, Scalar};

/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← w − ε m̂ / (v̂ + e)^½ with the stabiliser e
/// inside the root, or w ← w − ε m̂ / (v̂^½ + e) with it outside; all coordinate by coordinate.
///
/// m̂ = m/(1 − β₁ⁿ) and v̂ = v/(1 − β₂ⁿ) at the n-th step correct for m = v = 0 at the start. RMSProp
/// is the case β₁ = 0.
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
    /// Whether the corrections of the kin are even: the first steps see the gradient with the weight 1, and no
    /// variance, as later ones do.
    pub(crate) even: bool,
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
    /// v seen by the sums of its rows and columns.
    Factored,
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
            even: false,
        })
    }

    /// Nadam: the mean gradient is looked at a step ahead, m̂ = β₁ m/(1 − β₁ⁿ⁺¹) + (1 − β₁) g/(1 − β₁ⁿ). The weights
    /// add up to 1 only as n → ∞, so the first steps are too long, which moves what it follows by O(ε); see
    /// [`even`](Adam::even).
    ///
    /// Source: Dozat 2016.
    #[must_use]
    pub fn nesterov(self) -> Self {
        Adam { kin: Kin::Nesterov, ..self }
    }

    /// AdaBelief: v is the mean of (g − m)², with m already updated. With the stabiliser outside the root it
    /// has no flow: on the slow manifold v → 0 as ε → 0, where the root is not smooth. The first means are small, so
    /// that a variance is seen which is none, and what is followed is moved by O(ε); see [`even`](Adam::even).
    ///
    /// Source: Zhuang et al. 2020, arXiv 2010.07468.
    #[must_use]
    pub fn belief(self) -> Self {
        Adam { kin: Kin::Belief, ..self }
    }

    /// Adafactor's scale: of every matrix of parameters the sums of the rows and columns of v are seen alone. The stabiliser stands
    /// inside the root. Its clipping of the update, its steps relative to the parameters and its growing β₂ are left out.
    ///
    /// Source: Shazeer & Stern 2018, arXiv 1804.04235.
    #[must_use]
    pub fn factored(self) -> Self {
        Adam { kin: Kin::Factored, inside: true, ..self }
    }

    /// The kin with corrections that make the first steps like later ones: Nadam with
    /// m̂ = (β₁ m + (1 − β₁) g)/(1 − β₁ⁿ⁺¹), AdaBelief with the mean of (g − m/(1 − β₁ⁿ))².
    #[must_use]
    pub fn even(self) -> Self {
        Adam { even: true, ..self }
    }

    /// The same without the correction of the means for their start at zero.
    #[must_use]
    pub fn uncorrected(self) -> Self {
        Adam { corrected: false, ..self }
    }

    /// 1/(1 − βⁿ) after n `steps`, by which a mean that has begun at zero is corrected.
    fn weight<A: Arithmetic>(&self, a: &mut A, beta: Ratio, steps: Steps) -> A::Number {
        if !self.corrected {
            return a.fraction(1, 1);
        }
        let seen = a.fraction(1, 1) - a.faded(beta, steps);
        a.inverse(&seen)
    }
}

impl<A: Arithmetic> Optimizer<A> for Adam {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let one = Ratio::new(1, 1);
        let [mean, square] = s.memory.as_mut_slice() else { return };
        let g = a.gradient(batch, &s.w);
        a.scale(&a.ratio(self.beta1), mean);
        a.axpy(&a.ratio(one - self.beta1), &g, mean);
        let seen1 = self.weight(a, self.beta1, s.steps.next());
        let squared = if self.kin == Kin::Belief {
            let mut surprise = a.duplicate(&g);
            let expected = if self.even { seen1.clone() } else { a.fraction(1, 1) };
            a.axpy(&-expected, mean, &mut surprise);
            let squared = a.apply(&Square, &[&surprise]);
            a.recycle(surprise);
            squared
        } else {
            a.apply(&Square, &[&g])
        };
        a.scale(&a.ratio(self.beta2), square);
        a.axpy(&a.ratio(one - self.beta2), &squared, square);

        let seen2 = self.weight(a, self.beta2, s.steps.next());
        let mut hat = a.zero();
        if self.kin == Kin::Nesterov {
            let next = self.weight(a, self.beta1, s.steps.after(2));
            a.axpy(&(a.ratio(self.beta1) * next.clone()), mean, &mut hat);
            let present = if self.even { next } else { seen1 };
            a.axpy(&(a.ratio(one - self.beta1) * present), &g, &mut hat);
        } else {
            a.axpy(&seen1, mean, &mut hat);
        }
        let mut second = a.zero();
        a.axpy(&seen2, square, &mut second);
        let stabiliser = self.stabiliser;
        let moved = if self.kin == Kin::Factored {
            a.apply(&Factored { stabiliser }, &[&hat, &second])
        } else {
            a.apply(&Scaled { stabiliser, inside: self.inside }, &[&hat, &second])
        };
        a.axpy(&-eps.clone(), &moved, &mut s.w);
        for used in [g, squared, hat, second, moved] {
            a.recycle(used);
        }
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
