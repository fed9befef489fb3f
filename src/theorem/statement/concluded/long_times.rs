//! All times towards a nondegenerate minimum: the error never exceeds O(ε²).

use std::borrow::Cow;
use std::sync::Arc;

use super::super::minima::CriticalPoint;
use super::super::{NotApplicable, Statement};
use super::reference::{agreement_on, difference};
use super::spread::descend;
use crate::arithmetic::{Batch, Numeric};
use crate::flow::{BatchPenalty, Continued, Flow, GradientPenalty, Integrable, Term};
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::optimizer::{GradientDescent, State, Steps};
use crate::sampling::{MeanMethod, RandomReshuffling, Walker, block_mean};
use crate::scalar::{DoubleDouble, Scalar};
use crate::theorem::Settings;

/// Towards a nondegenerate minimum gradient descent stays within O(ε²) of the flow of C̃_GD, and the mean of
/// reshuffled descent of that of C̃_SGD, for all times t = nε ≥ 0 at once. Without the penalty it is O(ε); the
/// end of the reshuffled mean then stays off by that much, while that of gradient descent is exact.
///
/// Source: derived here, from the local order and the contraction near the minimum; compare Stuart & Humphries
/// 1996, Dynamical systems and numerical analysis.
#[derive(Clone, Copy, Debug, Default)]
pub struct LongTimes;

const GRADIENT: &str = "gradient penalty";
const BATCHES: &str = "batch penalty";
const FULL_BATCH: &str = "descend on the whole loss";
/// L times the time of a block at the coarsest rung.
const COARSEST: f64 = 0.25;
const RUNGS: usize = 6;
/// The softest direction fades by this many powers of e before the limit alone is looked at.
const FADES: f64 = 6.0;
/// The times that are looked at, besides the limit.
const TIMES: usize = 32;
/// The most gradients that a ladder may take.
const MOST_GRADIENTS: f64 = 1.5e7;
/// L times the time over which Taylor's method checks the reference; later the flow contracts.
const CHECKED: f64 = 3.0;
const TOLERANCE: f64 = 1e-13;
/// Iterations of the search for a point of rest.
const ITERATIONS: usize = 200;

impl Statement for LongTimes {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let minimum = CriticalPoint::minimum_of(problem);
        let pace = Pace::of(problem);
        let rate = pace.as_ref().map_or(1.0, |pace| pace.rate);
        let softest = minimum.as_ref().map_or(1.0, CriticalPoint::softest);
        let blocks = (FADES / softest * rate / COARSEST).ceil();
        let method = (MeanMethod::choose(
            &RandomReshuffling,
            &*problem.float(),
            problem.float().is_quadratic(),
            Pace::GLOBAL_BLOCKS,
            settings.seed,
        ))
        .filter(|method| !matches!(method, MeanMethod::ReversedPairs { .. }))
        .ok_or_else(|| NotApplicable::too_many_orders(problem))?;
        let m = problem.batches();
        let orders = (1..=m).map(|k| k as f64).product::<f64>() * std::f64::consts::E;
        let gradients = blocks * (1_u32 << RUNGS) as f64 * orders;
        if gradients > MOST_GRADIENTS || !gradients.is_finite() {
            return Err(NotApplicable(format!(
                "to its minimum {} takes {gradients:.0e} gradients; at most {MOST_GRADIENTS:.0e} are taken",
                problem.name()
            )));
        }
        let shared = Arc::new(Shared { problem: problem.clone(), minimum, rate: pace, method });
        let coarse = blocks as usize;
        let leg = |shuffled: bool| -> Box<dyn Leg> {
            Box::new(AllTimes { shared: Arc::clone(&shared), shuffled, blocks: coarse })
        };
        Ok(vec![leg(false), leg(true)])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(
            "it is about what becomes of the errors of many steps; the steps are proved as \
             implicit-gradient-regularization and random-reshuffling",
        )
    }
}

struct Shared {
    problem: Problem,
    minimum: Result<CriticalPoint, Obstacle>,
    rate: Result<Pace, Obstacle>,
    method: MeanMethod,
}

/// Gradient descent, or the mean of reshuffled descent, until it has come to rest.
struct AllTimes {
    shared: Arc<Shared>,
    shuffled: bool,
    /// Blocks of the coarsest rung.
    blocks: usize,
}

impl AllTimes {
    fn flow(&self) -> Box<dyn Integrable> {
        if self.shuffled {
            Box::new(BatchPenalty::default())
        } else {
            Box::new(GradientPenalty::default())
        }
    }

    /// The coefficient of the penalty, with ε.
    fn penalty(rung: &Rung, terms: &[Term]) -> Vec<f64> {
        terms.iter().map(|term| f64::from_ratio(term.coefficient) * rung.step_size).collect()
    }

    /// The time of one coarsest block.
    fn unit(&self, rung: &Rung) -> f64 {
        (rung.blocks * self.steps()) as f64 * rung.step_size / self.blocks as f64
    }

    /// Steps a block.
    fn steps(&self) -> usize {
        if self.shuffled { self.shared.problem.batches() } else { 1 }
    }

    /// The numbers of coarsest blocks after which is looked: each once, about evenly spaced in their logarithm.
    fn looks(&self) -> Vec<usize> {
        let last = self.blocks.max(1) as f64;
        let mut looks: Vec<usize> =
            (0..TIMES).map(|j| last.powf(j as f64 / (TIMES - 1) as f64).round() as usize).collect();
        looks.dedup();
        looks
    }

    /// One block from `w`.
    fn block(
        &self,
        a: &mut Numeric<f64>,
        walker: &Walker<f64>,
        eps: f64,
        whole: bool,
        w: Vec<f64>,
    ) -> Vec<f64> {
        let mut w = w;
        if !self.shuffled || whole {
            (0..self.steps()).for_each(|_| descend(a, Batch::Full, eps, &mut w));
            return w;
        }
        let state = State { w, memory: Vec::new(), steps: Steps::default() };
        block_mean(a, walker, &RandomReshuffling, self.shared.method, eps, &state).w
    }

    /// Where `pull`, in units of the gradient, vanishes next to the minimum.
    fn rest(&self, mut pull: impl FnMut(&Vec<f64>) -> Vec<f64>) -> Result<Vec<f64>, Obstacle> {
        let minimum = self.shared.minimum.as_ref().map_err(Clone::clone)?;
        let mut w = minimum.w.clone();
        let mut last = f64::INFINITY;
        for _ in 0..ITERATIONS {
            let step = minimum.solve(&pull(&w));
            let moved = norm(&step);
            if !moved.is_finite() {
                break;
            }
            w.iter_mut().zip(&step).for_each(|(w, s)| *w += s);
            if moved >= 0.5 * last && moved < 1e-9 * (1.0 + norm(&w)) {
                return Ok(w);
            }
            last = moved;
        }
        Err(Obstacle::NoEquilibrium { what: "point of rest near the minimum", residual: last })
    }
}

impl Leg for AllTimes {
    fn kind(&self) -> LegKind {
        LegKind::Long
    }

    fn claimed_order(&self) -> f64 {
        2.0
    }

    fn terms(&self) -> Vec<Term> {
        vec![Term::new(if self.shuffled { BATCHES } else { GRADIENT }, 1, 4, 1)]
    }

    /// All rungs take the same time.
    fn rungs(&self) -> Vec<Rung> {
        let rate = self.shared.rate.as_ref().map_or(1.0, |pace| pace.rate);
        let coarsest = COARSEST / (rate * self.steps() as f64);
        (0..RUNGS)
            .map(|j| Rung {
                step_size: coarsest * 0.5_f64.powi(j as i32),
                blocks: self.blocks << j,
            })
            .collect()
    }

    /// The iterates at all times that are looked at, one after the other, and their limit.
    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let rate = self.shared.rate.as_ref().map_err(Clone::clone)?.rate;
        let mut a = Numeric::new(self.shared.problem.float());
        let walker: Walker<f64> = GradientDescent.into();
        let (eps, whole) = (rung.step_size, twin == Some(FULL_BATCH));
        let mut w = self.shared.problem.start().as_slice().to_vec();
        let (mut values, mut taken) = (Vec::new(), 0);
        for look in self.looks() {
            let until = look * (rung.blocks / self.blocks);
            for _ in taken..until {
                w = self.block(&mut a, &walker, eps, whole, w);
            }
            taken = until;
            values.extend(&w);
        }
        let time = eps * self.steps() as f64;
        values.extend(self.rest(|w| {
            let end = self.block(&mut a, &walker, eps, whole, w.clone());
            end.iter().zip(w).map(|(end, start)| (end - start) / time).collect()
        })?);
        let size = norm(&values);
        if !size.is_finite() {
            return Err(Obstacle::Diverged { step_size: eps, limit: 2.0 / rate });
        }
        // What a step rounds is forgotten as the softest direction contracts.
        let softest = self.shared.minimum.as_ref().map_or(rate, CriticalPoint::softest);
        let floor = f64::EPSILON * size * (1.0 + (softest * time).recip().sqrt());
        Ok(Observation { values: exact(&values), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let problem = &self.shared.problem;
        let flow = self.flow();
        let flow: &dyn Flow<Numeric<f64>> = &*flow;
        let penalty = Self::penalty(rung, &claim.terms);
        let start = problem.start().as_slice().to_vec();
        let mut path =
            Continued::new(flow, problem.float(), penalty.clone(), start).with_tolerance(TOLERANCE);
        let unit = self.unit(rung) * f64::from_ratio(claim.clock);
        let mut values = Vec::new();
        for look in self.looks() {
            values.extend(path.at(unit * look as f64)?);
        }
        let mut a = Numeric::new(problem.float());
        values.extend(self.rest(|w| flow.field(&mut a, &penalty, &0.0, w))?);
        Ok(exact(&values))
    }

    fn agreement(&self, rung: &Rung, terms: &[Term]) -> Result<Agreement, Obstacle> {
        let rate = self.shared.rate.as_ref().map_err(Clone::clone)?.rate;
        let problem = &self.shared.problem;
        let flow = self.flow();
        let penalty = Self::penalty(rung, terms);
        let start = problem.start().as_slice();
        let early = agreement_on(&*flow, problem, &penalty, start, CHECKED / rate)?;
        // Later: the same integrator with errors a hundred times as large.
        let flow: &dyn Flow<Numeric<f64>> = &*flow;
        let mut ends = Vec::new();
        for tolerance in [TOLERANCE, 100.0 * TOLERANCE] {
            let mut path = Continued::new(flow, problem.float(), penalty.clone(), start.to_vec())
                .with_tolerance(tolerance);
            ends.push(path.at(self.unit(rung) * self.blocks as f64)?);
        }
        let late = norm(&difference(&ends[0], &ends[1]));
        Ok(Agreement { disagreement: early.disagreement + late, lacking: early.lacking })
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        if self.shuffled { vec![FULL_BATCH.into()] } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests;
