//! `shadowflow check`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use super::cells::Choice;
use super::outcomes::outcomes;
use super::{CommandError, screen};
use crate::record::{json, results_csv};
use crate::report::{tally_line, verdict_table};
use crate::theorem::{Catalogue, Tally};

/// Something was refuted.
const REFUTED: u8 = 1;
/// Nothing was refuted, but something is partial or inconclusive.
const INCONCLUSIVE: u8 = 3;

/// What `check` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) choice: Choice,
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

/// How results are written.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// All that was found, for programs and for `report --from`
    Json,
    /// Ladders and coefficients, a line each, for plotting
    Csv,
}

/// Checks what was asked for and reports it.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let source = &arguments.choice.source;
    let output = arguments.out.as_deref().map(|out| source.output(out)).transpose()?;
    let records = outcomes(catalogue, &arguments.choice, arguments.sabotage.as_deref())?;
    let seconds = began.elapsed().as_secs_f64();
    let to_screen = output.is_none();
    let text = match arguments.format {
        Format::Json => json(&records)?,
        Format::Csv => results_csv(&records)?,
        Format::Table => {
            verdict_table(&records, source.seed, seconds, to_screen && screen::in_colour())
        }
    };
    let tally = Tally::of(records.iter().map(|record| record.verdict));
    match output {
        Some(output) => {
            output.write(&text)?;
            screen::show(&format!("{}\n", tally_line(tally, source.seed, seconds)))?;
        }
        None => screen::show(&text)?,
    }
    Ok(status(tally))
}

/// The exit status that says what was found.
pub(super) fn status(tally: Tally) -> ExitCode {
    match tally {
        Tally { refuted: 1.., .. } => ExitCode::from(REFUTED),
        Tally { partial: 1.., .. } | Tally { inconclusive: 1.., .. } => {
            ExitCode::from(INCONCLUSIVE)
        }
        _ => ExitCode::SUCCESS,
    }
}
