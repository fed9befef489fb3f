//! `shadowflow derive`.

use std::process::ExitCode;

use clap::ValueEnum;

use super::method::Method;
use super::{CommandError, parse, screen};
use crate::report::{Derivation, derivation_json, derivation_latex, derivation_table};
use crate::series::derive;

/// What `derive` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The optimizer: gradient-descent, heun, explicit-midpoint, rk4, implicit-euler,
    /// implicit-midpoint, heavy-ball, nesterov, sam, explicit-gradient-regularization,
    /// random-reshuffling, single-order, flip-flop or substeps
    #[arg(value_name = "OPTIMIZER")]
    optimizer: String,
    /// The largest number of nodes of a tree: terms up to ε^(N − 1)
    #[arg(long, value_name = "N", default_value = "4", value_parser = parse::tree_order, allow_hyphen_values = true)]
    order: usize,
    /// The number of minibatches [default: 2 where the method samples them]
    #[arg(long, value_name = "M", value_parser = parse::batches, allow_hyphen_values = true)]
    batches: Option<usize>,
    /// A setting such as beta=1/2, rho=1/2, mu=-1/4 (rho and mu in units of ε), order=2,0,1 or n=3
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// How the field is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// For programs
    Json,
    /// For papers
    Latex,
}

/// Derives the modified field and prints it.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let method = Method::named(&arguments.optimizer, &arguments.settings, arguments.batches)?;
    let (forest, rows) =
        derive(&*method.optimizer, &*method.sampling, arguments.order, method.batches)?;
    let derivation = Derivation {
        optimizer: &arguments.optimizer,
        settings: &method.settings,
        batches: method.batches,
        forest: &forest,
        rows: &rows,
    };
    screen::show(&match arguments.format {
        Format::Table => derivation_table(&derivation),
        Format::Json => derivation_json(&derivation)?,
        Format::Latex => derivation_latex(&derivation),
    })?;
    Ok(ExitCode::SUCCESS)
}
