//! Whether a leg answers the same when it is asked again.

use super::Workbench;
use crate::leg::{Finding, LegEvidence, Variant};
use crate::scalar::DoubleDouble;

/// What the coarsest rung showed before anything else was run; none where it cannot be measured.
pub struct Before {
    observed: Option<Vec<DoubleDouble>>,
    predicted: Option<Vec<DoubleDouble>>,
}

impl Workbench<'_> {
    /// Runs the coarsest rung of the claim as stated, to be compared with what it shows among all others.
    pub fn before(&self) -> Before {
        let Some(coarsest) = self.rungs.first() else {
            return Before { observed: None, predicted: None };
        };
        let stated = Variant::stated(self.leg.terms());
        self.effort.spend(|| Before {
            observed: self.leg.observe(coarsest, None).ok().map(|seen| seen.values),
            predicted: self.leg.predict(coarsest, &stated).ok(),
        })
    }

    /// The evidence, undecided if the coarsest rung did not show the same again: what runs by a state of its
    /// own, such as a counter of its calls, is neither a method nor a flow, and its errors say nothing.
    pub fn repeated(&mut self, before: &Before, mut evidence: LegEvidence) -> LegEvidence {
        let coarsest = self.rungs.first().map_or(f64::NAN, |rung| rung.step_size);
        let stated = Variant::stated(self.leg.terms());
        let seen = self
            .observations(None)
            .ok()
            .and_then(|mut all| (!all.is_empty()).then(|| all.swap_remove(0).values));
        let said = self
            .predictions(&stated)
            .ok()
            .and_then(|mut all| (!all.is_empty()).then(|| all.swap_remove(0)));
        let parts = [("method", &before.observed, &seen), ("flow", &before.predicted, &said)];
        let changed = parts.into_iter().find(|(_, first, again)| {
            first.as_ref().zip(again.as_ref()).is_some_and(|(first, again)| differ(first, again))
        });
        if let Some((part, ..)) = changed {
            evidence.finding = Finding::Undecided(format!(
                "asked twice for the same at step size {coarsest:.4e}, the {part} gave two answers; neither \
                 it, nor a sampling or a loss, may keep a state of its own from one run to the next"
            ));
        }
        evidence
    }
}

/// Whether two answers differ in a bit; two that are no numbers do not.
fn differ(first: &[DoubleDouble], again: &[DoubleDouble]) -> bool {
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    first.len() != again.len()
        || first.iter().zip(again).any(|(a, b)| !same(a.hi(), b.hi()) || !same(a.lo(), b.lo()))
}
