//! One leg of a tracked optimizer: its (mean) iterates beside the claimed flow.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::fed::Fed;
use super::precision::Precision;
use crate::arithmetic::Numeric;
use crate::flow::{Along, Integrable, Term};
use crate::integrate::Taylor;
use crate::leg::{Agreement, Leg, LegKind, Observation, Obstacle, Pace, Rung, Variant};
use crate::loss::{Oracle, Problem};
use crate::measure::norm;
use crate::optimizer::{Optimizer, Runnable, State, Steps};
use crate::sampling::{MeanMethod, reversed_pairs};
use crate::scalar::{DoubleDouble, Jet, Ratio, Scalar};

/// What is observed in the place of the claim's subject.
pub(super) enum Observed {
    /// The same optimizer, fed by another sampling.
    Fed(Fed),
    /// Another optimizer.
    Optimizer(Arc<dyn Runnable>),
}

/// One block, or a fixed time, of a tracked optimizer: what is compared, whatever it is computed in.
pub(super) struct Tracked {
    pub(super) problem: Problem,
    pub(super) optimizer: Arc<dyn Runnable>,
    pub(super) flow: Arc<dyn Integrable>,
    pub(super) fed: Fed,
    pub(super) twins: Vec<(Cow<'static, str>, Observed)>,
    pub(super) pace: Result<Pace, Obstacle>,
    pub(super) horizon: Option<f64>,
    pub(super) order: u32,
    pub(super) global: bool,
}

/// The same, computed in a scalar.
struct TrackingLeg<S> {
    tracked: Tracked,
    scalar: PhantomData<S>,
}

/// Iterates this much larger than the start have diverged.
const DIVERGED: f64 = 1e6;
/// The random paths along which a kink is looked for, and their seed.
const RANDOM_PATHS: usize = 3;
const PATH_SEED: u64 = 1;
/// The most parameters for which a reference flow is checked in jets where it can be otherwise.
const LARGEST_IN_JETS: usize = 16;
/// How much looser the tolerance is that stands in for a second integrator where there is none.
const LOOSER: f64 = 100.0;
/// Errors of one step of a higher order than this sink below the round-off of `f64` before a ladder has shown it.
const HIGHEST_ORDER_IN_F64: u32 = 4;

impl Tracked {
    /// The leg, in `f64` or, for high orders of a method without randomness, in double-double.
    pub(super) fn leg(self) -> Box<dyn Leg> {
        let one_path = self.fed.sampling.paths(self.problem.batches()) <= 1.0;
        // At a fixed time the errors of single steps, one order higher, add up.
        let of_a_step = self.order + u32::from(self.global);
        let wide = of_a_step > HIGHEST_ORDER_IN_F64 && one_path;
        if wide && self.problem.double_double().is_some() {
            Box::new(TrackingLeg::<DoubleDouble> { tracked: self, scalar: PhantomData })
        } else {
            Box::new(TrackingLeg::<f64> { tracked: self, scalar: PhantomData })
        }
    }

    fn steps(&self) -> usize {
        self.fed.sampling.steps(self.problem.batches())
    }
}

impl<S: Precision> TrackingLeg<S> {
    fn loss(&self) -> Result<Arc<dyn Oracle<S>>, Obstacle> {
        S::loss(&self.tracked.problem)
            .ok_or(Obstacle::NotKnown { what: "its value in more digits" })
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

    fn run(&self, rung: &Rung, optimizer: &dyn Runnable, fed: &Fed) -> Result<Vec<S>, Obstacle> {
        let Tracked { problem, pace, .. } = &self.tracked;
        let mut a = Numeric::new(self.loss()?);
        let state = self.initial(&mut a, S::optimizer(optimizer), rung.step_size);
        let size = length(&state.w);
        let diverged = || Obstacle::Diverged {
            step_size: rung.step_size,
            limit: pace.as_ref().map_or(f64::NAN, |pace| 2.0 / pace.rate),
        };
        // A twin may have longer blocks; it must run for the same time.
        let steps = fed.sampling.steps(problem.batches());
        let blocks = (rung.blocks * self.tracked.steps()).div_ceil(steps);
        let end = S::mean(&mut a, optimizer, fed, rung.step_size, state, blocks);
        if a.met_undefined() {
            return Err(Obstacle::Undefined);
        }
        if let Some(fault) = a.fault() {
            return Err(Obstacle::Implicit { step_size: rung.step_size, fault });
        }
        end.filter(|w| length(w) <= DIVERGED * (1.0 + size)).ok_or_else(diverged)
    }

    /// What is lacking where orders are sampled instead of enumerated.
    fn sampled_mean(&self, rung: &Rung) -> Result<Option<String>, Obstacle> {
        let MeanMethod::ReversedPairs { count, seed } = self.tracked.fed.method else {
            return Ok(None);
        };
        let mut a = Numeric::new(self.loss()?);
        let optimizer = S::optimizer(&*self.tracked.optimizer);
        let state = self.initial(&mut a, optimizer, rung.step_size);
        let eps = S::from_f64(rung.step_size);
        let mean = reversed_pairs(&mut a, optimizer, eps, &state, count, seed);
        Ok(Some(format!(
            "the mean of an epoch is over {count} random orders with their reverses, not over all: \
             its standard error at step size {:.2e} is {:.1e}",
            rung.step_size, mean.standard_error
        )))
    }

    fn coefficients<T: Scalar>(terms: &[Term], eps: f64) -> Vec<T> {
        let power = |p: u32| (0..p).fold(T::one(), |x, _| x.scale(eps));
        terms.iter().map(|t| T::from_ratio(t.coefficient) * power(t.power)).collect()
    }

    fn time(&self, rung: &Rung) -> S {
        S::from_f64(rung.step_size).scale((rung.blocks * self.tracked.steps()) as f64)
    }

    /// Where the flow starts.
    fn flow_start(&self, rung: &Rung, terms: &[Term]) -> Result<Vec<S>, Obstacle> {
        let flow = S::flow(&*self.tracked.flow);
        let coefficients: Vec<S> = Self::coefficients(terms, rung.step_size);
        Ok(flow.start(&mut Numeric::new(self.loss()?), &coefficients, self.start()))
    }

    fn follow(&self, rung: &Rung, claim: &Variant, tolerance: f64) -> Result<Vec<S>, Obstacle> {
        let start = self.flow_start(rung, &claim.terms)?;
        let coefficients = Self::coefficients(&claim.terms, rung.step_size);
        let flow = S::flow(&*self.tracked.flow);
        let mut rhs = Along::new(flow, self.loss()?, coefficients, S::from_ratio(claim.clock));
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

    /// The end point by another integrator: a Taylor integration or, where its jets would cost more than
    /// all the rest, extrapolation. `None` if the loss is known in `f64` only.
    fn second_opinion(&self, rung: &Rung, terms: &[Term]) -> Result<Option<Vec<S>>, Obstacle> {
        let Some(loss) = S::jets(&self.tracked.problem) else {
            return Ok(None);
        };
        if self.tracked.problem.dim() > LARGEST_IN_JETS {
            let start = self.flow_start(rung, terms)?;
            let coefficients = Self::coefficients(terms, rung.step_size);
            let flow = S::flow(&*self.tracked.flow);
            let mut rhs = Along::new(flow, self.loss()?, coefficients, S::one());
            if let Some(end) = S::follow_otherwise(&mut rhs, &start, self.time(rung)) {
                return Ok(Some(end?));
            }
        }
        let start = self.flow_start(rung, terms)?;
        let coefficients = Self::coefficients(terms, rung.step_size);
        let flow = S::flow_in_jets(&*self.tracked.flow);
        let mut rhs = Along::new(flow, loss, coefficients, Jet::one());
        let solver = Taylor { order: S::TAYLOR_ORDER, tolerance: S::TAYLOR_TOLERANCE };
        Ok(Some(solver.integrate(&mut rhs, &start, self.time(rung))?))
    }
}

/// The Euclidean norm.
fn length<S: Scalar>(v: &[S]) -> f64 {
    norm(&v.iter().map(|x| x.leading()).collect::<Vec<_>>())
}

fn widened<S: Precision>(v: &[S]) -> Vec<DoubleDouble> {
    v.iter().map(|&x| x.widened()).collect()
}

impl<S: Precision> Leg for TrackingLeg<S> {
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
        S::flow(&*self.tracked.flow).terms()
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
        let Tracked { twins, optimizer, fed, .. } = &self.tracked;
        let asked = twins.iter().find(|(name, _)| twin == Some(name));
        let values = match asked {
            Some((_, Observed::Fed(fed))) => self.run(rung, &**optimizer, fed)?,
            Some((_, Observed::Optimizer(optimizer))) => self.run(rung, &**optimizer, fed)?,
            None => self.run(rung, &**optimizer, fed)?,
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
        let (second, lacking) = match self.second_opinion(rung, terms)? {
            Some(second) => (second, self.sampled_mean(rung)?),
            None => {
                let looser = self.follow(rung, &claim, LOOSER * S::TOLERANCE)?;
                let lacking = "the loss is known in f64 only: the reference flow is checked by \
                               DOP853 at two tolerances, not by a Taylor integration in jets";
                (looser, Some(lacking.to_owned()))
            }
        };
        let gap: Vec<S> = first.iter().zip(&second).map(|(&a, &b)| a - b).collect();
        Ok(Agreement { disagreement: length(&gap), lacking })
    }

    /// What the coarsest rung visits: the path of the only sequence of draws, or seeded random ones.
    fn visited(&self) -> Vec<Vec<Vec<f64>>> {
        let Tracked { problem, optimizer, fed, .. } = &self.tracked;
        let Some(coarsest) = self.rungs().into_iter().next() else { return Vec::new() };
        let optimizer: &dyn Optimizer<Numeric<f64>> = &**optimizer;
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

    fn takes_foreign_term(&self) -> bool {
        true
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        self.tracked.twins.iter().map(|(name, _)| name.clone()).collect()
    }
}
