//! What a command is about: theorems, losses and controls by name.

use std::path::{Path, PathBuf};

use super::{CommandError, parse, screen};
use crate::leg::Sabotage;
use crate::loss::{self, Problem, ProblemError, Table, TableError};
use crate::method::{Method, Methods};
use crate::report::OutputFile;
use crate::theorem::{Catalogue, Theorem, method_named};

/// Where the losses come from.
#[derive(clap::Args)]
pub(super) struct Source {
    /// A CSV table of numbers for the losses that use one, as `list` says; - for standard input
    #[arg(long, value_name = "FILE.csv")]
    pub(super) data: Option<PathBuf>,
    /// The column of the table that is predicted
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// The number of minibatches [default: 3; 4 for quadratic-one-hessian and two-minima and valley, 2 for tiny-net and game and
    /// bilinear-game, 6 for quadratic-examples and net-examples; where there is no loss 1, or 2 for what samples or looks at them]
    #[arg(long, value_name = "M", value_parser = parse::batches, allow_hyphen_values = true)]
    pub(super) batches: Option<usize>,
    /// The fixed time T of global legs [default: 1/L with the curvature L of the loss]
    #[arg(long, value_name = "T", value_parser = parse::positive, allow_hyphen_values = true)]
    pub(super) horizon: Option<f64>,
    /// The seed of everything random
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::seed)]
    #[arg(allow_hyphen_values = true)]
    pub(super) seed: u64,
}

/// The end of a file's name in small letters, that says what is in it; empty without one.
pub(super) fn end_of(path: &Path) -> String {
    path.extension().and_then(|end| end.to_str()).unwrap_or("").to_ascii_lowercase()
}

/// Where the names of theorems and losses stand.
const LISTED: &str = "`list` names all";

/// Whether both paths lead to one file.
pub(super) fn same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(one).is_some_and(|one| real(other) == Some(one))
}

impl Source {
    /// The table, if one was given.
    pub(super) fn table(&self) -> Result<Option<Table>, CommandError> {
        match (&self.data, &self.target) {
            (None, None) => Ok(None),
            (Some(file), Some(target)) => Ok(Some(Table::read(file, target)?)),
            (None, Some(target)) => Err(CommandError::NoData { target: target.clone() }),
            (Some(file), None) => match Table::read(file, "") {
                Err(TableError::UnknownTarget { file, hint, .. }) => {
                    Err(CommandError::NoTarget { file, hint })
                }
                Err(error) => Err(error.into()),
                Ok(table) => {
                    let file = file.display().to_string();
                    let names = table.features().iter().map(String::as_str);
                    let hint = format!("its columns are {}", loss::listed(names));
                    Err(CommandError::NoTarget { file, hint })
                }
            },
        }
    }

    /// Says how the table was read, how many of its rows are used, if not all, and how they are weighed, if
    /// the minibatches of one of these problems differ in size.
    pub(super) fn tell_table<'a>(
        &self,
        table: &Table,
        problems: impl IntoIterator<Item = &'a Problem>,
    ) {
        for note in table.notes() {
            screen::complain("note", note);
        }
        let (used, rows) = (loss::rows_used(table.rows(), self.batches), table.rows());
        let problems: Vec<&Problem> = problems.into_iter().collect();
        let all = |problem: &Problem| loss::needs_all_rows(problem.name(), table, self.batches);
        if used < rows && problems.iter().any(|problem| !all(problem)) {
            screen::complain("note", &format!("{used} of {rows} rows are used, spread evenly"));
        }
        if let Some(problem) = problems.iter().find(|problem| all(problem)) {
            let note = format!(
                "{} uses all {rows} rows: the {used} that are spread evenly are of one class",
                problem.name()
            );
            screen::complain("note", &note);
        }
        let uneven = (problems.iter())
            .map(|problem| (problem.batches(), if all(problem) { rows } else { used }))
            .find(|(m, used)| used % m != 0);
        if let Some((m, used)) = uneven {
            let note = format!(
                "{used} rows in {m} minibatches are not as many in each; every row weighs {m}/{used} in \
                 its own, so that the loss is the mean over all rows"
            );
            screen::complain("note", &note);
        }
    }

    /// Where results go: never over the table they come from.
    pub(super) fn output(&self, out: &Path) -> Result<OutputFile, CommandError> {
        if self.data.as_ref().is_some_and(|data| same_file(data, out)) {
            let path = out.display().to_string();
            return Err(CommandError::OverInput { path, what: "table", option: "--data" });
        }
        Ok(OutputFile::prepare(out)?)
    }

    /// The loss `name`: one of the catalogue's own or a built-in one.
    pub(super) fn problem(
        &self,
        catalogue: &Catalogue,
        name: &str,
        table: Option<&Table>,
    ) -> Result<Problem, CommandError> {
        if let Some(own) = catalogue.problems().iter().find(|own| own.name() == name) {
            return match self.batches {
                Some(asked) if asked != own.batches() => {
                    let (name, batches) = (name.to_owned(), own.batches());
                    Err(CommandError::OwnBatches { name, batches, asked })
                }
                _ => Ok(own.clone()),
            };
        }
        if let Some((family, seed)) = name.split_once('@') {
            return drawn(catalogue, name, family, seed);
        }
        match loss::preset(name, self.batches, table, self.seed) {
            Err(ProblemError::Unknown { name, .. }) => Err(unknown_loss(catalogue, name)),
            other => Ok(other?),
        }
    }
}

/// A random member of a family: `quadratic@7` is the one drawn from seed 7, as `audit` names it.
fn drawn(
    catalogue: &Catalogue,
    name: &str,
    family: &str,
    seed: &str,
) -> Result<Problem, CommandError> {
    let seed = parse::seed(seed)
        .map_err(|reason| CommandError::DrawnSeed { name: name.to_owned(), reason })?;
    match loss::random_problem(family, seed) {
        Some(drawn) => Ok(drawn?),
        None => Err(unknown_loss(catalogue, family.to_owned())),
    }
}

fn unknown_loss(catalogue: &Catalogue, name: String) -> CommandError {
    let own = catalogue.problems().iter().map(Problem::name);
    let known = own.chain(loss::names().map(|(known, _)| known));
    let hint = loss::suggestion(&name, known, || LISTED.to_owned());
    CommandError::UnknownLoss { name, hint }
}

/// The method `name`.
pub(super) fn method<'a>(methods: &'a Methods, name: &str) -> Result<&'a Method, CommandError> {
    Ok(method_named(methods, name)?)
}

/// A method in the place of a theorem, against the flow of its own step.
///
/// What goes with a method is refused beside a theorem: what is required of an argument is not asked where it could
/// not stand, so that it would be ignored.
#[derive(clap::Args)]
pub(super) struct Own {
    /// A method, as `list --methods` names it, in the place of a theorem: against its own flow, found from its step
    #[arg(long, value_name = "METHOD", conflicts_with = "theorem")]
    method: Option<String>,
    /// What the method is held against: `own`, the first terms of the flow that its step has
    #[arg(long, value_name = "own", value_parser = ["own"], default_value = "own", requires = "method")]
    #[arg(hide_default_value = true, conflicts_with = "theorem")]
    against: String,
    /// The number of terms of that flow [default: 2]
    #[arg(long, value_name = "K", value_parser = parse::own_terms, requires = "method")]
    #[arg(allow_hyphen_values = true, conflicts_with = "theorem")]
    terms: Option<usize>,
    /// What feeds the method, as for `derive`
    #[arg(long, value_name = "NAME", requires = "method", conflicts_with = "theorem")]
    sampling: Option<String>,
}

/// The terms of a method's own flow, unless asked for.
const OWN_TERMS: usize = 2;

impl Own {
    /// Puts the method against its own flow, with these settings, into the catalogue; its identifier there, if
    /// a method is named.
    pub(super) fn stated(
        &self,
        catalogue: &mut Catalogue,
        methods: &Methods,
        settings: &[String],
    ) -> Result<Option<String>, CommandError> {
        let Some(name) = &self.method else { return Ok(None) };
        let mut method = method(methods, name)?.clone();
        let mut id = name.clone();
        if let Some(sampling) = &self.sampling {
            method = method.fed_by(sampling)?;
            id += &format!("/{sampling}");
        }
        if !settings.is_empty() {
            id += &format!("[{}]", settings.join(","));
        }
        id += "/own";
        let values = method.values(settings)?;
        let terms = self.terms.unwrap_or(OWN_TERMS);
        catalogue.push(Theorem::derived_of(&*id, &method, &values, terms)?)?;
        Ok(Some(id))
    }
}

/// Puts what is claimed of the methods in `chosen` that have these settings into the catalogue and into their
/// place; all theorems are chosen where none is named.
///
/// A setting goes to every method that has it. A theorem of the same name as a method is about that method.
pub(super) fn set(
    catalogue: &mut Catalogue,
    methods: &Methods,
    chosen: &mut Vec<String>,
    settings: &[String],
) -> Result<(), CommandError> {
    if settings.is_empty() {
        return Ok(());
    }
    let all = chosen.is_empty();
    if all {
        chosen.extend(catalogue.theorems().iter().map(|theorem| theorem.id().to_owned()));
    }
    let alone = chosen.len() == 1;
    let mut taken = vec![false; settings.len()];
    for id in chosen.iter_mut() {
        let known = match methods.method(id) {
            // Whatever is wrong with the settings of one method is said of that method.
            None if alone => method(methods, id)?,
            // Of all theorems those whose method says what it follows with other settings.
            Some(known) if !all || known.has_claim() => known,
            Some(_) => continue,
            None => {
                let _ = self::theorem(catalogue, id)?;
                continue;
            }
        };
        let takes = |setting: &str| {
            let key = setting.split('=').next().unwrap_or(setting).trim();
            alone || known.settings().iter().any(|own| own.name() == key)
        };
        let mut own = Vec::new();
        for (setting, taken) in settings.iter().zip(&mut taken).filter(|(s, _)| takes(s)) {
            *taken = true;
            own.push(setting.clone());
        }
        if !own.is_empty() {
            *id = put(catalogue, known, id, &own)?;
        }
    }
    match settings.iter().zip(&taken).find(|(_, taken)| !**taken) {
        Some((setting, _)) => Err(CommandError::SetForNone { setting: setting.clone() }),
        None => Ok(()),
    }
}

/// Puts what is claimed of `method` with these settings into the catalogue: its identifier there.
fn put(
    catalogue: &mut Catalogue,
    method: &Method,
    name: &str,
    settings: &[String],
) -> Result<String, CommandError> {
    let values = method.values(settings)?;
    let id = format!("{name}[{}]", settings.join(","));
    let Some(mut theorem) = Theorem::of_method(&*id, method, &values)? else {
        return Err(CommandError::NoClaim { name: name.to_owned() });
    };
    if let Some(known) = catalogue.theorem(name) {
        theorem = theorem.with_losses(known.losses().to_vec(), known.elsewhere().to_owned());
    }
    catalogue.push(theorem)?;
    Ok(id)
}

/// The theorem `id`.
pub(super) fn theorem<'a>(catalogue: &'a Catalogue, id: &str) -> Result<&'a Theorem, CommandError> {
    Ok(catalogue.named(id)?)
}

/// The control `name` among `known`.
pub(super) fn control(known: &[Sabotage], name: &str) -> Result<Sabotage, CommandError> {
    if let Some(found) = known.iter().find(|control| control.is_named(name)) {
        return Ok(found.clone());
    }
    let name = name.to_owned();
    if known.is_empty() {
        return Err(CommandError::NoControls { name });
    }
    let names: Vec<String> = known.iter().map(Sabotage::name).collect();
    let names = || names.iter().map(String::as_str);
    let hint = loss::suggestion(&name, names(), || format!("there are {}", loss::listed(names())));
    Err(CommandError::UnknownControl { name, hint })
}
