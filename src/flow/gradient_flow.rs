//! The gradient flow, with no correction for the step size.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};

/// w′ = −g.
///
/// Gradient descent follows it with local order 2 and global order 1 only.
#[derive(Clone, Copy, Debug, Default)]
pub struct GradientFlow;

impl<A: Arithmetic> Flow<A> for GradientFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient", 1, 1, 0)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        a.scale(&-c[0].clone(), &mut field);
        field
    }
}
