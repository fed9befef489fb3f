//! What a certificate will cost, from a few of its slices.

use std::time::Instant;

use super::{Certified, Request, certify};
use crate::loss::Problem;
use crate::theorem::Theorem;

/// The slices that are timed.
const TIMED: usize = 4;
/// Less than this is always tried: no more is known of it than of the clock.
const LEAST: f64 = 0.25;

/// About the seconds that one thread takes to certify what `theorem` claims of `problem`: those of the first few slices of
/// the last cell, for as many slices and cells as there are.
pub fn foreseen(theorem: &Theorem, problem: &Problem, request: &Request) -> f64 {
    let Request { up_to, horizon, cells, slices } = *request;
    if slices <= TIMED {
        return 0.0;
    }
    let horizon = horizon * (TIMED as f64 / slices as f64);
    let few = Request { up_to, horizon, cells: 1, slices: TIMED };
    let began = Instant::now();
    let _ = super::certified(theorem, problem, &few, 0);
    began.elapsed().as_secs_f64() * (cells as f64) * (slices as f64 / TIMED as f64)
}

/// As [`certify`], unless that is [`foreseen`] to take more than `budget` seconds of one thread: then it is not begun.
pub fn certify_within(
    theorem: &Theorem,
    problem: &Problem,
    request: &Request,
    budget: Option<f64>,
) -> Certified {
    let Some(budget) = budget else { return certify(theorem, problem, request) };
    let seconds = foreseen(theorem, problem, request);
    if seconds <= budget.max(LEAST) {
        return certify(theorem, problem, request);
    }
    let reason = format!(
        "it would take about {seconds:.0} s of processor time, more than the {budget} s of the budget; a larger budget, fewer \
         slices or fewer cells may help"
    );
    let order = theorem.tracked(problem).map_or(0, |tracked| tracked.order);
    Certified { reason: Some(reason), ..Certified::open(theorem, problem, request, order) }
}
