//! How small steps must be for a claim with large constants, beside what the loss asks for.
//!
//! A series in ε says something where its terms are small beside the first. The rate L of a loss knows nothing of
//! the constants of a claim: ascent by ρε inside a step adds ρε H g, which at ε L = 0.2 is as large as the gradient
//! itself for ρ = 5, and there the errors of a true claim follow no power.

use crate::arithmetic::Numeric;
use crate::flow::Flow;
use crate::leg::{Obstacle, Pace};
use crate::loss::Problem;
use crate::measure::norm;
use crate::optimizer::{Optimizer, State, Steps};
use crate::sampling::{Draw, Sampling};
use crate::scalar::Scalar;

/// Halvings of the coarsest step size that are tried.
const HALVINGS: usize = 40;
/// Products of a power iteration: of the scale alone is asked.
const PRODUCTS: usize = 4;
/// The relative step of a difference.
const DIFFERENCE: f64 = 1e-6;
/// The part of a step size at which a method shows its limit.
const MUCH_SMALLER: f64 = 1.0 / 4096.0;
/// The steps of a memory that are run, at most.
const REMEMBERED: usize = 4;

/// What is claimed of which method.
pub(super) struct Scaled<'a> {
    pub(super) problem: &'a Problem,
    pub(super) optimizer: &'a dyn Optimizer<Numeric<f64>>,
    pub(super) flow: &'a dyn Flow<Numeric<f64>>,
    pub(super) sampling: &'a dyn Sampling,
}

impl Scaled<'_> {
    /// The pace with its rate doubled until steps are small at the coarsest step size of a local ladder; as it is if
    /// forty doublings do not help.
    ///
    /// Small means: the terms of the claim stretch neighbouring points no faster than the loss does,
    /// ‖D(F(ε) − F(0))‖ ≤ L; a block moves them by no more than their distance, ‖Dw₁ − I‖ ≤ 1; and it does so at
    /// nearly the rate that it has at much smaller ε, where a gradient far uphill has not levelled off.
    ///
    /// # Errors
    /// [`Obstacle::TwoAnswers`] if the method or the flow changes while it is looked at.
    pub(super) fn pace(&self, pace: Pace) -> Result<Pace, Obstacle> {
        let coarsest = |pace: &Pace| {
            pace.local_ladder(self.sampling.steps(self.problem.batches()))[0].step_size
        };
        let doubled = |k: usize| Pace { rate: pace.rate * f64::powi(2.0, k as i32), ..pace };
        let small = |faster: &Pace| {
            let eps = coarsest(faster);
            self.terms_stretch(eps) <= pace.rate && self.blocks_are_small(eps, pace.memory)
        };
        let step_size = coarsest(&pace);
        let before = self.shown(step_size);
        let found = (0..=HALVINGS).map(doubled).find(small).unwrap_or(pace);
        let after = self.shown(step_size);
        let parts = ["method", "flow"].into_iter().zip(before.iter().zip(&after));
        let bit = |x: &f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        let bits = |v: &[f64]| v.iter().map(bit).collect::<Vec<_>>();
        for (part, (first, again)) in parts {
            if bits(first) != bits(again) {
                return Err(Obstacle::TwoAnswers { step_size, part });
            }
        }
        Ok(found)
    }

    /// How a block moves the start, and the field that is claimed there.
    fn shown(&self, eps: f64) -> [Vec<f64>; 2] {
        let (start, draws) = (self.problem.start().as_slice(), self.draws());
        let mut a = Numeric::new(self.problem.float());
        let moved = self.rate(&mut a, &draws.iter().collect::<Vec<_>>(), eps, start);
        let stated = self.coefficients(eps);
        [moved, self.flow.field(&mut a, &stated, &0.0, &start.to_vec())]
    }

    fn coefficients(&self, eps: f64) -> Vec<f64> {
        let terms = self.flow.terms();
        terms.iter().map(|t| f64::from_ratio(t.coefficient) * eps.powi(t.power as i32)).collect()
    }

    /// The draws of one block of some path.
    fn draws(&self) -> Vec<Draw> {
        let mut draws = Vec::new();
        while let Some(draw) =
            self.sampling.continuations(&draws, self.problem.batches()).into_iter().next()
        {
            draws.push(draw);
        }
        draws
    }

    /// That the ladder of a fixed time that was chosen ends where steps are small for this `pace`.
    pub(super) fn reaches(&self, pace: Pace, horizon: f64) -> Result<(), Obstacle> {
        let steps = self.sampling.steps(self.problem.batches());
        let (limit, rungs) =
            (pace.local_ladder(steps)[0].step_size, pace.global_ladder(steps, horizon));
        match rungs.last() {
            Some(finest) if finest.step_size > limit => {
                Err(Obstacle::TooStrong { step_size: finest.step_size, limit })
            }
            _ => Ok(()),
        }
    }

    /// ‖D(F(ε) − F(0))‖ at the start, roughly; 0 for a claim without terms.
    fn terms_stretch(&self, eps: f64) -> f64 {
        let terms = self.flow.terms();
        if terms.is_empty() {
            return 0.0;
        }
        let (stated, none) = (self.coefficients(eps), vec![0.0; terms.len()]);
        let mut a = Numeric::new(self.problem.float());
        let mut correction = |w: &[f64]| {
            let w = w.to_vec();
            let with = self.flow.field(&mut a, &stated, &0.0, &w);
            let without = self.flow.field(&mut a, &none, &0.0, &w);
            with.iter().zip(&without).map(|(x, y)| x - y).collect()
        };
        self.stretch(&mut correction)
    }

    /// What is asked of one block of some path, or as many as memory asks for: ‖Dw₁ − I‖ ≤ 1, and with
    /// Φ(ε) = (w₁ − w)/ε no more than ‖D(Φ(ε) − Φ(ε'))‖ ≤ ½ ‖DΦ(ε')‖ for ε' ≪ ε.
    fn blocks_are_small(&self, eps: f64, memory: usize) -> bool {
        let block = self.draws();
        let count = block.len() * memory.min(REMEMBERED);
        let draws: Vec<&Draw> = block.iter().cycle().take(count).collect();
        let mut a = Numeric::new(self.problem.float());
        let mut rate = |eps: f64, w: &[f64]| self.rate(&mut a, &draws, eps, w);
        let fine = eps * MUCH_SMALLER;
        let coarse = self.stretch(&mut |w| rate(eps, w));
        let limit = self.stretch(&mut |w| rate(fine, w));
        let change = self.stretch(&mut |w| {
            let slow = rate(fine, w);
            rate(eps, w).iter().zip(&slow).map(|(x, y)| x - y).collect()
        });
        eps * coarse <= 1.0 && change <= limit / 2.0
    }

    /// (w₁ − w)/ε after these draws from `w`.
    fn rate(&self, a: &mut Numeric<f64>, draws: &[&Draw], eps: f64, w: &[f64]) -> Vec<f64> {
        let start = w.to_vec();
        let memory = self.optimizer.initial_memory(a, &eps, &start);
        let mut state = State { w: start, memory, steps: Steps::default() };
        for draw in draws {
            self.optimizer.step(a, &eps, draw.batch(), &mut state);
            state.steps.advance();
        }
        state.w.iter().zip(w).map(|(x, y)| (x - y) / eps).collect()
    }

    /// ‖DG‖ at the start, roughly: by a power iteration on differences, and infinite where they are not finite.
    fn stretch(&self, map: &mut dyn FnMut(&[f64]) -> Vec<f64>) -> f64 {
        let start = self.problem.start().as_slice();
        let here = map(start);
        let h = DIFFERENCE * (1.0 + norm(start));
        let mut v: Vec<f64> =
            (0..start.len()).map(|i| 1.0 + 0.5 * (1.7 * (i + 1) as f64).sin()).collect();
        let mut size = 0.0;
        for _ in 0..PRODUCTS {
            let length = norm(&v);
            let there: Vec<f64> = start.iter().zip(&v).map(|(w, v)| w + h * v / length).collect();
            v = map(&there).iter().zip(&here).map(|(x, y)| (x - y) / h).collect();
            size = norm(&v);
            if !size.is_finite() {
                return f64::INFINITY;
            }
            if size <= 0.0 {
                break;
            }
        }
        size
    }
}
