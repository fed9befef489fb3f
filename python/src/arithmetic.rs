//! The arithmetic that a step or a field of Python is run in, whichever it is: numbers, jets or exact series.
//!
//! Vectors and numbers stay on this side, in a room that lasts for one call; Python holds tickets to them.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyZeroDivisionError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use scoped_tls_hkt::scoped_thread_local;
use shadowflow::arithmetic::{Arithmetic, Batch};
use shadowflow::optimizer::Steps;
use shadowflow::sampling::Draw;
use shadowflow::scalar::Ratio;

use crate::fault::{caught, value};
use crate::maps::Named;
use crate::numbers::ratio;

/// What is done to two numbers.
#[derive(Clone, Copy)]
pub(crate) enum Pairing {
    Sum,
    Difference,
    Product,
}

/// An arithmetic without its type; vectors and numbers are named by their places.
pub(crate) trait Room {
    /// Which room it is.
    fn stamp(&self) -> u64;
    fn batches(&self) -> usize;
    fn ratio(&mut self, r: Ratio) -> usize;
    fn paired(&mut self, how: Pairing, x: usize, y: usize) -> usize;
    fn inverse(&mut self, x: usize) -> usize;
    fn zero(&mut self) -> usize;
    /// x + c y.
    fn added(&mut self, x: usize, c: Ratio, y: usize) -> usize;
    /// c x.
    fn scaled(&mut self, c: usize, x: usize) -> usize;
    fn derivative(&mut self, batch: Batch<'_>, w: usize, directions: &[usize]) -> usize;
    fn applied(&mut self, map: &Named, inputs: &[usize], directions: &[(usize, usize)]) -> usize;
    fn faded(&mut self, beta: Ratio, steps: Steps) -> usize;
    fn time(&mut self, eps: usize, steps: Steps) -> usize;
    fn phase(&mut self, steps: Steps, period: usize) -> usize;
    fn count(&mut self, steps: Steps) -> usize;
}

scoped_thread_local! {
    /// The room of the call that this thread is in.
    static mut ROOM: for<'a> &'a mut (dyn Room + 'a)
}

/// Rooms so far.
static ROOMS: AtomicU64 = AtomicU64::new(0);

/// The room over one arithmetic.
pub(crate) struct Slots<'a, A: Arithmetic> {
    a: &'a mut A,
    stamp: u64,
    vectors: Vec<A::Vector>,
    numbers: Vec<A::Number>,
}

impl<'a, A: Arithmetic> Slots<'a, A> {
    pub(crate) fn new(a: &'a mut A) -> Self {
        let stamp = ROOMS.fetch_add(1, Ordering::Relaxed);
        Slots { a, stamp, vectors: Vec::new(), numbers: Vec::new() }
    }

    /// A ticket to a vector.
    pub(crate) fn vector(&mut self, v: A::Vector) -> Vector {
        let slot = self.kept(v);
        Vector { slot, stamp: self.stamp }
    }

    /// A ticket to a number.
    pub(crate) fn number(&mut self, x: A::Number) -> Number {
        let slot = self.told(x);
        Number { slot, stamp: self.stamp }
    }

    /// The vector of a ticket.
    ///
    /// # Errors
    /// A TypeError or RuntimeError if it is no ticket to this room.
    pub(crate) fn read(&mut self, given: &Bound<'_, PyAny>, what: &str) -> PyResult<A::Vector> {
        let ticket = vector_of(given, what)?;
        match self.vectors.get(ticket.slot) {
            Some(v) if ticket.stamp == self.stamp => Ok(self.a.duplicate(v)),
            _ => Err(PyRuntimeError::new_err(format!("{what} is a vector of another step"))),
        }
    }

    /// What Python returns from a call within this room.
    pub(crate) fn within(&mut self, call: impl FnOnce(Ticket) -> PyResult<()>) -> PyResult<()> {
        let ticket = Ticket { stamp: self.stamp };
        ROOM.set(self, || call(ticket))
    }

    /// Hands all vectors back.
    pub(crate) fn closed(self) {
        for v in self.vectors {
            self.a.recycle(v);
        }
    }

    fn kept(&mut self, v: A::Vector) -> usize {
        self.vectors.push(v);
        self.vectors.len() - 1
    }

    fn told(&mut self, x: A::Number) -> usize {
        self.numbers.push(x);
        self.numbers.len() - 1
    }
}

impl<A: Arithmetic> Room for Slots<'_, A> {
    fn stamp(&self) -> u64 {
        self.stamp
    }

    fn batches(&self) -> usize {
        self.a.batches()
    }

    fn ratio(&mut self, r: Ratio) -> usize {
        let x = self.a.ratio(r);
        self.told(x)
    }

    fn paired(&mut self, how: Pairing, x: usize, y: usize) -> usize {
        let (x, y) = (self.numbers[x].clone(), self.numbers[y].clone());
        self.told(match how {
            Pairing::Sum => x + y,
            Pairing::Difference => x - y,
            Pairing::Product => x * y,
        })
    }

    fn inverse(&mut self, x: usize) -> usize {
        let x = self.a.inverse(&self.numbers[x]);
        self.told(x)
    }

    fn zero(&mut self) -> usize {
        let v = self.a.zero();
        self.kept(v)
    }

    fn added(&mut self, x: usize, c: Ratio, y: usize) -> usize {
        let mut sum = self.a.duplicate(&self.vectors[x]);
        let c = self.a.ratio(c);
        self.a.axpy(&c, &self.vectors[y], &mut sum);
        self.kept(sum)
    }

    fn scaled(&mut self, c: usize, x: usize) -> usize {
        let mut v = self.a.duplicate(&self.vectors[x]);
        self.a.scale(&self.numbers[c], &mut v);
        self.kept(v)
    }

    fn derivative(&mut self, batch: Batch<'_>, w: usize, directions: &[usize]) -> usize {
        let along: Vec<&A::Vector> = directions.iter().map(|&v| &self.vectors[v]).collect();
        let v = match along.as_slice() {
            [] => self.a.gradient(batch, &self.vectors[w]),
            [v] => self.a.hessian_vector(batch, &self.vectors[w], v),
            several => self.a.derivative(batch, &self.vectors[w], several),
        };
        self.kept(v)
    }

    fn applied(&mut self, map: &Named, inputs: &[usize], directions: &[(usize, usize)]) -> usize {
        let inputs: Vec<&A::Vector> = inputs.iter().map(|&x| &self.vectors[x]).collect();
        let directions: Vec<(usize, &A::Vector)> =
            directions.iter().map(|&(slot, v)| (slot, &self.vectors[v])).collect();
        let v = map.applied(self.a, &inputs, &directions);
        self.kept(v)
    }

    fn faded(&mut self, beta: Ratio, steps: Steps) -> usize {
        let x = self.a.faded(beta, steps);
        self.told(x)
    }

    fn time(&mut self, eps: usize, steps: Steps) -> usize {
        let x = self.a.time(&self.numbers[eps], steps);
        self.told(x)
    }

    fn phase(&mut self, steps: Steps, period: usize) -> usize {
        self.a.phase(steps, period)
    }

    fn count(&mut self, steps: Steps) -> usize {
        self.a.count(steps)
    }
}

/// What `ask` finds in the room of this stamp.
///
/// # Errors
/// A RuntimeError outside of the call that the room belongs to, and where the library ends in a panic.
fn within<T>(stamp: u64, ask: impl FnOnce(&mut dyn Room) -> T) -> PyResult<T> {
    if !ROOM.is_set() {
        let told = "vectors, numbers and the arithmetic can be used only within the step that they were given to";
        return Err(PyRuntimeError::new_err(told));
    }
    ROOM.with(|room| {
        if room.stamp() != stamp {
            return Err(PyRuntimeError::new_err("this belongs to another step"));
        }
        caught(|| ask(room))
    })
}

/// What has no value in an arithmetic.
fn no_float(what: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "{what} has no value of its own: the step is run in series too, where nothing can be compared or made a float"
    ))
}

/// A number of the arithmetic: a step size, a time, a coefficient.
#[pyclass(frozen, module = "shadowflow._shadowflow")]
#[derive(Clone, Copy)]
pub(crate) struct Number {
    slot: usize,
    stamp: u64,
}

/// A vector of the arithmetic: parameters, directions.
#[pyclass(frozen, module = "shadowflow._shadowflow")]
#[derive(Clone, Copy)]
pub(crate) struct Vector {
    slot: usize,
    stamp: u64,
}

fn vector_of(given: &Bound<'_, PyAny>, what: &str) -> PyResult<Vector> {
    if let Ok(v) = given.cast::<Vector>() {
        return Ok(*v.get());
    }
    let kind = given.get_type().name()?;
    Err(PyTypeError::new_err(format!("{what} is a {kind}, no vector of the arithmetic")))
}

/// A number of the arithmetic, or an exact ratio as one.
fn number_of(given: &Bound<'_, PyAny>, stamp: u64, what: &str) -> PyResult<Number> {
    if let Ok(x) = given.cast::<Number>() {
        return Ok(*x.get());
    }
    let r = ratio(given, what)?;
    let slot = within(stamp, |room| room.ratio(r))?;
    Ok(Number { slot, stamp })
}

impl Number {
    fn paired(&self, how: Pairing, other: &Bound<'_, PyAny>, turned: bool) -> PyResult<Number> {
        let other = number_of(other, self.stamp, "what a number is combined with")?;
        expect_one_room(self.stamp, other.stamp)?;
        let (x, y) = if turned { (other.slot, self.slot) } else { (self.slot, other.slot) };
        let slot = within(self.stamp, |room| room.paired(how, x, y))?;
        Ok(Number { slot, stamp: self.stamp })
    }

    fn inverted(&self) -> PyResult<Number> {
        let slot = within(self.stamp, |room| room.inverse(self.slot))?;
        Ok(Number { slot, stamp: self.stamp })
    }
}

fn expect_one_room(one: u64, other: u64) -> PyResult<()> {
    if one == other {
        return Ok(());
    }
    Err(PyRuntimeError::new_err("these belong to different steps"))
}

/// 1/r of a ratio that is given.
fn reciprocal(given: &Bound<'_, PyAny>) -> PyResult<Ratio> {
    let r = ratio(given, "what is divided by")?;
    if r.is_zero() {
        return Err(PyZeroDivisionError::new_err("division by zero"));
    }
    Ok(r.recip())
}

#[pymethods]
impl Number {
    /// NumPy's numbers leave the operators to this class.
    #[classattr]
    #[pyo3(name = "__array_ufunc__")]
    const ARRAY_UFUNC: Option<bool> = None;

    fn __add__(&self, other: &Bound<'_, PyAny>) -> PyResult<Number> {
        self.paired(Pairing::Sum, other, false)
    }

    fn __radd__(&self, other: &Bound<'_, PyAny>) -> PyResult<Number> {
        self.paired(Pairing::Sum, other, true)
    }

    fn __sub__(&self, other: &Bound<'_, PyAny>) -> PyResult<Number> {
        self.paired(Pairing::Difference, other, false)
    }

    fn __rsub__(&self, other: &Bound<'_, PyAny>) -> PyResult<Number> {
        self.paired(Pairing::Difference, other, true)
    }

    fn __mul__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        if let Ok(v) = other.cast::<Vector>() {
            return Ok(Bound::new(py, v.get().times(*self)?)?.into_any());
        }
        Ok(Bound::new(py, self.paired(Pairing::Product, other, false)?)?.into_any())
    }

    fn __rmul__(&self, other: &Bound<'_, PyAny>) -> PyResult<Number> {
        self.paired(Pairing::Product, other, true)
    }

    fn __truediv__(&self, other: &Bound<'_, PyAny>) -> PyResult<Number> {
        let py = other.py();
        let inverse = match other.cast::<Number>() {
            Ok(x) => x.get().inverted()?,
            Err(_) => {
                let r = reciprocal(other)?;
                let slot = within(self.stamp, |room| room.ratio(r))?;
                Number { slot, stamp: self.stamp }
            }
        };
        self.paired(Pairing::Product, Bound::new(py, inverse)?.as_any(), false)
    }

    fn __rtruediv__(&self, other: &Bound<'_, PyAny>) -> PyResult<Number> {
        self.inverted()?.paired(Pairing::Product, other, true)
    }

    fn __pow__(&self, power: u32, _modulo: Option<u32>) -> PyResult<Number> {
        within(self.stamp, |room| {
            let mut product = room.ratio(Ratio::new(1, 1));
            for _ in 0..power {
                product = room.paired(Pairing::Product, product, self.slot);
            }
            Number { slot: product, stamp: self.stamp }
        })
    }

    fn __neg__(&self) -> PyResult<Number> {
        let slot = within(self.stamp, |room| {
            let minus = room.ratio(Ratio::new(-1, 1));
            room.paired(Pairing::Product, minus, self.slot)
        })?;
        Ok(Number { slot, stamp: self.stamp })
    }

    fn __float__(&self) -> PyResult<f64> {
        Err(no_float("a number of the arithmetic"))
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(no_float("a number of the arithmetic"))
    }

    fn __richcmp__(
        &self,
        _other: &Bound<'_, PyAny>,
        _op: pyo3::basic::CompareOp,
    ) -> PyResult<bool> {
        Err(no_float("a number of the arithmetic"))
    }
}

impl Vector {
    fn times(&self, c: Number) -> PyResult<Vector> {
        expect_one_room(self.stamp, c.stamp)?;
        let slot = within(self.stamp, |room| room.scaled(c.slot, self.slot))?;
        Ok(Vector { slot, stamp: self.stamp })
    }

    fn plus(&self, c: i64, other: &Bound<'_, PyAny>) -> PyResult<Vector> {
        let other = vector_of(other, "what a vector is combined with")?;
        expect_one_room(self.stamp, other.stamp)?;
        let slot = within(self.stamp, |room| room.added(self.slot, Ratio::new(c, 1), other.slot))?;
        Ok(Vector { slot, stamp: self.stamp })
    }
}

#[pymethods]
impl Vector {
    /// NumPy's numbers leave the operators to this class.
    #[classattr]
    #[pyo3(name = "__array_ufunc__")]
    const ARRAY_UFUNC: Option<bool> = None;

    fn __add__(&self, other: &Bound<'_, PyAny>) -> PyResult<Vector> {
        self.plus(1, other)
    }

    /// The 0 with which `sum` begins.
    fn __radd__(&self, other: &Bound<'_, PyAny>) -> PyResult<Vector> {
        if other.extract::<i64>().is_ok_and(|zero| zero == 0) {
            return Ok(*self);
        }
        self.plus(1, other)
    }

    fn __sub__(&self, other: &Bound<'_, PyAny>) -> PyResult<Vector> {
        self.plus(-1, other)
    }

    fn __mul__(&self, other: &Bound<'_, PyAny>) -> PyResult<Vector> {
        if other.cast::<Vector>().is_ok() {
            let told = "two vectors have no product; what mixes coordinates is a map: a.apply(\"square\", v)";
            return Err(PyTypeError::new_err(told));
        }
        self.times(number_of(other, self.stamp, "what a vector is multiplied by")?)
    }

    fn __rmul__(&self, other: &Bound<'_, PyAny>) -> PyResult<Vector> {
        self.__mul__(other)
    }

    fn __truediv__(&self, other: &Bound<'_, PyAny>) -> PyResult<Vector> {
        let inverse = match other.cast::<Number>() {
            Ok(x) => x.get().inverted()?,
            Err(_) => {
                let r = reciprocal(other)?;
                let slot = within(self.stamp, |room| room.ratio(r))?;
                Number { slot, stamp: self.stamp }
            }
        };
        self.times(inverse)
    }

    fn __neg__(&self) -> PyResult<Vector> {
        let slot = within(self.stamp, |room| {
            let minus = room.ratio(Ratio::new(-1, 1));
            room.scaled(minus, self.slot)
        })?;
        Ok(Vector { slot, stamp: self.stamp })
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(no_float("a vector of the arithmetic"))
    }

    fn __richcmp__(
        &self,
        _other: &Bound<'_, PyAny>,
        _op: pyo3::basic::CompareOp,
    ) -> PyResult<bool> {
        Err(no_float("a vector of the arithmetic"))
    }
}

/// How many steps were taken: read through the arithmetic only.
#[pyclass(frozen, name = "Steps", module = "shadowflow._shadowflow")]
#[derive(Clone, Copy)]
pub(crate) struct StepsTaken {
    pub(crate) steps: Steps,
}

#[pymethods]
impl StepsTaken {
    /// The count after one step more.
    fn next(&self) -> Self {
        StepsTaken { steps: self.steps.next() }
    }

    /// The count after so many steps more.
    fn after(&self, more: usize) -> Self {
        StepsTaken { steps: self.steps.after(more) }
    }
}

/// What a step is taken on.
#[pyclass(frozen, name = "Batch", module = "shadowflow._shadowflow")]
pub(crate) struct Drawn {
    pub(crate) draw: Draw,
}

impl Drawn {
    pub(crate) fn of(batch: Batch<'_>) -> Self {
        Drawn {
            draw: match batch {
                Batch::Full => Draw::Full,
                Batch::One(k) => Draw::One(k),
                Batch::Mean(parts) => Draw::Mean(parts.to_vec()),
            },
        }
    }
}

/// What a derivative is taken of.
fn draw_of(given: &Bound<'_, PyAny>) -> PyResult<Draw> {
    if given.is_none() {
        return Ok(Draw::Full);
    }
    if let Ok(drawn) = given.cast::<Drawn>() {
        return Ok(drawn.get().draw.clone());
    }
    if let Ok(k) = given.extract::<usize>() {
        return Ok(Draw::One(k));
    }
    match given.extract::<Vec<usize>>() {
        Ok(parts) if !parts.is_empty() => Ok(Draw::Mean(parts)),
        _ => Err(value(
            "a batch is the one that the step was given, the number of a minibatch, a list of them, or None for the whole loss",
        )),
    }
}

/// The arithmetic, as a step or a field is given it.
#[pyclass(frozen, name = "Arithmetic", module = "shadowflow._shadowflow")]
#[derive(Clone, Copy)]
pub(crate) struct Ticket {
    stamp: u64,
}

impl Ticket {
    fn vector(&self, ask: impl FnOnce(&mut dyn Room) -> usize) -> PyResult<Vector> {
        Ok(Vector { slot: within(self.stamp, ask)?, stamp: self.stamp })
    }

    fn number(&self, ask: impl FnOnce(&mut dyn Room) -> usize) -> PyResult<Number> {
        Ok(Number { slot: within(self.stamp, ask)?, stamp: self.stamp })
    }

    fn slot(&self, given: &Bound<'_, PyAny>, what: &str) -> PyResult<usize> {
        let v = vector_of(given, what)?;
        expect_one_room(self.stamp, v.stamp)?;
        Ok(v.slot)
    }

    fn slots(&self, given: &Bound<'_, PyTuple>, what: &str) -> PyResult<Vec<usize>> {
        given.iter().map(|v| self.slot(&v, what)).collect()
    }
}

#[pymethods]
impl Ticket {
    /// The number m of minibatches.
    #[getter]
    fn batches(&self) -> PyResult<usize> {
        within(self.stamp, |room| room.batches())
    }

    /// The zero vector.
    fn zero(&self) -> PyResult<Vector> {
        self.vector(|room| room.zero())
    }

    /// An exact ratio as a number.
    fn ratio(&self, r: &Bound<'_, PyAny>) -> PyResult<Number> {
        let r = ratio(r, "a ratio")?;
        self.number(|room| room.ratio(r))
    }

    /// 1/x.
    fn inverse(&self, x: &Number) -> PyResult<Number> {
        expect_one_room(self.stamp, x.stamp)?;
        self.number(|room| room.inverse(x.slot))
    }

    /// g(w).
    fn gradient(&self, batch: &Bound<'_, PyAny>, w: &Bound<'_, PyAny>) -> PyResult<Vector> {
        let (draw, w) = (draw_of(batch)?, self.slot(w, "the point of a gradient")?);
        self.vector(|room| room.derivative(draw.batch(), w, &[]))
    }

    /// H(w) v.
    fn hessian_vector(
        &self,
        batch: &Bound<'_, PyAny>,
        w: &Bound<'_, PyAny>,
        v: &Bound<'_, PyAny>,
    ) -> PyResult<Vector> {
        let (draw, w) = (draw_of(batch)?, self.slot(w, "the point of a derivative")?);
        let v = self.slot(v, "a direction")?;
        self.vector(|room| room.derivative(draw.batch(), w, &[v]))
    }

    /// The derivative of the gradient in as many directions as given, all held fixed.
    #[pyo3(signature = (batch, w, *directions))]
    fn derivative(
        &self,
        batch: &Bound<'_, PyAny>,
        w: &Bound<'_, PyAny>,
        directions: &Bound<'_, PyTuple>,
    ) -> PyResult<Vector> {
        let (draw, w) = (draw_of(batch)?, self.slot(w, "the point of a derivative")?);
        let directions = self.slots(directions, "a direction")?;
        self.vector(|room| room.derivative(draw.batch(), w, &directions))
    }

    /// What the map of this name, with these parameters, makes of vectors.
    #[pyo3(signature = (map, *inputs, **parameters))]
    fn apply(
        &self,
        map: &str,
        inputs: &Bound<'_, PyTuple>,
        parameters: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Vector> {
        self.applied(map, inputs, &[], parameters)
    }

    /// Its derivative in directions, each in the slot that comes with it: `directions=[(0, v)]`.
    #[pyo3(signature = (map, *inputs, directions, **parameters))]
    fn apply_derivative(
        &self,
        map: &str,
        inputs: &Bound<'_, PyTuple>,
        directions: Vec<(usize, Bound<'_, PyAny>)>,
        parameters: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Vector> {
        let along = directions.iter().map(|(slot, v)| Ok((*slot, self.slot(v, "a direction")?)));
        let along: Vec<(usize, usize)> = along.collect::<PyResult<_>>()?;
        self.applied(map, inputs, &along, parameters)
    }

    /// βⁿ with n the number of steps.
    fn faded(&self, beta: &Bound<'_, PyAny>, steps: &StepsTaken) -> PyResult<Number> {
        let beta = ratio(beta, "beta")?;
        self.number(|room| room.faded(beta, steps.steps))
    }

    /// nε with n the number of steps.
    fn time(&self, eps: &Number, steps: &StepsTaken) -> PyResult<Number> {
        expect_one_room(self.stamp, eps.stamp)?;
        self.number(|room| room.time(eps.slot, steps.steps))
    }

    /// n mod `period`.
    fn phase(&self, steps: &StepsTaken, period: usize) -> PyResult<usize> {
        within(self.stamp, |room| room.phase(steps.steps, period))
    }

    /// The bare number of steps, which no series knows.
    fn count(&self, steps: &StepsTaken) -> PyResult<usize> {
        within(self.stamp, |room| room.count(steps.steps))
    }
}

impl Ticket {
    fn applied(
        &self,
        name: &str,
        inputs: &Bound<'_, PyTuple>,
        directions: &[(usize, usize)],
        parameters: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Vector> {
        let map = Named::of(name, parameters)?;
        let inputs = self.slots(inputs, "what a map is applied to")?;
        if inputs.len() != map.inputs() {
            return Err(PyTypeError::new_err(format!(
                "the map {name} takes vectors, {} of them, not {}",
                map.inputs(),
                inputs.len()
            )));
        }
        if let Some((slot, _)) = directions.iter().find(|(slot, _)| *slot >= inputs.len()) {
            return Err(value(format!("the map {name} has no slot {slot}; slots count from 0")));
        }
        self.vector(|room| room.applied(&map, &inputs, directions))
    }
}
