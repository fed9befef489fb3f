//! How the orders are dealt to the lanes.

use super::*;

/// The orders of the minibatches not in `prefix`, begun in every way: the steps of a walk that shares
/// prefixes, by walking.
fn steps(left: usize) -> usize {
    (0..left).map(|_| 1 + steps(left - 1)).sum()
}

#[test]
fn the_nodes_of_the_tree_of_orders_are_those_of_a_walk() {
    for m in 0..9 {
        assert!((nodes(m) - steps(m) as f64).abs() < 0.5, "{m}");
    }
}

/// One minibatch or two, whichever takes fewer steps in groups of eight lanes.
#[test]
fn the_prefixes_are_those_of_the_shorter_walk() {
    for (m, depth) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (6, 2), (7, 1), (8, 1)] {
        let found = prefixes(m);
        let walk = |depth: usize| {
            let count = (0..depth).map(|k| m - k).product::<usize>();
            count.div_ceil(8) * (depth + steps(m - depth))
        };
        assert!(found.iter().all(|prefix| prefix.len() == depth), "{m}: {found:?}");
        if m > 1 {
            assert!(walk(depth) <= walk(3 - depth), "{m}");
        }
        // All of them, each once, none with a minibatch twice.
        assert_eq!(found.len(), (0..depth).map(|k| m - k).product::<usize>());
        for (at, prefix) in found.iter().enumerate() {
            assert!(!found[..at].contains(prefix), "{prefix:?}");
            assert!(prefix.iter().all(|&k| k < m) && (depth == 1 || prefix[0] != prefix[1]));
        }
    }
}

#[test]
fn every_lane_sees_its_prefix_first_and_each_minibatch_once() {
    for m in 1..9 {
        for group in prefixes(m).chunks(Lanes::COUNT) {
            let labels = labels(group, m);
            for lane in 0..Lanes::COUNT {
                let names: Vec<usize> = labels.iter().map(|label| label[lane]).collect();
                let prefix = group.get(lane).unwrap_or(&group[0]);
                assert_eq!(&names[..prefix.len()], &prefix[..]);
                let mut sorted = names;
                sorted.sort_unstable();
                assert_eq!(sorted, (0..m).collect::<Vec<_>>());
            }
        }
    }
}
