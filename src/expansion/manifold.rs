//! The slow manifold: memory as a function of the parameters, as a series in ε at one point.
//!
//! On it all iterates are values of one flow, so the coefficient of εʲ in the memory after n blocks is a
//! polynomial in n of degree at most j. What a start off the manifold adds to it at the lowest order is
//! Aⁿc, with A the derivative of the memory after a block by the memory before it, at ε = 0. The difference
//! Δʲ⁺¹ removes the polynomial and leaves (A − I)ʲ⁺¹c at n = 0, so c is known, and is taken off the start:
//! each round of this settles one more power of ε, however long the memory is. A wrong A cannot give a
//! wrong memory, only none: what is left must vanish in the end.

use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Refusal, Run, Series, VANISHES, differences};
use crate::optimizer::{State, Steps};
use crate::scalar::{DoubleDouble, Jet, Scalar};

/// Steps at ε = 0 before A is read: away from a zero at which a root is not smooth.
const WARM_UP: usize = 4;

/// Rounds that refine what is exact after as many as there are powers of ε.
const REFINEMENTS: usize = 4;

/// The most entries of a memory whose entries mix.
const MIXED_LIMIT: usize = 256;

/// The seed of the vectors that A is probed with.
const SEED: u64 = 1;

/// What counts as nothing, relative to the memory.
const ROUND_OFF: f64 = 1e-29;

/// What is left of a unit of memory, at most, for it to be said to fade.
const FADES: f64 = 1.0 - 1e-9;

/// (A − I)⁻¹ for the derivative A of memory by memory over a block at ε = 0.
struct Fading {
    inverse: DMatrix<f64>,
    /// Whether the entries of a vector of memory mix: `inverse` is one of vectors otherwise.
    mixed: bool,
}

/// The memory at `w` on the slow manifold.
pub(super) fn settled(run: &mut Run, w: &[Series]) -> Result<Vec<Vec<Series>>, Refusal> {
    let still = Jet::constant(DoubleDouble::zero());
    let mut memory = run.expander.optimizer.initial_memory(&mut run.a, &still, &w.to_vec());
    if memory.is_empty() {
        return Ok(memory);
    }
    for _ in 0..WARM_UP {
        memory = frozen(run, w, &memory)?;
    }
    let mut fading = Fading::read(run, w, &memory)?;
    for _ in 0..REFINEMENTS {
        let next = frozen(run, w, &memory)?;
        let gap =
            |slot: usize, i: usize| next[slot][i].coefficient(0) - memory[slot][i].coefficient(0);
        let gaps =
            (0..memory.len()).map(|slot| (0..w.len()).map(|i| gap(slot, i)).collect()).collect();
        let correction = fading.solve(gaps);
        let size = |v: &mut dyn Iterator<Item = DoubleDouble>| {
            v.fold(0.0_f64, |most, x| most.max(x.leading().abs()))
        };
        let moved = size(&mut correction.iter().flatten().copied());
        take_off(&mut memory, 0, &correction);
        if moved <= ROUND_OFF * size(&mut memory.iter().flatten().map(|x| x.coefficient(0))) {
            break;
        }
    }
    // Where memory acts on itself other than linearly, A is that at the manifold.
    fading = Fading::read(run, w, &memory)?;
    shoot(run, w, memory, &fading)
}

/// The memory after one block of size ε = 0 at `w`.
fn frozen(
    run: &mut Run,
    w: &[Series],
    memory: &[Vec<Series>],
) -> Result<Vec<Vec<Series>>, Refusal> {
    let still = Jet::constant(DoubleDouble::zero());
    let state = State { w: w.to_vec(), memory: memory.to_vec(), steps: Steps::settled() };
    Ok(run.block(still, &state)?.memory)
}

/// Subtracts `correction` from the coefficient of ε^power.
fn take_off(memory: &mut [Vec<Series>], power: usize, correction: &[Vec<DoubleDouble>]) {
    for (slot, correction) in memory.iter_mut().zip(correction) {
        for (entry, &correction) in slot.iter_mut().zip(correction) {
            let mut coefficients: Vec<DoubleDouble> =
                (0..entry.len().max(power + 1)).map(|k| entry.coefficient(k)).collect();
            coefficients[power] -= correction;
            *entry = Jet::from_coefficients(&coefficients);
        }
    }
}

impl Fading {
    /// Reads A off probes m + s u, s the variable of a jet: one a vector of memory if A is a number for
    /// each pair of vectors, as in all means; one an entry otherwise.
    fn read(run: &mut Run, w: &[Series], memory: &[Vec<Series>]) -> Result<Self, Refusal> {
        let (slots, dim) = (memory.len(), w.len());
        let mut probe = |slot: usize, u: &[f64]| -> Result<Vec<Vec<f64>>, Refusal> {
            let mut probed: Vec<Vec<Series>> = (memory.iter())
                .map(|v| v.iter().map(|x| Jet::constant(x.coefficient(0))).collect())
                .collect();
            for (x, &u) in probed[slot].iter_mut().zip(u) {
                x.push(DoubleDouble::from_f64(u));
            }
            let after = frozen(run, w, &probed)?;
            let slopes = |v: &Vec<Series>| v.iter().map(|x| x.coefficient(1).leading()).collect();
            Ok(after.iter().map(slopes).collect())
        };
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut by_vectors = DMatrix::zeros(slots, slots);
        let mut mixed = false;
        for slot in 0..slots {
            let u: Vec<f64> = (0..dim).map(|_| random.random_range(1.0..2.0)).collect();
            let square: f64 = u.iter().map(|x| x * x).sum();
            for (row, image) in probe(slot, &u)?.iter().enumerate() {
                let factor = image.iter().zip(&u).map(|(a, u)| a * u).sum::<f64>() / square;
                by_vectors[(row, slot)] = factor;
                mixed |= (image.iter().zip(&u)).any(|(a, u)| (a - factor * u).abs() > 1e-12);
            }
        }
        let a = if mixed {
            let entries = slots * dim;
            if entries > MIXED_LIMIT {
                return Err(Refusal::TooLarge { entries, most: MIXED_LIMIT });
            }
            let mut a = DMatrix::zeros(entries, entries);
            for column in 0..entries {
                let mut unit = vec![0.0; dim];
                unit[column % dim] = 1.0;
                let image = probe(column / dim, &unit)?;
                for (row, x) in image.iter().flatten().enumerate() {
                    a[(row, column)] = *x;
                }
            }
            a
        } else {
            by_vectors
        };
        let factor = spectral_radius(a.clone());
        let defined = factor.is_finite();
        if !defined || factor > FADES {
            return Err(if defined { Refusal::Lasting { factor } } else { Refusal::NotSmooth });
        }
        let n = a.nrows();
        let inverse =
            (a - DMatrix::identity(n, n)).try_inverse().ok_or(Refusal::Lasting { factor })?;
        Ok(Fading { inverse, mixed })
    }

    /// (A − I)⁻¹ x, rounded as `inverse` is: the rounds make up for it.
    fn solve(&self, x: Vec<Vec<DoubleDouble>>) -> Vec<Vec<DoubleDouble>> {
        let dim = x.first().map_or(0, Vec::len);
        if self.mixed {
            let flat: Vec<DoubleDouble> = x.into_iter().flatten().collect();
            let image = self.times(&flat);
            return image.chunks(dim.max(1)).map(<[DoubleDouble]>::to_vec).collect();
        }
        let columns: Vec<Vec<DoubleDouble>> =
            (0..dim).map(|i| self.times(&x.iter().map(|v| v[i]).collect::<Vec<_>>())).collect();
        (0..x.len()).map(|slot| columns.iter().map(|column| column[slot]).collect()).collect()
    }

    fn times(&self, x: &[DoubleDouble]) -> Vec<DoubleDouble> {
        let row = |i: usize| {
            x.iter()
                .enumerate()
                .fold(DoubleDouble::zero(), |sum, (j, &x)| sum + x.scale(self.inverse[(i, j)]))
        };
        (0..x.len()).map(row).collect()
    }
}

/// The largest magnitude of an eigenvalue, as the limit of ‖Aᴺ‖^(1/N) for N = 2⁴⁰: unlike an iteration for the
/// eigenvalues themselves it ends on every matrix.
fn spectral_radius(mut power: DMatrix<f64>) -> f64 {
    const SQUARINGS: i32 = 40;
    let mut log = 0.0;
    for squared in 0..=SQUARINGS {
        let size = power.norm();
        if size <= 0.0 || !size.is_finite() {
            return size;
        }
        log += size.ln() / f64::powi(2.0, squared);
        power /= size;
        power = &power * &power;
    }
    log.exp()
}

/// Takes what fades off the memory at the start, power by power, until nothing is left of it.
fn shoot(
    run: &mut Run,
    w: &[Series],
    memory: Vec<Vec<Series>>,
    fading: &Fading,
) -> Result<Vec<Vec<Series>>, Refusal> {
    let (len, slots, dim) = (run.len, memory.len(), w.len());
    let mut start = State { w: w.to_vec(), memory, steps: Steps::settled() };
    let mut left = f64::INFINITY;
    for round in 0..2 * len + REFINEMENTS {
        let orbit = run.orbit(start.clone(), len)?;
        let mut scale = 0.0_f64;
        let mut worst = 0.0_f64;
        let mut corrected = start.memory.clone();
        for power in 0..len {
            let mut fades = vec![vec![DoubleDouble::zero(); dim]; slots];
            for (slot, fades) in fades.iter_mut().enumerate() {
                for (i, fades) in fades.iter_mut().enumerate() {
                    let values: Vec<DoubleDouble> = (orbit[..=power + 1].iter())
                        .map(|state| state.memory[slot][i].coefficient(power))
                        .collect();
                    scale = values.iter().fold(scale, |most, x| most.max(x.leading().abs()));
                    if let Some(&last) = differences(&values).last() {
                        *fades = last;
                    }
                }
            }
            for _ in 0..=power {
                fades = fading.solve(fades);
            }
            let most = fades.iter().flatten().fold(0.0_f64, |most, x| most.max(x.leading().abs()));
            worst = worst.max(most / scale.max(f64::MIN_POSITIVE));
            take_off(&mut corrected, power, &fades);
        }
        // Exact after a round a power; from then on until nothing gets better.
        if !worst.is_finite() || (round > len && worst >= 0.5 * left) {
            break;
        }
        left = worst;
        start.memory = corrected;
        if left <= ROUND_OFF {
            break;
        }
    }
    if left <= VANISHES { Ok(start.memory) } else { Err(Refusal::Unsettled) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spectral_radius_is_that_of_the_eigenvalues() {
        let near = |entries: &[f64], known: f64| {
            let n = entries.len().isqrt();
            let found = spectral_radius(DMatrix::from_row_slice(n, n, entries));
            assert!((found - known).abs() < 1e-10, "{found} is not {known}");
        };
        near(&[0.999], 0.999);
        near(&[0.5, 1e-33, 0.0, 0.75], 0.75);
        // A rotation by half, a Jordan block, a nilpotent matrix and nothing.
        near(&[0.0, 0.5, -0.5, 0.0], 0.5);
        near(&[1.0, 100.0, 0.0, 1.0], 1.0);
        near(&[0.0, 1e9, 0.0, 0.0], 0.0);
        near(&[0.0; 4], 0.0);
        assert!(spectral_radius(DMatrix::from_element(2, 2, f64::NAN)).is_nan());
    }
}
