//! Descent in other geometries than the Euclidean one.

use super::hyperparameter::positive;
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::maps::{ByGroups, FromDual, InverseMetric, ToDual};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::{Ratio, Scalar};

/// Mirror descent in its dual variable: z ← z − ε g(q(z)), where w = q(z) are the parameters, q = (∇φ)⁻¹ and φ
/// the potential; in w it is ∇φ(w⁺) = ∇φ(w) − ε g(w).
///
/// Its iterates, and the start of a loss, are points z.
///
/// Source: Nemirovski & Yudin 1983; Beck & Teboulle 2003.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorDescent {
    mirror: FromDual,
    /// Whether w, and not z, is what a step is added to.
    natural: bool,
}

impl MirrorDescent {
    /// With the hyperbolic entropy of the scale b.
    ///
    /// # Errors
    /// [`OutOfRange`] unless b > 0.
    pub fn new(scale: Ratio) -> Result<Self, OutOfRange> {
        let scale = positive("scale", scale)?;
        Ok(MirrorDescent { mirror: FromDual { scale }, natural: false })
    }

    /// The natural gradient of the same metric, w ← w − ε P(w) g(w) with P = q′: the same flow as ε → 0, and another
    /// penalty.
    #[must_use]
    pub fn natural(self) -> Self {
        MirrorDescent { natural: true, ..self }
    }

    /// q.
    pub fn mirror(&self) -> FromDual {
        self.mirror
    }
}

impl<A: Arithmetic> Optimizer<A> for MirrorDescent {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut w = a.apply(&self.mirror, &[&s.w]);
        let g = a.gradient(batch, &w);
        if self.natural {
            let pulled = a.apply_derivative(&self.mirror, &[&s.w], &[(0, &g)]);
            a.axpy(&-eps.clone(), &pulled, &mut w);
            let back = a.apply(&ToDual { scale: self.mirror.scale }, &[&w]);
            a.recycle(std::mem::replace(&mut s.w, back));
            a.recycle(pulled);
        } else {
            a.axpy(&-eps.clone(), &g, &mut s.w);
        }
        a.recycle(w);
        a.recycle(g);
    }

    /// q′ is b cosh: at most 4 b for coordinates of z up to 2.
    fn tempo(&self) -> Tempo {
        Tempo { speed: 4.0 * f64::from_ratio(self.mirror.scale), memory: 1 }
    }
}

/// w ← w − ε P(w) g(w) with the inverse P of a metric.
///
/// Source: Amari 1998, Natural gradient works efficiently in learning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NaturalGradient {
    /// P.
    pub metric: InverseMetric,
}

impl<A: Arithmetic> Optimizer<A> for NaturalGradient {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let moved = a.apply(&self.metric, &[&s.w, &g]);
        a.axpy(&-eps.clone(), &moved, &mut s.w);
        a.recycle(g);
        a.recycle(moved);
    }

    /// P is at most 1, or at most 4 b for coordinates up to 4 b.
    fn tempo(&self) -> Tempo {
        let speed = match self.metric {
            InverseMetric::Outer => 1.0,
            InverseMetric::Hyperbolic { scale } => 4.0 * f64::from_ratio(scale),
        };
        Tempo { speed, memory: 1 }
    }
}

/// Mirror descent as its parameters see it: w ← q(q⁻¹(w) − ε g(w)). The iterates of [`MirrorDescent`] are their dual variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorSteps {
    /// q.
    pub mirror: FromDual,
}

impl<A: Arithmetic> Optimizer<A> for MirrorSteps {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let mut dual = a.apply(&ToDual { scale: self.mirror.scale }, &[&s.w]);
        a.axpy(&-eps.clone(), &g, &mut dual);
        let after = a.apply(&self.mirror, &[&dual]);
        a.recycle(std::mem::replace(&mut s.w, after));
        a.recycle(g);
        a.recycle(dual);
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: 4.0 * f64::from_ratio(self.mirror.scale), memory: 1 }
    }
}

/// w ← w − ε (D g + Λ w): every group of parameters has a rate and a decoupled decay of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouped {
    /// D.
    pub rates: ByGroups,
    /// Λ.
    pub decays: ByGroups,
}

impl Grouped {
    /// Rates and decays of the even and the odd groups.
    pub fn new(rates: [Ratio; 2], decays: [Ratio; 2]) -> Self {
        Grouped {
            rates: ByGroups { name: "D", rates },
            decays: ByGroups { name: "Λ", rates: decays },
        }
    }
}

impl<A: Arithmetic> Optimizer<A> for Grouped {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let pull = a.apply(&self.rates, &[&g]);
        let shrink = a.apply(&self.decays, &[&s.w]);
        a.axpy(&-eps.clone(), &pull, &mut s.w);
        a.axpy(&-eps.clone(), &shrink, &mut s.w);
        for used in [g, pull, shrink] {
            a.recycle(used);
        }
    }

    fn tempo(&self) -> Tempo {
        let [even, odd] = self.rates.rates.map(|rate| f64::from_ratio(rate).abs());
        Tempo { speed: even.max(odd).max(1e-3), memory: 1 }
    }
}
