//! Proofs: an optimizer's map against the flow of a claimed field, tree by tree.

use std::sync::Arc;

use super::claimed::Claimed;
use super::composition::Ring;
use super::derive::{Logarithm, expect_use, memory_of};
use super::maps::{MapClaim, MapSeries, prove_with_maps};
use super::start::{agree_below, expect_settled};
use super::watch::Watched;
use super::{
    BSeries, Composer, Forest, Mismatch, Polynomial, Proof, ProofStatus, ProvedBatches, Rational,
    Series, SeriesFault,
};
use num_traits::One;

use crate::flow::{Flow, Term};
use crate::optimizer::Optimizer;
use crate::sampling::{Draw, Repeated, Sampling, followed};
use crate::scalar::Ratio;

/// What is claimed of an optimizer.
pub struct Claim<'a> {
    /// The claimed flow.
    pub flow: &'a dyn Flow<Series>,
    /// Its terms, as stated or sabotaged.
    pub terms: &'a [Term],
    /// The factor on time: 1 for a claim as stated.
    pub clock: Ratio,
    /// The claimed order of the error of one block.
    pub local_order: usize,
    /// The order to which the first blocks must be those of the slow manifold: that of one block, or, where that is
    /// not claimed, that at a fixed time, by when what a start leaves has faded.
    pub start_order: usize,
}

impl Claim<'_> {
    /// Whether the claim speaks of this power of ε in dw/dt: the others are part of the error it allows.
    pub(super) fn speaks_of(&self, power: u32) -> bool {
        (power as usize).saturating_add(1) < self.local_order
    }
}

/// Both sides once more, in series with maps.
#[derive(Clone, Copy)]
pub(crate) struct MapSide<'a> {
    /// The optimizer.
    pub(crate) optimizer: &'a dyn Optimizer<MapSeries>,
    /// The claimed flow.
    pub(crate) flow: &'a dyn Flow<MapSeries>,
}

/// Who looked at the minibatches in a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    /// The sampling draws something else than the whole loss.
    pub(crate) sampling: bool,
    /// The optimizer, at more than the batch it is handed.
    pub(crate) optimizer: bool,
    /// The claimed flow.
    pub(crate) flow: bool,
}

impl Looked {
    /// Whether anybody did.
    pub(crate) fn anybody(self) -> bool {
        self.sampling || self.optimizer || self.flow
    }

    /// Who looked in either comparison.
    pub(crate) fn or(self, other: Self) -> Self {
        Looked {
            sampling: self.sampling || other.sampling,
            optimizer: self.optimizer || other.optimizer,
            flow: self.flow || other.flow,
        }
    }
}

/// A number of steps on the whole loss.
pub(super) struct WholeLoss {
    steps: usize,
}

impl WholeLoss {
    /// The steps of `sampling` over `batches`, if all are on the whole loss.
    pub(super) fn of(sampling: &dyn Sampling, batches: usize) -> Option<Self> {
        let mut path: Vec<Draw> = Vec::new();
        loop {
            match sampling.continuations(&path, batches).as_slice() {
                [] => return Some(WholeLoss { steps: path.len() }),
                [Draw::Full] => path.push(Draw::Full),
                _ => return None,
            }
        }
    }
}

impl Sampling for WholeLoss {
    fn continuations(&self, path: &[Draw], _components: usize) -> Vec<Draw> {
        if path.len() < self.steps { vec![Draw::Full] } else { Vec::new() }
    }
}

/// Compares log Φ of the optimizer's mean map with the claimed field. For local order p all trees must
/// agree exactly at all powers of ε below p, so the identity holds for every smooth loss with `batches`
/// minibatches.
///
/// # Errors
/// [`SeriesFault`] if either side has no series, or the claim cannot be proved by series.
pub fn prove(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    claim: &Claim<'_>,
    batches: usize,
) -> Result<Proof, SeriesFault> {
    let mut looked = Looked::default();
    match prove_alone(optimizer, sampling, claim, None, batches, &mut looked) {
        Some(proof) => proof,
        None => prove_coloured(optimizer, sampling, claim, None, batches, &mut looked),
    }
}

/// The same in one colour, and who looked at the minibatches; `None` if somebody did. If nobody can tell
/// one minibatch from several, one colour shows all there is.
pub(crate) fn prove_alone(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    claim: &Claim<'_>,
    maps: Option<MapSide<'_>>,
    batches: usize,
    looked: &mut Looked,
) -> Option<Result<Proof, SeriesFault>> {
    let Some(whole) = WholeLoss::of(sampling, batches) else {
        looked.sampling = true;
        return None;
    };
    let alone = compared(optimizer, &whole, claim, maps, 1, looked);
    (!looked.anybody()).then(|| alone.map(|proof| proof.with(batches)))
}

/// The same in as many colours as minibatches.
pub(crate) fn prove_coloured(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    claim: &Claim<'_>,
    maps: Option<MapSide<'_>>,
    batches: usize,
    looked: &mut Looked,
) -> Result<Proof, SeriesFault> {
    compared(optimizer, sampling, claim, maps, batches, looked).map(|proof| proof.with(batches))
}

/// The comparison in `colours` colours: in trees, or, where either side applies a map, with maps.
fn compared(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    claim: &Claim<'_>,
    maps: Option<MapSide<'_>>,
    colours: usize,
    looked: &mut Looked,
) -> Result<Proof, SeriesFault> {
    let in_trees = compared_in_trees(optimizer, sampling, claim, colours, looked);
    match (in_trees, maps) {
        (Err(fault), Some(MapSide { optimizer, flow })) if fault.may_have_maps() => {
            let Claim { terms, clock, local_order, start_order, .. } = *claim;
            let claim = MapClaim { flow, terms, clock, local_order, start_order };
            let with_maps = prove_with_maps(optimizer, sampling, &claim, colours, looked);
            let proved = with_maps.as_ref().is_ok_and(|p| p.status == ProofStatus::Proved);
            // A finite amount, such as a radius, is no map: where it is not proved, that is what is said. What is no
            // sum of trees, such as w itself, may be one of differentials, and another than the method's.
            let compares = fault.applies_maps() || matches!(fault, SeriesFault::NoField);
            if proved || (compares && (with_maps.is_ok() || fault.applies_maps())) {
                with_maps
            } else {
                Err(fault)
            }
        }
        (in_trees, _) => in_trees,
    }
}

/// The comparison in trees of `colours` colours.
fn compared_in_trees(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    claim: &Claim<'_>,
    colours: usize,
    looked: &mut Looked,
) -> Result<Proof, SeriesFault> {
    let sampling = &Repeated::new(sampling, optimizer.period(), colours);
    let steps = sampling.steps(colours);
    if steps == 0 {
        return Err(SeriesFault::NoSeries("the sampling draws nothing"));
    }
    let forest = Arc::new(Forest::new(claim.local_order.saturating_sub(1), colours)?);
    let claimed = Claimed::of(claim, &forest, &mut looked.flow);
    // A claim that is not provable still has an optimizer that looks, or does not.
    let found = log_below(&forest, &Watched(optimizer), sampling, claim, looked);
    let claimed = claimed?;
    let actual = found?;
    if let Some(mismatch) = claimed.stray(claim, &forest)? {
        return Ok(Proof::refuted(mismatch, 0));
    }
    let time = Polynomial::constant(claim.clock).scaled(&Rational::from_integer(steps.into()));
    let said: Vec<Polynomial> =
        claimed.field.coefficients.iter().map(|c| c.clone() * time.clone() * one_step()).collect();
    let compared = Compared { forest: &forest, steps, local_order: claim.local_order };
    Ok(compared.proof(&actual, &said))
}

/// log Φ where it is all that Φ has below the claimed local order, and the first steps are those of Φ.
fn log_below(
    forest: &Arc<Forest>,
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    claim: &Claim<'_>,
    looked: &mut Looked,
) -> Result<Vec<Polynomial>, SeriesFault> {
    let composer = Composer::new(forest);
    let mut a = Series::new(Arc::clone(forest));
    a.period = followed(optimizer.period());
    let memory = memory_of(&a, &composer, optimizer, sampling);
    looked.optimizer |= a.watch.looked();
    let memory = memory?;
    let found = Logarithm::of(&mut a, &composer, optimizer, sampling, &memory);
    looked.optimizer |= a.watch.looked();
    let found = found?;
    found.expect_whole_below(forest, claim.local_order)?;
    let start_order = claim.start_order.min(claim.local_order);
    let settled = expect_settled(&mut a, optimizer, sampling, &memory, &found.map, start_order);
    looked.optimizer |= a.watch.looked();
    expect_use(&a)?;
    settled.map(|()| found.field)
}

/// ε.
fn one_step() -> Polynomial {
    Polynomial::monomial(Rational::one(), 1)
}

/// Compares two vector fields, both functions of the same point, in all trees that come with ε to a
/// power below `local_order` − 1.
pub fn prove_equal(
    forest: &Forest,
    actual: &BSeries,
    claimed: &BSeries,
    local_order: usize,
) -> Proof {
    let over_a_step = |field: &BSeries| -> Vec<Polynomial> {
        field.coefficients.iter().map(|c| c.clone() * one_step()).collect()
    };
    let compared = Compared { forest, steps: 1, local_order };
    compared.proof(&over_a_step(actual), &over_a_step(claimed)).with(forest.colours())
}

impl Proof {
    /// A comparison that ended with a disagreement, after `trees` trees.
    fn refuted(mismatch: Mismatch, trees: usize) -> Self {
        Proof {
            status: ProofStatus::Refuted,
            order: mismatch.power + 1,
            trees,
            first_failure: Some(mismatch),
            ..Proof::not_applicable()
        }
    }

    /// What it says is about losses of `batches` minibatches.
    pub(super) fn with(mut self, batches: usize) -> Self {
        if self.status == ProofStatus::Proved {
            self.batches = ProvedBatches::Listed(vec![batches]);
        }
        if let Some(failure) = &mut self.first_failure {
            failure.batches = batches;
        }
        self
    }
}

/// What two lists of coefficients are compared over.
struct Compared<'a> {
    forest: &'a Forest,
    steps: usize,
    local_order: usize,
}

impl Compared<'_> {
    /// Tree by tree, at the powers of ε below the local order; the lowest power at which a tree fails
    /// comes first.
    fn proof(&self, actual: &[Polynomial], said: &[Polynomial]) -> Proof {
        let Compared { forest, steps, local_order } = *self;
        let differ =
            |id: &super::TreeId| !agree_below(&actual[id.index()], &said[id.index()], local_order);
        let first = forest.ids().filter(differ).flat_map(|id| {
            let off = actual[id.index()].clone() - said[id.index()].clone();
            off.powers().next().map(|power| (power, id))
        });
        let Some((power, id)) = first.min() else {
            return Proof {
                status: ProofStatus::Proved,
                order: local_order,
                trees: forest.len(),
                ..Proof::not_applicable()
            };
        };
        let tree = forest.tree(id);
        let share = Rational::from_integer((steps as u64 * tree.symmetry).into());
        let mismatch = Mismatch {
            batches: forest.colours(),
            tree: forest.show(id),
            power: power.saturating_sub(1) as usize,
            nodes: tree.order,
            actual: actual[id.index()].coefficient(power) / &share,
            claimed: said[id.index()].coefficient(power) / share,
        };
        Proof::refuted(mismatch, id.index() + 1)
    }
}
