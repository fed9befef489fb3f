//! Descent along the present gradient and the one before.

use super::{Optimizer, State};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w ← w − ε ((1 + θ) g_n − θ g_{n−1}): the gradient extrapolated by θ steps, at first with that of the start for
/// the one before.
///
/// θ = 1 is the optimistic gradient, θ = ½ the method of Adams and Bashforth with two steps.
///
/// Source: Popov 1980; Daskalakis et al. 2018, arXiv 1711.00141 (optimistic); Hairer, Nørsett & Wanner 1993,
/// Solving ordinary differential equations I, chapter III (Adams–Bashforth).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extrapolated {
    /// θ.
    ahead: Ratio,
    /// Whether the gradient before the first one is taken for zero.
    from_zero: bool,
}

impl Extrapolated {
    /// The optimistic gradient, w ← w − ε (2 g_n − g_{n−1}).
    pub fn optimistic() -> Self {
        Extrapolated { ahead: Ratio::new(1, 1), from_zero: false }
    }

    /// Adams–Bashforth, w ← w − ε (3/2 g_n − ½ g_{n−1}).
    pub fn adams_bashforth() -> Self {
        Extrapolated { ahead: Ratio::new(1, 2), from_zero: false }
    }

    /// The same with 0 for the gradient before the first one: the first step is (1 + θ) times too long, which moves
    /// what it follows by −εθg.
    #[must_use]
    pub fn from_zero(self) -> Self {
        Extrapolated { from_zero: true, ..self }
    }
}

impl<A: Arithmetic> Optimizer<A> for Extrapolated {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let [last] = s.memory.as_mut_slice() else { return };
        let g = a.gradient(batch, &s.w);
        a.axpy(&(a.ratio(self.ahead) * eps.clone()), last, &mut s.w);
        a.axpy(&-(a.ratio(Ratio::new(1, 1) + self.ahead) * eps.clone()), &g, &mut s.w);
        a.recycle(std::mem::replace(last, g));
    }

    fn memory(&self) -> usize {
        1
    }

    fn initial_memory(&self, a: &mut A, _eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        vec![if self.from_zero { a.zero() } else { a.gradient(Batch::Full, w) }]
    }
}
