//! Gradients summed over several steps before one is taken.

use super::hyperparameter::positive;
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::{Ratio, Scalar};

/// Gradient accumulation: u ← u + (c/K) g_k(w) for K minibatches, and then w ← w − ε u, u ← 0; c = 1 takes their mean.
///
/// A step on one minibatch changes nothing until the last of K, which moves by ε. With c = K the gradients are
/// summed where they should be averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accumulated {
    steps: u32,
    weight: Ratio,
}

impl Accumulated {
    /// The mean of `steps` gradients a step.
    ///
    /// # Errors
    /// [`OutOfRange`] unless between 1 and 64.
    pub fn new(steps: u32) -> Result<Self, OutOfRange> {
        Accumulated::weighted(steps, Ratio::new(1, 1))
    }

    /// c times that mean.
    ///
    /// # Errors
    /// [`OutOfRange`] unless there are between 1 and 64 steps, and c > 0.
    pub fn weighted(steps: u32, weight: Ratio) -> Result<Self, OutOfRange> {
        let value = Ratio::new(i64::from(steps), 1);
        if !(1..=64).contains(&steps) {
            return Err(OutOfRange { name: "steps", value, wanted: "between 1 and 64 steps" });
        }
        Ok(Accumulated { steps, weight: positive("weight", weight)? })
    }
}

impl<A: Arithmetic> Optimizer<A> for Accumulated {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let phase = a.phase(s.steps, self.steps as usize);
        let [sum] = s.memory.as_mut_slice() else { return };
        if phase == 0 {
            let nothing = a.zero();
            a.recycle(std::mem::replace(sum, nothing));
        }
        let g = a.gradient(batch, &s.w);
        let share = self.weight / Ratio::new(i64::from(self.steps), 1);
        a.axpy(&a.ratio(share), &g, sum);
        a.recycle(g);
        if phase + 1 == self.steps as usize {
            a.axpy(&-eps.clone(), sum, &mut s.w);
        }
    }

    fn memory(&self) -> usize {
        1
    }

    fn period(&self) -> usize {
        self.steps as usize
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: f64::from_ratio(self.weight) / f64::from(self.steps), memory: 1 }
    }
}
