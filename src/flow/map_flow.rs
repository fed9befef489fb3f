//! A flow given by elementary differentials with maps: the modified field of any method, in numbers.

use super::{Flow, Term, power_of_step};
use crate::arithmetic::{AnyMap, Arithmetic, Batch, Mapped, Numeric};
use crate::scalar::Ratio;

/// w′ = Σ_τ c(τ) ε^p(τ) τ(w), τ the elementary differentials of a loss and of maps.
///
/// Its terms are its powers of ε from 1 on, each with the coefficient 1; those at ε⁰ carry no name.
#[derive(Clone, Default)]
pub struct MapFlow {
    nodes: Vec<MapNode>,
    rows: Vec<(usize, u32, Weight)>,
}

/// c tᵖ: a coefficient, and the power of the time that it comes with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight {
    pub(crate) coefficient: Ratio,
    pub(crate) time: u32,
}

impl Weight {
    fn at<A: Arithmetic>(self, a: &A, t: &A::Number) -> A::Number {
        (0..self.time).fold(a.ratio(self.coefficient), |product, _| product * t.clone())
    }
}

/// Σ c tᵖ x over earlier places.
type Sum = Vec<(usize, Weight)>;

/// An elementary differential; what it is made of stands at earlier places.
#[derive(Clone)]
pub(crate) enum MapNode {
    /// w.
    Point,
    /// D^q ∇Ĉ(at)[directions], of one minibatch or of the whole loss.
    Loss { batch: Option<usize>, at: Sum, directions: Vec<usize> },
    /// D^q φ(at)[directions], each direction with its slot.
    Map { map: AnyMap, at: Vec<Sum>, directions: Vec<(usize, usize)> },
}

impl MapFlow {
    /// Appends a node; its place.
    pub(crate) fn node(&mut self, node: MapNode) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Adds `weight` ε^`power` times the differential at `node`.
    pub(crate) fn add(&mut self, node: usize, power: u32, weight: Weight) {
        self.rows.push((node, power, weight));
    }

    /// Without the terms at powers of ε above 0 that are not among `powers`.
    pub(crate) fn keeping(mut self, powers: &[usize]) -> Self {
        self.rows.retain(|(_, power, _)| *power == 0 || powers.contains(&(*power as usize)));
        self
    }

    /// The powers of ε that occur, without 0.
    fn powers(&self) -> Vec<u32> {
        let mut powers: Vec<u32> = self.rows.iter().map(|row| row.1).filter(|&p| p > 0).collect();
        powers.sort_unstable();
        powers.dedup();
        powers
    }
}

fn sum_of<A: Arithmetic>(a: &mut A, t: &A::Number, values: &[A::Vector], sum: &Sum) -> A::Vector {
    let mut total = a.zero();
    for (at, weight) in sum {
        a.axpy(&weight.at(a, t), &values[*at], &mut total);
    }
    total
}

impl<S: Mapped> Flow<Numeric<S>> for MapFlow {
    fn terms(&self) -> Vec<Term> {
        let term = |power: u32| Term::new(format!("{} terms", power_of_step(power)), 1, 1, power);
        self.powers().into_iter().map(term).collect()
    }

    fn field(&self, a: &mut Numeric<S>, c: &[S], t: &S, w: &Vec<S>) -> Vec<S> {
        let mut values: Vec<Vec<S>> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let value = match node {
                MapNode::Point => a.duplicate(w),
                MapNode::Loss { batch, at, directions } => {
                    let batch = batch.map_or(Batch::Full, Batch::One);
                    let directions: Vec<&Vec<S>> = directions.iter().map(|&d| &values[d]).collect();
                    let at = sum_of(a, t, &values, at);
                    let value = a.derivative(batch, &at, &directions);
                    a.recycle(at);
                    value
                }
                MapNode::Map { map, at, directions } => {
                    let at: Vec<Vec<S>> = at.iter().map(|sum| sum_of(a, t, &values, sum)).collect();
                    let inputs: Vec<&Vec<S>> = at.iter().collect();
                    let directions: Vec<(usize, &Vec<S>)> =
                        directions.iter().map(|&(slot, d)| (slot, &values[d])).collect();
                    match map.seen::<S>() {
                        Some(map) => map.derivative(a, &inputs, &directions),
                        None => vec![S::from_f64(f64::NAN); w.len()],
                    }
                }
            };
            values.push(value);
        }
        let powers = self.powers();
        let mut field = a.zero();
        for &(node, power, weight) in &self.rows {
            let mut weight = weight.at(a, t);
            if let Some(at) = powers.iter().position(|&p| p == power) {
                weight *= c[at];
            }
            a.axpy(&weight, &values[node], &mut field);
        }
        values.into_iter().for_each(|value| a.recycle(value));
        field
    }
}
