//! The sampling schemes.

use super::{Draw, Sampling};

/// Every step on the whole loss.
#[derive(Clone, Copy, Debug, Default)]
pub struct FullBatch;

impl Sampling for FullBatch {
    fn continuations(&self, path: &[Draw], _components: usize) -> Vec<Draw> {
        if path.is_empty() { vec![Draw::Full] } else { Vec::new() }
    }

    fn is_balanced(&self) -> bool {
        true
    }
}

/// Each component once an epoch, in a fresh uniformly random order.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomReshuffling;

impl Sampling for RandomReshuffling {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        (0..components).map(Draw::One).filter(|draw| !path.contains(draw)).collect()
    }

    fn is_random_order(&self) -> bool {
        true
    }

    fn is_balanced(&self) -> bool {
        true
    }
}

/// A uniformly random order of the components, drawn once and kept for all epochs.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeptOrder;

impl Sampling for KeptOrder {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        RandomReshuffling.continuations(path, components)
    }

    fn is_balanced(&self) -> bool {
        true
    }

    fn is_kept(&self) -> bool {
        true
    }
}

/// Each component once an epoch, always in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedOrder {
    /// The order π: every component once, counted from 0.
    pub order: Vec<usize>,
}

impl FixedOrder {
    /// 0, 1, …, `components` − 1.
    pub fn ascending(components: usize) -> Self {
        FixedOrder { order: (0..components).collect() }
    }

    /// `components` − 1, …, 1, 0.
    pub fn descending(components: usize) -> Self {
        FixedOrder { order: (0..components).rev().collect() }
    }
}

impl Sampling for FixedOrder {
    fn continuations(&self, path: &[Draw], _components: usize) -> Vec<Draw> {
        self.order.get(path.len()).map(|&k| Draw::One(k)).into_iter().collect()
    }

    fn is_balanced(&self) -> bool {
        true
    }
}

/// The order 0, 1, …, m − 1 and then its reverse, m − 1, …, 1, 0: a block of 2m steps.
#[derive(Clone, Copy, Debug, Default)]
pub struct FlipFlop;

impl Sampling for FlipFlop {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        let n = path.len();
        match n {
            _ if n < components => vec![Draw::One(n)],
            _ if n < 2 * components => vec![Draw::One(2 * components - 1 - n)],
            _ => Vec::new(),
        }
    }

    fn is_balanced(&self) -> bool {
        true
    }
}

/// Independent uniform draws, with replacement, in blocks of a given length.
#[derive(Clone, Copy, Debug)]
pub struct IndependentDraws {
    /// The number of steps a block.
    pub steps: usize,
}

impl Sampling for IndependentDraws {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        if path.len() == self.steps {
            return Vec::new();
        }
        (0..components).map(Draw::One).collect()
    }

    fn is_independent(&self) -> bool {
        true
    }
}

/// A random order of the components every epoch, of which the last are dropped.
#[derive(Clone, Copy, Debug)]
pub struct WithoutReplacement {
    /// The number of components that an epoch leaves out.
    pub left_out: usize,
}

impl Sampling for WithoutReplacement {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        if path.len() + self.left_out >= components {
            return Vec::new();
        }
        RandomReshuffling.continuations(path, components)
    }
}

/// The components dealt into fresh batches of equal size every epoch, each component once.
#[derive(Clone, Copy, Debug)]
pub struct Repartition {
    /// The number B of components a batch; it divides their number.
    pub batch_size: usize,
}

impl Sampling for Repartition {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        let used = |k: &usize| {
            path.iter().any(|draw| matches!(draw, Draw::Mean(parts) if parts.contains(k)))
        };
        if self.batch_size == 0 {
            return Vec::new();
        }
        let left: Vec<usize> = (0..components).filter(|k| !used(k)).collect();
        let mut batches = Vec::new();
        choose(&left, self.batch_size, &mut Vec::new(), &mut batches);
        batches.into_iter().map(Draw::Mean).collect()
    }

    fn is_balanced(&self) -> bool {
        true
    }
}

/// All subsets of `from` with `size` ≥ 1 elements, each in ascending order.
fn choose(from: &[usize], size: usize, chosen: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
    if chosen.len() == size {
        out.push(chosen.clone());
        return;
    }
    for (at, &k) in from.iter().enumerate() {
        chosen.push(k);
        choose(&from[at + 1..], size, chosen, out);
        let _ = chosen.pop();
    }
}
