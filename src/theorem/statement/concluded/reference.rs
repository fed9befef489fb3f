//! Claimed flows followed to a time, with coefficients of their own, by two integrators that share nothing.

use crate::arithmetic::Numeric;
use crate::flow::{Along, Flow, Integrable};
use crate::integrate::{Dop853, Taylor};
use crate::leg::{Agreement, Obstacle};
use crate::loss::Problem;
use crate::measure::norm;
use crate::scalar::{Jet, Scalar};

const TOLERANCE: f64 = 1e-14;
const TAYLOR_ORDER: usize = 16;

/// The end of `flow` on `problem`, from `start`, after `time`. The coefficients already carry their powers of ε.
///
/// # Errors
/// [`Obstacle::Flow`] if it cannot be followed.
pub(super) fn end_of(
    flow: &dyn Integrable,
    problem: &Problem,
    coefficients: &[f64],
    start: &[f64],
    time: f64,
) -> Result<Vec<f64>, Obstacle> {
    let flow: &dyn Flow<Numeric<f64>> = flow;
    let mut rhs = Along::new(flow, problem.float(), coefficients.to_vec(), 1.0);
    Ok(Dop853 { tolerance: TOLERANCE }.integrate(&mut rhs, start, time)?)
}

/// How far Taylor's method in jets ends from there.
///
/// # Errors
/// [`Obstacle::Flow`] if either cannot follow the flow.
pub(super) fn agreement_on(
    flow: &dyn Integrable,
    problem: &Problem,
    coefficients: &[f64],
    start: &[f64],
    time: f64,
) -> Result<Agreement, Obstacle> {
    let Some(jets) = problem.seen::<Jet<f64>>() else {
        let lacking = "the loss is known in f64 only, without jets".to_owned();
        return Ok(Agreement { disagreement: f64::NAN, lacking: Some(lacking) });
    };
    let first = end_of(flow, problem, coefficients, start, time)?;
    let flow: &dyn Flow<Numeric<Jet<f64>>> = flow;
    let coefficients = coefficients.iter().map(|&c| Jet::from_f64(c)).collect();
    let mut rhs = Along::new(flow, jets, coefficients, Jet::one());
    let second = Taylor { order: TAYLOR_ORDER, tolerance: 0.0 }.integrate(&mut rhs, start, time)?;
    Ok(Agreement { disagreement: norm(&difference(&first, &second)), lacking: None })
}

/// a − b.
pub(super) fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}
