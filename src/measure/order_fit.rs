//! The order p of an error e(ε) = A εᵖ (1 + …), by least squares.

use nalgebra::{DMatrix, DVector};

use super::spread::student;
use super::{Estimate, LEAST_POINTS, Point};

/// A fitted order.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderFit {
    /// The order p.
    pub order: f64,
    /// The half-width of its 95 % confidence interval.
    pub half_width: f64,
    /// ln A.
    pub intercept: f64,
    /// B, the weight of the next term; 0 where the model has none.
    pub next_term: f64,
    /// The half-widths of the fitted curve's 95 % band in ln e, at the used points, coarsest first.
    pub band: Vec<f64>,
    /// The slopes between neighbouring points, coarsest first.
    pub pairwise: Vec<f64>,
}

impl OrderFit {
    /// The fitted error at the step size ε: A εᵖ exp(B ε).
    pub fn error_at(&self, step_size: f64) -> f64 {
        (self.intercept + self.order * step_size.ln() + self.next_term * step_size).exp()
    }

    /// The order with its bar.
    pub fn estimate(&self) -> Estimate {
        Estimate { value: self.order, half_width: self.half_width }
    }
}

/// What an error is taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A εᵖ with random scatter.
    PowerLaw,
    /// A εᵖ (1 + B ε): the leading order together with its next term, so that the curvature of the
    /// coarse rungs is not mistaken for a lower order.
    WithNextTerm,
}

/// Fits ln e = ln A + p ln ε (+ B ε) to the used points.
///
/// `None` if fewer than [`LEAST_POINTS`] points are used.
pub fn fit_order(points: &[Point], model: Model) -> Option<OrderFit> {
    let used: Vec<&Point> = points.iter().filter(|p| p.used).collect();
    if used.len() < LEAST_POINTS {
        return None;
    }
    let (n, unknowns) = (used.len(), if model == Model::PowerLaw { 2 } else { 3 });
    let coarsest = used.iter().map(|p| p.step_size).fold(0.0, f64::max);
    let design = DMatrix::from_fn(n, unknowns, |i, j| match j {
        0 => 1.0,
        1 => (used[i].step_size / coarsest).ln(),
        _ => used[i].step_size / coarsest,
    });
    let logs = DVector::from_fn(n, |i, _| used[i].error.ln());
    let solution = design.clone().svd(true, true).solve(&logs, 1e-12).ok()?;
    let residual = &logs - &design * &solution;
    let freedom = n - unknowns;
    let variance = residual.norm_squared() / freedom as f64;
    let spreads = (design.transpose() * &design).try_inverse()?;
    let quantile = student(freedom);
    let pairwise = (used.windows(2))
        .map(|pair| {
            (pair[0].error / pair[1].error).ln() / (pair[0].step_size / pair[1].step_size).ln()
        })
        .collect();
    let half_width = |spread: f64| quantile * (variance * spread).sqrt();
    let band = (design.row_iter())
        .map(|row| half_width((row * &spreads * row.transpose())[(0, 0)].max(0.0)))
        .collect();
    Some(OrderFit {
        order: solution[1],
        half_width: half_width(spreads[(1, 1)]),
        intercept: solution[0] - solution[1] * coarsest.ln(),
        next_term: solution.get(2).map_or(0.0, |weight| weight / coarsest),
        band,
        pairwise,
    })
}

#[cfg(test)]
mod tests;
