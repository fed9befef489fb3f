//! The hook-length lemma of proofs/uniform-in-m.md: in the mean over all orders, trees whose nodes belong to pairwise
//! different minibatches are those of the exact flow, and vanish in the modified field.

use std::collections::BTreeSet;

use num_traits::{One, Zero};
use shadowflow::optimizer::GradientDescent;
use shadowflow::sampling::{FixedOrder, RandomReshuffling};
use shadowflow::series::{Composer, Forest, Rational, TreeId};

use super::{derived, rational};

/// The largest number of nodes.
const NODES: usize = 7;

/// The parent of every node but the root, nodes numbered from the root on.
fn parents(forest: &Forest, tree: TreeId) -> Vec<(usize, usize)> {
    fn grow(
        forest: &Forest,
        tree: TreeId,
        own: usize,
        next: &mut usize,
        out: &mut Vec<(usize, usize)>,
    ) {
        for &child in &forest.tree(tree).children {
            let number = *next;
            *next += 1;
            out.push((number, own));
            grow(forest, child, number, next, out);
        }
    }
    let (mut next, mut out) = (1, Vec::new());
    grow(forest, tree, 0, &mut next, &mut out);
    out
}

/// Visits all orders of 0, …, n − 1, as the position of each (Heap's algorithm).
fn for_each_order(n: usize, visit: &mut impl FnMut(&[usize])) {
    fn permute(k: usize, positions: &mut Vec<usize>, visit: &mut impl FnMut(&[usize])) {
        if k <= 1 {
            visit(positions);
            return;
        }
        for i in 0..k {
            permute(k - 1, positions, visit);
            positions.swap(if k.is_multiple_of(2) { i } else { 0 }, k - 1);
        }
    }
    permute(n, &mut (0..n).collect(), visit);
}

/// The share of orders in which every child's minibatch comes before its parent's is 1/γ, counted order by order
/// for all 85 trees.
#[test]
fn the_share_of_orders_with_children_before_parents_is_one_over_the_density() {
    let forest = Forest::new(NODES, 1).unwrap();
    let mut trees = 0;
    for n in 1..=NODES {
        let edges: Vec<(TreeId, Vec<(usize, usize)>)> =
            forest.of_order(n).map(|id| (id, parents(&forest, id))).collect();
        let (mut orders, mut counts) = (0, vec![0_i64; edges.len()]);
        for_each_order(n, &mut |position| {
            orders += 1;
            for (count, (_, edges)) in counts.iter_mut().zip(&edges) {
                let before = edges.iter().all(|&(child, own)| position[child] < position[own]);
                *count += i64::from(before);
            }
        });
        assert_eq!(orders, (1..=n as i64).product::<i64>());
        for (count, (id, _)) in counts.iter().zip(&edges) {
            let known = rational(1, forest.tree(*id).density as i64);
            assert_eq!(rational(*count, orders), known, "{}", forest.show(*id));
            trees += 1;
        }
    }
    assert_eq!(trees, 85);
}

/// So their logarithm is that of the exact flow: one node, and nothing beyond, for all trees to seven nodes.
#[test]
fn the_logarithm_of_those_coefficients_is_a_single_node() {
    let forest = Forest::new(NODES, 1).unwrap();
    let share = |id: TreeId| rational(1, forest.tree(id).density as i64);
    let mut map: Vec<Rational> = forest.ids().map(share).collect();
    let field = Composer::new(&forest).logarithm(&map);
    assert!(field[0].is_one() && field[1..].iter().all(Zero::is_zero));
    // A share that were off at one tree would show there.
    let last = map.len() - 1;
    map[last] = rational(2, forest.tree(forest.ids().last().unwrap()).density as i64);
    assert!(!Composer::new(&forest).logarithm(&map)[last].is_zero());
}

/// The minibatches of a tree's nodes.
fn colours(forest: &Forest, tree: TreeId) -> Vec<usize> {
    let node = forest.tree(tree);
    let below = node.children.iter().flat_map(|&child| colours(forest, child));
    std::iter::once(node.colour).chain(below).collect()
}

/// In the field that is derived from the steps of reshuffled descent themselves no tree of pairwise different
/// minibatches is left beyond the gradients; in that of one order there are some.
#[test]
fn the_derived_field_of_reshuffling_has_no_tree_of_different_minibatches() {
    let of_different = |(forest, rows): &(std::sync::Arc<Forest>, Vec<shadowflow::series::Row>)| {
        let different = |tree: TreeId| {
            let all = colours(forest, tree);
            all.iter().collect::<BTreeSet<_>>().len() == all.len()
        };
        rows.iter().filter(|row| row.order > 1 && different(row.tree)).count()
    };
    for (order, batches) in [(2, 2), (3, 3), (4, 4)] {
        let shuffled = derived(&GradientDescent, &RandomReshuffling, order, batches);
        assert_eq!(of_different(&shuffled), 0, "{batches}");
        assert!(shuffled.1.iter().any(|row| row.order == order));
        let alone = derived(&GradientDescent, &FixedOrder::ascending(batches), order, batches);
        assert!(of_different(&alone) > 0);
    }
}
