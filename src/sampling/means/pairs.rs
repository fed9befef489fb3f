//! The mean over orders by random reversed pairs, beyond what can be enumerated.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::optimizer::{Optimizer, State};
use crate::scalar::Real;

/// A mean over sampled orders with its standard error.
#[derive(Clone, Debug)]
pub struct PairMean<S> {
    /// The mean state: parameters and memory.
    pub mean: State<Vec<S>>,
    /// The Euclidean norm of the standard errors of the parameters.
    pub standard_error: f64,
}

/// The mean state after one epoch over `count` ≥ 2 random orders, each paired with its reverse.
///
/// The deviation of an order and that of its reverse cancel at order ε²; what is left of the noise
/// is O(ε³). The orders depend on `seed` only, so a ladder of step sizes sees the same ones.
pub fn reversed_pairs<S: Real>(
    a: &mut Numeric<S>,
    optimizer: &dyn Optimizer<Numeric<S>>,
    eps: S,
    state: &State<Vec<S>>,
    count: usize,
    seed: u64,
) -> PairMean<S> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..a.batches()).collect();
    let dim = state.w.len();
    // Parameters first, then memory, as one long vector.
    let flat = |state: &State<Vec<S>>| -> Vec<S> {
        std::iter::once(&state.w).chain(&state.memory).flatten().copied().collect()
    };
    let mut origin: Option<Vec<S>> = None;
    let (mut sum, mut squares) = (vec![S::zero(); flat(state).len()], vec![0.0; dim]);
    for _ in 0..count {
        order.shuffle(&mut random);
        let mut pair = vec![S::zero(); sum.len()];
        for reversed in [false, true] {
            let mut end = state.clone();
            for at in 0..order.len() {
                let k = if reversed { order[order.len() - 1 - at] } else { order[at] };
                optimizer.step(a, &eps, Batch::One(k), &mut end);
                end.steps.advance();
            }
            a.axpy(&S::from_f64(0.5), &flat(&end), &mut pair);
        }
        // Deviations from the first pair keep the digits that the variance needs.
        let origin = origin.get_or_insert_with(|| pair.clone());
        for (i, (sum, (pair, origin))) in sum.iter_mut().zip(pair.iter().zip(origin)).enumerate() {
            let off = *pair - *origin;
            *sum += off;
            if let Some(squares) = squares.get_mut(i) {
                *squares += off.leading() * off.leading();
            }
        }
    }
    let n = count as f64;
    let variance: f64 = (sum.iter().zip(&squares))
        .map(|(sum, squares)| {
            let sum = sum.leading();
            ((squares - sum * sum / n) / (n - 1.0)).max(0.0) / n
        })
        .sum();
    let origin = origin.unwrap_or_else(|| flat(state));
    let share = S::from_f64(n);
    let mean: Vec<S> =
        origin.iter().zip(&sum).map(|(&origin, &sum)| origin + sum / share).collect();
    let mut vectors = mean.chunks(dim.max(1)).map(<[S]>::to_vec);
    PairMean {
        mean: State {
            w: vectors.next().unwrap_or_default(),
            memory: vectors.collect(),
            steps: state.steps.after(order.len()),
        },
        standard_error: variance.sqrt(),
    }
}
