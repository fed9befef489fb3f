//! The modified vector field of an optimizer, derived.

use std::sync::Arc;

use num_traits::{One, Zero};

use super::manifold::{slow_manifold, step_from};
use super::{BSeries, Composer, Forest, Polynomial, Rational, Series, TreeId};
use crate::arithmetic::Arithmetic;
use crate::optimizer::{Optimizer, State};
use crate::sampling::{Sampling, expectation};

/// Why a series could not be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SeriesFault {
    /// Too many trees.
    #[error(
        "order {order} with {} needs about {} GB for {} trees, and {allowed} GB are allowed; take a lower \
         order or fewer batches",
        counted(*colours), rounded(*gigabytes), rounded(*trees as f64)
    )]
    TooLarge {
        /// The order asked for.
        order: usize,
        /// The number of colours.
        colours: usize,
        /// The number of trees.
        trees: u128,
        /// The memory they would need.
        gigabytes: f64,
        /// The memory they may take.
        allowed: f64,
    },
    /// The memory of the optimizer determines no slow manifold.
    #[error(
        "the optimizer's memory determines no slow manifold: it does not forget at a fixed rate \
         (momentum needs β other than 1)"
    )]
    NoSlowManifold,
    /// The optimizer moves w at ε = 0, or has series that mean nothing.
    #[error("the optimizer has no series: {0}")]
    NoSeries(&'static str),
    /// Coefficients mix powers of ε.
    #[error("the coefficient of {tree} mixes powers of ε; give hyperparameters in units of ε")]
    Mixed {
        /// The tree.
        tree: String,
    },
    /// Too many paths.
    #[error("{paths:.1e} orders of {batches} batches are too many to average; take fewer batches")]
    TooManyPaths {
        /// The number of paths.
        paths: f64,
        /// The number of batches.
        batches: usize,
    },
}

/// "1 minibatch", "2 minibatches".
fn counted(batches: usize) -> String {
    format!("{batches} minibatch{}", if batches == 1 { "" } else { "es" })
}

/// A large number as people read it.
fn rounded(x: f64) -> String {
    if x < 1e7 { format!("{x:.0}") } else { format!("{x:.1e}") }
}

/// The most paths whose mean is taken.
const PATH_LIMIT: f64 = 50_000.0;

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

/// A modified field with everything needed to read it.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The trees, one colour a minibatch.
    pub forest: Arc<Forest>,
    /// The terms that are not zero, by order.
    pub rows: Vec<Row>,
}

/// The coefficients b(τ) of log Φ, the field whose flow takes unit time for one block, Φ the mean map
/// of the block (on the slow manifold, if the optimizer has memory).
///
/// # Errors
/// [`SeriesFault`] if the map has no series.
pub fn log_of_map(
    a: &mut Series,
    composer: &Composer,
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
) -> Result<Vec<Polynomial>, SeriesFault> {
    let mean = mean_map(a, composer, optimizer, sampling)?;
    if a.was_misused() {
        return Err(SeriesFault::NoSeries("it differentiates the loss away from a point"));
    }
    if mean.identity != Polynomial::one() {
        return Err(SeriesFault::NoSeries("it scales the parameters themselves"));
    }
    Ok(logarithm(a.forest(), composer, &mean.coefficients))
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

/// The mean map of one block from the point w.
fn mean_map(
    a: &mut Series,
    composer: &Composer,
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
) -> Result<BSeries, SeriesFault> {
    let batches = a.batches();
    let paths = sampling.paths(batches);
    if paths > PATH_LIMIT {
        return Err(SeriesFault::TooManyPaths { paths, batches });
    }
    let memory = slow_manifold(a, composer, optimizer)?;
    if !memory.is_empty() && sampling.steps(batches) == 1 {
        return Ok(step_from(a, optimizer, &memory).w);
    }
    if !memory.is_empty() {
        return Err(SeriesFault::NoSeries(
            "memory and minibatches together have no slow manifold here",
        ));
    }
    let eps = a.step_size();
    let state = State { w: a.identity(), memory, steps: 0 };
    let mut mean = expectation(a, optimizer, sampling, &eps, &state, &mut |_, end| vec![end.w]);
    Ok(mean.swap_remove(0))
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
    let forest = Arc::new(Forest::new(order, batches)?);
    let composer = Composer::new(&forest);
    let mut a = Series::new(Arc::clone(&forest));
    let field = log_of_map(&mut a, &composer, optimizer, sampling)?;
    let rows = modified_field(&forest, &field, sampling.steps(batches))?;
    Ok((forest, rows))
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
