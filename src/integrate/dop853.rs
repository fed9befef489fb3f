//! DOP853 from `ode_solvers`, fenced.
//!
//! Faults of `ode_solvers` 0.6.2 that this wrapper keeps out (each has its test):
//!
//! * The nodes c₁₂ and c₁₃ of the tableau are 0 instead of 1, so on a non-autonomous field the
//!   order drops to 1. Time is appended as a state component: the solver only sees autonomous fields.
//! * Dense output extrapolates the end point: only the last accepted point of sparse output is read,
//!   and its time is asserted.
//! * A step with a NaN error estimate is rejected and retried until the step limit: the first value
//!   that is not finite is remembered, every later evaluation returns at once, and the fault names
//!   the time.

use std::cell::{Cell, RefCell};

use nalgebra::DVector;
use ode_solvers::dop_shared::{IntegrationError, OutputType, System};

use super::{Fault, RightHandSide};

/// The explicit Runge–Kutta pair of order 8(5,3) of Dormand and Prince.
#[derive(Clone, Copy, Debug)]
pub struct Dop853 {
    /// The relative and absolute error allowed a step; never taken below 1e-15, which also stands
    /// in for NaN.
    pub tolerance: f64,
}

/// Below this the solver's error estimate is round-off.
const SMALLEST_TOLERANCE: f64 = 1e-15;

/// More steps than any flow of the catalogue needs; a flow that needs more is stiff or blows up.
const STEP_LIMIT: u32 = 20_000;

impl Dop853 {
    /// y(`span`) for y′ = f(t, y), y(0) = `start`.
    ///
    /// # Errors
    /// [`Fault`] if the flow cannot be followed to the end.
    pub fn integrate(
        &self,
        rhs: &mut dyn RightHandSide<f64>,
        start: &[f64],
        span: f64,
    ) -> Result<Vec<f64>, Fault> {
        if !(span >= 0.0 && span.is_finite()) {
            return Err(Fault::Span { span });
        }
        if start.iter().any(|y| !y.is_finite()) {
            return Err(Fault::NotFinite { time: 0.0 });
        }
        if span <= 0.0 {
            return Ok(start.to_vec());
        }
        let dim = rhs.dim();
        let poisoned = Cell::new(None);
        let tolerance = self.tolerance.max(SMALLEST_TOLERANCE);
        let system = TimeAppended { rhs: RefCell::new(rhs), poisoned: &poisoned };
        let y = DVector::from_iterator(dim + 1, start.iter().copied().chain([0.0]));
        let mut solver = ode_solvers::dop853::Dop853::from_param(
            system,
            0.0,
            span,
            0.0,
            y,
            tolerance,
            tolerance,
            0.9,
            0.0,
            0.333,
            6.0,
            span,
            0.0,
            STEP_LIMIT,
            1000,
            OutputType::Sparse,
        );
        let outcome = solver.integrate();
        if let Some(time) = poisoned.get() {
            return Err(Fault::NotFinite { time });
        }
        let _ = outcome.map_err(|error| match error {
            IntegrationError::MaxNumStepReached { x, n_step } => {
                Fault::TooManySteps { time: x, limit: n_step }
            }
            IntegrationError::StepSizeUnderflow { x } => Fault::StepUnderflow { time: x },
            IntegrationError::StiffnessDetected { x } => Fault::Stiff { time: x },
        })?;
        let (times, states) = solver.results().get();
        let (Some(&reached), Some(end)) = (times.last(), states.last()) else {
            return Err(Fault::MissedEnd { reached: 0.0, asked: span });
        };
        if (reached - span).abs() > 4.0 * f64::EPSILON * span {
            return Err(Fault::MissedEnd { reached, asked: span });
        }
        if end.iter().any(|y| !y.is_finite()) {
            return Err(Fault::NotFinite { time: reached });
        }
        Ok(end.as_slice()[..dim].to_vec())
    }
}

/// The right-hand side with time as its last component, so that the solver's own time is not read.
struct TimeAppended<'a, 'b> {
    rhs: RefCell<&'a mut dyn RightHandSide<f64>>,
    poisoned: &'b Cell<Option<f64>>,
}

impl System<f64, DVector<f64>> for TimeAppended<'_, '_> {
    fn system(&self, _x: f64, y: &DVector<f64>, dy: &mut DVector<f64>) {
        let last = y.len() - 1;
        dy[last] = 1.0;
        if self.poisoned.get().is_some() {
            dy.as_mut_slice()[..last].fill(0.0);
            return;
        }
        let time = y[last];
        self.rhs.borrow_mut().evaluate(time, &y.as_slice()[..last], &mut dy.as_mut_slice()[..last]);
        if dy.iter().any(|v| !v.is_finite()) {
            self.poisoned.set(Some(time));
            dy.as_mut_slice()[..last].fill(0.0);
        }
    }

    fn solout(&mut self, _x: f64, _y: &DVector<f64>, _dy: &DVector<f64>) -> bool {
        self.poisoned.get().is_some()
    }
}
