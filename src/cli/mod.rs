//! The command, over any catalogue and any register of methods: a program that extends them has the whole
//! of it.
//!
//! ```no_run
//! use shadowflow::prelude::*;
//!
//! fn main() -> Result<std::process::ExitCode, NameTaken> {
//!     let (mut catalogue, methods) = (Catalogue::standard(), Methods::standard());
//!     catalogue.push(Theorem::new("my-theorem"))?;
//!     Ok(shadowflow::cli::run(catalogue, methods))
//! }
//! ```
//!
//! Exit status: 0 all confirmed, 1 something refuted, 2 usage or input error, 3 nothing refuted but
//! something partial or inconclusive. Errors are one line on stderr; results go to stdout.

mod audit;
mod bounds;
mod cells;
mod certified;
mod certify;
mod check;
mod demo;
mod derive;
mod error;
mod list;
mod manual;
mod outcomes;
mod parse;
mod prove;
mod report;
mod screen;
mod selection;
mod trace;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

pub use error::CommandError;

use crate::method::Methods;
use crate::theorem::{Catalogue, caught};

/// Usage or input errors.
const USAGE: u8 = 2;

#[derive(Parser)]
#[command(name = "shadowflow", version, about, subcommand_required = true)]
#[command(arg_required_else_help = true)]
struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the theorems, the losses, the demonstrations and the methods
    #[command(after_help = LIST)]
    List(list::Arguments),
    /// Check theorems on losses and print the verdicts
    ///
    /// Exit status: 0 all confirmed, 1 something refuted, 2 usage or input error, 3 nothing refuted
    /// but something partial or inconclusive.
    #[command(after_help = CHECK)]
    Check(check::Arguments),
    /// Check theorems on losses and show what was found on one page, with figures and proofs
    ///
    /// Exit status: as that of check.
    #[command(after_help = REPORT)]
    Report(report::Arguments),
    /// Compare theorems in exact series: proved for every smooth loss, tree by tree
    ///
    /// Exit status: 0 nothing refuted, 1 something refuted, 2 usage error.
    #[command(after_help = PROVE)]
    Prove(prove::Arguments),
    /// Prove a constant for one loss and all small step sizes at once, in interval arithmetic
    ///
    /// |w_n − w̃(nε)| ≤ K εᵖ for all ε up to the largest and all n ≤ T/ε. Exit status: 0 all certified, 2 usage or
    /// input error, 3 something has no certificate.
    Certify(certify::Arguments),
    /// Derive the modified vector field of a method, in exact rationals
    #[command(after_help = DERIVE)]
    Derive(derive::Arguments),
    /// Check random losses and random sabotage, and count the wrong verdicts
    ///
    /// Exit status: 0 no verdict was wrong, 1 a true theorem was refuted or a sabotaged one
    /// confirmed, 2 usage error.
    #[command(after_help = AUDIT)]
    Audit(audit::Arguments),
    /// Run a demonstration: a picture of the theory or a small version of a paper's experiment
    ///
    /// Prints what the source reports, what was run here, what was expected and what was found. A
    /// result that does not reproduce is reported as such, with exit status 0.
    #[command(after_help = DEMO)]
    Demo(demo::Arguments),
    /// Write iterates, gradient flow and modified flow at the same times as CSV
    ///
    /// Columns: time, step, iterate_0 …, gradient_flow_0 …, modified_flow_0 …, one a parameter; one
    /// row a step, or an epoch where minibatches are sampled (then the iterate is the mean).
    #[command(after_help = TRACE)]
    Trace(trace::Arguments),
    /// Print what lets a shell complete the words of this command
    ///
    /// For bash: shadowflow completions bash > ~/.local/share/bash-completion/completions/shadowflow
    Completions(manual::Completions),
    /// Print the manual page of this command, or of one of its commands
    ///
    /// To read it: shadowflow man check > check.1; man ./check.1
    Man(manual::Arguments),
}

const LIST: &str = "\
Examples:
  shadowflow list                                      what can be named elsewhere
  shadowflow list --methods                            the methods with their settings
  shadowflow list --controls                           also what --sabotage takes";

const CHECK: &str = "\
Examples:
  shadowflow check                                     the whole catalogue
  shadowflow check random-reshuffling --loss mlp       one theorem on one loss
  shadowflow check nesterov --set beta=0.9             a method with settings of your own
  shadowflow check --data table.csv --target yield     what is claimed of your own table
  shadowflow check random-reshuffling --sabotage \"omit batch penalty\"
  shadowflow check --out results.json                  kept for `report --from results.json`";

const REPORT: &str = "\
Examples:
  shadowflow report random-reshuffling --loss mlp      one theorem on one loss, as report.html
  shadowflow report --from results.json --out page.html
  shadowflow report --demos                            the catalogue and the demonstrations";

const PROVE: &str = "\
Examples:
  shadowflow prove                                     all theorems
  shadowflow prove nesterov --set beta=0.9             a method with settings of your own
  shadowflow prove rk4 --format markdown               the field, tree by tree
  shadowflow prove random-reshuffling --sabotage \"omit batch penalty\"";

const DERIVE: &str = "\
Examples:
  shadowflow derive heavy-ball --order 3               trees with up to three nodes
  shadowflow derive nesterov --set beta=0.9 --format latex
  shadowflow derive gradient-descent --sampling with-replacement --batches 2 --order 2
  shadowflow derive adam --loss factorisation --at 1.25,3/4";

const AUDIT: &str = "\
Examples:
  shadowflow audit                                     400 claims, 100 twins, 200 mistakes
  shadowflow audit --count 2000 --seed 2               others, and more of them";

const DEMO: &str = "\
Examples:
  shadowflow demo two-minima --out two-minima.svg      with the figure
  shadowflow demo flatness --format csv                the numbers alone";

const TRACE: &str = "\
Examples:
  shadowflow trace random-reshuffling --loss factorisation --step-size 0.05 --horizon 3 --out trace.csv";

/// Runs the command line of this process over `catalogue` and `methods`.
///
/// A method that claims a flow is a theorem of its name, with its defaults, if the catalogue has none of that
/// name.
pub fn run(catalogue: Catalogue, methods: Methods) -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return usage(&error),
    };
    // What an author wrote may panic. In a check that is the verdict of its cell; anywhere else it ends the
    // command with one line, unless a backtrace is asked for.
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let outcome = caught(|| run_action(catalogue, &methods, command.action))
        .unwrap_or_else(|message| Err(CommandError::Panicked { message }));
    outcome.unwrap_or_else(|error| {
        screen::complain("error", &error.to_string());
        ExitCode::from(USAGE)
    })
}

fn run_action(
    mut catalogue: Catalogue,
    methods: &Methods,
    action: Action,
) -> Result<ExitCode, CommandError> {
    environment()?;
    catalogue.push_methods(methods)?;
    let mut action = action;
    match &mut action {
        Action::Check(check::Arguments { choice, .. })
        | Action::Report(report::Arguments { choice, .. }) => {
            let cells::Choice { theorems, settings, own, .. } = choice;
            match own.stated(&mut catalogue, methods, settings)? {
                Some(id) => *theorems = vec![id],
                None => selection::set(&mut catalogue, methods, theorems, settings)?,
            }
        }
        Action::Prove(prove::Arguments { theorems, settings, unnamed, .. }) => {
            *unnamed = theorems.is_empty();
            selection::set(&mut catalogue, methods, theorems, settings)?;
        }
        Action::Trace(trace::Arguments { theorem, settings, own, .. }) => {
            match (own.stated(&mut catalogue, methods, settings)?, theorem) {
                (Some(id), theorem) => *theorem = Some(id),
                (None, Some(id)) => {
                    let mut one = vec![id.clone()];
                    selection::set(&mut catalogue, methods, &mut one, settings)?;
                    *id = one.swap_remove(0);
                }
                (None, None) => {}
            }
        }
        _ => {}
    }
    let catalogue = &catalogue;
    match action {
        Action::List(arguments) => list::run(catalogue, methods, &arguments),
        Action::Check(arguments) => check::run(catalogue, &arguments),
        Action::Report(arguments) => report::run(catalogue, &arguments),
        Action::Prove(arguments) => prove::run(catalogue, &arguments),
        Action::Certify(arguments) => certify::run(catalogue, &arguments),
        Action::Derive(arguments) => derive::run(catalogue, methods, &arguments),
        Action::Audit(arguments) => audit::run(catalogue, &arguments),
        Action::Demo(arguments) => demo::run(&arguments),
        Action::Trace(arguments) => trace::run(catalogue, &arguments),
        Action::Completions(arguments) => manual::completions(Command::command(), &arguments),
        Action::Man(arguments) => manual::run(Command::command(), &arguments),
    }
}

/// The number of threads that the environment asks for, as `--threads` does, is one they can be.
fn environment() -> Result<(), CommandError> {
    let value = std::env::var_os("RAYON_NUM_THREADS").unwrap_or_default();
    let value = value.to_string_lossy().into_owned();
    if value.is_empty() {
        return Ok(());
    }
    (parse::threads(&value).map(drop))
        .map_err(|reason| CommandError::EnvironmentThreads { value, reason })
}

/// A pool of this many threads, by default one a core.
fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, CommandError> {
    let asked = threads.unwrap_or(0);
    (rayon::ThreadPoolBuilder::new().num_threads(asked).build())
        .map_err(|error| CommandError::Threads { threads: asked, reason: error.to_string() })
}

/// Help as it is; anything wrong in one line.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(USAGE)
        }
        _ => {
            screen::complain("error", &in_one_line(&error.to_string()));
            ExitCode::from(USAGE)
        }
    }
}

/// What clap says, without the usage below it.
fn in_one_line(message: &str) -> String {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let said = message.lines().take_while(|line| {
        !line.starts_with("Usage:") && !line.starts_with("For more information")
    });
    let parts = said.map(str::trim).filter(|line| !line.is_empty());
    parts.map(|line| line.replacen("tip: ", "– ", 1)).collect::<Vec<_>>().join(" ")
}
