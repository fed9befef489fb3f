//! Minima move: under C̃_SGD, and under shuffled SGD itself, a minimum shifts by
//! −(ε/4) H⁻¹∇⟨‖g_k − g‖²⟩ + O(ε²). So does every other nondegenerate critical point.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::{NotApplicable, Statement};
use super::critical::CriticalPoint;
use super::rest::disagreement_gradient;
use crate::arithmetic::{Arithmetic, Numeric};
use crate::flow::{BatchPenalty, Flow, Term};
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::optimizer::{GradientDescent, State, Steps};
use crate::sampling::{FullBatch, MeanMethod, RandomReshuffling, Sampling, block_mean};
use crate::scalar::{DoubleDouble, Scalar};
use crate::theorem::Settings;

/// The point of rest of the flow of C̃_SGD, and that of the exact one-epoch mean of shuffled SGD.
#[derive(Clone, Copy, Debug, Default)]
pub struct MinimaMove;

/// The same of a critical point that is no minimum: a saddle, or a maximum, which bounds two basins in one
/// dimension.
#[derive(Clone, Copy, Debug, Default)]
pub struct CriticalPointsMove;

/// The name of the control: gradient descent's own point of rest stays at the critical point.
const FULL_BATCH: &str = "descend on the whole loss";

/// The shifts of the point that `find` finds: that of the flow, and that of the iterates.
fn shifts(
    problem: &Problem,
    settings: &Settings,
    find: impl FnOnce() -> Result<CriticalPoint, Obstacle>,
) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
    let method = (MeanMethod::choose(
        &RandomReshuffling,
        &*problem.float(),
        problem.float().is_quadratic(),
        Pace::GLOBAL_BLOCKS,
        settings.seed,
    ))
    .ok_or_else(|| NotApplicable(format!("{} batches have too many orders", problem.batches())))?;
    let shared = Arc::new(Shared {
        problem: problem.clone(),
        point: find(),
        pace: Pace::of(problem),
        method,
    });
    Ok(vec![
        Box::new(Shift { shared: Arc::clone(&shared), of_iterates: false }),
        Box::new(Shift { shared, of_iterates: true }),
    ])
}

/// Why it has no proof in series.
const UNPROVABLE: &str = "it is about the place of a point, not about a field";

impl Statement for MinimaMove {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        shifts(problem, settings, || CriticalPoint::minimum_of(problem))
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(UNPROVABLE)
    }
}

impl Statement for CriticalPointsMove {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let found = problem.once(settings.seed, || CriticalPoint::about(problem, settings.seed));
        let other = found.into_iter().find(|point| point.index() > 0).ok_or_else(|| {
            NotApplicable(format!(
                "no nondegenerate saddle or maximum was found about the start of {}; of its minima \
                 minima-move speaks",
                problem.name()
            ))
        })?;
        shifts(problem, settings, || Ok(other))
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(UNPROVABLE)
    }
}

struct Shared {
    problem: Problem,
    point: Result<CriticalPoint, Obstacle>,
    pace: Result<Pace, Obstacle>,
    method: MeanMethod,
}

struct Shift {
    shared: Arc<Shared>,
    of_iterates: bool,
}

/// Iterations of the search for the point of rest; each gains a factor of about ε L.
const ITERATIONS: usize = 200;

impl Shift {
    /// What vanishes at the point of rest, in units of the loss's gradient.
    fn pull(&self, a: &mut Numeric<f64>, eps: f64, twin: bool, w: &Vec<f64>) -> Vec<f64> {
        let m = a.batches();
        if !self.of_iterates {
            let flow = BatchPenalty::default();
            let c = if twin { 0.0 } else { 0.25 * eps };
            return flow.field(a, &[c], &0.0, w);
        }
        let state = State { w: w.clone(), memory: Vec::new(), steps: Steps::default() };
        let (sampling, method, time): (&dyn Sampling, _, _) = if twin {
            (&FullBatch, MeanMethod::Tree, eps)
        } else {
            (&RandomReshuffling, self.shared.method, m as f64 * eps)
        };
        let end = block_mean(a, &GradientDescent.into(), sampling, method, eps, &state);
        end.w.iter().zip(w).map(|(end, start)| (end - start) / time).collect()
    }
}

impl Leg for Shift {
    fn kind(&self) -> LegKind {
        LegKind::Equilibrium
    }

    fn claimed_order(&self) -> f64 {
        2.0
    }

    fn terms(&self) -> Vec<Term> {
        vec![Term::new("disagreement", 1, 4, 1)]
    }

    fn rungs(&self) -> Vec<Rung> {
        let pace = self.shared.pace.clone().unwrap_or_default();
        pace.local_ladder(self.shared.problem.batches())
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let point = self.shared.point.as_ref().map_err(Clone::clone)?;
        let mut a = Numeric::new(self.shared.problem.float());
        let mut w = point.w.clone();
        let mut last = f64::INFINITY;
        for _ in 0..ITERATIONS {
            let pull = self.pull(&mut a, rung.step_size, twin == Some(FULL_BATCH), &w);
            let step = point.solve(&pull);
            let moved = norm(&step);
            if !moved.is_finite() {
                break;
            }
            w.iter_mut().zip(&step).for_each(|(w, s)| *w += s);
            // At the round-off level the correction no longer shrinks.
            if moved >= 0.5 * last && moved < 1e-9 * (1.0 + norm(&w)) {
                // H⁻¹ turns the round-off of gradients, at w* and here, into one of positions.
                let softest = point.softest();
                // Of the iterates it is the displacement over a short epoch that is rounded.
                let time = rung.step_size * self.shared.problem.batches() as f64;
                let rounded = if self.of_iterates { norm(&w) / time } else { norm(&w) };
                let pulls = point.residual + f64::EPSILON * (1.0 + rounded);
                let floor = moved.max(f64::EPSILON * norm(&w)) + pulls / softest;
                return Ok(Observation { values: exact(&w), floor });
            }
            last = moved;
        }
        Err(Obstacle::NoEquilibrium {
            what: "point of rest near the critical point",
            residual: last,
        })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let point = self.shared.point.as_ref().map_err(Clone::clone)?;
        let mut a = Numeric::new(self.shared.problem.float());
        let shift = point.solve(&disagreement_gradient(&mut a, &point.w));
        let c = f64::from_ratio(claim.terms[0].coefficient) * rung.step_size;
        let moved: Vec<f64> =
            point.w.iter().zip(&shift).map(|(w, half)| w - 2.0 * c * half).collect();
        Ok(exact(&moved))
    }

    fn agreement(&self, _rung: &Rung, _terms: &[Term]) -> Result<Agreement, Obstacle> {
        let sampled = matches!(self.shared.method, MeanMethod::ReversedPairs { .. });
        let lacking = (self.of_iterates && sampled).then(|| {
            "the mean of an epoch is over random orders with their reverses, not over all"
                .to_owned()
        });
        Ok(Agreement { disagreement: 0.0, lacking })
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        vec![FULL_BATCH.into()]
    }
}

#[cfg(test)]
mod tests;
