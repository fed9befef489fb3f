//! The checks themselves, for every command that reports them.

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::cells::{Cell, Choice, Selected, Skipped, cells, explain, nothing, sabotage};
use super::{CommandError, screen};
use crate::record::{Record, machine};
use crate::theorem::{Catalogue, Outcome, Settings, check};

/// Checks what was chosen, as stated or sabotaged, and says what was left out.
pub(super) fn outcomes(
    catalogue: &Catalogue,
    choice: &Choice,
    control: Option<&str>,
) -> Result<Vec<Outcome>, CommandError> {
    let source = &choice.source;
    let Selected { mut cells, mut skipped } = cells(catalogue, choice)?;
    let mut settings =
        Settings { horizon: source.horizon, seed: source.seed, ..Settings::default() };
    if let Some(name) = control {
        settings.sabotage = Some(sabotage(&mut cells, &mut skipped, &settings, name)?);
    }
    let outcomes = check_all(&cells, &settings, choice.threads, &mut skipped)?;
    if outcomes.is_empty() {
        return Err(nothing(skipped));
    }
    explain(&skipped);
    Ok(outcomes)
}

/// What is stored of outcomes reached here.
pub(super) fn records(outcomes: &[Outcome]) -> Vec<Record> {
    let machine = machine();
    outcomes.iter().map(|outcome| Record::of(outcome, Some(machine.clone()))).collect()
}

/// All cells, in their order whatever the number of threads.
fn check_all(
    cells: &[Cell<'_>],
    settings: &Settings,
    threads: Option<usize>,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Outcome>, CommandError> {
    let pool = super::pool(threads)?;
    let bar = screen::progress(cells.len(), "checks");
    let one = |cell: &Cell<'_>, bar: &ProgressBar| {
        let outcome = check(cell.theorem, &cell.problem, settings);
        bar.inc(1);
        outcome
    };
    let results: Vec<_> =
        pool.install(|| cells.par_iter().with_max_len(1).map(|cell| one(cell, &bar)).collect());
    bar.finish_and_clear();
    let mut outcomes = Vec::new();
    for (cell, result) in cells.iter().zip(results) {
        match result {
            Ok(outcome) => outcomes.push(outcome),
            Err(why) => skipped.push(Skipped {
                theorem: cell.theorem.id().to_owned(),
                loss: cell.problem.name().to_owned(),
                reason: why.to_string(),
            }),
        }
    }
    Ok(outcomes)
}
