//! Several small steps on the same minibatch in place of one.

use super::{Optimizer, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch, common_multiple};

/// `count` steps of size ε/`count` of another optimizer, all on the same batch.
///
/// As `count` grows each minibatch is followed along its own gradient flow (Smith, Dherin, Barrett
/// & De 2021, arXiv 2101.12176).
#[derive(Clone, Copy, Debug)]
pub struct Substeps<O> {
    /// The optimizer that takes the small steps.
    pub inner: O,
    /// The number n of small steps; 0 counts as 1.
    pub count: u32,
}

impl<A: Arithmetic, O: Optimizer<A>> Optimizer<A> for Substeps<O> {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let count = self.count.max(1);
        let small = eps.clone() * a.fraction(1, i64::from(count));
        let outer = s.steps;
        for part in 0..count as usize {
            s.steps = outer.times(count as usize).after(part);
            self.inner.step(a, &small, batch, s);
        }
        s.steps = outer;
    }

    fn memory(&self) -> usize {
        self.inner.memory()
    }

    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let small = eps.clone() * a.fraction(1, i64::from(self.count.max(1)));
        self.inner.initial_memory(a, &small, w)
    }

    fn period(&self) -> usize {
        let (inner, count) = (self.inner.period().max(1), self.count.max(1) as usize);
        common_multiple(inner, count) / count
    }

    fn tempo(&self) -> Tempo {
        let Tempo { speed, memory } = self.inner.tempo();
        Tempo { speed, memory: memory.div_ceil(self.count.max(1) as usize) }
    }
}
