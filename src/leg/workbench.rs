//! One leg measured under variants of its claim, which share what they can.

mod coefficients;
mod remainders;
mod repeats;

pub use repeats::Answers;

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::Finding;
use super::LegEvidence;
use super::judge::{judge, judge_bound, judge_identity, judge_order, sharper};
use crate::leg::{Agreement, Effort, Leg, LegKind, Observation, Obstacle, Rung, Variant};
use crate::measure::{Model, Point, fit_order, keep_above_floor, norm};
use crate::scalar::{DoubleDouble, Ratio, Scalar};

/// One leg with everything computed for it so far.
pub struct Workbench<'a> {
    leg: &'a dyn Leg,
    rungs: Vec<Rung>,
    /// The order that variants are judged by.
    order: f64,
    agreement: Option<Agreement>,
    observations: HashMap<Option<String>, Result<Vec<Observation>, Obstacle>>,
    predictions: HashMap<String, Predictions>,
    limit: Option<Result<(), Obstacle>>,
    effort: Arc<Effort>,
}

type Predictions = Result<Vec<Vec<DoubleDouble>>, Obstacle>;

/// The signed error vectors and the floor of each rung.
type Errors = (Vec<Vec<f64>>, Vec<f64>);

/// The effects of the terms at one rung: the claim with each minus the claim without it.
type Effects = Vec<Vec<f64>>;

/// A ladder whose leading errors have not settled is lengthened by at most this many rungs.
const FINER_RUNGS: usize = 6;

impl<'a> Workbench<'a> {
    /// A workbench with nothing computed yet.
    pub fn new(leg: &'a dyn Leg) -> Self {
        Workbench {
            leg,
            rungs: leg.rungs(),
            order: leg.claimed_order(),
            agreement: None,
            observations: HashMap::new(),
            predictions: HashMap::new(),
            limit: None,
            effort: Arc::default(),
        }
    }

    /// A workbench whose time is added to `effort`.
    pub fn sharing(leg: &'a dyn Leg, effort: &Arc<Effort>) -> Self {
        Workbench { effort: Arc::clone(effort), ..Workbench::new(leg) }
    }

    /// Measures the claim as stated: its order, and, if that is above the one claimed, notes it, because
    /// coefficients are read and controls are judged by the order that errors really have.
    ///
    /// Where the leading errors have not settled the ladder is lengthened by up to six finer rungs, if
    /// the leg has any.
    pub fn stated(&mut self) -> LegEvidence {
        let stated = Variant::stated(self.leg.terms());
        let mut evidence = self.slope(&stated);
        for _ in 0..FINER_RUNGS {
            let unsettled = matches!(evidence.finding, Finding::Undecided(_))
                && evidence.fit.is_some()
                && evidence.ladder.last().is_some_and(|finest| finest.used);
            let finer = self.rungs.last().and_then(|finest| self.leg.finer(finest));
            let Some(rung) = finer.filter(|_| unsettled) else { break };
            self.rungs.push(rung);
            self.agreement = None;
            self.observations.clear();
            self.predictions.clear();
            evidence = self.slope(&stated);
        }
        evidence.sharper = sharper(&evidence);
        if let Some(order) = evidence.sharper {
            self.order = order;
        }
        evidence
    }

    fn observations(&mut self, twin: Option<&str>) -> Result<Vec<Observation>, Obstacle> {
        let Workbench { leg, rungs, effort, observations, .. } = self;
        (observations.entry(twin.map(str::to_owned)))
            .or_insert_with(|| over_rungs(rungs, |rung| effort.spend(|| leg.observe(rung, twin))))
            .clone()
    }

    fn predictions(&mut self, claim: &Variant) -> Predictions {
        let Workbench { leg, rungs, effort, predictions, .. } = self;
        (predictions.entry(claim.predicted()))
            .or_insert_with(|| over_rungs(rungs, |rung| effort.spend(|| leg.predict(rung, claim))))
            .clone()
    }

    /// Computes what `variants` observe and predict, all rungs of all of them side by side: they are
    /// measured afterwards from what is known.
    pub fn prepare(&mut self, variants: &[Variant]) {
        let (leg, rungs, effort) = (self.leg, &self.rungs, &*self.effort);
        let mut twins: Vec<Option<&str>> = Vec::new();
        let mut claims: Vec<(String, &Variant)> = Vec::new();
        let defined = |variant: &&Variant| variant.terms.iter().all(|t| t.coefficient.is_defined());
        for variant in variants.iter().filter(defined) {
            let twin = variant.twin.as_deref();
            let known = self.observations.keys().any(|known| known.as_deref() == twin);
            if !known && !twins.contains(&twin) {
                twins.push(twin);
            }
            let key = variant.predicted();
            if !self.predictions.contains_key(&key) && claims.iter().all(|(known, _)| *known != key)
            {
                claims.push((key, variant));
            }
        }
        let (seen, said) = rayon::join(
            || side_by_side(&twins, rungs, |twin, rung| effort.spend(|| leg.observe(rung, *twin))),
            || {
                side_by_side(&claims, rungs, |(_, claim), rung| {
                    effort.spend(|| leg.predict(rung, claim))
                })
            },
        );
        let twins = twins.into_iter().map(|twin| twin.map(str::to_owned));
        self.observations.extend(twins.zip(seen));
        self.predictions.extend(claims.into_iter().map(|(key, _)| key).zip(said));
    }

    /// How far the reference can be trusted: found once a ladder, at its finest rung.
    fn agreed(&mut self) -> Result<Agreement, Obstacle> {
        if let Some(known) = &self.agreement {
            return Ok(known.clone());
        }
        let agreement = match self.rungs.last() {
            Some(finest) => self.effort.spend(|| self.leg.agreement(finest, &self.leg.terms()))?,
            None => Agreement { disagreement: 0.0, lacking: None },
        };
        Ok(self.agreement.insert(agreement).clone())
    }

    /// Evidence that the leg lacks, if any.
    pub fn lacking(&self) -> Option<String> {
        self.agreement.as_ref().and_then(|agreement| agreement.lacking.clone())
    }

    /// Whether the named twin is observed to be what the claim is about, at every rung.
    pub fn coincides(&mut self, twin: &str) -> bool {
        let (Ok(own), Ok(other)) = (self.observations(None), self.observations(Some(twin))) else {
            return false;
        };
        own.iter().zip(&other).all(|(own, other)| {
            norm(&difference(&own.values, &other.values)) <= own.floor.max(other.floor)
        })
    }

    /// Measures the errors and fits their order: everything but the coefficients.
    pub fn slope(&mut self, variant: &Variant) -> LegEvidence {
        match self.errors(variant) {
            Ok((errors, floors)) => self.judge_errors(&errors, &floors),
            Err(obstacle) => LegEvidence {
                kind: self.leg.kind(),
                claimed_order: self.order,
                ladder: self.unmeasured(),
                fit: None,
                sharper: None,
                recovered: Vec::new(),
                remainders: Vec::new(),
                recovery_decides: self.leg.recovery_decides(),
                finding: Finding::Undecided(obstacle.to_string()),
            },
        }
    }

    /// Recovers the coefficients and the remainder beside a slope already measured, and judges all
    /// together.
    pub fn recover(&mut self, variant: &Variant, mut evidence: LegEvidence) -> LegEvidence {
        if evidence.ladder.iter().all(|p| !p.error.is_finite()) {
            return evidence;
        }
        let basis = self.basis(variant);
        let measured = self.errors(variant).and_then(|errors| {
            let effects = self.effects(variant, &basis)?;
            Ok((errors, effects))
        });
        let Ok((errors, effects)) = measured else { return evidence };
        evidence.recovered = self.coefficients(variant, &basis, &errors, &effects);
        if self.leg.kind().has_power() {
            evidence.remainders = self.remainders(variant, &errors, &effects);
        }
        evidence.finding = judge(self.leg, &evidence);
        evidence
    }

    fn unmeasured(&self) -> Vec<Point> {
        (self.rungs.iter())
            .map(|r| Point {
                step_size: r.step_size,
                error: f64::NAN,
                floor: f64::NAN,
                used: false,
            })
            .collect()
    }

    /// Whether the claim without its powers of ε reaches the end: a claim about small ε says nothing
    /// beyond the end of that flow, however far the modified one gets.
    fn limit(&mut self) -> Result<(), Obstacle> {
        let (leg, rungs, effort) = (self.leg, &self.rungs, &*self.effort);
        let follow = || {
            let coarsest = rungs.first().filter(|_| leg.has_clock());
            coarsest
                .map_or(Ok(()), |rung| leg.predict(rung, &Variant::plain(leg.terms())).map(drop))
        };
        self.limit.get_or_insert_with(|| effort.spend(follow)).clone()
    }

    fn errors(&mut self, variant: &Variant) -> Result<Errors, Obstacle> {
        if let Some(term) = variant.terms.iter().find(|term| !term.coefficient.is_defined()) {
            return Err(Obstacle::NoCoefficient { term: term.name.clone() });
        }
        let observed = self.observations(variant.twin.as_deref())?;
        self.limit()?;
        let predicted = self.predictions(variant)?;
        let errors = (observed.iter().zip(&predicted))
            .map(|(seen, said)| difference(&seen.values, said))
            .collect();
        let trusted = self.agreed()?.disagreement;
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
            _ => fit_order(&ladder, Model::Series),
        };
        let mut evidence = LegEvidence {
            kind: self.leg.kind(),
            claimed_order: self.order,
            ladder,
            fit,
            sharper: None,
            recovered: Vec::new(),
            remainders: Vec::new(),
            recovery_decides: self.leg.recovery_decides(),
            finding: Finding::Holds,
        };
        evidence.finding = match self.leg.kind() {
            kind if kind.is_equality() => judge_identity(&sizes, floors),
            LegKind::Bound => judge_bound(&evidence),
            _ => judge_order(&evidence, floors),
        };
        evidence
    }

    /// The coefficient by which the effect of each term is measured: the first of the one checked, the
    /// one stated and 1 that is not zero.
    fn basis(&self, variant: &Variant) -> Vec<Ratio> {
        (variant.terms.iter().zip(&self.leg.terms()))
            .map(|(checked, stated)| {
                let candidates = [checked.coefficient, stated.coefficient];
                candidates.into_iter().find(|c| !c.is_zero()).unwrap_or(Ratio::new(1, 1))
            })
            .collect()
    }

    /// The effects of the terms, rung by rung.
    fn effects(&mut self, variant: &Variant, basis: &[Ratio]) -> Result<Vec<Effects>, Obstacle> {
        let mut effects = vec![Vec::new(); self.rungs.len()];
        for (k, &unit) in basis.iter().enumerate() {
            let (mut with, mut without) = (variant.clone(), variant.clone());
            with.terms[k].coefficient = unit;
            without.terms[k].coefficient = Ratio::new(0, 1);
            let (with, without) = (self.predictions(&with)?, self.predictions(&without)?);
            for (rung, (with, without)) in with.iter().zip(&without).enumerate() {
                effects[rung].push(difference(with, without));
            }
        }
        Ok(effects)
    }
}

/// What `one` finds at every rung, side by side, the finest and longest first; else what stands in the way at
/// the coarsest that has none.
fn over_rungs<T: Send>(
    rungs: &[Rung],
    one: impl Fn(&Rung) -> Result<T, Obstacle> + Sync,
) -> Result<Vec<T>, Obstacle> {
    side_by_side(&[()], rungs, |(), rung| one(rung)).pop().unwrap_or_else(|| Ok(Vec::new()))
}

/// The same for each of `all`.
fn side_by_side<K: Sync, T: Send>(
    all: &[K],
    rungs: &[Rung],
    one: impl Fn(&K, &Rung) -> Result<T, Obstacle> + Sync,
) -> Vec<Result<Vec<T>, Obstacle>> {
    let units: Vec<(&Rung, &K)> =
        rungs.iter().rev().flat_map(|rung| all.iter().map(move |key| (rung, key))).collect();
    let mut found: Vec<Result<T, Obstacle>> =
        units.into_par_iter().with_max_len(1).map(|(rung, key)| one(key, rung)).collect();
    let mut each: Vec<Result<Vec<T>, Obstacle>> = all.iter().map(|_| Ok(Vec::new())).collect();
    // From the coarsest rung on: the last ones first.
    while !found.is_empty() {
        let of_a_rung = found.split_off(found.len() - all.len());
        for (so_far, one) in each.iter_mut().zip(of_a_rung) {
            match (so_far.as_mut(), one) {
                (Ok(values), Ok(value)) => values.push(value),
                (Ok(_), Err(obstacle)) => *so_far = Err(obstacle),
                (Err(_), _) => {}
            }
        }
    }
    each
}

/// a − b, with zeros where `b` ends.
fn difference(a: &[DoubleDouble], b: &[DoubleDouble]) -> Vec<f64> {
    let others = b.iter().copied().chain(std::iter::repeat(DoubleDouble::from_f64(0.0)));
    a.iter().zip(others).map(|(&a, b)| (a - b).leading()).collect()
}

#[cfg(test)]
mod tests;
