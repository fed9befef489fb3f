//! The modified flow of clients on a ring.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = −∇[C + (ε/4)‖g‖² + (ε/2)⟨‖γ_k‖²⟩ − (ε/2a)⟨γ_k·Σ_j Lᵏʲγ_j⟩], γ_k = g_k − g: the mean of m clients on a
/// ring who descend and then move towards their two neighbours with the weight a.
///
/// Lᵏʲ is the pseudo-inverse of the Laplacian of the ring, (m² − 1)/(12m) − d(m − d)/(2m) at the distance d of two clients. With
/// the mixing matrix W = I − aL and M = W(I − W)⁺ the last two terms are −(ε/2)⟨γ·Mγ⟩.
#[derive(Clone, Copy, Debug)]
pub struct RingPenalty {
    /// a, the weight of a neighbour.
    pub weight: Ratio,
}

/// The entry of the pseudo-inverse of the Laplacian of a ring of `m`, at the distance `d`.
fn resistance(m: i64, d: i64) -> Ratio {
    Ratio::new(m * m - 1, 12 * m) - Ratio::new(d * (m - d), 2 * m)
}

impl<A: Arithmetic> Flow<A> for RingPenalty {
    fn terms(&self) -> Vec<Term> {
        let term =
            |name: &'static str, coefficient| Term { name: name.into(), coefficient, power: 1 };
        vec![
            term("gradient penalty", Ratio::new(1, 4)),
            term("disagreement", Ratio::new(1, 2)),
            term("disagreement around the ring", -(Ratio::new(1, 2) / self.weight)),
        ]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let (two, m) = (a.fraction(2, 1), a.batches());
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.axpy(&(two.clone() * (c[0].clone() - c[1].clone())), &bend, &mut field);
        a.recycle(bend);
        let gradients: Vec<A::Vector> = (0..m).map(|k| a.gradient(Batch::One(k), w)).collect();
        let share = two * a.fraction(1, m as i64);
        for k in 0..m {
            // Its rows add up to 0, so that g_j does for γ_j.
            let mut around = a.zero();
            for (j, g) in gradients.iter().enumerate() {
                let distance = k.abs_diff(j) as i64;
                a.axpy(&(c[2].clone() * a.ratio(resistance(m as i64, distance))), g, &mut around);
            }
            a.axpy(&c[1], &gradients[k], &mut around);
            let bend = a.hessian_vector(Batch::One(k), w, &around);
            a.axpy(&share, &bend, &mut field);
            a.recycle(around);
            a.recycle(bend);
        }
        a.scale(&a.fraction(-1, 1), &mut field);
        gradients.into_iter().for_each(|used| a.recycle(used));
        field
    }
}
