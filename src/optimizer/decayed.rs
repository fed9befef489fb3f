//! Decoupled weight decay, around any method.

use super::{Optimizer, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w ← (1 − ελ) w − ε u, where w ← w − ε u is the step of the method inside and λ the decay.
///
/// Source: Loshchilov & Hutter 2019, arXiv 1711.05101.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decayed<O> {
    /// The method that decays.
    pub inner: O,
    /// λ.
    pub decay: Ratio,
}

impl<A: Arithmetic, O: Optimizer<A>> Optimizer<A> for Decayed<O> {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        if self.decay.is_zero() {
            return self.inner.step(a, eps, batch, s);
        }
        let before = a.duplicate(&s.w);
        self.inner.step(a, eps, batch, s);
        a.axpy(&-(a.ratio(self.decay) * eps.clone()), &before, &mut s.w);
        a.recycle(before);
    }

    fn memory(&self) -> usize {
        self.inner.memory()
    }

    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        self.inner.initial_memory(a, eps, w)
    }

    fn period(&self) -> usize {
        self.inner.period()
    }

    fn tempo(&self) -> Tempo {
        self.inner.tempo()
    }
}
