//! What a certificate will cost, from a few of its slices.

use cpu_time::ProcessTime;

use super::{Certified, Request, certify};
use crate::loss::Problem;
use crate::theorem::Theorem;

/// The slices that are timed, a single one first: where that is far too dear, no more are.
const TIMED: [usize; 2] = [1, 4];
/// How much dearer than the budget is far.
const FAR: f64 = 4.0;
/// Less than this is always tried: no more is known of it than of the clock.
const LEAST: f64 = 0.25;

/// About the seconds of processor time that it takes to certify what `theorem` claims of `problem`: those of the first
/// `timed` slices of the last cell, for as many slices and cells as there are.
pub fn foreseen(theorem: &Theorem, problem: &Problem, request: &Request, timed: usize) -> f64 {
    let Request { up_to, horizon, cells, slices } = *request;
    if slices <= timed {
        return 0.0;
    }
    let horizon = horizon * (timed as f64 / slices as f64);
    let few = Request { up_to, horizon, cells: 1, slices: timed };
    let began = ProcessTime::now();
    let _ = super::certified(theorem, problem, &few, 0);
    began.elapsed().as_secs_f64() * (cells as f64) * (slices as f64 / timed as f64)
}

/// As [`certify`], unless that is [`foreseen`] to take more than `budget` seconds of processor time: then it is not begun.
pub fn certify_within(
    theorem: &Theorem,
    problem: &Problem,
    request: &Request,
    budget: Option<f64>,
) -> Certified {
    let Some(budget) = budget else { return certify(theorem, problem, request) };
    let enough = budget.max(LEAST);
    for (timed, limit) in TIMED.into_iter().zip([FAR * enough, enough]) {
        let seconds = foreseen(theorem, problem, request, timed);
        if seconds > limit {
            return refused(theorem, problem, request, [seconds, budget]);
        }
    }
    certify(theorem, problem, request)
}

/// That it takes so many seconds, which is more than the budget.
fn refused(
    theorem: &Theorem,
    problem: &Problem,
    request: &Request,
    [seconds, budget]: [f64; 2],
) -> Certified {
    let reason = format!(
        "it would take about {seconds:.0} s of processor time, more than the {budget} s of the budget; a larger budget, fewer \
         slices or fewer cells may help"
    );
    let order = theorem.tracked(problem).map_or(0, |tracked| tracked.order);
    Certified { reason: Some(reason), ..Certified::open(theorem, problem, request, order) }
}
