//! Descent along a running mean of the gradient.

use super::hyperparameter::fading;
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// m ← β m + (1 − β) g, w ← w − ε ((1 − ν) g + ν m).
///
/// With ν = 1 it is momentum as an exponential moving average, not corrected for its start at zero. Where a decay λ is
/// coupled, g + λw stands in the place of g.
///
/// Source: Ma & Yarats 2019, arXiv 1810.06801 (quasi-hyperbolic momentum).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Averaged {
    beta: Ratio,
    nu: Ratio,
    /// Whether the mean starts at the first gradient instead of at zero.
    begun: bool,
    /// λ, of λw that is added to the gradient before the mean is taken.
    coupled: Ratio,
}

impl Averaged {
    /// Quasi-hyperbolic momentum.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1.
    pub fn quasi_hyperbolic(beta: Ratio, nu: Ratio) -> Result<Self, OutOfRange> {
        Ok(Averaged { beta: fading("beta", beta)?, nu, begun: false, coupled: Ratio::new(0, 1) })
    }

    /// Momentum as a moving average: ν = 1.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1.
    pub fn moving(beta: Ratio) -> Result<Self, OutOfRange> {
        Averaged::quasi_hyperbolic(beta, Ratio::new(1, 1))
    }

    /// The same with a mean that starts at the first gradient: it then follows its flow from where it is.
    #[must_use]
    pub fn begun(self) -> Self {
        Averaged { begun: true, ..self }
    }

    /// The same with the decay λ in the gradient, where the mean sees it: that of ½λ‖w‖² in the loss.
    #[must_use]
    pub fn coupled(self, decay: Ratio) -> Self {
        Averaged { coupled: decay, ..self }
    }

    /// g + λw.
    fn pull<A: Arithmetic>(&self, a: &mut A, batch: Batch, w: &A::Vector) -> A::Vector {
        let mut g = a.gradient(batch, w);
        if !self.coupled.is_zero() {
            a.axpy(&a.ratio(self.coupled), w, &mut g);
        }
        g
    }
}

impl<A: Arithmetic> Optimizer<A> for Averaged {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let one = Ratio::new(1, 1);
        let [mean] = s.memory.as_mut_slice() else { return };
        let g = self.pull(a, batch, &s.w);
        a.scale(&a.ratio(self.beta), mean);
        a.axpy(&a.ratio(one - self.beta), &g, mean);
        a.axpy(&-(a.ratio(self.nu) * eps.clone()), mean, &mut s.w);
        if self.nu != one {
            a.axpy(&-(a.ratio(one - self.nu) * eps.clone()), &g, &mut s.w);
        }
        a.recycle(g);
    }

    fn memory(&self) -> usize {
        1
    }

    fn initial_memory(&self, a: &mut A, _eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        vec![if self.begun { self.pull(a, Batch::Full, w) } else { a.zero() }]
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: 1.0, memory: Tempo::fading(self.beta) }
    }
}
