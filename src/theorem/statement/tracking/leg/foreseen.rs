//! How long a leg takes, known before it is measured.

use std::sync::Arc;

use super::{Fed, LARGEST_IN_JETS, Observed, Precision, Tracked, TrackingLeg};
use crate::flow::{Along, Followed};
use crate::integrate::RightHandSide;
use crate::leg::{Effort, Leg, Rung};
use crate::loss::Evaluated;
use crate::sampling::MeanMethod;
use crate::scalar::{Jet, Scalar};

/// What takes longer than this is timed once, in seconds.
const LONG: f64 = 1.0;
/// What is shorter is timed again, at most that often,
const AGAIN: usize = 8;
/// and no more than once after that many seconds.
const ENOUGH: f64 = 1e-2;

impl<S: Precision> TrackingLeg<S>
where
    Jet<S>: Evaluated + Followed,
{
    /// The processor time of the leg in seconds, under that many `variants` of its claim: what it computes, times
    /// what each was found to take.
    pub(super) fn seconds(&self, variants: usize) -> f64 {
        let rungs = self.rungs();
        let Some(finest) = rungs.last() else { return 0.0 };
        let work = self.tracked.work(&rungs, variants, S::EVALUATIONS);
        let integrated = self.second_opinion_seconds(finest.step_size);
        work.seconds(
            self.step_seconds(finest.step_size),
            self.field_seconds(finest.step_size),
            integrated,
        )
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
        if !tracked.checks_in_jets(S::HAS_ANOTHER) {
            return 0.0;
        }
        let jets = tracked.problem.seen::<Jet<S>>().zip(tracked.flow.seen::<Jet<S>>());
        let Some((loss, flow)) = jets else { return 0.0 };
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
        of_an_integration(one, order, S::TAYLOR_STEPS[usize::from(tracked.global)])
    }
}

/// What a leg computes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Work {
    /// The steps of all paths, rungs and twins.
    steps: f64,
    /// The right-hand sides of all rungs and variants.
    evaluations: f64,
}

impl Work {
    /// What it takes in seconds, where a step and a right-hand side take so long, and the integrations of the
    /// second integrator all together.
    fn seconds(self, a_step: f64, an_evaluation: f64, integrated: f64) -> f64 {
        self.steps * a_step + self.evaluations * an_evaluation + integrated
    }
}

impl Tracked {
    /// What is computed on these rungs under that many `variants` of the claim, where following the flow takes
    /// so many `evaluations` of its right-hand side for one block, and for a fixed time.
    fn work(&self, rungs: &[Rung], variants: usize, evaluations: [f64; 2]) -> Work {
        let m = self.problem.batches();
        let blocks: usize = rungs.iter().map(|rung| rung.blocks).sum();
        let twins = self.twins.iter().map(|(_, twin)| match twin {
            Observed::Fed(fed) => steps_of_a_block(fed, m),
            Observed::Optimizer(_) => steps_of_a_block(&self.fed, m),
        });
        let steps = (steps_of_a_block(&self.fed, m) + twins.sum::<f64>()) * blocks as f64;
        let predictions = (rungs.len() * variants) as f64;
        Work { steps, evaluations: predictions * evaluations[usize::from(self.global)] }
    }

    /// Whether the second opinion is an integration in jets, even where a scalar `has_another`.
    pub(super) fn checks_in_jets(&self, has_another: bool) -> bool {
        self.taylor || self.problem.dim() <= LARGEST_IN_JETS || !has_another
    }
}

/// The seconds of that many `steps` of a Taylor integration, where `one` right-hand side at its `order` takes so
/// long: the k-th of a step's evaluations takes k² operations for the order² of the last.
fn of_an_integration(one: f64, order: usize, steps: f64) -> f64 {
    one * order as f64 / 3.0 * steps
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

/// The processor time of `work` in seconds; 0 where the system does not tell.
fn timed(mut work: impl FnMut()) -> f64 {
    let least = least_of(|| {
        let effort = Effort::default();
        effort.spend(&mut work);
        effort.seconds()
    });
    if least.is_finite() { least } else { 0.0 }
}

/// The least of the times that `once` tells, asked for at least twice where they are not long: the first may contain
/// what is only done once, or what the system did meanwhile.
fn least_of(mut once: impl FnMut() -> f64) -> f64 {
    let first = once();
    let (mut least, mut spent) = (first, if first < LONG { 0.0 } else { f64::INFINITY });
    for _ in 0..AGAIN {
        if spent > ENOUGH {
            break;
        }
        let next = once();
        least = least.min(next);
        spent += next;
    }
    least
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use std::sync::Arc;

    use super::{
        Fed, Observed, Rung, Tracked, Work, least_of, of_an_integration, steps_of_a_block,
    };
    use crate::flow::GradientFlow;
    use crate::leg::Pace;
    use crate::loss::preset;
    use crate::optimizer::GradientDescent;
    use crate::sampling::{FullBatch, MeanMethod, RandomReshuffling, Sampling};

    fn fed(sampling: impl Sampling + 'static, method: MeanMethod) -> Fed {
        Fed { sampling: Arc::new(sampling), method }
    }

    fn tracked(loss: &str) -> Tracked {
        let once = |method| Observed::Fed(fed(RandomReshuffling, method));
        Tracked {
            problem: preset(loss, None, None, 1).unwrap(),
            optimizer: GradientDescent.into(),
            flow: GradientFlow.into(),
            fed: fed(RandomReshuffling, MeanMethod::Tree),
            twins: vec![
                ("in pairs".into(), once(MeanMethod::ReversedPairs { count: 5, seed: 1 })),
                ("by another".into(), Observed::Optimizer(GradientDescent.into())),
            ],
            pace: Ok(Pace::default()),
            horizon: None,
            order: 2,
            global: false,
            taylor: false,
        }
    }

    #[test]
    fn the_steps_of_a_block_are_those_that_its_mean_takes() {
        let of = |method| steps_of_a_block(&fed(RandomReshuffling, method), 4);
        // 4! orders of four steps, whose prefixes are shared; 4 · 2³ steps from subset to subset.
        assert_eq!((of(MeanMethod::Tree), of(MeanMethod::Kept)), (48.0, 96.0));
        let pairs = MeanMethod::ReversedPairs { count: 3, seed: 1 };
        assert_eq!((of(MeanMethod::Subsets), of(pairs)), (32.0, 24.0));
        assert_eq!((steps_of_a_block(&fed(FullBatch, MeanMethod::Tree), 4), 4), (1.0, 4));
    }

    #[test]
    fn the_work_of_a_leg_is_that_of_all_rungs_twins_and_variants() {
        let mut tracked = tracked("factorisation");
        assert_eq!(tracked.problem.batches(), 3);
        let rungs: Vec<Rung> =
            [5, 7].into_iter().map(|blocks| Rung { step_size: 0.1, blocks }).collect();
        // 12 steps a block of all orders, for the claim and the second twin, 30 for five pairs.
        let work = tracked.work(&rungs, 11, [50.0, 200.0]);
        assert_eq!(work, Work { steps: 54.0 * 12.0, evaluations: 22.0 * 50.0 });
        tracked.global = true;
        let global = tracked.work(&rungs, 11, [50.0, 200.0]);
        assert_eq!(global, Work { evaluations: 22.0 * 200.0, ..work });
        let seconds = (work.seconds(2.0, 10.0, 3.0), of_an_integration(0.5, 12, 6.0));
        assert_eq!(seconds, (1296.0 + 11_000.0 + 3.0, 12.0));
    }

    #[test]
    fn a_first_call_that_takes_long_by_chance_does_not_count() {
        // What each call is said to take, the least of them, and how many calls there were.
        let found = |times: &[f64]| {
            let mut told = times.iter().copied().chain(std::iter::repeat(times[times.len() - 1]));
            let mut calls = 0;
            let least = least_of(|| {
                calls += 1;
                told.next().unwrap()
            });
            (least, calls)
        };
        assert_eq!(found(&[5e-3, 1e-5]), (1e-5, 9));
        assert_eq!(found(&[0.2, 0.05]), (0.05, 2));
        assert_eq!(found(&[6e-3]), (6e-3, 3));
        assert_eq!(found(&[2.0, 1.0]), (2.0, 1));
    }

    #[test]
    fn a_second_opinion_is_one_in_jets_where_they_are_cheap_or_asked_for_or_alone() {
        let mut small = tracked("factorisation");
        assert!(small.checks_in_jets(true));
        small.taylor = true;
        assert!(small.checks_in_jets(true));
        let mut large = tracked("mlp");
        assert!(large.problem.dim() > 16);
        assert!(!large.checks_in_jets(true));
        assert!(large.checks_in_jets(false));
        large.taylor = true;
        assert!(large.checks_in_jets(true));
    }
}
