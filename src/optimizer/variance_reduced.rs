//! Gradients of minibatches, corrected by what they were at an anchor.

use super::{Optimizer, OutOfRange, State};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w ← w − ε (g_k(w) − g_k(x) + g(x)) with the anchor x, which is where an epoch of a given number of steps began.
///
/// Source: Johnson & Zhang 2013, *Accelerating stochastic gradient descent using predictive variance reduction* (SVRG).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VarianceReduced {
    epoch: u32,
}

impl VarianceReduced {
    /// With a new anchor every `epoch` steps.
    ///
    /// # Errors
    /// [`OutOfRange`] unless between 1 and 64 steps.
    pub fn new(epoch: u32) -> Result<Self, OutOfRange> {
        let value = Ratio::new(i64::from(epoch), 1);
        if !(1..=64).contains(&epoch) {
            return Err(OutOfRange { name: "epoch", value, wanted: "between 1 and 64 steps" });
        }
        Ok(VarianceReduced { epoch })
    }
}

impl<A: Arithmetic> Optimizer<A> for VarianceReduced {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let begins = a.phase(s.steps, self.epoch as usize) == 0;
        let [anchor] = s.memory.as_mut_slice() else { return };
        if begins {
            let here = a.duplicate(&s.w);
            a.recycle(std::mem::replace(anchor, here));
        }
        let (own, there, whole) =
            (a.gradient(batch, &s.w), a.gradient(batch, anchor), a.gradient(Batch::Full, anchor));
        let minus = -eps.clone();
        a.axpy(&minus, &own, &mut s.w);
        a.axpy(eps, &there, &mut s.w);
        a.axpy(&minus, &whole, &mut s.w);
        for used in [own, there, whole] {
            a.recycle(used);
        }
    }

    fn memory(&self) -> usize {
        1
    }

    fn period(&self) -> usize {
        self.epoch as usize
    }
}
