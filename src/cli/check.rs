//! `shadowflow check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::ValueEnum;

use super::cells::Choice;
use super::outcomes::outcomes;
use super::selection::end_of;
use super::{CommandError, screen};
use crate::record::{Record, json, results_csv};
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
    #[arg(long, value_name = "CONTROL", conflicts_with = "certify")]
    sabotage: Option<String>,
    /// How results are written [default: as the end of the name in --out says, .json or .csv; else table]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write the results to this file, whole or not at all, and only the tally to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How results are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// All that was found, for programs and for `report --from`
    Json,
    /// Ladders and coefficients, a line each, for plotting
    Csv,
}

impl Format {
    /// What was asked for, or what the end of the file's name says.
    fn chosen(asked: Option<Self>, out: Option<&Path>) -> Result<Self, CommandError> {
        let said = out.and_then(|out| match end_of(out).as_str() {
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            _ => None,
        });
        match (asked, said, out) {
            (Some(asked), Some(said), Some(out)) if asked != said => {
                let named = asked.to_possible_value();
                let format = named.map(|named| named.get_name().to_owned()).unwrap_or_default();
                let path = out.display().to_string();
                Err(CommandError::OtherFormat { path, format })
            }
            _ => Ok(asked.or(said).unwrap_or(Format::Table)),
        }
    }
}

/// Checks what was asked for and reports it.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let source = &arguments.choice.source;
    let format = Format::chosen(arguments.format, arguments.out.as_deref())?;
    let output = arguments.out.as_deref().map(|out| source.output(out)).transpose()?;
    let (seed, to_screen) = (source.seed, output.is_none());
    let written = move |records: &[Record]| -> Result<String, CommandError> {
        let seconds = began.elapsed().as_secs_f64();
        Ok(match format {
            Format::Json => json(records)?,
            Format::Csv => results_csv(records)?,
            Format::Table => {
                let colour = to_screen && screen::in_colour();
                let width = if to_screen { screen::width() } else { None };
                verdict_table(records, seed, seconds, colour, width)
            }
        })
    };
    // A file is written whole or not at all; to the screen goes what there is.
    let interrupted = move |records: Vec<Record>| {
        if to_screen && let Ok(text) = written(&records) {
            let _ = screen::show(&text);
        }
    };
    let control = arguments.sabotage.as_deref();
    let records = outcomes(catalogue, &arguments.choice, control, Box::new(interrupted))?;
    let text = written(&records)?;
    let seconds = began.elapsed().as_secs_f64();
    let tally = Tally::of(records.iter().map(|record| record.verdict));
    match output {
        Some(output) => {
            let alone = !output.is_standard_output();
            output.write(&text)?;
            if alone {
                screen::show(&format!("{}\n", tally_line(tally, source.seed, seconds)))?;
            }
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
