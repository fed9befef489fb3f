//! Which part of an error is due to which of several effects, where that can be told.

use nalgebra::{DMatrix, DVector};

use super::norm;

/// The weight of one effect in an error.
#[derive(Clone, Debug, PartialEq)]
pub enum Weight {
    /// The least-squares weight, and the factor by which an absolute error of the data can move it.
    Found {
        /// The weight.
        value: f64,
        /// That factor.
        amplification: f64,
    },
    /// The effects do not determine it.
    Hidden(Hidden),
}

impl Weight {
    /// The weight and its amplification, if it is determined.
    pub fn found(&self) -> Option<(f64, f64)> {
        match *self {
            Weight::Found { value, amplification } => Some((value, amplification)),
            Weight::Hidden(_) => None,
        }
    }
}

/// Why the weight of an effect is not determined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// The effect is zero, or no larger than the noise.
    Nothing,
    /// These other effects point in the same direction.
    Same(Vec<usize>),
    /// There are more effects than components to tell them by.
    TooMany {
        /// The effects that are not zero.
        effects: usize,
        /// The components.
        components: usize,
    },
    /// It is a combination of these others.
    Combination(Vec<usize>),
}

/// Effects that come this close to being dependent (an eigenvalue of their normalised Gram matrix) are.
const DEPENDENT: f64 = 1e-8;
/// An effect whose squared share in the dependent combinations exceeds this takes part in them.
const PART: f64 = 1e-6;

/// The least-squares weights δ of `error` ≈ Σ_k δ_k `effects[k]`, by the normalised Gram system.
///
/// An effect of norm `noise` or less has no weight. Where effects are dependent (an angle below 1e-4
/// between them) those concerned have none, and the weights of the others are what they are whichever
/// of the dependent ones is taken. `None` if a number is not finite.
pub fn project(error: &[f64], effects: &[Vec<f64>], noise: f64) -> Option<Vec<Weight>> {
    let norms: Vec<f64> = effects.iter().map(|d| norm(d)).collect();
    if error.iter().chain(&norms).any(|x| !x.is_finite()) {
        return None;
    }
    let mut weights = vec![Weight::Hidden(Hidden::Nothing); effects.len()];
    let seen: Vec<usize> =
        (0..effects.len()).filter(|&k| norms[k] > noise.max(f64::MIN_POSITIVE)).collect();
    if seen.is_empty() {
        return Some(weights);
    }
    let columns =
        DMatrix::from_fn(error.len(), seen.len(), |i, k| effects[seen[k]][i] / norms[seen[k]]);
    let gram = columns.transpose() * &columns;
    let spectrum = gram.clone().symmetric_eigen();
    let dependent: Vec<usize> =
        (0..seen.len()).filter(|&j| spectrum.eigenvalues[j] < DEPENDENT).collect();
    let inverse = {
        let inverted = spectrum.eigenvalues.map(|l| if l < DEPENDENT { 0.0 } else { l.recip() });
        &spectrum.eigenvectors
            * DMatrix::from_diagonal(&inverted)
            * spectrum.eigenvectors.transpose()
    };
    let solution = &inverse * (columns.transpose() * DVector::from_column_slice(error));
    let share = |k: usize| -> f64 {
        dependent.iter().map(|&j| spectrum.eigenvectors[(k, j)].powi(2)).sum()
    };
    let parts: Vec<usize> = (0..seen.len()).filter(|&k| share(k) > PART).collect();
    for (at, &k) in seen.iter().enumerate() {
        weights[k] = if !parts.contains(&at) {
            Weight::Found {
                value: solution[at] / norms[k],
                amplification: inverse[(at, at)].sqrt() / norms[k],
            }
        } else {
            let others = |among: &dyn Fn(usize) -> bool| -> Vec<usize> {
                let others = parts.iter().copied().filter(|&other| other != at && among(other));
                others.map(|other| seen[other]).collect()
            };
            let same = others(&|other| 1.0 - gram[(at, other)].abs() < DEPENDENT);
            Weight::Hidden(if error.len() > 1 && !same.is_empty() {
                Hidden::Same(same)
            } else if seen.len() > error.len() {
                Hidden::TooMany { effects: seen.len(), components: error.len() }
            } else {
                Hidden::Combination(others(&|_| true))
            })
        };
    }
    Some(weights)
}
