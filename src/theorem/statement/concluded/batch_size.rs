//! Batches of another size with the step scaled alike: what of the penalty depends on ε/B alone, and what does not.

use std::borrow::Cow;

use super::super::{NotApplicable, Statement};
use super::reference::{agreement_on, difference, end_of};
use crate::arithmetic::Numeric;
use crate::flow::{Repartitioned, Term};
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::optimizer::{GradientDescent, State, Steps};
use crate::sampling::{MeanMethod, Repartition, block_means};
use crate::scalar::{DoubleDouble, Scalar};
use crate::theorem::Settings;

/// Examples dealt into new batches of B every epoch, with the step ε = ηB: an epoch takes the time ηN whatever
/// B, and the mean tracks C + (η/4)[B‖g‖² + ((N − B)/(N − 1)) Γ]. Compared are two sizes B < B′ at one η, in
/// the difference of their means: C itself drops out, and what is left is the dependence on B.
///
/// So the second penalty depends on ε/B alone, up to the factor (N − B)/(N − 1).
///
/// Source: Smith, Dherin, Barrett & De 2021, arXiv 2101.12176, for the modified loss.
#[derive(Clone, Copy, Debug, Default)]
pub struct BatchSize;

const PENALTY: &str = "gradient penalty";
const DISAGREEMENT: &str = "example disagreement";
const ROOT: &str = "scale the step by the root of the batch size";

impl Statement for BatchSize {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let sizes = match problem.batches() {
            4 => [1, 2],
            6 => [2, 3],
            n => {
                return Err(NotApplicable(format!(
                    "two sizes of batches are dealt from 4 or 6 components, not from {n}"
                )));
            }
        };
        let pace = Pace::of(problem);
        let leg = |global: bool| -> Box<dyn Leg> {
            Box::new(TwoSizes {
                problem: problem.clone(),
                pace: pace.clone(),
                horizon: global.then(|| pace.clone().unwrap_or_default().horizon(settings.horizon)),
                sizes,
            })
        };
        Ok(vec![leg(false), leg(true)])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(
            "it is about the difference of two runs with different steps; each of them is proved as repartition",
        )
    }
}

struct TwoSizes {
    problem: Problem,
    pace: Result<Pace, Obstacle>,
    /// The fixed time, or one epoch.
    horizon: Option<f64>,
    /// B and B′.
    sizes: [usize; 2],
}

impl TwoSizes {
    fn start(&self) -> &[f64] {
        self.problem.start().as_slice()
    }

    /// The flow for batches of `size`, and the coefficients of ‖g‖² and Γ at the rung's η.
    fn flow(&self, rung: &Rung, claim: &[Term], size: usize) -> (Repartitioned, Vec<f64>) {
        let n = self.problem.batches();
        let factors = [size as f64, (n - size) as f64 / (n - 1) as f64];
        let coefficients = (claim.iter().zip(factors))
            .map(|(term, factor)| f64::from_ratio(term.coefficient) * factor * rung.step_size);
        (Repartitioned { examples: n, batch_size: size }, coefficients.collect())
    }

    fn time(&self, rung: &Rung) -> f64 {
        rung.step_size * (self.problem.batches() * rung.blocks) as f64
    }

    /// The mean after the rung's epochs with batches of `size` and this step size.
    fn mean(&self, rung: &Rung, size: usize, eps: f64) -> Result<Vec<f64>, Obstacle> {
        let rate = self.pace.as_ref().map_err(Clone::clone)?.rate;
        let mut a = Numeric::new(self.problem.float());
        let state = State { w: self.start().to_vec(), memory: Vec::new(), steps: Steps::default() };
        let sampling = Repartition { batch_size: size };
        let (method, blocks) = (MeanMethod::Tree, rung.blocks);
        let walker = GradientDescent.into();
        block_means(&mut a, &walker, &sampling, method, eps, state, blocks)
            .map(|end| end.w)
            .ok_or(Obstacle::Diverged { step_size: eps, limit: 2.0 / rate })
    }
}

impl Leg for TwoSizes {
    fn kind(&self) -> LegKind {
        if self.horizon.is_some() { LegKind::Global } else { LegKind::Epoch }
    }

    fn claimed_order(&self) -> f64 {
        if self.horizon.is_some() { 2.0 } else { 3.0 }
    }

    fn terms(&self) -> Vec<Term> {
        vec![Term::new(PENALTY, 1, 4, 1), Term::new(DISAGREEMENT, 1, 4, 1)]
    }

    /// The step size of a rung is η = ε/B.
    fn rungs(&self) -> Vec<Rung> {
        let pace = self.pace.clone().unwrap_or_default();
        let n = self.problem.batches();
        match self.horizon {
            Some(horizon) => pace.global_ladder(n, horizon),
            None => pace.local_ladder(n),
        }
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let [small, large] = self.sizes;
        let (few, many) = (small as f64, large as f64);
        let step = if twin == Some(ROOT) { (few * many).sqrt() } else { many };
        let one = self.mean(rung, small, few * rung.step_size)?;
        let other = self.mean(rung, large, step * rung.step_size)?;
        let steps = (self.problem.batches() * rung.blocks) as f64;
        let floor = f64::EPSILON * norm(&one).max(norm(&other)) * steps.sqrt();
        Ok(Observation { values: exact(&difference(&other, &one)), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let time = f64::from_ratio(claim.clock) * self.time(rung);
        let [one, other] = self.sizes.map(|size| {
            let (flow, coefficients) = self.flow(rung, &claim.terms, size);
            end_of(&flow, &self.problem, &coefficients, self.start(), time)
        });
        Ok(exact(&difference(&other?, &one?)))
    }

    fn agreement(&self, rung: &Rung, terms: &[Term]) -> Result<Agreement, Obstacle> {
        let mut both = Agreement { disagreement: 0.0, lacking: None };
        for size in self.sizes {
            let (flow, coefficients) = self.flow(rung, terms, size);
            let time = self.time(rung);
            let one = agreement_on(&flow, &self.problem, &coefficients, self.start(), time)?;
            both.disagreement += one.disagreement;
            both.lacking = both.lacking.or(one.lacking);
        }
        Ok(both)
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        vec![ROOT.into()]
    }
}

#[cfg(test)]
mod tests;
