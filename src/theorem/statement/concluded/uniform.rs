//! One epoch of more and more minibatches in the same time: the defect is O(ε(mε)²), however many there are.

use std::borrow::Cow;

use super::super::{NotApplicable, Statement};
use super::reference::{agreement_on, end_of};
use super::spread::descend;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{BatchPenalty, Term};
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::scalar::{DoubleDouble, Scalar};
use crate::theorem::Settings;

/// The mean over all orders of an epoch of m steps is within A ε (mε)² of the flow of C̃_SGD for the time mε,
/// with A independent of m, for minibatches whose derivatives are bounded uniformly and mε ≤ h₀.
///
/// Here the m minibatches are r copies of each minibatch of a quadratic, so C and the penalty are what they were.
/// One leg keeps h = mε fixed, and the defect falls like ε; in the other h falls too, with ε = h²/c, and it
/// falls like h⁴, where O((mε)³), the best that holds for one order or is known without a cancellation, would
/// give h³ or less.
#[derive(Clone, Copy, Debug, Default)]
pub struct UniformInBatches;

const PENALTY: &str = "batch penalty";
const SORTED: &str = "keep one order, sorted by minibatch";
/// L times the time of an epoch, fixed or at the coarsest rung.
const SPAN: f64 = 0.2;
/// Copies of every minibatch.
const COPIES: [usize; 7] = [12, 17, 24, 34, 48, 68, 96];
/// The most states of the recursion over how many of each are left.
const MOST_STATES: f64 = 1.0e6;
/// The most parameters.
const SMALL: usize = 24;
/// The largest share that ε² h may have beside ε h² at the fewest steps.
const MOST_OF_THE_STEPS: f64 = 1.0;

impl Statement for UniformInBatches {
    fn legs(
        &self,
        problem: &Problem,
        _settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let kinds = problem.batches();
        if !problem.float().is_quadratic() {
            return Err(NotApplicable(format!(
                "the mean over the orders of many minibatches is followed on quadratics, and {} is none",
                problem.name()
            )));
        }
        let states = COPIES.last().map_or(0.0, |r| (*r as f64 + 1.0).powi(kinds as i32));
        if kinds < 2 || states > MOST_STATES || problem.dim() > SMALL {
            return Err(NotApplicable(format!(
                "copies of 2 or 3 minibatches are followed, in at most {SMALL} parameters; {} has {kinds} \
                 minibatches and {} parameters",
                problem.name(),
                problem.dim()
            )));
        }
        let least = COPIES[0] * kinds;
        let (uniform, steps) = parts_of_the_defect(problem);
        let share = norm(&steps) / (least as f64 * norm(&uniform));
        // Where neither has any effect the share is NaN.
        if share > MOST_OF_THE_STEPS || share.is_nan() {
            return Err(NotApplicable(format!(
                "the minibatches of {} are so alike that the error of the steps themselves, which falls faster, is \
                 {share:.2} of what is uniform in m at m = {least}, above {MOST_OF_THE_STEPS}",
                problem.name()
            )));
        }
        let pace = Pace::of(problem);
        let leg = |joint: bool| -> Box<dyn Leg> {
            Box::new(Epochs { problem: problem.clone(), pace: pace.clone(), joint })
        };
        Ok(vec![leg(false), leg(true)])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(
            "it is about all numbers of minibatches at once; for each of them random-reshuffling is proved",
        )
    }
}

/// u and v of the term ε²(mu − v) of the mean field at the start of a quadratic, whose time h makes of them ε h² u,
/// which is uniform in m, and ε² h v of the steps themselves:
/// u = ⟨H_k(2Hg_k − H_kg − ⟨H_lg_l⟩)⟩/12 and v = ⟨H_k²g_k⟩/3.
fn parts_of_the_defect(problem: &Problem) -> (Vec<f64>, Vec<f64>) {
    let mut a = Numeric::new(problem.float());
    let (kinds, w) = (problem.batches(), &problem.start().as_slice().to_vec());
    let whole = a.gradient(Batch::Full, w);
    let gradients: Vec<_> = (0..kinds).map(|k| a.gradient(Batch::One(k), w)).collect();
    let bends: Vec<_> =
        (0..kinds).map(|k| a.hessian_vector(Batch::One(k), w, &gradients[k])).collect();
    let (mut uniform, mut steps) = (vec![0.0; w.len()], vec![0.0; w.len()]);
    for k in 0..kinds {
        let mut inner = a.hessian_vector(Batch::Full, w, &gradients[k]);
        let own = a.hessian_vector(Batch::One(k), w, &whole);
        for (i, x) in inner.iter_mut().enumerate() {
            let mean = bends.iter().map(|bend| bend[i]).sum::<f64>() / kinds as f64;
            *x = 2.0 * *x - own[i] - mean;
        }
        let outer = a.hessian_vector(Batch::One(k), w, &inner);
        let twice = a.hessian_vector(Batch::One(k), w, &bends[k]);
        let share = 1.0 / kinds as f64;
        uniform.iter_mut().zip(&outer).for_each(|(sum, x)| *sum += share * x / 12.0);
        steps.iter_mut().zip(&twice).for_each(|(sum, x)| *sum += share * x / 3.0);
    }
    (uniform, steps)
}

struct Epochs {
    problem: Problem,
    pace: Result<Pace, Obstacle>,
    /// Whether the time of the epoch falls too, or is fixed.
    joint: bool,
}

impl Epochs {
    /// The number m of steps of the epoch.
    fn steps(&self, rung: &Rung) -> f64 {
        (rung.blocks * self.problem.batches()) as f64
    }

    /// ε: the ladder's own parameter, or, where that is the time h of the epoch, h/m.
    fn eps(&self, rung: &Rung) -> f64 {
        if self.joint { rung.step_size / self.steps(rung) } else { rung.step_size }
    }

    fn claimed(&self, rung: &Rung, terms: &[Term]) -> Vec<f64> {
        // The leg of a fixed time knows no coefficient: its error is as large as the penalty.
        let quarter = terms.first().map_or(0.25, |term| f64::from_ratio(term.coefficient));
        vec![quarter * self.eps(rung)]
    }
}

/// The mean over all orders of `copies` steps on each of `kinds` minibatches, for affine steps: over the orders of
/// n_k steps on the minibatch k it is v_n = Σ_k (n_k/|n|) step_k(v_{n − e_k}), since the last is on k with that
/// chance.
///
/// The steps on the first minibatch are counted outside: two planes of states are kept.
fn mean_over_orders(
    a: &mut Numeric<f64>,
    eps: f64,
    start: &[f64],
    copies: usize,
    kinds: usize,
) -> Vec<f64> {
    let (d, base) = (start.len(), copies + 1);
    let states = base.pow(kinds.saturating_sub(1) as u32);
    let (mut before, mut plane) = (vec![0.0; states * d], vec![0.0; states * d]);
    let mut next = start.to_vec();
    for first in 0..base {
        for state in 0..states {
            let (mut mean, mut all) = (vec![0.0; d], 0);
            let (mut unit, mut rest) = (1, state);
            for k in 0..kinds {
                let taken = if k == 0 { first } else { rest % base };
                if taken > 0 {
                    let from =
                        if k == 0 { &before[state * d..] } else { &plane[(state - unit) * d..] };
                    next.copy_from_slice(&from[..d]);
                    descend(a, Batch::One(k), eps, &mut next);
                    mean.iter_mut().zip(&next).for_each(|(m, x)| *m += taken as f64 * x);
                    all += taken;
                }
                if k > 0 {
                    unit *= base;
                    rest /= base;
                }
            }
            let end = &mut plane[state * d..(state + 1) * d];
            if all == 0 {
                end.copy_from_slice(start);
            } else {
                end.iter_mut().zip(&mean).for_each(|(end, sum)| *end = sum / all as f64);
            }
        }
        std::mem::swap(&mut before, &mut plane);
    }
    before.split_off((states - 1) * d)
}

impl Leg for Epochs {
    fn kind(&self) -> LegKind {
        if self.joint { LegKind::Uniform } else { LegKind::Epoch }
    }

    fn claimed_order(&self) -> f64 {
        if self.joint { 4.0 } else { 1.0 }
    }

    fn terms(&self) -> Vec<Term> {
        // In the time h of the epoch ε is h²/c, and so is what comes with it.
        if self.joint { vec![Term::new(PENALTY, 1, 4, 2)] } else { Vec::new() }
    }

    /// Copies are counted in `blocks`.
    fn rungs(&self) -> Vec<Rung> {
        let time = SPAN / self.pace.as_ref().map_or(1.0, |pace| pace.rate);
        let fewest = COPIES[0] as f64;
        let rung = |&blocks: &usize| {
            let step_size = if self.joint {
                time * fewest / blocks as f64
            } else {
                time / (blocks * self.problem.batches()) as f64
            };
            Rung { step_size, blocks }
        };
        COPIES.iter().map(rung).collect()
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let rate = self.pace.as_ref().map_err(Clone::clone)?.rate;
        let mut a = Numeric::new(self.problem.float());
        let (kinds, eps) = (self.problem.batches(), self.eps(rung));
        let start = self.problem.start().as_slice().to_vec();
        let end = if twin == Some(SORTED) {
            let mut w = start;
            for k in 0..kinds {
                (0..rung.blocks).for_each(|_| descend(&mut a, Batch::One(k), eps, &mut w));
            }
            w
        } else {
            mean_over_orders(&mut a, eps, &start, rung.blocks, kinds)
        };
        if !norm(&end).is_finite() {
            return Err(Obstacle::Diverged { step_size: eps, limit: 2.0 / rate });
        }
        let floor = f64::EPSILON * norm(&end).max(f64::MIN_POSITIVE) * self.steps(rung).sqrt();
        Ok(Observation { values: exact(&end), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let time = f64::from_ratio(claim.clock) * self.eps(rung) * self.steps(rung);
        let coefficients = self.claimed(rung, &claim.terms);
        let start = self.problem.start().as_slice();
        Ok(exact(&end_of(&BatchPenalty::default(), &self.problem, &coefficients, start, time)?))
    }

    fn agreement(&self, rung: &Rung, terms: &[Term]) -> Result<Agreement, Obstacle> {
        let time = self.eps(rung) * self.steps(rung);
        let coefficients = self.claimed(rung, terms);
        let start = self.problem.start().as_slice();
        agreement_on(&BatchPenalty::default(), &self.problem, &coefficients, start, time)
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        vec![SORTED.into()]
    }
}

#[cfg(test)]
mod tests;
