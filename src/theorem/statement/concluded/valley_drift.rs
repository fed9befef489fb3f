//! Along a valley of minima, over times that grow like 1/ε: single reshuffled runs drift to where the minibatches
//! agree, and spread by ε.

mod slow;
mod valley;

use std::borrow::Cow;

use nalgebra::DMatrix;

use self::valley::Valley;
use super::super::{NotApplicable, Statement};
use super::reference::difference;
use super::spread::{Cloud, bracket_squares, descend, paths_of};
use crate::arithmetic::Numeric;
use crate::flow::Term;
use crate::integrate::Taylor;
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::sampling::{FullBatch, RandomReshuffling};
use crate::scalar::{DoubleDouble, Jet, Ratio, Scalar};
use crate::theorem::Settings;

/// From a point of a straight valley of minima, the one that Newton's method reaches from the start of the loss, after n epochs with ε²mn = τ fixed: single reshuffled runs are within
/// O(ε), in root mean square, of x′ = −¼P∇V at the slow time τ = εt, with V = ⟨‖g_k − g‖²⟩ and P the projection on
/// the kernel of H; along the valley their covariance is ε²S + O(ε³) with S′ = JS + SJᵀ + PKP/m, S(0) = 0, J
/// the derivative of −¼P∇V and K the covariance over orders of ½ Σ_{a before b} [g_a, g_b].
///
/// The time t = τ/ε grows as ε falls. One order kept for ever ends at a distance of order 1.
///
/// Source: derived here; compare Damian, Ma & Lee 2021, arXiv 2106.06530, and Li, Wang & Arora 2022, arXiv
/// 2110.06914, for label noise and independent draws.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValleyDrift;

const DRIFT: &str = "P∇V";
const CLOUD: &str = "PKP/m";
const ONE_ORDER: &str = "keep one order for ever";
const FULL_BATCH: &str = "descend on the whole loss";
/// The slow time of all rungs, times the rate of the drift at the start.
const SLOW_SPAN: f64 = 1.0;
/// L times the time of an epoch at the coarsest rung.
const COARSEST: f64 = 0.25;
/// Rungs; each takes twice the epochs of the last, so ε falls by √2.
const RUNGS: usize = 6;
/// The most minibatches whose orders are listed, the most parameters, the most products with a Hessian.
const MOST_BATCHES: usize = 5;
const SMALL: usize = 8;
const MOST_PRODUCTS: f64 = 2.0e7;
/// Eigenvalues below this share of the largest belong to the valley; so much may its direction turn.
const FLAT: f64 = 1e-9;
const TOLERANCE: f64 = 1e-13;
const TAYLOR_ORDER: usize = 16;

impl Statement for ValleyDrift {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let (d, m) = (problem.dim(), problem.batches());
        if !(2..=MOST_BATCHES).contains(&m) || d > SMALL {
            return Err(NotApplicable(format!(
                "a cloud of reshuffled runs is followed for 2 to {MOST_BATCHES} minibatches and at most {SMALL} \
                 parameters, not for {m} and {d}"
            )));
        }
        let valley = Valley::of(problem, settings.horizon)?;
        let mut a = Numeric::new(problem.float());
        let kicks = bracket_squares(&mut a, &valley.start);
        let spreads = norm(&valley.end[d..]) > FLAT * valley.time * norm(&kicks.concat());
        let leg = |cloud: bool| -> Box<dyn Leg> {
            Box::new(Drifting { problem: problem.clone(), valley: valley.clone(), cloud })
        };
        Ok(if spreads { vec![leg(false), leg(true)] } else { vec![leg(false)] })
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some("it is about times that grow like 1/ε, over which no series in ε is cut off")
    }
}

/// Single runs as a whole, or the cloud they make along the valley.
struct Drifting {
    problem: Problem,
    valley: Valley,
    cloud: bool,
}

impl Drifting {
    fn observed(&self, rung: &Rung, twin: Option<&str>) -> Result<Cloud, Obstacle> {
        let mut a = Numeric::new(self.problem.float());
        let (m, eps) = (self.problem.batches(), rung.step_size);
        let start = self.valley.start.clone();
        let mut cloud = Cloud::at(start.clone());
        match twin {
            Some(ONE_ORDER) => {
                let mut ends = Vec::new();
                for order in paths_of(&RandomReshuffling, m) {
                    let mut w = start.clone();
                    for draw in order.iter().cycle().take(m * rung.blocks) {
                        descend(&mut a, draw.batch(), eps, &mut w);
                    }
                    ends.push(w);
                }
                cloud = Cloud::of(&ends, f64::EPSILON * norm(&start) * (rung.blocks as f64).sqrt());
            }
            Some(FULL_BATCH) => {
                let paths = paths_of(&FullBatch, m);
                (0..m * rung.blocks).for_each(|_| cloud.step(&mut a, &paths, eps));
            }
            _ => {
                let paths = paths_of(&RandomReshuffling, m);
                (0..rung.blocks).for_each(|_| cloud.step(&mut a, &paths, eps));
            }
        }
        if norm(&cloud.mean).is_finite() && cloud.covariance.norm().is_finite() {
            Ok(cloud)
        } else {
            let limit = 2.0 / Pace::of(&self.problem)?.rate;
            Err(Obstacle::Diverged { step_size: eps, limit })
        }
    }

    fn coefficients(&self, claim: &[Term]) -> [f64; 2] {
        let stated = claim.first().map_or(0.0, |term| f64::from_ratio(term.coefficient));
        if self.cloud { [0.25, stated] } else { [-stated, 1.0] }
    }

    /// What is predicted of the values, with x and S at the end.
    fn said(&self, rung: &Rung, end: &[f64]) -> Vec<f64> {
        let d = self.problem.dim();
        if self.cloud {
            let squared = rung.step_size * rung.step_size;
            return end[d..].iter().map(|s| squared * s).collect();
        }
        let mut values = end[..d].to_vec();
        values.push(0.0);
        values
    }
}

impl Leg for Drifting {
    fn kind(&self) -> LegKind {
        LegKind::Long
    }

    fn claimed_order(&self) -> f64 {
        if self.cloud { 3.0 } else { 1.0 }
    }

    fn terms(&self) -> Vec<Term> {
        // In the slow time the drift has no power of ε.
        vec![if self.cloud { Term::new(CLOUD, 1, 1, 2) } else { Term::new(DRIFT, -1, 4, 0) }]
    }

    /// ε²mn is the same for all rungs.
    fn rungs(&self) -> Vec<Rung> {
        let m = self.problem.batches() as f64;
        let rung = |blocks: usize| Rung {
            step_size: (self.valley.time / (m * blocks as f64)).sqrt(),
            blocks,
        };
        (0..RUNGS).map(|j| rung(self.valley.blocks << j)).collect()
    }

    /// The mean and, with the mean square of the distance from it, the distance of single runs from any point: the
    /// norm of the error is its root mean square. Of the cloud the covariance along the valley.
    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let Cloud { mean, covariance, floor } = self.observed(rung, twin)?;
        if self.cloud {
            let d = self.problem.dim();
            let along = DMatrix::from_column_slice(d, d, &self.valley.projection);
            let values = &along * covariance * &along;
            return Ok(Observation { values: exact(values.as_slice()), floor });
        }
        let scatter = covariance.trace().max(0.0).sqrt();
        let steps = (rung.blocks * self.problem.batches()) as f64;
        let rounded = f64::EPSILON * norm(&mean) * steps.sqrt();
        let of_scatter = floor / scatter.max(floor.sqrt()).max(f64::MIN_POSITIVE);
        let values: Vec<f64> = mean.iter().copied().chain([scatter]).collect();
        Ok(Observation { values: exact(&values), floor: rounded + of_scatter })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let stated = Variant::stated(self.terms());
        if claim.terms == stated.terms && claim.clock == Ratio::new(1, 1) {
            return Ok(exact(&self.said(rung, &self.valley.end)));
        }
        let time = f64::from_ratio(claim.clock) * self.valley.time;
        let coefficients = self.coefficients(&claim.terms);
        let end = self.valley.followed(&self.problem, coefficients, time)?;
        Ok(exact(&self.said(rung, &end)))
    }

    fn agreement(&self, rung: &Rung, _terms: &[Term]) -> Result<Agreement, Obstacle> {
        let Some(jets) = self.problem.seen::<Jet<f64>>() else {
            let lacking = "the loss is known in f64 only, without jets".to_owned();
            return Ok(Agreement { disagreement: f64::NAN, lacking: Some(lacking) });
        };
        let d = self.problem.dim();
        let mut start = self.valley.start.clone();
        start.resize(d + d * d, 0.0);
        let mut rhs = self.valley.slow(Numeric::new(jets), [0.25, 1.0]);
        let solver = Taylor { order: TAYLOR_ORDER, tolerance: 0.0 };
        let second = solver.integrate(&mut rhs, &start, self.valley.time)?;
        let gap = difference(&self.said(rung, &self.valley.end), &self.said(rung, &second));
        Ok(Agreement { disagreement: norm(&gap), lacking: None })
    }

    fn paths(&self) -> f64 {
        (1..=self.problem.batches()).map(|k| k as f64).product()
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        vec![ONE_ORDER.into(), FULL_BATCH.into()]
    }
}

#[cfg(test)]
mod tests;
