//! A running mean of the parameters, in the place of the parameters.

use super::hyperparameter::fading;
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// x ← x − ε g(x), w ← γ w + (1 − γ) x: descent of x, of which the mean w of the iterates is looked at.
///
/// At the start the mean has been running for long: x begins at w − ε ℓ g(w), ahead by the mean age ℓ = γ/(1 − γ)
/// of what the mean sees. What is remembered is x − w, which fades.
///
/// Source: Polyak & Juditsky 1992; Tarvainen & Valpola 2017, arXiv 1703.01780 (as an exponential mean).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightAverage {
    gamma: Ratio,
    /// Whether x and w begin at the same point.
    together: bool,
}

impl WeightAverage {
    /// With the fading γ.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ γ < 1.
    pub fn new(gamma: Ratio) -> Result<Self, OutOfRange> {
        Ok(WeightAverage { gamma: fading("gamma", gamma)?, together: false })
    }

    /// The same where both begin at one point: the mean then follows a flow that begins at w + ε ℓ g(w).
    #[must_use]
    pub fn together(self) -> Self {
        WeightAverage { together: true, ..self }
    }
}

impl<A: Arithmetic> Optimizer<A> for WeightAverage {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let [ahead] = s.memory.as_mut_slice() else { return };
        let one = a.fraction(1, 1);
        let mut x = a.duplicate(&s.w);
        a.axpy(&one, ahead, &mut x);
        let g = a.gradient(batch, &x);
        a.axpy(&-eps.clone(), &g, ahead);
        a.axpy(&a.ratio(Ratio::new(1, 1) - self.gamma), ahead, &mut s.w);
        a.scale(&a.ratio(self.gamma), ahead);
        a.recycle(x);
        a.recycle(g);
    }

    fn memory(&self) -> usize {
        1
    }

    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let mut ahead = a.zero();
        if !self.together {
            let age = self.gamma / (Ratio::new(1, 1) - self.gamma);
            let g = a.gradient(Batch::Full, w);
            a.axpy(&-(a.ratio(age) * eps.clone()), &g, &mut ahead);
            a.recycle(g);
        }
        vec![ahead]
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: 1.0, memory: Tempo::fading(self.gamma) }
    }
}
