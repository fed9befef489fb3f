//! Modified flows of descent in other geometries.

use super::{Flow, Term};
use crate::arithmetic::maps::{ByGroups, FromDual, InverseMetric};
use crate::arithmetic::{Arithmetic, Batch};

/// z′ = −g − (ε/2) H q′(z) g with g and H at w = q(z): mirror descent in its dual variable. In w it is
/// −P [g + (ε/2) H P g] with P = (∇²φ)⁻¹.
#[derive(Clone, Copy, Debug)]
pub struct MirrorFlow {
    /// q.
    pub mirror: FromDual,
}

impl<A: Arithmetic> Flow<A> for MirrorFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("half a step", 1, 2, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, z: &A::Vector) -> A::Vector {
        let w = a.apply(&self.mirror, &[z]);
        let mut field = a.gradient(Batch::Full, &w);
        let moved = a.apply_derivative(&self.mirror, &[z], &[(0, &field)]);
        let bend = a.hessian_vector(Batch::Full, &w, &moved);
        a.axpy(&c[0], &bend, &mut field);
        a.scale(&a.fraction(-1, 1), &mut field);
        for used in [w, moved, bend] {
            a.recycle(used);
        }
        field
    }
}

/// w′ = −P g − (ε/2) [P H P g + (∂P\[P g\]) g] with the inverse P(w) of a metric: the natural gradient. The metric
/// turns as w moves, which mirror descent does not see.
#[derive(Clone, Copy, Debug, Default)]
pub struct NaturalFlow {
    /// P.
    pub metric: InverseMetric,
}

impl<A: Arithmetic> Flow<A> for NaturalFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("turn of the gradient", 1, 2, 1), Term::new("turn of the metric", 1, 2, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let mut field = a.apply(&self.metric, &[w, &g]);
        let moved = a.hessian_vector(Batch::Full, w, &field);
        let bend = a.apply(&self.metric, &[w, &moved]);
        let turn = a.apply_derivative(&self.metric, &[w, &g], &[(0, &field)]);
        a.axpy(&c[0], &bend, &mut field);
        a.axpy(&c[1], &turn, &mut field);
        a.scale(&a.fraction(-1, 1), &mut field);
        for used in [g, moved, bend, turn] {
            a.recycle(used);
        }
        field
    }
}

/// w′ = −u − (ε/2) (D H u + Λ u) with u = D g + Λ w: every group of parameters has a rate and a decay of its own.
#[derive(Clone, Copy, Debug)]
pub struct GroupedFlow {
    /// D.
    pub rates: ByGroups,
    /// Λ.
    pub decays: ByGroups,
}

impl<A: Arithmetic> Flow<A> for GroupedFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("half a step", 1, 2, 1), Term::new("half a step of decay", 1, 2, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let one = a.fraction(1, 1);
        let g = a.gradient(Batch::Full, w);
        let mut field = a.apply(&self.rates, &[&g]);
        let shrink = a.apply(&self.decays, &[w]);
        a.axpy(&one, &shrink, &mut field);
        let moved = a.hessian_vector(Batch::Full, w, &field);
        let bend = a.apply(&self.rates, &[&moved]);
        let fade = a.apply(&self.decays, &[&field]);
        a.axpy(&c[0], &bend, &mut field);
        a.axpy(&c[1], &fade, &mut field);
        a.scale(&-one, &mut field);
        for used in [g, shrink, moved, bend, fade] {
            a.recycle(used);
        }
        field
    }
}
