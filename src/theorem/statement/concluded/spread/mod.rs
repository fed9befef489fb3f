//! The spread of shuffled runs: ε⁴K after one epoch and ε³S at a fixed time, where independent draws spread by ε.

mod brackets;
mod cloud;
mod growth;

use std::borrow::Cow;

pub(super) use brackets::bracket_squares;
pub(super) use cloud::{Cloud, descend, paths_of};

use self::growth::{Growth, followed};
use super::super::{NotApplicable, Statement};
use crate::arithmetic::Numeric;
use crate::flow::Term;
use crate::integrate::Taylor;
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::sampling::{IndependentDraws, RandomReshuffling};
use crate::scalar::{DoubleDouble, Jet, Ratio, Scalar};
use crate::theorem::Settings;

/// The covariance over all orders of one epoch from one point is ε⁴K + O(ε⁵), with
/// K = (1/12) Σ_j R_jR_jᵀ + (1/24) Σ_{j,k} B_jkB_jkᵀ, B_jk = [g_j, g_k] and R_j = Σ_k B_jk.
///
/// Source: derived here; the brackets are those of one order, Smith, Dherin, Barrett & De 2021, arXiv 2101.12176.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpreadOfOneEpoch;

/// The covariance of reshuffled runs at a fixed time, each epoch in a fresh order, is ε³S + O(ε⁴) with
/// S′ = −HS − SH + K/m along w′ = −g, S(0) = 0.
///
/// Both moments come from the closed map, which is exact on quadratics and elsewhere differs by O(ε⁵).
#[derive(Clone, Copy, Debug, Default)]
pub struct SpreadAtFixedTime;

/// The most minibatches whose orders are listed.
const MOST_BATCHES: usize = 6;
/// The most parameters whose covariance is followed through time.
const SMALL: usize = 8;
/// Gradients and products with Hessians that the ladder of a fixed time may take.
const MOST_PRODUCTS: f64 = 2.0e6;
const WITH_REPLACEMENT: &str = "sample with replacement";
const ONE_ORDER: &str = "keep one order for ever";
const ROWS: &str = "Σ R_jR_jᵀ";
const PAIRS: &str = "Σ B_jkB_jkᵀ";
const BOTH: &str = "K";
/// Parts of K whose cosine is nearer to 1 than this are taken together.
const ALIKE: f64 = 1e-7;
const TOLERANCE: f64 = 1e-13;
const TAYLOR_ORDER: usize = 16;

fn orders_of(problem: &Problem) -> Result<(), NotApplicable> {
    let m = problem.batches();
    if m < 2 {
        return Err(NotApplicable("one minibatch has one order, and no spread".to_owned()));
    }
    if m > MOST_BATCHES {
        return Err(NotApplicable(format!(
            "a covariance is taken over all orders of at most {MOST_BATCHES} minibatches, not of {m}"
        )));
    }
    Ok(())
}

/// Why it has no proof in series.
const UNPROVABLE: &str = "a covariance is no vector field";

impl Statement for SpreadOfOneEpoch {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        orders_of(problem)?;
        Ok(vec![Box::new(Spreading {
            problem: problem.clone(),
            pace: Pace::of(problem),
            horizon: settings.horizon,
            at_fixed_time: None,
            apart: parts_differ(problem),
        })])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(UNPROVABLE)
    }
}

impl Statement for SpreadAtFixedTime {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        orders_of(problem)?;
        let (d, m) = (problem.dim(), problem.batches());
        let orders: usize = (1..=m).product();
        let products = (orders * m * (d + 1) * Pace::GLOBAL_BLOCKS) as f64;
        if d > SMALL || products > MOST_PRODUCTS {
            return Err(NotApplicable(format!(
                "the covariance is followed through time for at most {SMALL} parameters and \
                 {MOST_PRODUCTS:.0e} products with a Hessian; {d} parameters and {m} minibatches take {products:.0e}"
            )));
        }
        let pace = Pace::of(problem);
        let time = pace.clone().unwrap_or_default().horizon(settings.horizon);
        let reference = problem.once(time.to_bits(), || Reference(followed(problem, time)));
        Ok(vec![Box::new(Spreading {
            problem: problem.clone(),
            pace,
            horizon: settings.horizon,
            at_fixed_time: Some(reference),
            apart: parts_differ(problem),
        })])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(UNPROVABLE)
    }
}

/// The two parts of S at the horizon, with the coefficient 1.
#[derive(Clone)]
struct Reference(Result<Vec<f64>, Obstacle>);

/// One epoch, or a fixed time with the two parts of S there.
struct Spreading {
    problem: Problem,
    pace: Result<Pace, Obstacle>,
    horizon: Option<f64>,
    at_fixed_time: Option<Reference>,
    /// Whether the two parts of K can be told apart; else K is one term.
    apart: bool,
}

/// Whether the two parts of K differ by more than a factor at the start: not for two minibatches, which have one
/// bracket, nor where all brackets have one direction.
fn parts_differ(problem: &Problem) -> bool {
    let mut a = Numeric::new(problem.float());
    let [rows, pairs] = bracket_squares(&mut a, &problem.start().as_slice().to_vec());
    let product: f64 = rows.iter().zip(&pairs).map(|(x, y)| x * y).sum();
    product < (1.0 - ALIKE) * norm(&rows) * norm(&pairs)
}

impl Spreading {
    /// The coefficients of the two parts of K.
    fn weights(&self, claim: &Variant) -> [f64; 2] {
        let coefficient = |k: usize| f64::from_ratio(claim.terms[k].coefficient);
        if self.apart {
            [coefficient(0), coefficient(1)]
        } else {
            [coefficient(0) / 12.0, coefficient(0) / 24.0]
        }
    }

    /// The moments after the rung's blocks, or the obstacle that they left the finite numbers.
    fn cloud(&self, rung: &Rung, twin: Option<&str>) -> Result<Cloud, Obstacle> {
        let rate = self.pace.as_ref().map_err(Clone::clone)?.rate;
        let mut a = Numeric::new(self.problem.float());
        let (m, eps) = (self.problem.batches(), rung.step_size);
        let start = self.problem.start().as_slice().to_vec();
        let cloud = match twin {
            Some(ONE_ORDER) => {
                let mut ends = Vec::new();
                for order in paths_of(&RandomReshuffling, m) {
                    let mut w = start.clone();
                    for draw in order.iter().cycle().take(m * rung.blocks) {
                        descend(&mut a, draw.batch(), eps, &mut w);
                    }
                    ends.push(w);
                }
                let steps = (m * rung.blocks) as f64;
                Cloud::of(&ends, f64::EPSILON * norm(&start) * steps.sqrt())
            }
            Some(WITH_REPLACEMENT) => {
                // Independent draws: a block may be cut into single steps.
                let paths = paths_of(&IndependentDraws { steps: 1 }, m);
                let mut cloud = Cloud::at(start);
                (0..m * rung.blocks).for_each(|_| cloud.step(&mut a, &paths, eps));
                cloud
            }
            _ => {
                let paths = paths_of(&RandomReshuffling, m);
                let mut cloud = Cloud::at(start);
                (0..rung.blocks).for_each(|_| cloud.step(&mut a, &paths, eps));
                cloud
            }
        };
        if norm(&cloud.mean).is_finite() && cloud.covariance.norm().is_finite() {
            Ok(cloud)
        } else {
            Err(Obstacle::Diverged { step_size: eps, limit: 2.0 / rate })
        }
    }

    fn time(&self, rung: &Rung) -> f64 {
        rung.step_size * (self.problem.batches() * rung.blocks) as f64
    }
}

impl Leg for Spreading {
    fn kind(&self) -> LegKind {
        if self.at_fixed_time.is_some() { LegKind::Global } else { LegKind::Epoch }
    }

    fn claimed_order(&self) -> f64 {
        if self.at_fixed_time.is_some() { 4.0 } else { 5.0 }
    }

    fn terms(&self) -> Vec<Term> {
        if self.apart {
            vec![Term::new(ROWS, 1, 12, 3), Term::new(PAIRS, 1, 24, 3)]
        } else {
            vec![Term::new(BOTH, 1, 1, 3)]
        }
    }

    fn rungs(&self) -> Vec<Rung> {
        let pace = self.pace.clone().unwrap_or_default();
        let m = self.problem.batches();
        if self.at_fixed_time.is_some() {
            pace.global_ladder(m, pace.horizon(self.horizon))
        } else {
            pace.local_ladder(m)
        }
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let cloud = self.cloud(rung, twin)?;
        Ok(Observation { values: exact(cloud.covariance.as_slice()), floor: cloud.floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let [rows, pairs] = self.weights(claim);
        let clock = f64::from_ratio(claim.clock);
        let cubed = rung.step_size.powi(3);
        let combined = |parts: [&[f64]; 2], unit: f64| -> Vec<f64> {
            let sum = parts[0].iter().zip(parts[1]).map(|(x, y)| rows * x + pairs * y);
            sum.map(|x| unit * x).collect()
        };
        let Some(reference) = &self.at_fixed_time else {
            let mut a = Numeric::new(self.problem.float());
            let [first, second] =
                bracket_squares(&mut a, &self.problem.start().as_slice().to_vec());
            // K/m for the time mε.
            let share = self.time(rung) * clock / self.problem.batches() as f64;
            return Ok(exact(&combined([&first, &second], cubed * share)));
        };
        let parts = if claim.clock == Ratio::new(1, 1) {
            reference.0.clone()?
        } else {
            followed(&self.problem, clock * self.time(rung))?
        };
        let (first, second) = parts.split_at(parts.len() / 2);
        Ok(exact(&combined([first, second], cubed)))
    }

    fn agreement(&self, rung: &Rung, terms: &[Term]) -> Result<Agreement, Obstacle> {
        let Some(reference) = &self.at_fixed_time else {
            return Ok(Agreement { disagreement: 0.0, lacking: None });
        };
        let Some(jets) = self.problem.seen::<Jet<f64>>() else {
            let lacking = "the loss is known in f64 only, without jets".to_owned();
            return Ok(Agreement { disagreement: f64::NAN, lacking: Some(lacking) });
        };
        let first = reference.0.clone()?;
        let d = self.problem.dim();
        let mut rhs = Growth { arithmetic: Numeric::new(jets) };
        let mut start = self.problem.start().as_slice().to_vec();
        start.resize(d + 2 * d * d, 0.0);
        let solver = Taylor { order: TAYLOR_ORDER, tolerance: 0.0 };
        let second = solver.integrate(&mut rhs, &start, self.time(rung))?;
        let gap: Vec<f64> = first.iter().zip(&second[d..]).map(|(x, y)| x - y).collect();
        let [rows, pairs] = self.weights(&Variant::stated(terms.to_vec()));
        let unit = rung.step_size.powi(3) * (rows.abs() + pairs.abs());
        Ok(Agreement { disagreement: unit * norm(&gap), lacking: None })
    }

    fn paths(&self) -> f64 {
        (1..=self.problem.batches()).map(|k| k as f64).product()
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        let mut twins = vec![WITH_REPLACEMENT.into()];
        if self.at_fixed_time.is_some() {
            twins.push(ONE_ORDER.into());
        }
        twins
    }
}

#[cfg(test)]
mod tests;
