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

            // What H_k is applied to: −⅓ H_k g_k and, for every other b,
            // (1/6) H_b g_k − (1/12) H_k g_b − (1/12) H_b g_b.
            let mut turned = a.zero();
            a.axpy(&a.fraction(-1, 3), &bends[k], &mut turned);
            let mut next = a.third_derivative(own, w, &gradients[k], &gradients[k]);
            a.scale(&-twelfth.clone(), &mut next);
            for b in (0..m).filter(|&b| b != k) {
                let cross = a.hessian_vector(Batch::One(b), w, &gradients[k]);
                let back = a.hessian_vector(own, w, &gradients[b]);
                a.axpy(&a.fraction(1, 6), &cross, &mut turned);
                a.axpy(&-twelfth.clone(), &back, &mut turned);
                a.axpy(&-twelfth.clone(), &bends[b], &mut turned);
                let mixed = a.third_derivative(own, w, &gradients[k], &gradients[b]);
                let other = a.third_derivative(own, w, &gradients[b], &gradients[b]);
                a.axpy(&twelfth, &mixed, &mut next);
                a.axpy(&-twelfth.clone(), &other, &mut next);
            }
            let twice = a.hessian_vector(own, w, &turned);
            a.axpy(&one, &twice, &mut next);
            a.axpy(&c[1], &next, &mut field);
        }
        a.scale(&a.fraction(1, m as i64), &mut field);
        field
    }
}
