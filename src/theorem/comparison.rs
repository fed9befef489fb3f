//! One leg of a theorem on one loss: what is observed beside what is predicted.

use super::control::Variant;
use crate::arithmetic::NotContracting;
use crate::flow::Term;
use crate::integrate;
use crate::scalar::{DoubleDouble, Scalar};

/// What kind of statement a leg makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LegKind {
    /// The error of one step, as a power of the step size.
    Step,
    /// The error of one epoch.
    Epoch,
    /// The error at a fixed time.
    Global,
    /// The distance of two points of rest.
    Equilibrium,
    /// A quantity falls at least as fast as claimed.
    Bound,
    /// Two expressions are equal.
    Identity,
    /// The step size at which the iterates begin to behave differently.
    Threshold,
}

impl LegKind {
    /// The name in reports and tests.
    pub fn name(self) -> &'static str {
        match self {
            LegKind::Step => "step",
            LegKind::Epoch => "epoch",
            LegKind::Global => "global",
            LegKind::Equilibrium => "equilibrium",
            LegKind::Bound => "bound",
            LegKind::Identity => "identity",
            LegKind::Threshold => "threshold",
        }
    }

    /// The power of ε with which a term ε^0 of a field enters the error: a block takes time ε.
    pub fn power_of_a_block(self) -> u32 {
        u32::from(matches!(self, LegKind::Step | LegKind::Epoch))
    }

    /// Whether the error is claimed to be a power of the step size with a clean expansion in it.
    pub fn has_power(self) -> bool {
        !self.is_equality() && self != LegKind::Bound
    }

    /// Whether both sides are equal as they stand, at every rung, instead of up to a power of the
    /// step size.
    pub fn is_equality(self) -> bool {
        matches!(self, LegKind::Identity | LegKind::Threshold)
    }
}

/// One rung of a ladder: a step size and how many blocks of steps are taken.
///
/// Identities count random samples in `blocks`; bounds put the small parameter in `step_size`,
/// thresholds the momentum coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rung {
    /// The step size ε.
    pub step_size: f64,
    /// The number of blocks.
    pub blocks: usize,
}

impl Rung {
    /// Half the step size over the same time.
    #[must_use]
    pub fn halved(self) -> Self {
        Rung { step_size: 0.5 * self.step_size, blocks: 2 * self.blocks }
    }
}

/// What was observed at one rung.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The observed vector.
    pub values: Vec<DoubleDouble>,
    /// The round-off that its computation may have gathered, in the Euclidean norm.
    pub floor: f64,
}

/// How far the reference at one rung can be trusted.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The largest error of the reference that the evidence leaves possible.
    pub disagreement: f64,
    /// What a second integrator would have needed, if there was none.
    pub lacking: Option<String>,
}

/// Why a leg could not be measured.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Obstacle {
    /// The reference flow could not be followed.
    #[error("{0}")]
    Flow(#[from] integrate::Fault),
    /// An implicit method found no next iterate.
    #[error("at step size {step_size:.4e} {fault}")]
    Implicit {
        /// The step size.
        step_size: f64,
        /// What happened.
        fault: NotContracting,
    },
    /// The iterates left every bound.
    #[error(
        "the iterates diverge at step size {step_size:.2e}: stability needs one below about \
         {limit:.2e}; shorten the horizon"
    )]
    Diverged {
        /// The step size.
        step_size: f64,
        /// 2/L with the curvature L at the start.
        limit: f64,
    },
    /// The loss is not finite where it is needed.
    #[error(
        "the {what} is not finite where it is needed; the theorem needs a loss that is finite and smooth there"
    )]
    NotFinite {
        /// Which derivative.
        what: &'static str,
    },
    /// The loss is known in `f64` only, and the statement needs more of it.
    #[error("the loss is known in f64 only, without {what}")]
    NotKnown {
        /// What is needed.
        what: &'static str,
    },
    /// A method works with what is no ratio of integers.
    #[error(
        "a hyperparameter of the method is undefined: it divides by zero, or needs integers beyond 128 bits"
    )]
    Undefined,
    /// A coefficient of the claim is no ratio of integers.
    #[error(
        "the coefficient of the {term} is undefined: it divides by zero, or needs integers beyond 128 bits"
    )]
    NoCoefficient {
        /// The term.
        term: &'static str,
    },
    /// A point of rest could not be found.
    #[error("no {what} was found: the residual is still {residual:.3e}")]
    NoEquilibrium {
        /// What was looked for.
        what: &'static str,
        /// The norm of the residual.
        residual: f64,
    },
}

/// One leg of a theorem on one loss.
///
/// A check calls [`observe`](Comparison::observe) and [`predict`](Comparison::predict) over the
/// declared rungs, for the claim and for its sabotaged twins.
pub trait Comparison: Send + Sync {
    /// What kind of statement this is.
    fn kind(&self) -> LegKind;

    /// The claimed order of the error in the rung's parameter; 0 for an equality.
    fn claimed_order(&self) -> f64;

    /// The terms of the claim, whose coefficients are recovered.
    fn terms(&self) -> Vec<Term>;

    /// The ladder, coarsest rung first, declared before anything is measured.
    fn rungs(&self) -> Vec<Rung>;

    /// The observed vector, of the claim's subject or of the named twin in its place.
    ///
    /// # Errors
    /// [`Obstacle`] if it cannot be computed.
    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle>;

    /// The vector predicted by `claim`: with its coefficients, its factor on time and its foreign term.
    ///
    /// # Errors
    /// [`Obstacle`] if it cannot be computed.
    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle>;

    /// How far the prediction of the claim can be trusted at this rung; by default, for predictions in
    /// closed form, entirely.
    ///
    /// # Errors
    /// [`Obstacle`] if that cannot be computed.
    fn certify(&self, _rung: &Rung, _terms: &[Term]) -> Result<Certificate, Obstacle> {
        Ok(Certificate { disagreement: 0.0, lacking: None })
    }

    /// Whether the prediction runs for a time, so that a wrong clock is a control.
    fn has_clock(&self) -> bool {
        true
    }

    /// Whether a term that no claim of this kind has can be added to the prediction, as a control.
    fn takes_foreign_term(&self) -> bool {
        false
    }

    /// The rung below `rung`, for a ladder whose leading errors have not settled; `None` where a finer
    /// one is out of reach.
    fn finer(&self, _rung: &Rung) -> Option<Rung> {
        None
    }

    /// Polygons through points that what is observed visits, along which a loss may turn out not to be
    /// smooth.
    fn visited(&self) -> Vec<Vec<Vec<f64>>> {
        Vec::new()
    }

    /// Names of further sabotaged twins of what is observed: another sampling, another scaling.
    fn twins(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether the ladder is too short or uneven for a slope to decide, so that the recovered
    /// coefficients do.
    fn recovery_decides(&self) -> bool {
        false
    }
}

/// The values as observations and predictions carry them.
pub fn exact(values: &[f64]) -> Vec<DoubleDouble> {
    values.iter().map(|&x| DoubleDouble::from_f64(x)).collect()
}
