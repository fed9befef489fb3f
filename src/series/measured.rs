//! Derived fields as flows in numbers: what connects exact coefficients with a concrete loss.

use std::collections::BTreeMap;

use num_traits::ToPrimitive;

use super::{Forest, Rational, Row, TreeId};
use crate::flow::TreeFlow;
use crate::scalar::Ratio;

/// The field Σ c(τ) ε^(|τ|−1) F(τ) of the rows that [`derive`](super::derive) returns, as a flow that
/// runs in every arithmetic.
///
/// `None` if a coefficient is no ratio of 128-bit integers, the kind that claims are made of.
pub fn flow_of(forest: &Forest, rows: &[Row]) -> Option<TreeFlow> {
    let mut flow = TreeFlow::default();
    let mut places = BTreeMap::new();
    for row in rows {
        let node = place(forest, row.tree, &mut flow, &mut places);
        flow.add(node, small(&row.coefficient)?);
    }
    Some(flow)
}

fn place(
    forest: &Forest,
    tree: TreeId,
    flow: &mut TreeFlow,
    places: &mut BTreeMap<TreeId, usize>,
) -> usize {
    if let Some(&known) = places.get(&tree) {
        return known;
    }
    let root = forest.tree(tree);
    let children = root.children.iter().map(|&child| place(forest, child, flow, places)).collect();
    // With one colour the batch is the whole loss.
    let batch = (forest.colours() > 1).then_some(root.colour);
    let node = flow.node(batch, children);
    let _ = places.insert(tree, node);
    node
}

fn small(r: &Rational) -> Option<Ratio> {
    let ratio = Ratio::wide(r.numer().to_i128()?, r.denom().to_i128()?);
    ratio.is_defined().then_some(ratio)
}

#[cfg(test)]
mod tests;
