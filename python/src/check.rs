//! Theorems checked on losses, and proved.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use pyo3::prelude::*;
use shadowflow::leg::Sabotage;
use shadowflow::loss::{Problem, Table, names, preset};
use shadowflow::method::Methods;
use shadowflow::record::{ProofRecord, TheoremProof, proofs_json};
use shadowflow::report::proofs_table;
use shadowflow::series::{Proof, ProofStatus};
use shadowflow::sweep::{Plan, Skipped};
use shadowflow::theorem::{Catalogue, Settings, Theorem, method_named};

use crate::fault::{refused, unexpected, value};
use crate::loss::Loss;
use crate::outcome::Outcome;
use crate::waiting::worked;
use crate::written::{Written, WrittenFlow};

/// The theorems that this library ships.
pub(crate) fn catalogue() -> &'static Catalogue {
    static KNOWN: OnceLock<Catalogue> = OnceLock::new();
    KNOWN.get_or_init(Catalogue::standard)
}

/// The methods that this library ships.
pub(crate) fn methods() -> &'static Methods {
    static KNOWN: OnceLock<Methods> = OnceLock::new();
    KNOWN.get_or_init(Methods::standard)
}

/// A claim of somebody's own.
#[pyclass(frozen, name = "Theorem", module = "shadowflow")]
pub(crate) struct Claim {
    pub(crate) theorem: Theorem,
    /// The method and the flow, if they are written in Python over an arithmetic.
    pub(crate) written: Option<Written>,
    pub(crate) flow: Option<Arc<WrittenFlow>>,
}

impl Claim {
    pub(crate) fn of(theorem: Theorem) -> Self {
        Claim { theorem, written: None, flow: None }
    }
}

#[pymethods]
impl Claim {
    /// The name it is reported under.
    #[getter]
    fn id(&self) -> &str {
        self.theorem.id()
    }

    /// What it states, in one line.
    #[getter]
    fn summary(&self) -> &str {
        self.theorem.summary()
    }

    fn __repr__(&self) -> String {
        format!("Theorem({}: {})", self.theorem.id(), self.theorem.summary())
    }
}

/// A theorem by name or of somebody's own.
#[derive(FromPyObject)]
pub(crate) enum Asked<'py> {
    Name(String),
    Own(PyRef<'py, Claim>),
}

/// A loss by name or of somebody's own.
#[derive(FromPyObject)]
pub(crate) enum On<'py> {
    Name(String),
    Own(PyRef<'py, Loss>),
}

impl On<'_> {
    pub(crate) fn problem(
        &self,
        batches: Option<usize>,
        table: Option<&Table>,
        seed: u64,
    ) -> PyResult<Problem> {
        match self {
            On::Own(own) => Ok(own.problem.clone()),
            On::Name(name) => preset(name, batches, table, seed).map_err(value),
        }
    }
}

impl Asked<'_> {
    /// The theorem, with these settings of the method of its name.
    fn theorem(&self, settings: &[String]) -> PyResult<Theorem> {
        let name = match self {
            Asked::Own(own) if settings.is_empty() => return Ok(own.theorem.clone()),
            Asked::Own(own) => {
                let told = format!("{} is a claim of your own; its settings are in it", own.id());
                return Err(value(told));
            }
            Asked::Name(name) => name,
        };
        if settings.is_empty() {
            return catalogue().named(name).cloned().map_err(value);
        }
        let method = method_named(methods(), name).map_err(value)?;
        let values = method.values(settings).map_err(value)?;
        let id = format!("{name}[{}]", settings.join(","));
        let made = Theorem::of_method(id, method, &values).map_err(value)?;
        let made = made.ok_or_else(|| refused(format!("no flow is claimed for {name}")))?;
        Ok(match catalogue().theorem(name) {
            Some(known) => made.with_losses(known.losses().to_vec(), known.elsewhere().to_owned()),
            None => made,
        })
    }
}

/// The outcomes, and what was skipped: theorem, loss and reason.
type Found = (Vec<Outcome>, Vec<(String, String, String)>);

/// Checks every theorem on every loss, by default on its own; the outcomes, and what was skipped with its reason.
#[pyfunction]
#[pyo3(signature = (theorems, losses, settings, *, data, batches, horizon, seed, sabotage, taylor, budget, threads))]
#[expect(clippy::too_many_arguments)] // what a person may choose
pub(crate) fn check(
    py: Python<'_>,
    theorems: Vec<Asked<'_>>,
    losses: Vec<On<'_>>,
    settings: Vec<String>,
    data: Option<(String, String)>,
    batches: Option<usize>,
    horizon: Option<f64>,
    seed: u64,
    sabotage: Option<String>,
    taylor: bool,
    budget: Option<f64>,
    threads: Option<usize>,
) -> PyResult<Found> {
    if let Some(t) = horizon.filter(|t| !(*t > 0.0 && t.is_finite())) {
        return Err(value(format!("a horizon is a finite time above 0, not {t:?}")));
    }
    if let Some(s) = budget.filter(|s| s.is_nan() || *s < 0.0) {
        return Err(value(format!("a budget is a time in seconds, not {s:?}; None is for any")));
    }
    let began = Instant::now();
    let table = data.map(|(file, target)| Table::read(Path::new(&file), &target)).transpose();
    let table = table.map_err(value)?;
    let asked: Vec<Theorem> = match theorems.is_empty() {
        true => catalogue().theorems().to_vec(),
        false => theorems.iter().map(|t| t.theorem(&settings)).collect::<PyResult<_>>()?,
    };
    let problems: Vec<Problem> = (losses.iter())
        .map(|loss| loss.problem(batches, table.as_ref(), seed))
        .collect::<PyResult<_>>()?;
    let known = asked.clone();
    let chosen = Settings { horizon, seed, taylor, ..Settings::default() };
    let work = move || -> Result<(Vec<Outcome>, Vec<Skipped>), String> {
        let mut plan = match problems.is_empty() {
            true => Plan::on_their_own(&asked, &chosen),
            false => Plan::on_each(&asked, &problems, &chosen),
        }
        .within(budget);
        let mut skipped = plan.take_impossible();
        if let Some(name) = &sabotage {
            plan = sabotaged(plan, name)?;
        }
        let mut outcomes = Vec::new();
        for finished in plan.run(&|_| ()) {
            match finished.result {
                Ok(record) => {
                    let theorem = asked.iter().find(|t| t.id() == record.theorem).cloned();
                    let seconds = began.elapsed().as_secs_f64();
                    outcomes.push(Outcome { record, theorem, seconds });
                }
                Err(silent) => skipped.push(silent),
            }
        }
        Ok((outcomes, skipped))
    };
    let (outcomes, skipped) = worked(py, threads, work)?.map_err(value)?;
    if outcomes.is_empty() {
        return Err(match skipped.into_iter().next() {
            Some(Skipped { theorem, loss, reason }) => {
                refused(format!("nothing to check: {theorem} on {loss}: {reason}"))
            }
            None => value(match known.as_slice() {
                [] => "there is nothing to check".to_owned(),
                _ => "no theorem chosen has a loss to be checked on".to_owned(),
            }),
        });
    }
    let skipped = skipped.into_iter().map(|s| (s.theorem, s.loss, s.reason)).collect();
    Ok((outcomes, skipped))
}

/// The plan with this control in the claims' place, without what it does not concern.
fn sabotaged(mut plan: Plan, name: &str) -> Result<Plan, String> {
    let mut known: Vec<Sabotage> = Vec::new();
    plan.retain(|task| {
        let Ok(problem) = task.problem() else { return false };
        let Ok(legs) = task.theorem().legs(problem, task.settings()) else { return false };
        let controls = task.theorem().controls_among(&legs);
        let concerned = controls.iter().any(|control| control.is_named(name));
        known.extend(controls);
        concerned
    });
    match known.iter().find(|control| control.is_named(name)) {
        Some(control) => Ok(plan.sabotaged(control)),
        None => {
            let mut names: Vec<String> = known.iter().map(Sabotage::name).collect();
            names.dedup();
            Err(format!("there is no control '{name}' here; there are {}", names.join(", ")))
        }
    }
}

/// What exact series say of a theorem.
#[pyclass(frozen, name = "NativeProof", module = "shadowflow._shadowflow")]
pub(crate) struct Proved {
    found: TheoremProof,
}

#[pymethods]
impl Proved {
    #[getter]
    fn status(&self) -> &'static str {
        match self.found.proof.status {
            ProofStatus::Proved => "proved",
            ProofStatus::Refuted => "refuted",
            ProofStatus::NotApplicable if self.is_expanded() => "expanded",
            ProofStatus::NotApplicable => "not applicable",
        }
    }

    /// The proof as the command writes it.
    fn json(&self) -> PyResult<String> {
        proofs_json(std::slice::from_ref(&self.found)).map_err(unexpected)
    }

    fn __str__(&self) -> String {
        proofs_table(std::slice::from_ref(&self.found), None)
    }
}

impl Proved {
    fn is_expanded(&self) -> bool {
        self.found.expanded.as_ref().is_some_and(|expanded| expanded.holds())
    }
}

/// Compares a theorem in exact series.
#[pyfunction]
#[pyo3(signature = (theorem, settings, sabotage))]
pub(crate) fn prove(
    py: Python<'_>,
    theorem: Asked<'_>,
    settings: Vec<String>,
    sabotage: Option<String>,
) -> PyResult<Proved> {
    let asked = theorem;
    let theorem = asked.theorem(&settings)?;
    let control = match &sabotage {
        None => None,
        Some(name) => {
            let controls = theorem.series_controls();
            let found = controls.iter().find(|control| control.is_named(name)).cloned();
            Some(found.ok_or_else(|| {
                let names: Vec<String> = controls.iter().map(Sabotage::name).collect();
                value(format!("there is no control '{name}' here; there are {}", names.join(", ")))
            })?)
        }
    };
    // What was raised before, elsewhere, is none of this question.
    if let Asked::Own(own) = &asked {
        let _ = own.raised();
    }
    let found = worked(py, None, move || {
        let proof = theorem.proof(control.as_ref());
        let proof = proof.unwrap_or_else(|fault| Proof::unprovable(fault.to_string()));
        let open = proof.status == ProofStatus::NotApplicable;
        let expanded = if open { theorem.expanded(control.as_ref(), None) } else { None };
        let (theorem, proof) = (theorem.id().to_owned(), ProofRecord::of(&proof));
        TheoremProof { theorem, proof, expanded }
    });
    let own = match &asked {
        Asked::Own(own) => own.raised(),
        Asked::Name(_) => None,
    };
    match (found, own) {
        (Ok(found), None) => Ok(Proved { found }),
        (_, Some(raised)) => Err(raised),
        (Err(error), None) => Err(error),
    }
}

/// Theorems: identifier, statement, orders, source, losses.
#[pyfunction]
pub(crate) fn theorems() -> Vec<(String, String, String, String, Vec<String>)> {
    let listed = catalogue().theorems().iter().map(|t| {
        let losses = t.losses().iter().map(|name| name.to_string()).collect();
        let text = |text: &str| text.to_owned();
        (text(t.id()), text(t.summary()), text(t.orders()), text(t.source()), losses)
    });
    listed.collect()
}

/// Losses: name and description.
#[pyfunction]
pub(crate) fn losses() -> Vec<(&'static str, &'static str)> {
    names().collect()
}

/// Methods: name, settings with default and what they may be, sampling.
#[pyfunction]
#[expect(clippy::type_complexity)] // rows of a listing
pub(crate) fn methods_listed() -> Vec<(String, Vec<(String, Option<String>, String)>, String)> {
    let listed = methods().iter().map(|method| {
        let settings = method.settings().iter();
        let settings = settings.map(|s| (s.name().to_owned(), s.default(), s.wanted())).collect();
        (method.name().to_owned(), settings, method.sampling().to_owned())
    });
    listed.collect()
}
