//! `shadowflow derive`.

use std::process::ExitCode;

use clap::ValueEnum;

use super::selection::method;
use super::{CommandError, parse, screen};
use crate::method::Methods;
use crate::report::{Derivation, derivation_json, derivation_latex, derivation_table};
use crate::series::derive;

/// What `derive` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The method, as `list --methods` names it
    #[arg(value_name = "METHOD")]
    method: String,
    /// The largest number of nodes of a tree: terms up to ε^(N − 1)
    #[arg(long, value_name = "N", default_value = "4", value_parser = parse::tree_order, allow_hyphen_values = true)]
    order: usize,
    /// The number of minibatches [default: 2 where the method samples them]
    #[arg(long, value_name = "M", value_parser = parse::batches, allow_hyphen_values = true)]
    batches: Option<usize>,
    /// A setting of the method, exactly: beta=1/2, beta=0.9, order=2,0,1 or inside=false; may be repeated
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
pub(super) fn run(methods: &Methods, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let method = method(methods, &arguments.method)?;
    let made = method.made(&method.values(&arguments.settings)?, arguments.batches)?;
    let Some(optimizer) = &made.series else {
        let name = method.name().to_owned();
        return Err(if made.optimizer.is_float_only() {
            CommandError::FloatOnly { name }
        } else {
            CommandError::CoordinateWise { name }
        });
    };
    let (forest, rows) = derive(&**optimizer, &*made.sampling, arguments.order, made.batches)?;
    let derivation = Derivation {
        optimizer: method.name(),
        settings: &made.settings,
        batches: made.batches,
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
