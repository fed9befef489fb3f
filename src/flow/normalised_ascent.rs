//! The modified flow of sharpness-aware minimisation along the unit gradient.

use super::{Flow, Term};
use crate::arithmetic::maps::Direction;
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = −∇[C + ρ √(‖g‖² + e) + (ε/4)‖g‖²], that is −g − ρ H u − (ε/2) H g with u = g/√(‖g‖² + e).
///
/// Both penalties are one term: at a point their gradients H u and H g are parallel, and no step tells them apart.
#[derive(Clone, Copy, Debug)]
pub struct NormPenalty {
    /// ρ in units of ε.
    pub rho: Ratio,
    /// e > 0.
    pub stabiliser: Ratio,
}

impl<A: Arithmetic> Flow<A> for NormPenalty {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("both penalties", 1, 1, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        let unit = a.apply(&Direction::Normalised { stabiliser: self.stabiliser }, &[&field]);
        let turned = a.hessian_vector(Batch::Full, w, &unit);
        a.axpy(&(a.fraction(1, 2) * c[0].clone()), &bend, &mut field);
        a.axpy(&(a.ratio(self.rho) * c[0].clone()), &turned, &mut field);
        a.scale(&a.fraction(-1, 1), &mut field);
        for used in [bend, unit, turned] {
            a.recycle(used);
        }
        field
    }
}
