//! Which theorem is checked on which loss.

use super::selection::{self, Source};
use super::{CommandError, parse, screen};
use crate::leg::Sabotage;
use crate::loss::{self, Problem, ProblemError, Table};
use crate::sweep::{Plan, Skipped, Subject};
use crate::theorem::{Catalogue, Settings, Theorem};

/// What is to be checked, and with how many threads.
#[derive(clap::Args)]
pub(super) struct Choice {
    /// The theorems, as `list` names them [default: all]
    #[arg(value_name = "ID", id = "theorem")]
    pub(super) theorems: Vec<String>,
    /// A loss, as `list` names it; may be repeated [default: those `list` names for each theorem]
    #[arg(long = "loss", value_name = "NAME")]
    pub(super) losses: Vec<String>,
    /// A setting of the methods named that have it, exactly, such as beta=0.9: the flow claimed for them is
    /// checked with it; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) settings: Vec<String>,
    #[command(flatten)]
    pub(super) own: selection::Own,
    #[command(flatten)]
    pub(super) source: Source,
    /// Check reference flows by Taylor's method on large losses too, where extrapolation is a thousand times
    /// cheaper
    #[arg(long)]
    pub(super) taylor: bool,
    /// Prove a constant too, where that can be done: a bound of the error at a fixed time on this loss, for all steps up
    /// to the ladder's largest, or up to a half, a quarter, … of it
    #[arg(long, id = "certify")]
    pub(super) certify: bool,
    /// The most processor time that one check may be foreseen to take: a dearer one is not started and is
    /// inconclusive; none for any
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = parse::budget)]
    #[arg(allow_hyphen_values = true)]
    pub(super) budget: parse::Budget,
    /// The number of threads [default: one a core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = parse::threads, allow_hyphen_values = true)]
    pub(super) threads: Option<usize>,
    /// Say on standard error what each check runs as it starts, and its verdict as it ends
    #[arg(short, long)]
    pub(super) verbose: bool,
}

/// The cells asked for, by default every theorem on its own losses; those included that cannot be made.
pub(super) fn plan(
    catalogue: &Catalogue,
    choice: &Choice,
    settings: &Settings,
) -> Result<Plan, CommandError> {
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
    let plan = if named.is_empty() {
        let own = |theorem| Ok((theorem, own_losses(catalogue, theorem, source, table.as_ref())?));
        let selection: Result<Vec<_>, CommandError> = theorems.into_iter().map(own).collect();
        Plan::new(selection?, settings)
    } else {
        Plan::on_each(theorems, &named, settings)
    };
    if let Some(table) = &table {
        let problems = plan.tasks().iter().filter_map(|task| task.problem().ok());
        source.tell_table(table, problems);
    }
    Ok(plan)
}

/// The losses that `theorem` is checked on by default; on a table, those of them that use one.
fn own_losses(
    catalogue: &Catalogue,
    theorem: &Theorem,
    source: &Source,
    table: Option<&Table>,
) -> Result<Vec<Subject>, CommandError> {
    let names = match table {
        Some(table) => on_table(theorem, table, source),
        None => theorem.losses().iter().map(AsRef::as_ref).collect(),
    };
    if names.is_empty() {
        let reason = "none of its losses uses a table; name one with --loss to try it".to_owned();
        return Ok(vec![Subject { loss: "the table".to_owned(), problem: Err(reason) }]);
    }
    let subject = |name: &str| match source.problem(catalogue, name, table) {
        Ok(problem) => Ok(Subject::of(problem)),
        Err(CommandError::Problem(why)) if table.is_none() => {
            Ok(Subject { loss: name.to_owned(), problem: Err(why.to_string()) })
        }
        Err(error) => Err(error),
    };
    names.into_iter().map(subject).collect()
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

/// The plan with the control `name` in the claims' place; cells that it does not concern are left out.
pub(super) fn sabotaged(
    mut plan: Plan,
    skipped: &mut Vec<Skipped>,
    name: &str,
) -> Result<Plan, CommandError> {
    let mut known: Vec<Sabotage> = Vec::new();
    plan.retain(|task| {
        let legs = task.problem().and_then(|problem| {
            let legs = task.theorem().legs(problem, task.settings());
            legs.map_err(|why| task.skipped(why.to_string()))
        });
        match legs {
            Ok(legs) => {
                let controls = task.theorem().controls_among(&legs);
                let concerned = controls.iter().any(|control| control.is_named(name));
                for control in controls {
                    if !known.contains(&control) {
                        known.push(control);
                    }
                }
                concerned
            }
            Err(silent) => {
                skipped.push(silent);
                false
            }
        }
    });
    if known.is_empty() && !skipped.is_empty() {
        return Err(nothing(std::mem::take(skipped)));
    }
    // Only what the sabotage concerns is of interest now.
    skipped.retain(|cell| plan.tasks().iter().any(|task| task.theorem().id() == cell.theorem));
    Ok(plan.sabotaged(&selection::control(&known, name)?))
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
