//! The usual statement: the (mean) iterates of an optimizer track a flow.

mod fed;
mod leg;
mod mistakes;
mod precision;
mod proof;
mod trace;

pub use mistakes::Mistake;
pub use trace::{Trace, TraceError, TraceRow};

use std::borrow::Cow;
use std::sync::Arc;

use self::fed::Fed;
use self::leg::{Observed, Tracked};
use self::proof::{COORDINATE_WISE, Exact, Uniformity, is_uniform, treats_batches_alike};
use super::{Gaps, NotApplicable, Statement};
use crate::flow::{AnyFlow, Flow, Integrable};
use crate::leg::{Leg, LegKind, Pace, Sabotage};
use crate::loss::Problem;
use crate::method::{Claimed, Made, Method, SettingError, Values};
use crate::optimizer::{AnyOptimizer, Optimizer, Runnable, Tempo};
use crate::sampling::{self, FullBatch, MeanMethod, Sampling};
use crate::series::{Derived, Proof, Series, SeriesFault};
use crate::theorem::{LeftOut, Missing, Settings};

/// What is observed in the place of the claim's subject, as a control.
#[derive(Clone)]
enum Twin {
    Sampling(For<dyn Sampling>),
    Optimizer(AnyOptimizer),
}

/// Something that depends on the number of components of the loss.
type For<T> = Arc<dyn Fn(usize) -> Arc<T> + Send + Sync>;

/// `optimizer`, fed by a sampling, tracks `flow` with a local and a global order.
///
/// Local: the error of the mean over one block (one step, one epoch). Global: the error at a fixed
/// time, with an independent block every time. For random samplings the claim is about the mean.
#[derive(Clone)]
pub struct Tracking {
    optimizer: AnyOptimizer,
    flow: Arc<dyn Fn(usize) -> AnyFlow + Send + Sync>,
    sampling: For<dyn Sampling>,
    /// Whether the sampling is alike for every number of components.
    uniform: bool,
    twins: Vec<(Cow<'static, str>, Twin)>,
    admit: Option<fn(usize) -> Result<(), String>>,
    local: Option<u32>,
    global: Option<u32>,
    formal: Option<u32>,
    exact: Option<Exact>,
    unprovable: Cow<'static, str>,
}

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
                uniformity: Uniformity::of::<F>(),
                shipped: treats_batches_alike::<O>(),
            }),
            ..Tracking::erased(AnyOptimizer::Everywhere(optimizer), AnyFlow::Everywhere(flow))
        }
    }

    /// The same for a method or a flow that looks at coordinates, or is known in `f64` only
    /// ([`AnyOptimizer::float_only`], [`AnyFlow::float_only`]): measured, but not provable.
    pub fn measured(optimizer: impl Into<AnyOptimizer>, flow: impl Into<AnyFlow>) -> Self {
        Tracking::erased(optimizer.into(), flow.into())
    }

    /// A method, with its settings chosen, and what is claimed of it.
    pub(crate) fn of_method(
        method: &Method,
        values: &Values,
        claimed: Claimed,
    ) -> Result<Self, SettingError> {
        let Made { optimizer, series, .. } = method.made(values, None)?;
        let Claimed { local, global, numbers, series: flow } = claimed;
        let exact = series.zip(flow).map(|(optimizer, flow)| Exact {
            optimizer,
            flow,
            uniformity: Uniformity::Chosen,
            shipped: false,
        });
        let erased = Tracking::erased(optimizer, numbers(1));
        let (flow, sampling) = (numbers, method.fed(values));
        let global = Some(global);
        Ok(Tracking { flow, sampling, uniform: false, local, global, exact, ..erased })
    }

    fn erased(optimizer: AnyOptimizer, flow: AnyFlow) -> Self {
        let unprovable = match (optimizer.is_float_only(), flow.is_float_only()) {
            (false, false) => COORDINATE_WISE,
            (true, false) => "the method is known in f64 only",
            (false, true) => "the flow is known in f64 only",
            (true, true) => "the method and the flow are known in f64 only",
        };
        Tracking {
            optimizer,
            flow: Arc::new(move |_| flow.clone()),
            sampling: Arc::new(|_| Arc::new(FullBatch)),
            uniform: true,
            twins: Vec::new(),
            admit: None,
            local: None,
            global: None,
            formal: None,
            exact: None,
            unprovable: unprovable.into(),
        }
    }

    /// Why a measured claim is not proved, if not because it looks at coordinates.
    #[must_use]
    pub fn unprovable(mut self, why: impl Into<Cow<'static, str>>) -> Self {
        self.unprovable = why.into();
        self
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
        self.uniform = is_uniform::<P>();
        self
    }

    /// A sampling of this crate that is alike for every number of components, although a closure chooses
    /// it: what is proved for enough of them is proved for all.
    #[must_use]
    pub(crate) fn sampled_alike<P: Sampling + 'static>(
        self,
        sampling: impl Fn(usize) -> P + Send + Sync + 'static,
    ) -> Self {
        Tracking { uniform: true, ..self.sampled(sampling) }
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
            exact.uniformity = Uniformity::Chosen;
        }
        self.flow = Arc::new(move |m| flow(m).into());
        self
    }

    /// The same for a flow that looks at coordinates or is known in `f64` only: the claim is measured, and no
    /// longer proved.
    #[must_use]
    pub fn measured_flow_for<F: Into<AnyFlow>>(
        mut self,
        flow: impl Fn(usize) -> F + Send + Sync + 'static,
    ) -> Self {
        self.exact = None;
        self.flow = Arc::new(move |m| flow(m).into());
        self
    }

    /// A wrong sampling as a control.
    #[must_use]
    pub fn twin_sampling<P: Sampling + 'static>(
        mut self,
        name: impl Into<Cow<'static, str>>,
        sampling: impl Fn(usize) -> P + Send + Sync + 'static,
    ) -> Self {
        let twin = Twin::Sampling(Arc::new(move |m| Arc::new(sampling(m))));
        self.twins.push((name.into(), twin));
        self
    }

    /// A wrong optimizer as a control.
    #[must_use]
    pub fn twin_optimizer(
        mut self,
        name: impl Into<Cow<'static, str>>,
        optimizer: impl Into<AnyOptimizer>,
    ) -> Self {
        self.twins.push((name.into(), Twin::Optimizer(optimizer.into())));
        self
    }

    /// What the number of components must satisfy, with a reason where it does not.
    #[must_use]
    pub fn where_components(mut self, admit: fn(usize) -> Result<(), String>) -> Self {
        self.admit = Some(admit);
        self
    }
}

impl Tracking {
    fn tempo(&self) -> Tempo {
        self.optimizer.float().tempo()
    }

    /// Whether the mean at a fixed time can be had: elsewhere the covariance of the iterates feeds back
    /// on it.
    fn settles(&self, problem: &Problem) -> bool {
        let m = problem.batches();
        let own = (self.sampling)(m);
        problem.dim() == 1
            || problem.float().is_quadratic()
            || own.is_balanced()
            || own.paths(m) <= 1.0
    }
}

impl Statement for Tracking {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let m = problem.batches();
        if let Some(admit) = self.admit {
            admit(m).map_err(NotApplicable)?;
        }
        let loss = problem.float();
        let own = (self.sampling)(m);
        if own.steps(m) == 0 {
            return Err(NotApplicable(format!("the sampling draws nothing from {m} components")));
        }
        let settles = self.settles(problem);
        if self.local.is_none() && !settles {
            return Err(NotApplicable(unbalanced(problem)));
        }
        let tempo = self.tempo();
        let pace = Pace::of(problem).map(|pace| pace.with(tempo));
        let mut legs: Vec<Box<dyn Leg>> = Vec::new();
        for (order, global) in [(self.local, false), (self.global, true)] {
            let Some(order) = order else { continue };
            if global && !settles {
                continue;
            }
            let blocks = blocks(global, tempo);
            let feed = |sampling: Arc<dyn Sampling>| {
                let method = MeanMethod::choose(&*sampling, &*loss, blocks, settings.seed)?;
                Some(Fed { sampling, method })
            };
            let Some(fed) = feed((self.sampling)(m)) else {
                return Err(NotApplicable::too_many_orders(problem));
            };
            // A twin too large to enumerate is left out of this leg; the shorter leg has it.
            let observed = |twin: &Twin| match twin {
                Twin::Sampling(wrong) => feed(wrong(m)).map(Observed::Fed),
                Twin::Optimizer(wrong) => Some(Observed::Optimizer(wrong.clone())),
            };
            let twins = self.twins.iter();
            let twins = twins.filter_map(|(name, twin)| Some((name.clone(), observed(twin)?)));
            let tracked = Tracked {
                problem: problem.clone(),
                optimizer: self.optimizer.clone(),
                flow: (self.flow)(m),
                fed,
                twins: twins.collect(),
                pace: pace.clone(),
                horizon: settings.horizon,
                order,
                global,
                taylor: settings.taylor,
            };
            legs.push(tracked.leg());
        }
        Ok(legs)
    }

    fn gaps(&self, problem: &Problem, settings: &Settings) -> Gaps {
        let m = problem.batches();
        let settles = self.settles(problem);
        let mut gaps = Gaps::default();
        if self.global.is_some() && !settles {
            let missing = Missing { leg: Some(LegKind::Global), reason: unbalanced(problem) };
            gaps.missing.push(missing);
        }
        for (name, twin) in &self.twins {
            let Twin::Sampling(wrong) = twin else { continue };
            let (sampling, loss) = (wrong(m), problem.float());
            let fits = |global| {
                let blocks = blocks(global, self.tempo());
                MeanMethod::choose(&*sampling, &*loss, blocks, settings.seed).is_some()
            };
            let tried = self.local.is_some() && fits(false)
                || self.global.is_some() && settles && fits(true);
            if !tried {
                let reason = format!(
                    "its {:.1e} paths a block over {m} components are too many to walk",
                    sampling.paths(m)
                );
                gaps.left_out.push(LeftOut { name: name.to_string(), reason });
            }
        }
        gaps
    }

    fn examine(&self, problem: &Problem, settings: &Settings) -> Result<(), String> {
        let m = problem.batches();
        sampling::examine(&*(self.sampling)(m), m, settings.seed)
            .map_err(|flag| flag.to_string())?;
        // Controls, coefficients and reasons go by the names of terms.
        let terms = (self.flow)(m).float().terms();
        let again = terms
            .iter()
            .enumerate()
            .find(|(at, term)| terms[..*at].iter().any(|earlier| earlier.name == term.name));
        match again {
            Some((_, term)) => {
                Err(format!("two terms of the flow are called '{}'; give each its name", term.name))
            }
            None => Ok(()),
        }
    }

    fn mistaken(&self, mistake: &Mistake) -> Option<Arc<dyn Statement>> {
        Some(Arc::new(self.with_mistake(mistake)))
    }

    fn series_controls(&self) -> Option<Vec<Sabotage>> {
        self.controls_in_series()
    }

    fn proof(
        &self,
        sabotage: Option<&Sabotage>,
        components: Option<usize>,
    ) -> Option<Result<Proof, SeriesFault>> {
        self.compared_in_series(sabotage, components)
    }

    fn derived_field(&self) -> Option<Result<Derived, SeriesFault>> {
        self.found_in_series()
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

/// The blocks of all rungs of a leg together.
fn blocks(global: bool, tempo: Tempo) -> usize {
    if global { Pace::GLOBAL_BLOCKS * tempo.memory } else { Pace::LOCAL_BLOCKS }
}

fn unbalanced(problem: &Problem) -> String {
    format!(
        "at a fixed time the mean of this sampling feels its own covariance, which is not followed \
         on {} (it is in one parameter and on quadratics)",
        problem.name()
    )
}
