//! The checks themselves, for every command that reports them.

use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::cells::{Choice, explain, nothing, plan, sabotaged};
use super::{CommandError, screen};
use crate::leg::{Leg, LegKind};
use crate::record::Record;
use crate::sweep::{Finished, Plan, Progress, Running, Skipped, Task, time};
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
    let tasks = if choice.certify { plan.tasks().to_vec() } else { Vec::new() };
    let mut records = check_all(plan, choice, &mut skipped, interrupted)?;
    if choice.certify {
        records = super::certified::certified(&tasks, records, choice.threads, choice.budget.0)?;
    }
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

/// What is told of checks under way.
struct Under {
    name: String,
    running: Running,
}

impl Under {
    /// "adam on mlp", with the share that is done where that is known.
    fn told(&self) -> String {
        match self.running.share() {
            share if share < 0.01 => self.name.clone(),
            share => format!("{} {:.0} %", self.name, 100.0 * share),
        }
    }
}

fn name(task: &Task) -> String {
    format!("{} on {}", task.theorem().id(), task.loss())
}

/// What a check runs: its legs with their rungs, blocks and paths, and the time foreseen.
fn planned(task: &Task, running: &Running) -> String {
    let legs = task.problem().ok().and_then(|problem| {
        let legs = task.theorem().legs(problem, task.settings()).ok()?;
        Some(legs.iter().map(|leg| ladder(leg.as_ref())).collect::<Vec<_>>())
    });
    let mut parts = legs.unwrap_or_default();
    if running.foreseen() > 0.0 {
        parts.push(format!("about {} of processor time", time(running.foreseen())));
    }
    if parts.is_empty() { "starts".to_owned() } else { parts.join("; ") }
}

/// "global: 6 rungs of 16 to 512 blocks, the mean over 6 paths a block".
fn ladder(leg: &dyn Leg) -> String {
    let rungs = leg.rungs();
    let mut said = format!("{}: {} rungs", leg.kind().name(), rungs.len());
    let counts_blocks =
        matches!(leg.kind(), LegKind::Step | LegKind::Epoch | LegKind::Global | LegKind::Long);
    if let ([first, ..], [.., last]) = (&*rungs, &*rungs)
        && counts_blocks
    {
        said += &match (first.blocks, last.blocks) {
            (1, 1) => " of 1 block".to_owned(),
            (fewest, most) => format!(" of {fewest} to {most} blocks"),
        };
    }
    if leg.paths() > 1.0 {
        said += &format!(", the mean over {} paths a block", leg.paths());
    }
    said
}

/// How often what is under way is told anew.
const REFRESH: Duration = Duration::from_millis(500);

/// All tasks of the plan; those that say nothing are skipped.
fn check_all(
    plan: Plan,
    choice: &Choice,
    skipped: &mut Vec<Skipped>,
    interrupted: Interrupted,
) -> Result<Vec<Record>, CommandError> {
    let pool = super::pool(choice.threads)?;
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
    let under_way: Mutex<Vec<Under>> = Mutex::default();
    let now = || under_way.lock().unwrap_or_else(PoisonError::into_inner);
    let tell = || bar.set_message(now().iter().map(Under::told).collect::<Vec<_>>().join(", "));
    let say = |line: String| {
        if choice.verbose {
            bar.suspend(|| screen::complain("check", &line));
        }
    };
    let progress = |progress: Progress<'_>| {
        match progress {
            Progress::Starts(task, running) => {
                say(format!("{}: {}", name(task), planned(task, running)));
                now().push(Under { name: name(task), running: running.clone() });
            }
            Progress::Ends(task, finished) => {
                let mut now = now();
                let place = now.iter().position(|under| under.name == name(task));
                let _ = place.map(|place| now.remove(place));
                drop(now);
                say(match &finished.result {
                    Ok(record) => {
                        let (verdict, took) = (record.verdict.name(), record.run.time(2));
                        format!("{}: {verdict}, {took} s", name(task))
                    }
                    Err(silent) => format!("{}: {}", name(task), silent.reason),
                });
                so_far.lock().unwrap_or_else(PoisonError::into_inner).push(finished.clone());
                bar.inc(1);
            }
        }
        tell();
    };
    let finished = std::thread::scope(|scope| {
        // A long check is seen to come on.
        let (ended, end) = std::sync::mpsc::channel::<()>();
        let told = (!bar.is_hidden()).then(|| {
            scope.spawn(|| {
                let end = end;
                while end.recv_timeout(REFRESH) == Err(RecvTimeoutError::Timeout) {
                    tell();
                }
            })
        });
        let finished = pool.install(|| plan.run(&progress));
        drop(ended);
        drop(told);
        finished
    });
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
