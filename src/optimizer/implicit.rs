//! Implicit methods on w′ = −g: one fixed point, in numbers and in series, from one definition.

use super::{Optimizer, State};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w₊ = w − ε g((1 − θ) w + θ w₊): θ = 1 is the implicit Euler method (the proximal-point method),
/// θ = ½ the implicit midpoint rule.
///
/// The fixed point is found by iteration, which contracts for ε θ L < 1; where it does not, the
/// arithmetic notes the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Implicit {
    /// Where between w (0) and w₊ (1) the gradient is taken.
    pub theta: Ratio,
}

impl Implicit {
    /// The implicit Euler method.
    pub fn euler() -> Self {
        Implicit { theta: Ratio::new(1, 1) }
    }

    /// The implicit midpoint rule.
    pub fn midpoint() -> Self {
        Implicit { theta: Ratio::new(1, 2) }
    }
}

impl<A: Arithmetic> Optimizer<A> for Implicit {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let w = s.w.clone();
        let map = |a: &mut A, next: &A::Vector| {
            let mut at = w.clone();
            a.scale(&a.ratio(Ratio::new(1, 1) - self.theta), &mut at);
            a.axpy(&a.ratio(self.theta), next, &mut at);
            let g = a.gradient(batch, &at);
            let mut moved = w.clone();
            a.axpy(&-eps.clone(), &g, &mut moved);
            moved
        };
        match a.fixed_point(w.clone(), map) {
            Ok(next) => s.w = next,
            Err(fault) => a.note(fault),
        }
    }
}
