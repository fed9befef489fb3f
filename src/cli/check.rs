//! `shadowflow check`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::cells::{Cell, Selected, Skipped, cells, explain, nothing, sabotage};
use super::selection::Source;
use super::{CommandError, parse, screen};
use crate::report::{json, tally_line, verdict_table};
use crate::theorem::{Catalogue, Outcome, Settings, Tally, check};

/// Something was refuted.
const REFUTED: u8 = 1;
/// Nothing was refuted, but something is inconclusive.
const INCONCLUSIVE: u8 = 3;

/// What `check` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The theorems, as `list` names them [default: all]
    #[arg(value_name = "ID")]
    pub(super) theorems: Vec<String>,
    /// A loss, as `list` names it; may be repeated [default: those `list` names for each theorem]
    #[arg(long = "loss", value_name = "NAME")]
    pub(super) losses: Vec<String>,
    #[command(flatten)]
    pub(super) source: Source,
    /// The number of threads [default: one a core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_hyphen_values = true)]
    threads: Option<usize>,
    /// Check this control in the claim's place, such as "omit batch penalty": it must be refuted
    #[arg(long, value_name = "CONTROL")]
    sabotage: Option<String>,
    /// How results are written
    #[arg(long, value_enum, default_value_t = parse::Format::Table)]
    format: parse::Format,
    /// Write the results to this file, whole or not at all, and only the tally to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Checks what was asked for and reports it.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let source = &arguments.source;
    let output = arguments.source.output(arguments.out.as_deref())?;
    let Selected { mut cells, mut skipped } = cells(catalogue, arguments)?;
    let mut settings =
        Settings { horizon: source.horizon, seed: source.seed, ..Settings::default() };
    if let Some(name) = &arguments.sabotage {
        settings.sabotage = Some(sabotage(&mut cells, &mut skipped, &settings, name)?);
    }

    let outcomes = check_all(&cells, &settings, arguments.threads, &mut skipped)?;
    if outcomes.is_empty() {
        return Err(nothing(skipped));
    }
    explain(&skipped);

    let seconds = began.elapsed().as_secs_f64();
    let to_screen = output.is_none();
    let text = match arguments.format {
        parse::Format::Json => json(&outcomes)?,
        parse::Format::Table => {
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
