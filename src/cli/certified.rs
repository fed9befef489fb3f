//! Certificates for what was checked.

use super::{CommandError, screen};
use crate::certify::{Certified, Request, certify_within};
use crate::leg::LegKind;
use crate::record::Record;
use crate::sweep::Task;

/// How often the largest step size is halved until the error is bounded.
const HALVINGS: i32 = 6;

/// The records with a certificate each, or with the reason why there is none.
pub(super) fn certified(
    tasks: &[Task],
    records: Vec<Record>,
    threads: Option<usize>,
    budget: Option<f64>,
) -> Result<Vec<Record>, CommandError> {
    let pool = super::pool(threads)?;
    let bar = screen::progress(records.len(), "certificates");
    let with = |record: Record| {
        let same =
            |task: &&Task| task.theorem().id() == record.theorem && task.loss() == record.loss;
        let found =
            tasks.iter().find(same).and_then(|task| pool.install(|| certificate(task, budget)));
        bar.inc(1);
        match found {
            Some(found) => record.with_certificate(found),
            None => record,
        }
    };
    let records = records.into_iter().map(with).collect();
    bar.finish_and_clear();
    Ok(records)
}

/// A certificate for the error that the ladder at a fixed time measures: up to that time, for all steps up to the largest
/// of its rungs, or up to a half, a quarter, … of it where that is too large to bound anything.
fn certificate(task: &Task, budget: Option<f64>) -> Option<Certified> {
    let problem = task.problem().ok()?;
    let legs = task.theorem().legs(problem, task.settings()).ok()?;
    let rungs = legs.iter().find(|leg| leg.kind() == LegKind::Global)?.rungs();
    let largest = |of: &dyn Fn(usize) -> f64| (0..rungs.len()).map(of).fold(0.0, f64::max);
    let coarsest = largest(&|at| rungs[at].step_size);
    // One step up pays for the rounding of the product.
    let horizon = largest(&|at| rungs[at].step_size * rungs[at].blocks as f64).next_up();
    let mut tries = (0..=HALVINGS).map(|halvings| {
        let up_to = coarsest * 0.5_f64.powi(halvings);
        let request = Request { up_to, horizon, ..Request::default() };
        certify_within(task.theorem(), problem, &request, budget)
    });
    let first = tries.next()?;
    // What no smaller step helps is said at once.
    let hopeless = |found: &Certified| {
        found.constant.is_none() && !found.reason.as_deref().is_some_and(|r| r.contains("(cell "))
    };
    if first.constant.is_some() || hopeless(&first) {
        return Some(first);
    }
    tries.find(|found| found.constant.is_some()).or(Some(first))
}
