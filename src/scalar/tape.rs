//! A reverse-mode tape: the gradient of a bare value, at a small multiple of its cost.

use std::cell::RefCell;
use std::fmt::{Debug, Formatter};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use super::{Ratio, Scalar};

/// A recording of a computation: for every intermediate result, what it depends on and how steeply.
///
/// The scalar `S` of the recording is free: over [`Dual`](super::Dual) numbers the gradient carries a
/// Hessian–vector product, over [`Jet`](super::Jet)s its Taylor coefficients.
/// The recording grows by one entry an operation, so it lives only as long as one gradient.
///
/// Source: A. Griewank, A. Walther, *Evaluating Derivatives*, 2nd edition, 2008, chapter 3.
pub struct Tape<S> {
    /// Grows while the variables that point at it are shared, hence the cell.
    record: RefCell<Record<S>>,
}

struct Record<S> {
    /// Dependencies of all results, in the order of the results.
    edges: Vec<Edge<S>>,
    /// Result i depends on the edges up to `ends[i]`, from where result i − 1 stopped.
    ends: Vec<usize>,
}

struct Edge<S> {
    on: usize,
    slope: Slope<S>,
}

/// ∂(result)/∂(operand). Sums are so common that a multiplication by ±1 each would be felt in jets.
enum Slope<S> {
    One,
    MinusOne,
    Value(S),
}

/// A scalar whose operations are recorded on a tape; a constant is on none and records nothing.
#[derive(Clone, Copy)]
pub struct Variable<'t, S> {
    value: S,
    place: Option<(&'t Tape<S>, usize)>,
}

impl<S: Scalar> Tape<S> {
    /// Writes the gradient of `value` at `w` over `out`, one entry for each of `w`.
    ///
    /// Where `value` is not finite, neither is the gradient it depends on.
    pub fn gradient(
        w: &[S],
        value: impl for<'t> FnOnce(&[Variable<'t, S>]) -> Variable<'t, S>,
        out: &mut [S],
    ) {
        let record = Record { edges: Vec::new(), ends: vec![0; w.len()] };
        let tape = Tape { record: RefCell::new(record) };
        let variables: Vec<Variable<S>> = (w.iter().enumerate())
            .map(|(i, &value)| Variable { value, place: Some((&tape, i)) })
            .collect();
        let adjoints = match value(&variables).place {
            Some((tape, root)) => tape.record.borrow().adjoints(root),
            None => Vec::new(),
        };
        // The variables are the first results; those behind the root do not matter to it.
        let adjoints = adjoints.into_iter().chain(std::iter::repeat(S::zero()));
        for (out, adjoint) in out.iter_mut().zip(adjoints) {
            *out = adjoint;
        }
    }

    fn push(&self, edges: impl IntoIterator<Item = Edge<S>>) -> usize {
        let mut record = self.record.borrow_mut();
        record.edges.extend(edges);
        let end = record.edges.len();
        record.ends.push(end);
        record.ends.len() - 1
    }
}

impl<S: Scalar> Record<S> {
    /// ∂(result `root`)/∂(result i) for all i up to `root`: the chain rule, from the last result back.
    fn adjoints(&self, root: usize) -> Vec<S> {
        let mut adjoints = vec![S::zero(); root + 1];
        adjoints[root] = S::one();
        for i in (1..=root).rev() {
            let adjoint = adjoints[i];
            for edge in &self.edges[self.ends[i - 1]..self.ends[i]] {
                match edge.slope {
                    Slope::One => adjoints[edge.on] += adjoint,
                    Slope::MinusOne => adjoints[edge.on] -= adjoint,
                    Slope::Value(slope) => adjoints[edge.on] += adjoint * slope,
                }
            }
        }
        adjoints
    }
}

impl<S: Scalar> Variable<'_, S> {
    /// The number itself, without what it depends on.
    pub fn value(self) -> S {
        self.value
    }

    /// A function of this variable with the given value and slope there.
    fn unary(self, value: S, slope: impl FnOnce() -> Slope<S>) -> Self {
        let place = self.place.map(|(tape, on)| (tape, tape.push([Edge { on, slope: slope() }])));
        Variable { value, place }
    }
}

impl<'t, S: Scalar> Variable<'t, S> {
    /// A function of two variables with the given value and slopes there.
    fn binary(
        self,
        other: Self,
        value: S,
        slope: impl FnOnce() -> Slope<S>,
        other_slope: impl FnOnce() -> Slope<S>,
    ) -> Self {
        let edge = |(_, on): (&'t Tape<S>, usize), slope| Edge { on, slope };
        let place = self.place.or(other.place).map(|(tape, _)| {
            let first = self.place.map(|p| edge(p, slope()));
            let second = other.place.map(|p| edge(p, other_slope()));
            (tape, tape.push(first.into_iter().chain(second)))
        });
        Variable { value, place }
    }
}

impl<S: Scalar> Add for Variable<'_, S> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.binary(other, self.value + other.value, || Slope::One, || Slope::One)
    }
}

impl<S: Scalar> Sub for Variable<'_, S> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.binary(other, self.value - other.value, || Slope::One, || Slope::MinusOne)
    }
}

impl<S: Scalar> Mul for Variable<'_, S> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let (a, b) = (self.value, other.value);
        self.binary(other, a * b, || Slope::Value(b), || Slope::Value(a))
    }
}

impl<S: Scalar> Div for Variable<'_, S> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let (b, quotient) = (other.value, self.value / other.value);
        let slope = || Slope::Value(S::one() / b);
        self.binary(other, quotient, slope, || Slope::Value(-quotient / b))
    }
}

impl<S: Scalar> Neg for Variable<'_, S> {
    type Output = Self;
    fn neg(self) -> Self {
        self.unary(-self.value, || Slope::MinusOne)
    }
}

impl<S: Scalar> AddAssign for Variable<'_, S> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<S: Scalar> SubAssign for Variable<'_, S> {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<S: Scalar> MulAssign for Variable<'_, S> {
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<S: Scalar> Scalar for Variable<'_, S> {
    fn from_f64(x: f64) -> Self {
        Variable { value: S::from_f64(x), place: None }
    }
    fn exp(self) -> Self {
        let e = self.value.exp();
        self.unary(e, || Slope::Value(e))
    }
    fn ln(self) -> Self {
        self.unary(self.value.ln(), || Slope::Value(S::one() / self.value))
    }
    fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        self.unary(root, || Slope::Value(S::from_f64(0.5) / root))
    }
    fn tanh(self) -> Self {
        let t = self.value.tanh();
        self.unary(t, || Slope::Value(S::one() - t.square()))
    }
    fn sin_cos(self) -> (Self, Self) {
        let (sine, cosine) = self.value.sin_cos();
        (self.unary(sine, || Slope::Value(cosine)), self.unary(cosine, || Slope::Value(-sine)))
    }
    fn softplus(self) -> Self {
        self.unary(self.value.softplus(), || Slope::Value(self.value.logistic()))
    }
    fn leading(self) -> f64 {
        self.value.leading()
    }
    fn is_finite(self) -> bool {
        self.value.is_finite()
    }
    fn from_ratio(r: Ratio) -> Self {
        Variable { value: S::from_ratio(r), place: None }
    }
    fn scale(self, c: f64) -> Self {
        self.unary(self.value.scale(c), || Slope::Value(S::from_f64(c)))
    }
    fn square(self) -> Self {
        self.unary(self.value.square(), || Slope::Value(self.value.scale(2.0)))
    }
}

impl<S: Debug> Debug for Variable<'_, S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let place = self.place.map(|(_, result)| result);
        f.debug_struct("Variable").field("value", &self.value).field("result", &place).finish()
    }
}
