//! Evidence: what was measured of one leg under one variant of its claim.

use std::borrow::Cow;

use super::kind::LegKind;
use crate::measure::{Estimate, OrderFit, Point};
use crate::scalar::Ratio;

/// What the evidence says of one leg.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The leg holds as claimed.
    Holds,
    /// The leg is refuted by its slope (for identities and bounds: by its size).
    RefutedBySlope,
    /// The leg is refuted by a recovered coefficient.
    RefutedByRecovery,
    /// The leg is refuted by what the claim leaves of the error.
    RefutedByRemainder,
    /// The evidence does not decide, and why.
    Undecided(String),
}

/// A coefficient read off a leg.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The term.
    pub term: Cow<'static, str>,
    /// The coefficient claimed.
    pub claimed: Ratio,
    /// What the errors say it is.
    pub estimate: Option<Estimate>,
    /// The magnitude that relative precision refers to: |claimed|, or that of the unsabotaged
    /// coefficient where the claim is 0.
    pub magnitude: f64,
    /// Why there is no estimate.
    pub hidden: Option<String>,
}

impl Recovered {
    /// The half-width of the bar relative to the magnitude; infinite without an estimate.
    pub fn relative_bar(&self) -> f64 {
        self.estimate.map_or(f64::INFINITY, |e| e.half_width / self.magnitude)
    }
}

/// What is left of the error beyond the claim, at one power of the step size: zero if the claim is
/// complete.
///
/// With claimed order p it is the limit of ‖e(ε)‖/ε^q for ε → 0, at each q < p, relative to the effect
/// of the declared terms at that power; where none is declared, relative to the effect of all of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Remainder {
    /// The power q of ε.
    pub power: u32,
    /// Whether it is the power at which the highest declared term enters.
    pub of_highest_term: bool,
    /// The limit and the half-width of its bar.
    pub estimate: Estimate,
}

impl Remainder {
    /// How many bars it is away from zero.
    pub fn bars(&self) -> f64 {
        self.estimate.value / self.estimate.half_width
    }
}

/// One leg under one variant of its claim.
#[derive(Clone, Debug)]
pub struct LegEvidence {
    /// What kind of statement the leg makes.
    pub kind: LegKind,
    /// The order it is judged by: the one claimed or, for a control of a claim that turned out sharper
    /// than it says, that of the claim as measured.
    pub claimed_order: f64,
    /// The ladder with its errors.
    pub ladder: Vec<Point>,
    /// The fitted order, if at least five points stand above the floor.
    pub fit: Option<OrderFit>,
    /// The order measured, where it is above the one claimed.
    pub sharper: Option<f64>,
    /// The coefficients, if they were recovered.
    pub recovered: Vec<Recovered>,
    /// What the error leaves unexplained, by powers of ε below the claimed order.
    pub remainders: Vec<Remainder>,
    /// Whether the ladder is too short or uneven to test the order: the recovered coefficients decide.
    pub recovery_decides: bool,
    /// What follows.
    pub finding: Finding,
}

impl LegEvidence {
    /// The remainder that reports show: the one furthest from zero in bars if any is further than one,
    /// else that at the power of the highest declared term.
    pub fn remainder(&self) -> Option<Remainder> {
        let furthest = self.remainders.iter().max_by(|a, b| a.bars().total_cmp(&b.bars()));
        let declared = self.remainders.iter().find(|r| r.of_highest_term);
        furthest.filter(|r| r.bars() > 1.0).or(declared).copied()
    }
}
