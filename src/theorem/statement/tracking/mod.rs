//! The usual statement: the (mean) iterates of an optimizer track a flow.

mod expanded;
mod fed;
mod leg;
mod mistakes;
mod precision;
mod proof;
mod scale;
mod statement;
mod trace;

pub use mistakes::Mistake;
pub use trace::{Trace, TraceError, TraceRow};

use std::borrow::Cow;
use std::sync::Arc;

use self::proof::{COORDINATE_WISE, Exact, Uniformity, is_uniform, treats_batches_alike};
use crate::flow::{AnyFlow, Integrable};
use crate::method::{ByBatches, Claimed, Made, Method, SettingError, Values};
use crate::optimizer::{AnyOptimizer, Runnable};
use crate::sampling::{FullBatch, Sampling, in_periods};
use crate::series::{ExactFlow, ExactOptimizer};

/// What is observed in the place of the claim's subject, as a control.
#[derive(Clone)]
enum Twin {
    Sampling(ByBatches<Arc<dyn Sampling>>),
    Optimizer(AnyOptimizer),
}

/// `optimizer`, fed by a sampling, tracks `flow` with a local and a global order.
///
/// Local: the error of the mean over one block (one step, one epoch). Global: the error at a fixed
/// time, with an independent block every time. For random samplings the claim is about the mean.
#[derive(Clone)]
pub struct Tracking {
    optimizer: AnyOptimizer,
    flow: ByBatches<AnyFlow>,
    sampling: ByBatches<Arc<dyn Sampling>>,
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
        O: Runnable + ExactOptimizer + 'static,
        F: Integrable + ExactFlow + 'static,
    {
        let (optimizer, flow) = (Arc::new(optimizer), Arc::new(flow));
        let exact: Arc<dyn ExactFlow> = flow.clone();
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
        // Without an order of one block, what is proved is the field on the slow manifold.
        let formal = local.is_none().then_some(global + 1);
        let global = Some(global);
        Ok(Tracking { flow, sampling, uniform: false, local, global, formal, exact, ..erased })
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

    /// The sampling over `batches` components, in blocks of whole periods of the method.
    fn sampling(&self, batches: usize) -> Arc<dyn Sampling> {
        self.in_periods((self.sampling)(batches), batches)
    }

    fn in_periods(&self, sampling: Arc<dyn Sampling>, batches: usize) -> Arc<dyn Sampling> {
        in_periods(sampling, self.optimizer.float().period(), batches)
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

    /// The same, behind its type.
    #[must_use]
    pub(in crate::theorem) fn fed_by(mut self, sampling: ByBatches<Arc<dyn Sampling>>) -> Self {
        self.sampling = sampling;
        self.uniform = false;
        self
    }

    /// A flow that depends on the number of components of the loss.
    #[must_use]
    pub fn flow_for<F: Integrable + ExactFlow + 'static>(
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
