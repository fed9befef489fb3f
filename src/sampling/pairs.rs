//! The mean over orders by random reversed pairs, beyond what can be enumerated.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::optimizer::{Optimizer, State};

/// A mean over sampled orders with its standard error.
#[derive(Clone, Debug)]
pub struct PairMean {
    /// The mean end point.
    pub mean: Vec<f64>,
    /// The Euclidean norm of the standard errors of its components.
    pub standard_error: f64,
}

/// The mean end point of one epoch over `count` ≥ 2 random orders, each paired with its reverse.
///
/// The deviation of an order and that of its reverse cancel at order ε²; what is left of the noise
/// is O(ε³). The orders depend on `seed` only, so a ladder of step sizes sees the same ones.
#[allow(clippy::cast_precision_loss)] // a count of pairs is far below 2⁵³
pub fn reversed_pairs(
    a: &mut Numeric<f64>,
    optimizer: &dyn Optimizer<Numeric<f64>>,
    eps: f64,
    state: &State<Vec<f64>>,
    count: usize,
    seed: u64,
) -> PairMean {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..a.batches()).collect();
    let dim = state.w.len();
    let (mut sum, mut squares) = (vec![0.0; dim], vec![0.0; dim]);
    let mut first: Option<Vec<f64>> = None;
    for _ in 0..count {
        order.shuffle(&mut random);
        let mut pair = vec![0.0; dim];
        for reversed in [false, true] {
            let mut end = state.clone();
            for at in 0..order.len() {
                let k = if reversed { order[order.len() - 1 - at] } else { order[at] };
                optimizer.step(a, &eps, Batch::One(k), &mut end);
                end.steps += 1;
            }
            a.axpy(&0.5, &end.w, &mut pair);
        }
        // Deviations from the first pair keep the digits that the variance needs.
        let origin = first.get_or_insert_with(|| pair.clone());
        for i in 0..dim {
            let off = pair[i] - origin[i];
            sum[i] += off;
            squares[i] += off * off;
        }
    }
    let n = count as f64;
    let variance: f64 =
        (0..dim).map(|i| ((squares[i] - sum[i] * sum[i] / n) / (n - 1.0)).max(0.0) / n).sum();
    let origin = first.unwrap_or_else(|| state.w.clone());
    PairMean {
        mean: (0..dim).map(|i| origin[i] + sum[i] / n).collect(),
        standard_error: variance.sqrt(),
    }
}
