//! The audit: random losses, random sabotage and random mistakes of outside authors, to measure how often
//! a verdict is wrong.

mod planted;

use std::sync::{Mutex, PoisonError};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::statement::disagreement_gradient;
use super::{Catalogue, Settings, Theorem, Verdict, check};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::leg::{Pace, Sabotage};
use crate::loss::{Problem, random_problem};
use crate::measure::norm;
use planted::{Outside, random_sabotage};

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
    /// Mistakes of outside authors in a loss, a method, a flow or a sampling: none should be confirmed.
    pub outside: Tally,
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
    /// The outside author's mistake, if there was one.
    pub mistake: Option<String>,
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
    family: &'a str,
    number: u64,
    kind: Kind,
}

/// What is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The claim as stated.
    Stated,
    /// A sabotaged twin.
    Sabotaged,
    /// A mistake of an outside author.
    Outside,
}

struct TrialResult {
    seed: u64,
    sabotage: Option<String>,
    mistake: Option<String>,
    verdict: Verdict,
    reason: Option<String>,
}

/// Checks `count` random stated claims, `count`/4 random sabotaged ones and `count`/2 mistakes of outside
/// authors, spread evenly over the theorems of `catalogue` and the loss families they are checked on,
/// telling `tick` what has been
/// found so far after each.
///
/// Controls are left out: the sabotaged trials take their place. Theorems whose losses have no
/// random family (the kernel limit), or none of whose members they speak of (a ring of six clients), are left out.
pub fn audit(
    catalogue: &Catalogue,
    count: usize,
    seed: u64,
    tick: &(dyn Fn(&Audit) + Sync),
) -> Audit {
    let audited: Vec<(&Theorem, Vec<&str>)> = (catalogue.theorems().iter())
        .map(|theorem| {
            let random = |name: &&str| has_random_members(theorem, name);
            (theorem, theorem.losses().iter().map(AsRef::as_ref).filter(random).collect())
        })
        .filter(|(_, families): &(_, Vec<_>)| !families.is_empty())
        .collect();
    if audited.is_empty() {
        return Audit { rows: Vec::new(), mishaps: Vec::new() };
    }
    let draw = |kind: Kind, n: usize| {
        let (theorem, families) = &audited[n % audited.len()];
        let family = families[n / audited.len() % families.len()];
        Trial { theorem, family, number: n as u64, kind }
    };
    let trials: Vec<Trial> =
        [(Kind::Stated, count), (Kind::Sabotaged, count / 4), (Kind::Outside, count / 2)]
            .into_iter()
            .flat_map(|(kind, count)| (0..count).map(move |n| (kind, n)))
            .map(|(kind, n)| draw(kind, n))
            .collect();
    let row = |(theorem, _): &(&Theorem, _)| AuditRow {
        theorem: theorem.id().to_owned(),
        stated: Tally::default(),
        sabotaged: Tally::default(),
        outside: Tally::default(),
    };
    let rows = audited.iter().map(row).collect();
    let so_far = Mutex::new((Audit { rows, mishaps: Vec::new() }, Vec::new()));
    trials.par_iter().enumerate().for_each(|(place, trial)| {
        let result = run(trial, seed);
        let mut so_far = so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let (audit, places) = &mut *so_far;
        let row = trial.number as usize % audited.len();
        if audit.rows[row].count(trial.kind, result.verdict) {
            places.push(place);
            audit.mishaps.push(Mishap {
                theorem: trial.theorem.id().to_owned(),
                loss: trial.family.to_owned(),
                seed: result.seed,
                sabotage: result.sabotage,
                mistake: result.mistake,
                verdict: result.verdict,
                reason: result.reason,
            });
        }
        tick(audit);
    });
    let (audit, places) = so_far.into_inner().unwrap_or_else(PoisonError::into_inner);
    // In the order of the trials, whichever ended first.
    let mut mishaps: Vec<(usize, Mishap)> = places.into_iter().zip(audit.mishaps).collect();
    mishaps.sort_by_key(|(place, _)| *place);
    let mishaps = mishaps.into_iter().map(|(_, mishap)| mishap).collect();
    Audit { rows: audit.rows, mishaps }
}

impl AuditRow {
    /// Counts the verdict of a trial, and says whether it is wrong or missing.
    fn count(&mut self, kind: Kind, verdict: Verdict) -> bool {
        let (tally, good) = match kind {
            Kind::Stated => (&mut self.stated, verdict == Verdict::Confirmed),
            Kind::Sabotaged => (&mut self.sabotaged, verdict == Verdict::Refuted),
            // What an author got wrong may be found before anything is measured.
            Kind::Outside => {
                (&mut self.outside, matches!(verdict, Verdict::Refuted | Verdict::Inconclusive))
            }
        };
        tally.count(verdict);
        !good
    }
}

impl Audit {
    /// The number of verdicts that were reached.
    pub fn trials(&self) -> usize {
        self.rows.iter().map(|row| row.stated.sum() + row.sabotaged.sum() + row.outside.sum()).sum()
    }

    /// The number of verdicts that were wrong: true theorems refuted, sabotaged or mistaken ones confirmed.
    pub fn wrong(&self) -> usize {
        let believed = |tally: Tally| tally.confirmed + tally.partial;
        let of =
            |row: &AuditRow| row.stated.refuted + believed(row.sabotaged) + believed(row.outside);
        self.rows.iter().map(of).sum()
    }
}

/// The stream of random numbers of a trial: those of stated and sabotaged claims are even and odd, those
/// of mistakes lie beyond.
fn stream(kind: Kind, number: u64) -> u64 {
    match kind {
        Kind::Stated => 2 * number,
        Kind::Sabotaged => 2 * number + 1,
        Kind::Outside => (1 << 40) + number,
    }
}

/// Draws until a loss satisfies the hypotheses, then checks it.
fn run(trial: &Trial, seed: u64) -> TrialResult {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream(trial.kind, trial.number));
    let mut crowded = 0;
    loop {
        let seed: u64 = random.random();
        let Some(Ok(problem)) = random_problem(trial.family, seed) else { continue };
        if !satisfies_hypotheses(&problem) {
            continue;
        }
        let mut settings = Settings { controls: false, prove: false, seed, ..Settings::default() };
        let mut theorem = trial.theorem.clone();
        if crowded < DRAWS && is_crowded(&theorem, &problem, &settings) {
            crowded += 1;
            continue;
        }
        let mut problem = problem;
        let mut mistake = None;
        if trial.kind != Kind::Stated {
            let Ok(legs) = theorem.legs(&problem, &settings) else { continue };
            if trial.kind == Kind::Sabotaged {
                settings.sabotage = random_sabotage(&mut random, &legs);
            } else {
                let outside = Outside::random(&mut random, &theorem, &problem, &legs);
                mistake = Some(outside.name());
                match outside {
                    Outside::Loss(tampering) => match problem.tampered(tampering) {
                        Some(tampered) => problem = tampered,
                        None => continue,
                    },
                    Outside::Part(part) => match theorem.mistaken(&part) {
                        Some(mistaken) => theorem = mistaken,
                        None => continue,
                    },
                }
            }
        }
        let Ok(outcome) = check(&theorem, &problem, &settings) else { continue };
        return TrialResult {
            seed,
            sabotage: settings.sabotage.as_ref().map(Sabotage::name),
            mistake,
            verdict: outcome.verdict,
            reason: outcome.reason,
        };
    }
}

/// Random members of a family among which a theorem must state something of one.
const MEMBERS: u64 = 100;

/// Whether `theorem` states something of some random member of the family: else one would be drawn for ever.
fn has_random_members(theorem: &Theorem, family: &str) -> bool {
    let settings = Settings::default();
    (0..MEMBERS)
        .map_while(|seed| random_problem(family, seed))
        .any(|problem| problem.is_ok_and(|problem| theorem.legs(&problem, &settings).is_ok()))
}

/// Draws after which a loss with fewer parameters than the claim has terms is taken all the same.
const DRAWS: usize = 100;

/// Whether the effects of the terms cannot be told apart, whatever the claim: there are more of them than
/// parameters.
fn is_crowded(theorem: &Theorem, problem: &Problem, settings: &Settings) -> bool {
    let legs = theorem.legs(problem, settings);
    legs.is_ok_and(|legs| legs.iter().any(|leg| leg.terms().len() > problem.dim()))
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

#[cfg(test)]
mod tests;
