//! The modified flow of one fixed order of minibatches.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};

/// w′ = −∇C̃ + (ε/2m) Σ_{a<b} [g_{π_a}, g_{π_b}] with C̃ = C + (ε/4m) Σ ‖g_k‖² and
/// [g_j, g_k] = H_k g_j − H_j g_k (j applied before k), for the order π = 0, 1, …, m − 1.
///
/// The bracket is in general no gradient: one fixed order has no modified loss.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ordered;

impl<A: Arithmetic> Flow<A> for Ordered {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("batch penalty", 1, 4, 1), Term::new("order bracket", 1, 2, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let m = a.batches();
        let one = a.fraction(1, 1);
        let share = a.fraction(1, m as i64);
        let gradients: Vec<_> = (0..m).map(|k| a.gradient(Batch::One(k), w)).collect();

        // Σ_{a<b} [g_a, g_b] = Σ_k H_k (Σ_{j<k} g_j − Σ_{j>k} g_j), so one product a batch does.
        let mut field = a.zero();
        let mut difference = a.zero();
        for g in &gradients {
            a.axpy(&-one.clone(), g, &mut difference);
        }
        for (k, g) in gradients.iter().enumerate() {
            a.axpy(&one, g, &mut difference);
            let mut direction = a.zero();
            a.axpy(&(a.fraction(-2, 1) * c[0].clone()), g, &mut direction);
            a.axpy(&c[1], &difference, &mut direction);
            a.axpy(&one, g, &mut difference);
            let bend = a.hessian_vector(Batch::One(k), w, &direction);
            a.axpy(&-share.clone(), g, &mut field);
            a.axpy(&share, &bend, &mut field);
            a.recycle(bend);
            a.recycle(direction);
        }
        a.recycle(difference);
        for g in gradients {
            a.recycle(g);
        }
        field
    }
}
