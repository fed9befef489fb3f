//! A claimed flow as a plain right-hand side for the integrators.

use std::sync::Arc;

use super::Flow;
use crate::arithmetic::{Arithmetic, Numeric};
use crate::integrate::RightHandSide;
use crate::loss::Oracle;
use crate::scalar::Scalar;

/// `flow` with given coefficients, along the loss it belongs to.
pub struct Along<'a, S: Scalar> {
    flow: &'a dyn Flow<Numeric<S>>,
    arithmetic: Numeric<S>,
    coefficients: Vec<S>,
    clock: S,
    foreign: Option<S>,
}

/// F ← F + c J F with J a quarter turn in the planes of the first two coordinates, the next two, …; a
/// coordinate left alone is not turned. No claim has such a term, so it serves as a control.
pub fn add_foreign_term<S: Scalar>(field: &mut [S], c: S) {
    for pair in field.chunks_mut(2) {
        match pair {
            [x, y] => (*x, *y) = (*x - c * *y, *y + c * *x),
            [alone] => *alone += c * *alone,
            _ => {}
        }
    }
}

impl<'a, S: Scalar> Along<'a, S> {
    /// The right-hand side of `flow` on `loss`. The coefficients already carry their powers of ε;
    /// `clock` scales time: 1 for the claim, anything else for a control.
    pub fn new(
        flow: &'a dyn Flow<Numeric<S>>,
        loss: Arc<dyn Oracle<S>>,
        coefficients: Vec<S>,
        clock: S,
    ) -> Self {
        Along { flow, arithmetic: Numeric::new(loss), coefficients, clock, foreign: None }
    }

    /// The same with a foreign term of weight `c`, see [`add_foreign_term`].
    #[must_use]
    pub fn with_foreign_term(mut self, c: S) -> Self {
        self.foreign = Some(c);
        self
    }
}

impl<S: Scalar> RightHandSide<S> for Along<'_, S> {
    fn dim(&self) -> usize {
        self.arithmetic.dim()
    }

    fn evaluate(&mut self, t: S, y: &[S], dy: &mut [S]) {
        let mut w = self.arithmetic.zero();
        w.copy_from_slice(y);
        let field = self.flow.field(&mut self.arithmetic, &self.coefficients, &t, &w);
        for (dy, &f) in dy.iter_mut().zip(&field) {
            *dy = self.clock * f;
        }
        if let Some(c) = self.foreign {
            add_foreign_term(dy, c);
        }
        self.arithmetic.recycle(field);
        self.arithmetic.recycle(w);
    }
}
