//! The modified vector field of an optimizer, derived.

use std::sync::Arc;

use num_traits::{One, Zero};

use super::manifold::slow_manifold_on;
use super::maps::{MapRow, derive_with_maps};
use super::prove::WholeLoss;
use super::truncation::{Reach, Valuations};
use super::watch::Observed;
use super::{
    BSeries, Composer, Effort, ExactOptimizer, Forest, Misuse, Polynomial, Rational, Series,
    SeriesFault, TreeId,
};
use crate::optimizer::{Optimizer, State, Steps};
use crate::sampling::{Draw, Repeated, Sampling, expectation, followed};

/// The most paths whose mean is taken.
pub(super) const PATH_LIMIT: f64 = 50_000.0;

/// One term of a modified field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The tree.
    pub tree: TreeId,
    /// Its number of nodes.
    pub order: usize,
    /// The coefficient of ε^(order − 1) F(τ) in dw/dt, 1/σ(τ) included.
    pub coefficient: Rational,
}

/// A modified field with everything needed to read it: the terms that are not zero, by order.
#[derive(Clone, Debug)]
pub enum Derived {
    /// In rooted trees.
    Trees {
        /// The trees, one colour a minibatch.
        forest: Arc<Forest>,
        /// The terms.
        rows: Vec<Row>,
    },
    /// In elementary differentials with maps.
    Maps {
        /// The number of minibatches.
        batches: usize,
        /// The terms.
        rows: Vec<MapRow>,
    },
}

/// The logarithm of a mean map: the field whose flow takes unit time for one block.
pub(super) struct Logarithm {
    /// The mean map.
    pub(super) map: BSeries,
    /// Its logarithm b(τ).
    pub(super) field: Vec<Polynomial>,
    /// The least power of ε that a tree beyond the forest may have in it.
    lost: u32,
}

impl Derived {
    /// The number of colours: of minibatches, or 1 for the whole loss.
    pub fn colours(&self) -> usize {
        match self {
            Derived::Trees { forest, .. } => forest.colours(),
            Derived::Maps { batches, .. } => *batches,
        }
    }
}

impl Logarithm {
    /// That of one block from memory on the slow manifold.
    pub(super) fn of(
        a: &mut Series,
        composer: &Composer,
        optimizer: &dyn Optimizer<Series>,
        sampling: &dyn Sampling,
        memory: &[BSeries],
    ) -> Result<Self, SeriesFault> {
        let map = mean_map(a, optimizer, sampling, memory, Steps::settled());
        expect_use(a)?;
        if map.identity != Polynomial::one() {
            return Err(SeriesFault::NoSeries("it scales the parameters themselves"));
        }
        let forest = a.shared_forest();
        // A logarithm at a tree is a sum of products over the parts that the tree can be cut into.
        let lost = Reach::towards(forest.order() + 1)
            .with_any_of(&Valuations::of(&forest, &map))
            .reached();
        let field = logarithm(&forest, composer, &map.coefficients);
        Ok(Logarithm { map, field, lost })
    }

    /// # Errors
    /// [`SeriesFault::Mixed`] if trees beyond the forest may come with a power of ε below `order`.
    pub(super) fn expect_whole_below(
        &self,
        forest: &Forest,
        order: usize,
    ) -> Result<(), SeriesFault> {
        if self.lost as usize >= order {
            return Ok(());
        }
        let early = |id: &TreeId| {
            let nodes = forest.tree(*id).order as u32;
            self.field[id.index()].powers().any(|power| power < nodes)
        };
        let tree = forest.ids().find(early).map_or_else(
            || format!("a tree with more than {} nodes", forest.order()),
            |id| forest.show(id),
        );
        Err(SeriesFault::Mixed { tree })
    }
}

/// # Errors
/// The first misuse of the arithmetic.
pub(super) fn expect_use(a: &Series) -> Result<(), SeriesFault> {
    match a.misuse() {
        None => Ok(()),
        Some(Misuse::NoPoint) => {
            Err(SeriesFault::NoSeries("it differentiates the loss away from a point"))
        }
        Some(misuse) => Err(SeriesFault::Misused(misuse)),
    }
}

/// The logarithm, in plain rationals where every coefficient is a multiple of ε^|τ|.
fn logarithm(forest: &Forest, composer: &Composer, map: &[Polynomial]) -> Vec<Polynomial> {
    let power = |id: TreeId| forest.tree(id).order as u32;
    let homogeneous = forest.ids().all(|id| map[id.index()].powers().all(|p| p == power(id)));
    if !homogeneous {
        return composer.logarithm(map);
    }
    let plain: Vec<Rational> =
        forest.ids().map(|id| map[id.index()].coefficient(power(id))).collect();
    let field = composer.logarithm(&plain);
    forest.ids().map(|id| Polynomial::monomial(field[id.index()].clone(), power(id))).collect()
}

/// The memory on the slow manifold; empty for a method without.
///
/// # Errors
/// [`SeriesFault`] if there is none, or the paths of a block cannot be walked.
pub(super) fn memory_of(
    a: &Series,
    composer: &Composer,
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
) -> Result<Vec<BSeries>, SeriesFault> {
    let batches = a.shared_forest().colours();
    let paths = sampling.paths(batches);
    if paths > PATH_LIMIT {
        return Err(SeriesFault::TooManyPaths { paths, batches });
    }
    if optimizer.memory() == 0 {
        return Ok(Vec::new());
    }
    let Some(draw) = only_draw(sampling, batches) else {
        let random = paths > 1.0;
        return Err(if random { SeriesFault::RandomMemory } else { SeriesFault::BlockMemory });
    };
    slow_manifold_on(a, composer, optimizer, draw.batch())
}

/// The one draw of a block that has no other.
pub(super) fn only_draw(sampling: &dyn Sampling, batches: usize) -> Option<Draw> {
    let mut first = sampling.continuations(&[], batches);
    let only = first.pop().filter(|_| first.is_empty())?;
    sampling.continuations(std::slice::from_ref(&only), batches).is_empty().then_some(only)
}

/// The mean map of one block from the point w with this memory, after `steps`.
pub(super) fn mean_map(
    a: &mut Series,
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    memory: &[BSeries],
    steps: Steps,
) -> BSeries {
    let eps = a.step_size();
    let state = State { w: a.identity(), memory: memory.to_vec(), steps };
    let mut mean = expectation(a, optimizer, sampling, &eps, &state, &mut |_, end| vec![end.w]);
    mean.swap_remove(0)
}

/// The modified vector field dw/dt of `optimizer` under `sampling`, in t = nε, up to trees of
/// `order` nodes in `batches` colours: the terms that are not zero, by order.
///
/// # Errors
/// [`SeriesFault`] if there is none, or it does not fit in memory.
pub fn derive(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    order: usize,
    batches: usize,
) -> Result<(Arc<Forest>, Vec<Row>), SeriesFault> {
    let sampling = &Repeated::new(sampling, optimizer.period(), batches);
    Effort::of(optimizer.memory(), sampling, order, batches).expect_within_bounds()?;
    let forest = Arc::new(Forest::new(order, batches)?);
    let composer = Composer::new(&forest);
    let mut a = Series::new(Arc::clone(&forest));
    a.period = followed(optimizer.period());
    let memory = memory_of(&a, &composer, optimizer, sampling)?;
    let found = Logarithm::of(&mut a, &composer, optimizer, sampling, &memory)?;
    let rows = modified_field(&forest, &found.field, sampling.steps(batches))?;
    // Rows that are all there are of their trees need not be all there is at their powers of ε.
    found.expect_whole_below(&forest, order + 1)?;
    Ok((forest, rows))
}

/// The modified vector field of `optimizer` under `sampling` up to ε^(`order` − 1): in rooted trees where it
/// has them, and with maps where it applies any, takes the gradient away from a point or moves by amounts that
/// do not vanish with ε.
///
/// A method that is fed the whole loss and looks at nothing else has the same field for any number of
/// minibatches: it comes in one colour.
///
/// # Errors
/// [`SeriesFault`] if there is none, or it does not fit in memory.
pub fn derive_exactly(
    optimizer: &dyn ExactOptimizer,
    sampling: &dyn Sampling,
    order: usize,
    batches: usize,
) -> Result<Derived, SeriesFault> {
    if batches > 1
        && let Some(whole) = WholeLoss::of(sampling, batches)
    {
        let observed = Observed::new(optimizer);
        let alone = derived(&observed, &whole, order, 1);
        if !observed.looked() {
            return alone;
        }
    }
    derived(optimizer, sampling, order, batches)
}

/// The field in as many colours as minibatches.
fn derived(
    optimizer: &dyn ExactOptimizer,
    sampling: &dyn Sampling,
    order: usize,
    batches: usize,
) -> Result<Derived, SeriesFault> {
    match derive(optimizer, sampling, order, batches) {
        Ok((forest, rows)) => Ok(Derived::Trees { forest, rows }),
        Err(fault) if fault.may_have_maps() => {
            let field = derive_with_maps(optimizer, sampling, order, batches)?;
            let rows = field.rows().ok_or(SeriesFault::NoField)?;
            Ok(Derived::Maps { batches, rows })
        }
        Err(fault) => Err(fault),
    }
}

/// The terms of the field in t = nε from those of the field for one block of `steps` steps.
///
/// # Errors
/// [`SeriesFault::Mixed`] if a coefficient is no multiple of ε^order.
pub fn modified_field(
    forest: &Forest,
    field: &[Polynomial],
    steps: usize,
) -> Result<Vec<Row>, SeriesFault> {
    let mut rows = Vec::new();
    for id in forest.ids() {
        let coefficient = &field[id.index()];
        if coefficient.is_zero() {
            continue;
        }
        let tree = forest.tree(id);
        let power = tree.order as u32;
        if coefficient.powers().any(|p| p != power) {
            return Err(SeriesFault::Mixed { tree: forest.show(id) });
        }
        let share = Rational::from_integer((steps as u64 * tree.symmetry).into());
        let coefficient = coefficient.coefficient(power) / share;
        rows.push(Row { tree: id, order: tree.order, coefficient });
    }
    Ok(rows)
}
