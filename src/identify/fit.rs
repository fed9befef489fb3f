//! Least squares for the settings of a method: Gauss and Newton's steps, damped.

use nalgebra::{DMatrix, DVector};

use crate::measure::largest;

/// Where the residual is least.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// The parameters.
    pub(super) at: Vec<f64>,
    /// The bar of each, where it was asked for: what round-off leaves open; infinite where the residual does not
    /// depend on it.
    pub(super) bars: Vec<f64>,
    /// The largest residual.
    pub(super) worst: f64,
}

/// The relative change of a parameter by which derivatives are taken.
const DIFFERENCE: f64 = 1e-6;
/// Below this residual there is nothing but round-off.
const ROUND_OFF: f64 = 1e-15;
/// How many times the bar of independent errors; errors of iterates add up from step to step.
const SAFETY: f64 = 10.0;

/// The residual at some parameters; none where there is none.
pub(super) type Residual<'a> = dyn Fn(&[f64]) -> Option<Vec<f64>> + 'a;

/// The parameters of least squares near `start`, each kept within its bounds, after at most `limit` steps.
///
/// Source: Levenberg 1944; Marquardt 1963.
pub(super) fn least_squares(
    residual: &Residual,
    start: &[f64],
    bounds: &[(f64, f64)],
    limit: usize,
) -> Option<Fit> {
    let mut at: Vec<f64> = start.iter().zip(bounds).map(|(&x, b)| x.clamp(b.0, b.1)).collect();
    let mut r = finite(residual(&at))?;
    let mut cost = r.norm_squared();
    let mut damping = 1e-3;
    let mut idle = 0;
    for _ in 0..limit {
        if largest(r.iter().copied()) < ROUND_OFF || idle >= 4 || at.is_empty() {
            break;
        }
        let Some(slopes) = slopes(residual, &at, &r, bounds) else { break };
        let normal = slopes.transpose() * &slopes;
        let pull = slopes.transpose() * &r;
        let mut better = false;
        for _ in 0..8 {
            let mut damped = normal.clone();
            for i in 0..at.len() {
                damped[(i, i)] += damping * normal[(i, i)] + f64::MIN_POSITIVE;
            }
            let Some(step) = damped.cholesky().map(|c| c.solve(&pull)) else {
                damping *= 10.0;
                continue;
            };
            let moved: Vec<f64> = (at.iter().zip(step.iter()).zip(bounds))
                .map(|((&x, &by), b)| (x - by).clamp(b.0, b.1))
                .collect();
            let next = finite(residual(&moved));
            if let Some(next) = next.filter(|next| next.norm_squared() < cost) {
                let gained = next.norm_squared() / cost;
                idle = if gained > 0.97 { idle + 1 } else { 0 };
                (at, cost, r) = (moved, next.norm_squared(), next);
                damping = (damping * 0.1).max(1e-14);
                better = true;
                break;
            }
            damping *= 10.0;
        }
        if !better {
            break;
        }
    }
    let worst = largest(r.iter().copied());
    Some(Fit { bars: vec![f64::INFINITY; at.len()], at, worst })
}

/// The same with the bars of its parameters.
pub(super) fn with_bars(residual: &Residual, fit: Fit, bounds: &[(f64, f64)]) -> Fit {
    match finite(residual(&fit.at)) {
        Some(r) => Fit { bars: bars(residual, &fit.at, &r, bounds), ..fit },
        None => fit,
    }
}

fn finite(r: Option<Vec<f64>>) -> Option<DVector<f64>> {
    r.filter(|r| r.iter().all(|x| x.is_finite())).map(DVector::from_vec)
}

/// ∂r/∂x by differences, away from the bounds.
fn slopes(
    residual: &Residual,
    at: &[f64],
    r: &DVector<f64>,
    bounds: &[(f64, f64)],
) -> Option<DMatrix<f64>> {
    let mut slopes = DMatrix::zeros(r.len(), at.len());
    for i in 0..at.len() {
        let size = DIFFERENCE * at[i].abs().max(1e-2);
        let by = if at[i] + size > bounds[i].1 { -size } else { size };
        let mut moved = at.to_vec();
        moved[i] += by;
        let there = finite(residual(&moved))?;
        slopes.set_column(i, &((there - r) / by));
    }
    Some(slopes)
}

/// The bars of the parameters, from the scatter of the residual or round-off, whichever is larger.
fn bars(residual: &Residual, at: &[f64], r: &DVector<f64>, bounds: &[(f64, f64)]) -> Vec<f64> {
    let unknown = || vec![f64::INFINITY; at.len()];
    if at.is_empty() {
        return Vec::new();
    }
    let Some(slopes) = slopes(residual, at, r, bounds) else { return unknown() };
    let scatter = (r.norm() / (r.len() as f64).sqrt()).max(ROUND_OFF);
    let sizes: Vec<f64> = slopes.column_iter().map(|c| c.norm()).collect();
    // What does not change anything has no bar, and must not spoil those of the others.
    let some: Vec<usize> = (0..at.len()).filter(|&i| sizes[i] > 0.0).collect();
    let scaled =
        DMatrix::from_fn(r.len(), some.len(), |i, j| slopes[(i, some[j])] / sizes[some[j]]);
    let mut bars = unknown();
    if some.is_empty() {
        return bars;
    }
    let Some(svd) = scaled.try_svd(false, true, f64::EPSILON, 200) else { return bars };
    let Some(turn) = svd.v_t else { return bars };
    for (j, &i) in some.iter().enumerate() {
        let variance: f64 = (svd.singular_values.iter().enumerate())
            .map(|(k, &s)| (turn[(k, j)] / s.max(1e-9)).powi(2))
            .sum();
        bars[i] = SAFETY * scatter * variance.sqrt() / sizes[i];
    }
    bars
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use super::*;

    #[test]
    fn a_decay_is_found_with_its_bar() {
        let data: Vec<f64> = (0..12).map(|n| 2.0 * 0.9_f64.powi(n)).collect();
        let residual = |x: &[f64]| {
            Some((0..12).map(|n| x[1] * x[0].powi(n) - data[n as usize]).collect::<Vec<_>>())
        };
        let fit = least_squares(&residual, &[0.5, 1.0], &[(0.0, 1.0), (-9.0, 9.0)], 50).unwrap();
        let fit = with_bars(&residual, fit, &[(0.0, 1.0), (-9.0, 9.0)]);
        assert!((fit.at[0] - 0.9).abs() < 1e-12 && fit.bars[0] < 1e-12, "{fit:?}");
        assert!((fit.at[1] - 2.0).abs() < 1e-12 && fit.bars[1] < 1e-12, "{fit:?}");
    }

    #[test]
    fn what_changes_nothing_has_no_bar() {
        let residual = |x: &[f64]| Some(vec![x[0] - 1.0, 2.0 * (x[0] - 1.0)]);
        let fit = least_squares(&residual, &[0.0, 3.0], &[(-9.0, 9.0); 2], 50).unwrap();
        let fit = with_bars(&residual, fit, &[(-9.0, 9.0); 2]);
        assert!((fit.at[0] - 1.0).abs() < 1e-14);
        assert!(fit.bars[0] < 1e-10 && fit.bars[1].is_infinite(), "{fit:?}");
    }
}
