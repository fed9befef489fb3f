//! Methods and flows written once in Python, over an arithmetic: measured, expanded, derived and proved.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use shadowflow::arithmetic::{Arithmetic, Batch, Numeric};
use shadowflow::flow::{AnyFlow, Flow, Followed, Term};
use shadowflow::method::{ByBatches, Method, Values};
use shadowflow::optimizer::{Optimizer, State, Tempo};
use shadowflow::sampling::{Draw, Sampling};
use shadowflow::scalar::Ratio;
use shadowflow::series::maps::MapSeries;
use shadowflow::series::{ExactFlow, Series};
use shadowflow::theorem::{Theorem, Tracking, method_named};

use crate::arithmetic::{Drawn, Slots, StepsTaken};
use crate::check::{Claim, methods};
use crate::fault::{caught, refused, value};
use crate::loss::{raised, wanted};

/// What was raised in a callback, to be raised again where it is asked.
type Kept = Mutex<Option<PyErr>>;

/// Keeps what was raised, and ends the work of this thread with it.
fn ended(kept: &Kept, what: &str, error: PyErr) -> ! {
    Python::attach(|py| {
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone_ref(py));
        raised(py, what, &error)
    })
}

fn taken(kept: &Kept) -> Option<PyErr> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The state as a step is given it: its parameters and its memory are replaced by the step.
#[pyclass(name = "State", module = "shadowflow._shadowflow")]
pub(crate) struct StateGiven {
    #[pyo3(get, set)]
    w: Py<PyAny>,
    #[pyo3(get, set)]
    memory: Py<PyAny>,
    #[pyo3(get)]
    steps: StepsTaken,
}

/// The functions of a method.
struct Functions {
    step: Py<PyAny>,
    init: Option<Py<PyAny>>,
    memory: usize,
    period: usize,
    raised: Kept,
}

/// A method of Python in every arithmetic.
#[derive(Clone)]
pub(crate) struct Written {
    functions: Arc<Functions>,
    tempo: Tempo,
}

impl Written {
    /// What was raised in it since this was asked last.
    pub(crate) fn raised(&self) -> Option<PyErr> {
        taken(&self.functions.raised)
    }

    /// Whether it says what its memory begins with.
    fn begins(&self) -> bool {
        self.functions.init.is_some()
    }

    fn stepped<A: Arithmetic>(
        &self,
        py: Python<'_>,
        room: &mut Slots<'_, A>,
        eps: &A::Number,
        batch: Batch<'_>,
        s: &mut State<A::Vector>,
    ) -> PyResult<()> {
        let eps = room.number(eps.clone());
        let w = Bound::new(py, room.vector(s.w.clone()))?.into_any().unbind();
        let held: Vec<_> = s.memory.iter().map(|v| room.vector(v.clone())).collect();
        let memory = PyList::new(py, held)?.into_any().unbind();
        let steps = StepsTaken { steps: s.steps };
        let state = Bound::new(py, StateGiven { w, memory, steps })?;
        room.within(|a| {
            let returned = self.functions.step.call1(py, (a, eps, Drawn::of(batch), &state))?;
            if returned.is_none(py) || returned.is(&state) {
                return Ok(());
            }
            let kind = returned.bind(py).get_type().name()?.to_string();
            Err(PyTypeError::new_err(format!(
                "a step changes its state, state.w and state.memory, and returns nothing; this one returns a {kind}"
            )))
        })?;
        let state = state.borrow();
        let next = room.read(state.w.bind(py), "state.w after the step")?;
        let memory = vectors(room, state.memory.bind(py), "state.memory", self.functions.memory)?;
        s.w = next;
        s.memory = memory;
        Ok(())
    }

    fn begun<A: Arithmetic>(
        &self,
        py: Python<'_>,
        room: &mut Slots<'_, A>,
        init: &Py<PyAny>,
        eps: &A::Number,
        w: &A::Vector,
    ) -> PyResult<Vec<A::Vector>> {
        let (eps, w) = (room.number(eps.clone()), room.vector(w.clone()));
        let mut found = None;
        room.within(|a| {
            found = Some(init.call1(py, (a, eps, w))?);
            Ok(())
        })?;
        let Some(found) = found else { return Ok(Vec::new()) };
        vectors(room, found.bind(py), "what init returns", self.functions.memory)
    }
}

/// The vectors of a list of so many.
fn vectors<A: Arithmetic>(
    room: &mut Slots<'_, A>,
    given: &Bound<'_, PyAny>,
    what: &str,
    count: usize,
) -> PyResult<Vec<A::Vector>> {
    let given: Vec<Bound<'_, PyAny>> = given.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "{what} is a list of {count} vectors, one for each of memory={count}"
        ))
    })?;
    if given.len() != count {
        return Err(value(format!(
            "{what} has {} vectors, but the method was made with memory={count}",
            given.len()
        )));
    }
    given.iter().map(|v| room.read(v, &format!("an entry of {what}"))).collect()
}

impl<A: Arithmetic> Optimizer<A> for Written {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let _stay = wanted();
        let mut room = Slots::new(a);
        let found = Python::attach(|py| self.stepped(py, &mut room, eps, batch, s));
        match found {
            Ok(()) => room.closed(),
            Err(error) => ended(&self.functions.raised, "the step", error),
        }
    }

    fn memory(&self) -> usize {
        self.functions.memory
    }

    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let Some(init) = &self.functions.init else {
            return (0..self.functions.memory).map(|_| a.zero()).collect();
        };
        let mut room = Slots::new(a);
        let found = Python::attach(|py| self.begun(py, &mut room, init, eps, w));
        match found {
            Ok(memory) => {
                room.closed();
                memory
            }
            Err(error) => ended(&self.functions.raised, "init", error),
        }
    }

    fn period(&self) -> usize {
        self.functions.period
    }

    fn tempo(&self) -> Tempo {
        self.tempo
    }
}

/// A method of Python, as methods of the register are.
#[pyclass(frozen, name = "NativeWritten", module = "shadowflow._shadowflow")]
pub(crate) struct WrittenMethod {
    pub(crate) name: String,
    pub(crate) written: Written,
}

impl WrittenMethod {
    /// The same as a method without settings.
    pub(crate) fn method(&self) -> Method {
        let written = self.written.clone();
        Method::new(self.name.clone(), [], move |_: &Values| Ok(written.clone()))
    }
}

#[pymethods]
impl WrittenMethod {
    /// `step(a, eps, batch, state)`, with `memory` vectors that begin as `init(a, eps, w)` says, or at zero.
    #[new]
    #[pyo3(signature = (name, step, init, memory, period, speed, remembers))]
    fn new(
        name: String,
        step: Py<PyAny>,
        init: Option<Py<PyAny>>,
        memory: usize,
        period: usize,
        speed: f64,
        remembers: usize,
    ) -> PyResult<Self> {
        let functions = Functions { step, init, memory, period, raised: Mutex::new(None) };
        let tempo = Tempo { speed, memory: remembers };
        let written = Written { functions: Arc::new(functions), tempo };
        // What does not fit is said here, with its own exception, before anything is asked of it.
        let mut a = MapSeries::new(2, 1);
        let (eps, w) = (a.step_size(), a.point());
        let tried = caught(|| {
            let memory = written.initial_memory(&mut a, &eps, &w);
            let mut state = State { w, memory, steps: Default::default() };
            for _ in 0..period {
                Optimizer::<MapSeries>::step(&written, &mut a, &eps, Batch::Full, &mut state);
                state.steps.advance();
            }
        });
        tried.map_err(|unnamed| written.raised().unwrap_or(unnamed))?;
        Ok(WrittenMethod { name, written })
    }
}

/// A flow of Python in every arithmetic.
pub(crate) struct WrittenFlow {
    terms: Vec<Term>,
    field: Py<PyAny>,
    start: Option<Py<PyAny>>,
    raised: Kept,
}

impl WrittenFlow {
    fn followed<A: Arithmetic>(
        &self,
        a: &mut A,
        c: &[A::Number],
        t: Option<&A::Number>,
        w: &A::Vector,
    ) -> A::Vector {
        let _stay = wanted();
        let mut room = Slots::new(a);
        let found = Python::attach(|py| {
            let c: Vec<_> = c.iter().map(|c| room.number(c.clone())).collect();
            let w = room.vector(w.clone());
            let t = t.map(|t| room.number(t.clone()));
            let mut given = None;
            room.within(|a| {
                given = Some(match (t, &self.start) {
                    (Some(t), _) => self.field.call1(py, (a, c, t, w))?,
                    (None, Some(start)) => start.call1(py, (a, c, w))?,
                    (None, None) => Bound::new(py, w)?.into_any().unbind(),
                });
                Ok(())
            })?;
            let given = given.unwrap_or_else(|| py.None());
            room.read(given.bind(py), "what the field returns")
        });
        match found {
            Ok(v) => {
                room.closed();
                v
            }
            Err(error) => ended(&self.raised, "the field", error),
        }
    }
}

impl<A: Arithmetic> Flow<A> for WrittenFlow {
    fn terms(&self) -> Vec<Term> {
        self.terms.clone()
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        self.followed(a, c, Some(t), w)
    }

    fn start(&self, a: &mut A, c: &[A::Number], w: A::Vector) -> A::Vector {
        if self.start.is_none() { w } else { self.followed(a, c, None, &w) }
    }
}

/// A flow of the register, which is a type here.
struct Registered {
    numbers: AnyFlow,
    series: Arc<dyn ExactFlow>,
}

impl<S: Followed> Flow<Numeric<S>> for Registered {
    fn terms(&self) -> Vec<Term> {
        self.numbers.float().terms()
    }

    fn field(&self, a: &mut Numeric<S>, c: &[S], t: &S, w: &Vec<S>) -> Vec<S> {
        // It is known in every scalar: see where it is made.
        self.numbers
            .seen::<S>()
            .map_or_else(|| vec![S::from_f64(f64::NAN); w.len()], |flow| flow.field(a, c, t, w))
    }

    fn start(&self, a: &mut Numeric<S>, c: &[S], w: Vec<S>) -> Vec<S> {
        match self.numbers.seen::<S>() {
            Some(flow) => flow.start(a, c, w),
            None => w,
        }
    }
}

/// The same in both kinds of series, whose methods are those of one object.
macro_rules! in_series {
    ($series:ty) => {
        impl Flow<$series> for Registered {
            fn terms(&self) -> Vec<Term> {
                Flow::<$series>::terms(&*self.series)
            }

            fn field(
                &self,
                a: &mut $series,
                c: &[<$series as Arithmetic>::Number],
                t: &<$series as Arithmetic>::Number,
                w: &<$series as Arithmetic>::Vector,
            ) -> <$series as Arithmetic>::Vector {
                self.series.field(a, c, t, w)
            }

            fn start(
                &self,
                a: &mut $series,
                c: &[<$series as Arithmetic>::Number],
                w: <$series as Arithmetic>::Vector,
            ) -> <$series as Arithmetic>::Vector {
                self.series.start(a, c, w)
            }
        }
    };
}

in_series!(Series);
in_series!(MapSeries);

/// A sampling of the register, which is a type here.
struct Feed(Arc<dyn Sampling>);

impl Sampling for Feed {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        self.0.continuations(path, components)
    }

    fn is_random_order(&self) -> bool {
        self.0.is_random_order()
    }

    fn is_balanced(&self) -> bool {
        self.0.is_balanced()
    }

    fn is_independent(&self) -> bool {
        self.0.is_independent()
    }

    fn is_kept(&self) -> bool {
        self.0.is_kept()
    }

    fn steps(&self, components: usize) -> usize {
        self.0.steps(components)
    }

    fn paths(&self, components: usize) -> f64 {
        self.0.paths(components)
    }
}

/// The claim that a written method follows what the register claims for the method `claimed` with these settings, fed as that is.
#[pyfunction]
pub(crate) fn written_tracks_claim(
    method: PyRef<'_, WrittenMethod>,
    claimed: &str,
    settings: Vec<String>,
) -> PyResult<Claim> {
    let known = method_named(methods(), claimed).map_err(value)?;
    let values = known.values(&settings).map_err(value)?;
    let made = known.made(&values, None).map_err(value)?;
    let claim = known.claimed(&values).map_err(value)?;
    let claim = claim.ok_or_else(|| refused(format!("no flow is claimed for {claimed}")))?;
    if claim.local.is_some()
        && Optimizer::<Series>::memory(&method.written) > 0
        && !method.written.begins()
    {
        return Err(refused(format!(
            "of {claimed} one step is claimed, taken with a memory that has settled: say by init(a, eps, w) what it is, or ask for own_flow"
        )));
    }
    let written = Written { tempo: made.optimizer.float().tempo(), ..method.written.clone() };
    let (own, local, global) = (written.clone(), claim.local, claim.global);
    let mut own = Method::new(method.name.clone(), [], move |_: &Values| Ok(own.clone()));
    if known.sampling() != "full-batch" {
        let feed = known.fed(&values);
        own = own.sampled(known.sampling().to_owned(), move |_, m| Feed(feed(m)));
    }
    let numbers = Arc::clone(&claim.numbers);
    own = match claim.series {
        Some(series) if !numbers(1).is_float_only() => {
            let flow = move |_: &Values, m| Registered { numbers: numbers(m), series: series(m) };
            own.claiming(local, global, flow)
        }
        _ => own.claiming_measured(local, global, move |_, m| numbers(m)),
    };
    let id = format!("{} tracks {claimed}", method.name);
    let none: [&str; 0] = [];
    let empty = own.values(&none).map_err(value)?;
    let theorem = settled(&written, || Theorem::of_method(id, &own, &empty))?.map_err(value)?;
    let theorem = theorem.ok_or_else(|| refused(format!("no flow is claimed for {claimed}")))?;
    Ok(Claim { theorem, written: Some(written), flow: None })
}

/// The claim that a written method follows the first terms of the flow of its own step.
#[pyfunction]
pub(crate) fn written_tracks_own(
    method: PyRef<'_, WrittenMethod>,
    terms: usize,
) -> PyResult<Claim> {
    let written = method.written.clone();
    let own = method.method();
    let none: [&str; 0] = [];
    let empty = own.values(&none).map_err(value)?;
    let id = format!("{}/own", method.name);
    let theorem = settled(&written, || Theorem::derived_of(id, &own, &empty, terms))?;
    Ok(Claim { theorem: theorem.map_err(value)?, written: Some(written), flow: None })
}

/// The claim that a written method follows a written flow, with these orders: proved as well as measured.
#[pyfunction]
#[pyo3(signature = (method, flow, local, order, sampling))]
pub(crate) fn written_tracks_flow(
    method: PyRef<'_, WrittenMethod>,
    flow: PyRef<'_, NativeFlow>,
    local: Option<u32>,
    order: u32,
    sampling: Option<String>,
) -> PyResult<Claim> {
    let (written, flow) = (method.written.clone(), Arc::clone(&flow.flow));
    let shared = Shared(Arc::clone(&flow));
    let own = method.method();
    let own = match &sampling {
        Some(name) => own.fed_by(name).map_err(value)?,
        None => own,
    };
    let none: [&str; 0] = [];
    let values = own.values(&none).map_err(value)?;
    let feed: ByBatches<Arc<dyn Sampling>> = own.fed(&values);
    let mut tracking = Tracking::new(written.clone(), shared).global(order);
    if sampling.is_some() {
        tracking = tracking.sampled(move |m| Feed(feed(m)));
    }
    tracking = match local {
        Some(local) => tracking.local(local),
        None => tracking.formal(order + 1),
    };
    let theorem = Theorem::new(format!("{} tracks a flow", method.name))
        .stating(tracking)
        .with_summary(format!("{} tracks a flow of your own", method.name))
        .with_orders(match local {
            Some(local) => format!("one block {local}, fixed time {order}"),
            None => format!("fixed time {order}"),
        });
    Ok(Claim { theorem, written: Some(written), flow: Some(flow) })
}

/// What `make` makes, or what was raised in the method meanwhile.
pub(crate) fn settled<T>(written: &Written, make: impl FnOnce() -> T) -> PyResult<T> {
    let _ = written.raised();
    caught(make).map_err(|unnamed| written.raised().unwrap_or(unnamed))
}

/// One flow, held twice.
struct Shared(Arc<WrittenFlow>);

impl<A: Arithmetic> Flow<A> for Shared {
    fn terms(&self) -> Vec<Term> {
        Flow::<A>::terms(&*self.0)
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        self.0.field(a, c, t, w)
    }

    fn start(&self, a: &mut A, c: &[A::Number], w: A::Vector) -> A::Vector {
        self.0.start(a, c, w)
    }
}

/// A flow of Python: its terms, its field and where it starts.
#[pyclass(frozen, name = "NativeFlow", module = "shadowflow._shadowflow")]
pub(crate) struct NativeFlow {
    flow: Arc<WrittenFlow>,
}

#[pymethods]
impl NativeFlow {
    /// `field(a, c, t, w)` with the terms (name, coefficient, power of ε), and `start(a, c, w)`.
    #[new]
    fn new(
        terms: Vec<(String, Bound<'_, PyAny>, u32)>,
        field: Py<PyAny>,
        start: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let terms = terms.into_iter().map(|(name, given, power)| {
            let coefficient: Ratio =
                crate::numbers::ratio(&given, &format!("the coefficient of {name}"))?;
            Ok(Term { name: name.into(), coefficient, power })
        });
        let terms: Vec<Term> = terms.collect::<PyResult<_>>()?;
        let flow = WrittenFlow { terms, field, start, raised: Mutex::new(None) };
        let mut a = MapSeries::new(2, 1);
        let (t, w) = (a.ratio(Ratio::new(0, 1)), a.point());
        let tried = caught(|| {
            let c: Vec<_> = flow.terms.iter().map(|term| a.ratio(term.coefficient)).collect();
            let from = Flow::start(&flow, &mut a, &c, w);
            let _ = flow.field(&mut a, &c, &t, &from);
        });
        tried.map_err(|unnamed| taken(&flow.raised).unwrap_or(unnamed))?;
        Ok(NativeFlow { flow: Arc::new(flow) })
    }
}

impl Claim {
    /// What was raised in a method or a flow of this claim since this was asked last.
    pub(crate) fn raised(&self) -> Option<PyErr> {
        let of_method = self.written.as_ref().and_then(Written::raised);
        of_method.or_else(|| self.flow.as_ref().and_then(|flow| taken(&flow.raised)))
    }
}
