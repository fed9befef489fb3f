//! `shadowflow report`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use super::cells::Choice;
use super::check::status;
use super::demo::Waiting;
use super::outcomes::outcomes;
use super::selection::{end_of, same_file};
use super::{CommandError, screen};
use crate::demo::{Demo, Demonstration, all, pictures};
use crate::loss::listed;
use crate::record::{Record, read_results};
use crate::report::{Exhibits, page, tally_line};
use crate::theorem::{Catalogue, Tally};

/// What `report` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) choice: Choice,
    /// Show the results that `check --format json` wrote to this file (- for standard input), without
    /// checking again
    #[arg(long, value_name = "FILE.json")]
    #[arg(conflicts_with_all = ["data", "target", "batches", "horizon", "seed"])]
    from: Option<PathBuf>,
    /// Run all demonstrations too, which takes up to a minute, and show them
    #[arg(long)]
    demos: bool,
    /// Write the page to this file, whole or not at all
    #[arg(long, value_name = "FILE.html", default_value = "report.html")]
    out: PathBuf,
}

/// Writes the page.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let Arguments { choice, from, demos, out } = arguments;
    let earlier = match from {
        Some(file) if same_file(file, out) => {
            let path = out.display().to_string();
            return Err(CommandError::OverInput { path, what: "result", option: "--from" });
        }
        Some(file) => Some(selected(read_results(file)?, choice, file)?),
        None => None,
    };
    let output = choice.source.output(out)?;
    if !output.is_stream() && !matches!(end_of(out).as_str(), "html" | "htm") {
        return Err(CommandError::Page { path: out.display().to_string() });
    }
    let records = match earlier {
        Some(records) => records,
        None => outcomes(catalogue, choice, None, Box::new(|_| ()))?,
    };
    let demos = if *demos { demonstrations(choice)? } else { Vec::new() };
    // Each of these pictures is part of a demonstration.
    let pictures = if demos.is_empty() { pictures()? } else { Vec::new() };
    let exhibits = Exhibits { pictures: &pictures, demos: &demos };
    let alone = !output.is_standard_output();
    output.write(&page(&records, catalogue, &exhibits)?)?;
    let tally = Tally::of(records.iter().map(|record| record.verdict));
    let seed = records.first().map_or(choice.source.seed, |record| record.seed);
    let seconds = began.elapsed().as_secs_f64();
    if alone {
        screen::show(&format!("{}: {}\n", out.display(), tally_line(tally, seed, seconds)))?;
    }
    Ok(status(tally))
}

/// All demonstrations, one after the other: each uses all threads.
fn demonstrations(choice: &Choice) -> Result<Vec<Demo>, CommandError> {
    let bar = Waiting(screen::progress(0, "runs"));
    let pool = super::pool(choice.threads)?;
    let run = |demo: &Demonstration| pool.install(|| demo.run(choice.source.seed, &bar));
    let demos: Vec<Demo> = all().iter().map(run).collect::<Result<_, _>>()?;
    bar.0.finish_and_clear();
    Ok(demos)
}

/// The records of the theorems and losses that were asked for, by default all.
fn selected(
    records: Vec<Record>,
    choice: &Choice,
    file: &Path,
) -> Result<Vec<Record>, CommandError> {
    let path = || file.display().to_string();
    for (asked, of) in [
        (&choice.theorems, (|record| &record.theorem) as fn(&Record) -> &String),
        (&choice.losses, |record| &record.loss),
    ] {
        let missing = asked.iter().find(|name| records.iter().all(|record| of(record) != *name));
        if let Some(name) = missing {
            let mut known: Vec<&str> = Vec::new();
            for name in records.iter().map(|record| of(record).as_str()) {
                if !known.contains(&name) {
                    known.push(name);
                }
            }
            let (asked, has) = (format!("'{name}'"), listed(known));
            return Err(CommandError::NoSuchResult { path: path(), asked, has });
        }
    }
    let chosen = |names: &[String], name: &String| names.is_empty() || names.contains(name);
    let wanted = |record: &Record| {
        chosen(&choice.theorems, &record.theorem) && chosen(&choice.losses, &record.loss)
    };
    let has: Vec<String> =
        records.iter().map(|record| format!("{} on {}", record.theorem, record.loss)).collect();
    let kept: Vec<Record> = records.into_iter().filter(wanted).collect();
    if kept.is_empty() {
        let asked = format!("{} on {}", choice.theorems.join(", "), choice.losses.join(", "));
        return Err(CommandError::NoSuchResult {
            path: path(),
            asked,
            has: listed(has.iter().map(String::as_str)),
        });
    }
    Ok(kept)
}
