//! Flows that are known in `f64` only.

use super::{AnyFlow, Flow, Term};
use crate::arithmetic::Numeric;

/// A field in `f64` as a closure.
struct Closure<F> {
    terms: Vec<Term>,
    field: F,
}

impl<F> Flow<Numeric<f64>> for Closure<F>
where
    F: Fn(&mut Numeric<f64>, &[f64], f64, &Vec<f64>) -> Vec<f64> + Send + Sync,
{
    fn terms(&self) -> Vec<Term> {
        self.terms.clone()
    }

    fn field(&self, a: &mut Numeric<f64>, c: &[f64], t: &f64, w: &Vec<f64>) -> Vec<f64> {
        (self.field)(a, c, *t, w)
    }
}

impl AnyFlow {
    /// A field F(t, w) in `f64` with these terms, given the arithmetic that has the gradients, the
    /// coefficients times their powers of ε, the time and the point.
    pub fn closure(
        terms: Vec<Term>,
        field: impl Fn(&mut Numeric<f64>, &[f64], f64, &Vec<f64>) -> Vec<f64> + Send + Sync + 'static,
    ) -> Self {
        AnyFlow::float_only(Closure { terms, field })
    }
}
