//! The evidence "expanded": a claimed field beside the one that the method's step has, in numbers.

use serde::{Deserialize, Serialize};

/// Fields that differ by less are one field with constants rounded to `f64`.
const ROUNDED: f64 = 1e-13;

/// What expansions say of a claimed field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpandedStatus {
    /// It is the field of the method at every point looked at, and its twins are not.
    Expanded,
    /// It is another one on the loss that is checked, at its start.
    Refuted,
    /// They do not tell.
    Open,
}

/// Where a claimed field is not the one that the method has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldGap {
    /// The loss.
    pub loss: String,
    /// The power of ε in dw/dt.
    pub power: usize,
    /// The largest difference of a component there, relative to the largest component.
    pub relative: f64,
}

/// A claimed field beside the series in ε that a method's step has, at points of some losses, to the digits of
/// double-double: what stands in the place of a proof for methods and flows that have no exact series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expanded {
    /// What it says.
    pub status: ExpandedStatus,
    /// The powers of ε compared: those below this one.
    pub powers: usize,
    /// The losses.
    pub losses: Vec<String>,
    /// The points on each of them.
    pub points: usize,
    /// The largest relative difference anywhere.
    pub relative: Option<f64>,
    /// The sabotaged twins of the claim, and how many of them are seen to be another field.
    pub twins: usize,
    /// See `twins`.
    pub told_apart: usize,
    /// The first difference that is none of round-off.
    pub first_failure: Option<FieldGap>,
    /// Why expansions do not tell.
    pub reason: Option<String>,
}

impl Expanded {
    /// No comparison, and why.
    pub fn open(powers: usize, reason: impl Into<String>) -> Self {
        Expanded {
            status: ExpandedStatus::Open,
            powers,
            losses: Vec::new(),
            points: 0,
            relative: None,
            twins: 0,
            told_apart: 0,
            first_failure: None,
            reason: Some(reason.into()),
        }
    }

    /// Whether the fields are the same and the twins' are not.
    pub fn holds(&self) -> bool {
        self.status == ExpandedStatus::Expanded
    }

    /// What was compared, in words, where the fields are the same.
    pub fn sentence(&self) -> Option<String> {
        let relative = self.relative.filter(|_| self.holds())?;
        let Expanded { powers, losses, points, told_apart, .. } = self;
        Some(format!(
            "the first {powers} coefficients in ε of the claimed field and of the step's own expansion differ by at \
             most {relative:.0e} of their size at {points} points each of {}, and {told_apart} sabotaged twins are \
             other fields",
            losses.join(", ")
        ))
    }

    /// What a reader of the verdict should know: where the fields differ, though elsewhere than on the loss
    /// that is checked.
    pub fn note(&self) -> Option<String> {
        let gap = self.first_failure.as_ref().filter(|_| self.status == ExpandedStatus::Open)?;
        let rounded = self.relative.is_some_and(|relative| relative < ROUNDED);
        Some(if rounded {
            "not expanded: the claimed field and that of the step agree to the digits of f64 only; constants that are \
             written as ratios are exact"
                .to_owned()
        } else {
            format!("not expanded: {gap}")
        })
    }

    /// Two of one theorem as one: the weaker.
    #[must_use]
    pub fn and(self, other: Expanded) -> Expanded {
        let rank = |found: &Expanded| match found.status {
            ExpandedStatus::Refuted => 0,
            ExpandedStatus::Open => 1,
            ExpandedStatus::Expanded => 2,
        };
        if rank(&other) < rank(&self) { other } else { self }
    }
}

impl std::fmt::Display for FieldGap {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let FieldGap { loss, power, relative } = self;
        let at = crate::flow::power_of_step(*power as u32);
        write!(
            f,
            "the claimed field and that of the step differ by {relative:.1e} of its size on {loss}, at {at}"
        )
    }
}
