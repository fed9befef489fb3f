//! Synthetic evidence and legs whose truth is known, for the tests of the rules.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::Finding;
use super::{LegEvidence, Recovered, Remainder};
use std::borrow::Cow;

use crate::flow::Term;
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Rung, Variant};
use crate::measure::{Estimate, OrderFit, Point};
use crate::scalar::{DoubleDouble, Ratio, Scalar};

/// A leg of this kind and order that holds, with nothing in it.
pub fn evidence(kind: LegKind, claimed_order: f64) -> LegEvidence {
    LegEvidence {
        kind,
        claimed_order,
        ladder: Vec::new(),
        fit: None,
        sharper: None,
        recovered: Vec::new(),
        remainders: Vec::new(),
        recovery_decides: false,
        finding: Finding::Holds,
    }
}

/// A fit with this order and half-width, whose slopes all are that order.
pub fn fitted(order: f64, half_width: f64) -> OrderFit {
    OrderFit {
        order,
        half_width,
        intercept: 0.0,
        next_term: 0.0,
        band: Vec::new(),
        pairwise: vec![order; 5],
    }
}

/// A coefficient claimed to be ½, found here with this bar.
pub fn half(value: f64, half_width: f64) -> Recovered {
    Recovered {
        term: "penalty".into(),
        claimed: Ratio::new(1, 2),
        estimate: Some(Estimate { value, half_width }),
        magnitude: 0.5,
        hidden: None,
    }
}

/// A coefficient that no leg shows.
pub fn unseen(term: &'static str, hidden: Option<&str>) -> Recovered {
    Recovered {
        term: term.into(),
        claimed: Ratio::new(1, 2),
        estimate: None,
        magnitude: 0.5,
        hidden: hidden.map(str::to_owned),
    }
}

/// What is left at this power.
pub fn left(power: u32, value: f64, half_width: f64) -> Remainder {
    Remainder { power, of_highest_term: false, estimate: Estimate { value, half_width } }
}

/// Points with these errors, used or not.
pub fn ladder(errors: &[(f64, bool)]) -> Vec<Point> {
    let step = |j: usize| 0.1 / f64::powi(2.0, j as i32);
    let point = |(j, &(error, used)): (usize, &(f64, bool))| Point {
        step_size: step(j),
        error,
        floor: 0.0,
        used,
    };
    errors.iter().enumerate().map(point).collect()
}

type Observed = dyn Fn(&Rung, Option<&str>) -> Result<Observation, Obstacle> + Send + Sync;
type Predicted = dyn Fn(&Rung, &Variant) -> Result<Vec<DoubleDouble>, Obstacle> + Send + Sync;

/// A leg made of closed formulas.
pub struct Made {
    pub kind: LegKind,
    pub order: f64,
    pub terms: Vec<Term>,
    pub rungs: Vec<Rung>,
    pub observed: Box<Observed>,
    pub predicted: Box<Predicted>,
    pub agreement: Result<Agreement, Obstacle>,
    pub steps: usize,
    pub clock: bool,
    pub foreign: bool,
    pub twins: Vec<&'static str>,
    pub recovery_decides: bool,
    pub finest: f64,
}

/// Halvings from this step size, one block each.
pub fn halvings(coarsest: f64, count: usize) -> Vec<Rung> {
    (0..count)
        .map(|j| Rung { step_size: coarsest / f64::powi(2.0, j as i32), blocks: 1 << j })
        .collect()
}

/// The numbers as legs carry them.
pub fn wide(values: &[f64]) -> Vec<DoubleDouble> {
    values.iter().map(|&x| DoubleDouble::from_f64(x)).collect()
}

impl Made {
    /// A leg at a fixed time that observes `error(ε)` and predicts 0: its error is what is observed.
    pub fn with_error(order: f64, error: impl Fn(f64) -> Vec<f64> + Send + Sync + 'static) -> Self {
        let observed = move |rung: &Rung, _: Option<&str>| {
            Ok(Observation { values: wide(&error(rung.step_size)), floor: 1e-25 })
        };
        Made {
            kind: LegKind::Global,
            order,
            terms: Vec::new(),
            rungs: halvings(0.1, 8),
            observed: Box::new(observed),
            predicted: Box::new(|_, _| Ok(Vec::new())),
            agreement: Ok(Agreement { disagreement: 0.0, lacking: None }),
            steps: 1,
            clock: false,
            foreign: false,
            twins: Vec::new(),
            recovery_decides: false,
            finest: f64::INFINITY,
        }
    }

    /// A leg at the time 1 whose truth is (1 + c ε, 2) + ε² (1, 3), claimed to be (1 + c₀ ε, 2) with the
    /// coefficient c₀ = ¼ of "penalty" and time measured along both coordinates.
    pub fn with_penalty(truth: f64) -> Self {
        let observed = move |rung: &Rung, twin: Option<&str>| {
            let eps = rung.step_size;
            let c = match twin {
                Some("doubled") => 2.0 * truth,
                _ => truth,
            };
            let values = [1.0 + c * eps + eps * eps, 2.0 + 3.0 * eps * eps];
            Ok(Observation { values: wide(&values), floor: 1e-16 })
        };
        let predicted = |rung: &Rung, claim: &Variant| {
            let c = f64::from_ratio(claim.terms[0].coefficient);
            let clock = f64::from_ratio(claim.clock);
            let share = f64::from_ratio(claim.foreign);
            let eps = rung.step_size;
            Ok(wide(&[clock + c * eps, 2.0 * clock + share * eps]))
        };
        Made {
            order: 2.0,
            terms: vec![Term::new("penalty", 1, 4, 1)],
            observed: Box::new(observed),
            predicted: Box::new(predicted),
            clock: true,
            foreign: true,
            twins: vec!["doubled"],
            ..Made::with_error(2.0, |_| Vec::new())
        }
    }
}

impl Leg for Made {
    fn kind(&self) -> LegKind {
        self.kind
    }
    fn claimed_order(&self) -> f64 {
        self.order
    }
    fn terms(&self) -> Vec<Term> {
        self.terms.clone()
    }
    fn rungs(&self) -> Vec<Rung> {
        self.rungs.clone()
    }
    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        (self.observed)(rung, twin)
    }
    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        (self.predicted)(rung, claim)
    }
    fn agreement(&self, _rung: &Rung, _terms: &[Term]) -> Result<Agreement, Obstacle> {
        self.agreement.clone()
    }
    fn steps(&self) -> usize {
        self.steps
    }

    fn has_clock(&self) -> bool {
        self.clock
    }
    fn takes_foreign_term(&self) -> bool {
        self.foreign
    }
    fn finer(&self, rung: &Rung) -> Option<Rung> {
        Some(rung.halved()).filter(|rung| rung.step_size >= self.finest)
    }
    fn twins(&self) -> Vec<Cow<'static, str>> {
        self.twins.iter().map(|&name| name.into()).collect()
    }
    fn recovery_decides(&self) -> bool {
        self.recovery_decides
    }
}
