//! The modified flow of descent with weight decay.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = −∇[C_λ + (ε/4) ‖∇C_λ‖²] with C_λ = C + (λ/2)‖w‖², that is −u − (ε/2)(H u + λ u) with u = g + λ w.
#[derive(Clone, Copy, Debug)]
pub struct DecayedPenalty {
    /// λ.
    pub decay: Ratio,
}

impl<A: Arithmetic> Flow<A> for DecayedPenalty {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("penalty of the decayed gradient", 1, 4, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let (one, decay) = (a.fraction(1, 1), a.ratio(self.decay));
        let twice = a.fraction(2, 1) * c[0].clone();
        let mut field = a.gradient(Batch::Full, w);
        a.axpy(&decay, w, &mut field);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.scale(&-(one + twice.clone() * decay), &mut field);
        a.axpy(&-twice, &bend, &mut field);
        a.recycle(bend);
        field
    }
}
