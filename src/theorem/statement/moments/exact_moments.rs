//! A diffusion whose first two moments are those of SGD at every step: on quadratics with one Hessian.

use nalgebra::{DMatrix, DVector};

use super::super::minima::dense_hessian;
use super::super::{NotApplicable, Statement};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{Term, add_foreign_term};
use crate::integrate::{Dop853, RightHandSide};
use crate::leg::{Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::scalar::{DoubleDouble, Scalar};
use crate::theorem::Settings;

/// SGD with replacement on minibatches of one Hessian H against
///
/// dX = (1/ε) log(I − εH)(X − w*) dt + Q^½ dW,  Q_ij = −ε Σ_ij log(a_i a_j)/(1 − a_i a_j),  a_i = 1 − ελ_i,
///
/// in the eigenbasis of H: mean and covariance are equal after every number of steps, at every ε with ελ < 1 and Q ⪰ 0.
/// No expansion, and no remainder.
///
/// Source: Li, Shen, Zhang & He 2024, arXiv 2405.18373.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExactMoments;

/// How far Hessians may differ, relative to the whole, and still be one.
const ONE: f64 = 1e-12;
/// ε L of the rungs, each with its numbers of steps.
const RUNGS: [(f64, [usize; 3]); 3] = [(0.1, [1, 10, 50]), (0.3, [3, 15, 30]), (0.5, [2, 8, 20])];
const TOLERANCE: f64 = 1e-15;
const DRIFT: &str = "drift";
const NOISE: &str = "noise covariance";

impl Statement for ExactMoments {
    fn legs(
        &self,
        problem: &Problem,
        _settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let system = System::of(problem)?;
        let leg = Moments { system, pace: Pace::of(problem), start: problem.start().clone() };
        for rung in leg.rungs() {
            let noise = leg.system.noise(rung.step_size);
            let least = noise.symmetric_eigenvalues().min();
            if least.is_nan() || least < -1e-12 * noise.norm() {
                return Err(NotApplicable(format!(
                    "at ε = {:.2e} the covariance of the noise has the eigenvalue {least:.1e}: there is no such diffusion",
                    rung.step_size
                )));
            }
        }
        Ok(vec![Box::new(leg)])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some("it is an equality at every ε, and no series in it")
    }
}

/// g_k(w) = H(w − w*) + γ_k, with the eigenbasis of H.
struct System {
    hessian: DMatrix<f64>,
    minimum: DVector<f64>,
    /// Σ = ⟨γ_k γ_kᵀ⟩.
    covariance: DMatrix<f64>,
    eigenvalues: DVector<f64>,
    basis: DMatrix<f64>,
}

impl System {
    fn of(problem: &Problem) -> Result<Self, NotApplicable> {
        let other = |why: &str| {
            NotApplicable(format!("{why}: the moments are those of no diffusion known"))
        };
        if !problem.float().is_quadratic() {
            return Err(other("the loss is no quadratic"));
        }
        let mut a = Numeric::new(problem.float());
        let zero = vec![0.0; problem.dim()];
        let hessian = dense_hessian(&mut a, Batch::Full, &zero);
        let whole = DVector::from_vec(a.gradient(Batch::Full, &zero));
        let m = a.batches();
        let mut covariance = DMatrix::zeros(problem.dim(), problem.dim());
        for k in 0..m {
            let own = dense_hessian(&mut a, Batch::One(k), &zero);
            if (own - &hessian).norm() > ONE * hessian.norm() {
                return Err(other("the minibatches have different Hessians"));
            }
            let gamma = DVector::from_vec(a.gradient(Batch::One(k), &zero)) - &whole;
            covariance += &gamma * gamma.transpose() / m as f64;
        }
        let minimum =
            hessian.clone().lu().solve(&-whole).ok_or_else(|| other("the Hessian is singular"))?;
        let eigen = hessian.clone().symmetric_eigen();
        if eigen.eigenvalues.iter().any(|&value| value.is_nan() || value <= 0.0) {
            return Err(other("the Hessian is not positive definite"));
        }
        Ok(System {
            hessian,
            minimum,
            covariance,
            eigenvalues: eigen.eigenvalues,
            basis: eigen.eigenvectors,
        })
    }

    /// (1/ε) log(I − εH).
    fn drift(&self, eps: f64) -> DMatrix<f64> {
        let logarithms = self.eigenvalues.map(|value| (-eps * value).ln_1p() / eps);
        &self.basis * DMatrix::from_diagonal(&logarithms) * self.basis.transpose()
    }

    /// Q.
    fn noise(&self, eps: f64) -> DMatrix<f64> {
        let turned = self.basis.transpose() * &self.covariance * &self.basis;
        let n = turned.nrows();
        let entry = |i: usize, j: usize| {
            let log = (-eps * self.eigenvalues[i]).ln_1p() + (-eps * self.eigenvalues[j]).ln_1p();
            // −log x/(1 − x), x = a_i a_j below 1.
            -eps * turned[(i, j)] * log / -log.exp_m1()
        };
        let noise = DMatrix::from_fn(n, n, entry);
        &self.basis * noise * self.basis.transpose()
    }
}

struct Moments {
    system: System,
    pace: Result<Pace, Obstacle>,
    start: DVector<f64>,
}

fn packed(mean: &DVector<f64>, covariance: &DMatrix<f64>) -> Vec<f64> {
    mean.iter().chain(covariance.iter()).copied().collect()
}

impl Leg for Moments {
    fn kind(&self) -> LegKind {
        LegKind::Identity
    }

    fn claimed_order(&self) -> f64 {
        0.0
    }

    fn terms(&self) -> Vec<Term> {
        vec![Term::new(DRIFT, 1, 1, 0), Term::new(NOISE, 1, 1, 0)]
    }

    fn rungs(&self) -> Vec<Rung> {
        let largest = self.system.eigenvalues.max();
        let of = |(span, steps): (f64, [usize; 3])| {
            steps.map(|blocks| Rung { step_size: span / largest, blocks })
        };
        RUNGS.into_iter().flat_map(of).collect()
    }

    /// The moments of w⁺ = w − ε(H(w − w*) + γ_k), k independent of w.
    fn observe(&self, rung: &Rung, _twin: Option<&str>) -> Result<Observation, Obstacle> {
        let _ = self.pace.clone()?;
        let System { hessian, minimum, covariance, .. } = &self.system;
        let (eps, d) = (rung.step_size, self.start.len());
        let once = DMatrix::identity(d, d) - eps * hessian;
        let mut off = &self.start - minimum;
        let mut spread = DMatrix::zeros(d, d);
        for _ in 0..rung.blocks {
            off = &once * off;
            spread = &once * spread * &once + eps * eps * covariance;
        }
        let values = packed(&(off + minimum), &spread);
        Ok(Observation { floor: 1e-14 * norm(&values), values: exact(&values) })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let eps = rung.step_size;
        let coefficient = |name: &str| {
            let term = claim.terms.iter().find(|term| term.name == name);
            term.map_or(1.0, |term| f64::from_ratio(term.coefficient))
        };
        let d = self.start.len();
        let mut rhs = Diffusion {
            drift: coefficient(DRIFT) * self.system.drift(eps),
            noise: coefficient(NOISE) * self.system.noise(eps),
            minimum: &self.system.minimum,
            clock: f64::from_ratio(claim.clock),
            foreign: f64::from_ratio(claim.foreign),
        };
        let start = packed(&self.start, &DMatrix::zeros(d, d));
        let time = eps * rung.blocks as f64;
        Ok(exact(&Dop853 { tolerance: TOLERANCE }.integrate(&mut rhs, &start, time)?))
    }

    fn takes_foreign_term(&self) -> bool {
        true
    }
}

/// μ′ = L(μ − w*), P′ = LP + PL + Q.
struct Diffusion<'a> {
    drift: DMatrix<f64>,
    noise: DMatrix<f64>,
    minimum: &'a DVector<f64>,
    clock: f64,
    foreign: f64,
}

impl RightHandSide<f64> for Diffusion<'_> {
    fn dim(&self) -> usize {
        let d = self.drift.nrows();
        d + d * d
    }

    fn evaluate(&mut self, _t: f64, y: &[f64], dy: &mut [f64]) {
        let d = self.drift.nrows();
        let mean = DVector::from_column_slice(&y[..d]);
        let covariance = DMatrix::from_column_slice(d, d, &y[d..]);
        let slope = &self.drift * (mean - self.minimum);
        let cross = &self.drift * covariance;
        let change = &cross + cross.transpose() + &self.noise;
        for (dy, f) in dy.iter_mut().zip(slope.iter().chain(change.iter())) {
            *dy = self.clock * f;
        }
        add_foreign_term(&mut dy[..d], self.foreign);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use super::*;
    use crate::loss::preset;

    #[test]
    fn there_is_a_diffusion_for_one_hessian_and_full_noise_only() {
        let legs = |name, batches| {
            let problem = preset(name, batches, None, 1).unwrap();
            ExactMoments.legs(&problem, &Settings::default()).map(|legs| legs.len())
        };
        assert_eq!(legs("quadratic-one-hessian", None).unwrap(), 1);
        let why = |name, batches| legs(name, batches).unwrap_err().to_string();
        assert!(why("quadratic", None).contains("different Hessians"));
        assert!(why("logistic", None).contains("no quadratic"));
        // Two minibatches differ in one direction, which mixes two eigenvectors.
        assert!(why("quadratic-one-hessian", Some(2)).contains("no such diffusion"));
    }

    #[test]
    fn the_noise_tends_to_that_of_the_first_order() {
        let problem = preset("quadratic-one-hessian", None, None, 1).unwrap();
        let system = System::of(&problem).unwrap();
        let eps = 1e-6;
        let gap = (system.noise(eps) / eps - &system.covariance).norm();
        assert!(gap < 1e-5 * system.covariance.norm(), "{gap}");
        let gap = (system.drift(eps) + &system.hessian).norm();
        assert!(gap < 1e-5 * system.hessian.norm(), "{gap}");
    }
}
