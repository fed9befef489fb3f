//! `shadowflow audit`.

use std::process::ExitCode;
use std::time::Instant;

use super::{CommandError, parse, screen};
use crate::report::audit_table;
use crate::theorem::{Catalogue, Tally, audit};

/// A true theorem was refuted or a sabotaged one confirmed.
const WRONG: u8 = 1;

/// What `audit` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The number of claims checked as stated; a quarter as many sabotaged ones are added, and half as
    /// many mistakes of outside authors
    #[arg(long, value_name = "N", default_value = "400", value_parser = parse::count, allow_hyphen_values = true)]
    count: usize,
    /// The seed of the losses and of the sabotage
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::seed, allow_hyphen_values = true)]
    seed: u64,
    /// The number of threads [default: one a core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_hyphen_values = true)]
    threads: Option<usize>,
}

/// Audits the catalogue and reports how often a verdict was wrong.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let pool = super::pool(arguments.threads)?;
    let bar =
        screen::progress(arguments.count + arguments.count / 4 + arguments.count / 2, "checks");
    let result = pool.install(|| audit(catalogue, arguments.count, arguments.seed, &|| bar.inc(1)));
    bar.finish_and_clear();
    screen::show(&audit_table(&result, arguments.seed, began.elapsed().as_secs_f64()))?;
    let believed = |tally: Tally| tally.confirmed + tally.partial;
    let wrong = (result.rows.iter())
        .any(|row| row.stated.refuted + believed(row.sabotaged) + believed(row.outside) > 0);
    Ok(if wrong { ExitCode::from(WRONG) } else { ExitCode::SUCCESS })
}
