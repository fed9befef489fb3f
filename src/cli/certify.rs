//! `shadowflow certify`.

use std::process::ExitCode;

use clap::ValueEnum;

use super::selection::{self, Source};
use super::{CommandError, parse, screen};
use crate::certify::{Certified, Request, STANDARD, Status, certify_within};
use crate::theorem::Catalogue;

/// Nothing was refuted, but something has no certificate.
const OPEN: u8 = 3;
/// Losses with more parameters are certified only if they are named.
const PARAMETERS: usize = 12;

/// What `certify` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The theorems, as `list` names them [default: gradient-flow, implicit-gradient-regularization and three-terms]
    #[arg(value_name = "ID")]
    theorems: Vec<String>,
    /// A loss, as `list` names it; may be repeated [default: those of each theorem that have at most 12 parameters]
    #[arg(long = "loss", value_name = "NAME")]
    losses: Vec<String>,
    /// The largest step size: what is proved holds for all below it
    #[arg(long, value_name = "E", default_value = "0.05", value_parser = parse::positive)]
    #[arg(allow_hyphen_values = true)]
    up_to: f64,
    /// The number of parts that the step sizes are cut into
    #[arg(long, value_name = "M", default_value = "8", value_parser = clap::value_parser!(u16).range(1..))]
    cells: u16,
    /// The number of parts that the time is cut into
    #[arg(long, value_name = "N", default_value = "128", value_parser = clap::value_parser!(u16).range(1..))]
    slices: u16,
    /// The most processor time that one certificate may be foreseen to take: a dearer one is not begun; none for any
    #[arg(long, value_name = "SECONDS", default_value = "none", value_parser = parse::budget)]
    #[arg(allow_hyphen_values = true)]
    budget: parse::Budget,
    /// How results are written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// For programs
    Json,
}

/// Certifies what was asked for and reports it.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let source = &arguments.source;
    let table = source.table()?;
    let ids: Vec<&str> = match arguments.theorems.as_slice() {
        [] => STANDARD.to_vec(),
        some => some.iter().map(String::as_str).collect(),
    };
    let mut cells = Vec::new();
    for id in ids {
        let theorem = selection::theorem(catalogue, id)?;
        let named = !arguments.losses.is_empty();
        let own = theorem.losses().iter().map(ToString::to_string).collect();
        for name in if named { arguments.losses.clone() } else { own } {
            let problem = source.problem(catalogue, &name, table.as_ref())?;
            if named || problem.dim() <= PARAMETERS {
                cells.push((theorem, problem));
            }
        }
    }
    let request = Request {
        up_to: arguments.up_to,
        horizon: source.horizon.unwrap_or(Request::default().horizon),
        cells: arguments.cells.into(),
        slices: arguments.slices.into(),
    };
    let found: Vec<Certified> = cells
        .iter()
        .map(|(theorem, problem)| certify_within(theorem, problem, &request, arguments.budget.0))
        .collect();
    screen::show(&match arguments.format {
        Format::Table => found.iter().map(|found| format!("{found}\n")).collect(),
        Format::Json => {
            serde_json::to_string_pretty(&found)
                .map_err(|error| CommandError::Panicked { message: error.to_string() })?
                + "\n"
        }
    })?;
    let all = found.iter().all(|found| found.status == Status::Certified);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(OPEN) })
}
