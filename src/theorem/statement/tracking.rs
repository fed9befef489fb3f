//! The usual statement: the (mean) iterates of an optimizer track a flow.

use std::sync::Arc;

use super::{NotApplicable, Statement, Trace, TraceError};
use crate::arithmetic::Numeric;
use crate::flow::{Along, Flow, Integrable, Term};
use crate::integrate::{Dop853, Taylor};
use crate::loss::Problem;
use crate::measure::norm;
use crate::optimizer::{Optimizer, Runnable, State};
use crate::sampling::{
    FullBatch, MeanMethod, Sampling, backward_mean, block_means, reversed_pairs,
};
use crate::scalar::{DoubleDouble, Jet, Ratio, Scalar};
use crate::series::{Claim, Proof, ProofStatus, Series, SeriesFault, prove};
use crate::theorem::comparison::{
    Certificate, Comparison, LegKind, Observation, Obstacle, Rung, exact,
};
use crate::theorem::{Pace, Sabotage, Settings, Variant};

/// Something that depends on the number of components of the loss.
type For<T> = Arc<dyn Fn(usize) -> Arc<T> + Send + Sync>;

/// `optimizer`, fed by a sampling, tracks `flow` with a local and a global order.
///
/// Local: the error of the mean over one block (one step, one epoch). Global: the error at a fixed
/// time, with an independent block every time. For random samplings the claim is about the mean.
#[derive(Clone)]
pub struct Tracking {
    pub(super) optimizer: Arc<dyn Runnable>,
    pub(super) flow: For<dyn Integrable>,
    pub(super) sampling: For<dyn Sampling>,
    twin: Option<(&'static str, For<dyn Sampling>)>,
    pub(super) admit: Option<fn(usize) -> Result<(), String>>,
    local: Option<u32>,
    global: Option<u32>,
    formal: Option<u32>,
    exact: Option<Exact>,
}

/// Both sides once more, in series: what a proof compares.
#[derive(Clone)]
struct Exact {
    optimizer: Arc<dyn Optimizer<Series>>,
    flow: For<dyn Flow<Series>>,
}

/// Minibatches for which a proof is made: a coefficient depends only on which nodes share a colour,
/// so as many colours as nodes cover every number of minibatches (see the proof documents).
const PROVED_BATCHES: usize = 4;
/// Where only some numbers of components are admitted, those up to this one are proved.
const PROVED_COMPONENTS: usize = 6;

impl Tracking {
    /// `optimizer` on the whole loss tracks `flow`; orders are added by the methods below.
    ///
    /// Both are written over any arithmetic, so the claim is proved as well as measured.
    pub fn new<O, F>(optimizer: O, flow: F) -> Self
    where
        O: Runnable + Optimizer<Series> + 'static,
        F: Integrable + Flow<Series> + 'static,
    {
        let (optimizer, flow) = (Arc::new(optimizer), Arc::new(flow));
        let exact: Arc<dyn Flow<Series>> = flow.clone();
        Tracking {
            exact: Some(Exact {
                optimizer: optimizer.clone(),
                flow: Arc::new(move |_| Arc::clone(&exact)),
            }),
            ..Tracking::erased(optimizer, flow)
        }
    }

    /// The same for a method or a flow that looks at coordinates: measured, but not provable.
    pub fn measured(optimizer: impl Runnable + 'static, flow: impl Integrable + 'static) -> Self {
        Tracking::erased(Arc::new(optimizer), Arc::new(flow))
    }

    fn erased(optimizer: Arc<dyn Runnable>, flow: Arc<dyn Integrable>) -> Self {
        Tracking {
            optimizer,
            flow: Arc::new(move |_| Arc::clone(&flow)),
            sampling: Arc::new(|_| Arc::new(FullBatch)),
            twin: None,
            admit: None,
            local: None,
            global: None,
            formal: None,
            exact: None,
        }
    }

    /// The order of the error of one block.
    #[must_use]
    pub fn local(mut self, order: u32) -> Self {
        self.local = Some(order);
        self
    }

    /// The order that is proved, where the error of one block has no leg: on the slow manifold of a
    /// method with memory.
    #[must_use]
    pub fn formal(mut self, order: u32) -> Self {
        self.formal = Some(order);
        self
    }

    /// The order of the error at a fixed time.
    #[must_use]
    pub fn global(mut self, order: u32) -> Self {
        self.global = Some(order);
        self
    }

    /// The sampling that feeds the optimizer.
    #[must_use]
    pub fn sampled<P: Sampling + 'static>(
        mut self,
        sampling: impl Fn(usize) -> P + Send + Sync + 'static,
    ) -> Self {
        self.sampling = Arc::new(move |m| Arc::new(sampling(m)));
        self
    }

    /// A flow that depends on the number of components of the loss.
    #[must_use]
    pub fn flow_for<F: Integrable + Flow<Series> + 'static>(
        mut self,
        flow: impl Fn(usize) -> F + Send + Sync + 'static,
    ) -> Self {
        let flow = Arc::new(flow);
        if let Some(exact) = &mut self.exact {
            let flow = Arc::clone(&flow);
            exact.flow = Arc::new(move |m| Arc::new(flow(m)));
        }
        self.flow = Arc::new(move |m| Arc::new(flow(m)));
        self
    }

    /// A wrong sampling as a control.
    #[must_use]
    pub fn twin<P: Sampling + 'static>(
        mut self,
        name: &'static str,
        sampling: impl Fn(usize) -> P + Send + Sync + 'static,
    ) -> Self {
        self.twin = Some((name, Arc::new(move |m| Arc::new(sampling(m)))));
        self
    }

    /// What the number of components must satisfy, with a reason where it does not.
    #[must_use]
    pub fn where_components(mut self, admit: fn(usize) -> Result<(), String>) -> Self {
        self.admit = Some(admit);
        self
    }
}

impl Statement for Tracking {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Comparison>>, NotApplicable> {
        let m = problem.batches();
        if let Some(admit) = self.admit {
            admit(m).map_err(NotApplicable)?;
        }
        let loss = problem.float();
        let own = (self.sampling)(m);
        if own.steps(m) == 0 {
            return Err(NotApplicable(format!("the sampling draws nothing from {m} components")));
        }
        // Elsewhere the covariance of the iterates would feed back on their mean.
        let settles =
            problem.dim() == 1 || loss.is_quadratic() || own.is_balanced() || own.paths(m) <= 1.0;
        if self.local.is_none() && !settles {
            return Err(NotApplicable(unbalanced(problem)));
        }
        let pace = Pace::of(problem);
        let mut legs: Vec<Box<dyn Comparison>> = Vec::new();
        for (order, global) in [(self.local, false), (self.global, true)] {
            let Some(order) = order else { continue };
            if global && !settles {
                continue;
            }
            let blocks = if global { Pace::GLOBAL_BLOCKS } else { Pace::LOCAL_BLOCKS };
            let feed = |sampling: Arc<dyn Sampling>| {
                let method = MeanMethod::choose(&*sampling, &*loss, blocks, settings.seed)?;
                Some(Fed { sampling, method })
            };
            let Some(fed) = feed((self.sampling)(m)) else {
                return Err(NotApplicable::too_many_orders(problem));
            };
            // A twin too large to enumerate is left out of this leg; the shorter leg has it.
            let twin = self.twin.as_ref().and_then(|(name, wrong)| Some((*name, feed(wrong(m))?)));
            legs.push(Box::new(TrackingLeg {
                problem: problem.clone(),
                optimizer: Arc::clone(&self.optimizer),
                flow: (self.flow)(m),
                fed,
                twin,
                pace: pace.clone(),
                horizon: settings.horizon,
                order,
                global,
            }));
        }
        Ok(legs)
    }

    fn series_controls(&self) -> Option<Vec<Sabotage>> {
        let exact = self.exact.as_ref()?;
        let mut controls = Sabotage::of_terms(&(exact.flow)(PROVED_BATCHES).terms());
        controls.push(Sabotage::Clock(Ratio::new(101, 100)));
        controls.extend(self.twin.iter().map(|(name, _)| Sabotage::Twin((*name).to_owned())));
        Some(controls)
    }

    fn proof(&self, sabotage: Option<&Sabotage>) -> Option<Result<Proof, SeriesFault>> {
        let (exact, local) = (self.exact.as_ref()?, self.formal.or(self.local)?);
        let deterministic = (self.sampling)(1).steps(1) == 1 && (self.sampling)(2).steps(2) == 1;
        let most = match self.admit {
            Some(_) => PROVED_COMPONENTS,
            None if deterministic => 1,
            None => PROVED_BATCHES,
        };
        let admitted = |m: &usize| self.admit.is_none_or(|admit| admit(*m).is_ok());
        let mut whole: Option<Proof> = None;
        for m in (1..=most).filter(admitted) {
            let flow = (exact.flow)(m);
            let mut variant = Variant::of(flow.terms());
            if let Some(sabotage) = sabotage {
                variant.apply(sabotage);
            }
            let sampling = match (&self.twin, &variant.twin) {
                (Some((name, twin)), Some(asked)) if name == asked => twin(m),
                _ => (self.sampling)(m),
            };
            let claim = Claim {
                flow: &*flow,
                terms: &variant.terms,
                clock: variant.clock,
                local_order: local as usize,
            };
            match prove(&*exact.optimizer, &*sampling, &claim, m) {
                Ok(proof) if proof.status == ProofStatus::Proved => whole = Some(proof),
                other => return Some(other),
            }
        }
        whole.map(Ok)
    }

    fn trace(
        &self,
        problem: &Problem,
        settings: &Settings,
        step_size: f64,
    ) -> Option<Result<Trace, TraceError>> {
        Some(self.curves(problem, settings, step_size))
    }
}

fn unbalanced(problem: &Problem) -> String {
    format!(
        "at a fixed time the mean of this sampling feels its own covariance, which is not followed \
         on {} (it is in one parameter and on quadratics)",
        problem.name()
    )
}

/// A sampling with the way its mean is taken.
struct Fed {
    sampling: Arc<dyn Sampling>,
    method: MeanMethod,
}

/// One block, or a fixed time, of a tracked optimizer.
struct TrackingLeg {
    problem: Problem,
    optimizer: Arc<dyn Runnable>,
    flow: Arc<dyn Integrable>,
    fed: Fed,
    twin: Option<(&'static str, Fed)>,
    pace: Result<Pace, Obstacle>,
    horizon: Option<f64>,
    order: u32,
    global: bool,
}

/// Iterates this much larger than the start have diverged.
const DIVERGED: f64 = 1e6;
/// The error DOP853 is allowed a step: the round-off of one step.
const TOLERANCE: f64 = 1e-14;
/// The looser tolerance that stands in for a second integrator where there is none.
const SECOND_TOLERANCE: f64 = 1e-12;
/// The order of the certifying Taylor integrator.
const TAYLOR_ORDER: usize = 16;

impl TrackingLeg {
    fn steps(&self) -> usize {
        self.fed.sampling.steps(self.problem.batches())
    }

    /// The state every run starts from: at rest.
    fn initial(&self) -> State<Vec<f64>> {
        let optimizer: &dyn Optimizer<Numeric<f64>> = &*self.optimizer;
        let w = self.problem.start().as_slice().to_vec();
        let memory = vec![vec![0.0; w.len()]; optimizer.memory()];
        State { w, memory, steps: 0 }
    }

    fn run(&self, rung: &Rung, fed: &Fed) -> Result<Vec<f64>, Obstacle> {
        let optimizer: &dyn Optimizer<Numeric<f64>> = &*self.optimizer;
        let mut a = Numeric::new(self.problem.float());
        let state = self.initial();
        let size = norm(&state.w);
        let diverged = || Obstacle::Diverged {
            step_size: rung.step_size,
            limit: self.pace.as_ref().map_or(f64::NAN, |pace| 2.0 / pace.rate),
        };
        let sampled = fed.sampling.paths(self.problem.batches()) > 1.0;
        let true_mean = sampled && fed.method == MeanMethod::Tree && state.w.len() == 1;
        // A twin may have longer blocks; it must run for the same time.
        let steps = fed.sampling.steps(self.problem.batches());
        let blocks = (rung.blocks * self.steps()).div_ceil(steps);
        let end = if true_mean && state.memory.is_empty() && blocks > 1 {
            backward_mean(&mut a, optimizer, &*fed.sampling, rung.step_size, state.w[0], blocks)
                .map(|w| vec![w])
        } else {
            block_means(
                &mut a,
                optimizer,
                &*fed.sampling,
                fed.method,
                rung.step_size,
                state,
                blocks,
            )
            .map(|state| state.w)
        };
        if let Some(fault) = a.fault() {
            return Err(Obstacle::Implicit { step_size: rung.step_size, fault });
        }
        end.filter(|w| norm(w) <= DIVERGED * (1.0 + size)).ok_or_else(diverged)
    }

    /// What is lacking where orders are sampled instead of enumerated.
    fn sampled_mean(&self, rung: &Rung) -> Option<String> {
        let MeanMethod::ReversedPairs { count, seed } = self.fed.method else { return None };
        let mut a = Numeric::new(self.problem.float());
        let state = self.initial();
        let eps = rung.step_size;
        let optimizer: &dyn Optimizer<Numeric<f64>> = &*self.optimizer;
        let mean = reversed_pairs(&mut a, optimizer, eps, &state, count, seed);
        Some(format!(
            "the mean of an epoch is over {count} random orders with their reverses, not over all: \
             its standard error at step size {eps:.2e} is {:.1e}",
            mean.standard_error
        ))
    }

    fn coefficients<S: Scalar>(terms: &[Term], eps: f64) -> Vec<S> {
        let power = |p: u32| (0..p).fold(S::one(), |x, _| x.scale(eps));
        terms.iter().map(|t| S::from_ratio(t.coefficient) * power(t.power)).collect()
    }

    fn time(&self, rung: &Rung) -> f64 {
        rung.step_size * (rung.blocks * self.steps()) as f64
    }

    fn dop853(
        &self,
        rung: &Rung,
        terms: &[Term],
        clock: Ratio,
        tolerance: f64,
    ) -> Result<Vec<f64>, Obstacle> {
        let flow: &dyn Flow<Numeric<f64>> = &*self.flow;
        let loss = self.problem.float();
        let start = self.problem.start().as_slice().to_vec();
        let start = flow.start(&mut Numeric::new(loss.clone()), &rung.step_size, start);
        let coefficients = Self::coefficients(terms, rung.step_size);
        let mut rhs = Along::new(flow, loss, coefficients, f64::from_ratio(clock));
        Ok(Dop853 { tolerance }.integrate(&mut rhs, &start, self.time(rung))?)
    }

    fn taylor(&self, rung: &Rung, terms: &[Term]) -> Result<Option<Vec<f64>>, Obstacle> {
        let Some(loss) = self.problem.jet() else {
            return Ok(None);
        };
        let flow: &dyn Flow<Numeric<f64>> = &*self.flow;
        let start = self.problem.start().as_slice().to_vec();
        let start = flow.start(&mut Numeric::new(self.problem.float()), &rung.step_size, start);
        let flow: &dyn Flow<Numeric<Jet<f64>>> = &*self.flow;
        let coefficients = Self::coefficients(terms, rung.step_size);
        let mut rhs = Along::new(flow, loss, coefficients, Jet::one());
        let solver = Taylor { order: TAYLOR_ORDER, tolerance: 0.0 };
        Ok(Some(solver.integrate(&mut rhs, &start, self.time(rung))?))
    }
}

impl Comparison for TrackingLeg {
    fn kind(&self) -> LegKind {
        match (self.global, self.steps()) {
            (true, _) => LegKind::Global,
            (false, 1) => LegKind::Step,
            (false, _) => LegKind::Epoch,
        }
    }

    fn claimed_order(&self) -> f64 {
        f64::from(self.order)
    }

    fn terms(&self) -> Vec<Term> {
        let flow: &dyn Flow<Numeric<f64>> = &*self.flow;
        flow.terms()
    }

    fn rungs(&self) -> Vec<Rung> {
        // Without a pace nothing can be measured; the obstacle is reported by `observe`.
        let pace = self.pace.clone().unwrap_or(Pace { rate: 1.0 });
        let steps = self.steps();
        if self.global {
            pace.global_ladder(steps, pace.horizon(self.horizon))
        } else {
            pace.local_ladder(steps)
        }
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let _ = self.pace.clone()?;
        let fed = match (&self.twin, twin) {
            (Some((name, fed)), Some(asked)) if *name == asked => fed,
            _ => &self.fed,
        };
        let values = self.run(rung, fed)?;
        let steps = (rung.blocks * self.steps()) as f64;
        let floor = f64::EPSILON * norm(&values).max(f64::MIN_POSITIVE) * steps.sqrt();
        Ok(Observation { values: exact(&values), floor })
    }

    fn predict(
        &self,
        rung: &Rung,
        terms: &[Term],
        clock: Ratio,
    ) -> Result<Vec<DoubleDouble>, Obstacle> {
        Ok(exact(&self.dop853(rung, terms, clock, TOLERANCE)?))
    }

    fn certify(&self, rung: &Rung, terms: &[Term]) -> Result<Certificate, Obstacle> {
        let one = Ratio::new(1, 1);
        let first = self.dop853(rung, terms, one, TOLERANCE)?;
        let (second, lacking) = match self.taylor(rung, terms)? {
            Some(second) => (second, self.sampled_mean(rung)),
            None => {
                let looser = self.dop853(rung, terms, one, SECOND_TOLERANCE)?;
                let lacking = "the loss is known in f64 only: the reference flow is certified by \
                               DOP853 at two tolerances, not by a Taylor integration in jets";
                (looser, Some(lacking.to_owned()))
            }
        };
        let gap: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a - b).collect();
        Ok(Certificate { disagreement: norm(&gap), lacking })
    }

    fn twins(&self) -> Vec<&'static str> {
        self.twin.iter().map(|(name, _)| *name).collect()
    }
}
