//! A recovered coefficient, as it is stored.

use serde::{Deserialize, Serialize};

use super::finite;
use super::number::with_bar;
use crate::leg::Recovered;
use crate::scalar::{Ratio, Scalar};

/// A recovered coefficient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoefficientRecord {
    /// The term.
    pub term: String,
    /// The exact coefficient claimed.
    pub claimed: String,
    /// What the errors say it is.
    pub recovered: Option<f64>,
    /// The half-width of its bar.
    pub half_width: Option<f64>,
    /// Why it could not be recovered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<String>,
}

impl CoefficientRecord {
    pub(super) fn of(recovered: &Recovered) -> Self {
        CoefficientRecord {
            term: recovered.term.to_string(),
            claimed: recovered.claimed.to_string(),
            recovered: recovered.estimate.and_then(|e| finite(e.value)),
            half_width: recovered.estimate.and_then(|e| finite(e.half_width)),
            hidden: recovered.hidden.clone(),
        }
    }

    /// The coefficient claimed, as a number.
    pub fn claimed_value(&self) -> Option<f64> {
        let ratio: Ratio = self.claimed.parse().ok()?;
        Some(Scalar::from_ratio(ratio))
    }
    /// The recovered value with its bar, of at most that many `decimals`; `None` if there is none.
    pub fn found(&self, decimals: i32) -> Option<String> {
        Some(with_bar(self.recovered?, self.half_width.unwrap_or(f64::NAN), decimals))
    }
}
