//! The checks themselves, for every command that reports them.

use std::sync::{Arc, Mutex, PoisonError};

use super::cells::{Choice, explain, nothing, plan, sabotaged};
use super::{CommandError, screen};
use crate::record::Record;
use crate::sweep::{Finished, Plan, Progress, Skipped, Task};
use crate::theorem::{Catalogue, Settings};

/// What is done with the records there are when the command is interrupted.
pub(super) type Interrupted = Box<dyn Fn(Vec<Record>) + Send>;

/// Checks what was chosen, as stated or sabotaged, and says what was left out.
pub(super) fn outcomes(
    catalogue: &Catalogue,
    choice: &Choice,
    control: Option<&str>,
    interrupted: Interrupted,
) -> Result<Vec<Record>, CommandError> {
    let source = &choice.source;
    let settings = Settings {
        horizon: source.horizon,
        seed: source.seed,
        taylor: choice.taylor,
        ..Settings::default()
    };
    let mut plan = plan(catalogue, choice, &settings)?.within(choice.budget.0);
    let mut skipped = plan.take_impossible();
    if let Some(name) = control {
        plan = sabotaged(plan, &mut skipped, name)?;
    }
    let records = check_all(plan, choice.threads, &mut skipped, interrupted)?;
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
    interrupted: Interrupted,
) -> Result<Vec<Record>, CommandError> {
    let pool = super::pool(threads)?;
    let count = plan.tasks().len();
    let bar = screen::progress(count, "checks");
    let plan = plan.longest_first(size);
    let so_far: Arc<Mutex<Vec<Finished>>> = Arc::default();
    let known = Arc::clone(&so_far);
    screen::on_interrupt(move || {
        let mut finished = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        finished.sort_by_key(|finished| finished.index);
        let done = finished.len();
        screen::complain("note", &format!("interrupted after {done} of {count} checks"));
        interrupted(finished.into_iter().filter_map(|finished| finished.result.ok()).collect());
    });
    let running: Mutex<Vec<String>> = Mutex::default();
    let now = || running.lock().unwrap_or_else(PoisonError::into_inner);
    let progress = |progress: Progress<'_>| {
        let name = |task: &Task| format!("{} on {}", task.theorem().id(), task.loss());
        let mut now = now();
        match progress {
            Progress::Starts(task) => now.push(name(task)),
            Progress::Ends(task, finished) => {
                let place = now.iter().position(|running| *running == name(task));
                let _ = place.map(|place| now.remove(place));
                so_far.lock().unwrap_or_else(PoisonError::into_inner).push(finished.clone());
                bar.inc(1);
            }
        }
        bar.set_message(now.join(", "));
    };
    let finished = pool.install(|| plan.run(&progress));
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
