//! `shadowflow derive`.

use std::process::ExitCode;

use clap::ValueEnum;

use super::bounds::{Asked, Bounded};
use super::selection::{Source, method};
use super::{CommandError, parse, screen};
use crate::expansion::Expander;
use crate::loss::Problem;
use crate::method::{Made, Method, Methods};
use crate::report::{
    Derivation, PointField, derivation_json, derivation_latex, derivation_table, expansion_json,
    expansion_table,
};
use crate::scalar::{DoubleDouble, Scalar};
use crate::series::derive_exactly;
use crate::theorem::Catalogue;

/// What `derive` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The method, as `list --methods` names it
    #[arg(value_name = "METHOD")]
    method: String,
    /// The number of terms, up to ε^(N − 1); of a tree, the largest number of nodes [default: 4, in numbers 3]
    #[arg(long, value_name = "N", value_parser = parse::tree_order, allow_hyphen_values = true)]
    order: Option<usize>,
    /// What feeds it: full-batch, random-reshuffling, single-order, flip-flop, with-replacement or repartition
    /// [default: what `list --methods` says, and full-batch where it says nothing]
    #[arg(long, value_name = "NAME")]
    sampling: Option<String>,
    /// A setting of the method, exactly: beta=1/2, beta=0.9, order=2,0,1 or inside=false; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// In numbers, on this loss, as `list` names it
    #[arg(long, value_name = "NAME")]
    loss: Option<String>,
    /// The point of --loss: `start`, or its coordinates as exact decimals or fractions, such as 1.25,3/4
    #[arg(
        long,
        value_name = "w₁,w₂,…",
        default_value = "start",
        requires = "loss",
        allow_hyphen_values = true
    )]
    at: String,
    /// How the field is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The most processor time that it may take: what is foreseen to take more is not started, and what does
    /// take more is given up; none for any
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = parse::budget)]
    #[arg(allow_hyphen_values = true)]
    budget: parse::Budget,
    #[command(flatten)]
    source: Source,
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

/// The largest number of nodes of a tree, and the number of terms at a point, unless asked for.
const NODES: usize = 4;
const TERMS: usize = 3;

/// Derives the modified field and prints it.
pub(super) fn run(
    catalogue: &Catalogue,
    methods: &Methods,
    arguments: &Arguments,
) -> Result<ExitCode, CommandError> {
    let mut method = method(methods, &arguments.method)?.clone();
    if let Some(sampling) = &arguments.sampling {
        method = method.fed_by(sampling)?;
    }
    screen::on_interrupt(|| screen::complain("note", "interrupted before the field was derived"));
    let bounded = Bounded::begin(arguments.budget.0, "deriving");
    let found = match &arguments.loss {
        Some(loss) => at_a_point(catalogue, &method, loss, arguments),
        None => in_trees(&method, arguments),
    };
    drop(bounded);
    screen::show(&found?)?;
    Ok(ExitCode::SUCCESS)
}

/// The field in trees: for every loss.
fn in_trees(method: &Method, arguments: &Arguments) -> Result<String, CommandError> {
    let made = method.made(&method.values(&arguments.settings)?, arguments.source.batches)?;
    let Some(optimizer) = &made.series else {
        let name = method.name().to_owned();
        return Err(if made.optimizer.is_float_only() {
            CommandError::FloatOnly { name }
        } else {
            CommandError::CoordinateWise { name }
        });
    };
    let order = arguments.order.unwrap_or(NODES);
    let asked = Asked { optimizer: &**optimizer, made: &made, budget: arguments.budget.0 };
    asked.expect_affordable(order, made.batches)?;
    let field = derive_exactly(&**optimizer, &*made.sampling, order, made.batches)?;
    if field.colours() < made.batches {
        let note = format!(
            "{} looks at the whole loss alone: its field is the same for any number of minibatches",
            method.name()
        );
        screen::complain("note", &note);
    }
    let derivation = Derivation {
        method: method.name(),
        settings: &made.settings,
        batches: field.colours(),
        ridge: made.ridge,
        field: &field,
    };
    Ok(match arguments.format {
        Format::Table => derivation_table(&derivation),
        Format::Json => derivation_json(&derivation)?,
        Format::Latex => derivation_latex(&derivation),
    })
}

/// The field in numbers, at a point of a loss.
fn at_a_point(
    catalogue: &Catalogue,
    method: &Method,
    loss: &str,
    arguments: &Arguments,
) -> Result<String, CommandError> {
    let source = &arguments.source;
    let values = method.values(&arguments.settings)?;
    let table = source.table()?;
    let problem = source.problem(catalogue, loss, table.as_ref())?;
    if let Some(table) = &table {
        source.tell_table(table, [&problem]);
    }
    let made = method.made(&values, Some(problem.batches()))?;
    let (point, written) = point(&arguments.at, &problem)?;
    let refused = |why| CommandError::NoExpansion { name: method.name().to_owned(), why };
    let problem = ridged(problem, &made)?;
    if arguments.format == Format::Latex {
        return Err(CommandError::LatexAtAPoint);
    }
    let expander =
        Expander::new(&made.optimizer, made.sampling.clone(), &problem).map_err(refused)?;
    let terms = arguments.order.unwrap_or(TERMS);
    let expansion = expander.expand(&point, terms).map_err(refused)?;
    let gradient = expander.gradients(&point, terms).map_err(refused)?;
    let field = PointField {
        method: method.name(),
        settings: &made.settings,
        sampling: method.sampling(),
        loss: problem.name(),
        batches: problem.batches(),
        point: &written,
        fields: &expansion.fields,
        digits: expansion.digits,
        gradient: &gradient,
    };
    Ok(match arguments.format {
        Format::Json => expansion_json(&field)?,
        Format::Table | Format::Latex => expansion_table(&field),
    })
}

/// The problem with the ridge that the method adds to it.
fn ridged(problem: Problem, made: &Made) -> Result<Problem, CommandError> {
    if made.ridge.is_zero() {
        return Ok(problem);
    }
    let loss = problem.name().to_owned();
    problem.ridged(made.ridge).ok_or(CommandError::NoRidge { loss })
}

/// The coordinates, exactly and as they are written.
fn point(at: &str, problem: &Problem) -> Result<(Vec<DoubleDouble>, Vec<String>), CommandError> {
    if at == "start" {
        let start = problem.start();
        let written = start.iter().map(f64::to_string).collect();
        return Ok((start.iter().map(|&x| DoubleDouble::from_f64(x)).collect(), written));
    }
    let written: Vec<String> = at.split(',').map(|text| text.trim().to_owned()).collect();
    let exact = |text: &String| {
        parse::exact(text)
            .map(DoubleDouble::from_ratio)
            .ok_or_else(|| CommandError::Coordinate { given: text.clone() })
    };
    Ok((written.iter().map(exact).collect::<Result<_, _>>()?, written))
}
