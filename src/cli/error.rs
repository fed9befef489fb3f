//! What can be wrong with a command.

use crate::demo::DemoError;
use crate::expansion::Refusal;
use crate::loss::{ProblemError, TableError, UnknownName};
use crate::method::{NameTaken, SettingError};
use crate::record::ResultsError;
use crate::report::{DrawingError, OutputError};
use crate::series::SeriesFault;
use crate::theorem::TraceError;

/// Why a command was not carried out: one line with the value at fault and what would do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No theorem or no method has this name.
    #[error(transparent)]
    Unknown(#[from] UnknownName),
    /// No loss has this name.
    #[error("there is no loss '{name}'; {hint}")]
    UnknownLoss {
        /// The name asked for.
        name: String,
        /// One that is near, or where all of them are listed.
        hint: String,
    },
    /// This program has no such command.
    #[error("there is no command '{name}'; {hint}")]
    UnknownCommand {
        /// The name asked for.
        name: String,
        /// One that is near, or all of them.
        hint: String,
    },
    /// A random loss with a seed that is none.
    #[error("the seed in '{name}' is wrong: {reason}")]
    DrawnSeed {
        /// The name asked for.
        name: String,
        /// What a seed is.
        reason: String,
    },
    /// No control of the selected theorems has this name.
    #[error("there is no control '{name}' here; {hint}")]
    UnknownControl {
        /// The name asked for.
        name: String,
        /// One that is near, or where all of them are listed.
        hint: String,
    },
    /// The selected theorems have no controls at all.
    #[error("there is no control '{name}': what is selected has none; leave out --sabotage")]
    NoControls {
        /// The name asked for.
        name: String,
    },
    /// A method that has no exact series.
    #[error(
        "{name} looks at coordinates otherwise than through a smooth map, and has no exact series; \
         derive it at a point, with --loss NAME"
    )]
    CoordinateWise {
        /// The method.
        name: String,
    },
    /// A method without series for want of arithmetic.
    #[error("{name} is known in f64 only: such a method can be measured, not derived")]
    FloatOnly {
        /// The method.
        name: String,
    },
    /// A method that has no expansion there.
    #[error("{name} has no flow there: {why}")]
    NoExpansion {
        /// The method.
        name: String,
        /// Why.
        why: Refusal,
    },
    /// A coordinate that is none.
    #[error(
        "--at: '{given}' is no coordinate; give exact decimals or fractions, such as 1.25,-3/4, or start"
    )]
    Coordinate {
        /// What was given.
        given: String,
    },
    /// Trees are asked for where there are numbers.
    #[error("--format latex writes a field in trees; leave out --loss, or take --format json")]
    LatexAtAPoint,
    /// A ridge on a loss that is known in f64 only.
    #[error("l2 adds to the loss, and {loss} is known in f64 only")]
    NoRidge {
        /// The loss.
        loss: String,
    },
    /// Code of somebody's own panicked.
    #[error("it panicked: {message} (set RUST_BACKTRACE=1 to see where)")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// Settings without the method that they are of.
    #[error(
        "no method of the theorems named has the setting of --set {setting}; `list --methods` names those of all"
    )]
    SetForNone {
        /// The setting.
        setting: String,
    },
    /// A method of which no flow is claimed.
    #[error("no flow is claimed for {name}; `derive {name}` finds one")]
    NoClaim {
        /// The method.
        name: String,
    },
    /// A setting that the method does not take.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A name that the program gives twice.
    #[error(transparent)]
    NameTaken(#[from] NameTaken),
    /// A theorem beyond the series.
    #[error("{theorem} is not proved: {why}; `check {theorem}` measures it")]
    Unprovable {
        /// The theorem.
        theorem: String,
        /// Why.
        why: String,
    },
    /// A derivation that would take more than it may.
    #[error("{why}; {would_do}")]
    TooDear {
        /// What it would take.
        why: String,
        /// What would take less.
        would_do: String,
    },
    /// A series cannot be had.
    #[error(transparent)]
    Series(#[from] SeriesFault),
    /// The output would replace the input.
    #[error("--out {path} is the {what} that {option} reads; name another file")]
    OverInput {
        /// The path.
        path: String,
        /// What it holds.
        what: &'static str,
        /// The option that names it.
        option: &'static str,
    },
    /// A file of results has none of what was asked for.
    #[error("'{path}' holds no result of {asked}; it has {has}")]
    NoSuchResult {
        /// The file.
        path: String,
        /// What was asked for.
        asked: String,
        /// What it has instead.
        has: String,
    },
    /// The results could not be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// A table without its target.
    #[error("--data {file} needs --target COLUMN; {hint}")]
    NoTarget {
        /// The file.
        file: String,
        /// Its columns.
        hint: String,
    },
    /// A target without its table.
    #[error("--target {target} needs --data FILE.csv")]
    NoData {
        /// The target.
        target: String,
    },
    /// A loss of the calling program has the minibatches it has.
    #[error("--batches {asked}: the loss '{name}' consists of {batches}; leave out --batches")]
    OwnBatches {
        /// The loss.
        name: String,
        /// Its minibatches.
        batches: usize,
        /// How many were asked for.
        asked: usize,
    },
    /// Nothing that was asked for can be checked.
    #[error("{theorem} cannot be checked on {loss}: {reason}")]
    NothingToCheck {
        /// The first theorem asked for.
        theorem: String,
        /// The first loss asked for.
        loss: String,
        /// Why it says nothing about it.
        reason: String,
    },
    /// The threads could not be started.
    #[error("cannot start {threads} threads: {reason}; ask for fewer")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system says.
        reason: String,
    },
    /// The results could not be printed.
    #[error("cannot write the results to standard output: {0}")]
    Print(#[from] std::io::Error),
    /// The results could not be put into JSON.
    #[error("cannot write the results as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The results could not be put into CSV.
    #[error("cannot write the results as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The loss could not be made.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The table could not be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The output file cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// There is no such demonstration, or it failed.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// A figure could not be drawn.
    #[error(transparent)]
    Drawing(#[from] DrawingError),
    /// A page under a name that says otherwise.
    #[error("the report is a page, and '{path}' does not end in .html")]
    Page {
        /// The file.
        path: String,
    },
    /// A format, and a file name that says another.
    #[error("--format {format} contradicts the end of '{path}'; leave one of them out")]
    OtherFormat {
        /// The file.
        path: String,
        /// The format asked for.
        format: String,
    },
    /// Curves under a name that says otherwise.
    #[error("a trace is CSV, and '{path}' does not end in .csv")]
    Curves {
        /// The file.
        path: String,
    },
    /// A number of threads in the environment that is none.
    #[error("invalid value '{value}' for 'RAYON_NUM_THREADS': {reason}")]
    EnvironmentThreads {
        /// What is set.
        value: String,
        /// What would do.
        reason: String,
    },
    /// A file name that does not say what to write.
    #[error("cannot tell from '{path}' what to write; let it end in .svg, .html, .csv or .json")]
    Extension {
        /// The file asked for.
        path: String,
    },
    /// There is no trace.
    #[error("{why}{}", beyond.as_ref().map(|beyond| format!("; {beyond}")).unwrap_or_default())]
    Trace {
        /// Why.
        why: TraceError,
        /// That the step size is beyond stability, where it is.
        beyond: Option<String>,
    },
}
