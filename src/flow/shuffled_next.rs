//! The mean modified flow of shuffled minibatch descent with its next term.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};

/// w′ = −∇C̃_SGD + (ε²/m) Σ_a { −⅓ H_a²g_a − (1/12) T_a[g_a, g_a] + Σ_{b≠a} ( (1/6) H_aH_b g_a
/// − (1/12) H_a²g_b − (1/12) H_aH_b g_b + (1/12) T_a[g_a, g_b] − (1/12) T_a[g_b, g_b] ) } with
/// C̃_SGD = C + (ε/4m) Σ ‖g_k‖².
///
/// Terms with three different minibatches cancel. Derived with this crate's series; see the proof
/// document.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShuffledNext;

impl<A: Arithmetic> Flow<A> for ShuffledNext {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("batch penalty", 1, 4, 1), Term::new("next term", 1, 1, 2)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let m = a.batches();
        let one = a.fraction(1, 1);
        let twelfth = a.fraction(1, 12);
        let gradients: Vec<_> = (0..m).map(|k| a.gradient(Batch::One(k), w)).collect();
        let bends: Vec<_> =
            (0..m).map(|k| a.hessian_vector(Batch::One(k), w, &gradients[k])).collect();
        let mut field = a.zero();
        for k in 0..m {
            let own = Batch::One(k);
            a.axpy(&-one.clone(), &gradients[k], &mut field);
            a.axpy(&(a.fraction(-2, 1) * c[0].clone()), &bends[k], &mut field);

            // What H_k is applied to: −⅓ H_k g_k and Σ_{b≠k} (1/6) H_b g_k − (1/12) H_k g_b − (1/12) H_b g_b,
            // where Σ_{b≠k} H_b = m H − H_k; and T_k[g_k, ·] to Σ_{b≠k} g_b − g_k.
            let mut others = a.zero();
            let mut turned = a.hessian_vector(Batch::Full, w, &gradients[k]);
            a.scale(&a.fraction(m as i64, 6), &mut turned);
            a.axpy(&a.fraction(-1, 2), &bends[k], &mut turned);
            let mut next = a.zero();
            for b in (0..m).filter(|&b| b != k) {
                a.axpy(&one, &gradients[b], &mut others);
                a.axpy(&-twelfth.clone(), &bends[b], &mut turned);
                let other = a.third_derivative(own, w, &gradients[b], &gradients[b]);
                a.axpy(&-twelfth.clone(), &other, &mut next);
            }
            let back = a.hessian_vector(own, w, &others);
            a.axpy(&-twelfth.clone(), &back, &mut turned);
            a.axpy(&-one.clone(), &gradients[k], &mut others);
            let mixed = a.third_derivative(own, w, &gradients[k], &others);
            a.axpy(&twelfth, &mixed, &mut next);
            let twice = a.hessian_vector(own, w, &turned);
            a.axpy(&one, &twice, &mut next);
            a.axpy(&c[1], &next, &mut field);
        }
        a.scale(&a.fraction(1, m as i64), &mut field);
        field
    }
}
