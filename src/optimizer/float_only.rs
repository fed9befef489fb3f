//! Optimizers that are known in `f64` only: what lives in another program, or branches on its numbers.

use super::{AnyOptimizer, Optimizer, State, Tempo};
use crate::arithmetic::{Batch, Numeric};

/// A step in `f64` as a closure: of the arithmetic that has the gradients, the step size, the minibatch and
/// the state.
struct Closure<F> {
    memory: usize,
    tempo: Tempo,
    step: F,
}

impl<F> Optimizer<Numeric<f64>> for Closure<F>
where
    F: Fn(&mut Numeric<f64>, f64, Batch, &mut State<Vec<f64>>) + Send + Sync,
{
    fn step(&self, a: &mut Numeric<f64>, eps: &f64, batch: Batch, s: &mut State<Vec<f64>>) {
        (self.step)(a, *eps, batch, s);
    }

    fn memory(&self) -> usize {
        self.memory
    }

    fn tempo(&self) -> Tempo {
        self.tempo
    }
}

impl AnyOptimizer {
    /// A step in `f64`, given the arithmetic that has the gradients, the step size, the minibatch and the
    /// state, without memory.
    pub fn closure(
        step: impl Fn(&mut Numeric<f64>, f64, Batch, &mut State<Vec<f64>>) + Send + Sync + 'static,
    ) -> Self {
        AnyOptimizer::closure_with_memory(0, Tempo::default(), step)
    }

    /// The same with that many vectors of memory, zero at rest, and a tempo.
    pub fn closure_with_memory(
        memory: usize,
        tempo: Tempo,
        step: impl Fn(&mut Numeric<f64>, f64, Batch, &mut State<Vec<f64>>) + Send + Sync + 'static,
    ) -> Self {
        AnyOptimizer::float_only(Closure { memory, tempo, step })
    }
}
