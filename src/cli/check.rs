//! `shadowflow check`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::ValueEnum;
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::selection::{self, ON_TABLES, Source};
use super::{CommandError, parse, screen};
use crate::loss::{Problem, ProblemError, Table};
use crate::report::{OutputFile, json, tally_line, verdict_table};
use crate::theorem::{Catalogue, Outcome, Sabotage, Settings, Tally, Theorem, check};

/// Something was refuted.
const REFUTED: u8 = 1;
/// Nothing was refuted, but something is inconclusive.
const INCONCLUSIVE: u8 = 3;

/// What `check` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The theorems, as `list` names them [default: all]
    #[arg(value_name = "ID")]
    theorems: Vec<String>,
    /// A loss, as `list` names it; may be repeated [default: those `list` names for each theorem]
    #[arg(long = "loss", value_name = "NAME")]
    losses: Vec<String>,
    #[command(flatten)]
    source: Source,
    /// The number of threads [default: one a core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_hyphen_values = true)]
    threads: Option<usize>,
    /// Check this control in the claim's place, such as "omit batch penalty": it must be refuted
    #[arg(long, value_name = "CONTROL")]
    sabotage: Option<String>,
    /// How results are written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write the results to this file, whole or not at all, and only the tally to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// For programs
    Json,
}

/// One theorem on one loss.
struct Cell<'a> {
    theorem: &'a Theorem,
    problem: Problem,
}

/// A cell that is left out, and why.
struct Skipped {
    theorem: String,
    loss: String,
    reason: String,
}

/// Checks what was asked for and reports it.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let source = &arguments.source;
    let output = arguments.out.as_deref().map(OutputFile::prepare).transpose()?;
    let (mut cells, mut skipped) = cells(catalogue, arguments)?;
    let mut settings =
        Settings { horizon: source.horizon, seed: source.seed, ..Settings::default() };
    if let Some(name) = &arguments.sabotage {
        settings.sabotage = Some(sabotage(&mut cells, &mut skipped, &settings, name)?);
    }

    let outcomes = check_all(&cells, &settings, arguments.threads, &mut skipped)?;
    if outcomes.is_empty() {
        return Err(nothing(skipped));
    }
    for Skipped { theorem, loss, reason } in &skipped {
        screen::complain("note", &format!("{theorem} on {loss} is skipped: {reason}"));
    }

    let seconds = began.elapsed().as_secs_f64();
    let to_screen = output.is_none();
    let text = match arguments.format {
        Format::Json => json(&outcomes)?,
        Format::Table => {
            verdict_table(&outcomes, source.seed, seconds, to_screen && screen::in_colour())
        }
    };
    let tally = Tally::of(&outcomes);
    match output {
        Some(output) => {
            output.write(&text)?;
            screen::show(&format!("{}\n", tally_line(tally, source.seed, seconds)))?;
        }
        None => screen::show(&text)?,
    }
    Ok(match tally {
        Tally { refuted: 1.., .. } => ExitCode::from(REFUTED),
        Tally { inconclusive: 1.., .. } => ExitCode::from(INCONCLUSIVE),
        _ => ExitCode::SUCCESS,
    })
}

/// The cells asked for, by default every theorem on its own losses, and those that cannot be made.
fn cells<'a>(
    catalogue: &'a Catalogue,
    arguments: &Arguments,
) -> Result<(Vec<Cell<'a>>, Vec<Skipped>), CommandError> {
    let source = &arguments.source;
    let table = source.table()?;
    let mut theorems: Vec<&Theorem> = Vec::new();
    for id in &arguments.theorems {
        let theorem = selection::theorem(catalogue, id)?;
        if !theorems.iter().any(|known| known.id() == theorem.id()) {
            theorems.push(theorem);
        }
    }
    if theorems.is_empty() {
        theorems.extend(catalogue.theorems());
    }
    let named = named_losses(catalogue, arguments, table.as_ref())?;
    let (mut cells, mut skipped) = (Vec::new(), Vec::new());
    for theorem in theorems {
        if let Some(named) = &named {
            let on = |problem: &Problem| Cell { theorem, problem: problem.clone() };
            cells.extend(named.iter().map(on));
            continue;
        }
        for name in theorem.default_losses() {
            match source.problem(catalogue, name, None) {
                Ok(problem) => cells.push(Cell { theorem, problem }),
                Err(CommandError::Problem(why)) => skipped.push(Skipped {
                    theorem: theorem.id().to_owned(),
                    loss: (*name).to_owned(),
                    reason: why.to_string(),
                }),
                Err(error) => return Err(error),
            }
        }
    }
    Ok((cells, skipped))
}

/// The losses named on the command line, or those that use the table given there.
fn named_losses(
    catalogue: &Catalogue,
    arguments: &Arguments,
    table: Option<&Table>,
) -> Result<Option<Vec<Problem>>, CommandError> {
    let source = &arguments.source;
    let mut problems: Vec<Problem> = Vec::new();
    if arguments.losses.is_empty() {
        let Some(table) = table else { return Ok(None) };
        for name in ON_TABLES {
            match source.problem(catalogue, name, Some(table)) {
                Err(CommandError::Problem(ProblemError::Classes { .. })) => {}
                other => problems.push(other?),
            }
        }
        return Ok(Some(problems));
    }
    // A table is for the losses that use one; if none does, the first says so.
    let some_use_it = arguments.losses.iter().any(|name| ON_TABLES.contains(&name.as_str()));
    for name in &arguments.losses {
        let table = table.filter(|_| !some_use_it || ON_TABLES.contains(&name.as_str()));
        if !problems.iter().any(|known| known.name() == name) {
            problems.push(source.problem(catalogue, name, table)?);
        }
    }
    Ok(Some(problems))
}

/// The control `name`; cells that it does not concern are left out.
fn sabotage(
    cells: &mut Vec<Cell<'_>>,
    skipped: &mut Vec<Skipped>,
    settings: &Settings,
    name: &str,
) -> Result<Sabotage, CommandError> {
    let mut known: Vec<Sabotage> = Vec::new();
    let mut concerned = Vec::new();
    for Cell { theorem, problem } in cells.drain(..) {
        match theorem.legs(&problem, settings) {
            Ok(legs) => {
                let controls = theorem.controls_among(&legs);
                for control in &controls {
                    if !known.contains(control) {
                        known.push(control.clone());
                    }
                }
                if controls.iter().any(|control| control.is_named(name)) {
                    concerned.push(Cell { theorem, problem });
                }
            }
            Err(why) => skipped.push(Skipped {
                theorem: theorem.id().to_owned(),
                loss: problem.name().to_owned(),
                reason: why.to_string(),
            }),
        }
    }
    if known.is_empty() && !skipped.is_empty() {
        return Err(nothing(std::mem::take(skipped)));
    }
    // Only what the sabotage concerns is of interest now.
    skipped
        .retain(|cell| concerned.iter().any(|Cell { theorem, .. }| theorem.id() == cell.theorem));
    *cells = concerned;
    selection::control(&known, name)
}

/// All cells, in their order whatever the number of threads.
fn check_all(
    cells: &[Cell<'_>],
    settings: &Settings,
    threads: Option<usize>,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Outcome>, CommandError> {
    let pool = super::pool(threads)?;
    let bar = screen::progress(cells.len());
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

/// Everything was left out: the first reason stands for all.
fn nothing(skipped: Vec<Skipped>) -> CommandError {
    let none = || Skipped {
        theorem: "nothing".to_owned(),
        loss: "no loss".to_owned(),
        reason: "the selection is empty".to_owned(),
    };
    let Skipped { theorem, loss, reason } = skipped.into_iter().next().unwrap_or_else(none);
    CommandError::NothingToCheck { theorem, loss, reason }
}
