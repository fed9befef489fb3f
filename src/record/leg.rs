//! A leg and its ladder, as they are stored.

use serde::{Deserialize, Serialize};

use super::finite;
use super::number::{small_with_bar, with_bar};
use crate::leg::{LegEvidence, LegKind};
use crate::measure::{Point, largest};

/// A leg of a theorem: a ladder of errors and its curve ln e = intercept + order ln ε + next_term ε.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegRecord {
    /// What kind of statement it makes.
    pub kind: LegKind,
    /// The order claimed; none for an identity.
    pub claimed_order: Option<Order>,
    /// The order fitted.
    pub measured_order: Option<f64>,
    /// The half-width of its bar; of a bound's, of its 95 % confidence interval.
    pub half_width: Option<f64>,
    /// The fit's constant term.
    pub intercept: Option<f64>,
    /// The slopes between neighbouring used points, coarsest first.
    pub pairwise: Vec<Option<f64>>,
    /// The points, coarsest first.
    pub ladder: Vec<RungRecord>,
    /// The weight of the fit's next term.
    pub next_term: Option<f64>,
    /// The half-widths of a bound's 95 % confidence band in ln e, at the used points.
    pub band: Vec<Option<f64>>,
    /// The order measured, where it is above the one claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharper: Option<f64>,
    /// Whether the order is not tested, as the ladder is too short or uneven: the coefficients decide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untested: bool,
    /// What the claim leaves of the error below its order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remainder: Option<RemainderRecord>,
    /// The same leg against the claim without its powers of ε: the plain gradient flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<Box<LegRecord>>,
}

/// A claimed order: an integer where it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Order {
    /// A whole order.
    Whole(i64),
    /// Any other.
    Real(f64),
}

/// One point of a ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RungRecord {
    /// The step size ε.
    pub step_size: f64,
    /// The norm of the error.
    pub error: Option<f64>,
    /// Whether the point is fitted.
    pub used: bool,
}

/// What a claim leaves of the error at a power of ε below the claimed order, relative to what it
/// declares there: zero if it is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemainderRecord {
    /// The power of ε.
    pub power: u32,
    /// The limit of the error over that power.
    pub value: f64,
    /// The half-width of its bar.
    pub half_width: f64,
}

impl LegRecord {
    pub(super) fn of(leg: &LegEvidence) -> Self {
        let fit = leg.fit.as_ref();
        let all = |values: &[f64]| values.iter().map(|&value| finite(value)).collect();
        let rung = |point: &Point| RungRecord {
            step_size: point.step_size,
            error: finite(point.error),
            used: point.used,
        };
        LegRecord {
            kind: leg.kind,
            claimed_order: (!leg.kind.is_equality()).then(|| Order::of(leg.claimed_order)),
            measured_order: fit.and_then(|fit| finite(fit.order)),
            half_width: fit.and_then(|fit| finite(fit.half_width)),
            intercept: fit.and_then(|fit| finite(fit.intercept)),
            pairwise: fit.map_or_else(Vec::new, |fit| all(&fit.pairwise)),
            ladder: leg.ladder.iter().map(rung).collect(),
            next_term: fit.and_then(|fit| finite(fit.next_term)),
            band: fit.map_or_else(Vec::new, |fit| all(&fit.band)),
            sharper: leg.sharper,
            untested: leg.recovery_decides,
            remainder: leg.remainder().map(|left| RemainderRecord {
                power: left.power,
                value: left.estimate.value,
                half_width: left.estimate.half_width,
            }),
            plain: None,
        }
    }
    /// The measured order with its bar, 1.998(4); of an identity its largest error, ±2e-15. `None` if
    /// neither was measured.
    pub fn found(&self) -> Option<String> {
        match self.measured_order {
            Some(order) => Some(with_bar(order, self.half_width.unwrap_or(f64::NAN), 3)),
            None if self.kind.is_equality() => {
                let errors = self.ladder.iter().map(|rung| rung.error.unwrap_or(f64::NAN));
                Some(largest(errors)).filter(|worst| worst.is_finite()).map(|x| format!("±{x:.0e}"))
            }
            None => None,
        }
    }
}

impl RemainderRecord {
    /// The value beside its bar: 0(3e-10), or 2.1e-5(3e-7).
    pub fn found(&self) -> String {
        small_with_bar(self.value, self.half_width)
    }
}

impl Order {
    fn of(order: f64) -> Self {
        let whole = order.fract().abs() <= 0.0 && order.abs() < 1e9;
        if whole { Order::Whole(order as i64) } else { Order::Real(order) }
    }

    /// As a number.
    pub fn value(self) -> f64 {
        match self {
            Order::Whole(order) => order as f64,
            Order::Real(order) => order,
        }
    }
}
