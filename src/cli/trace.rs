//! `shadowflow trace`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::selection::{Source, theorem};
use super::{CommandError, parse, screen};
use crate::record::trace_csv;
use crate::theorem::{Catalogue, Settings};

/// What `trace` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The theorem, as `list` names it
    #[arg(value_name = "ID")]
    pub(super) theorem: String,
    /// A setting of the method of that name, exactly, such as beta=0.9; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) settings: Vec<String>,
    /// The loss, as `list` names it
    #[arg(long, value_name = "NAME")]
    loss: String,
    /// The step size ε
    #[arg(long, value_name = "E", value_parser = parse::positive, allow_hyphen_values = true)]
    step_size: f64,
    #[command(flatten)]
    source: Source,
    /// Write to this file, whole or not at all, instead of to standard output
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
}

/// Traces a theorem on a loss.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let source = &arguments.source;
    let theorem = theorem(catalogue, &arguments.theorem)?;
    let table = source.table()?;
    let problem = source.problem(catalogue, &arguments.loss, table.as_ref())?;
    let output = arguments.out.as_deref().map(|out| source.output(out)).transpose()?;
    let settings = Settings { horizon: source.horizon, seed: source.seed, ..Settings::default() };
    if let Some(table) = &table {
        source.tell_rows(table);
    }
    let text = trace_csv(&theorem.trace(&problem, &settings, arguments.step_size)?);
    match output {
        Some(output) => output.write(&text)?,
        None => screen::show(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}
