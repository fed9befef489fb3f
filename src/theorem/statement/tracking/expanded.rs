//! A tracked optimizer's claimed field beside the expansions of its step, where series prove nothing.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Tracking;
use crate::expansion::{Discrepancy, Expander, Refusal, Restated};
use crate::flow::Term;
use crate::leg::{Sabotage, Variant};
use crate::loss::{Problem, preset};
use crate::scalar::{DoubleDouble, Ratio, Scalar};
use crate::theorem::{Expanded, ExpandedStatus, FieldGap, caught};

/// The losses on which a field is compared.
const LOSSES: [&str; 3] = ["factorisation", "tiny-net", "logistic"];
/// The points on each: the start and others about it.
const POINTS: usize = 5;
/// How far from the start they are, in a coordinate, and the seed of the directions.
const SPREAD: f64 = 0.25;
const SEED: u64 = 5;
/// Fields that differ by less, relative to the largest component, are the same: 20 digits.
const SAME: f64 = 1e-20;
/// Fields that differ by more are others, however much a long memory has amplified round-off.
const OTHER: f64 = 1e-9;

/// The start of a problem and points about it, the same ones every time.
fn points(problem: &Problem, count: usize) -> Vec<Vec<DoubleDouble>> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut point = |n: usize| {
        let near = |&x: &f64| {
            let off = if n == 0 { 0.0 } else { random.random_range(-SPREAD..SPREAD) };
            DoubleDouble::from_f64(x + off)
        };
        problem.start().iter().map(near).collect()
    };
    (0..count).map(&mut point).collect()
}

/// A variant of the claim, if it changes the field that is claimed.
fn restated(terms: &[Term], sabotage: Option<&Sabotage>) -> Option<Restated> {
    let mut variant = Variant::stated(terms.to_vec());
    if let Some(sabotage) = sabotage {
        variant.apply(sabotage);
    }
    let plain = variant.foreign.is_zero() && variant.twin.is_none();
    plain.then_some(Restated { terms: variant.terms, clock: variant.clock })
}

/// What was seen so far of a claim and its twins.
struct Seen {
    powers: usize,
    losses: Vec<String>,
    worst: f64,
    /// The largest difference of each twin.
    twins: Vec<f64>,
    first_failure: Option<FieldGap>,
}

impl Tracking {
    /// The claimed field, as stated or sabotaged, beside that of the step: at points of three losses, and at the
    /// start of `problem`, where a difference refutes the claim. A claim may be meant for some losses only, so
    /// what differs on others leaves it open. `None` if the sabotage changes no field.
    pub(super) fn expanded_in_numbers(
        &self,
        sabotage: Option<&Sabotage>,
        problem: Option<&Problem>,
    ) -> Option<Expanded> {
        let powers = match self.powers_claimed() {
            Ok(powers) => powers,
            Err(why) => return Some(Expanded::open(0, why)),
        };
        let terms = (self.flow)(2).float().terms();
        let _ = restated(&terms, sabotage)?;
        let mut seen =
            Seen { powers, losses: Vec::new(), worst: 0.0, twins: Vec::new(), first_failure: None };
        let meant =
            |problem: &Problem| self.admit.is_none_or(|admit| admit(problem.batches()).is_ok());
        if let Some(problem) = problem.filter(|problem| meant(problem)) {
            let compared = self.compare_on(problem, 1, sabotage, &mut seen).is_ok();
            // An order of one block alone may speak of first steps that fade.
            if compared && seen.worst > OTHER && self.global.is_some() {
                return Some(seen.end(ExpandedStatus::Refuted, 1, None));
            }
        }
        seen.twins.clear();
        seen.losses.clear();
        for name in LOSSES {
            let Ok(problem) = preset(name, None, None, 1) else { continue };
            if !meant(&problem) {
                continue;
            }
            // What is meant for the loss that is checked may not run on another.
            let compared = caught(|| self.compare_on(&problem, POINTS, sabotage, &mut seen));
            if let Err(why) = compared.and_then(|found| found.map_err(|why| why.to_string())) {
                return Some(Expanded::open(powers, format!("on {name}: {why}")));
            }
        }
        let alike = seen.twins.iter().filter(|gap| **gap <= OTHER).count();
        let why = if seen.losses.is_empty() {
            Some("no loss that is looked at has such a number of minibatches".to_owned())
        } else if let Some(gap) = &seen.first_failure {
            Some(gap.to_string())
        } else if alike > 0 {
            Some(format!("{alike} of its {} twins have the same field", seen.twins.len()))
        } else {
            None
        };
        let status = if why.is_none() { ExpandedStatus::Expanded } else { ExpandedStatus::Open };
        Some(seen.end(status, POINTS, why))
    }

    /// How many powers of ε in dw/dt the claimed orders speak of.
    ///
    /// # Errors
    /// Why they speak of no field that an expansion has.
    fn powers_claimed(&self) -> Result<usize, &'static str> {
        let of_a_block = self.formal.or(self.local).map(|order| order.saturating_sub(1));
        let random = |m: usize| {
            let sampling = self.sampling(m);
            sampling.paths(m) > 1.0 && !sampling.is_balanced()
        };
        let powers = if self.optimizer.float().memory() > 0 {
            // At a fixed time the iterates are those of the slow manifold, whatever their start.
            self.global.ok_or("an order of one block alone, of a method that remembers")?
        } else if random(3) {
            of_a_block.ok_or(
                "the mean at a fixed time is not that of the mean map, where blocks are uneven",
            )?
        } else {
            of_a_block.max(self.global).ok_or("it claims no order")?
        };
        Ok(powers as usize)
    }

    fn compare_on(
        &self,
        problem: &Problem,
        count: usize,
        sabotage: Option<&Sabotage>,
        seen: &mut Seen,
    ) -> Result<(), Refusal> {
        let m = problem.batches();
        let expander = Expander::new(&self.optimizer, self.sampling(m), problem)?;
        let flow = (self.flow)(m);
        let terms = flow.float().terms();
        let mut variants: Vec<Restated> = restated(&terms, sabotage).into_iter().collect();
        let clock = Sabotage::Clock(Ratio::new(101, 100));
        let twins = Sabotage::of_terms(&terms).into_iter().chain([clock]);
        variants.extend(twins.filter_map(|twin| restated(&terms, Some(&twin))));
        for point in points(problem, count) {
            let mut found =
                expander.compare_each(&flow, &variants, &point, seen.powers)?.into_iter();
            if let Some(stated) = found.next() {
                seen.add(problem.name(), &stated);
            }
            for (at, twin) in found.enumerate() {
                if seen.twins.len() <= at {
                    seen.twins.push(0.0);
                }
                seen.twins[at] = seen.twins[at].max(twin.worst());
            }
        }
        seen.losses.push(problem.name().to_owned());
        Ok(())
    }
}

impl Seen {
    fn add(&mut self, loss: &str, stated: &Discrepancy) {
        let worst = stated.worst();
        if worst > self.worst || worst.is_nan() {
            self.worst = worst;
        }
        if self.first_failure.is_none()
            && let Some(power) = stated.first_above(SAME)
        {
            let relative = stated.relative[power];
            self.first_failure = Some(FieldGap { loss: loss.to_owned(), power, relative });
        }
    }

    fn end(self, status: ExpandedStatus, points: usize, reason: Option<String>) -> Expanded {
        Expanded {
            status,
            powers: self.powers,
            losses: self.losses,
            points,
            relative: self.worst.is_finite().then_some(self.worst),
            twins: self.twins.len(),
            told_apart: self.twins.iter().filter(|gap| **gap > OTHER).count(),
            first_failure: self.first_failure,
            reason,
        }
    }
}
