//! What a derivation takes, as far as it is known before it begins.

use super::derive::PATH_LIMIT;
use super::prove::WholeLoss;
use super::tree::{LIMIT, bytes, count_trees};
use super::{ExactOptimizer, Series, SeriesFault};
use crate::optimizer::Optimizer;
use crate::sampling::Sampling;

/// What it takes to derive a field in trees; one with maps takes more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// The largest number of nodes.
    pub order: usize,
    /// The number of colours.
    pub batches: usize,
    /// The number of trees.
    pub trees: u128,
    /// The number of paths that are averaged.
    pub paths: f64,
    /// The memory, roughly.
    pub gigabytes: f64,
    /// The processor time, roughly.
    pub seconds: f64,
}

impl Effort {
    /// That of [`derive_exactly`](super::derive_exactly), if the method looks at nothing but what it is handed.
    pub fn to_derive(
        optimizer: &dyn ExactOptimizer,
        sampling: &dyn Sampling,
        order: usize,
        batches: usize,
    ) -> Self {
        let whole = WholeLoss::of(sampling, batches).is_some();
        let memory = Optimizer::<Series>::memory(optimizer);
        Effort::of(memory, sampling, order, if whole { 1 } else { batches })
    }

    /// That of a method with `memory` vectors besides its parameters.
    pub fn of(memory: usize, sampling: &dyn Sampling, order: usize, batches: usize) -> Self {
        let trees = count_trees(order, batches).iter().fold(0, |a: u128, &b| a.saturating_add(b));
        let (mut path, mut paths, mut walked, mut forks) = (Vec::new(), 1.0, 0.0, 0);
        loop {
            let mut next = sampling.continuations(&path, batches);
            if next.is_empty() {
                break;
            }
            paths *= next.len() as f64;
            walked += paths;
            // Where a path goes on in one way only, nothing is kept to come back to.
            forks += usize::from(next.len() > 1);
            path.push(next.swap_remove(0));
        }
        let kept = (150 * forks * (memory + 1) + 4000 * memory + 1000) as f64;
        let gigabytes = (bytes(order) + kept) * trees as f64 / 1e9;
        // Measured: writing a tree, solving for memory, composing over cuts, and one step after another.
        let (powers, remembers) = ((order + 1) as f64, memory as f64);
        let settled = if memory == 0 { 0.0 } else { 0.38 * powers * (remembers + 1.0) };
        let composed = 1.6_f64.powi(order as i32) * (1.25 + settled);
        let stepped = 0.12 * walked * (remembers + 1.0);
        let microseconds = 20.0 + 40.0 * powers * remembers + composed + stepped;
        let seconds = 1e-6 * microseconds * trees as f64;
        Effort { order, batches, trees, paths, gigabytes, seconds }
    }

    /// # Errors
    /// [`SeriesFault::TooManyPaths`] or [`SeriesFault::TooLarge`].
    pub fn expect_within_bounds(&self) -> Result<(), SeriesFault> {
        let Effort { order, batches, trees, paths, gigabytes, .. } = *self;
        if paths > PATH_LIMIT {
            return Err(SeriesFault::TooManyPaths { paths, batches });
        }
        let allowed = LIMIT / 1e9;
        if gigabytes > allowed {
            return Err(SeriesFault::TooLarge {
                order,
                colours: batches,
                trees,
                gigabytes,
                allowed,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Effort, bytes};
    use crate::sampling::{FullBatch, RandomReshuffling, Sampling};
    use crate::series::SeriesFault;

    #[test]
    fn paths_trees_and_steps_are_counted() {
        let one = Effort::of(0, &RandomReshuffling, 2, 4);
        assert_eq!((one.trees, one.paths), (4 + 16, 24.0));
        let large = Effort::of(0, &RandomReshuffling, 4, 8);
        assert_eq!(large.trees, 8 + 64 + 800 + 11_456);
        // 109,600 steps in 12,328 trees.
        assert!((100.0..300.0).contains(&large.seconds), "{}", large.seconds);
        assert!(Effort::of(0, &RandomReshuffling, 3, 7).seconds < 5.0);
    }

    #[test]
    fn memory_and_paths_are_bounded() {
        let large = |memory| Effort::of(memory, &FullBatch, 2, 1000).expect_within_bounds();
        assert_eq!(large(0), Ok(()));
        assert!(matches!(large(1), Err(SeriesFault::TooLarge { .. })));
        let many = Effort::of(0, &RandomReshuffling, 2, 27).expect_within_bounds();
        assert!(matches!(many, Err(SeriesFault::TooManyPaths { batches: 27, .. })));
    }

    #[test]
    fn paths_that_fork_keep_what_they_come_back_to_and_take_a_step_a_branch() {
        let of = |memory, sampling: &dyn Sampling| Effort::of(memory, sampling, 2, 4);
        // Bytes a tree: of three forks, each kept with its memory, and of what a memory is solved in.
        let kept = |memory, sampling| {
            let effort = of(memory, sampling);
            (effort.gigabytes * 1e9 / effort.trees as f64 - bytes(2)).round() as u64
        };
        assert_eq!(kept(1, &RandomReshuffling), 150 * 3 * 2 + 4000 + 1000);
        assert_eq!(kept(2, &RandomReshuffling), 150 * 3 * 3 + 8000 + 1000);
        assert_eq!(kept(1, &FullBatch), 4000 + 1000);
        // Of 4 + 12 + 24 + 24 steps, against one.
        let more = of(0, &RandomReshuffling).seconds - of(0, &FullBatch).seconds;
        assert!((more / (1e-6 * 0.12 * 63.0 * 20.0) - 1.0).abs() < 1e-9, "{more}");
    }
}
