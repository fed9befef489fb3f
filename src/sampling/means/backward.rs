//! The true mean at a fixed horizon in one dimension, by the backward operator.

use std::f64::consts::PI;

use super::for_each_end;
use crate::arithmetic::{Arithmetic, Numeric};
use crate::optimizer::{Optimizer, State, Steps};
use crate::sampling::{IndependentDraws, Sampling};

/// Chebyshev nodes an interval: enough for 1e-14 on the intervals reached here.
const NODES: usize = 40;

/// `E[w]` after `blocks` independent blocks of `sampling` from `start`, for an optimizer without
/// memory on a loss of one parameter. `None` if the iterates leave the finite numbers.
///
/// With u(x) = E[w at the end | w = x now], one block earlier u is the mean of u over the ends of
/// the paths from x. Each u is represented on Chebyshev nodes of the interval that the iterates can
/// have reached by then, so no value is ever extrapolated.
pub fn backward_mean(
    a: &mut Numeric<f64>,
    optimizer: &dyn Optimizer<Numeric<f64>>,
    sampling: &dyn Sampling,
    eps: f64,
    start: f64,
    blocks: usize,
) -> Option<f64> {
    if sampling.is_independent() && sampling.steps(a.batches()) > 1 {
        let blocks = blocks * sampling.steps(a.batches());
        let step = IndependentDraws { steps: 1 };
        return backward_mean(a, optimizer, &step, eps, start, blocks);
    }
    // Forward: the ends of all paths from the nodes of each reachable interval.
    let mut interval = Interval::around(start, start);
    let (mut stages, mut reached) = (Vec::with_capacity(blocks), Vec::with_capacity(blocks));
    let steps = sampling.steps(a.batches());
    for block in 0..blocks {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut ends = Vec::with_capacity(NODES);
        for &x in &interval.nodes {
            let mut images = Vec::new();
            let steps = Steps::default().after(block * steps);
            let state = State { w: vec![x], memory: Vec::new(), steps };
            for_each_end(a, optimizer, sampling, &eps, &state, &mut |_, end| {
                images.push(end.w[0]);
            });
            if images.iter().any(|y| !y.is_finite()) {
                return None;
            }
            low = images.iter().copied().fold(low, f64::min);
            high = images.iter().copied().fold(high, f64::max);
            ends.push(images);
        }
        interval = Interval::around(low, high);
        stages.push(ends);
        reached.push(Interval::around(low, high));
    }
    // Backward: at the end u is the identity.
    let mut u = interval.nodes;
    for (ends, reached) in stages.iter().zip(&reached).rev() {
        let mean = |images: &Vec<f64>| {
            images.iter().map(|&y| reached.interpolate(&u, y)).sum::<f64>() / images.len() as f64
        };
        u = ends.iter().map(mean).collect();
    }
    Some(Interval::around(start, start).interpolate(&u, start))
}

/// A closed interval with its Chebyshev–Lobatto nodes.
struct Interval {
    nodes: Vec<f64>,
}

impl Interval {
    /// The hull of the two ends, widened a little so that rounding keeps every end inside.
    fn around(low: f64, high: f64) -> Self {
        let centre = 0.5 * (low + high);
        let spare = 1e-9 * centre.abs() + f64::MIN_POSITIVE.sqrt();
        let radius = 0.5 * (high - low) * (1.0 + 1e-9) + spare;
        let angle = |j: usize| PI * j as f64 / (NODES - 1) as f64;
        Interval { nodes: (0..NODES).map(|j| centre + radius * angle(j).cos()).collect() }
    }

    /// The polynomial through `values` at the nodes, at `x`: the barycentric formula.
    fn interpolate(&self, values: &[f64], x: f64) -> f64 {
        let (mut above, mut below, mut sign) = (0.0, 0.0, 1.0);
        for (j, (&node, &value)) in self.nodes.iter().zip(values).enumerate() {
            let gap = x - node;
            if gap.abs() <= f64::MIN_POSITIVE {
                return value;
            }
            let weight = if j == 0 || j == NODES - 1 { 0.5 * sign } else { sign } / gap;
            above += weight * value;
            below += weight;
            sign = -sign;
        }
        above / below
    }
}

#[cfg(test)]
mod tests;
