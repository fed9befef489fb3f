//! The checks themselves, for every command that reports them.

use super::cells::{Choice, explain, nothing, plan, sabotaged};
use super::{CommandError, screen};
use crate::record::Record;
use crate::sweep::{Plan, Skipped, Task};
use crate::theorem::{Catalogue, Settings};

/// Checks what was chosen, as stated or sabotaged, and says what was left out.
pub(super) fn outcomes(
    catalogue: &Catalogue,
    choice: &Choice,
    control: Option<&str>,
) -> Result<Vec<Record>, CommandError> {
    let source = &choice.source;
    let settings = Settings {
        horizon: source.horizon,
        seed: source.seed,
        taylor: choice.taylor,
        ..Settings::default()
    };
    let mut plan = plan(catalogue, choice, &settings)?;
    let mut skipped = plan.take_impossible();
    if let Some(name) = control {
        plan = sabotaged(plan, &mut skipped, name)?;
    }
    let records = check_all(plan, choice.threads, &mut skipped)?;
    if records.is_empty() {
        return Err(nothing(skipped));
    }
    explain(&skipped);
    Ok(records)
}

/// What a gradient of every minibatch costs, roughly: large nets take longest, whatever the theorem.
fn size(task: &Task) -> f64 {
    task.problem().map_or(0.0, |problem| (problem.dim() * problem.batches()) as f64)
}

/// All tasks of the plan; those that say nothing are skipped.
fn check_all(
    plan: Plan,
    threads: Option<usize>,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Record>, CommandError> {
    let pool = super::pool(threads)?;
    let bar = screen::progress(plan.tasks().len(), "checks");
    let plan = plan.longest_first(size);
    let finished = pool.install(|| plan.run(&|_| bar.inc(1)));
    bar.finish_and_clear();
    let mut records = Vec::new();
    for finished in finished {
        match finished.result {
            Ok(record) => records.push(record),
            Err(silent) => skipped.push(silent),
        }
    }
    Ok(records)
}
