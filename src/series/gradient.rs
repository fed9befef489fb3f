//! Whether a modified field is a gradient, and of which loss.

use std::collections::BTreeMap;

use num_traits::Zero;

use super::{Forest, Rational, Row, TreeId};
use crate::flow::superscript;

/// One term of a modified loss: the coefficient of ε^(order − 1) times the full contraction of the
/// free tree that `tree` is a rooting of (‖g‖² for two nodes, gᵀHg for three in a row, …).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contraction {
    /// The rooting with the smallest identifier.
    pub tree: TreeId,
    /// Its number of nodes.
    pub order: usize,
    /// The coefficient.
    pub coefficient: Rational,
}

/// The modified loss C̃ with dw/dt = −∇C̃, or two rootings of one free tree whose coefficients differ.
///
/// Σ b(τ)/σ(τ) F(τ) is a gradient for every loss exactly if b agrees over all rootings of each free
/// tree. A free tree θ then contributes −(−1)^|θ| b(θ)/σ(θ) times its contraction, σ(θ) the number of
/// its automorphisms.
///
/// # Errors
/// The first pair of rootings with different coefficients.
pub fn modified_loss(forest: &Forest, rows: &[Row]) -> Result<Vec<Contraction>, (TreeId, TreeId)> {
    let raw: BTreeMap<TreeId, Rational> = (rows.iter())
        .map(|row| {
            let symmetry = Rational::from_integer(forest.tree(row.tree).symmetry.into());
            (row.tree, &row.coefficient * symmetry)
        })
        .collect();
    let of = |tree: &TreeId| raw.get(tree).cloned().unwrap_or_else(Rational::zero);
    let mut loss = Vec::new();
    for (&tree, b) in &raw {
        let rootings = rootings(forest, tree);
        if let Some(other) = rootings.iter().find(|other| of(other) != *b) {
            return Err((tree, *other));
        }
        if rootings.iter().any(|other| *other < tree) {
            continue;
        }
        let orbit = rootings.iter().filter(|other| **other == tree).count() as u64;
        let symmetry = forest.tree(tree).symmetry * orbit;
        let order = forest.tree(tree).order;
        let sign = if order.is_multiple_of(2) { -1 } else { 1 };
        let coefficient = b * Rational::new(sign.into(), symmetry.into());
        loss.push(Contraction { tree, order, coefficient });
    }
    Ok(loss)
}

/// The tree rooted at each of its nodes in turn.
fn rootings(forest: &Forest, tree: TreeId) -> Vec<TreeId> {
    let mut found = vec![tree];
    let root = forest.tree(tree);
    for (at, &child) in root.children.iter().enumerate() {
        let mut rest = root.children.clone();
        let _ = rest.remove(at);
        if let Some(rest) = forest.find(root.colour, rest) {
            walk(forest, child, rest, &mut found);
        }
    }
    found
}

/// The rootings in the subtree `at`, where `above` hangs on its root too.
fn walk(forest: &Forest, at: TreeId, above: TreeId, found: &mut Vec<TreeId>) {
    let node = forest.tree(at);
    let mut children = node.children.clone();
    children.push(above);
    found.extend(forest.find(node.colour, children.clone()));
    for (i, &child) in node.children.iter().enumerate() {
        let mut rest = children.clone();
        let _ = rest.remove(i);
        if let Some(rest) = forest.find(node.colour, rest) {
            walk(forest, child, rest, found);
        }
    }
}

impl Forest {
    /// F(τ) in the derivatives of the loss, without its sign (−1)^|τ|: g, H g, T[g, g], D⁴C[g, g, g] …,
    /// with the batch's letter where there are several.
    pub fn derivative(&self, id: TreeId) -> String {
        let tree = self.tree(id);
        let batch = match (self.colours(), u8::try_from(tree.colour)) {
            (1, _) => String::new(),
            (_, Ok(c)) if c < 26 => format!("_{}", char::from(b'a' + c)),
            _ => format!("_{}", tree.colour + 1),
        };
        let inner: Vec<String> = tree.children.iter().rev().map(|&c| self.derivative(c)).collect();
        match inner.as_slice() {
            [] => format!("g{batch}"),
            [one] => format!("H{batch} {one}"),
            [_, _] => format!("T{batch}[{}]", inner.join(", ")),
            more => format!("D{}C{batch}[{}]", superscript(more.len() + 1), inner.join(", ")),
        }
    }
}
