//! SGD with replacement at a fixed time: its mean feels its own covariance.

use std::sync::Arc;

use super::super::{NotApplicable, Statement};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{Term, add_foreign_term};
use crate::integrate::{Dop853, RightHandSide, Taylor};
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::{Oracle, Problem};
use crate::measure::norm;
use crate::optimizer::{GradientDescent, State, Steps};
use crate::sampling::{IndependentDraws, MeanMethod, backward_mean, block_mean};
use crate::scalar::{DoubleDouble, Jet, Ratio, Scalar};
use crate::theorem::Settings;

/// The mean of SGD with replacement tracks w̄′ = −∇C̃_GD(w̄) − (ε/2) T:S, where εS is the covariance
/// of the iterates, S′ = −HS − SH + ⟨(g_k − g)(g_k − g)ᵀ⟩ and (T:S)_i = Σ_{jl} T_{ijl} S_{jl}.
///
/// The exact mean comes from the backward operator in one dimension and from all m^n paths on small
/// losses of two batches.
#[derive(Clone, Copy, Debug, Default)]
pub struct CovarianceFeedback;

/// Steps of the enumerated ladder, for two batches: up to 2¹⁸ paths.
const ENUMERATED_STEPS: [usize; 6] = [8, 10, 12, 14, 16, 18];
/// The most parameters for which paths are enumerated.
const SMALL: usize = 16;

impl Statement for CovarianceFeedback {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let (d, m) = (problem.dim(), problem.batches());
        if problem.float().is_quadratic() {
            return Err(NotApplicable("on quadratics the third derivative of the loss vanishes, so no covariance feeds back and one epoch \
                 settles the claim".to_owned()));
        }
        if d > 1 && !(m == 2 && d <= SMALL) {
            return Err(NotApplicable(format!(
                "the exact mean at a fixed time needs one parameter, or 2 batches and at most \
                 {SMALL} parameters; {} has {m} batches and {d} parameters",
                problem.name()
            )));
        }
        Ok(vec![Box::new(Feedback {
            problem: problem.clone(),
            pace: Pace::of(problem),
            horizon: settings.horizon,
        })])
    }
}

struct Feedback {
    problem: Problem,
    pace: Result<Pace, Obstacle>,
    horizon: Option<f64>,
}

const PENALTY: &str = "gradient penalty";
const FEEDBACK: &str = "T:S";
const TOLERANCE: f64 = 1e-14;
const TAYLOR_ORDER: usize = 16;

impl Feedback {
    fn one_dimensional(&self) -> bool {
        self.problem.dim() == 1
    }

    fn moments<S: Scalar>(
        &self,
        loss: Arc<dyn Oracle<S>>,
        rung: &Rung,
        claim: &Variant,
    ) -> Moments<S> {
        let terms = &claim.terms;
        let coefficient = |name: &str, stated: Ratio| {
            let found = terms.iter().find(|t| t.name == name).map_or(stated, |t| t.coefficient);
            S::from_ratio(found).scale(rung.step_size)
        };
        Moments {
            penalty: coefficient(PENALTY, Ratio::new(1, 4)),
            feedback: coefficient(FEEDBACK, Ratio::new(-1, 2)),
            clock: S::from_ratio(claim.clock),
            foreign: S::from_ratio(claim.foreign).scale(rung.step_size * self.rate()),
            arithmetic: Numeric::new(loss),
        }
    }

    fn rate(&self) -> f64 {
        self.pace.as_ref().map_or(1.0, |pace| pace.rate)
    }

    fn start<S: Scalar>(&self) -> Vec<S> {
        let d = self.problem.dim();
        let mut start: Vec<S> = self.problem.start().iter().map(|&w| S::from_f64(w)).collect();
        start.resize(d + d * d, S::zero());
        start
    }

    fn dop853(&self, rung: &Rung, claim: &Variant) -> Result<Vec<f64>, Obstacle> {
        let mut rhs = self.moments(self.problem.float(), rung, claim);
        let time = rung.step_size * rung.blocks as f64;
        let end = Dop853 { tolerance: TOLERANCE }.integrate(&mut rhs, &self.start(), time)?;
        Ok(end[..self.problem.dim()].to_vec())
    }
}

impl Leg for Feedback {
    fn kind(&self) -> LegKind {
        LegKind::Global
    }

    fn claimed_order(&self) -> f64 {
        2.0
    }

    fn terms(&self) -> Vec<Term> {
        let feedback = Term::new(FEEDBACK, -1, 2, 1);
        if self.one_dimensional() {
            // One number cannot tell two effects apart: the penalty is left as it is.
            vec![feedback]
        } else {
            vec![Term::new(PENALTY, 1, 4, 1), feedback]
        }
    }

    fn rungs(&self) -> Vec<Rung> {
        let pace = self.pace.clone().unwrap_or_default();
        let horizon = pace.horizon(self.horizon);
        if self.one_dimensional() {
            return pace.global_ladder(1, horizon);
        }
        (ENUMERATED_STEPS.iter())
            .map(|&blocks| Rung { step_size: horizon / blocks as f64, blocks })
            .collect()
    }

    fn observe(&self, rung: &Rung, _twin: Option<&str>) -> Result<Observation, Obstacle> {
        let rate = self.pace.as_ref().map_err(Clone::clone)?.rate;
        let mut a = Numeric::new(self.problem.float());
        let start = self.problem.start().as_slice().to_vec();
        let eps = rung.step_size;
        let mean = if self.one_dimensional() {
            let step = IndependentDraws { steps: 1 };
            backward_mean(&mut a, &GradientDescent, &step, eps, start[0], rung.blocks)
                .map(|w| vec![w])
        } else {
            let run = IndependentDraws { steps: rung.blocks };
            let state = State { w: start, memory: Vec::new(), steps: Steps::default() };
            Some(block_mean(&mut a, &GradientDescent.into(), &run, MeanMethod::Tree, eps, &state).w)
        };
        let mean = mean
            .filter(|w| w.iter().all(|x| x.is_finite()))
            .ok_or(Obstacle::Diverged { step_size: eps, limit: 2.0 / rate })?;
        let floor = f64::EPSILON * norm(&mean).max(f64::MIN_POSITIVE) * (rung.blocks as f64).sqrt();
        Ok(Observation { values: exact(&mean), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        Ok(exact(&self.dop853(rung, claim)?))
    }

    fn agreement(&self, rung: &Rung, terms: &[Term]) -> Result<Agreement, Obstacle> {
        let claim = Variant::stated(terms.to_vec());
        let first = self.dop853(rung, &claim)?;
        let Some(jets) = self.problem.seen::<Jet<f64>>() else {
            let lacking = "the loss is known in f64 only, without its third derivative".to_owned();
            return Ok(Agreement { disagreement: f64::NAN, lacking: Some(lacking) });
        };
        let mut rhs = self.moments(jets, rung, &claim);
        let time = rung.step_size * rung.blocks as f64;
        let solver = Taylor { order: TAYLOR_ORDER, tolerance: 0.0 };
        let second = solver.integrate(&mut rhs, &self.start(), time)?;
        let gap: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a - b).collect();
        Ok(Agreement { disagreement: norm(&gap), lacking: None })
    }

    fn takes_foreign_term(&self) -> bool {
        true
    }

    fn recovery_decides(&self) -> bool {
        !self.one_dimensional()
    }
}

/// The mean w̄ and, row by row, the matrix S with εS the covariance.
struct Moments<S: Scalar> {
    penalty: S,
    feedback: S,
    clock: S,
    foreign: S,
    arithmetic: Numeric<S>,
}

impl<S: Scalar> RightHandSide<S> for Moments<S> {
    fn dim(&self) -> usize {
        let d = self.arithmetic.dim();
        d + d * d
    }

    fn evaluate(&mut self, _t: S, y: &[S], dy: &mut [S]) {
        let a = &mut self.arithmetic;
        let d = a.dim();
        let m = a.batches();
        let (w, spread) = (y[..d].to_vec(), &y[d..]);
        let g = a.gradient(Batch::Full, &w);
        let bend = a.hessian_vector(Batch::Full, &w, &g);
        dy.fill(S::zero());
        for i in 0..d {
            dy[i] = -(g[i] + (self.penalty * bend[i]).scale(2.0));
        }
        for j in 0..d {
            let mut axis = vec![S::zero(); d];
            axis[j] = S::one();
            let row = spread[j * d..(j + 1) * d].to_vec();
            // Σ_j T[e_j, S e_j], and the columns of −HS − SH.
            let turned = a.third_derivative(Batch::Full, &w, &axis, &row);
            let pulled = a.hessian_vector(Batch::Full, &w, &row);
            for i in 0..d {
                dy[i] += self.feedback * turned[i];
                dy[d + i * d + j] -= pulled[i];
                dy[d + j * d + i] -= pulled[i];
            }
        }
        let share = S::from_ratio(Ratio::new(1, m as i64));
        for k in 0..m {
            let mut deviation = a.gradient(Batch::One(k), &w);
            a.axpy(&-S::one(), &g, &mut deviation);
            for i in 0..d {
                for j in 0..d {
                    dy[d + i * d + j] += share * deviation[i] * deviation[j];
                }
            }
        }
        add_foreign_term(&mut dy[..d], self.foreign);
        for dy in dy {
            *dy *= self.clock;
        }
    }
}

#[cfg(test)]
mod tests;
