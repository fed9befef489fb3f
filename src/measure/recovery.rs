//! Coefficients read off the errors.

use std::fmt;

use nalgebra::{DMatrix, DVector};

/// A value with the half-width of the bar it is known to lie in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// The half-width of the bar.
    pub half_width: f64,
}

impl fmt::Display for Estimate {
    /// 1.998 ± 0.004, and 0.2500000 ± 3e-7 where the bar is finer than three decimals.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Estimate { value, half_width } = *self;
        if half_width >= 1e-3 || !half_width.is_finite() {
            return write!(f, "{value:.3} ± {half_width:.3}");
        }
        let places = (-half_width.max(1e-12).log10()).ceil() as usize;
        write!(f, "{value:.places$} ± {half_width:.0e}")
    }
}

/// How much wider than its last corrections a bar is drawn.
const SAFETY: f64 = 4.0;

/// The least-squares weights δ of `error` ≈ Σ_k δ_k `effects[k]`, by the normalised Gram system,
/// each with the factor by which an absolute error of the data can move it.
///
/// `None` if the effects do not determine them (an angle below 1e-4 between them, zero, or not
/// finite).
pub fn project(error: &[f64], effects: &[Vec<f64>]) -> Option<Vec<(f64, f64)>> {
    let norms: Vec<f64> = effects.iter().map(|d| super::norm(d)).collect();
    if norms.iter().any(|n| !(n.is_finite() && *n > 0.0)) || error.iter().any(|e| !e.is_finite()) {
        return None;
    }
    let columns = DMatrix::from_fn(error.len(), effects.len(), |i, k| effects[k][i] / norms[k]);
    let gram = columns.transpose() * &columns;
    if gram.clone().symmetric_eigenvalues().min() < 1e-8 {
        return None;
    }
    let inverse = gram.cholesky()?.inverse();
    let weights = &inverse * (columns.transpose() * DVector::from_column_slice(error));
    let weight = |k: usize| (weights[k] / norms[k], inverse[(k, k)].sqrt() / norms[k]);
    Some((0..effects.len()).map(weight).collect())
}

/// One entry of Neville's tableau.
#[derive(Clone, Copy)]
struct Entry {
    value: f64,
    /// The noise of the data as the scheme amplifies it.
    noise: f64,
    /// The larger of the two corrections that led here from the column before.
    correction: f64,
}

/// The limit for ε → 0 of a quantity c(ε) = c + c₁ ε + c₂ ε² + …, by Neville's scheme.
///
/// `values` are finest last; `noise` is the absolute uncertainty of each. Among all entries of the
/// tableau the one with the smallest bar is taken. A bar covers the corrections of the last two
/// columns, because one correction alone may vanish by accident; it is widened by a safety factor
/// and by the noise. `None` with fewer than three values.
pub fn extrapolate_to_zero(step_sizes: &[f64], values: &[f64], noise: &[f64]) -> Option<Estimate> {
    let mut best: Option<Estimate> = None;
    let mut above: Vec<Entry> = Vec::new();
    for (i, (&value, &noise)) in values.iter().zip(noise).enumerate() {
        let mut row = vec![Entry { value, noise, correction: f64::INFINITY }];
        for j in 1..=i {
            let ratio = step_sizes[i - j] / step_sizes[i];
            let (finer, coarser) = (row[j - 1], above[j - 1]);
            let value = finer.value + (finer.value - coarser.value) / (ratio - 1.0);
            let noise = (ratio * finer.noise + coarser.noise) / (ratio - 1.0);
            let correction = (value - finer.value).abs().max((value - coarser.value).abs());
            let ulps = f64::EPSILON * value.abs();
            let half_width = SAFETY * (correction.max(finer.correction) + noise + ulps);
            if half_width.is_finite() && best.is_none_or(|b| half_width < b.half_width) {
                best = Some(Estimate { value, half_width });
            }
            row.push(Entry { value, noise, correction });
        }
        above = row;
    }
    best
}
