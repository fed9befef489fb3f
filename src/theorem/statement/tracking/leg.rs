//! One leg of a tracked optimizer: its (mean) iterates beside the claimed flow.

mod foreseen;

use std::borrow::Cow;
use std::sync::Arc;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::fed::Fed;
use super::precision::Precision;
use crate::arithmetic::Numeric;
use crate::flow::{Along, AnyFlow, Flow, Followed, Term};
use crate::integrate::Taylor;
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant};
use crate::loss::{Evaluated, Oracle, Problem};
use crate::measure::norm;
use crate::optimizer::{AnyOptimizer, Optimizer, State, Steps};
use crate::sampling::{MeanMethod, Walker, reversed_pairs};
use crate::scalar::{DoubleDouble, Jet, Ratio, Scalar};

/// What is observed in the place of the claim's subject.
pub(super) enum Observed {
    /// The same optimizer, fed by another sampling.
    Fed(Fed),
    /// Another optimizer.
    Optimizer(AnyOptimizer),
}

/// One block, or a fixed time, of a tracked optimizer: what is compared, whatever it is computed in.
pub(super) struct Tracked {
    pub(super) problem: Problem,
    pub(super) optimizer: AnyOptimizer,
    pub(super) flow: AnyFlow,
    pub(super) fed: Fed,
    pub(super) twins: Vec<(Cow<'static, str>, Observed)>,
    pub(super) pace: Result<Pace, Obstacle>,
    pub(super) horizon: Option<f64>,
    pub(super) order: u32,
    pub(super) global: bool,
    /// Whether jets are asked for, whatever they cost.
    pub(super) taylor: bool,
}

/// The same, computed in a scalar.
struct TrackingLeg<S: Precision> {
    tracked: Tracked,
    loss: Arc<dyn Oracle<S>>,
    walker: Walker<S>,
    flow: Arc<dyn Flow<Numeric<S>>>,
}

/// Iterates this much larger than the start have diverged.
const DIVERGED: f64 = 1e6;
/// The random paths along which a kink is looked for, and their seed.
const RANDOM_PATHS: usize = 3;
const PATH_SEED: u64 = 1;
/// The most parameters for which a reference flow is checked in jets where it can be otherwise.
const LARGEST_IN_JETS: usize = 16;
/// Errors of one step of a higher order than this sink below the round-off of `f64` before a ladder has shown it.
const HIGHEST_ORDER_IN_F64: u32 = 4;

impl Tracked {
    /// The leg, in `f64` or, for high orders of a method without randomness, in double-double.
    pub(super) fn leg(self) -> Box<dyn Leg> {
        let one_path = self.fed.sampling.paths(self.problem.batches()) <= 1.0;
        // At a fixed time the errors of single steps, one order higher, add up.
        let of_a_step = self.order + u32::from(self.global);
        let wide = of_a_step > HIGHEST_ORDER_IN_F64 && one_path;
        let twins_are_wide = self.twins.iter().all(|(_, twin)| match twin {
            Observed::Fed(_) => true,
            Observed::Optimizer(other) => !other.is_float_only(),
        });
        let seen = (self.problem.seen(), Walker::of(&self.optimizer), self.flow.seen());
        if let (Some(loss), Some(walker), Some(flow)) = seen
            && wide
            && twins_are_wide
        {
            return Box::new(TrackingLeg::<DoubleDouble> { tracked: self, loss, walker, flow });
        }
        let (loss, walker) = (self.problem.float(), Walker::float(&self.optimizer));
        let flow = self.flow.float();
        Box::new(TrackingLeg::<f64> { tracked: self, loss, walker, flow })
    }

    fn steps(&self) -> usize {
        self.fed.sampling.steps(self.problem.batches())
    }
}

impl<S: Precision> TrackingLeg<S>
where
    Jet<S>: Evaluated + Followed,
{
    fn numeric(&self) -> Numeric<S> {
        Numeric::new(Arc::clone(&self.loss))
    }

    fn start(&self) -> Vec<S> {
        self.tracked.problem.start().iter().map(|&w| S::from_f64(w)).collect()
    }

    /// The state that a run with steps of size `eps` starts from.
    fn initial(
        &self,
        a: &mut Numeric<S>,
        optimizer: &dyn Optimizer<Numeric<S>>,
        eps: f64,
    ) -> State<Vec<S>> {
        let w = self.start();
        let memory = optimizer.initial_memory(a, &S::from_f64(eps), &w);
        State { w, memory, steps: Steps::default() }
    }

    fn run(&self, rung: &Rung, walker: &Walker<S>, fed: &Fed) -> Result<Vec<S>, Obstacle> {
        let Tracked { problem, pace, .. } = &self.tracked;
        let mut a = self.numeric();
        let state = self.initial(&mut a, walker.optimizer(), rung.step_size);
        let size = length(&state.w);
        let diverged = || Obstacle::Diverged {
            step_size: rung.step_size,
            limit: pace.as_ref().map_or(f64::NAN, |pace| 2.0 / pace.rate),
        };
        // A twin may have longer blocks; it must run for the same time.
        let steps = fed.sampling.steps(problem.batches());
        let blocks = (rung.blocks * self.tracked.steps()).div_ceil(steps);
        let end = S::mean(&mut a, walker, fed, rung.step_size, state, blocks);
        if a.met_undefined() {
            return Err(Obstacle::Undefined);
        }
        if let Some(fault) = a.fault() {
            return Err(Obstacle::Implicit { step_size: rung.step_size, fault });
        }
        end.filter(|w| length(w) <= DIVERGED * (1.0 + size)).ok_or_else(diverged)
    }

    /// What is lacking where orders are sampled instead of enumerated.
    fn sampled_mean(&self, rung: &Rung) -> Option<String> {
        let MeanMethod::ReversedPairs { count, seed } = self.tracked.fed.method else {
            return None;
        };
        let mut a = self.numeric();
        let optimizer = self.walker.optimizer();
        let state = self.initial(&mut a, optimizer, rung.step_size);
        let eps = S::from_f64(rung.step_size);
        let mean = reversed_pairs(&mut a, optimizer, eps, &state, count, seed);
        Some(format!(
            "the mean of an epoch is over {count} random orders with their reverses, not over all: \
             its standard error at step size {:.2e} is {:.1e}",
            rung.step_size, mean.standard_error
        ))
    }

    fn coefficients<T: Scalar>(terms: &[Term], eps: f64) -> Vec<T> {
        let power = |p: u32| (0..p).fold(T::one(), |x, _| x.scale(eps));
        terms.iter().map(|t| T::from_ratio(t.coefficient) * power(t.power)).collect()
    }

    fn time(&self, rung: &Rung) -> S {
        S::from_f64(rung.step_size).scale((rung.blocks * self.tracked.steps()) as f64)
    }

    /// Where the flow starts.
    fn flow_start(&self, rung: &Rung, terms: &[Term]) -> Vec<S> {
        let coefficients: Vec<S> = Self::coefficients(terms, rung.step_size);
        self.flow.start(&mut self.numeric(), &coefficients, self.start())
    }

    fn follow(&self, rung: &Rung, claim: &Variant, tolerance: f64) -> Result<Vec<S>, Obstacle> {
        let start = self.flow_start(rung, &claim.terms);
        let coefficients = Self::coefficients(&claim.terms, rung.step_size);
        let loss = Arc::clone(&self.loss);
        let mut rhs = Along::new(&*self.flow, loss, coefficients, S::from_ratio(claim.clock));
        if !claim.foreign.is_zero() {
            rhs = rhs.with_foreign_term(S::from_f64(self.foreign_weight(rung, claim.foreign)));
        }
        Ok(S::follow(&mut rhs, &start, self.time(rung), tolerance)?)
    }

    /// The weight of a foreign term: `share` times ε L to the first power that the claimed order of the
    /// error excludes from the field.
    fn foreign_weight(&self, rung: &Rung, share: Ratio) -> f64 {
        let rate = self.tracked.pace.as_ref().map_or(1.0, |pace| pace.rate);
        let excluded = self.tracked.order.saturating_sub(1 + self.kind().power_of_a_block());
        f64::from_ratio(share) * (rung.step_size * rate).powi(excluded as i32)
    }

    /// The end point by another integrator: a Taylor integration or, where its jets are not known or would
    /// cost more than all the rest, extrapolation.
    fn second_opinion(&self, rung: &Rung, terms: &[Term]) -> Result<Vec<S>, Obstacle> {
        let start = self.flow_start(rung, terms);
        let Tracked { problem, flow, .. } = &self.tracked;
        let jets = problem.seen::<Jet<S>>().zip(flow.seen::<Jet<S>>());
        if !self.tracked.checks_in_jets(S::HAS_ANOTHER) || jets.is_none() {
            let coefficients = Self::coefficients(terms, rung.step_size);
            let mut rhs = Along::new(&*self.flow, Arc::clone(&self.loss), coefficients, S::one());
            if let Some(end) = S::follow_otherwise(&mut rhs, &start, self.time(rung)) {
                return Ok(end?);
            }
        }
        let (loss, flow) = jets.ok_or(Obstacle::NotKnown { what: "its value in more digits" })?;
        let coefficients = Self::coefficients(terms, rung.step_size);
        let mut rhs = Along::new(&*flow, loss, coefficients, Jet::one());
        let solver = Taylor { order: S::TAYLOR_ORDER, tolerance: S::TAYLOR_TOLERANCE };
        Ok(solver.integrate(&mut rhs, &start, self.time(rung))?)
    }

    /// What is computed in `f64` only, known there alone or found there, and what is therefore not done.
    fn float_only(&self) -> Option<String> {
        let Tracked { problem, optimizer, flow, .. } = &self.tracked;
        let parts = [
            (problem.seen::<DoubleDouble>().is_none(), "loss"),
            (optimizer.is_float_only(), "method"),
            (flow.is_float_only(), "flow"),
        ];
        let parts: Vec<&str> =
            parts.iter().filter(|(only, _)| *only).map(|&(_, part)| part).collect();
        let (last, others) = parts.split_last()?;
        let verb = if others.is_empty() { "is" } else { "are" };
        let names = match others {
            [] => format!("the {last}"),
            others => format!("the {} and the {last}", others.join(", the ")),
        };
        Some(format!(
            "{names} {verb} computed in f64 only: nothing is computed in more digits, and the reference flow is \
             checked by extrapolation, not by a Taylor integration in jets"
        ))
    }
}

/// The Euclidean norm.
fn length<S: Scalar>(v: &[S]) -> f64 {
    norm(&v.iter().map(|x| x.leading()).collect::<Vec<_>>())
}

fn widened<S: Precision>(v: &[S]) -> Vec<DoubleDouble> {
    v.iter().map(|&x| x.widened()).collect()
}

impl<S: Precision> Leg for TrackingLeg<S>
where
    Jet<S>: Evaluated + Followed,
{
    fn kind(&self) -> LegKind {
        match (self.tracked.global, self.tracked.steps()) {
            (true, _) => LegKind::Global,
            (false, 1) => LegKind::Step,
            (false, _) => LegKind::Epoch,
        }
    }

    fn claimed_order(&self) -> f64 {
        f64::from(self.tracked.order)
    }

    fn terms(&self) -> Vec<Term> {
        self.flow.terms()
    }

    fn rungs(&self) -> Vec<Rung> {
        // Without a pace nothing can be measured; the obstacle is reported by `observe`.
        let pace = self.tracked.pace.clone().unwrap_or_default();
        let steps = self.tracked.steps();
        if self.tracked.global {
            pace.global_ladder(steps, pace.horizon(self.tracked.horizon))
        } else {
            pace.local_ladder(steps)
        }
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let _ = self.tracked.pace.clone()?;
        let Tracked { twins, fed, .. } = &self.tracked;
        let asked = twins.iter().find(|(name, _)| twin == Some(name));
        let values = match asked {
            Some((_, Observed::Fed(fed))) => self.run(rung, &self.walker, fed)?,
            Some((_, Observed::Optimizer(other))) => {
                let other = Walker::of(other)
                    .ok_or(Obstacle::NotKnown { what: "the twin in more digits" })?;
                self.run(rung, &other, fed)?
            }
            None => self.run(rung, &self.walker, fed)?,
        };
        let steps = (rung.blocks * self.tracked.steps()) as f64;
        let ulp = 2.0 * S::ROUND_OFF;
        let floor = ulp * length(&values).max(f64::MIN_POSITIVE) * steps.sqrt();
        Ok(Observation { values: widened(&values), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        Ok(widened(&self.follow(rung, claim, S::TOLERANCE)?))
    }

    fn agreement(&self, rung: &Rung, terms: &[Term]) -> Result<Agreement, Obstacle> {
        let claim = Variant::stated(terms.to_vec());
        let first = self.follow(rung, &claim, S::TOLERANCE)?;
        let second = self.second_opinion(rung, terms)?;
        let lacking: Vec<String> =
            [self.float_only(), self.sampled_mean(rung)].into_iter().flatten().collect();
        let lacking = (!lacking.is_empty()).then(|| lacking.join("; "));
        let gap: Vec<S> = first.iter().zip(&second).map(|(&a, &b)| a - b).collect();
        Ok(Agreement { disagreement: length(&gap), lacking })
    }

    /// What the coarsest rung visits: the path of the only sequence of draws, or seeded random ones.
    fn visited(&self) -> Vec<Vec<Vec<f64>>> {
        let Tracked { problem, optimizer, fed, .. } = &self.tracked;
        let Some(coarsest) = self.rungs().into_iter().next() else { return Vec::new() };
        let optimizer = optimizer.float();
        let (m, eps) = (problem.batches(), coarsest.step_size);
        let runs = if fed.sampling.paths(m) > 1.0 { RANDOM_PATHS } else { 1 };
        let mut random = ChaCha8Rng::seed_from_u64(PATH_SEED);
        let mut run = || {
            let mut a = Numeric::new(problem.float());
            let w = problem.start().as_slice().to_vec();
            let memory = optimizer.initial_memory(&mut a, &eps, &w);
            let mut state = State { w, memory, steps: Steps::default() };
            let mut path = vec![state.w.clone()];
            for _ in 0..coarsest.blocks {
                let mut draws = Vec::new();
                loop {
                    let mut next = fed.sampling.continuations(&draws, m);
                    if next.is_empty() || state.w.iter().any(|x| !x.is_finite()) {
                        break;
                    }
                    let draw = next.swap_remove(random.random_range(0..next.len()));
                    optimizer.step(&mut a, &eps, draw.batch(), &mut state);
                    state.steps.advance();
                    path.push(state.w.clone());
                    draws.push(draw);
                }
            }
            let size = norm(&path[0]);
            path.retain(|w| norm(w) <= DIVERGED * (1.0 + size));
            path
        };
        (0..runs).map(|_| run()).collect()
    }

    fn paths(&self) -> f64 {
        foreseen::paths(&self.tracked.fed, self.tracked.problem.batches())
    }

    fn steps(&self) -> usize {
        self.tracked.fed.sampling.steps(self.tracked.problem.batches())
    }

    fn foreseen(&self, variants: usize) -> f64 {
        self.seconds(variants)
    }

    fn takes_foreign_term(&self) -> bool {
        true
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        self.tracked.twins.iter().map(|(name, _)| name.clone()).collect()
    }
}
