//! What audits plant: sabotages of a claim, and mistakes of outside authors.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::flow::Term;
use crate::leg::{Leg, LegKind, Sabotage};
use crate::loss::{Problem, Tampering};
use crate::scalar::Ratio;
use crate::theorem::{Mistake, Theorem};

/// One of the kinds of sabotage that fit the legs, each kind as likely as the others.
pub(super) fn random_sabotage(random: &mut ChaCha8Rng, legs: &[Box<dyn Leg>]) -> Option<Sabotage> {
    // What is claimed to be absent can only be inserted.
    let (absent, present): (Vec<Term>, Vec<Term>) =
        (legs.iter().flat_map(|leg| leg.terms())).partition(|term| term.coefficient.is_zero());
    let names = |terms: Vec<Term>| terms.iter().map(|t| t.name.to_string()).collect::<Vec<_>>();
    let (absent, terms) = (names(absent), names(present));
    let twins: Vec<String> = legs.iter().flat_map(|leg| leg.twins()).map(Into::into).collect();
    let clock = legs.iter().any(|leg| leg.has_clock());
    let foreign = legs.iter().any(|leg| leg.takes_foreign_term());
    let nothing = absent.is_empty() && terms.is_empty() && twins.is_empty() && !clock && !foreign;
    if nothing {
        return None;
    }
    let pick = |random: &mut ChaCha8Rng, names: &[String]| {
        names[random.random_range(0..names.len())].clone()
    };
    loop {
        return Some(match random.random_range(0..6) {
            0 if !absent.is_empty() => Sabotage::Insert(pick(random, &absent)),
            0 if !terms.is_empty() => Sabotage::Omit(pick(random, &terms)),
            1 if !terms.is_empty() => Sabotage::Negate(pick(random, &terms)),
            2 if !terms.is_empty() => {
                let factor = random_factor(random);
                Sabotage::Scale(pick(random, &terms), factor)
            }
            3 if clock => Sabotage::Clock(random_factor(random)),
            4 if !twins.is_empty() => Sabotage::Twin(pick(random, &twins)),
            5 if foreign => Sabotage::Foreign(random_factor(random) - Ratio::new(1, 1)),
            _ => continue,
        });
    }
}

/// A factor off by 1 % to 100 %, log-uniformly, up or down.
pub(super) fn random_factor(random: &mut ChaCha8Rng) -> Ratio {
    let off = 10_f64.powf(2.0 + 2.0 * random.random::<f64>()).round() as i64;
    let off = off.clamp(100, 9_999);
    Ratio::new(if random.random() { 10_000 + off } else { 10_000 - off }, 10_000)
}

/// A mistake of an outside author, in the loss or in what the theorem is made of.
pub(super) enum Outside {
    /// In the loss.
    Loss(Tampering),
    /// In the method, the flow or the sampling.
    Part(Mistake),
}

/// The last step after which a method turns whose blocks are single steps: before the end of the coarsest rung at
/// a fixed time. With longer blocks it turns within the first, which every leg that has it sees.
const LAST_TURN: usize = 12;

impl Outside {
    /// A mistake that makes a difference on this loss, each kind as likely as the others.
    pub(super) fn random(
        random: &mut ChaCha8Rng,
        theorem: &Theorem,
        problem: &Problem,
        legs: &[Box<dyn Leg>],
    ) -> Self {
        let m = problem.batches();
        let any = Mistake::FalseFlags;
        let has_parts = theorem.mistaken(&any).is_some();
        let steps = legs.iter().map(|leg| leg.steps()).max().unwrap_or(1);
        let at_a_fixed_time = legs.iter().any(|leg| leg.kind() == LegKind::Global);
        loop {
            return match random.random_range(0..6) {
                0 => Outside::Loss(Tampering::Component {
                    component: random.random_range(0..problem.dim()),
                    factor: random_factor(random),
                }),
                1 if !problem.float().is_quadratic() => Outside::Loss(Tampering::ClaimsQuadratic),
                2 if has_parts && (steps > 1 || at_a_fixed_time) => Outside::Part(Mistake::Turns {
                    after: random.random_range(1..=if steps > 1 { steps - 1 } else { LAST_TURN }),
                    factor: random_factor(random),
                }),
                3 if has_parts && m > 1 => Outside::Part(Mistake::Undivided),
                4 if has_parts => {
                    let by = random_factor(random) - Ratio::new(1, 1);
                    Outside::Part(Mistake::MovedStart { by: by * Ratio::new(1, 100) })
                }
                5 if has_parts && m > 1 => Outside::Part(any),
                _ => continue,
            };
        }
    }

    /// What was planted, in words.
    pub(super) fn name(&self) -> String {
        match self {
            Outside::Loss(Tampering::Component { component, factor }) => {
                format!("gradient component {component} times {factor}")
            }
            Outside::Loss(Tampering::ClaimsQuadratic) => "claims to be quadratic".to_owned(),
            Outside::Part(Mistake::Turns { after, factor }) => {
                format!("steps {factor} times as long after {after}")
            }
            Outside::Part(Mistake::Undivided) => "gradients summed, not averaged".to_owned(),
            Outside::Part(Mistake::MovedStart { by }) => format!("flow starts at w + {by} g"),
            Outside::Part(Mistake::FalseFlags) => "independent draws called an order".to_owned(),
        }
    }
}
