//! Whether a field is a gradient.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Expander, Refusal};
use crate::scalar::{DoubleDouble, Scalar};

/// The directions that a Jacobian is probed in; each pair of them is one test.
const DIRECTIONS: usize = 3;

/// The seed they are drawn from.
const SEED: u64 = 1;

/// The step of the central differences, relative to the point: with 31 digits both its truncation and its
/// round-off are below 10⁻¹⁶.
const STEP: f64 = 1e-9;

/// How far ⟨u, Jv⟩ and ⟨v, Ju⟩ may be apart, relative to their size, for J to count as symmetric.
const TOLERANCE: f64 = 1e-9;

/// Round-off beside the largest slope of all fields.
const NOISE: f64 = 1e-15;

impl Expander {
    /// Whether each of f₀ … f_{terms−1} is a gradient at `point`: whether its Jacobian J is symmetric, by
    /// ⟨u, Jv⟩ = ⟨v, Ju⟩ for the three pairs of three seeded directions.
    ///
    /// # Errors
    /// As [`expand`](Expander::expand).
    pub fn gradients(&self, point: &[DoubleDouble], terms: usize) -> Result<Vec<bool>, Refusal> {
        if point.len() == 1 {
            return Ok(vec![true; terms]);
        }
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let size = point.iter().fold(1.0_f64, |most, x| most.max(x.leading().abs()));
        let step = DoubleDouble::from_f64(STEP * size);
        let mut probes = Vec::with_capacity(DIRECTIONS);
        for _ in 0..DIRECTIONS {
            let along: Vec<DoubleDouble> = point
                .iter()
                .map(|_| DoubleDouble::from_f64(random.random_range(-1.0..1.0)))
                .collect();
            let at = |sign: f64| -> Vec<DoubleDouble> {
                let far = step.scale(sign);
                point.iter().zip(&along).map(|(&x, &v)| x + far * v).collect()
            };
            let (ahead, behind) = (self.fields(&at(1.0), terms)?, self.fields(&at(-1.0), terms)?);
            let slopes: Vec<Vec<f64>> = (ahead.iter().zip(&behind))
                .map(|(ahead, behind)| {
                    let slope = |(&a, &b): (&DoubleDouble, &DoubleDouble)| {
                        ((a - b) / (step + step)).leading()
                    };
                    ahead.iter().zip(behind).map(slope).collect()
                })
                .collect();
            let along: Vec<f64> = along.iter().map(|x| x.leading()).collect();
            probes.push((along, slopes));
        }
        let all = probes.iter().flat_map(|(_, slopes)| slopes.iter().flatten());
        let noise = NOISE * all.fold(0.0_f64, |most, x| most.max(x.abs()));
        let symmetric = |j: usize| {
            let pairs = (0..DIRECTIONS).flat_map(|a| (0..a).map(move |b| (a, b)));
            pairs.into_iter().all(|(a, b)| {
                let ((u, ju), (v, jv)) = (&probes[a], &probes[b]);
                let (one, other) = (dot(u, &jv[j]), dot(v, &ju[j]));
                let size = dot(u, u).sqrt() * dot(&jv[j], &jv[j]).sqrt()
                    + dot(v, v).sqrt() * dot(&ju[j], &ju[j]).sqrt();
                (one - other).abs() <= TOLERANCE * size + noise
            })
        };
        Ok((0..terms).map(symmetric).collect())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
