//! The mean modified flow of shuffled minibatch steps along a smooth map of the gradient.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch, Map};

/// w′ = −⟨ψ(g_k)⟩ − (ε/2) ⟨ψ′(g_k) H_k ψ(g_k)⟩, the means over the minibatches: of −ψ(g_k), the field of each, and of
/// its derivative along itself.
///
/// With ψ = ∇K, it is −∇⟨…⟩ only where ψ is linear: the map stays under the mean.
#[derive(Clone, Copy, Debug)]
pub struct ShuffledMap<P> {
    /// ψ.
    pub psi: P,
}

impl<A: Arithmetic, P: Map> Flow<A> for ShuffledMap<P> {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("half a step of each minibatch", 1, 2, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let share = a.fraction(-1, a.batches() as i64);
        let bend = share.clone() * c[0].clone();
        let mut field = a.zero();
        for k in 0..a.batches() {
            let g = a.gradient(Batch::One(k), w);
            let own = a.apply(&self.psi, &[&g]);
            let moved = a.hessian_vector(Batch::One(k), w, &own);
            let turned = a.apply_derivative(&self.psi, &[&g], &[(0, &moved)]);
            a.axpy(&share, &own, &mut field);
            a.axpy(&bend, &turned, &mut field);
            for used in [g, own, moved, turned] {
                a.recycle(used);
            }
        }
        field
    }
}
