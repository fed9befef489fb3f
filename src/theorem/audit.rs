//! The audit: random losses and random sabotage, to measure how often a verdict is wrong.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::comparison::Comparison;
use super::statement::disagreement_gradient;
use super::{Catalogue, Pace, Sabotage, Settings, Theorem, Verdict, check};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::Term;
use crate::loss::{Problem, random_problem};
use crate::measure::norm;
use crate::scalar::Ratio;

/// How often each verdict was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Confirmed.
    pub confirmed: usize,
    /// Refuted.
    pub refuted: usize,
    /// Confirmed but for a leg that could not be measured.
    pub partial: usize,
    /// Inconclusive.
    pub inconclusive: usize,
}

impl Tally {
    /// The number of verdicts.
    pub fn sum(self) -> usize {
        self.confirmed + self.refuted + self.partial + self.inconclusive
    }

    /// Counts `verdicts`.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut tally = Tally::default();
        verdicts.into_iter().for_each(|verdict| tally.count(verdict));
        tally
    }

    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Confirmed => self.confirmed += 1,
            Verdict::Refuted => self.refuted += 1,
            Verdict::Partial => self.partial += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
        }
    }
}

/// One theorem's share of an audit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AuditRow {
    /// The theorem.
    pub theorem: String,
    /// The theorem as stated, on random losses: none should be refuted.
    pub stated: Tally,
    /// Sabotaged twins: none should be confirmed.
    pub sabotaged: Tally,
}

/// A trial whose verdict was wrong or missing, with what is needed to repeat it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Mishap {
    /// The theorem.
    pub theorem: String,
    /// The family of the loss.
    pub loss: String,
    /// The seed of the loss, for [`random_problem`].
    pub seed: u64,
    /// The sabotage, if there was one.
    pub sabotage: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Its reason.
    pub reason: Option<String>,
}

/// The result of an audit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Audit {
    /// One row a theorem.
    pub rows: Vec<AuditRow>,
    /// Every trial that went wrong or stayed open.
    pub mishaps: Vec<Mishap>,
}

struct Trial<'a> {
    theorem: &'a Theorem,
    family: &'static str,
    number: u64,
    sabotage: bool,
}

struct TrialResult {
    seed: u64,
    sabotage: Option<String>,
    verdict: Verdict,
    reason: Option<String>,
}

/// Checks `count` random stated claims and `count`/4 random sabotaged ones, spread evenly over the
/// theorems of `catalogue` and the loss families they are checked on, calling `tick` after each.
///
/// Controls are left out: the sabotaged trials take their place. Theorems whose losses have no
/// random family (the kernel limit) are left out.
pub fn audit(catalogue: &Catalogue, count: usize, seed: u64, tick: &(dyn Fn() + Sync)) -> Audit {
    let audited: Vec<(&Theorem, Vec<&'static str>)> = (catalogue.theorems().iter())
        .map(|theorem| {
            let random = |name: &&'static str| random_problem(name, 0).is_some();
            (theorem, theorem.default_losses().iter().copied().filter(random).collect())
        })
        .filter(|(_, families): &(_, Vec<_>)| !families.is_empty())
        .collect();
    if audited.is_empty() {
        return Audit { rows: Vec::new(), mishaps: Vec::new() };
    }
    let draw = |sabotage: bool, n: usize| {
        let (theorem, families) = &audited[n % audited.len()];
        let family = families[n / audited.len() % families.len()];
        Trial { theorem, family, number: n as u64, sabotage }
    };
    let trials: Vec<Trial> =
        (0..count).map(|n| draw(false, n)).chain((0..count / 4).map(|n| draw(true, n))).collect();
    let results: Vec<TrialResult> = (trials.par_iter())
        .map(|trial| {
            let result = run(trial, seed);
            tick();
            result
        })
        .collect();
    let mut rows: Vec<AuditRow> = (audited.iter())
        .map(|(theorem, _)| AuditRow {
            theorem: theorem.id().to_owned(),
            stated: Tally::default(),
            sabotaged: Tally::default(),
        })
        .collect();
    let mut mishaps = Vec::new();
    for (trial, result) in trials.iter().zip(results) {
        let row = &mut rows[trial.number as usize % audited.len()];
        let (tally, good) = if trial.sabotage {
            (&mut row.sabotaged, Verdict::Refuted)
        } else {
            (&mut row.stated, Verdict::Confirmed)
        };
        tally.count(result.verdict);
        if result.verdict != good {
            mishaps.push(Mishap {
                theorem: trial.theorem.id().to_owned(),
                loss: trial.family.to_owned(),
                seed: result.seed,
                sabotage: result.sabotage,
                verdict: result.verdict,
                reason: result.reason,
            });
        }
    }
    Audit { rows, mishaps }
}

/// Draws until a loss satisfies the hypotheses, then checks it.
fn run(trial: &Trial, seed: u64) -> TrialResult {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(2 * trial.number + u64::from(trial.sabotage));
    loop {
        let seed: u64 = random.random();
        let Some(Ok(problem)) = random_problem(trial.family, seed) else { continue };
        if !satisfies_hypotheses(&problem) {
            continue;
        }
        let mut settings = Settings { controls: false, prove: false, seed, ..Settings::default() };
        if trial.sabotage {
            let Ok(legs) = trial.theorem.legs(&problem, &settings) else { continue };
            settings.sabotage = random_sabotage(&mut random, &legs);
        }
        let Ok(outcome) = check(trial.theorem, &problem, &settings) else { continue };
        return TrialResult {
            seed,
            sabotage: settings.sabotage.as_ref().map(Sabotage::name),
            verdict: outcome.verdict,
            reason: outcome.reason,
        };
    }
}

/// The start is not at rest, and the minibatches disagree enough to matter.
fn satisfies_hypotheses(problem: &Problem) -> bool {
    let Ok(pace) = Pace::of(problem) else { return false };
    let mut a = Numeric::new(problem.float());
    let start = problem.start().as_slice().to_vec();
    let slope = norm(&a.gradient(Batch::Full, &start));
    let disagreement = norm(&disagreement_gradient(&mut a, &start));
    slope > 0.05 * pace.rate * norm(&start) && disagreement > 0.01 * pace.rate * slope
}

/// One of the kinds of sabotage that fit the legs, each kind as likely as the others.
fn random_sabotage(random: &mut ChaCha8Rng, legs: &[Box<dyn Comparison>]) -> Option<Sabotage> {
    // What is claimed to be absent can only be inserted.
    let (absent, present): (Vec<Term>, Vec<Term>) = (legs.iter().flat_map(|leg| leg.terms()))
        .partition(|term| term.coefficient == Ratio::new(0, 1));
    let names = |terms: Vec<Term>| terms.iter().map(|t| t.name.to_owned()).collect::<Vec<_>>();
    let (absent, terms) = (names(absent), names(present));
    let twins: Vec<&str> = legs.iter().flat_map(|leg| leg.twins()).collect();
    let clock = legs.iter().any(|leg| leg.has_clock());
    loop {
        let pick = |random: &mut ChaCha8Rng, n: usize| random.random_range(0..n);
        return Some(match random.random_range(0..5) {
            0 if !absent.is_empty() => Sabotage::Insert(absent[pick(random, absent.len())].clone()),
            0 if !terms.is_empty() => Sabotage::Omit(terms[pick(random, terms.len())].clone()),
            1 if !terms.is_empty() => Sabotage::Negate(terms[pick(random, terms.len())].clone()),
            2 if !terms.is_empty() => {
                let factor = random_factor(random);
                Sabotage::Scale(terms[pick(random, terms.len())].clone(), factor)
            }
            3 if clock => Sabotage::Clock(random_factor(random)),
            4 if !twins.is_empty() => Sabotage::Twin(twins[pick(random, twins.len())].to_owned()),
            _ if absent.is_empty() && terms.is_empty() && twins.is_empty() && !clock => {
                return None;
            }
            _ => continue,
        });
    }
}

/// A factor off by 1 % to 100 %, log-uniformly, up or down.
fn random_factor(random: &mut ChaCha8Rng) -> Ratio {
    let off = 10_f64.powf(2.0 + 2.0 * random.random::<f64>()).round() as i64;
    let sign = if random.random() { 1 } else { -1 };
    Ratio::new(10_000 + sign * off.clamp(100, 9_999), 10_000)
}

#[cfg(test)]
mod tests;
