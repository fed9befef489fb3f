//! Methods by name: an optimizer with its settings, what feeds it, and the flow it is said to follow.
//!
//! A method of a program's own is one [`Method`], pushed into the [`Methods`] that the command runs over:
//! then `derive`, `check` and `trace` know it.

mod feed;
mod range;
mod register;
mod setting;
mod standard;

pub(crate) use feed::FULL_BATCH;
pub use feed::samplings;
pub use range::Range;
pub use register::{Methods, NameTaken};
pub use setting::{Setting, SettingError, Values, exact};

use std::borrow::Cow;
use std::sync::Arc;

use crate::flow::{AnyFlow, Integrable};
use crate::optimizer::{AnyOptimizer, OutOfRange, Runnable};
use crate::sampling::{FullBatch, Sampling};
use crate::scalar::Ratio;
use crate::series::{ExactFlow, ExactOptimizer, looks_at_minibatches};

/// Minibatches where a method samples and none were asked for.
const DEFAULT_BATCHES: usize = 2;

/// The setting that is the ridge l of the loss, (l/2)‖w‖² in every minibatch.
const RIDGE: &str = "l2";

/// What depends on the number of minibatches.
pub type ByBatches<T> = Arc<dyn Fn(usize) -> T + Send + Sync>;

/// What depends on the settings too.
type BySettings<T> = Arc<dyn Fn(&Values, usize) -> T + Send + Sync>;

type Make = dyn Fn(&Values) -> Result<Optimizing, OutOfRange> + Send + Sync;

/// An optimizer in numbers and, if it has one, in series.
#[derive(Clone)]
struct Optimizing {
    numbers: AnyOptimizer,
    series: Option<Arc<dyn ExactOptimizer>>,
}

/// What feeds a method, by name.
#[derive(Clone)]
struct Feed {
    name: Cow<'static, str>,
    make: BySettings<Arc<dyn Sampling>>,
}

/// The flow that a method is said to follow.
#[derive(Clone)]
struct Claim {
    local: Option<u32>,
    global: u32,
    numbers: BySettings<AnyFlow>,
    series: Option<BySettings<Arc<dyn ExactFlow>>>,
}

/// A method: an optimizer that is made from settings, the sampling that feeds it, and, if it is known, the
/// flow that it follows.
///
/// ```
/// use shadowflow::prelude::*;
///
/// /// w ← w − ε g(w + ρ ε g(w)).
/// struct Ascent { rho: Ratio }
///
/// impl<A: Arithmetic> Optimizer<A> for Ascent {
///     fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
///         let mut ahead = s.w.clone();
///         let uphill = a.gradient(batch, &s.w);
///         a.axpy(&(a.ratio(self.rho) * eps.clone()), &uphill, &mut ahead);
///         let g = a.gradient(batch, &ahead);
///         a.axpy(&-eps.clone(), &g, &mut s.w);
///     }
/// }
///
/// let ascent = Method::new("ascent", [Setting::ratio("rho", (1, 2), Range::any())], |values| {
///     Ok(Ascent { rho: values.ratio("rho") })
/// });
/// let mut methods = Methods::standard();
/// methods.push(ascent)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Method {
    name: Cow<'static, str>,
    settings: Vec<Setting>,
    make: Arc<Make>,
    feed: Option<Feed>,
    claim: Option<Claim>,
    /// The settings that no claim speaks of unless they are 0.
    beyond_claim: Vec<Cow<'static, str>>,
}

/// A method with its settings chosen, on a number of minibatches.
#[derive(Clone)]
pub struct Made {
    /// The optimizer in numbers.
    pub optimizer: AnyOptimizer,
    /// The optimizer in series; none if it looks at coordinates or is known in `f64` only.
    pub series: Option<Arc<dyn ExactOptimizer>>,
    /// What feeds it.
    pub sampling: Arc<dyn Sampling>,
    /// The ridge l that it adds to the loss, (l/2)‖w‖² to every minibatch's: 0 for most.
    pub ridge: Ratio,
    /// The settings it runs with, defaults included, as they are written.
    pub settings: Vec<(Cow<'static, str>, String)>,
    /// The number of minibatches.
    pub batches: usize,
}

/// The flow of a method with its settings chosen: for each number of minibatches in numbers and, where it
/// has one, in series.
pub struct Claimed {
    /// The order of the error of one block, where it has one.
    pub local: Option<u32>,
    /// The order of the error at a fixed time.
    pub global: u32,
    /// The flow in numbers.
    pub numbers: ByBatches<AnyFlow>,
    /// The flow in series.
    pub series: Option<ByBatches<Arc<dyn ExactFlow>>>,
}

impl Method {
    /// A method whose optimizer is written over any arithmetic: it can be measured, derived and proved.
    /// Without a sampling it takes the whole loss.
    pub fn new<O: Runnable + ExactOptimizer + 'static>(
        name: impl Into<Cow<'static, str>>,
        settings: impl IntoIterator<Item = Setting>,
        make: impl Fn(&Values) -> Result<O, OutOfRange> + Send + Sync + 'static,
    ) -> Self {
        let make = move |values: &Values| {
            let optimizer = Arc::new(make(values)?);
            let numbers = AnyOptimizer::Everywhere(optimizer.clone());
            Ok(Optimizing { numbers, series: Some(optimizer) })
        };
        Method::of(name.into(), settings.into_iter().collect(), Arc::new(make))
    }

    /// A method that looks at coordinates, or is known in `f64` only: it can be measured.
    pub fn measured<O: Into<AnyOptimizer>>(
        name: impl Into<Cow<'static, str>>,
        settings: impl IntoIterator<Item = Setting>,
        make: impl Fn(&Values) -> Result<O, OutOfRange> + Send + Sync + 'static,
    ) -> Self {
        let make =
            move |values: &Values| Ok(Optimizing { numbers: make(values)?.into(), series: None });
        Method::of(name.into(), settings.into_iter().collect(), Arc::new(make))
    }

    fn of(name: Cow<'static, str>, settings: Vec<Setting>, make: Arc<Make>) -> Self {
        Method { name, settings, make, feed: None, claim: None, beyond_claim: Vec::new() }
    }

    /// The sampling that feeds it, by the name it is listed under, for a number of minibatches.
    #[must_use]
    pub fn sampled<P: Sampling + 'static>(
        mut self,
        name: impl Into<Cow<'static, str>>,
        sampling: impl Fn(&Values, usize) -> P + Send + Sync + 'static,
    ) -> Self {
        let make =
            move |values: &Values, m: usize| -> Arc<dyn Sampling> { Arc::new(sampling(values, m)) };
        self.feed = Some(Feed { name: name.into(), make: Arc::new(make) });
        self
    }

    /// The flow it follows, for a number of minibatches, with the order of the error of one block, where it
    /// has one, and at a fixed time.
    #[must_use]
    pub fn claiming<F: Integrable + ExactFlow + 'static>(
        mut self,
        local: Option<u32>,
        global: u32,
        flow: impl Fn(&Values, usize) -> F + Send + Sync + 'static,
    ) -> Self {
        let flow = Arc::new(flow);
        let exact = Arc::clone(&flow);
        let series =
            move |values: &Values, m: usize| -> Arc<dyn ExactFlow> { Arc::new(exact(values, m)) };
        let numbers = move |values: &Values, m: usize| AnyFlow::from(flow(values, m));
        let (numbers, series) = (Arc::new(numbers), Some(Arc::new(series) as _));
        self.claim = Some(Claim { local, global, numbers, series });
        self
    }

    /// The same for a flow that looks at coordinates, or is known in `f64` only.
    #[must_use]
    pub fn claiming_measured<F: Into<AnyFlow>>(
        mut self,
        local: Option<u32>,
        global: u32,
        flow: impl Fn(&Values, usize) -> F + Send + Sync + 'static,
    ) -> Self {
        let numbers = Arc::new(move |values: &Values, m: usize| flow(values, m).into());
        self.claim = Some(Claim { local, global, numbers, series: None });
        self
    }

    /// These settings must be 0 for the flow that is claimed: with another value none is.
    #[must_use]
    pub fn claimed_without(
        mut self,
        settings: impl IntoIterator<Item = impl Into<Cow<'static, str>>>,
    ) -> Self {
        self.beyond_claim.extend(settings.into_iter().map(Into::into));
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What can be set.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The name of the sampling that feeds it.
    pub fn sampling(&self) -> &str {
        self.feed.as_ref().map_or(FULL_BATCH, |feed| &feed.name)
    }

    /// Whether a flow is claimed for it.
    pub fn has_claim(&self) -> bool {
        self.claim.is_some()
    }

    /// The settings with these values, given as "key=value"; defaults for the others.
    ///
    /// # Errors
    /// [`SettingError`] for a key that it does not take or that is given twice, or a value out of range.
    pub fn values<T: AsRef<str>>(&self, given: &[T]) -> Result<Values, SettingError> {
        Values::of(&self.name, &self.settings, given)
    }

    /// The method with these values on `batches` minibatches: by default one, or two where it samples or looks at
    /// them by itself.
    ///
    /// # Errors
    /// [`SettingError`] if the optimizer turns a value down, or an order is not one of that many.
    pub fn made(&self, values: &Values, batches: Option<usize>) -> Result<Made, SettingError> {
        let looks = || -> Result<bool, SettingError> {
            let made = (self.make)(&values.over(Some(1), 1)?)?;
            Ok(made.series.is_some_and(|series| looks_at_minibatches(&*series)))
        };
        let several = batches.is_none() && (self.feed.is_some() || looks()?);
        let values = values.over(batches, if several { DEFAULT_BATCHES } else { 1 })?;
        let batches = values.batches();
        let Optimizing { numbers, series } = (self.make)(&values)?;
        let sampling = match &self.feed {
            Some(feed) => (feed.make)(&values, batches),
            None => Arc::new(FullBatch),
        };
        let ridge = values.ratio(RIDGE);
        let ridge = if ridge.is_defined() { ridge } else { Ratio::new(0, 1) };
        let settings = values.shown();
        Ok(Made { optimizer: numbers, series, sampling, ridge, settings, batches })
    }

    /// The flow it is said to follow with these values; none if none is claimed.
    ///
    /// # Errors
    /// [`SettingError::BeyondClaim`] if a value is one that the claim does not speak of.
    pub fn claimed(&self, values: &Values) -> Result<Option<Claimed>, SettingError> {
        let Some(Claim { local, global, numbers, series }) = self.claim.clone() else {
            return Ok(None);
        };
        let beyond = |name: &&Cow<'static, str>| !values.ratio(name).is_zero();
        if let Some(name) = self.beyond_claim.iter().find(beyond) {
            let spoken = |setting: &&Setting| self.beyond_claim.iter().all(|b| b != setting.name());
            let spoken: Vec<&str> =
                self.settings.iter().filter(spoken).map(Setting::name).collect();
            return Err(SettingError::BeyondClaim {
                method: self.name.to_string(),
                set: format!("{name} = {}", values.ratio(name)),
                spoken: if spoken.is_empty() { "none".to_owned() } else { spoken.join(", ") },
            });
        }
        let (one, other) = (values.clone(), values.clone());
        let series = series.map(|series| Arc::new(move |m| series(&other, m)) as ByBatches<_>);
        Ok(Some(Claimed { local, global, numbers: Arc::new(move |m| numbers(&one, m)), series }))
    }

    /// The sampling with these values, for any number of minibatches.
    pub fn fed(&self, values: &Values) -> ByBatches<Arc<dyn Sampling>> {
        let (feed, values) = (self.feed.clone(), values.clone());
        Arc::new(move |m| match &feed {
            Some(feed) => (feed.make)(&values, m),
            None => Arc::new(FullBatch),
        })
    }
}
