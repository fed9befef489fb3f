//! Minima: every minimum of C is one of C̃_GD, and what its curvature becomes there.

use nalgebra::DMatrix;
use std::borrow::Cow;

use super::super::samples::{sampled_point, sampled_rungs};
use super::super::{NotApplicable, Statement};
use super::rest::Minimum;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{BatchPenalty, Flow, GradientPenalty, Integrable, Term};
use crate::leg::{Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::scalar::{DoubleDouble, Jet, Scalar};
use crate::theorem::Settings;

/// At a minimum w* of C, for random step sizes: ∇C̃_GD(w*) = 0, the Hessian of C̃_GD has the
/// eigenvalues ℓ(1 + εℓ/2), and wherever C is no smaller than at w*, neither is C̃_GD.
///
/// As a control C̃_SGD takes the place of C̃_GD: where ∇⟨‖g_k − g‖²⟩ ≠ 0 it keeps no minimum.
#[derive(Clone, Copy, Debug, Default)]
pub struct Minima;

/// The name of the control.
const SGD_IN_PLACE: &str = "put C̃_SGD in the place of C̃_GD";
/// The most parameters.
const LARGEST: usize = 120;
/// How far the neighbours lie whose values are compared.
const RADIUS: f64 = 0.2;
/// The number of those neighbours a sample.
const NEIGHBOURS: usize = 8;

impl Statement for Minima {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        if problem.dim() > LARGEST {
            return Err(NotApplicable(format!(
                "eigenvalues are compared for at most {LARGEST} parameters, not for {}",
                problem.dim()
            )));
        }
        Ok(vec![Box::new(Kept {
            problem: problem.clone(),
            minimum: Minimum::of(problem),
            pace: Pace::of(problem),
            seed: settings.seed,
        })])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some("it is about points where gradients vanish, not about a field")
    }
}

struct Kept {
    problem: Problem,
    minimum: Result<Minimum, Obstacle>,
    pace: Result<Pace, Obstacle>,
    seed: u64,
}

impl Kept {
    /// The eigenvalues, ascending, of −∂field/∂w at `w`, from jets along each axis.
    fn curvatures(&self, flow: &dyn Integrable, eps: f64, w: &[f64]) -> Option<Vec<f64>> {
        let flow: &dyn Flow<Numeric<Jet<f64>>> = flow;
        let mut a = Numeric::new(self.problem.seen::<Jet<f64>>()?);
        let c: Vec<Jet<f64>> =
            (flow.terms().iter()).map(|t| Jet::from_ratio(t.coefficient).scale(eps)).collect();
        let mut jacobian = DMatrix::zeros(w.len(), w.len());
        for j in 0..w.len() {
            let line: Vec<Jet<f64>> = (w.iter().enumerate())
                .map(|(i, &x)| Jet::from_coefficients(&[x, if i == j { 1.0 } else { 0.0 }]))
                .collect();
            for (i, f) in flow.field(&mut a, &c, &Jet::zero(), &line).iter().enumerate() {
                jacobian[(i, j)] = -f.coefficient(1);
            }
        }
        let symmetric = 0.5 * (&jacobian + jacobian.transpose());
        let mut values = symmetric.symmetric_eigenvalues().as_slice().to_vec();
        values.sort_by(f64::total_cmp);
        Some(values)
    }

    /// C̃ at `w`: C + (ε/4)‖g‖², or with the minibatch gradients.
    fn penalised(&self, a: &mut Numeric<f64>, sgd: bool, eps: f64, w: &Vec<f64>) -> f64 {
        let squared = |g: Vec<f64>| g.iter().map(|x| x * x).sum::<f64>();
        let m = a.batches();
        let penalty = if sgd {
            (0..m).map(|k| squared(a.gradient(Batch::One(k), w))).sum::<f64>() / m as f64
        } else {
            squared(a.gradient(Batch::Full, w))
        };
        a.value(Batch::Full, w) + 0.25 * eps * penalty
    }
}

impl Leg for Kept {
    fn kind(&self) -> LegKind {
        LegKind::Identity
    }

    fn claimed_order(&self) -> f64 {
        0.0
    }

    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1)]
    }

    fn rungs(&self) -> Vec<Rung> {
        sampled_rungs(self.pace.as_ref().map_or(1.0, |pace| pace.rate), self.seed)
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let minimum = self.minimum.as_ref().map_err(Clone::clone)?;
        let rate = self.pace.as_ref().map_err(Clone::clone)?.rate;
        let sgd = twin == Some(SGD_IN_PLACE);
        let flow: &dyn Integrable =
            if sgd { &BatchPenalty::default() } else { &GradientPenalty::default() };
        let eps = rung.step_size;
        let mut a = Numeric::new(self.problem.float());
        let mut values = {
            let flow: &dyn Flow<Numeric<f64>> = flow;
            flow.field(&mut a, &[0.25 * eps], &0.0, &minimum.w)
        };
        let Some(curvatures) = self.curvatures(flow, eps, &minimum.w) else {
            return Err(Obstacle::NotKnown { what: "its third derivative" });
        };
        values.extend(curvatures);
        let here = self.penalised(&mut a, sgd, eps, &minimum.w);
        let loss_here = a.value(Batch::Full, &minimum.w);
        for j in 0..NEIGHBOURS {
            let number = rung.blocks * NEIGHBOURS + j;
            let near = sampled_point(&minimum.w, RADIUS, self.seed, number);
            // Below C(w*) lies another basin, of which the theorem says nothing.
            let rises = a.value(Batch::Full, &near) >= loss_here;
            let change = self.penalised(&mut a, sgd, eps, &near) - here;
            values.push(if rises { change.min(0.0) } else { 0.0 });
        }
        // Round-off of gradients and eigenvalues, and what is left of g(w*) as it enters ∇C̃ and its
        // derivative: (ε/2) T[g, ·] is at most about ε L² ‖g‖.
        let largest = minimum.hessian.eigenvalues.amax();
        let bent = 1.0 + eps * largest.max(rate);
        let size = 1.0 + here.abs() + norm(&minimum.w) + largest * bent;
        let dim = minimum.w.len() as f64;
        let floor = f64::EPSILON * size * dim.sqrt() + minimum.residual * bent * (1.0 + rate);
        Ok(Observation { values: exact(&values), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let minimum = self.minimum.as_ref().map_err(Clone::clone)?;
        let c = f64::from_ratio(claim.terms[0].coefficient) * rung.step_size;
        let dim = minimum.w.len();
        let mut curvatures: Vec<f64> =
            minimum.hessian.eigenvalues.iter().map(|l| l + 2.0 * c * l * l).collect();
        curvatures.sort_by(f64::total_cmp);
        let mut values = vec![0.0; dim];
        values.extend(curvatures);
        values.extend([0.0; NEIGHBOURS]);
        Ok(exact(&values))
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        vec![SGD_IN_PLACE.into()]
    }
}

#[cfg(test)]
mod tests;
