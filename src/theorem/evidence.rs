//! Evidence: one leg measured under one variant of its claim.

use std::collections::HashMap;

use super::comparison::{Certificate, Comparison, LegKind, Observation, Obstacle, Rung};
use super::control::Variant;
use super::finding::{Finding, judge, judge_bound, judge_identity, judge_order};
use crate::flow::Term;
use crate::measure::{
    Estimate, FLOOR_FACTOR, Model, OrderFit, Point, extrapolate_to_zero, fit_order,
    keep_above_floor, norm, project,
};
use crate::scalar::{DoubleDouble, Ratio, Scalar};

/// A coefficient read off a leg.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The term.
    pub term: &'static str,
    /// The coefficient claimed.
    pub claimed: Ratio,
    /// What the errors say it is.
    pub estimate: Option<Estimate>,
    /// The magnitude that relative precision refers to: |claimed|, or that of the unsabotaged
    /// coefficient where the claim is 0.
    pub magnitude: f64,
}

/// One leg under one variant of its claim.
#[derive(Clone, Debug)]
pub struct LegEvidence {
    /// What kind of statement the leg makes.
    pub kind: LegKind,
    /// The order claimed.
    pub claimed_order: f64,
    /// The ladder with its errors.
    pub ladder: Vec<Point>,
    /// The fitted order, if at least five points stand above the floor.
    pub fit: Option<OrderFit>,
    /// The coefficients, if they were recovered.
    pub recovered: Vec<Recovered>,
    /// What follows.
    pub finding: Finding,
}

/// The order of a term's effect has to stay this far below the claimed order of the error.
const EFFECT_GAP: f64 = 0.5;

/// One leg with everything computed for it so far, so that controls share what they can.
pub struct Workbench<'a> {
    leg: &'a dyn Comparison,
    rungs: Vec<Rung>,
    certificate: Option<Certificate>,
    observations: HashMap<Option<String>, Result<Vec<Observation>, Obstacle>>,
    predictions: HashMap<String, Predictions>,
    limit: Option<Result<(), Obstacle>>,
}

type Predictions = Result<Vec<Vec<DoubleDouble>>, Obstacle>;

impl<'a> Workbench<'a> {
    /// A workbench with nothing computed yet.
    pub fn new(leg: &'a dyn Comparison) -> Self {
        let rungs = leg.rungs();
        Workbench {
            leg,
            rungs,
            certificate: None,
            observations: HashMap::new(),
            predictions: HashMap::new(),
            limit: None,
        }
    }

    fn observations(&mut self, twin: Option<&str>) -> Result<Vec<Observation>, Obstacle> {
        let (leg, rungs) = (self.leg, &self.rungs);
        (self.observations.entry(twin.map(str::to_owned)))
            .or_insert_with(|| rungs.iter().map(|rung| leg.observe(rung, twin)).collect())
            .clone()
    }

    fn predictions(&mut self, terms: &[Term], clock: Ratio) -> Predictions {
        let coefficients: Vec<String> = terms.iter().map(|t| t.coefficient.to_string()).collect();
        let key = format!("{} @ {clock}", coefficients.join(" "));
        let (leg, rungs) = (self.leg, &self.rungs);
        (self.predictions.entry(key))
            .or_insert_with(|| rungs.iter().map(|rung| leg.predict(rung, terms, clock)).collect())
            .clone()
    }

    /// How far the reference can be trusted: certified once a ladder, at its finest rung.
    fn certified(&mut self) -> Result<Certificate, Obstacle> {
        if let Some(known) = &self.certificate {
            return Ok(known.clone());
        }
        let certificate = match self.rungs.last() {
            Some(finest) => self.leg.certify(finest, &self.leg.terms())?,
            None => Certificate { disagreement: 0.0, lacking: None },
        };
        Ok(self.certificate.insert(certificate).clone())
    }

    /// Evidence that the leg lacks, if any.
    pub fn lacking(&self) -> Option<String> {
        self.certificate.as_ref().and_then(|certificate| certificate.lacking.clone())
    }

    /// Measures the errors and fits their order: everything but the coefficients.
    pub fn slope(&mut self, variant: &Variant) -> LegEvidence {
        match self.errors(variant) {
            Ok((errors, floors)) => self.judge_errors(&errors, &floors),
            Err(obstacle) => LegEvidence {
                kind: self.leg.kind(),
                claimed_order: self.leg.claimed_order(),
                ladder: self.unmeasured(),
                fit: None,
                recovered: Vec::new(),
                finding: Finding::Undecided(obstacle.to_string()),
            },
        }
    }

    /// Recovers the coefficients beside a slope already measured, and judges both together.
    pub fn recover(&mut self, variant: &Variant, mut evidence: LegEvidence) -> LegEvidence {
        if variant.terms.is_empty() || evidence.ladder.iter().all(|p| !p.error.is_finite()) {
            return evidence;
        }
        evidence.recovered = self.coefficients(variant);
        evidence.finding = judge(self.leg, &evidence);
        evidence
    }

    fn unmeasured(&self) -> Vec<Point> {
        (self.rungs.iter())
            .map(|r| Point { step_size: r.step_size, error: f64::NAN, used: false })
            .collect()
    }

    /// Whether the claim without its powers of ε reaches the end: a claim about small ε says nothing
    /// beyond the end of that flow, however far the modified one gets.
    fn limit(&mut self) -> Result<(), Obstacle> {
        let (leg, rungs) = (self.leg, &self.rungs);
        let follow = || {
            let plain = Variant::plain(leg);
            let coarsest = rungs.first().filter(|_| leg.has_clock());
            coarsest.map_or(Ok(()), |rung| leg.predict(rung, &plain.terms, plain.clock).map(drop))
        };
        self.limit.get_or_insert_with(follow).clone()
    }

    /// The signed error vectors and the floor of each rung.
    fn errors(&mut self, variant: &Variant) -> Result<(Vec<Vec<f64>>, Vec<f64>), Obstacle> {
        let observed = self.observations(variant.twin.as_deref())?;
        self.limit()?;
        let predicted = self.predictions(&variant.terms, variant.clock)?;
        let errors = (observed.iter().zip(&predicted))
            .map(|(seen, said)| difference(&seen.values, said))
            .collect();
        let trusted = self.certified()?.disagreement;
        // A disagreement that is NaN vouches for nothing: no point stands above it.
        let floor = |own: f64| if trusted.is_nan() { f64::INFINITY } else { own.max(trusted) };
        let floors = observed.iter().map(|seen| floor(seen.floor)).collect();
        Ok((errors, floors))
    }

    fn judge_errors(&self, errors: &[Vec<f64>], floors: &[f64]) -> LegEvidence {
        let step_sizes: Vec<f64> = self.rungs.iter().map(|r| r.step_size).collect();
        let sizes: Vec<f64> = errors.iter().map(|e| norm(e)).collect();
        let mut ladder = keep_above_floor(&step_sizes, &sizes, floors);
        let fit = match self.leg.kind() {
            kind if kind.is_equality() => {
                // Every sample counts: an identity is refuted by errors above the floor.
                ladder.iter_mut().for_each(|p| p.used = p.error.is_finite());
                None
            }
            LegKind::Bound => fit_order(&ladder, Model::PowerLaw),
            _ => fit_order(&ladder, Model::WithNextTerm),
        };
        let mut evidence = LegEvidence {
            kind: self.leg.kind(),
            claimed_order: self.leg.claimed_order(),
            ladder,
            fit,
            recovered: Vec::new(),
            finding: Finding::Holds,
        };
        evidence.finding = match self.leg.kind() {
            kind if kind.is_equality() => judge_identity(&sizes, floors),
            LegKind::Bound => judge_bound(&evidence),
            _ => judge_order(&evidence),
        };
        evidence
    }

    /// ĉ_k for each term: the weight of the term's effect in the error, extrapolated to ε = 0.
    fn coefficients(&mut self, variant: &Variant) -> Vec<Recovered> {
        let stated = self.leg.terms();
        let basis: Vec<Ratio> = (variant.terms.iter().zip(&stated))
            .map(|(checked, stated)| {
                let zero = Ratio::new(0, 1);
                let candidates = [checked.coefficient, stated.coefficient, Ratio::new(1, 1)];
                candidates.into_iter().find(|c| *c != zero).unwrap_or(Ratio::new(1, 1))
            })
            .collect();
        let estimates = self.weights(variant, &basis);
        (variant.terms.iter().enumerate())
            .map(|(k, term)| Recovered {
                term: term.name,
                claimed: term.coefficient,
                estimate: estimates.as_ref().and_then(|e| e[k]),
                magnitude: f64::from_ratio(basis[k]).abs(),
            })
            .collect()
    }

    fn weights(&mut self, variant: &Variant, basis: &[Ratio]) -> Option<Vec<Option<Estimate>>> {
        let (errors, floors) = self.errors(variant).ok()?;
        // The effect of a term is the claim with it minus the claim without it.
        let mut effects: Vec<Vec<Vec<f64>>> = vec![Vec::new(); errors.len()];
        for (k, &unit) in basis.iter().enumerate() {
            let (mut with, mut without) = (variant.terms.clone(), variant.terms.clone());
            with[k].coefficient = unit;
            without[k].coefficient = Ratio::new(0, 1);
            let with = self.predictions(&with, variant.clock).ok()?;
            let without = self.predictions(&without, variant.clock).ok()?;
            for (rung, (with, without)) in with.iter().zip(&without).enumerate() {
                effects[rung].push(difference(with, without));
            }
        }
        if self.leg.kind().is_equality() {
            return self.stacked(variant, basis, &errors, &effects, &floors);
        }
        let mut kept = Vec::new();
        for (rung, error) in errors.iter().enumerate() {
            if let Some(weights) = project(error, &effects[rung]) {
                kept.push((self.rungs[rung].step_size, weights, floors[rung]));
            }
        }
        let step_sizes: Vec<f64> = kept.iter().map(|(eps, ..)| *eps).collect();
        // The error over the effect must vanish with ε, or the weights tend to something else: the
        // effect, apart from what the others explain, has to be of lower order than the error claimed.
        let most = self.leg.claimed_order() - EFFECT_GAP;
        let shows = |k: usize| {
            kept.windows(2).all(|pair| {
                let [(coarse, before, _), (fine, after, _)] = pair else { return true };
                (after[k].1 / before[k].1).ln() / (coarse / fine).ln() <= most
            })
        };
        let estimate = |k: usize| {
            if !shows(k) {
                return None;
            }
            let (unit, claimed) =
                (f64::from_ratio(basis[k]), f64::from_ratio(variant.terms[k].coefficient));
            let values: Vec<f64> =
                kept.iter().map(|(_, weights, _)| claimed + unit * weights[k].0).collect();
            let noise: Vec<f64> =
                kept.iter().map(|(_, weights, floor)| unit.abs() * weights[k].1 * floor).collect();
            extrapolate_to_zero(&step_sizes, &values, &noise)
        };
        Some((0..basis.len()).map(estimate).collect())
    }

    /// An identity holds at every sample, so one least-squares system over all of them does.
    fn stacked(
        &self,
        variant: &Variant,
        basis: &[Ratio],
        errors: &[Vec<f64>],
        effects: &[Vec<Vec<f64>>],
        floors: &[f64],
    ) -> Option<Vec<Option<Estimate>>> {
        let error = errors.concat();
        let stacked: Vec<Vec<f64>> = (0..basis.len())
            .map(|k| effects.iter().flat_map(|sample| sample[k].iter().copied()).collect())
            .collect();
        let floor = norm(floors);
        let weights = project(&error, &stacked)?;
        let estimate = |k: usize| {
            let unit = f64::from_ratio(basis[k]);
            let claimed = f64::from_ratio(variant.terms[k].coefficient);
            Some(Estimate {
                value: claimed + unit * weights[k].0,
                half_width: FLOOR_FACTOR
                    * (floor * weights[k].1 * unit.abs() + f64::EPSILON * unit.abs()),
            })
        };
        Some((0..basis.len()).map(estimate).collect())
    }
}

fn difference(a: &[DoubleDouble], b: &[DoubleDouble]) -> Vec<f64> {
    a.iter().zip(b).map(|(&a, &b)| (a - b).leading()).collect()
}
