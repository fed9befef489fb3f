//! A flow continued from one time to the next, for curves.

use std::sync::Arc;

use super::{Along, Flow};
use crate::arithmetic::Numeric;
use crate::integrate::{Dop853, Fault, RightHandSide};
use crate::loss::Oracle;

/// The error allowed a solver step, unless another is asked for.
const TOLERANCE: f64 = 1e-12;

/// The solution of a claimed flow at increasing times, each continued from the one before.
pub struct Continued<'a> {
    rhs: Along<'a, f64>,
    solver: Dop853,
    time: f64,
    state: Vec<f64>,
}

impl<'a> Continued<'a> {
    /// `flow` on `loss` from `state` at time 0. The coefficients already carry their powers of ε.
    pub fn new(
        flow: &'a dyn Flow<Numeric<f64>>,
        loss: Arc<dyn Oracle<f64>>,
        coefficients: Vec<f64>,
        state: Vec<f64>,
    ) -> Self {
        let rhs = Along::new(flow, loss, coefficients, 1.0);
        Continued { rhs, solver: Dop853 { tolerance: TOLERANCE }, time: 0.0, state }
    }

    /// The same with the coefficients that the flow claims at the step size `eps`.
    pub fn claimed(
        flow: &'a dyn Flow<Numeric<f64>>,
        loss: Arc<dyn Oracle<f64>>,
        eps: f64,
        state: Vec<f64>,
    ) -> Self {
        let coefficients = flow.terms().iter().map(|term| term.at(eps)).collect();
        Self::new(flow, loss, coefficients, state)
    }

    /// The same, with another error allowed a solver step.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.solver = Dop853 { tolerance };
        self
    }

    /// The solution at `time`, which is not before the one asked for last.
    ///
    /// # Errors
    /// [`Fault`] if the flow cannot be followed there; [`Fault::Span`] if `time` lies before.
    pub fn at(&mut self, time: f64) -> Result<Vec<f64>, Fault> {
        let mut later = Later { rhs: &mut self.rhs, offset: self.time };
        self.state = self.solver.integrate(&mut later, &self.state, time - self.time)?;
        self.time = time;
        Ok(self.state.clone())
    }
}

/// A right-hand side whose time starts later: fields may depend on it.
struct Later<'a, 'b> {
    rhs: &'a mut Along<'b, f64>,
    offset: f64,
}

impl RightHandSide<f64> for Later<'_, '_> {
    fn dim(&self) -> usize {
        self.rhs.dim()
    }

    fn evaluate(&mut self, t: f64, y: &[f64], dy: &mut [f64]) {
        self.rhs.evaluate(self.offset + t, y, dy);
    }
}
