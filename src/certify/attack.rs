//! The certifier attacked: random losses, starts and horizons, whose certificates must be above the truth, and claims
//! made false, which must have none.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::ready::{Ready, proved};
use super::{Request, certified};
use crate::arithmetic::{Arithmetic, Numeric};
use crate::flow::{Flow, Term};
use crate::leg::{Sabotage, Variant};
use crate::loss::{Problem, random_problem};
use crate::scalar::Ratio;
use crate::theorem::{Catalogue, MethodAndFlow, Theorem, caught};

/// The step sizes at which a certified error is looked at.
const SAMPLES: usize = 200;
/// The most parameters: the cost of a certificate grows with their square.
const PARAMETERS: usize = 7;
/// Members of a family among which a theorem must have something to certify of one: a method whose step is solved
/// for or follows a schedule has not.
const MEMBERS: u64 = 20;
/// Slices for every unit of time, so many at least.
const SLICES: f64 = 16.0;
/// Cells of step sizes.
const CELLS: usize = 2;
/// How much of the field a sabotage must change where the iterates start, to be one: a term that is zero there
/// may be zero everywhere, and the claim without it true.
const VISIBLE: f64 = 1e-9;

/// One attack on the certifier.
#[derive(Clone, Debug, PartialEq)]
pub struct Attack {
    /// The theorem.
    pub theorem: String,
    /// The family of the loss.
    pub loss: String,
    /// The seed of the loss and of its start, for [`random_problem`].
    pub seed: u64,
    /// The horizon T.
    pub horizon: f64,
    /// The largest step size ε₀.
    pub up_to: f64,
    /// How the claim was made false, if it was.
    pub sabotage: Option<String>,
    /// K, if there is one: of a false claim, whether exact series let it through or enclosures alone would.
    pub constant: Option<f64>,
    /// The largest ‖w_n − w̃(nε)‖/εᵖ at 200 step sizes.
    pub sampled: Option<f64>,
    /// Why there is no K.
    pub reason: Option<String>,
}

impl Attack {
    /// Whether the certifier was wrong: a constant below the sampled truth, or one for a false claim.
    pub fn is_wrong(&self) -> bool {
        match (&self.sabotage, self.constant, self.sampled) {
            (Some(_), constant, _) => constant.is_some(),
            (None, Some(constant), Some(sampled)) => {
                // NaN is wrong too.
                let above = constant >= sampled;
                !above
            }
            (None, ..) => false,
        }
    }
}

impl fmt::Display for Attack {
    /// What was attacked, how to have it again, and what came of it.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Attack { theorem, loss, seed, horizon, up_to, .. } = self;
        write!(f, "{theorem} on {loss}@{seed}, T = {horizon:?}, ε ≤ {up_to:?}")?;
        if let Some(sabotage) = &self.sabotage {
            write!(f, ", {sabotage}")?;
        }
        match (self.constant, &self.reason) {
            (Some(constant), _) => {
                write!(f, ": certified with {constant:?}")?;
                self.sampled.map_or(Ok(()), |sampled| write!(f, ", sampled {sampled:?}"))
            }
            (None, Some(reason)) => write!(f, ": {reason}"),
            (None, None) => write!(f, ": no certificate"),
        }
    }
}

/// What came of many attacks, in the order in which they were planned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attacks {
    /// One by one.
    pub attacks: Vec<Attack>,
}

impl Attacks {
    /// The attacks after which the certifier was wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &Attack> {
        self.attacks.iter().filter(|attack| attack.is_wrong())
    }

    fn stated(&self) -> impl Iterator<Item = &Attack> {
        self.attacks.iter().filter(|attack| attack.sabotage.is_none())
    }

    /// K over the sampled truth wherever there are both, from the smallest to the largest.
    pub fn ratios(&self) -> Vec<f64> {
        let ratio = |attack: &Attack| Some(attack.constant? / attack.sampled?);
        let mut ratios: Vec<f64> = self.stated().filter_map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }
}

impl fmt::Display for Attacks {
    /// A line a wrong attack, and one that counts.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for attack in self.wrong() {
            writeln!(f, "WRONG {attack}")?;
        }
        let stated = self.stated().count();
        let certified = self.stated().filter(|attack| attack.constant.is_some()).count();
        let sabotaged = self.attacks.len() - stated;
        let (false_claims, below): (Vec<&Attack>, Vec<&Attack>) =
            self.wrong().partition(|attack| attack.sabotage.is_some());
        let ratios = self.ratios();
        writeln!(
            f,
            "{certified} of {stated} claims as stated certified, {} of them below the truth sampled at {SAMPLES} \
             step sizes, {} with nothing to sample; {} of {sabotaged} false claims certified",
            below.len(),
            certified - ratios.len(),
            false_claims.len(),
        )?;
        if let (Some(least), Some(most)) = (ratios.first(), ratios.last()) {
            let middle = ratios[ratios.len() / 2];
            writeln!(
                f,
                "constant over sampled: from {least:.4} to {most:.4}, half of them below {middle:.4}"
            )?;
        }
        Ok(())
    }
}

/// Attacks the certifier with `count` random claims as stated and `count`/4 false ones, spread evenly over the theorems
/// of `catalogue` that can be certified and the families of losses that they are checked on, telling `tick` after
/// each.
///
/// A false claim has a term left out, its sign turned, or its coefficient or the clock wrong by 10⁻⁶ to 1 of itself. It is
/// put to exact series, and then to the enclosures as though series had proved it: neither may let it through.
/// Results are the same for any number of threads.
pub fn attack(
    catalogue: &Catalogue,
    count: usize,
    seed: u64,
    tick: &(dyn Fn(&Attack) + Sync),
) -> Attacks {
    let targets: Vec<(&Theorem, Vec<&str>)> = (catalogue.theorems().iter())
        .map(|theorem| {
            let own = theorem.losses().iter().map(AsRef::as_ref);
            (theorem, own.filter(|family| has_certificates(theorem, family)).collect())
        })
        .filter(|(_, families): &(_, Vec<_>)| !families.is_empty())
        .collect();
    if targets.is_empty() {
        return Attacks::default();
    }
    let planned: Vec<(usize, bool)> =
        (0..count).map(|n| (n, false)).chain((0..count / 4).map(|n| (n, true))).collect();
    let one = |(place, &(n, falsified)): (usize, &(usize, bool))| {
        let (theorem, families) = &targets[n % targets.len()];
        let family = families[n / targets.len() % families.len()];
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(2 * n as u64 + u64::from(falsified));
        let found = run(theorem, family, falsified, &mut random);
        tick(&found);
        (place, found)
    };
    let done: Mutex<Vec<(usize, Attack)>> = Mutex::default();
    planned.par_iter().enumerate().map(one).for_each(|found| {
        done.lock().unwrap_or_else(PoisonError::into_inner).push(found);
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    Attacks { attacks: done.into_iter().map(|(_, attack)| attack).collect() }
}

/// A member of the family that is not too large.
fn member(family: &str, seed: u64) -> Option<Problem> {
    let problem = random_problem(family, seed)?.ok()?;
    (problem.dim() <= PARAMETERS).then_some(problem)
}

/// What `theorem` claims of `problem`, if a certificate can be tried.
fn claimed(theorem: &Theorem, problem: &Problem) -> Option<(MethodAndFlow, Ready)> {
    let tracked = caught(|| theorem.tracked(problem)).ok()?.ok()?;
    proved(&tracked.proof, tracked.order, problem).ok()?;
    let ready = Ready::of(&tracked, problem).ok()?;
    Some((tracked, ready))
}

fn has_certificates(theorem: &Theorem, family: &str) -> bool {
    let mut members = (0..MEMBERS).filter_map(|seed| member(family, seed));
    members.any(|problem| {
        claimed(theorem, &problem).is_some_and(|(_, ready)| ready.tied(1.0 / SLICES).is_ok())
    })
}

/// Draws until there is something to certify, then tries to.
fn run(theorem: &Theorem, family: &str, falsified: bool, random: &mut ChaCha8Rng) -> Attack {
    loop {
        let seed: u64 = random.random();
        let (horizon, up_to) = (between(random, 0.25, 1.5), between(random, 0.02, 0.1));
        let Some(problem) = member(family, seed) else { continue };
        let Some((tracked, ready)) = claimed(theorem, &problem) else { continue };
        let slices = (SLICES * horizon).ceil() as usize;
        let request = Request { up_to, horizon, cells: CELLS, slices };
        let mut attack = Attack {
            theorem: theorem.id().to_owned(),
            loss: family.to_owned(),
            seed,
            horizon,
            up_to,
            sabotage: None,
            constant: None,
            sampled: None,
            reason: None,
        };
        if falsified {
            let Some(sabotage) = visible_sabotage(&ready, random) else { continue };
            attack.sabotage = Some(sabotage.name());
            match falsely_certified(theorem, &problem, &tracked, ready, &sabotage, &request) {
                Ok(constant) => attack.constant = Some(constant),
                Err(reason) => attack.reason = Some(reason),
            }
        } else {
            let found = certified(theorem, &problem, &request, SAMPLES);
            attack.constant = found.constant;
            attack.sampled = found.sampled;
            attack.reason = found.reason;
        }
        return attack;
    }
}

/// The constant of a false claim, from exact series and enclosures together or from enclosures alone.
fn falsely_certified(
    theorem: &Theorem,
    problem: &Problem,
    tracked: &MethodAndFlow,
    ready: Ready,
    sabotage: &Sabotage,
    request: &Request,
) -> Result<f64, String> {
    let proof = theorem.proof_for(Some(sabotage), Some(problem.batches()));
    let in_series = proved(&proof, tracked.order, problem);
    let constant =
        |found: Vec<super::CellBound>| found.iter().map(|cell| cell.constant).fold(0.0, f64::max);
    let enclosed = caught(|| ready.falsified(sabotage).bounds(request))
        .unwrap_or_else(|message| Err(format!("it panicked: {message}")))
        .map(constant);
    match (in_series, enclosed) {
        (_, Ok(constant)) => Ok(constant),
        // Nothing but enclosures were left to refuse it.
        (Ok(()), Err(_)) => Ok(f64::NAN),
        (Err(reason), Err(more)) => Err(format!("{reason}; {more}")),
    }
}

/// A sabotage that changes the field at the start: a term left out or turned, a coefficient or the clock off.
fn visible_sabotage(ready: &Ready, random: &mut ChaCha8Rng) -> Option<Sabotage> {
    let terms: Vec<Term> = (ready.claim.terms.iter())
        .filter(|term| term.coefficient != Ratio::new(0, 1))
        .cloned()
        .collect();
    let kind = random.random_range(0..4);
    let sabotage = match (kind, terms.len()) {
        (0, _) | (_, 0) => Sabotage::Clock(slightly_off(random)),
        (_, count) => {
            let name = terms[random.random_range(0..count)].name.to_string();
            match kind {
                1 => Sabotage::Omit(name),
                2 => Sabotage::Negate(name),
                _ => Sabotage::Scale(name, slightly_off(random)),
            }
        }
    };
    let stated = ready.guide.at_start(&ready.start);
    let falsified = ready.guide.falsified(&sabotage).at_start(&ready.start);
    let size = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let change: Vec<f64> = stated.iter().zip(&falsified).map(|(a, b)| a - b).collect();
    (size(&change) > VISIBLE * size(&stated)).then_some(sabotage)
}

/// 1 ± what is between 10⁻⁶ and 1, log-uniformly.
fn slightly_off(random: &mut ChaCha8Rng) -> Ratio {
    let off = between(random, 1.0, 1e6).round().clamp(1.0, 999_999.0) as i64;
    Ratio::new(if random.random() { 1_000_000 + off } else { 1_000_000 - off }, 1_000_000)
}

/// Log-uniform between two positive numbers.
fn between(random: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low * (high / low).powf(random.random::<f64>())
}

/// A flow whose time runs at another pace.
pub(super) struct AtPace<A: Arithmetic> {
    pub(super) flow: std::sync::Arc<dyn Flow<A>>,
    pub(super) clock: Ratio,
}

impl<S: crate::scalar::Scalar + 'static> Flow<Numeric<S>> for AtPace<Numeric<S>>
where
    Numeric<S>: Arithmetic<Number = S>,
{
    fn terms(&self) -> Vec<Term> {
        self.flow.terms()
    }

    fn field(
        &self,
        a: &mut Numeric<S>,
        c: &[S],
        t: &S,
        w: &<Numeric<S> as Arithmetic>::Vector,
    ) -> <Numeric<S> as Arithmetic>::Vector {
        let mut field = self.flow.field(a, c, t, w);
        a.scale(&S::from_ratio(self.clock), &mut field);
        field
    }

    fn start(
        &self,
        a: &mut Numeric<S>,
        c: &[S],
        w: <Numeric<S> as Arithmetic>::Vector,
    ) -> <Numeric<S> as Arithmetic>::Vector {
        self.flow.start(a, c, w)
    }
}

impl Ready {
    /// The same with the claim made false.
    fn falsified(mut self, sabotage: &Sabotage) -> Self {
        let changed = Variant::sabotaged(self.claim.terms.clone(), sabotage);
        self.guide = self.guide.falsified(sabotage);
        self.claim.terms = changed.terms;
        let flow = std::sync::Arc::clone(&self.claim.flow);
        self.claim.flow = std::sync::Arc::new(AtPace { flow, clock: changed.clock });
        self
    }
}

impl super::guide::Guide {
    fn falsified(&self, sabotage: &Sabotage) -> Self {
        let changed = Variant::sabotaged(self.terms.clone(), sabotage);
        let flow = std::sync::Arc::clone(&self.flow);
        super::guide::Guide {
            loss: std::sync::Arc::clone(&self.loss),
            flow: std::sync::Arc::new(AtPace { flow, clock: changed.clock }),
            terms: changed.terms,
        }
    }

    /// f̃(w, 1): every term weighs what its coefficient does.
    fn at_start(&self, w: &[f64]) -> Vec<f64> {
        let coefficients: Vec<f64> = self.terms.iter().map(|term| term.at(1.0)).collect();
        let mut a = Numeric::new(std::sync::Arc::clone(&self.loss));
        self.flow.field(&mut a, &coefficients, &0.0, &w.to_vec())
    }
}
