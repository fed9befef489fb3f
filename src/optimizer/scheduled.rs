//! Any method with a step size that changes with the time.

use super::{Optimizer, State, Tempo};
use crate::arithmetic::maps::{Ones, Schedule};
use crate::arithmetic::{Arithmetic, Batch};

/// w ← w − ε s(t) u, where w ← w − ε u is the step of the method inside, at the time t = nε, or in the middle of
/// the step, at t = (n + ½) ε.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled<O> {
    /// The method whose steps are scaled.
    pub inner: O,
    /// s.
    pub schedule: Schedule,
    /// Whether s is taken in the middle of the step.
    pub midpoint: bool,
}

impl<A: Arithmetic, O: Optimizer<A>> Optimizer<A> for Scheduled<O> {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut time = a.time(eps, s.steps);
        if self.midpoint {
            time = time + a.fraction(1, 2) * eps.clone();
        }
        let before = a.duplicate(&s.w);
        self.inner.step(a, eps, batch, s);
        let mut moved = a.duplicate(&s.w);
        a.axpy(&a.fraction(-1, 1), &before, &mut moved);
        let mut times = a.apply(&Ones, &[&before]);
        a.scale(&time, &mut times);
        let scaled = a.apply(&self.schedule, &[&moved, &times]);
        let mut after = before;
        a.axpy(&a.fraction(1, 1), &scaled, &mut after);
        a.recycle(std::mem::replace(&mut s.w, after));
        for used in [moved, times, scaled] {
            a.recycle(used);
        }
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
