//! The mean modified flow of shuffled minibatch descent.

use super::{Flow, Term};
use crate::arithmetic::Arithmetic;

/// w′ = −∇C̃ with C̃ = C + (ε/(4 m n)) Σ_k ‖g_k‖² and n substeps a minibatch, that is
/// −g − (ε/2n) ⟨H_k g_k⟩.
///
/// Source: Smith, Dherin, Barrett & De 2021, "On the origin of implicit regularization in
/// stochastic gradient descent", arXiv 2101.12176.
#[derive(Clone, Copy, Debug)]
pub struct BatchPenalty {
    /// The number n of substeps each minibatch step is divided into.
    pub substeps: u32,
}

impl Default for BatchPenalty {
    fn default() -> Self {
        BatchPenalty { substeps: 1 }
    }
}

impl<A: Arithmetic> Flow<A> for BatchPenalty {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("batch penalty", 1, 4 * i64::from(self.substeps), 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let twice = a.fraction(2, 1) * c[0].clone();
        let mut field = a.mean_penalized_gradient(&twice, w);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}
