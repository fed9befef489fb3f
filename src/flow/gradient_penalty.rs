//! The modified flow of gradient descent.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};

/// w′ = −∇C̃ with C̃ = C + (ε/4)‖g‖², that is −g − (ε/2) H g.
///
/// Source: Barrett & Dherin 2021, "Implicit gradient regularization", arXiv 2009.11162.
#[derive(Clone, Copy, Debug, Default)]
pub struct GradientPenalty;

impl<A: Arithmetic> Flow<A> for GradientPenalty {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.axpy(&(a.fraction(2, 1) * c[0].clone()), &bend, &mut field);
        a.recycle(bend);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}
