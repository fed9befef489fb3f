//! The variance decomposition: C̃_SGD = C̃_GD + (ε/4m) Σ_k ‖g_k − g‖², an identity.

use super::super::minima::disagreement_gradient;
use super::super::samples::{sampled_point, sampled_rungs};
use super::super::{NotApplicable, Statement};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{BatchPenalty, Flow, GradientPenalty, Term};
use crate::leg::{Leg, LegKind, Observation, Obstacle, Pace, Rung, Sabotage, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::scalar::{DoubleDouble, Scalar};
use crate::series::{
    Derived, Forest, Polynomial, Proof, ProofStatus, ProvedBatches, Series, SeriesFault,
    modified_field, prove_equal,
};
use crate::theorem::Settings;
use std::sync::Arc;

/// Both sides as values and as gradients, at random points with random step sizes.
#[derive(Clone, Copy, Debug, Default)]
pub struct VarianceDecomposition;

impl Statement for VarianceDecomposition {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        Ok(vec![Box::new(Decomposition {
            problem: problem.clone(),
            pace: Pace::of(problem),
            seed: settings.seed,
        })])
    }

    /// −∇ of both sides, for one to four minibatches: trees of two nodes show every pattern of two colours,
    /// and so those of every number.
    fn proof(
        &self,
        sabotage: Option<&Sabotage>,
        _components: Option<usize>,
    ) -> Option<Result<Proof, SeriesFault>> {
        let mut last = None;
        for m in 1..=PROVED_BATCHES {
            let forest = match Forest::new(2, m) {
                Ok(forest) => Arc::new(forest),
                Err(fault) => return Some(Err(fault)),
            };
            let mut variant = Variant::stated(vec![disagreement()]);
            if let Some(sabotage) = sabotage {
                variant.apply(sabotage);
            }
            let mut a = Series::new(Arc::clone(&forest));
            let (w, eps) = (a.identity(), a.step_size());
            let quarter = a.fraction(1, 4) * eps.clone();
            let zero = Polynomial::default();
            let actual =
                BatchPenalty::default().field(&mut a, std::slice::from_ref(&quarter), &zero, &w);
            let mut claimed = GradientPenalty::default().field(&mut a, &[quarter], &zero, &w);
            let half = disagreement_gradient(&mut a, &w);
            let c = a.ratio(variant.terms[0].coefficient) * eps;
            a.axpy(&(a.fraction(-2, 1) * c), &half, &mut claimed);
            let proof = prove_equal(&forest, &actual, &claimed, 3);
            if proof.status == ProofStatus::Refuted {
                return Some(Ok(proof));
            }
            last = Some(Ok(Proof { batches: ProvedBatches::All, ..proof }));
        }
        last
    }

    /// The field of C̃_SGD, whose trees have two nodes at most and so two colours.
    fn derived_field(&self) -> Option<Result<Derived, SeriesFault>> {
        let found = Forest::new(2, 2).and_then(|forest| {
            let forest = Arc::new(forest);
            let mut a = Series::new(Arc::clone(&forest));
            let (w, eps) = (a.identity(), a.step_size());
            let quarter = a.fraction(1, 4) * eps.clone();
            let zero = Polynomial::default();
            let mut field = BatchPenalty::default().field(&mut a, &[quarter], &zero, &w);
            a.scale(&eps, &mut field);
            let rows = modified_field(&forest, &field.coefficients, 1)?;
            Ok(Derived::Trees { forest, rows })
        });
        Some(found)
    }

    fn series_controls(&self) -> Option<Vec<Sabotage>> {
        Some(Sabotage::of_terms(&[disagreement()]))
    }
}

/// Minibatches for which the proof is made; see [`Tracking`](crate::theorem::Tracking).
const PROVED_BATCHES: usize = 4;

fn disagreement() -> Term {
    Term::new("disagreement", 1, 4, 1)
}

struct Decomposition {
    problem: Problem,
    pace: Result<Pace, Obstacle>,
    seed: u64,
}

/// How far samples lie from the start, in every coordinate.
const RADIUS: f64 = 0.5;

impl Decomposition {
    fn point(&self, rung: &Rung) -> Vec<f64> {
        sampled_point(self.problem.start().as_slice(), RADIUS, self.seed, rung.blocks)
    }

    /// [C̃; ∇C̃] for a penalised loss, given ⟨‖·‖²⟩ of its penalty and its flow.
    fn side(
        &self,
        a: &mut Numeric<f64>,
        flow: &dyn Flow<Numeric<f64>>,
        penalty: f64,
        eps: f64,
        w: &Vec<f64>,
    ) -> Vec<f64> {
        let c: Vec<f64> =
            flow.terms().iter().map(|t| f64::from_ratio(t.coefficient) * eps).collect();
        let mut side = vec![a.value(Batch::Full, w) + c[0] * penalty];
        side.extend(flow.field(a, &c, &0.0, w).iter().map(|f| -f));
        side
    }
}

fn squared(g: &[f64]) -> f64 {
    g.iter().map(|x| x * x).sum()
}

impl Leg for Decomposition {
    fn kind(&self) -> LegKind {
        LegKind::Identity
    }

    fn claimed_order(&self) -> f64 {
        0.0
    }

    fn terms(&self) -> Vec<Term> {
        vec![disagreement()]
    }

    fn rungs(&self) -> Vec<Rung> {
        sampled_rungs(self.pace.as_ref().map_or(1.0, |pace| pace.rate), self.seed)
    }

    fn observe(&self, rung: &Rung, _twin: Option<&str>) -> Result<Observation, Obstacle> {
        let _ = self.pace.clone()?;
        let mut a = Numeric::new(self.problem.float());
        let w = self.point(rung);
        let m = a.batches();
        let penalty =
            (0..m).map(|k| squared(&a.gradient(Batch::One(k), &w))).sum::<f64>() / m as f64;
        let side = self.side(&mut a, &BatchPenalty::default(), penalty, rung.step_size, &w);
        let floor = f64::EPSILON * (norm(&side) + 0.25 * rung.step_size * penalty + norm(&w));
        Ok(Observation { values: exact(&side), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let mut a = Numeric::new(self.problem.float());
        let w = self.point(rung);
        let m = a.batches();
        let g = a.gradient(Batch::Full, &w);
        let mut side =
            self.side(&mut a, &GradientPenalty::default(), squared(&g), rung.step_size, &w);
        let mut disagreement = 0.0;
        for k in 0..m {
            let mut deviation = a.gradient(Batch::One(k), &w);
            a.axpy(&-1.0, &g, &mut deviation);
            disagreement += squared(&deviation) / m as f64;
        }
        let c = f64::from_ratio(claim.terms[0].coefficient) * rung.step_size;
        side[0] += c * disagreement;
        for (side, half) in side[1..].iter_mut().zip(disagreement_gradient(&mut a, &w)) {
            *side += 2.0 * c * half;
        }
        Ok(exact(&side))
    }

    fn has_clock(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
