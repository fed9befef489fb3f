//! The flow of corrected rounds on many clients, with its ε² terms.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};

/// w′ = −K {g + (ε/2) H g + ε² [c₁ ⟨H_k²⟩ g + c₂ H² g + (1/12) T\[g, g\]]} with c₁ = (K − 1)(K − 2)/6 and
/// c₂ = −K(K − 3)/6: rounds of K corrected steps, t = nε counting rounds. K = 2 has descent's own ε² terms.
#[derive(Clone, Copy, Debug)]
pub struct CorrectedRounds {
    /// K.
    pub steps: u32,
}

impl<A: Arithmetic> Flow<A> for CorrectedRounds {
    fn terms(&self) -> Vec<Term> {
        let k = i64::from(self.steps);
        vec![
            Term::new("gradient penalty", 1, 4, 1),
            Term::new("⟨H_k²⟩g", (k - 1) * (k - 2), 6, 2),
            Term::new("H²g", -k * (k - 3), 6, 2),
            Term::new("T[g,g]", 1, 12, 2),
        ]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &g);
        let bent = a.hessian_vector(Batch::Full, w, &bend);
        let turn = a.third_derivative(Batch::Full, w, &g, &g);
        let share = c[1].clone() * a.fraction(1, a.batches() as i64);
        let mut field = a.duplicate(&g);
        for k in 0..a.batches() {
            let once = a.hessian_vector(Batch::One(k), w, &g);
            let twice = a.hessian_vector(Batch::One(k), w, &once);
            a.axpy(&share, &twice, &mut field);
            a.recycle(once);
            a.recycle(twice);
        }
        a.axpy(&(a.fraction(2, 1) * c[0].clone()), &bend, &mut field);
        a.axpy(&c[2], &bent, &mut field);
        a.axpy(&c[3], &turn, &mut field);
        a.scale(&a.fraction(-i64::from(self.steps), 1), &mut field);
        for used in [g, bend, bent, turn] {
            a.recycle(used);
        }
        field
    }
}
