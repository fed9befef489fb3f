//! Nets followed down to the same losses: by descent, by the gradient flow, by the modified flow.

use std::sync::Arc;

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::demo::DemoError;
use crate::demo::descent::{Descent, squared_length};
use crate::demo::iris_net::IrisNet;
use crate::flow::{Along, Continued, Flow, GradientFlow, GradientPenalty};
use crate::integrate::RightHandSide;
use crate::measure::{Spread, norm};
use crate::optimizer::GradientDescent;
use crate::scalar::Ratio;

/// The step sizes.
pub(super) const STEP_SIZES: [f64; 5] = [0.025, 0.05, 0.1, 0.2, 0.4];
/// The values of the loss at which runs are compared, on their way down; the last one is judged.
pub(super) const LEVELS: [f64; 6] = [0.05, 0.045, 0.04, 0.036, 0.033, 0.03];
/// The level that is judged.
pub(super) const LAST: usize = LEVELS.len() - 1;
/// The longest time a run may take to come down.
const TIME: f64 = 400.0;
/// The time between two points of a flow.
const SPACING: f64 = 0.1;
/// Halvings of the way between two points, down to round-off.
const HALVINGS: usize = 52;
/// The flow that descent follows.
const PENALTY: GradientPenalty = GradientPenalty { coefficient: Ratio::new(1, 4) };
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

/// A curve between two of its points, a cubic with its direction at both.
struct Piece<'a> {
    ends: [&'a [f64]; 2],
    /// The derivative with respect to the share of the way.
    directions: [Vec<f64>; 2],
}

impl Piece<'_> {
    fn at(&self, s: f64) -> Vec<f64> {
        let r = 1.0 - s;
        let weights = [r * r * (1.0 + 2.0 * s), s * s * (1.0 + 2.0 * r), r * r * s, -s * s * r];
        let parts = [self.ends[0], self.ends[1], &self.directions[0], &self.directions[1]];
        let mut point = vec![0.0; self.ends[0].len()];
        for (weight, part) in weights.into_iter().zip(parts) {
            point.iter_mut().zip(part).for_each(|(x, part)| *x += weight * part);
        }
        point
    }

    /// The point where the loss is `level`, which is between those at the ends, by bisection.
    fn meets(&self, a: &mut Numeric<f64>, level: f64) -> Vec<f64> {
        let (mut from, mut to) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (from + to);
            let above = a.value(Batch::Full, &self.at(middle)) > level;
            *(if above { &mut from } else { &mut to }) = middle;
        }
        self.at(to)
    }
}

/// Follows `next`, points that `field` leads to at times `spacing` apart, down to the levels.
fn descend(
    net: &IrisNet,
    (mut field, spacing): (Along<'_, f64>, f64),
    mut next: impl FnMut() -> Result<Vec<f64>, DemoError>,
) -> Result<Option<Descended>, DemoError> {
    let mut a = Numeric::new(Arc::clone(&net.loss));
    let mut before = net.start.clone();
    let mut slopes = Vec::new();
    for _ in 0..(TIME / spacing) as usize {
        let w = next()?;
        let low = a.value(Batch::Full, &w);
        while let Some(&level) = LEVELS.get(slopes.len()).filter(|level| low <= **level) {
            let directions = [&before, &w].map(|w| {
                let mut direction = vec![0.0; w.len()];
                field.evaluate(0.0, w, &mut direction);
                direction.iter_mut().for_each(|x| *x *= spacing);
                direction
            });
            let at = Piece { ends: [&before, &w], directions }.meets(&mut a, level);
            let g = a.gradient(Batch::Full, &at);
            slopes.push(squared_length(&g));
            if slopes.len() == LEVELS.len() {
                return Ok(Some(Descended { slopes, curvature: curvature(&mut a, at) }));
            }
        }
        before = w;
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
    let along = |flow: &'static dyn Flow<Numeric<f64>>, eps: f64| {
        let coefficients = flow.terms().iter().map(|term| term.at(eps)).collect();
        Along::new(flow, Arc::clone(&net.loss), coefficients, 1.0)
    };
    let follow = |flow: &'static dyn Flow<Numeric<f64>>, eps: f64| {
        let loss = Arc::clone(&net.loss);
        let mut points =
            Continued::claimed(flow, loss, eps, net.start.clone()).with_tolerance(TOLERANCE);
        let mut n = 0;
        descend(net, (along(flow, eps), SPACING), || {
            n += 1;
            Ok(points.at(f64::from(n) * SPACING)?)
        })
    };
    let Some(flow) = follow(&GradientFlow, 1.0)? else { return Ok(None) };
    let (mut descended, mut modified) = (Vec::new(), Vec::new());
    for eps in STEP_SIZES {
        let loss = Arc::clone(&net.loss);
        let mut descent = Descent::new(loss, &GradientDescent, eps, net.start.clone());
        // Between two iterates the run is continued along the flow that it follows to ε².
        let run = descend(net, (along(&PENALTY, eps), eps), || {
            descent.step(Batch::Full);
            Ok(descent.w().to_vec())
        })?;
        let claimed = follow(&PENALTY, eps)?;
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

    /// On C = ½ Σ l_i w_i² all three runs are w_i(t) = e^(−r_i t), so the slope at a level is known.
    #[test]
    fn levels_are_met_where_they_are() {
        let l = [1.5, 0.2];
        let hessian = DMatrix::from_diagonal(&DVector::from_row_slice(&l));
        let loss = Quadratic::new(vec![hessian], vec![DVector::zeros(2)]).unwrap();
        let loss: Arc<dyn Oracle<f64>> = Arc::new(loss);
        let net = IrisNet { held_out: Arc::clone(&loss), loss, start: vec![1.0, 1.0] };
        let found = trial(&net).unwrap().unwrap();
        let check = |side: &Descended, rates: [f64; 2], tolerance: f64| {
            assert!((side.curvature - l[0]).abs() < 1e-12);
            let sum = |t: f64, power: i32| -> f64 {
                (0..2).map(|i| l[i].powi(power) * (-2.0 * rates[i] * t).exp()).sum()
            };
            for (slope, level) in side.slopes.iter().zip(LEVELS) {
                let (mut from, mut to) = (0.0, 100.0);
                for _ in 0..60 {
                    let middle = 0.5 * (from + to);
                    *(if 0.5 * sum(middle, 1) > level { &mut from } else { &mut to }) = middle;
                }
                let error = slope / sum(to, 2) - 1.0;
                assert!(error.abs() < tolerance, "{slope} at {level}: {error}");
            }
        };
        check(&found.flow, l, 1e-5);
        for (side, eps) in found.modified.iter().zip(STEP_SIZES) {
            check(side, l.map(|l| l * (1.0 + 0.5 * eps * l)), 1e-5);
        }
        for (side, eps) in found.descent.iter().zip(STEP_SIZES) {
            // The flow that continues descent differs from it by (εl)³/3 of what is left.
            check(side, l.map(|l| -(1.0 - eps * l).ln() / eps), 1e-5 + 0.1 * (eps * l[0]).powi(3));
        }
    }
}
