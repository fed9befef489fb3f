//! What the constant is compared with: the error at some step sizes, in `f64`, by other code than the proof.

use std::sync::Arc;

use super::Request;
use crate::arithmetic::{Batch, Numeric};
use crate::flow::Continued;
use crate::loss::Problem;
use crate::optimizer::{State, Steps};
use crate::theorem::MethodAndFlow;

/// The number of step sizes.
const SAMPLES: usize = 40;
/// The error that the solver is allowed a step.
const TOLERANCE: f64 = 1e-13;
/// An error below this many times the tolerance says nothing.
const TRUSTED: f64 = 1e3;
/// The most steps of one run.
const MOST_STEPS: f64 = 1e5;

/// The largest |w_n − w̃(nε)|/εᵖ over n ≤ T/ε and step sizes up to ε₀.
pub(super) fn largest(
    tracked: &MethodAndFlow,
    problem: &Problem,
    request: &Request,
) -> Option<f64> {
    let sizes = (1..=SAMPLES).map(|k| request.up_to * (k as f64 / SAMPLES as f64));
    let found = sizes.filter_map(|eps| at(tracked, problem, request.horizon, eps));
    found.reduce(f64::max)
}

/// The same at one step size.
fn at(tracked: &MethodAndFlow, problem: &Problem, horizon: f64, eps: f64) -> Option<f64> {
    if eps > horizon || horizon / eps > MOST_STEPS {
        return None;
    }
    let optimizer = tracked.optimizer.float();
    let flow = tracked.flow.float();
    let w = problem.start().as_slice().to_vec();
    let mut solution =
        Continued::claimed(&*flow, problem.float(), eps, w.clone()).with_tolerance(TOLERANCE);
    let mut a = Numeric::new(Arc::clone(&problem.float()));
    let mut state = State { w, memory: Vec::new(), steps: Steps::default() };
    let power = eps.powi(tracked.order as i32);
    let mut most: Option<f64> = None;
    for n in 1..=(horizon / eps) as usize {
        optimizer.step(&mut a, &eps, Batch::Full, &mut state);
        let flow = solution.at(n as f64 * eps).ok()?;
        let square: f64 = state.w.iter().zip(&flow).map(|(a, b)| (a - b) * (a - b)).sum();
        if square.sqrt() > TRUSTED * TOLERANCE {
            most = Some(most.unwrap_or(0.0).max(square.sqrt() / power));
        }
    }
    most
}
