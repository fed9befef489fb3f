//! A sabotaged twin, as it is stored.

use serde::{Deserialize, Serialize};

use super::{LegRecord, with_bar};
use crate::theorem::{ControlOutcome, DecidedBy, Verdict};

/// A sabotaged twin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlRecord {
    /// The name of the sabotage.
    pub name: String,
    /// The verdict on the twin.
    pub verdict: Verdict,
    /// What refuted it.
    pub decided_by: Option<DecidedBy>,
    /// The legs it concerns.
    pub legs: Vec<LegRecord>,
}

impl ControlRecord {
    pub(super) fn of(control: &ControlOutcome) -> Self {
        ControlRecord {
            name: control.name.clone(),
            verdict: control.verdict,
            decided_by: control.decided_by,
            legs: control.legs.iter().map(LegRecord::of).collect(),
        }
    }
    /// The measured orders of its legs with their bars.
    pub fn found(&self) -> Vec<String> {
        let order = |leg: &LegRecord| Some(with_bar(leg.measured_order?, leg.half_width?, 2));
        self.legs.iter().filter_map(order).collect()
    }
}
