//! The modified flow of gradient descent with momentum.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = −a∇[C + (ε/4) κ ‖g‖²] with a = 1/(1−β), κ = (1+β)/(1−β)² for the heavy ball and
/// κ = (1−β+2β²)/(1−β)² for Nesterov's method.
///
/// Started from rest the iterates first have to pick up speed: the flow that they settle on starts at
/// w₀ + ε β/(1−β)² ∇C(w₀), a term of its own.
///
/// Source: Kovachki & Stuart 2021, arXiv 1906.04285; Ghosh et al. 2023, arXiv 2302.00849 (with the
/// factor (1+β)/(1−β) at equal effective step εa).
#[derive(Clone, Copy, Debug)]
pub struct MomentumPenalty {
    /// The momentum coefficient β, not 1.
    pub beta: Ratio,
    /// Whether the gradient is taken ahead (Nesterov).
    pub ahead: bool,
    /// Whether the iterates start at rest instead of on the slow manifold.
    pub from_rest: bool,
}

impl MomentumPenalty {
    /// 1 − β.
    fn friction(&self) -> Ratio {
        Ratio::new(1, 1) - self.beta
    }
}

impl<A: Arithmetic> Flow<A> for MomentumPenalty {
    fn terms(&self) -> Vec<Term> {
        let (one, two, beta) = (Ratio::new(1, 1), Ratio::new(2, 1), self.beta);
        let above = if self.ahead { one - beta + two * beta * beta } else { one + beta };
        let coefficient = above / (self.friction() * self.friction()) / Ratio::new(4, 1);
        let mut terms = vec![Term { name: "gradient penalty".into(), coefficient, power: 1 }];
        if self.from_rest {
            let coefficient = beta / (self.friction() * self.friction());
            terms.push(Term { name: "start shift".into(), coefficient, power: 1 });
        }
        terms
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.axpy(&(a.fraction(2, 1) * c[0].clone()), &bend, &mut field);
        a.recycle(bend);
        a.scale(&-a.ratio(self.friction().recip()), &mut field);
        field
    }

    fn start(&self, a: &mut A, c: &[A::Number], mut w: A::Vector) -> A::Vector {
        let [_, shift] = c else { return w };
        let g = a.gradient(Batch::Full, &w);
        a.axpy(shift, &g, &mut w);
        a.recycle(g);
        w
    }
}
