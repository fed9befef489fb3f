//! The modified flow of gradient descent.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = −∇C̃ with C̃ = C + (ε/4)‖g‖², that is −g − (ε/2) H g, or with another coefficient in the place
/// of ¼: −¼ for the implicit Euler method, ¼ + ρ/2ε for sharpness-aware minimisation.
///
/// Source: Barrett & Dherin 2021, "Implicit gradient regularization", arXiv 2009.11162.
#[derive(Clone, Copy, Debug)]
pub struct GradientPenalty {
    /// The coefficient of ε‖g‖² in the modified loss.
    pub coefficient: Ratio,
}

impl Default for GradientPenalty {
    /// The penalty of gradient descent.
    fn default() -> Self {
        GradientPenalty { coefficient: Ratio::new(1, 4) }
    }
}

impl<A: Arithmetic> Flow<A> for GradientPenalty {
    fn terms(&self) -> Vec<Term> {
        vec![Term { name: "gradient penalty".into(), coefficient: self.coefficient, power: 1 }]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let twice = a.fraction(2, 1) * c[0].clone();
        let mut field = a.penalized_gradient(Batch::Full, &twice, w);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}
