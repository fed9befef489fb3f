//! How trees are shown, and what is in a forest.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;

#[test]
fn minibatches_are_letters_as_far_as_there_are_any() {
    let forest = Forest::new(1, 300).unwrap();
    let shown = |colour: usize| forest.show(forest.node(colour).unwrap());
    for (colour, name) in
        [(0, "a"), (1, "b"), (25, "z"), (26, "b27"), (27, "b28"), (255, "b256"), (299, "b300")]
    {
        assert_eq!(shown(colour), name);
    }
    let names: std::collections::HashSet<String> = (0..300).map(shown).collect();
    assert_eq!(names.len(), 300);
}

#[test]
fn a_forest_has_as_many_trees_as_are_counted() {
    for (order, colours) in [(0, 3), (1, 0), (1, 1), (1, 5), (4, 2), (6, 1)] {
        let forest = Forest::new(order, colours).unwrap();
        let counts = count_trees(order, colours);
        let total = counts.iter().sum::<u128>() as usize;
        assert_eq!((forest.len(), forest.ids().count()), (total, total));
        assert_eq!(forest.is_empty(), total == 0, "{order} {colours}");
        for (n, &count) in counts.iter().enumerate() {
            assert_eq!(forest.of_order(n + 1).count() as u128, count);
            assert!(forest.of_order(n + 1).all(|id| forest.tree(id).order == n + 1));
        }
        assert_eq!(forest.of_order(order + 1).count(), 0);
    }
}
