//! What truncation drops: the least power of ε with which a tree beyond the forest can come.
//!
//! A series knows its trees up to the largest of the forest. An operation that puts smaller trees
//! together makes larger ones, which are dropped; how soon in ε they would have come follows from the
//! least power of ε among the trees of each size. Nothing here looks at which terms cancel, so the power
//! is a lower bound.

use super::{BSeries, Forest};
use crate::series::Polynomial;

/// The power of ε of what does not occur at all.
pub(super) const NEVER: u32 = u32::MAX;

/// The least power of ε among the trees of each size.
pub(super) struct Valuations {
    /// With n nodes, at n − 1.
    by_size: Vec<u32>,
    /// Beyond the forest.
    lost: u32,
}

impl Valuations {
    /// Those of the trees of `series`.
    pub(super) fn of(forest: &Forest, series: &BSeries) -> Self {
        Valuations::of_trees(forest, &series.coefficients, series.lost)
    }

    /// Those of the trees with these coefficients, of which truncation dropped ε^`lost`.
    pub(super) fn of_trees(forest: &Forest, coefficients: &[Polynomial], lost: u32) -> Self {
        let least = |nodes: usize| {
            let of_size = forest.of_order(nodes).map(|id| coefficients[id.index()].valuation());
            of_size.min().unwrap_or(NEVER)
        };
        Valuations { by_size: (1..=forest.order()).map(least).collect(), lost }
    }

    /// The sizes that occur with their least powers; what lies beyond the forest has the size `beyond`.
    fn sizes(&self, beyond: usize) -> impl Iterator<Item = (usize, u32)> + '_ {
        let known = self.by_size.iter().enumerate().map(|(at, &power)| (at + 1, power));
        known.chain([(beyond, self.lost)]).filter(|(_, power)| *power < NEVER)
    }
}

/// The least power of ε with which trees put together have a given number of nodes, or at least the goal.
pub(super) struct Reach {
    best: Vec<u32>,
}

impl Reach {
    /// Nothing put together yet, on the way to `goal` nodes.
    pub(super) fn towards(goal: usize) -> Self {
        let mut best = vec![NEVER; goal + 1];
        best[0] = 0;
        Reach { best }
    }

    /// One tree of `parts` more.
    #[must_use]
    pub(super) fn with_one_of(self, parts: &Valuations) -> Self {
        let goal = self.best.len() - 1;
        let mut best = vec![NEVER; goal + 1];
        for (nodes, &power) in self.best.iter().enumerate() {
            for (more, its) in parts.sizes(goal) {
                let at = (nodes + more).min(goal);
                best[at] = best[at].min(power.saturating_add(its));
            }
        }
        Reach { best }
    }

    /// Any number of trees of `parts` more.
    #[must_use]
    pub(super) fn with_any_of(mut self, parts: &Valuations) -> Self {
        let goal = self.best.len() - 1;
        // Every tree has nodes, so ascending order sees each number after all that lead to it.
        for nodes in 0..goal {
            let power = self.best[nodes];
            for (more, its) in parts.sizes(goal) {
                let at = (nodes + more).min(goal);
                self.best[at] = self.best[at].min(power.saturating_add(its));
            }
        }
        self
    }

    /// The least power at the goal.
    pub(super) fn reached(self) -> u32 {
        self.best.last().copied().unwrap_or(NEVER)
    }
}

#[cfg(test)]
mod tests {
    use super::{NEVER, Reach, Valuations};

    /// Trees with n nodes at the powers given, from n = 1 on, and nothing beyond.
    fn sizes(by_size: &[u32]) -> Valuations {
        Valuations { by_size: by_size.to_vec(), lost: NEVER }
    }

    #[test]
    fn the_goal_is_reached_by_the_cheapest_way() {
        // Five nodes from ones at ε² and threes at ε⁴: 3 + 1 + 1 at ε⁸, or 3 + 3 at ε⁸, or ones at ε¹⁰.
        let parts = sizes(&[2, NEVER, 4]);
        assert_eq!(Reach::towards(5).with_any_of(&parts).reached(), 8);
        assert_eq!(Reach::towards(6).with_any_of(&parts).reached(), 8);
        assert_eq!(Reach::towards(7).with_any_of(&parts).reached(), 10);
        assert_eq!(Reach::towards(0).with_any_of(&parts).reached(), 0);
    }

    #[test]
    fn a_direction_is_used_exactly_once() {
        let (point, direction) = (sizes(&[1]), sizes(&[0]));
        let once = Reach::towards(4).with_one_of(&direction).with_any_of(&point);
        assert_eq!(once.reached(), 3);
        let alone = Reach::towards(4).with_one_of(&direction).with_any_of(&sizes(&[NEVER]));
        assert_eq!(alone.reached(), NEVER);
        let twice = Reach::towards(2).with_one_of(&direction).with_one_of(&direction);
        assert_eq!(twice.reached(), 0);
    }

    #[test]
    fn what_is_lost_reaches_any_goal() {
        let parts = Valuations { by_size: vec![NEVER, NEVER], lost: 3 };
        assert_eq!(Reach::towards(2).with_any_of(&parts).reached(), 3);
        assert_eq!(Reach::towards(3).with_one_of(&parts).with_one_of(&parts).reached(), 6);
    }
}
