//! Which theorem is checked on which loss.

use super::selection::{self, Source};
use super::{CommandError, parse, screen};
use crate::leg::Sabotage;
use crate::loss::{self, Problem, ProblemError, Table};
use crate::theorem::{Catalogue, Settings, Theorem};

/// What is to be checked, and with how many threads.
#[derive(clap::Args)]
pub(super) struct Choice {
    /// The theorems, as `list` names them [default: all]
    #[arg(value_name = "ID")]
    pub(super) theorems: Vec<String>,
    /// A loss, as `list` names it; may be repeated [default: those `list` names for each theorem]
    #[arg(long = "loss", value_name = "NAME")]
    pub(super) losses: Vec<String>,
    #[command(flatten)]
    pub(super) source: Source,
    /// The number of threads [default: one a core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_hyphen_values = true)]
    pub(super) threads: Option<usize>,
}

/// One theorem on one loss.
pub(super) struct Cell<'a> {
    pub(super) theorem: &'a Theorem,
    pub(super) problem: Problem,
}

/// A cell that is left out, and why.
pub(super) struct Skipped {
    pub(super) theorem: String,
    pub(super) loss: String,
    pub(super) reason: String,
}

/// What will be checked and what will not.
pub(super) struct Selected<'a> {
    pub(super) cells: Vec<Cell<'a>>,
    pub(super) skipped: Vec<Skipped>,
}

impl Selected<'_> {
    fn skip(&mut self, theorem: &Theorem, loss: &str, reason: &str) {
        let (theorem, loss, reason) = (theorem.id().to_owned(), loss.to_owned(), reason.to_owned());
        self.skipped.push(Skipped { theorem, loss, reason });
    }
}

/// The cells asked for, by default every theorem on its own losses, and those that cannot be made.
pub(super) fn cells<'a>(
    catalogue: &'a Catalogue,
    choice: &Choice,
) -> Result<Selected<'a>, CommandError> {
    let source = &choice.source;
    let table = source.table()?;
    let mut theorems: Vec<&Theorem> = Vec::new();
    for id in &choice.theorems {
        let theorem = selection::theorem(catalogue, id)?;
        if !theorems.iter().any(|known| known.id() == theorem.id()) {
            theorems.push(theorem);
        }
    }
    if theorems.is_empty() {
        theorems.extend(catalogue.theorems());
    }
    let named = named_losses(catalogue, choice, table.as_ref())?;
    let mut selected = Selected { cells: Vec::new(), skipped: Vec::new() };
    for theorem in theorems {
        if named.is_empty() {
            let names = match &table {
                Some(table) => on_table(theorem, table, source),
                None => theorem.losses().iter().map(AsRef::as_ref).collect(),
            };
            if names.is_empty() {
                let reason = "none of its losses uses a table; name one with --loss to try it";
                selected.skip(theorem, "the table", reason);
            }
            for name in names {
                match source.problem(catalogue, name, table.as_ref()) {
                    Ok(problem) => selected.cells.push(Cell { theorem, problem }),
                    Err(CommandError::Problem(why)) if table.is_none() => {
                        selected.skip(theorem, name, &why.to_string());
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        let on = |problem: &Problem| Cell { theorem, problem: problem.clone() };
        selected.cells.extend(named.iter().map(on));
    }
    if let Some(table) = &table {
        source.tell_rows(table);
    }
    Ok(selected)
}

/// The losses of `theorem` that use a table: those among its own and their kin, but for those that ask for
/// classes where the target has none.
fn on_table(theorem: &Theorem, table: &Table, source: &Source) -> Vec<&'static str> {
    let suits = |name: &&str| {
        let made = loss::preset(name, source.batches, Some(table), source.seed);
        !matches!(made, Err(ProblemError::Classes { .. }))
    };
    let own: Vec<&str> = theorem.losses().iter().flat_map(|own| loss::kin_on_tables(own)).collect();
    loss::on_tables().filter(|name| own.contains(name)).filter(suits).collect()
}

/// The losses named on the command line.
fn named_losses(
    catalogue: &Catalogue,
    choice: &Choice,
    table: Option<&Table>,
) -> Result<Vec<Problem>, CommandError> {
    let source = &choice.source;
    let mut problems: Vec<Problem> = Vec::new();
    // A table is for the losses that use one; if none does, the first says so.
    let uses_it = |name: &str| loss::on_tables().any(|known| known == name);
    let some_use_it = choice.losses.iter().any(|name| uses_it(name));
    for name in &choice.losses {
        let table = table.filter(|_| !some_use_it || uses_it(name));
        if !problems.iter().any(|known| known.name() == name) {
            problems.push(source.problem(catalogue, name, table)?);
        }
    }
    Ok(problems)
}

/// The control `name`; cells that it does not concern are left out.
pub(super) fn sabotage(
    cells: &mut Vec<Cell<'_>>,
    skipped: &mut Vec<Skipped>,
    settings: &Settings,
    name: &str,
) -> Result<Sabotage, CommandError> {
    let mut known: Vec<Sabotage> = Vec::new();
    let mut concerned = Vec::new();
    for Cell { theorem, problem } in cells.drain(..) {
        match theorem.legs(&problem, settings) {
            Ok(legs) => {
                let controls = theorem.controls_among(&legs);
                for control in &controls {
                    if !known.contains(control) {
                        known.push(control.clone());
                    }
                }
                if controls.iter().any(|control| control.is_named(name)) {
                    concerned.push(Cell { theorem, problem });
                }
            }
            Err(why) => skipped.push(Skipped {
                theorem: theorem.id().to_owned(),
                loss: problem.name().to_owned(),
                reason: why.to_string(),
            }),
        }
    }
    if known.is_empty() && !skipped.is_empty() {
        return Err(nothing(std::mem::take(skipped)));
    }
    // Only what the sabotage concerns is of interest now.
    skipped
        .retain(|cell| concerned.iter().any(|Cell { theorem, .. }| theorem.id() == cell.theorem));
    *cells = concerned;
    selection::control(&known, name)
}

/// One line on stderr for every reason why cells were left out.
pub(super) fn explain(skipped: &[Skipped]) {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for Skipped { theorem, loss, reason } in skipped {
        let cell = format!("{theorem} on {loss}");
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, cells)) => cells.push(cell),
            None => reasons.push((reason, vec![cell])),
        }
    }
    for (reason, cells) in reasons {
        screen::complain("note", &format!("{} skipped: {reason}", cells.join(", ")));
    }
}

/// Everything was left out: the first reason stands for all.
pub(super) fn nothing(skipped: Vec<Skipped>) -> CommandError {
    let none = || Skipped {
        theorem: "nothing".to_owned(),
        loss: "no loss".to_owned(),
        reason: "the selection is empty".to_owned(),
    };
    let Skipped { theorem, loss, reason } = skipped.into_iter().next().unwrap_or_else(none);
    CommandError::NothingToCheck { theorem, loss, reason }
}
