//! Rooted trees with coloured nodes.

use std::collections::HashMap;
use std::ops::Range;

use super::SeriesFault;

/// A tree of a [`Forest`]. Smaller identifiers have no more nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(u32);

impl TreeId {
    /// The position of the tree in its forest.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A rooted tree in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The colour of the root.
    pub colour: usize,
    /// The subtrees at the root, ascending.
    pub children: Vec<TreeId>,
    /// The number of nodes |τ|.
    pub order: usize,
    /// The symmetry σ(τ): the number of automorphisms.
    pub symmetry: u64,
    /// The density γ(τ): the product, over the nodes, of the sizes of the subtrees above them.
    pub density: u64,
}

/// All rooted trees with up to a given number of nodes in a given number of colours.
#[derive(Clone, Debug)]
pub struct Forest {
    colours: usize,
    trees: Vec<Tree>,
    index: HashMap<(usize, Vec<TreeId>), TreeId>,
    orders: Vec<Range<usize>>,
}

/// The memory, in bytes, beyond which a forest is refused.
pub(super) const LIMIT: f64 = 4e9;

/// The memory that a tree of a forest up to `order` nodes takes with all that is computed about it, roughly,
/// in bytes: mostly its cuts, whose number grows by a factor a node (measured with up to four colours and 14
/// nodes).
pub(super) fn bytes(order: usize) -> f64 {
    300.0 * 1.3_f64.powi(order as i32)
}

/// The number of rooted trees with exactly 1, 2, …, `order` nodes in `colours` colours:
/// t_{n+1} = (colours/n) Σ_{k=1}^n (Σ_{d|k} d t_d / colours) t_{n−k+1} (Cayley; Otter 1948), saturating.
pub fn count_trees(order: usize, colours: usize) -> Vec<u128> {
    // The number of multisets of trees with n nodes altogether, from the numbers of trees.
    let m = colours as u128;
    let (mut trees, mut forests) = (vec![0_u128], vec![1_u128]);
    for n in 1..=order {
        trees.push(m.saturating_mul(forests[n - 1]));
        let weighted = |k: usize| -> u128 {
            (1..=k)
                .filter(|d| k.is_multiple_of(*d))
                .fold(0, |sum: u128, d| sum.saturating_add((d as u128).saturating_mul(trees[d])))
        };
        let sum = (1..=n)
            .fold(0_u128, |sum, k| sum.saturating_add(weighted(k).saturating_mul(forests[n - k])));
        forests.push(sum / n as u128);
    }
    trees.split_off(1)
}

impl Forest {
    /// All trees with 1 to `order` nodes in `colours` colours.
    ///
    /// # Errors
    /// [`SeriesFault::TooLarge`] if they would not fit in memory.
    pub fn new(order: usize, colours: usize) -> Result<Self, SeriesFault> {
        let total = count_trees(order, colours).iter().fold(0, |a: u128, &b| a.saturating_add(b));
        let needed = bytes(order) * total as f64;
        if needed > LIMIT {
            let (gigabytes, allowed) = (needed / 1e9, LIMIT / 1e9);
            return Err(SeriesFault::TooLarge { order, colours, trees: total, gigabytes, allowed });
        }
        let mut forest = Forest {
            colours,
            trees: Vec::new(),
            index: HashMap::new(),
            orders: vec![Range { start: 0, end: 0 }],
        };
        for n in 1..=order {
            let start = forest.trees.len();
            let mut children = Vec::new();
            forest.multisets(n - 1, 0, &mut Vec::new(), &mut children);
            for colour in 0..colours {
                for children in &children {
                    forest.push(colour, children.clone());
                }
            }
            forest.orders.push(start..forest.trees.len());
        }
        Ok(forest)
    }

    /// All multisets of known trees with `nodes` nodes altogether and identifiers from `least` on.
    fn multisets(
        &self,
        nodes: usize,
        least: usize,
        chosen: &mut Vec<TreeId>,
        out: &mut Vec<Vec<TreeId>>,
    ) {
        if nodes == 0 {
            out.push(chosen.clone());
            return;
        }
        for at in least..self.trees.len() {
            let order = self.trees[at].order;
            if order > nodes {
                break;
            }
            chosen.push(TreeId(at as u32));
            self.multisets(nodes - order, at, chosen, out);
            let _ = chosen.pop();
        }
    }

    fn push(&mut self, colour: usize, children: Vec<TreeId>) {
        let order = 1 + children.iter().map(|&t| self.tree(t).order).sum::<usize>();
        let mut symmetry = 1;
        let mut density = order as u64;
        let mut run = 0;
        for (at, &child) in children.iter().enumerate() {
            run = if at > 0 && children[at - 1] == child { run + 1 } else { 1 };
            symmetry *= run * self.tree(child).symmetry;
            density *= self.tree(child).density;
        }
        let id = TreeId(self.trees.len() as u32);
        let _ = self.index.insert((colour, children.clone()), id);
        self.trees.push(Tree { colour, children, order, symmetry, density });
    }

    /// The number of colours.
    pub fn colours(&self) -> usize {
        self.colours
    }

    /// The largest number of nodes.
    pub fn order(&self) -> usize {
        self.orders.len() - 1
    }

    /// The number of trees.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Whether there are no trees at all.
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// The tree.
    pub fn tree(&self, id: TreeId) -> &Tree {
        &self.trees[id.index()]
    }

    /// All trees, by number of nodes.
    pub fn ids(&self) -> impl Iterator<Item = TreeId> + use<> {
        (0..self.trees.len() as u32).map(TreeId)
    }

    /// The trees with exactly `order` nodes.
    pub fn of_order(&self, order: usize) -> impl Iterator<Item = TreeId> + use<> {
        let range = self.orders.get(order).cloned().unwrap_or_default();
        (range.start as u32..range.end as u32).map(TreeId)
    }

    /// The single node of a colour.
    pub fn node(&self, colour: usize) -> Option<TreeId> {
        self.find(colour, Vec::new())
    }

    /// The tree with this root and these subtrees in any order, if it is not too large.
    pub fn find(&self, colour: usize, mut children: Vec<TreeId>) -> Option<TreeId> {
        children.sort_unstable();
        self.index.get(&(colour, children)).copied()
    }

    /// The tree as text: a letter a node (the first batch is a), its subtrees in brackets.
    pub fn show(&self, id: TreeId) -> String {
        let tree = self.tree(id);
        let letter = match u8::try_from(tree.colour) {
            Ok(c) if c < 26 => char::from(b'a' + c).to_string(),
            _ => format!("b{}", tree.colour + 1),
        };
        if tree.children.is_empty() {
            return letter;
        }
        let children: Vec<String> = tree.children.iter().rev().map(|&c| self.show(c)).collect();
        format!("{letter}[{}]", children.join(","))
    }
}

#[cfg(test)]
mod tests;
