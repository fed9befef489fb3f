//! Random points and step sizes at which identities are checked.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::leg::Rung;

/// Samples an identity is checked at.
const SAMPLES: usize = 24;
/// ε L of the largest step size sampled, and the ratio of the largest to the smallest.
const LARGEST: f64 = 1.0;
const RANGE: f64 = 100.0;

/// The rungs of an identity: log-uniform step sizes up to 1/L, numbered in `blocks`.
pub fn sampled_rungs(rate: f64, seed: u64) -> Vec<Rung> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..SAMPLES)
        .map(|blocks| {
            let step_size = LARGEST / rate * RANGE.powf(-random.random::<f64>());
            Rung { step_size, blocks }
        })
        .collect()
}

/// A point about `centre`, each coordinate moved by up to `radius`; sample `number` of `seed`.
pub fn sampled_point(centre: &[f64], radius: f64, seed: u64, number: usize) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number as u64 + 1);
    centre.iter().map(|&w| w + radius * (2.0 * random.random::<f64>() - 1.0)).collect()
}
