//! How long a leg takes, known before it is measured.

use std::sync::Arc;

use super::{Fed, LARGEST_IN_JETS, Observed, Precision, TrackingLeg};
use crate::flow::{Along, Followed};
use crate::integrate::RightHandSide;
use crate::leg::{Effort, Leg};
use crate::loss::Evaluated;
use crate::sampling::MeanMethod;
use crate::scalar::{Jet, Scalar};

/// What is quicker than this is timed again, in seconds.
const QUICK: f64 = 1e-3;
/// How often that is done.
const AGAIN: usize = 8;

impl<S: Precision> TrackingLeg<S>
where
    Jet<S>: Evaluated + Followed,
{
    /// The processor time of the leg in seconds, under that many `variants` of its claim: the steps of all
    /// paths, rungs and twins, the right-hand sides of all rungs and variants, and those of the second
    /// integrator, each times what one was found to take.
    pub(super) fn seconds(&self, variants: usize) -> f64 {
        let rungs = self.rungs();
        let Some(finest) = rungs.last() else { return 0.0 };
        let tracked = &self.tracked;
        let blocks: usize = rungs.iter().map(|rung| rung.blocks).sum();
        let m = tracked.problem.batches();
        let a_block = |fed: &Fed| steps_of_a_block(fed, m);
        let twins = tracked.twins.iter().map(|(_, twin)| match twin {
            Observed::Fed(fed) => a_block(fed),
            Observed::Optimizer(_) => a_block(&tracked.fed),
        });
        let steps = (a_block(&tracked.fed) + twins.sum::<f64>()) * blocks as f64;
        let predictions = (rungs.len() * variants) as f64;
        let global = usize::from(tracked.global);
        steps * self.step_seconds(finest.step_size)
            + predictions * S::EVALUATIONS[global] * self.field_seconds(finest.step_size)
            + self.second_opinion_seconds(finest.step_size)
    }

    fn step_seconds(&self, eps: f64) -> f64 {
        let optimizer = self.walker.optimizer();
        let draws = self.tracked.fed.sampling.continuations(&[], self.tracked.problem.batches());
        let Some(draw) = draws.first() else { return 0.0 };
        let mut a = self.numeric();
        let state = self.initial(&mut a, optimizer, eps);
        timed(|| {
            let mut state = state.clone();
            optimizer.step(&mut a, &S::from_f64(eps), draw.batch(), &mut state);
        })
    }

    fn field_seconds(&self, eps: f64) -> f64 {
        let coefficients = Self::coefficients(&self.flow.terms(), eps);
        let mut rhs = Along::new(&*self.flow, Arc::clone(&self.loss), coefficients, S::one());
        let (start, mut slope) = (self.start(), vec![S::zero(); self.tracked.problem.dim()]);
        timed(|| rhs.evaluate(S::zero(), &start, &mut slope))
    }

    /// That of one integration in jets, if there is one: extrapolation takes no longer than the first
    /// integrator does over all rungs.
    fn second_opinion_seconds(&self, eps: f64) -> f64 {
        let tracked = &self.tracked;
        let jets = tracked.problem.seen::<Jet<S>>().zip(tracked.flow.seen::<Jet<S>>());
        let dear = tracked.problem.dim() > LARGEST_IN_JETS && !tracked.taylor;
        let Some((loss, flow)) = jets.filter(|_| !(dear && S::HAS_ANOTHER)) else { return 0.0 };
        let coefficients = Self::coefficients(&flow.terms(), eps);
        let mut rhs = Along::new(&*flow, loss, coefficients, Jet::one());
        let order = S::TAYLOR_ORDER;
        // A series whose terms neither vanish nor overflow.
        let series = |y: S| {
            let terms: Vec<S> = (0..order).map(|k| y.scale(f64::powi(0.125, k as i32))).collect();
            Jet::from_coefficients(&terms)
        };
        let start: Vec<Jet<S>> = self.start().into_iter().map(series).collect();
        let mut slope = vec![Jet::zero(); start.len()];
        let one = timed(|| rhs.evaluate(Jet::zero(), &start, &mut slope));
        // The k-th of a step's evaluations takes k² operations for the order² of the last.
        one * order as f64 / 3.0 * S::TAYLOR_STEPS[usize::from(tracked.global)]
    }
}

/// The paths of one block that its mean is taken over, whether each is walked or not.
pub(super) fn paths(fed: &Fed, m: usize) -> f64 {
    match fed.method {
        MeanMethod::ReversedPairs { count, .. } => 2.0 * count as f64,
        MeanMethod::Tree | MeanMethod::Kept | MeanMethod::Subsets => fed.sampling.paths(m),
    }
}

/// The steps that the mean over one block takes.
fn steps_of_a_block(fed: &Fed, m: usize) -> f64 {
    let (steps, paths) = (fed.sampling.steps(m) as f64, fed.sampling.paths(m));
    match fed.method {
        MeanMethod::Subsets => m as f64 * f64::powi(2.0, m as i32 - 1),
        MeanMethod::ReversedPairs { count, .. } => 2.0 * count as f64 * steps,
        MeanMethod::Kept => steps * paths,
        MeanMethod::Tree if paths <= 1.0 => steps,
        // Paths share prefixes: most steps are the last ones.
        MeanMethod::Tree => 2.0 * paths,
    }
}

/// The processor time of `work` in seconds, the least of a few where it is short; 0 where the system does not
/// tell.
fn timed(mut work: impl FnMut()) -> f64 {
    let mut once = || {
        let effort = Effort::default();
        effort.spend(&mut work);
        effort.seconds()
    };
    let first = once();
    let least =
        if first < QUICK { (0..AGAIN).map(|_| once()).fold(first, f64::min) } else { first };
    if least.is_finite() { least } else { 0.0 }
}
