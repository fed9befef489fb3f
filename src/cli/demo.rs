//! `shadowflow demo`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::ProgressBar;

use super::selection::end_of;
use super::{CommandError, parse, screen};
use crate::demo::{Demo, Progress, named};
use crate::report::{OutputFile, demo_csv, demo_json, demo_page, demo_table, svg};

/// What `demo` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The demonstration: backward-error, shuffle-cloud, two-minima, valley, noise-hopping,
    /// flatness, explicit-regulariser, substeps or batch-size
    #[arg(value_name = "NAME")]
    name: String,
    /// The seed of everything random
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::seed)]
    #[arg(allow_hyphen_values = true)]
    seed: u64,
    /// The number of threads [default: one a core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_hyphen_values = true)]
    threads: Option<usize>,
    /// How the results are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Also write this file, whole or not at all: the figure as .svg, figure and text as .html, the
    /// numbers as .csv, sentences and numbers as .json
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading
    Table,
    /// Sentences and numbers, for programs
    Json,
    /// Numbers only, for plotting
    Csv,
}

/// What is written to a file, by the end of its name.
#[derive(Clone, Copy)]
enum Kind {
    Svg,
    Html,
    Csv,
    Json,
}

impl Kind {
    fn of(path: &Path) -> Result<Self, CommandError> {
        match end_of(path).as_str() {
            "svg" => Ok(Kind::Svg),
            "html" | "htm" => Ok(Kind::Html),
            "csv" => Ok(Kind::Csv),
            "json" => Ok(Kind::Json),
            _ => Err(CommandError::Extension { path: path.display().to_string() }),
        }
    }

    fn text(self, demo: &Demo) -> Result<String, CommandError> {
        Ok(match self {
            Kind::Svg => svg(&demo.content.figure)?,
            Kind::Html => demo_page(demo)?,
            Kind::Csv => demo_csv(demo),
            Kind::Json => demo_json(demo)?,
        })
    }
}

/// Runs a demonstration, prints what it found, and writes what was asked for.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let demonstration = named(&arguments.name)?;
    let output = match &arguments.out {
        Some(path) => Some((Kind::of(path)?, OutputFile::prepare(path)?)),
        None => None,
    };
    screen::on_interrupt(|| screen::complain("note", "interrupted before the demonstration ended"));
    let bar = Waiting(screen::progress(0, "runs"));
    let demo =
        super::pool(arguments.threads)?.install(|| demonstration.run(arguments.seed, &bar))?;
    bar.0.finish_and_clear();
    if let Some((kind, output)) = output {
        output.write(&kind.text(&demo)?)?;
    }
    screen::show(&match arguments.format {
        Format::Table => demo_table(&demo, screen::width()),
        Format::Json => demo_json(&demo)?,
        Format::Csv => demo_csv(&demo),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A progress bar that grows as runs are announced.
pub(super) struct Waiting(pub(super) ProgressBar);

impl Progress for Waiting {
    fn expect(&self, runs: usize) {
        self.0.inc_length(runs as u64);
    }

    fn done(&self) {
        self.0.inc(1);
    }
}
