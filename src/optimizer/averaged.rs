//! Descent along a running mean of the gradient.

use super::hyperparameter::fading;
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// m ← β m + (1 − β) g, w ← w − ε ((1 − ν) g + ν m).
///
/// With ν = 1 it is momentum as an exponential moving average, not corrected for its start at zero.
///
/// Source: Ma & Yarats 2019, arXiv 1810.06801 (quasi-hyperbolic momentum).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Averaged {
    beta: Ratio,
    nu: Ratio,
}

impl Averaged {
    /// Quasi-hyperbolic momentum.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1.
    pub fn quasi_hyperbolic(beta: Ratio, nu: Ratio) -> Result<Self, OutOfRange> {
        Ok(Averaged { beta: fading("beta", beta)?, nu })
    }

    /// Momentum as a moving average: ν = 1.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1.
    pub fn moving(beta: Ratio) -> Result<Self, OutOfRange> {
        Averaged::quasi_hyperbolic(beta, Ratio::new(1, 1))
    }
}

impl<A: Arithmetic> Optimizer<A> for Averaged {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let one = Ratio::new(1, 1);
        let [mean] = s.memory.as_mut_slice() else { return };
        let g = a.gradient(batch, &s.w);
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

    fn tempo(&self) -> Tempo {
        Tempo { speed: 1.0, memory: Tempo::fading(self.beta) }
    }
}

/// w ← w − ε (2 g_n − g_{n−1}), with the gradient of the step before, at first that of the start.
///
/// Source: Popov 1980; Daskalakis et al. 2018, arXiv 1711.00141.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptimisticGradient;

impl<A: Arithmetic> Optimizer<A> for OptimisticGradient {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let [last] = s.memory.as_mut_slice() else { return };
        let g = a.gradient(batch, &s.w);
        a.axpy(eps, last, &mut s.w);
        a.axpy(&-(a.fraction(2, 1) * eps.clone()), &g, &mut s.w);
        a.recycle(std::mem::replace(last, g));
    }

    fn memory(&self) -> usize {
        1
    }

    /// The gradient at the start, so that the first step is one of descent.
    fn initial_memory(&self, a: &mut A, _eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        vec![a.gradient(Batch::Full, w)]
    }
}
