//! A flow given by its trees: any modified field, up to any order, as something that can be measured.

use super::{Flow, Term, power_of_step};
use crate::arithmetic::{Arithmetic, Batch};
use crate::scalar::Ratio;

/// An elementary differential F(τ) of f = −∇C, as the list of those below its root: none for f itself,
/// one for f′(·), two for f″(·, ·), and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differential(pub &'static [Differential]);

/// w′ = Σ_τ c(τ) ε^(|τ|−1) F(τ)(w), |τ| the number of nodes.
///
/// The nodes of τ stand for f_a = −∇Ĉ_a and its derivatives, so F(τ) is (−1)^|τ| times the same
/// expression in g, H, T, …. Its terms are its powers of ε, each with the coefficient 1: the trees of one
/// order together are what one step size more resolves. The one-node trees carry no name.
#[derive(Clone, Debug, Default)]
pub struct TreeFlow {
    nodes: Vec<Node>,
    rows: Vec<(usize, Ratio)>,
}

/// A tree, with its subtrees by their places in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    batch: Option<usize>,
    children: Vec<usize>,
    order: usize,
}

impl TreeFlow {
    /// The flow with these differentials of the whole loss, each with its coefficient as numerator and
    /// denominator.
    ///
    /// # Panics
    /// If a denominator is zero.
    pub fn new(rows: &[(Differential, i64, i64)]) -> Self {
        let mut flow = TreeFlow::default();
        for (differential, numerator, denominator) in rows {
            let node = flow.place(differential);
            flow.add(node, Ratio::new(*numerator, *denominator));
        }
        flow
    }

    fn place(&mut self, differential: &Differential) -> usize {
        let children = differential.0.iter().map(|child| self.place(child)).collect();
        self.node(None, children)
    }

    /// The place of the tree whose root belongs to `batch` (or to the whole loss) and carries the trees
    /// at the places `children`.
    pub(crate) fn node(&mut self, batch: Option<usize>, mut children: Vec<usize>) -> usize {
        children.sort_unstable();
        let order = 1 + children.iter().map(|&child| self.nodes[child].order).sum::<usize>();
        let node = Node { batch, children, order };
        self.nodes.iter().position(|known| *known == node).unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        })
    }

    /// Adds `coefficient` times the tree at `node`.
    pub(crate) fn add(&mut self, node: usize, coefficient: Ratio) {
        self.rows.push((node, coefficient));
    }

    /// The numbers of nodes that occur, without 1.
    fn orders(&self) -> Vec<usize> {
        let mut orders: Vec<usize> = self.rows.iter().map(|row| self.nodes[row.0].order).collect();
        orders.sort_unstable();
        orders.dedup();
        orders.retain(|&order| order > 1);
        orders
    }
}

impl<A: Arithmetic> Flow<A> for TreeFlow {
    fn terms(&self) -> Vec<Term> {
        let name = |power: u32| format!("{} terms", power_of_step(power));
        let term = |order: usize| Term::new(name(order as u32 - 1), 1, 1, order as u32 - 1);
        self.orders().into_iter().map(term).collect()
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let minus = a.fraction(-1, 1);
        let mut values: Vec<A::Vector> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let below: Vec<&A::Vector> = node.children.iter().map(|&at| &values[at]).collect();
            let batch = node.batch.map_or(Batch::Full, Batch::One);
            let mut value = a.derivative(batch, w, &below);
            a.scale(&minus, &mut value);
            values.push(value);
        }
        let orders = self.orders();
        let mut field = a.zero();
        for &(node, coefficient) in &self.rows {
            let mut weight = a.ratio(coefficient);
            if let Some(at) = orders.iter().position(|&order| order == self.nodes[node].order) {
                weight = weight * c[at].clone();
            }
            a.axpy(&weight, &values[node], &mut field);
        }
        values.into_iter().for_each(|value| a.recycle(value));
        field
    }
}
