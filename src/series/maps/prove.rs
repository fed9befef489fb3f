//! Proofs with maps: the derived field against the claimed one, differential by differential.

use num_traits::{One, Zero};
use std::collections::BTreeSet;

use super::apply::MapVector;
use super::arena::NodeId;
use super::arithmetic::MapSeries;
use super::coefficient::{Coefficient, StepPolynomial};
use super::field::{Fed, expect_use, of_a_claim};
use super::show::timed;
use crate::arithmetic::Arithmetic;
use crate::flow::{Flow, Term};
use crate::optimizer::{Optimizer, State, Steps};
use crate::sampling::{Draw, Repeated, Sampling, followed};
use crate::scalar::Ratio;
use crate::series::prove::Looked;
use crate::series::start::FADING;
use crate::series::watch::Watched;
use crate::series::{Mismatch, Misuse, Proof, ProofStatus, Rational, SeriesFault};

/// What is claimed of an optimizer, where maps are.
pub(in crate::series) struct MapClaim<'a> {
    /// The claimed flow.
    pub(in crate::series) flow: &'a dyn Flow<MapSeries>,
    /// Its terms, as stated or sabotaged.
    pub(in crate::series) terms: &'a [Term],
    /// The factor on time: 1 for a claim as stated.
    pub(in crate::series) clock: Ratio,
    /// The claimed order of the error of one block.
    pub(in crate::series) local_order: usize,
    /// The order to which the first blocks are those of the slow manifold.
    pub(in crate::series) start_order: usize,
}

/// Compares the modified field of the optimizer with the claimed one at all powers of ε below
/// `local_order` − 1: if they agree differential by differential, they do for every smooth loss with `batches`
/// minibatches and for all smooth maps in the place of those that occur.
///
/// Differentials that differ are independent over all maps; of the maps that occur an identity may make them
/// equal all the same. So a refutation is one for some maps.
///
/// # Errors
/// [`SeriesFault`] if either side has no series, or the claim cannot be proved by series.
pub(in crate::series) fn prove_with_maps(
    optimizer: &dyn Optimizer<MapSeries>,
    sampling: &dyn Sampling,
    claim: &MapClaim<'_>,
    batches: usize,
    looked: &mut Looked,
) -> Result<Proof, SeriesFault> {
    let sampling = &Repeated::new(sampling, optimizer.period(), batches);
    let steps = sampling.steps(batches);
    if steps == 0 {
        return Err(SeriesFault::NoSeries("the sampling draws nothing"));
    }
    let powers = claim.local_order.saturating_sub(1);
    let mut a = MapSeries::new(batches, powers);
    a.period = followed(optimizer.period());
    let claimed = claim.field(&mut a, &mut looked.flow);
    // A claim that is not provable still has an optimizer that looks, or does not.
    let mut own = a.watched_anew();
    let fed = Fed { optimizer: &Watched(optimizer), sampling };
    let found = fed.manifold(&mut own).and_then(|memory| {
        let field = fed.field(&mut own, &memory)?;
        fed.expect_settled(&mut own, &memory, claim.start_order)?;
        expect_use(&own)?;
        Ok(field)
    });
    looked.optimizer |= own.watch.looked();
    let claimed = claimed?;
    let actual = found?;
    let block = Coefficient::rational(Rational::from_integer((steps as u64).into()));
    let time = StepPolynomial::monomial(block * Coefficient::ratio(claim.clock), 0);
    let mut said = MapVector::default();
    said.add_scaled(&time, &claimed, powers);
    Ok(compared(&own, &actual, &said, steps, powers).with(batches))
}

impl MapClaim<'_> {
    /// The claimed field at w.
    fn field(&self, a: &mut MapSeries, looks: &mut bool) -> Result<MapVector, SeriesFault> {
        let point = a.point();
        let power = |term: &Term| StepPolynomial::monomial(Coefficient::one(), term.power as usize);
        let coefficients: Vec<StepPolynomial> =
            self.terms.iter().map(|term| a.ratio(term.coefficient) * power(term)).collect();
        let time = StepPolynomial::monomial(Coefficient::time(), 0);
        a.watch.begin(Draw::Full);
        let field = self.flow.field(a, &coefficients, &time, &point);
        let start = self.flow.start(a, &coefficients, point);
        a.watch.end();
        *looks |= a.watch.looked();
        if let Some(misuse) = a.misuse() {
            return Err(of_a_claim(misuse));
        }
        let moved = !start.is_at_the_point()
            || (1..self.local_order.min(start.len())).any(|power| !start.is_zero_at(power));
        if moved {
            return Err(SeriesFault::StartsElsewhere);
        }
        Ok(field)
    }
}

impl Fed<'_> {
    /// Compares the first blocks with those of the slow manifold at the powers of ε below `order`.
    fn expect_settled(
        &self,
        a: &mut MapSeries,
        memory: &[MapVector],
        order: usize,
    ) -> Result<(), SeriesFault> {
        let alike = |one: &MapVector, other: &MapVector| {
            (0..order).all(|power| one.at(power).eq(other.at(power)))
        };
        let blocks = memory.len() + 1 + if a.fades() { FADING } else { 0 };
        let length = self.sampling.steps(a.colours());
        // The first step is taken at the time 0.
        let at_the_start: Option<Vec<MapVector>> =
            memory.iter().map(|memory| memory.at_time_zero(&mut a.arena)).collect();
        let memory = &at_the_start.ok_or(SeriesFault::Misused(Misuse::Inverse))?;
        a.from_time_zero = true;
        let settled = self.first_blocks_agree(a, memory, (blocks, length), &alike);
        a.from_time_zero = false;
        settled
    }

    /// Whether the first blocks from the start are those of the slow manifold at the time 0.
    fn first_blocks_agree(
        &self,
        a: &mut MapSeries,
        memory: &[MapVector],
        (blocks, length): (usize, usize),
        alike: &dyn Fn(&MapVector, &MapVector) -> bool,
    ) -> Result<(), SeriesFault> {
        if memory.is_empty() {
            for block in 0..if a.fades() { blocks } else { 0 } {
                let settled = self.map(a, memory, Steps::settled().after(block * length));
                let first = self.map(a, memory, Steps::default().after(block * length));
                if !alike(&first, &settled) {
                    return Err(SeriesFault::StartsOffManifold);
                }
            }
            return Ok(());
        }
        // A block of random draws has forgotten what it began with, or there is no manifold to be off.
        let Some(path) = self.only_path(a.colours()) else { return Ok(()) };
        let (eps, w) = (a.step_size(), a.point());
        let begun = self.optimizer.initial_memory(a, &eps, &w);
        let mut settled = State { w: w.clone(), memory: memory.to_vec(), steps: Steps::settled() };
        let mut first = State { w, memory: begun, steps: Steps::default() };
        for _ in 0..blocks {
            first = self.after(a, &path, first);
            settled = self.after(a, &path, settled);
            if !alike(&first.w, &settled.w) {
                return Err(SeriesFault::StartsOffManifold);
            }
        }
        Ok(())
    }
}

/// Two fields over one block, differential by differential, below ε^`powers`.
fn compared(
    a: &MapSeries,
    actual: &MapVector,
    said: &MapVector,
    steps: usize,
    powers: usize,
) -> Proof {
    let mut trees = 0;
    let share = Coefficient::rational(Rational::new(1.into(), (steps as u64).into()));
    for power in 0..powers {
        let nodes: BTreeSet<NodeId> =
            actual.at(power).chain(said.at(power)).map(|(node, _)| node).collect();
        trees += nodes.len();
        let differs =
            |node: &NodeId| actual.coefficient(power, *node) != said.coefficient(power, *node);
        let smallest = nodes
            .into_iter()
            .filter(differs)
            .min_by_key(|node| (a.arena.size(*node), a.arena.show(*node)));
        if let Some(node) = smallest {
            let (one, other) = (actual.coefficient(power, node), said.coefficient(power, node));
            // The first power of the time at which they differ.
            let times = (one.clone() - other.clone()).powers_of_time();
            let at = times.first().copied().unwrap_or(0);
            let value = |c: Coefficient| {
                let part = c.at_power_of_time(at) * share.clone();
                part.constant().unwrap_or_else(Rational::zero)
            };
            return Proof {
                status: ProofStatus::Refuted,
                order: power + 1,
                trees,
                first_failure: Some(Mismatch {
                    batches: a.colours(),
                    tree: timed(at, &a.arena.show(node)),
                    power,
                    nodes: power + 1,
                    actual: value(one),
                    claimed: value(other),
                }),
                with_maps: true,
                ..Proof::not_applicable()
            };
        }
    }
    Proof {
        status: ProofStatus::Proved,
        order: powers + 1,
        trees,
        with_maps: true,
        ..Proof::not_applicable()
    }
}
