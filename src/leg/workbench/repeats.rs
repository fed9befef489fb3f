//! Whether a leg answers the same when it is asked again.

use super::Workbench;
use crate::leg::{Obstacle, Variant};
use crate::scalar::DoubleDouble;

/// What the coarsest rung of a claim as stated shows; none where it cannot be measured.
pub struct Answers {
    observed: Option<Vec<DoubleDouble>>,
    predicted: Option<Vec<DoubleDouble>>,
}

impl Workbench<'_> {
    /// Runs the coarsest rung of the claim as stated, whatever is known of it.
    pub fn answers(&self) -> Answers {
        let Some(coarsest) = self.rungs.first() else {
            return Answers { observed: None, predicted: None };
        };
        let stated = Variant::stated(self.leg.terms());
        self.effort.spend(|| Answers {
            observed: self.leg.observe(coarsest, None).ok().map(|seen| seen.values),
            predicted: self.leg.predict(coarsest, &stated).ok(),
        })
    }

    /// Why nothing that was measured since `before` counts, if the coarsest rung shows something else now: what
    /// runs by a state of its own, such as a counter of its calls, is neither a method nor a flow.
    pub fn changed_since(&self, before: &Answers) -> Option<String> {
        let coarsest = self.rungs.first()?.step_size;
        let now = self.answers();
        let parts = [
            ("method", &before.observed, &now.observed),
            ("flow", &before.predicted, &now.predicted),
        ];
        let differs = |first: &Option<Vec<DoubleDouble>>, again: &Option<Vec<DoubleDouble>>| match (
            first, again,
        ) {
            (Some(first), Some(again)) => differ(first, again),
            (first, again) => first.is_some() != again.is_some(),
        };
        let (part, ..) = parts.into_iter().find(|(_, first, again)| differs(first, again))?;
        Some(Obstacle::TwoAnswers { step_size: coarsest, part }.to_string())
    }
}

/// Whether two answers differ in a bit; two that are no numbers do not.
fn differ(first: &[DoubleDouble], again: &[DoubleDouble]) -> bool {
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    first.len() != again.len()
        || first.iter().zip(again).any(|(a, b)| !same(a.hi(), b.hi()) || !same(a.lo(), b.lo()))
}
