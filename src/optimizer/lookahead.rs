//! Several steps, and then part of the way back.

use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::{Ratio, Scalar};

/// K steps of descent, w ← w − ε g, and then w ← x + α (w − x) with x where the K steps began.
///
/// Source: Zhang, Lucas, Hinton & Ba 2019, arXiv 1907.08610 (there around any method).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookahead {
    ahead: u32,
    share: Ratio,
}

impl Lookahead {
    /// K ≥ 1 steps of which the share α is kept.
    ///
    /// # Errors
    /// [`OutOfRange`] unless K is between 1 and 64 and α between 0 and 1.
    pub fn new(ahead: u32, share: Ratio) -> Result<Self, OutOfRange> {
        let value = Ratio::new(i64::from(ahead), 1);
        let wanted = "between 1 and 64 steps, after which it repeats";
        if !(1..=64).contains(&ahead) {
            return Err(OutOfRange { name: "ahead", value, wanted });
        }
        if share < Ratio::new(0, 1) || share > Ratio::new(1, 1) {
            return Err(OutOfRange { name: "share", value: share, wanted: "between 0 and 1" });
        }
        Ok(Lookahead { ahead, share })
    }
}

impl<A: Arithmetic> Optimizer<A> for Lookahead {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let phase = a.phase(s.steps, self.ahead as usize);
        let [begun] = s.memory.as_mut_slice() else { return };
        if phase == 0 {
            let here = a.duplicate(&s.w);
            a.recycle(std::mem::replace(begun, here));
        }
        let g = a.gradient(batch, &s.w);
        a.axpy(&-eps.clone(), &g, &mut s.w);
        a.recycle(g);
        if phase + 1 == self.ahead as usize {
            a.scale(&a.ratio(self.share), &mut s.w);
            a.axpy(&a.ratio(Ratio::new(1, 1) - self.share), begun, &mut s.w);
        }
    }

    fn memory(&self) -> usize {
        1
    }

    fn period(&self) -> usize {
        self.ahead as usize
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: f64::from_ratio(self.share).abs().max(1e-3), memory: 1 }
    }
}
