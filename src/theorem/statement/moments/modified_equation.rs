//! The stochastic modified equation on quadratics, where moments of both sides are closed.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::super::minima::dense_hessian;
use super::super::{NotApplicable, Statement};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{Term, add_foreign_term};
use crate::integrate::{Dop853, RightHandSide};
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::scalar::{DoubleDouble, Scalar};
use crate::theorem::Settings;

/// SGD with replacement against dX = −∇C̃ dt + √ε Σ(X)^½ dW, Σ the covariance of the one-step
/// gradient, in its first two moments `E[w]` and `E[wwᵀ]`.
///
/// With C̃ = C the weak order is 1, with C̃ = C + (ε/4)‖g‖² it is 2. On quadratics both recursions of
/// moments are exact and linear.
#[derive(Clone, Copy, Debug, Default)]
pub struct StochasticModifiedEquation;

impl Statement for StochasticModifiedEquation {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        if !problem.float().is_quadratic() {
            return Err(NotApplicable("the moment equations close only on quadratics".to_owned()));
        }
        if problem.dim() > LARGEST {
            return Err(NotApplicable(format!(
                "the second moments of {} parameters are too many; at most {LARGEST} are followed",
                problem.dim()
            )));
        }
        let system = Arc::new(System::of(problem));
        let pace = Pace::of(problem);
        let leg = |corrected| {
            Box::new(WeakOrder {
                system: Arc::clone(&system),
                pace: pace.clone(),
                horizon: settings.horizon,
                start: problem.start().clone(),
                corrected,
            })
        };
        Ok(vec![leg(false), leg(true)])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some("its mean and covariance are a state of their own, not that of the iterates")
    }
}

/// Batch gradients g_k(w) = H_k w − h_k, and their means.
struct System {
    hessians: Vec<DMatrix<f64>>,
    offsets: Vec<DVector<f64>>,
    hessian: DMatrix<f64>,
    offset: DVector<f64>,
}

impl System {
    fn of(problem: &Problem) -> Self {
        let mut a = Numeric::new(problem.float());
        let zero = vec![0.0; problem.dim()];
        let m = problem.batches();
        let hessians = (0..m).map(|k| dense_hessian(&mut a, Batch::One(k), &zero)).collect();
        let offsets =
            (0..m).map(|k| -DVector::from_vec(a.gradient(Batch::One(k), &zero))).collect();
        System {
            hessians,
            offsets,
            hessian: dense_hessian(&mut a, Batch::Full, &zero),
            offset: -DVector::from_vec(a.gradient(Batch::Full, &zero)),
        }
    }

    /// E[g gᵀ] for g(w) = Hw − h, from E[w] and E[wwᵀ].
    fn outer(
        hessian: &DMatrix<f64>,
        offset: &DVector<f64>,
        mean: &DVector<f64>,
        second: &DMatrix<f64>,
    ) -> DMatrix<f64> {
        let cross = hessian * mean * offset.transpose();
        hessian * second * hessian - &cross - cross.transpose() + offset * offset.transpose()
    }

    /// ⟨E[g_k g_kᵀ]⟩.
    fn mean_outer(&self, mean: &DVector<f64>, second: &DMatrix<f64>) -> DMatrix<f64> {
        let sum: DMatrix<f64> = (self.hessians.iter().zip(&self.offsets))
            .map(|(hessian, offset)| Self::outer(hessian, offset, mean, second))
            .sum();
        sum / self.hessians.len() as f64
    }
}

struct WeakOrder {
    system: Arc<System>,
    pace: Result<Pace, Obstacle>,
    horizon: Option<f64>,
    start: DVector<f64>,
    corrected: bool,
}

/// The most parameters: the second integrator exponentiates a matrix of their square.
const LARGEST: usize = 24;
const PENALTY: &str = "gradient penalty";
const NOISE: &str = "noise covariance";
const TOLERANCE: f64 = 1e-14;

impl WeakOrder {
    fn packed(mean: &DVector<f64>, second: &DMatrix<f64>) -> Vec<f64> {
        mean.iter().chain(second.iter()).copied().collect()
    }

    fn moments(&self, rung: &Rung, claim: &Variant) -> Moments<'_> {
        let terms = &claim.terms;
        let coefficient = |name: &str, otherwise: f64| {
            let found = terms.iter().find(|t| t.name == name);
            rung.step_size * found.map_or(otherwise, |t| f64::from_ratio(t.coefficient))
        };
        let penalty = coefficient(PENALTY, 0.0);
        let d = self.start.len();
        let rate = self.pace.as_ref().map_or(1.0, |pace| pace.rate);
        Moments {
            system: &self.system,
            drift: DMatrix::identity(d, d) + 2.0 * penalty * &self.system.hessian,
            noise: coefficient(NOISE, 1.0),
            clock: f64::from_ratio(claim.clock),
            foreign: f64::from_ratio(claim.foreign)
                * if self.corrected { rung.step_size * rate } else { 1.0 },
        }
    }

    fn initial(&self) -> Vec<f64> {
        Self::packed(&self.start, &(&self.start * self.start.transpose()))
    }
}

impl Leg for WeakOrder {
    fn kind(&self) -> LegKind {
        LegKind::Global
    }

    fn claimed_order(&self) -> f64 {
        if self.corrected { 2.0 } else { 1.0 }
    }

    fn terms(&self) -> Vec<Term> {
        // At weak order 1 the error is as large as the noise: no coefficient can be read off it.
        if self.corrected {
            vec![Term::new(PENALTY, 1, 4, 1), Term::new(NOISE, 1, 1, 1)]
        } else {
            Vec::new()
        }
    }

    fn rungs(&self) -> Vec<Rung> {
        let pace = self.pace.clone().unwrap_or_default();
        pace.global_ladder(1, pace.horizon(self.horizon))
    }

    fn observe(&self, rung: &Rung, _twin: Option<&str>) -> Result<Observation, Obstacle> {
        let rate = self.pace.as_ref().map_err(Clone::clone)?.rate;
        let system = &*self.system;
        let eps = rung.step_size;
        let mut mean = self.start.clone();
        let mut second = &mean * mean.transpose();
        for _ in 0..rung.blocks {
            // w⁺ = w − ε g_k(w) with k independent of w.
            let gradient = &system.hessian * &mean - &system.offset;
            let cross = &system.hessian * &second - &system.offset * mean.transpose();
            second = &second - eps * (&cross + cross.transpose())
                + eps * eps * system.mean_outer(&mean, &second);
            mean -= eps * gradient;
        }
        let values = Self::packed(&mean, &second);
        let size = norm(&values);
        if !size.is_finite() {
            return Err(Obstacle::Diverged { step_size: eps, limit: 2.0 / rate });
        }
        let floor = f64::EPSILON * size * (rung.blocks as f64).sqrt();
        Ok(Observation { values: exact(&values), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let mut rhs = self.moments(rung, claim);
        let time = rung.step_size * rung.blocks as f64;
        let end = Dop853 { tolerance: TOLERANCE }.integrate(&mut rhs, &self.initial(), time)?;
        Ok(exact(&end))
    }

    fn takes_foreign_term(&self) -> bool {
        true
    }

    fn finer(&self, rung: &Rung) -> Option<Rung> {
        Some(rung.halved())
    }

    /// The moment equations are linear, so the matrix exponential is the second integrator.
    fn agreement(&self, rung: &Rung, terms: &[Term]) -> Result<Agreement, Obstacle> {
        let mut rhs = self.moments(rung, &Variant::stated(terms.to_vec()));
        let n = rhs.dim();
        let mut image = vec![0.0; n];
        let mut generator = DMatrix::zeros(n + 1, n + 1);
        rhs.evaluate(0.0, &vec![0.0; n], &mut image);
        let constant = image.clone();
        generator.view_mut((0, n), (n, 1)).copy_from_slice(&constant);
        for j in 0..n {
            let mut axis = vec![0.0; n];
            axis[j] = 1.0;
            rhs.evaluate(0.0, &axis, &mut image);
            for i in 0..n {
                generator[(i, j)] = image[i] - constant[i];
            }
        }
        let time = rung.step_size * rung.blocks as f64;
        let mut start = self.initial();
        start.push(1.0);
        let second = (generator * time).exp() * DVector::from_vec(start);
        let first = Dop853 { tolerance: TOLERANCE }.integrate(&mut rhs, &self.initial(), time)?;
        let gap: Vec<f64> = first.iter().zip(second.iter()).map(|(a, b)| a - b).collect();
        Ok(Agreement { disagreement: norm(&gap), lacking: None })
    }
}

/// μ′ = −P(Hμ − h) and M′ = −P(HM − hμᵀ) − (…)ᵀ + ε E[Σ(X)] with P = I + (ε/2)H.
struct Moments<'a> {
    system: &'a System,
    drift: DMatrix<f64>,
    noise: f64,
    clock: f64,
    foreign: f64,
}

impl RightHandSide<f64> for Moments<'_> {
    fn dim(&self) -> usize {
        let d = self.drift.nrows();
        d + d * d
    }

    fn evaluate(&mut self, _t: f64, y: &[f64], dy: &mut [f64]) {
        let d = self.drift.nrows();
        let System { hessian, offset, .. } = self.system;
        let mean = DVector::from_column_slice(&y[..d]);
        let second = DMatrix::from_column_slice(d, d, &y[d..]);
        let slope = -&self.drift * (hessian * &mean - offset);
        let cross = -&self.drift * (hessian * &second - offset * mean.transpose());
        let covariance =
            self.system.mean_outer(&mean, &second) - System::outer(hessian, offset, &mean, &second);
        let change = &cross + cross.transpose() + self.noise * covariance;
        for (dy, f) in dy.iter_mut().zip(slope.iter().chain(change.iter())) {
            *dy = self.clock * f;
        }
        add_foreign_term(&mut dy[..d], self.foreign);
    }
}

#[cfg(test)]
mod tests;
