//! `shadowflow audit`.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{CommandError, parse, screen};
use crate::certify::{Attack, attack};
use crate::report::{audit_table, mishap_line};
use crate::theorem::{Audit, Catalogue, audit};

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
    /// Attack the certifier instead: N claims as stated, on random losses up to random times, each constant compared
    /// with the errors at 200 step sizes, and a quarter as many false claims
    #[arg(long)]
    certify: bool,
}

/// Audits the catalogue and reports how often a verdict was wrong.
pub(super) fn run(catalogue: &Catalogue, arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let Arguments { count, seed, threads, certify } = *arguments;
    let pool = super::pool(threads)?;
    if certify {
        return pool.install(|| attacked(catalogue, count, seed));
    }
    let total = count + count / 4 + count / 2;
    let bar = screen::progress(total, "checks");
    let nothing = Audit { rows: Vec::new(), mishaps: Vec::new() };
    let so_far = Arc::new(Mutex::new(nothing));
    let known = Arc::clone(&so_far);
    screen::on_interrupt(move || {
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let done = known.trials();
        screen::complain("note", &format!("interrupted after {done} of {total} checks"));
        let _ = screen::show(&audit_table(
            &known,
            seed,
            began.elapsed().as_secs_f64(),
            screen::width(),
        ));
    });
    let tick = |audit: &Audit| {
        bar.set_message(format!("{} wrong or open, {} wrong", audit.mishaps.len(), audit.wrong()));
        bar.inc(1);
        let mut known = so_far.lock().unwrap_or_else(PoisonError::into_inner);
        // A long audit is read while it runs, in a log as well.
        for mishap in audit.mishaps.iter().skip(known.mishaps.len()) {
            bar.suspend(|| screen::complain("found", &mishap_line(mishap)));
        }
        *known = audit.clone();
    };
    let result = pool.install(|| audit(catalogue, count, seed, &tick));
    bar.finish_and_clear();
    screen::show(&audit_table(&result, seed, began.elapsed().as_secs_f64(), screen::width()))?;
    Ok(if result.wrong() > 0 { ExitCode::from(WRONG) } else { ExitCode::SUCCESS })
}

/// Attacks the certifier and reports how often it was wrong.
fn attacked(catalogue: &Catalogue, count: usize, seed: u64) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let bar = screen::progress(count + count / 4, "attacks");
    let tick = |attack: &Attack| {
        // A long audit is read while it runs, in a log as well.
        if attack.is_wrong() {
            bar.suspend(|| screen::complain("found", &attack.to_string()));
        }
        bar.inc(1);
    };
    let found = attack(catalogue, count, seed, &tick);
    bar.finish_and_clear();
    let seconds = began.elapsed().as_secs_f64();
    screen::show(&format!("{found}seed {seed} · {seconds:.1} s\n"))?;
    Ok(if found.wrong().next().is_some() { ExitCode::from(WRONG) } else { ExitCode::SUCCESS })
}
