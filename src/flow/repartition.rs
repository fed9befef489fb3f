//! The mean modified flow when examples are dealt into new batches every epoch.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};

/// w′ = −∇C̃ with C̃ = C + (ε/4)‖g‖² + (ε/4B)((N−B)/(N−1)) Γ, Γ = (1/N) Σ_i ‖∇C_i − g‖², for N
/// examples (the components of the loss) dealt into batches of B.
///
/// Source: Smith, Dherin, Barrett & De 2021, arXiv 2101.12176.
#[derive(Clone, Copy, Debug)]
pub struct Repartitioned {
    /// The number N of examples.
    pub examples: usize,
    /// The number B of examples a batch.
    pub batch_size: usize,
}

impl<A: Arithmetic> Flow<A> for Repartitioned {
    fn terms(&self) -> Vec<Term> {
        let (n, b) = (self.examples as i64, self.batch_size as i64);
        vec![
            Term::new("gradient penalty", 1, 4, 1),
            Term::new("example disagreement", n - b, 4 * b * (n - 1), 1),
        ]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let n = a.batches() as i64;
        let two = a.fraction(2, 1);
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);

        // ½∇Γ = ⟨H_i g_i⟩ − H g.
        a.scale(&a.fraction(-1, 1), &mut field);
        a.axpy(&(two.clone() * (c[1].clone() - c[0].clone())), &bend, &mut field);
        a.recycle(bend);
        for i in 0..a.batches() {
            let g = a.gradient(Batch::One(i), w);
            let bend = a.hessian_vector(Batch::One(i), w, &g);
            a.axpy(&(a.fraction(-2, n) * c[1].clone()), &bend, &mut field);
            a.recycle(bend);
            a.recycle(g);
        }
        field
    }
}
