//! Gradient descent with momentum: heavy ball and Nesterov's method with a constant coefficient.

use super::{Optimizer, State};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// v ← β v − ε g(w + λ v), w ← w + v, with λ = 0 (heavy ball) or λ = β (Nesterov).
///
/// Source: Polyak 1964; Nesterov 1983. In t = nε it follows a flow with the factor 1/(1 − β).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Momentum {
    /// The momentum coefficient β.
    pub beta: Ratio,
    /// Whether the gradient is taken ahead, at w + β v.
    pub ahead: bool,
}

impl Momentum {
    /// Polyak's heavy ball.
    pub fn heavy_ball(beta: Ratio) -> Self {
        Momentum { beta, ahead: false }
    }

    /// Nesterov's method with constant β.
    pub fn nesterov(beta: Ratio) -> Self {
        Momentum { beta, ahead: true }
    }
}

impl<A: Arithmetic> Optimizer<A> for Momentum {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let (beta, one) = (a.ratio(self.beta), a.fraction(1, 1));
        let [velocity] = s.memory.as_mut_slice() else { return };
        a.scale(&beta, velocity);
        let g = if self.ahead {
            let mut at = s.w.clone();
            a.axpy(&one, velocity, &mut at);
            a.gradient(batch, &at)
        } else {
            a.gradient(batch, &s.w)
        };
        a.axpy(&-eps.clone(), &g, velocity);
        a.axpy(&one, velocity, &mut s.w);
        a.recycle(g);
    }

    fn memory(&self) -> usize {
        1
    }
}
