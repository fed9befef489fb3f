//! The first two moments of iterates, from block to block.

use nalgebra::{DMatrix, DVector};

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::measure::norm;
use crate::sampling::{Draw, Sampling};

/// Mean and covariance of the iterates, and what rounding may have made of the covariance.
pub(in super::super) struct Cloud {
    /// The mean.
    pub(in super::super) mean: Vec<f64>,
    /// The covariance, d × d.
    pub(in super::super) covariance: DMatrix<f64>,
    /// The round-off of the covariance so far, in the Frobenius norm.
    pub(in super::super) floor: f64,
}

/// The paths of draws through one block, all equally likely.
pub(in super::super) fn paths_of(sampling: &dyn Sampling, components: usize) -> Vec<Vec<Draw>> {
    let mut paths = vec![Vec::new()];
    loop {
        let mut longer: Vec<Vec<Draw>> = Vec::new();
        for path in &paths {
            for draw in sampling.continuations(path, components) {
                longer.push(path.iter().cloned().chain([draw]).collect());
            }
        }
        if longer.is_empty() {
            return paths;
        }
        paths = longer;
    }
}

impl Cloud {
    /// One point.
    pub(in super::super) fn at(w: Vec<f64>) -> Self {
        let d = w.len();
        Cloud { mean: w, covariance: DMatrix::zeros(d, d), floor: 0.0 }
    }

    /// The moments after one block whose path is any of `paths`: ψ_π the map of a path and A_π its derivative at
    /// the mean, the mean of ψ_π(mean) and ⟨A_π P A_πᵀ⟩ + Cov ψ_π(mean).
    ///
    /// On quadratics this is exact. On other losses it leaves out what is quadratic in the distance from the
    /// mean, whose effect on the covariance at a fixed time is two powers of ε smaller than the
    /// covariance itself.
    pub(in super::super) fn step(&mut self, a: &mut Numeric<f64>, paths: &[Vec<Draw>], eps: f64) {
        let d = self.mean.len();
        let spread = self.covariance.amax() > 0.0;
        let share = 1.0 / paths.len() as f64;
        let mut ends: Vec<Vec<f64>> = Vec::with_capacity(paths.len());
        let mut carried = DMatrix::zeros(d, d);
        for path in paths {
            let mut w = self.mean.clone();
            let mut columns: Vec<Vec<f64>> = if spread { unit_vectors(d) } else { Vec::new() };
            for draw in path {
                let batch = draw.batch();
                for column in &mut columns {
                    let turned = a.hessian_vector(batch, &w, column);
                    a.axpy(&-eps, &turned, column);
                    a.recycle(turned);
                }
                descend(a, batch, eps, &mut w);
            }
            if spread {
                let derivative = DMatrix::from_fn(d, d, |i, j| columns[j][i]);
                carried += share * (&derivative * &self.covariance * derivative.transpose());
            }
            ends.push(w);
        }
        let before = norm(&self.mean);
        let (mean, own) = moments(&ends);
        // What a step of a path rounds is a unit of the point itself.
        let steps = paths.first().map_or(0, Vec::len) as f64;
        let rounded = f64::EPSILON * before.max(norm(&mean)) * steps.sqrt();
        let scatter = own.trace().max(0.0).sqrt();
        let new = (2.0 * scatter + rounded) * rounded;
        self.covariance = carried + own;
        self.floor = self.floor.hypot(new).hypot(f64::EPSILON * self.covariance.norm());
        self.mean = mean;
    }

    /// Mean and covariance of these points, all equally likely.
    pub(in super::super) fn of(points: &[Vec<f64>], rounded: f64) -> Self {
        let (mean, covariance) = moments(points);
        let scatter = covariance.trace().max(0.0).sqrt();
        Cloud { mean, covariance, floor: (2.0 * scatter + rounded) * rounded }
    }
}

/// One step of gradient descent on `batch`.
pub(in super::super) fn descend(
    a: &mut Numeric<f64>,
    batch: Batch<'_>,
    eps: f64,
    w: &mut Vec<f64>,
) {
    let g = a.gradient(batch, w);
    a.axpy(&-eps, &g, w);
    a.recycle(g);
}

fn unit_vectors(d: usize) -> Vec<Vec<f64>> {
    let axis = |j: usize| (0..d).map(|i| if i == j { 1.0 } else { 0.0 }).collect();
    (0..d).map(axis).collect()
}

fn moments(points: &[Vec<f64>]) -> (Vec<f64>, DMatrix<f64>) {
    let d = points.first().map_or(0, Vec::len);
    let share = 1.0 / points.len() as f64;
    let first = points.first().cloned().unwrap_or_default();
    // About the first point, so that equal points have no spread at all.
    let offsets: Vec<DVector<f64>> = (points.iter())
        .map(|w| DVector::from_iterator(d, w.iter().zip(&first).map(|(x, y)| x - y)))
        .collect();
    let mut centre = DVector::zeros(d);
    for offset in &offsets {
        centre += share * offset;
    }
    let mut covariance = DMatrix::zeros(d, d);
    for offset in &offsets {
        let gap = offset - &centre;
        covariance.ger(share, &gap, &gap, 1.0);
    }
    let mean = first.iter().zip(centre.iter()).map(|(x, y)| x + y).collect();
    (mean, covariance)
}
