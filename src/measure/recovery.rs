//! Coefficients read off the errors.

use nalgebra::{DMatrix, DVector};

/// A value with the half-width of the bar it is known to lie in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// The half-width of the bar.
    pub half_width: f64,
}

/// How much wider than its last two corrections a bar is drawn.
const SAFETY: f64 = 4.0;

/// The least-squares weights δ of `error` ≈ Σ_k δ_k `effects[k]`, by the normalised Gram system,
/// each with the factor by which an absolute error of the data can move it.
///
/// `None` if the effects do not determine them (collinear to eight digits, zero, or not finite).
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

/// The limit for ε → 0 of a quantity c(ε) = c + c₁ ε + c₂ ε² + …, by Neville's scheme.
///
/// `values` are finest last; `noise` is the absolute uncertainty of each. Among all entries of the
/// tableau the one with the smallest bar is taken: the larger of its two corrections, widened by a
/// safety factor, plus the noise as the scheme amplifies it.
pub fn extrapolate_to_zero(step_sizes: &[f64], values: &[f64], noise: &[f64]) -> Option<Estimate> {
    let mut best: Option<Estimate> = None;
    let mut rows: Vec<Vec<(f64, f64)>> = Vec::new();
    for (i, &value) in values.iter().enumerate() {
        let mut row = vec![(value, noise[i])];
        for j in 1..=i {
            let ratio = step_sizes[i - j] / step_sizes[i];
            let (finer, finer_noise) = row[j - 1];
            let (coarser, coarser_noise) = rows[i - 1][j - 1];
            let entry = finer + (finer - coarser) / (ratio - 1.0);
            let amplified = (ratio * finer_noise + coarser_noise) / (ratio - 1.0);
            row.push((entry, amplified));
            if j >= 2 {
                let change = (entry - finer).abs().max((entry - coarser).abs());
                let half_width = SAFETY * (change + amplified);
                let better = best.is_none_or(|b| half_width < b.half_width);
                if half_width.is_finite() && better {
                    best = Some(Estimate { value: entry, half_width });
                }
            }
        }
        rows.push(row);
    }
    best
}
