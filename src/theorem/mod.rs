//! Theorems: an optimizer, a flow and a sampling tied together, checked into a verdict.

mod audit;
mod catalogue;
mod caught;
mod check;
mod conclude;
mod document;
mod expanded;
mod named;
mod outcome;
mod statement;

use std::borrow::Cow;
use std::sync::Arc;

pub use audit::{Audit, AuditRow, Mishap, Tally, audit};
pub use catalogue::Catalogue;
pub(crate) use caught::caught;
pub use check::{check, foreseen};
pub(crate) use check::{check_with, undecided};
pub use document::document;
pub use expanded::{Expanded, ExpandedStatus, FieldGap};
pub use named::method_named;
pub use outcome::{ControlOutcome, DecidedBy, LeftOut, Missing, Outcome, Sharper, Verdict};
pub use statement::{
    BatchSize, CovarianceFeedback, CriticalPoint, CriticalPointsMove, EqualCurvature, ExactMoments,
    Fisher, Gaps, GeneralizationGap, KernelLimit, LongTimes, MethodAndFlow, Minima, MinimaMove,
    Minimum, Mistake, MomentumThreshold, NotApplicable, OwnFlow, SpreadAtFixedTime,
    SpreadOfOneEpoch, Statement, StochasticModifiedEquation, Trace, TraceError, TraceRow, Tracking,
    Turning, UniformInBatches, ValleyDrift, VarianceDecomposition, WIDE_NET,
};

use crate::flow::Integrable;
use crate::leg::{Leg, Sabotage};
use crate::loss::{self, Problem};
use crate::method::{Method, SettingError, Values};
use crate::optimizer::Runnable;
use crate::series::{Derived, ExactFlow, ExactOptimizer, Proof, ProofStatus, SeriesFault};

/// What a user may choose about a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The fixed time T of global legs; by default chosen from the loss.
    pub horizon: Option<f64>,
    /// The seed of everything random.
    pub seed: u64,
    /// A sabotage to be checked in the claim's place.
    pub sabotage: Option<Sabotage>,
    /// Whether sabotaged twins are checked too; without them a verdict says nothing about power.
    pub controls: bool,
    /// Whether the claim is compared in exact series too.
    pub prove: bool,
    /// Whether reference flows are checked by Taylor's method in jets on large losses too, where extrapolation
    /// is a thousand times cheaper.
    pub taylor: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            horizon: None,
            seed: 1,
            sabotage: None,
            controls: true,
            prove: true,
            taylor: false,
        }
    }
}

/// What a theorem claims of one loss.
struct Claimed {
    /// The legs that can be measured.
    legs: Vec<Box<dyn Leg>>,
    /// Those that cannot, though the theorem claims them of every loss.
    missing: Vec<Missing>,
    /// Why a statement that the theorem makes on some losses only has no leg here.
    silence: Option<String>,
    /// Controls that cannot be tried.
    left_out: Vec<LeftOut>,
}

/// A statement of a theorem.
#[derive(Clone)]
struct Stated {
    statement: Arc<dyn Statement>,
    /// Whether it is made of every loss that the theorem speaks of.
    everywhere: bool,
}

/// A theorem of the catalogue.
#[derive(Clone)]
pub struct Theorem {
    id: String,
    summary: String,
    source: String,
    orders: String,
    statements: Vec<Stated>,
    losses: Vec<Cow<'static, str>>,
    elsewhere: Cow<'static, str>,
    document: Option<Cow<'static, str>>,
}

impl Theorem {
    /// A theorem with the given identifier, to be filled by the methods below.
    pub fn new(id: impl Into<String>) -> Self {
        Theorem {
            id: id.into(),
            summary: String::new(),
            source: String::new(),
            orders: String::new(),
            statements: Vec::new(),
            losses: ["quadratic", "factorisation", "mlp", "logistic"].map(Cow::from).to_vec(),
            elsewhere: Cow::default(),
            document: None,
        }
    }

    /// The usual case: `optimizer` tracks `flow`.
    pub fn tracks<O, F>(
        id: impl Into<String>,
        optimizer: O,
        flow: F,
        local_order: u32,
        global_order: u32,
    ) -> Self
    where
        O: Runnable + ExactOptimizer + 'static,
        F: Integrable + ExactFlow + 'static,
    {
        let tracking = Tracking::new(optimizer, flow).local(local_order).global(global_order);
        Theorem::new(id).stating(tracking)
    }

    /// The claim that `method`, with these values, follows the flow that is claimed for it; none if none is.
    ///
    /// # Errors
    /// [`SettingError`] if the method turns a value down, or the claim does not speak of it.
    pub fn of_method(
        id: impl Into<String>,
        method: &Method,
        values: &Values,
    ) -> Result<Option<Self>, SettingError> {
        let Some(claimed) = method.claimed(values)? else { return Ok(None) };
        let orders = match claimed.local {
            Some(local) => format!("one block {local}, fixed time {}", claimed.global),
            None => format!("fixed time {}", claimed.global),
        };
        let settings: Vec<String> =
            values.shown().iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let settings = match settings.as_slice() {
            [] => String::new(),
            some => format!(" ({})", some.join(", ")),
        };
        let theorem = Theorem::new(id)
            .stating(Tracking::of_method(method, values, claimed)?)
            .with_summary(format!("{}{settings} tracks the flow claimed for it", method.name()))
            .with_orders(orders);
        Ok(Some(theorem))
    }

    /// Adds a statement.
    #[must_use]
    pub fn stating(mut self, statement: impl Statement + 'static) -> Self {
        self.statements.push(Stated { statement: Arc::new(statement), everywhere: true });
        self
    }

    /// Adds a statement that is made only of the losses on which its legs can be measured: elsewhere the
    /// others stand alone, and the verdict says so instead of being partial.
    #[must_use]
    pub fn stating_where_measurable(mut self, statement: impl Statement + 'static) -> Self {
        self.statements.push(Stated { statement: Arc::new(statement), everywhere: false });
        self
    }

    /// Its statements, in the order they were added.
    fn statements(&self) -> impl Iterator<Item = &dyn Statement> {
        self.statements.iter().map(|stated| &*stated.statement)
    }

    /// What it states, in one line.
    #[must_use]
    pub fn with_summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Who stated it where.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The orders it claims, in words.
    #[must_use]
    pub fn with_orders(mut self, orders: impl Into<String>) -> Self {
        self.orders = orders.into();
        self
    }

    /// Its proof in Markdown, with the sections that CONTRIBUTING names: reports quote it.
    #[must_use]
    pub fn with_document(mut self, markdown: impl Into<Cow<'static, str>>) -> Self {
        self.document = Some(markdown.into());
        self
    }

    /// The losses it is checked on by default, and why not on others.
    #[must_use]
    pub fn with_losses<N: Into<Cow<'static, str>>>(
        mut self,
        losses: impl IntoIterator<Item = N>,
        elsewhere: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.losses = losses.into_iter().map(Into::into).collect();
        self.elsewhere = elsewhere.into();
        self
    }

    /// The identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it states, in one line.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Who stated it where.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The orders it claims, in words.
    pub fn orders(&self) -> &str {
        &self.orders
    }

    /// Its proof in Markdown, if it has one.
    pub fn document(&self) -> Option<&str> {
        self.document.as_deref()
    }

    /// The names of the losses it is checked on by default.
    pub fn losses(&self) -> &[Cow<'static, str>] {
        &self.losses
    }

    /// Why it is not checked on the other default losses; empty where it is checked on all.
    pub fn elsewhere(&self) -> &str {
        &self.elsewhere
    }

    /// The theorem compared in exact series, as stated or sabotaged: refuted if one of its statements is,
    /// proved if all of them are that are about series.
    ///
    /// # Errors
    /// [`SeriesFault`] if a side that should have a series has none.
    pub fn proof(&self, sabotage: Option<&Sabotage>) -> Result<Proof, SeriesFault> {
        self.proof_for(sabotage, None)
    }

    /// The same, and for a loss of that many `components` too where series can hold them.
    ///
    /// # Errors
    /// As [`proof`](Theorem::proof).
    pub fn proof_for(
        &self,
        sabotage: Option<&Sabotage>,
        components: Option<usize>,
    ) -> Result<Proof, SeriesFault> {
        let find = || self.statements().filter_map(|s| s.proof(sabotage, components)).collect();
        let found: Vec<Result<Proof, SeriesFault>> =
            caught(find).map_err(|message| SeriesFault::Panicked { message })?;
        // What refutes refutes, whatever became of the others.
        let refutes = |proof: &&Proof| proof.first_failure.is_some();
        if let Some(refuted) = found.iter().filter_map(|proof| proof.as_ref().ok()).find(refutes) {
            return Ok(refuted.clone());
        }
        let all = found.into_iter().reduce(|one, other| Ok(one?.and(other?)));
        all.unwrap_or_else(|| Ok(Proof::not_applicable()))
    }

    /// What expansions say of the statements that have no proof, as stated or sabotaged, on losses of their own and
    /// at the start of `problem`; `None` if one of them claims no field.
    pub fn expanded(
        &self,
        sabotage: Option<&Sabotage>,
        problem: Option<&Problem>,
    ) -> Option<Expanded> {
        let proved = |statement: &&dyn Statement| {
            let proof = statement.proof(sabotage, None);
            proof.is_some_and(|proof| proof.is_ok_and(|p| p.status == ProofStatus::Proved))
        };
        let find = || {
            let open = self.statements().filter(|statement| !proved(statement));
            let found: Option<Vec<Expanded>> =
                open.map(|statement| statement.expanded(sabotage, problem)).collect();
            found?.into_iter().reduce(Expanded::and)
        };
        // What panics in an expansion does so in a measurement, which says so.
        caught(find).ok().flatten()
    }

    /// The fields that its proofs find, with their exact coefficients, one a statement that has one.
    ///
    /// # Errors
    /// [`SeriesFault`] if a side that should have a series has none.
    pub fn derived_fields(&self) -> Result<Vec<Derived>, SeriesFault> {
        self.statements().filter_map(Statement::derived_field).collect()
    }

    /// The controls that change what a proof compares, each once.
    pub fn series_controls(&self) -> Vec<Sabotage> {
        once_each(self.statements().filter_map(Statement::series_controls).flatten())
    }

    /// What its iterates on `problem` are compared with, step by step and without a mean.
    ///
    /// # Errors
    /// A sentence if it has no statement of that kind, or more than one.
    pub fn tracked(&self, problem: &Problem) -> Result<MethodAndFlow, String> {
        let mut all = self.statements().filter_map(|statement| statement.tracked(problem));
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(format!(
                "{} compares no iterates of single steps on the whole loss with a flow up to a fixed time",
                self.id
            )),
            (Some(_), Some(_)) => {
                Err(format!("{} compares several methods; state them one by one", self.id))
            }
        }
    }

    /// The legs of all its statements on `problem`.
    ///
    /// # Errors
    /// [`NotApplicable`] with the first statement's reason if none of them applies.
    pub fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        self.claimed(problem, settings).map(|claimed| claimed.legs)
    }

    /// What is claimed of `problem`, what of it can be measured, and what cannot.
    fn claimed(&self, problem: &Problem, settings: &Settings) -> Result<Claimed, NotApplicable> {
        let mut claimed =
            Claimed { legs: Vec::new(), missing: Vec::new(), silence: None, left_out: Vec::new() };
        let mut reason = None;
        for Stated { statement, everywhere } in &self.statements {
            match statement.legs(problem, settings) {
                Ok(more) => {
                    claimed.legs.extend(more);
                    let gaps = statement.gaps(problem, settings);
                    claimed.missing.extend(gaps.missing);
                    claimed.left_out.extend(gaps.left_out);
                }
                Err(why) => {
                    if *everywhere {
                        let reason = why.to_string();
                        claimed.missing.push(Missing { leg: None, reason });
                    } else if claimed.silence.is_none() {
                        claimed.silence = Some(format!("in part: {why}"));
                    }
                    reason = reason.or(Some(why));
                }
            }
        }
        match reason {
            Some(why) if claimed.legs.is_empty() => Err(why),
            _ => Ok(claimed),
        }
    }

    /// The theorem with a mistake of an outside author planted in every statement that has a part an
    /// author brings; `None` if none has.
    pub fn mistaken(&self, mistake: &Mistake) -> Option<Theorem> {
        let mut any = false;
        let statements = (self.statements.iter())
            .map(|stated| match stated.statement.mistaken(mistake) {
                Some(statement) => {
                    any = true;
                    Stated { statement, everywhere: stated.everywhere }
                }
                None => stated.clone(),
            })
            .collect();
        any.then(|| Theorem { statements, ..self.clone() })
    }

    /// Whether the loss, and whatever else the statements are made of, is what it claims to be.
    fn examine(&self, problem: &Problem, settings: &Settings) -> Result<(), String> {
        loss::examine(problem, settings.seed).map_err(|flaw| flaw.to_string())?;
        self.statements().try_for_each(|statement| statement.examine(problem, settings))
    }

    /// The controls that fit any of `legs`, each once.
    pub fn controls_among(&self, legs: &[Box<dyn Leg>]) -> Vec<Sabotage> {
        once_each(legs.iter().flat_map(|leg| leg.controls()))
    }
}

fn once_each(controls: impl Iterator<Item = Sabotage>) -> Vec<Sabotage> {
    let mut each: Vec<Sabotage> = Vec::new();
    for control in controls {
        if !each.contains(&control) {
            each.push(control);
        }
    }
    each
}
