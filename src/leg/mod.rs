//! One leg of a theorem on one loss: what is observed beside what is predicted, measured and judged.

mod effort;
mod evidence;
mod judge;
mod kind;
mod obstacle;
mod pace;
mod rung;
mod sabotage;
#[cfg(test)]
pub(crate) mod synthetic;
mod variant;
mod workbench;

pub use effort::Effort;
pub use evidence::{Finding, LegEvidence, Recovered, Remainder};
pub(crate) use judge::doubt;
pub use judge::{BAR_TOLERANCE, ORDER_TOLERANCE};
pub use kind::LegKind;
pub use obstacle::Obstacle;
pub use pace::Pace;
pub use rung::{Agreement, Observation, Rung};
pub use sabotage::Sabotage;
pub use variant::Variant;
pub use workbench::{Answers, Workbench};

use std::borrow::Cow;

use crate::flow::Term;
use crate::scalar::{DoubleDouble, Ratio, Scalar};

/// One leg of a theorem on one loss.
///
/// A check calls [`observe`](Leg::observe) and [`predict`](Leg::predict) over the
/// declared rungs, for the claim and for its sabotaged twins.
pub trait Leg: Send + Sync {
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
    fn agreement(&self, _rung: &Rung, _terms: &[Term]) -> Result<Agreement, Obstacle> {
        Ok(Agreement { disagreement: 0.0, lacking: None })
    }

    /// The processor time in seconds that measuring it under that many `variants` of its claim takes, roughly:
    /// known before anything is measured; 0 where that is never long.
    fn foreseen(&self, _variants: usize) -> f64 {
        0.0
    }

    /// The number of paths of one block over which the observed mean is taken, 1 where there is no mean.
    fn paths(&self) -> f64 {
        1.0
    }

    /// The number of steps that one block of the observed iterates takes.
    fn steps(&self) -> usize {
        1
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
    fn twins(&self) -> Vec<Cow<'static, str>> {
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

impl dyn Leg {
    /// The controls that fit: those of its terms, a clock that runs 1 % fast if it has one, a
    /// foreign term of 1 % if it takes one, and its own twins.
    pub fn controls(&self) -> Vec<Sabotage> {
        let mut controls = Sabotage::of_terms(&self.terms());
        if self.has_clock() {
            controls.push(Sabotage::Clock(Ratio::new(101, 100)));
        }
        if self.takes_foreign_term() {
            controls.push(Sabotage::Foreign(Ratio::new(1, 100)));
        }
        controls.extend(self.twins().into_iter().map(|twin| Sabotage::Twin(twin.into_owned())));
        controls
    }

    /// Whether `sabotage` changes anything in it.
    pub fn is_concerned_by(&self, sabotage: &Sabotage) -> bool {
        match sabotage {
            Sabotage::Omit(term)
            | Sabotage::Negate(term)
            | Sabotage::Scale(term, _)
            | Sabotage::Insert(term) => self.terms().iter().any(|t| t.name == *term),
            Sabotage::Clock(_) => self.has_clock(),
            Sabotage::Foreign(_) => self.takes_foreign_term(),
            Sabotage::Twin(name) => self.twins().iter().any(|twin| twin == name),
        }
    }
}

#[cfg(test)]
mod tests;
