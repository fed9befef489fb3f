//! `shadowflow trace`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::selection::{Own, Source, end_of, theorem};
use super::{CommandError, parse, screen};
use crate::leg::Pace;
use crate::loss::Problem;
use crate::record::trace_csv;
use crate::theorem::{Catalogue, Settings};

/// What `trace` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The theorem, as `list` names it
    #[arg(value_name = "ID", required_unless_present = "method")]
    pub(super) theorem: Option<String>,
    #[command(flatten)]
    pub(super) own: Own,
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
    let theorem = theorem(catalogue, arguments.theorem.as_deref().unwrap_or_default())?;
    let table = source.table()?;
    let problem = source.problem(catalogue, &arguments.loss, table.as_ref())?;
    if let Some(out) = &arguments.out
        && matches!(end_of(out).as_str(), "json" | "html" | "htm" | "svg")
    {
        return Err(CommandError::Curves { path: out.display().to_string() });
    }
    let output = arguments.out.as_deref().map(|out| source.output(out)).transpose()?;
    let settings = Settings { horizon: source.horizon, seed: source.seed, ..Settings::default() };
    if let Some(table) = &table {
        source.tell_table(table, [&problem]);
    }
    let beyond = beyond_stability(&problem, arguments.step_size);
    let trace = theorem
        .trace(&problem, &settings, arguments.step_size)
        .map_err(|why| CommandError::Trace { why, beyond: beyond.clone() })?;
    let text = trace_csv(&trace);
    if let Some(beyond) = beyond {
        let note = format!(
            "{beyond}: iterates may jump to and fro or run away, and flows are for small steps"
        );
        screen::complain("note", &note);
    }
    match output {
        Some(output) => output.write(&text)?,
        None => screen::show(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// That `step_size` is above 2/L, with the largest curvature L near the start, if it is.
fn beyond_stability(problem: &Problem, step_size: f64) -> Option<String> {
    let limit = 2.0 / Pace::of(problem).ok()?.rate;
    (step_size > limit).then(|| {
        format!(
            "the step size is beyond {limit:.2e}, where gradient descent stops being stable on this loss"
        )
    })
}
