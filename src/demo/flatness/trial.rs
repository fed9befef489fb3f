//! Nets followed down to the same losses: by descent, by the gradient flow, by the modified flow.

use std::sync::Arc;

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::demo::DemoError;
use crate::demo::descent::{Descent, squared_length};
use crate::demo::iris_net::IrisNet;
use crate::flow::{Continued, Flow, GradientFlow, GradientPenalty};
use crate::measure::{Spread, norm};
use crate::optimizer::GradientDescent;

/// The step sizes.
pub(super) const STEP_SIZES: [f64; 5] = [0.025, 0.05, 0.1, 0.2, 0.4];
/// The values of the loss at which runs are compared, on their way down; the last one is judged.
pub(super) const LEVELS: [f64; 6] = [0.05, 0.045, 0.04, 0.036, 0.033, 0.03];
/// The level that is judged.
pub(super) const LAST: usize = LEVELS.len() - 1;
/// The longest time a run may take to come down.
const TIME: f64 = 400.0;
/// The time between two points of a flow.
const SPACING: f64 = 0.25;
/// The error allowed a step of a flow: far below the effects.
const TOLERANCE: f64 = 1e-9;
/// Products with the Hessian for its largest eigenvalue.
const POWER_ITERATIONS: usize = 60;

/// ‖∇C‖² at every level, and the largest |eigenvalue| of ∇²C at the last.
pub(super) struct Descended {
    pub(super) slopes: Vec<f64>,
    pub(super) curvature: f64,
}

/// One net: the gradient flow, and descent and the modified flow for every step size.
pub(super) struct Trial {
    pub(super) flow: Descended,
    pub(super) descent: Vec<Descended>,
    pub(super) modified: Vec<Descended>,
}

/// Follows `next` down to the levels; between two points the loss is taken to fall exponentially.
fn descend(
    net: &IrisNet,
    points: usize,
    mut next: impl FnMut() -> Result<Vec<f64>, DemoError>,
) -> Result<Option<Descended>, DemoError> {
    let mut a = Numeric::new(Arc::clone(&net.loss));
    let mut before = net.start.clone();
    let mut high = a.value(Batch::Full, &before);
    let mut slopes = Vec::new();
    for _ in 0..points {
        let w = next()?;
        let low = a.value(Batch::Full, &w);
        while let Some(&level) = LEVELS.get(slopes.len()).filter(|level| low <= **level) {
            let share = if high > low { (high / level).ln() / (high / low).ln() } else { 1.0 };
            let at: Vec<f64> =
                before.iter().zip(&w).map(|(a, b)| a + share.clamp(0.0, 1.0) * (b - a)).collect();
            let g = a.gradient(Batch::Full, &at);
            slopes.push(squared_length(&g));
            if slopes.len() == LEVELS.len() {
                return Ok(Some(Descended { slopes, curvature: curvature(&mut a, at) }));
            }
        }
        (before, high) = (w, low);
    }
    Ok(None)
}

/// The largest |eigenvalue| of ∇²C, by power iteration from a fixed generic vector.
fn curvature(a: &mut Numeric<f64>, w: Vec<f64>) -> f64 {
    let mut v: Vec<f64> = (0..w.len()).map(|i| 1.0 + 0.5 * (1.7 * (i + 1) as f64).sin()).collect();
    let mut size = 0.0;
    for _ in 0..POWER_ITERATIONS {
        let length = norm(&v);
        v.iter_mut().for_each(|x| *x /= length);
        v = a.hessian_vector(Batch::Full, &w, &v);
        size = norm(&v);
    }
    size
}

/// `None` if a run does not come down in time.
pub(super) fn trial(net: &IrisNet) -> Result<Option<Trial>, DemoError> {
    let follow = |flow: &dyn Flow<Numeric<f64>>, eps: f64| {
        let loss = Arc::clone(&net.loss);
        let mut flow =
            Continued::claimed(flow, loss, eps, net.start.clone()).with_tolerance(TOLERANCE);
        let mut n = 0;
        descend(net, (TIME / SPACING) as usize, || {
            n += 1;
            Ok(flow.at(f64::from(n) * SPACING)?)
        })
    };
    let Some(flow) = follow(&GradientFlow, 1.0)? else { return Ok(None) };
    let (mut descended, mut modified) = (Vec::new(), Vec::new());
    for eps in STEP_SIZES {
        let loss = Arc::clone(&net.loss);
        let mut descent = Descent::new(loss, &GradientDescent, eps, net.start.clone());
        let run = descend(net, (TIME / eps) as usize, || {
            descent.step(Batch::Full);
            Ok(descent.w().to_vec())
        })?;
        let claimed = follow(&GradientPenalty::default(), eps)?;
        let (Some(run), Some(claimed)) = (run, claimed) else { return Ok(None) };
        descended.push(run);
        modified.push(claimed);
    }
    Ok(Some(Trial { flow, descent: descended, modified }))
}

/// The trials of one width, those that came down.
pub(super) struct Nets {
    pub(super) width: usize,
    pub(super) trials: Vec<Trial>,
}

impl Nets {
    pub(super) fn spread(&self, of: impl Fn(&Trial) -> f64) -> Spread {
        Spread::of(&self.trials.iter().map(of).collect::<Vec<_>>())
    }

    /// The relative change of the curvature against the gradient flow.
    pub(super) fn curvature_change(&self, step: usize) -> Spread {
        self.spread(|t| t.descent[step].curvature / t.flow.curvature - 1.0)
    }

    /// The same on the modified flow.
    pub(super) fn claimed_curvature_change(&self, step: usize) -> Spread {
        self.spread(|t| t.modified[step].curvature / t.flow.curvature - 1.0)
    }

    /// The relative change of ‖∇C‖² against the gradient flow at one level.
    pub(super) fn slope_change(&self, step: usize, level: usize) -> Spread {
        self.spread(|t| t.descent[step].slopes[level] / t.flow.slopes[level] - 1.0)
    }

    /// The same on the modified flow.
    pub(super) fn claimed_slope_change(&self, step: usize, level: usize) -> Spread {
        self.spread(|t| t.modified[step].slopes[level] / t.flow.slopes[level] - 1.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use nalgebra::{DMatrix, DVector};

    use super::*;
    use crate::loss::{Oracle, Quadratic};

    /// On C = ½ l w² the slope at every level is known, ‖∇C‖² = 2 l C, and so is the curvature.
    #[test]
    fn levels_are_met_where_they_are() {
        let l = 1.5;
        let hessian = DMatrix::from_diagonal_element(1, 1, l);
        let loss = Quadratic::new(vec![hessian], vec![DVector::zeros(1)]).unwrap();
        let loss: Arc<dyn Oracle<f64>> = Arc::new(loss);
        let net = IrisNet { held_out: Arc::clone(&loss), loss, start: vec![1.0] };
        let found = trial(&net).unwrap().unwrap();
        // Between two points w is interpolated: where w falls by e^−d, by at most d²/8 too high, so
        // its square by d²/4 and a little.
        let close = |side: &Descended, d: f64| {
            assert!((side.curvature - l).abs() < 1e-12);
            for (slope, level) in side.slopes.iter().zip(LEVELS) {
                let excess = slope / (2.0 * l * level) - 1.0;
                assert!((-1e-6..0.3 * d * d).contains(&excess), "{slope} at {level}: {excess}");
            }
        };
        close(&found.flow, l * SPACING);
        for (side, eps) in found.descent.iter().zip(STEP_SIZES) {
            close(side, -(1.0 - l * eps).ln());
        }
        for (side, eps) in found.modified.iter().zip(STEP_SIZES) {
            close(side, l * (1.0 + 0.5 * eps * l) * SPACING);
        }
    }
}
