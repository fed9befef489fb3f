//! The modified flow of gradient descent with its next terms.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};

/// w′ = −g − (ε/2) H g − ε² (⅓ H² g + (1/12) T[g, g]).
///
/// T[g, g] holds both g fixed: differentiating through them would add 2H²g. In general no gradient.
///
/// Source: Hairer, Lubich & Wanner 2006, Geometric numerical integration, chapter IX.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreeTerms;

impl<A: Arithmetic> Flow<A> for ThreeTerms {
    fn terms(&self) -> Vec<Term> {
        vec![
            Term::new("gradient penalty", 1, 4, 1),
            Term::new("H²g", -1, 3, 2),
            Term::new("T[g,g]", -1, 12, 2),
        ]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &g);
        let twice = a.hessian_vector(Batch::Full, w, &bend);
        let third = a.third_derivative(Batch::Full, w, &g, &g);
        let mut field = a.zero();
        a.axpy(&a.fraction(-1, 1), &g, &mut field);
        a.axpy(&(a.fraction(-2, 1) * c[0].clone()), &bend, &mut field);
        a.axpy(&c[1], &twice, &mut field);
        a.axpy(&c[2], &third, &mut field);
        for used in [g, bend, twice, third] {
            a.recycle(used);
        }
        field
    }
}
