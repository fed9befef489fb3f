//! The exact mean over one block, and the closed map: that mean iterated from its own mean.

mod affine;
mod backward;
mod kept;
mod lockstep;
mod pairs;
mod subsets;
mod tree;

pub use affine::is_affine;
pub use backward::backward_mean;
pub use lockstep::lockstep_mean;
pub use pairs::{PairMean, reversed_pairs};
pub use subsets::subset_mean;
pub use tree::{expectation, for_each_end};

use std::sync::Arc;

use super::{RandomReshuffling, Sampling};
use crate::arithmetic::{Arithmetic, Numeric};
use crate::loss::Oracle;
use crate::optimizer::{AnyOptimizer, Optimizer, Runnable, State, Stepped};
use crate::scalar::{DoubleDouble, Lanes, Real, Scalar};

/// An optimizer as means over paths run it: in the scalar `S` and, if it can, eight paths at once.
pub struct Walker<S: Scalar> {
    one: Arc<dyn Optimizer<Numeric<S>>>,
    eight: Option<Arc<dyn Optimizer<Numeric<Lanes>>>>,
}

impl<S: Stepped> Walker<S> {
    /// The optimizer in `S`; `None` if it is not known there.
    pub fn of(optimizer: &AnyOptimizer) -> Option<Self> {
        Some(Walker { one: optimizer.seen()?, eight: optimizer.seen() })
    }

    /// The optimizer, one path at a time.
    pub fn optimizer(&self) -> &dyn Optimizer<Numeric<S>> {
        &*self.one
    }
}

impl Walker<f64> {
    /// The optimizer in `f64`, where every one is known.
    pub fn float(optimizer: &AnyOptimizer) -> Self {
        Walker { one: optimizer.float(), eight: optimizer.seen() }
    }
}

impl<S: Stepped, O: Runnable + 'static> From<O> for Walker<S> {
    fn from(optimizer: O) -> Self {
        let optimizer: Arc<dyn Runnable> = Arc::new(optimizer);
        let eight = Some(Lanes::optimizer(Arc::clone(&optimizer)));
        Walker { one: S::optimizer(optimizer), eight }
    }
}

/// A scalar that optimizers are iterated in.
pub trait Iterated: Real + Stepped {
    /// The mean state over all orders of the minibatches, by walking them.
    fn mean_over_orders(
        a: &mut Numeric<Self>,
        walker: &Walker<Self>,
        eps: Self,
        state: &State<Vec<Self>>,
    ) -> State<Vec<Self>> {
        mean_state(a, &*walker.one, &RandomReshuffling, eps, state)
    }
}

impl Iterated for f64 {
    /// Eight orders at once, if the optimizer can.
    fn mean_over_orders(
        a: &mut Numeric<f64>,
        walker: &Walker<f64>,
        eps: f64,
        state: &State<Vec<f64>>,
    ) -> State<Vec<f64>> {
        match &walker.eight {
            Some(eight) => lockstep_mean(a, &**eight, eps, state),
            None => mean_state(a, &*walker.one, &RandomReshuffling, eps, state),
        }
    }
}

impl Iterated for DoubleDouble {}

/// How the mean over one block is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeanMethod {
    /// Every path, with shared prefixes.
    Tree,
    /// Every path, kept for all blocks.
    Kept,
    /// The recursion over subsets of batches, exact where steps are affine.
    Subsets,
    /// Random orders, each with its reverse: a mean with a standard error.
    ReversedPairs {
        /// The number of pairs.
        count: usize,
        /// The seed of the orders.
        seed: u64,
    },
}

/// The most paths that are walked whole, over all blocks of a ladder.
const PATH_LIMIT: f64 = 1.0e6;
/// The most blocks of one path each.
const BLOCK_LIMIT: f64 = 2.0e7;
/// The most batches whose orders are enumerated.
const ORDER_LIMIT: usize = 8;
/// The most batches, and the most products with a matrix entry over all blocks, that the recursion
/// over subsets takes.
const SUBSET_LIMIT: usize = 16;
const SUBSET_STEPS: f64 = 1.0e9;
/// The most batches of which random orders are drawn.
const PAIR_LIMIT: usize = 64;
/// The number of reversed pairs drawn where orders cannot be enumerated.
const PAIRS: usize = 64;

impl MeanMethod {
    /// The cheapest exact method for `blocks` blocks of `sampling` on `loss`, of steps that are [affine](is_affine) or not;
    /// reversed pairs where the orders are too many to enumerate; `None` where not even those apply.
    pub fn choose(
        sampling: &dyn Sampling,
        loss: &dyn Oracle<f64>,
        affine: bool,
        blocks: usize,
        seed: u64,
    ) -> Option<Self> {
        let m = loss.batches();
        let walkable = |paths: f64| {
            let limit = if paths > 1.0 { PATH_LIMIT } else { BLOCK_LIMIT };
            paths * blocks as f64 <= limit
        };
        if sampling.is_kept() {
            return walkable(sampling.paths(m)).then_some(MeanMethod::Kept);
        }
        if sampling.is_random_order() {
            let dim = loss.dim() as f64;
            let steps = m as f64 * f64::powi(2.0, m as i32 - 1) * blocks as f64 * dim * dim;
            if affine && m <= SUBSET_LIMIT && steps <= SUBSET_STEPS {
                return Some(MeanMethod::Subsets);
            }
            if m > ORDER_LIMIT || !walkable(sampling.paths(m)) {
                let pairs = MeanMethod::ReversedPairs { count: PAIRS, seed };
                return (m <= PAIR_LIMIT).then_some(pairs);
            }
        }
        walkable(sampling.paths(m)).then_some(MeanMethod::Tree)
    }
}

/// The mean state after one block of `sampling`, from `state`.
pub fn block_mean<S: Iterated>(
    a: &mut Numeric<S>,
    walker: &Walker<S>,
    sampling: &dyn Sampling,
    method: MeanMethod,
    eps: S,
    state: &State<Vec<S>>,
) -> State<Vec<S>> {
    match method {
        MeanMethod::Subsets => subset_mean(a, &*walker.one, &eps, state),
        MeanMethod::ReversedPairs { count, seed } => {
            reversed_pairs(a, &*walker.one, eps, state, count, seed).mean
        }
        MeanMethod::Tree if sampling.is_random_order() => {
            S::mean_over_orders(a, walker, eps, state)
        }
        MeanMethod::Tree | MeanMethod::Kept => mean_state(a, &*walker.one, sampling, eps, state),
    }
}

/// The mean state over all paths of one block.
pub(crate) fn mean_state<S: Scalar>(
    a: &mut Numeric<S>,
    optimizer: &dyn Optimizer<Numeric<S>>,
    sampling: &dyn Sampling,
    eps: S,
    state: &State<Vec<S>>,
) -> State<Vec<S>> {
    let steps = state.steps.after(sampling.steps(a.batches()));
    let mut ends = expectation(a, optimizer, sampling, &eps, state, &mut |_, end| {
        std::iter::once(end.w).chain(end.memory).collect()
    });
    let memory = ends.split_off(1);
    State { w: ends.swap_remove(0), memory, steps }
}

/// The closed map: the mean over one block, iterated `blocks` times from its own mean; where draws are kept, the mean
/// over all of them of a run each.
///
/// At a fixed horizon it differs from the true mean over independent blocks by O(ε³) if the displacement
/// of a block is the same for every path up to O(ε²), which is below the O(ε²) that the theorems speak of.
/// With memory that mixes minibatches across blocks it differs by O(ε²), as much as such a claim is off:
/// what is carried over from a block depends on its order already at ε, so the iterates spread by O(ε)
/// and not by O(ε^{3/2}). `None` if the iterates leave the finite numbers.
pub fn block_means<S: Iterated>(
    a: &mut Numeric<S>,
    walker: &Walker<S>,
    sampling: &dyn Sampling,
    method: MeanMethod,
    eps: S,
    start: State<Vec<S>>,
    blocks: usize,
) -> Option<State<Vec<S>>> {
    if method == MeanMethod::Kept {
        return kept::kept_mean(a, &*walker.one, sampling, eps, &start, blocks);
    }
    let mut state = start;
    for _ in 0..blocks {
        state = block_mean(a, walker, sampling, method, eps, &state);
        if state.w.iter().any(|w| !w.is_finite()) {
            return None;
        }
    }
    Some(state)
}

#[cfg(test)]
mod tests;
