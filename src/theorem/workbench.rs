//! One leg measured under variants of its claim, which share what they can.

use std::collections::HashMap;

use super::comparison::{Certificate, Comparison, LegKind, Observation, Obstacle, Rung};
use super::control::Variant;
use super::evidence::{LegEvidence, Recovered, Remainder};
use super::finding::{Finding, judge, judge_bound, judge_identity, judge_order, sharper};
use crate::flow::Term;
use crate::measure::{
    Estimate, FLOOR_FACTOR, Hidden, Model, Point, Weight, extrapolate_to_zero, extrapolate_vector,
    fit_order, keep_above_floor, norm, project,
};
use crate::scalar::{DoubleDouble, Ratio, Scalar};

/// One leg with everything computed for it so far.
pub struct Workbench<'a> {
    leg: &'a dyn Comparison,
    rungs: Vec<Rung>,
    /// The order that variants are judged by.
    order: f64,
    certificate: Option<Certificate>,
    observations: HashMap<Option<String>, Result<Vec<Observation>, Obstacle>>,
    predictions: HashMap<String, Predictions>,
    limit: Option<Result<(), Obstacle>>,
}

type Predictions = Result<Vec<Vec<DoubleDouble>>, Obstacle>;

/// The signed error vectors and the floor of each rung.
type Errors = (Vec<Vec<f64>>, Vec<f64>);

/// The effects of the terms at one rung: the claim with each minus the claim without it.
type Effects = Vec<Vec<f64>>;

/// The order of a term's effect has to stay this far below the order of the error.
const EFFECT_GAP: f64 = 0.5;
/// A ladder whose leading errors have not settled is lengthened by at most this many rungs.
const FINER_RUNGS: usize = 3;
/// The clock by which the effect of time is measured.
const FASTER: (i64, i64) = (101, 100);

impl<'a> Workbench<'a> {
    /// A workbench with nothing computed yet.
    pub fn new(leg: &'a dyn Comparison) -> Self {
        Workbench {
            leg,
            rungs: leg.rungs(),
            order: leg.claimed_order(),
            certificate: None,
            observations: HashMap::new(),
            predictions: HashMap::new(),
            limit: None,
        }
    }

    /// Measures the claim as stated: its order, and, if that is above the one claimed, notes it, because
    /// coefficients are read and controls are judged by the order that errors really have.
    ///
    /// Where the leading errors have not settled the ladder is lengthened by up to three finer rungs, if
    /// the leg has any.
    pub fn stated(&mut self) -> LegEvidence {
        let stated = Variant::stated(self.leg);
        let mut evidence = self.slope(&stated);
        for _ in 0..FINER_RUNGS {
            let unsettled = matches!(evidence.finding, Finding::Undecided(_))
                && evidence.fit.is_some()
                && evidence.ladder.last().is_some_and(|finest| finest.used);
            let finer = self.rungs.last().and_then(|finest| self.leg.finer(finest));
            let Some(rung) = finer.filter(|_| unsettled) else { break };
            self.rungs.push(rung);
            self.certificate = None;
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
        let (leg, rungs) = (self.leg, &self.rungs);
        (self.observations.entry(twin.map(str::to_owned)))
            .or_insert_with(|| rungs.iter().map(|rung| leg.observe(rung, twin)).collect())
            .clone()
    }

    fn predictions(&mut self, claim: &Variant) -> Predictions {
        let (leg, rungs) = (self.leg, &self.rungs);
        (self.predictions.entry(claim.predicted()))
            .or_insert_with(|| rungs.iter().map(|rung| leg.predict(rung, claim)).collect())
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
            .map(|r| Point { step_size: r.step_size, error: f64::NAN, used: false })
            .collect()
    }

    /// Whether the claim without its powers of ε reaches the end: a claim about small ε says nothing
    /// beyond the end of that flow, however far the modified one gets.
    fn limit(&mut self) -> Result<(), Obstacle> {
        let (leg, rungs) = (self.leg, &self.rungs);
        let follow = || {
            let coarsest = rungs.first().filter(|_| leg.has_clock());
            coarsest.map_or(Ok(()), |rung| leg.predict(rung, &Variant::plain(leg)).map(drop))
        };
        self.limit.get_or_insert_with(follow).clone()
    }

    fn errors(&mut self, variant: &Variant) -> Result<Errors, Obstacle> {
        if let Some(term) = variant.terms.iter().find(|term| !term.coefficient.is_defined()) {
            return Err(Obstacle::NoCoefficient { term: term.name });
        }
        let observed = self.observations(variant.twin.as_deref())?;
        self.limit()?;
        let predicted = self.predictions(variant)?;
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
            claimed_order: self.order,
            ladder,
            fit,
            sharper: None,
            recovered: Vec::new(),
            remainders: Vec::new(),
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

    /// ĉ_k for each term: the weight of the term's effect in the error, extrapolated to ε = 0.
    fn coefficients(
        &self,
        variant: &Variant,
        basis: &[Ratio],
        errors: &Errors,
        effects: &[Effects],
    ) -> Vec<Recovered> {
        let weights = if self.leg.kind().is_equality() {
            self.stacked(variant, basis, errors, effects)
        } else {
            self.limits(variant, basis, errors, effects)
        };
        (variant.terms.iter().zip(weights).enumerate())
            .map(|(k, (term, weight))| Recovered {
                term: term.name,
                claimed: term.coefficient,
                estimate: weight.as_ref().ok().copied(),
                magnitude: f64::from_ratio(basis[k]).abs(),
                hidden: weight.err(),
            })
            .collect()
    }

    fn limits(
        &self,
        variant: &Variant,
        basis: &[Ratio],
        (errors, floors): &Errors,
        effects: &[Effects],
    ) -> Vec<Result<Estimate, String>> {
        let weights: Vec<Option<Vec<Weight>>> = (errors.iter().zip(effects).zip(floors))
            .map(|((error, effects), &floor)| project(error, effects, floor))
            .collect();
        // The error over the effect must vanish with ε, or the weights tend to something else: the
        // effect, apart from what the others explain, has to be of lower order than the error.
        let most = self.order - EFFECT_GAP;
        let estimate = |k: usize| {
            let found = |rung: usize| weights[rung].as_ref().and_then(|all| all[k].found());
            let kept: Vec<(f64, f64, f64, f64)> = (0..errors.len())
                .filter_map(|rung| {
                    let (value, amplification) = found(rung)?;
                    Some((self.rungs[rung].step_size, value, amplification, floors[rung]))
                })
                .collect();
            let hidden = || {
                let all = weights.iter().rev().flatten().find_map(|all| match &all[k] {
                    Weight::Hidden(why) => Some(why),
                    Weight::Found { .. } => None,
                });
                all.map_or_else(
                    || "fewer than three rungs show it".to_owned(),
                    |why| in_words(why, &variant.terms),
                )
            };
            let shows = kept.windows(2).all(|pair| {
                let [(coarse, _, before, _), (fine, _, after, _)] = pair else { return true };
                (after / before).ln() / (coarse / fine).ln() <= most
            });
            if !shows {
                return Err(format!(
                    "its effect falls as fast as the error, whose order is {}",
                    self.order
                ));
            }
            let (unit, claimed) =
                (f64::from_ratio(basis[k]), f64::from_ratio(variant.terms[k].coefficient));
            let step_sizes: Vec<f64> = kept.iter().map(|(eps, ..)| *eps).collect();
            let values: Vec<f64> =
                kept.iter().map(|(_, weight, ..)| claimed + unit * weight).collect();
            let noise: Vec<f64> = (kept.iter())
                .map(|(_, _, amplification, floor)| unit.abs() * amplification * floor)
                .collect();
            extrapolate_to_zero(&step_sizes, &values, &noise).ok_or_else(hidden)
        };
        (0..basis.len()).map(estimate).collect()
    }

    /// An identity holds at every sample, so one least-squares system over all of them does.
    fn stacked(
        &self,
        variant: &Variant,
        basis: &[Ratio],
        (errors, floors): &Errors,
        effects: &[Effects],
    ) -> Vec<Result<Estimate, String>> {
        let error = errors.concat();
        let stacked: Vec<Vec<f64>> = (0..basis.len())
            .map(|k| effects.iter().flat_map(|sample| sample[k].iter().copied()).collect())
            .collect();
        let floor = norm(floors);
        let weights = project(&error, &stacked, floor);
        let estimate = |k: usize| {
            let unit = f64::from_ratio(basis[k]);
            let claimed = f64::from_ratio(variant.terms[k].coefficient);
            match weights.as_ref().map(|all| &all[k]) {
                Some(Weight::Found { value, amplification }) => Ok(Estimate {
                    value: claimed + unit * value,
                    half_width: FLOOR_FACTOR
                        * (floor * amplification * unit.abs() + f64::EPSILON * unit.abs()),
                }),
                Some(Weight::Hidden(why)) => Err(in_words(why, &variant.terms)),
                None => Err("the sides are not finite at every sample".to_owned()),
            }
        };
        (0..basis.len()).map(estimate).collect()
    }

    /// The limit of ‖e‖/ε^q for every power q below the order that the claim is judged by.
    fn remainders(
        &mut self,
        variant: &Variant,
        (errors, floors): &Errors,
        effects: &[Effects],
    ) -> Vec<Remainder> {
        let finite: Vec<usize> = (0..errors.len())
            .filter(|&rung| floors[rung].is_finite() && errors[rung].iter().all(|x| x.is_finite()))
            .collect();
        let step_sizes: Vec<f64> = finite.iter().map(|&rung| self.rungs[rung].step_size).collect();
        let below = self.leg.claimed_order().ceil() as u32;
        let highest = variant.terms.iter().map(|term| term.power).max().unwrap_or(0);
        let highest = highest + self.leg.kind().power_of_a_block();
        let mut remainders = Vec::new();
        for power in 0..below {
            let over = |rung: usize| self.rungs[rung].step_size.powi(-(power as i32));
            let values: Vec<Vec<f64>> = (finite.iter())
                .map(|&rung| errors[rung].iter().map(|e| e * over(rung)).collect())
                .collect();
            let noise: Vec<f64> = finite.iter().map(|&rung| floors[rung] * over(rung)).collect();
            let Some((limit, half_width)) = extrapolate_vector(&step_sizes, &values, &noise) else {
                continue;
            };
            let Some(unit) = self.unit(variant, effects, power) else { continue };
            let estimate = Estimate { value: norm(&limit) / unit, half_width: half_width / unit };
            if estimate.half_width.is_finite() {
                remainders.push(Remainder { power, of_highest_term: power == highest, estimate });
            }
        }
        remainders
    }

    /// What a remainder at this power is measured by: the largest effect of the terms that come with
    /// it, else that of time over the coarsest rung, both divided by ε^`power`.
    fn unit(&mut self, variant: &Variant, effects: &[Effects], power: u32) -> Option<f64> {
        let finest = self.rungs.len().checked_sub(1)?;
        let over = |rung: usize| self.rungs[rung].step_size.powi(-(power as i32));
        let within = self.leg.kind().power_of_a_block();
        let declared = (variant.terms.iter().zip(&effects[finest]))
            .filter(|(term, _)| term.power + within == power)
            .map(|(_, effect)| norm(effect) * over(finest))
            .fold(0.0, f64::max);
        if declared > 0.0 {
            return Some(declared).filter(|unit| unit.is_finite());
        }
        let coarsest = self.rungs[0];
        let size = if self.leg.has_clock() {
            let plain = Variant::plain(self.leg);
            let faster = plain.clone().at_pace(FASTER.into());
            let ends = (self.leg.predict(&coarsest, &plain), self.leg.predict(&coarsest, &faster));
            let (Ok(plain), Ok(faster)) = ends else { return None };
            norm(&difference(&plain, &faster)) / (f64::from_ratio(FASTER.into()) - 1.0)
        } else {
            norm(&difference(&self.leg.predict(&coarsest, variant).ok()?, &[]))
        };
        let time = coarsest.step_size * coarsest.blocks as f64;
        let unit = size * time.powi(-(power as i32));
        (unit > 0.0 && unit.is_finite()).then_some(unit)
    }
}

/// Why a term has no coefficient of its own.
fn in_words(why: &Hidden, terms: &[Term]) -> String {
    let names = |those: &[usize]| {
        those.iter().map(|&k| terms[k].name).collect::<Vec<_>>().join(" and the ")
    };
    match why {
        Hidden::Nothing => "it has no effect".to_owned(),
        Hidden::Same(others) => format!("it has the same effect as the {}", names(others)),
        Hidden::TooMany { effects, components } => format!(
            "{} effects cannot be told apart in {} parameter{}",
            number(*effects),
            number(*components),
            if *components == 1 { "" } else { "s" }
        ),
        Hidden::Combination(others) => {
            format!("its effect is a combination of those of the {}", names(others))
        }
    }
}

fn number(n: usize) -> String {
    const WORDS: [&str; 10] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    WORDS.get(n).map_or_else(|| n.to_string(), |&word| word.to_owned())
}

/// a − b, with zeros where `b` ends.
fn difference(a: &[DoubleDouble], b: &[DoubleDouble]) -> Vec<f64> {
    let others = b.iter().copied().chain(std::iter::repeat(DoubleDouble::from_f64(0.0)));
    a.iter().zip(others).map(|(&a, b)| (a - b).leading()).collect()
}

#[cfg(test)]
mod tests;
