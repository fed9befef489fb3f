//! Optimizers that live in Python.

use std::sync::Arc;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use scoped_tls_hkt::scoped_thread_local;
use shadowflow::arithmetic::{Batch, Numeric};
use shadowflow::flow::{AnyFlow, Term};
use shadowflow::identify::{BlackBox, Gradient, fading, settled};
use shadowflow::loss::preset;
use shadowflow::optimizer::{AnyOptimizer, GradientDescent, Optimizer, State, Tempo};
use shadowflow::sampling::FullBatch;
use shadowflow::series::maps::derive_with_maps;
use shadowflow::theorem::{Theorem, Tracking, method_named};

use crate::check::{Claim, methods};
use crate::fault::{refused, value};
use crate::loss::{raised, wanted};
use crate::numbers::{array, vector, vector_of};
use crate::waiting::worked;
use crate::written::WrittenMethod;

scoped_thread_local! {
    /// The gradient of the step that this thread is in.
    static mut GRADIENT: for<'a> &'a mut (dyn FnMut(&[usize], &[f64]) -> Vec<f64> + 'a)
}

/// The gradient as a step is given it: `gradient(batch, w)`, ∇ of the mean of the listed minibatches' losses.
#[pyclass(frozen, module = "shadowflow._shadowflow")]
pub(crate) struct GradientCall;

#[pymethods]
impl GradientCall {
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        batch: Vec<usize>,
        w: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, numpy::PyArray1<f64>>> {
        let w = vector(w, "the point of the gradient")?;
        if !GRADIENT.is_set() {
            let told = "the gradient can be asked for only within the step that it was given to";
            return Err(PyRuntimeError::new_err(told));
        }
        Ok(array(py, &GRADIENT.with(|gradient| gradient(&batch, &w))))
    }
}

/// The two functions of an optimizer.
pub(crate) struct Calls {
    init: Py<PyAny>,
    step: Py<PyAny>,
    /// Whether the step takes the gradient at w, and not a function that gives it anywhere.
    takes_gradient: bool,
}

impl Calls {
    /// # Errors
    /// What the function raises, or that it is no vector.
    fn begun(&self, py: Python<'_>, w: &[f64]) -> PyResult<Vec<f64>> {
        let given = self.init.call1(py, (array(py, w),))?;
        vector(given.bind(py), "the state that init returns")
    }

    /// The parameters and the state that a step has returned.
    ///
    /// # Errors
    /// What the function raised, or what it returns instead of parameters and a state.
    fn read(
        py: Python<'_>,
        given: PyResult<Py<PyAny>>,
        dim: usize,
        memory: usize,
    ) -> PyResult<(Vec<f64>, Vec<f64>)> {
        let given = given?;
        let (w, state): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
            given.bind(py).extract().map_err(|_| {
                value("a step returns two things, the parameters and the state: return w, state")
            })?;
        let w = vector_of(&w, "what a step returns as parameters", dim)?;
        let state = vector(&state, "what a step returns as state")?;
        if state.len() != memory {
            let told =
                format!("a step changes the size of its state from {memory} to {}", state.len());
            return Err(value(told));
        }
        Ok((w, state))
    }
}

impl BlackBox for Calls {
    type State = Vec<f64>;

    fn init(&self, w: &[f64]) -> Vec<f64> {
        let _stay = wanted();
        Python::attach(|py| match self.begun(py, w) {
            Ok(state) => state,
            Err(error) => raised(py, "init", &error),
        })
    }

    fn step(
        &self,
        eps: f64,
        batch: &[usize],
        gradient: &mut Gradient<'_>,
        w: &mut [f64],
        state: &mut Vec<f64>,
    ) {
        let _stay = wanted();
        let (dim, memory) = (w.len(), state.len());
        let found = if self.takes_gradient {
            let g = gradient(batch, w);
            Python::attach(|py| {
                let given = (eps, array(py, &g), array(py, w), array(py, state));
                Calls::read(py, self.step.call1(py, given), dim, memory)
            })
        } else {
            GRADIENT.set(gradient, || {
                Python::attach(|py| {
                    let given = (eps, batch.to_vec(), GradientCall, array(py, w), array(py, state));
                    Calls::read(py, self.step.call1(py, given), dim, memory)
                })
            })
        };
        match found {
            Ok((next, memory)) => {
                w.copy_from_slice(&next);
                *state = memory;
            }
            Err(error) => Python::attach(|py| raised(py, "the step", &error)),
        }
    }
}

/// The same as an optimizer whose memory is its state.
struct Stepping {
    calls: Arc<Calls>,
    tempo: Tempo,
}

impl Optimizer<Numeric<f64>> for Stepping {
    fn step(&self, a: &mut Numeric<f64>, eps: &f64, batch: Batch, s: &mut State<Vec<f64>>) {
        let listed: Vec<usize> = match batch {
            Batch::Full => (0..shadowflow::arithmetic::Arithmetic::batches(a)).collect(),
            Batch::One(k) => vec![k],
            Batch::Mean(parts) => parts.to_vec(),
        };
        let whole = listed.len();
        let mut gradient = |of: &[usize], at: &[f64]| -> Vec<f64> {
            let at = at.to_vec();
            let batch = match of {
                [k] => Batch::One(*k),
                all if all.len() == whole && all == listed.as_slice() => batch,
                parts => Batch::Mean(parts),
            };
            shadowflow::arithmetic::Arithmetic::gradient(a, batch, &at)
        };
        let given = listed.clone();
        let mut memory = s.memory.pop().unwrap_or_default();
        self.calls.step(*eps, &given, &mut gradient, &mut s.w, &mut memory);
        s.memory.push(memory);
    }

    fn memory(&self) -> usize {
        1
    }

    fn initial_memory(&self, _: &mut Numeric<f64>, _: &f64, w: &Vec<f64>) -> Vec<Vec<f64>> {
        vec![self.calls.init(w)]
    }

    fn tempo(&self) -> Tempo {
        self.tempo
    }
}

/// An optimizer: `init(w)`, which gives its state as a vector, and a step.
#[pyclass(frozen, name = "NativeMethod", module = "shadowflow._shadowflow")]
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) calls: Arc<Calls>,
}

#[pymethods]
impl Method {
    /// `step(eps, gradient, w, state)` if it `takes_gradient`, else `step(eps, batch, gradient, w, state)`; both give the
    /// parameters and the state, vectors of float64.
    #[new]
    fn new(name: String, init: Py<PyAny>, step: Py<PyAny>, takes_gradient: bool) -> Self {
        Method { name, calls: Arc::new(Calls { init, step, takes_gradient }) }
    }
}

/// A method of the register or of somebody's own.
#[derive(FromPyObject)]
pub(crate) enum Which<'py> {
    Name(String),
    Own(PyRef<'py, Method>),
    Written(PyRef<'py, WrittenMethod>),
}

/// The claim that a method follows what the register claims for the method `claimed` with these settings.
#[pyfunction]
pub(crate) fn tracks_claim(
    py: Python<'_>,
    method: PyRef<'_, Method>,
    claimed: &str,
    settings: Vec<String>,
) -> PyResult<Claim> {
    let known = method_named(methods(), claimed).map_err(value)?;
    let values = known.values(&settings).map_err(value)?;
    let made = known.made(&values, None).map_err(value)?;
    if known.sampling() != "full-batch" {
        let told = format!(
            "{claimed} is claimed for {}, and a method of your own is fed the whole loss",
            known.sampling()
        );
        return Err(refused(told));
    }
    let claim = known.claimed(&values).map_err(value)?;
    let claim = claim.ok_or_else(|| refused(format!("no flow is claimed for {claimed}")))?;
    let tempo = made.optimizer.float().tempo();
    let stepping = Stepping { calls: Arc::clone(&method.calls), tempo };
    // What is claimed of one step is claimed of a memory that has settled.
    let optimizer = match claim.local {
        Some(_) => {
            let calls = Arc::clone(&method.calls);
            let burn_in = worked(py, None, move || faded(&calls))?.map_err(refused)?;
            AnyOptimizer::float_only(Settled { stepping, burn_in })
        }
        None => AnyOptimizer::float_only(stepping),
    };
    let (flow, shown) = (claim.numbers, values.shown());
    let first = flow(1);
    let mut tracking = Tracking::measured(optimizer, first)
        .measured_flow_for(move |m| flow(m))
        .global(claim.global);
    if let Some(local) = claim.local {
        tracking = tracking.local(local);
    }
    let settings: Vec<String> =
        shown.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let theorem = Theorem::new(format!("{} tracks {claimed}", method.name))
        .stating(tracking)
        .with_summary(format!(
            "{} tracks the flow claimed for {claimed} ({})",
            method.name,
            settings.join(", ")
        ))
        .with_orders(match claim.local {
            Some(local) => format!("one block {local}, fixed time {}", claim.global),
            None => format!("fixed time {}", claim.global),
        });
    Ok(Claim::of(theorem))
}

/// The claim that a method follows the field `field(eps, t, w)`, with these orders.
#[pyfunction]
#[pyo3(signature = (method, settings, field, local, order, memory, speed))]
pub(crate) fn tracks_field(
    method: Which<'_>,
    settings: Vec<String>,
    field: Py<PyAny>,
    local: Option<u32>,
    order: u32,
    memory: usize,
    speed: f64,
) -> PyResult<Claim> {
    let (name, optimizer) = match &method {
        Which::Own(own) => {
            let tempo = Tempo { speed, memory };
            let calls = Arc::clone(&own.calls);
            (own.name.clone(), AnyOptimizer::float_only(Stepping { calls, tempo }))
        }
        Which::Written(own) => (own.name.clone(), AnyOptimizer::from(own.written.clone())),
        Which::Name(name) => {
            let known = method_named(methods(), name).map_err(value)?;
            let made = known.made(&known.values(&settings).map_err(value)?, None).map_err(value)?;
            if known.sampling() != "full-batch" {
                let told = format!(
                    "{name} is fed by {}; an own field is held against the whole loss",
                    known.sampling()
                );
                return Err(refused(told));
            }
            (name.clone(), made.optimizer)
        }
    };
    // The step size is a term: without it, or with a wrong one, the claim is another.
    let terms = vec![Term::new("step size", 1, 1, 1)];
    let flow = AnyFlow::closure(terms, move |_, c, t, w| {
        let _stay = wanted();
        Python::attach(|py| {
            let given = field.call1(py, (c[0], t, array(py, w)));
            let found =
                given.and_then(|v| vector_of(v.bind(py), "what the field returns", w.len()));
            match found {
                Ok(v) => v,
                Err(error) => raised(py, "the field", &error),
            }
        })
    });
    let mut tracking = Tracking::measured(optimizer, flow).global(order);
    if let Some(local) = local {
        tracking = tracking.local(local);
    }
    let theorem = Theorem::new(format!("{name} tracks a field"))
        .stating(tracking)
        .with_summary(format!("{name} tracks a field of your own"))
        .with_orders(match local {
            Some(local) => format!("one block {local}, fixed time {order}"),
            None => format!("fixed time {order}"),
        });
    Ok(Claim::of(theorem))
}

/// The claim that a method of the register follows the first terms of the flow of its own step.
#[pyfunction]
pub(crate) fn tracks_own(name: &str, settings: Vec<String>, terms: usize) -> PyResult<Claim> {
    let known = method_named(methods(), name).map_err(value)?;
    let values = known.values(&settings).map_err(value)?;
    let id = match settings.as_slice() {
        [] => format!("{name}/own"),
        some => format!("{name}[{}]/own", some.join(",")),
    };
    let theorem = Theorem::derived_of(id, known, &values, terms).map_err(value)?;
    Ok(Claim::of(theorem))
}

/// The steps after which the memory of a method has faded, on a loss of the library.
fn faded(calls: &Calls) -> Result<usize, String> {
    let problem = preset("factorisation", None, None, 1).map_err(|why| why.to_string())?;
    let start: Vec<f64> = problem.start().iter().copied().collect();
    fading(calls, &problem, &start).map_err(|why| why.to_string())
}

/// A method as if it had run for ever before it comes to the start.
struct Settled {
    stepping: Stepping,
    burn_in: usize,
}

impl Optimizer<Numeric<f64>> for Settled {
    fn step(&self, a: &mut Numeric<f64>, eps: &f64, batch: Batch, s: &mut State<Vec<f64>>) {
        self.stepping.step(a, eps, batch, s);
    }

    fn memory(&self) -> usize {
        1
    }

    fn initial_memory(&self, a: &mut Numeric<f64>, eps: &f64, w: &Vec<f64>) -> Vec<Vec<f64>> {
        let calls = &*self.stepping.calls;
        let memory = settled(calls, &**a.loss(), w, *eps, self.burn_in);
        // Without a past there is no number that stands for one.
        vec![memory.unwrap_or_else(|| vec![f64::NAN; calls.init(w).len()])]
    }

    fn tempo(&self) -> Tempo {
        self.stepping.tempo
    }
}

/// The claim that a method follows the first terms of the flow of the method of the register that it was found to be, its
/// memory settled at the start of each run.
#[pyfunction]
pub(crate) fn tracks_found(
    py: Python<'_>,
    method: PyRef<'_, Method>,
    found: String,
    settings: Vec<String>,
    terms: usize,
) -> PyResult<Claim> {
    let known = method_named(methods(), &found).map_err(value)?.clone();
    let values = known.values(&settings).map_err(value)?;
    let (calls, name) = (Arc::clone(&method.calls), method.name.clone());
    let made = worked(py, None, move || -> Result<Theorem, String> {
        let made = known.made(&values, None).map_err(|why| why.to_string())?;
        let series = made.series.ok_or_else(|| format!("{found} has no exact series"))?;
        let derived = derive_with_maps(&*series, &FullBatch, terms, 1);
        let flow = derived.map_err(|why| why.to_string())?.flow();
        let flow =
            flow.ok_or_else(|| format!("the field of {found} has no coefficients in numbers"))?;
        let burn_in = faded(&calls)?;
        let tempo = made.optimizer.float().tempo();
        let settled = Settled { stepping: Stepping { calls, tempo }, burn_in };
        let order = terms as u32;
        let tracking = Tracking::measured(AnyOptimizer::float_only(settled), flow)
            .local(order + 1)
            .global(order)
            .twin_optimizer("gradient descent", AnyOptimizer::from(GradientDescent));
        Ok(Theorem::new(format!("{name} tracks its own flow"))
            .stating(tracking)
            .with_summary(format!(
                "{name} tracks the flow of {found} ({}), which its iterates say that it is, to {terms} terms",
                settings.join(", ")
            ))
            .with_source("the method's own step: no claim of anybody")
            .with_orders(format!("one block {}, fixed time {terms}", order + 1)))
    })?;
    Ok(Claim::of(made.map_err(refused)?))
}
