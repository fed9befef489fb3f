//! What the constant is compared with: the error at some step sizes, in `f64`, by other code than the proof.

use std::sync::Arc;

use super::Request;
use crate::arithmetic::{Batch, Numeric};
use crate::flow::Continued;
use crate::loss::Problem;
use crate::optimizer::{State, Steps};
use crate::theorem::MethodAndFlow;

/// The error that the solver is allowed a step.
const TOLERANCE: f64 = 1e-13;
/// An error below this many times the tolerance says nothing.
const TRUSTED: f64 = 1e3;
/// The times at which a run is compared, at most.
const TIMES: usize = 48;
/// The most steps of one run.
const MOST_STEPS: f64 = 1e5;

/// The largest |w_n − w̃(nε)|/εᵖ over n ≤ T/ε and as many step sizes up to ε₀ as `samples`.
pub(super) fn largest(
    tracked: &MethodAndFlow,
    problem: &Problem,
    request: &Request,
    samples: usize,
) -> Option<f64> {
    // From a hundredth of the largest, densest where steps are small and the error is near its limit.
    let share = |k: usize| 0.01 + 0.99 * (k as f64 / samples as f64).powi(2);
    // Every other one divides the horizon, at which the error is often largest.
    let snapped = |k: usize, eps: f64| match k % 2 {
        0 => request.horizon / (request.horizon / eps).ceil(),
        _ => eps,
    };
    let sizes = (1..=samples).map(|k| snapped(k, request.up_to * share(k)));
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
    // A quotient that is whole may be rounded down.
    let steps = (horizon / eps * (1.0 + 1e-12)) as usize;
    let apart = steps.div_ceil(TIMES);
    for n in 1..=steps {
        optimizer.step(&mut a, &eps, Batch::Full, &mut state);
        if n % apart != 0 && n != steps {
            continue;
        }
        let flow = solution.at(n as f64 * eps).ok()?;
        let square: f64 = state.w.iter().zip(&flow).map(|(a, b)| (a - b) * (a - b)).sum();
        if square.sqrt() > TRUSTED * TOLERANCE {
            most = Some(most.unwrap_or(0.0).max(square.sqrt() / power));
        }
    }
    most
}
