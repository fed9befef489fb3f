//! Statements: what a theorem says of a loss, one kind of statement a file.

mod bilinear;
mod concluded;
mod minima;
mod moments;
mod own_flow;
mod samples;
mod threshold;
mod tracking;
mod wide_net;

pub use bilinear::Turning;
pub use concluded::{
    BatchSize, EqualCurvature, Fisher, GeneralizationGap, LongTimes, SpreadAtFixedTime,
    SpreadOfOneEpoch, UniformInBatches, ValleyDrift,
};
pub use minima::{
    CriticalPoint, CriticalPointsMove, Minima, MinimaMove, Minimum, disagreement_gradient,
};
pub use moments::{
    CovarianceFeedback, ExactMoments, StochasticModifiedEquation, VarianceDecomposition,
};
pub use own_flow::OwnFlow;
pub use threshold::MomentumThreshold;
pub use tracking::{Mistake, Trace, TraceError, TraceRow, Tracking};
pub use wide_net::{KernelLimit, WIDE_NET};

use std::sync::Arc;

use super::{Expanded, LeftOut, Missing, Settings};
use crate::flow::AnyFlow;
use crate::leg::{Leg, Sabotage};
use crate::loss::Problem;
use crate::optimizer::AnyOptimizer;
use crate::series::{Derived, Proof, SeriesFault};

/// A theorem says nothing about a loss, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotApplicable(pub String);

impl NotApplicable {
    /// The paths of a sampling cannot be walked, nor its mean be had otherwise.
    fn too_many_orders(problem: &Problem) -> Self {
        NotApplicable(format!(
            "{} batches have too many orders to enumerate on {}: reshuffling takes up to 8 over one \
             epoch and 6 at a fixed time (64 by sampled reversed pairs), any other random scheme a \
             million paths over its ladder",
            problem.batches(),
            problem.name()
        ))
    }

    /// A method remembers so much that its ladder takes too many blocks.
    fn too_many_blocks(blocks: usize, memory: usize) -> Self {
        NotApplicable(format!(
            "a method that remembers {memory} steps takes {blocks} blocks over the ladder of a fixed time; at \
             most 20 million are walked"
        ))
    }
}

/// What a statement cannot measure on a loss though it claims it there, and which of its controls it
/// cannot try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Legs that are claimed and not among the [`legs`](Statement::legs).
    pub missing: Vec<Missing>,
    /// Controls that no leg has.
    pub left_out: Vec<LeftOut>,
}

/// A method without a mean beside the flow that it is claimed to follow.
pub struct MethodAndFlow {
    /// The method, fed with the whole loss at every step.
    pub optimizer: AnyOptimizer,
    /// The claimed flow.
    pub flow: AnyFlow,
    /// The order of the error at a fixed time.
    pub order: u32,
    /// The claim compared in exact series.
    pub proof: Result<Proof, SeriesFault>,
}

/// What a theorem states of a loss: its legs.
pub trait Statement: Send + Sync {
    /// The legs on `problem`.
    ///
    /// # Errors
    /// [`NotApplicable`] if it states nothing there.
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable>;

    /// What of its claim is not among the legs; a verdict without it is partial.
    fn gaps(&self, _problem: &Problem, _settings: &Settings) -> Gaps {
        Gaps::default()
    }

    /// Whether what the statement is made of is what it claims to be: called before anything is
    /// measured.
    ///
    /// # Errors
    /// A sentence that says what claims what it is not.
    fn examine(&self, _problem: &Problem, _settings: &Settings) -> Result<(), String> {
        Ok(())
    }

    /// The statement compared in exact series, as stated or sabotaged; `None` if it is not about
    /// series. It says for how many minibatches, which include the `components` of a loss where series can
    /// hold them.
    fn proof(
        &self,
        _sabotage: Option<&Sabotage>,
        _components: Option<usize>,
    ) -> Option<Result<Proof, SeriesFault>> {
        self.unprovable().map(|why| Ok(Proof::unprovable(why)))
    }

    /// Why the statement is not about series, where it is not and says so.
    fn unprovable(&self) -> Option<&'static str> {
        None
    }

    /// The claimed field, as stated or sabotaged, beside the expansions of the method's step: evidence where
    /// there is no proof; `None` if it claims no field, or the sabotage changes none. On `problem` itself a
    /// difference refutes.
    fn expanded(
        &self,
        _sabotage: Option<&Sabotage>,
        _problem: Option<&Problem>,
    ) -> Option<Expanded> {
        None
    }

    /// The field that the proof finds, up to the order it speaks of and with as many minibatches as
    /// show every pattern of colours; `None` if there is no proof.
    fn derived_field(&self) -> Option<Result<Derived, SeriesFault>> {
        None
    }

    /// What the iterates on `problem` are compared with, step by step and without a mean; `None` if the statement
    /// is not of that kind, or has no order at a fixed time.
    fn tracked(&self, _problem: &Problem) -> Option<MethodAndFlow> {
        None
    }

    /// The controls that change what the proof compares; `None` if there is no proof.
    fn series_controls(&self) -> Option<Vec<Sabotage>> {
        None
    }

    /// The statement with a mistake of an outside author planted, for audits; `None` if it has no part
    /// that an author brings.
    fn mistaken(&self, _mistake: &Mistake) -> Option<Arc<dyn Statement>> {
        None
    }

    /// Iterates and flows at the same times; `None` if the statement compares no trajectories.
    fn trace(
        &self,
        _problem: &Problem,
        _settings: &Settings,
        _step_size: f64,
    ) -> Option<Result<Trace, TraceError>> {
        None
    }
}
