//! Which minibatch when, and exact means over it.
//!
//! A scheme is one function: the equally likely continuations of a path of draws. Everything else
//! (means over all orders, their spread, means at a fixed horizon) is generic over it.

mod examine;
mod means;
mod repeated;
mod schemes;

pub use examine::{FalseFlag, Path, examine};
pub(crate) use means::mean_state;
pub use means::{
    Iterated, MeanMethod, PairMean, Walker, backward_mean, block_mean, block_means, expectation,
    for_each_end, is_affine, lockstep_mean, reversed_pairs, subset_mean,
};
pub(crate) use repeated::{LONGEST_PERIOD, Repeated, followed, in_periods};
pub use schemes::{
    FixedOrder, FlipFlop, FullBatch, IndependentDraws, KeptOrder, RandomReshuffling, Repartition,
    WithoutReplacement,
};

use crate::arithmetic::Batch;

/// One draw of a sampling scheme: what one step is taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Draw {
    /// The whole loss.
    Full,
    /// One component of the loss.
    One(usize),
    /// A batch put together from several components.
    Mean(Vec<usize>),
}

impl Draw {
    /// The batch the derivative is taken of.
    pub fn batch(&self) -> Batch<'_> {
        match self {
            Draw::Full => Batch::Full,
            Draw::One(k) => Batch::One(*k),
            Draw::Mean(parts) => Batch::Mean(parts),
        }
    }
}

/// A scheme given by its continuations alone: nothing else is claimed of it, and all of it is walked.
impl<F> Sampling for F
where
    F: Fn(&[Draw], usize) -> Vec<Draw> + Send + Sync,
{
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        self(path, components)
    }
}

/// A sampling scheme over the m components of a loss.
///
/// Steps come in blocks (an epoch, usually) that are independent of each other, or repeat the first.
pub trait Sampling: Send + Sync {
    /// The equally likely draws that may follow `path` within one block over `components`
    /// components; none once the block is complete. How many there are depends only on the length
    /// of the path.
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw>;

    /// Whether a block is a uniformly random order of single components, which admits faster means.
    fn is_random_order(&self) -> bool {
        false
    }

    /// Whether every path through a block visits each component equally often.
    ///
    /// Only then do blocks differ from their mean so little (ε⁴ in the covariance) that the mean over
    /// one block, iterated from its own mean, is the mean over many up to O(ε³).
    fn is_balanced(&self) -> bool {
        false
    }

    /// Whether the draws of a block are independent of each other, so that it may be cut into single
    /// steps.
    fn is_independent(&self) -> bool {
        false
    }

    /// Whether the draws of the first block are kept, and repeated in all others; blocks are independent otherwise.
    fn is_kept(&self) -> bool {
        false
    }

    /// The number of steps a block.
    fn steps(&self, components: usize) -> usize {
        self.first_path(components).0
    }

    /// The number of equally likely paths through a block (infinite beyond what `f64` counts).
    fn paths(&self, components: usize) -> f64 {
        self.first_path(components).1
    }

    /// The length and the multiplicity of the path that always takes the first continuation.
    fn first_path(&self, components: usize) -> (usize, f64) {
        let (mut path, mut paths) = (Vec::new(), 1.0);
        loop {
            let mut next = self.continuations(&path, components);
            if next.is_empty() {
                return (path.len(), paths);
            }
            paths *= next.len() as f64;
            path.push(next.swap_remove(0));
        }
    }
}
