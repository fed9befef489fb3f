//! The modified flows of gradient descent and of the extragradient with their next terms.

use super::{Flow, Term};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// w′ = −g − 2c₁ε H g + ε² (c₂ H² g + c₃ T[g, g]).
///
/// T[g, g] holds both g fixed: differentiating through them would add 2H²g. In general no gradient.
///
/// Source: Hairer, Lubich & Wanner 2006, Geometric numerical integration, chapter IX.
#[derive(Clone, Copy, Debug)]
pub struct ThreeTerms {
    coefficients: [Ratio; 3],
}

impl ThreeTerms {
    /// Descent: c = (1/4, −1/3, −1/12).
    pub fn descent() -> Self {
        ThreeTerms { coefficients: [Ratio::new(1, 4), Ratio::new(-1, 3), Ratio::new(-1, 12)] }
    }

    /// The extragradient w − ε g(w − ε g): c = (−1/4, 2/3, −1/12).
    pub fn extragradient() -> Self {
        ThreeTerms { coefficients: [Ratio::new(-1, 4), Ratio::new(2, 3), Ratio::new(-1, 12)] }
    }
}

impl<A: Arithmetic> Flow<A> for ThreeTerms {
    fn terms(&self) -> Vec<Term> {
        let named = [("gradient penalty", 1), ("H²g", 2), ("T[g,g]", 2)].into_iter();
        named
            .zip(self.coefficients)
            .map(|((name, power), coefficient)| Term { name: name.into(), coefficient, power })
            .collect()
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &g);
        let twice = a.hessian_vector(Batch::Full, w, &bend);
        let third = a.third_derivative(Batch::Full, w, &g, &g);
        let mut field = a.zero();
        a.axpy(&a.fraction(-1, 1), &g, &mut field);
        a.axpy(&(a.fraction(-2, 1) * c[0].clone()), &bend, &mut field);
        a.axpy(&c[1], &twice, &mut field);
        a.axpy(&c[2], &third, &mut field);
        for used in [g, bend, twice, third] {
            a.recycle(used);
        }
        field
    }
}
