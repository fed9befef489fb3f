//! A method that forgets.

use super::{Optimizer, State, Steps, Tempo};
use crate::arithmetic::{Arithmetic, Batch, common_multiple};

/// The method inside, begun anew after every K steps: its memory is what it is before a first step, and steps are counted from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restarted<O> {
    /// The method that is begun anew.
    pub inner: O,
    /// K; 0 counts as 1.
    pub every: u32,
}

impl<O> Restarted<O> {
    fn every(&self) -> usize {
        self.every.max(1) as usize
    }
}

impl<A: Arithmetic, O: Optimizer<A>> Optimizer<A> for Restarted<O> {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let phase = a.phase(s.steps, self.every());
        if phase == 0 {
            let begun = self.inner.initial_memory(a, eps, &s.w);
            let used = std::mem::replace(&mut s.memory, begun);
            used.into_iter().for_each(|used| a.recycle(used));
        }
        let all = std::mem::replace(&mut s.steps, Steps::default().after(phase));
        self.inner.step(a, eps, batch, s);
        s.steps = all;
    }

    fn memory(&self) -> usize {
        self.inner.memory()
    }

    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        self.inner.initial_memory(a, eps, w)
    }

    fn period(&self) -> usize {
        common_multiple(self.inner.period().max(1), self.every())
    }

    fn tempo(&self) -> Tempo {
        self.inner.tempo()
    }
}
