//! Vectors of scalars over a loss.

use std::cell::Cell;
use std::sync::Arc;

use super::steps::common_multiple;
use super::{Arithmetic, Batch, Map, Miscount, NotContracting, Pointwise, Steps};
use crate::loss::Oracle;
use crate::measure::largest;
use crate::scalar::{Dual, Jet, Lanes, Ratio, Scalar, mixed_derivative};

/// The numeric arithmetic: numbers are the scalar `S`, vectors are `Vec<S>`, derivatives come from
/// an [`Oracle`].
pub struct Numeric<S: Scalar> {
    loss: Arc<dyn Oracle<S>>,
    pool: Vec<Vec<S>>,
    gradients: usize,
    fault: Option<NotContracting>,
    undefined: Cell<bool>,
    counted: bool,
    /// The time at which a slow manifold is looked at: there the count of steps begins.
    origin: S,
    timed: bool,
    /// What all periods whose phase was read divide.
    periods: usize,
    /// What is read wrongly of the number of steps, on purpose.
    miscount: Option<Miscount>,
    /// How often what is left of a memory was asked for since the step began.
    fades: usize,
    /// What is truly left where it was forgotten last.
    forgotten: Option<S>,
}

/// Iterations after which an implicit stage counts as not contracting.
const FIXED_POINT_ITERATIONS: usize = 200;

impl<S: Scalar> Numeric<S> {
    /// The arithmetic over `loss`.
    pub fn new(loss: Arc<dyn Oracle<S>>) -> Self {
        Numeric {
            loss,
            pool: Vec::new(),
            gradients: 0,
            fault: None,
            undefined: Cell::new(false),
            counted: false,
            origin: S::zero(),
            timed: false,
            periods: 1,
            miscount: None,
            fades: 0,
            forgotten: None,
        }
    }

    /// The same with the number of steps read wrongly.
    #[must_use]
    pub(crate) fn miscounting(self, miscount: Option<Miscount>) -> Self {
        Numeric { miscount, ..self }
    }

    /// Says that a step begins: how often what is left of a memory was asked for in the last one.
    pub(crate) fn begin_step(&mut self) -> usize {
        self.forgotten = None;
        std::mem::take(&mut self.fades)
    }

    /// What is truly left of a memory where this step forgot it.
    pub(crate) fn forgotten(&self) -> Option<S> {
        self.forgotten
    }

    /// The same with the count of steps on a slow manifold beginning at the time `origin`.
    #[must_use]
    pub(crate) fn beginning_at(self, origin: S) -> Self {
        Numeric { origin, ..self }
    }

    /// Whether the time was asked for.
    pub(crate) fn timed(&self) -> bool {
        self.timed
    }

    /// The least period that has all phases which were asked for.
    pub fn periods(&self) -> usize {
        self.periods
    }

    /// The number of minibatch gradients evaluated so far.
    pub fn gradients(&self) -> usize {
        self.gradients
    }

    /// The first implicit stage that did not contract, if any.
    pub fn fault(&self) -> Option<NotContracting> {
        self.fault
    }

    /// Whether a ratio was asked for that is undefined, so that numbers made of it mean nothing.
    pub fn met_undefined(&self) -> bool {
        self.undefined.get()
    }

    /// Whether the bare number of steps was asked for.
    pub fn counted(&self) -> bool {
        self.counted
    }

    /// Counts what ran in lanes on behalf of this arithmetic: eight gradients for each there, and its
    /// first fault.
    pub fn absorb(&mut self, lanes: &Numeric<Lanes>) {
        self.gradients += Lanes::COUNT * lanes.gradients;
        self.fault = self.fault.or(lanes.fault);
        self.undefined.set(self.undefined.get() || lanes.undefined.get());
    }

    /// The number d of parameters.
    pub fn dim(&self) -> usize {
        self.loss.dim()
    }

    /// C(w) of the chosen part of the loss.
    pub fn value(&mut self, batch: Batch, w: &[S]) -> S {
        let mut sum = S::zero();
        let mut count = 0;
        let () = each(batch, self.loss.batches(), |k| {
            sum += self.loss.value(k, w);
            count += 1;
        });
        sum * S::from_ratio(Ratio::new(1, count))
    }

    /// The loss.
    pub fn loss(&self) -> &Arc<dyn Oracle<S>> {
        &self.loss
    }

    fn take(&mut self) -> Vec<S> {
        self.pool.pop().unwrap_or_else(|| vec![S::zero(); self.loss.dim()])
    }

    /// The mean over `batch` of what `derivative` writes for each component.
    fn mean(
        &mut self,
        batch: Batch,
        mut derivative: impl FnMut(&dyn Oracle<S>, usize, &mut [S]),
    ) -> Vec<S> {
        let mut out = self.take();
        if let Batch::One(k) = batch {
            derivative(&*self.loss, k, &mut out);
            return out;
        }
        let mut part = self.take();
        let loss = Arc::clone(&self.loss);
        let mut count = 0;
        each(batch, loss.batches(), |k| {
            if count == 0 {
                derivative(&*loss, k, &mut out);
            } else {
                derivative(&*loss, k, &mut part);
                for (sum, &x) in out.iter_mut().zip(&part) {
                    *sum += x;
                }
            }
            count += 1;
        });
        self.pool.push(part);
        if count > 1 {
            let share = S::from_ratio(Ratio::new(1, count));
            for x in &mut out {
                *x *= share;
            }
        }
        out
    }
}

/// Calls `visit` for each component that `batch` names.
fn each(batch: Batch, batches: usize, visit: impl FnMut(usize)) {
    match batch {
        Batch::Full => (0..batches).for_each(visit),
        Batch::One(k) => std::iter::once(k).for_each(visit),
        Batch::Mean(parts) => parts.iter().copied().for_each(visit),
    }
}

impl<S: Scalar> Arithmetic for Numeric<S> {
    type Number = S;
    type Vector = Vec<S>;

    fn ratio(&self, r: Ratio) -> S {
        if !r.is_defined() {
            self.undefined.set(true);
        }
        S::from_ratio(r)
    }

    fn batches(&self) -> usize {
        self.loss.batches()
    }

    fn zero(&mut self) -> Vec<S> {
        let mut zero = self.take();
        zero.fill(S::zero());
        zero
    }

    fn duplicate(&mut self, v: &Vec<S>) -> Vec<S> {
        let mut copy = self.take();
        copy.copy_from_slice(v);
        copy
    }

    fn gradient(&mut self, batch: Batch, w: &Vec<S>) -> Vec<S> {
        let mut count = 0;
        let out = self.mean(batch, |loss, k, out| {
            count += 1;
            loss.gradient(k, w, out);
        });
        self.gradients += count;
        out
    }

    fn derivative(&mut self, batch: Batch, w: &Vec<S>, directions: &[&Vec<S>]) -> Vec<S> {
        let directions: Vec<&[S]> = directions.iter().map(|v| v.as_slice()).collect();
        self.mean(batch, |loss, k, out| loss.derivative(k, w, &directions, out))
    }

    fn hessian_vector(&mut self, batch: Batch, w: &Vec<S>, v: &Vec<S>) -> Vec<S> {
        self.mean(batch, |loss, k, out| loss.hessian_vector(k, w, v, out))
    }

    fn penalized_gradient(&mut self, batch: Batch, c: &S, w: &Vec<S>) -> Vec<S> {
        let single = match batch {
            Batch::One(k) => Some(k),
            Batch::Full => (self.loss.batches() == 1).then_some(0),
            Batch::Mean(parts) => (parts.len() == 1).then(|| parts[0]),
        };
        let Some(k) = single else {
            let mut g = self.gradient(batch, w);
            let bend = self.hessian_vector(batch, w, &g);
            self.axpy(c, &bend, &mut g);
            self.recycle(bend);
            return g;
        };
        self.gradients += 1;
        let mut out = self.take();
        self.loss.penalized_gradient(k, *c, w, &mut out);
        out
    }

    fn mean_penalized_gradient(&mut self, c: &S, w: &Vec<S>) -> Vec<S> {
        self.gradients += self.loss.batches();
        let mut out = self.take();
        self.loss.mean_penalized_gradient(*c, w, &mut out);
        out
    }

    fn apply_derivative<M: Map>(
        &mut self,
        map: &M,
        inputs: &[&Vec<S>],
        directions: &[(usize, &Vec<S>)],
    ) -> Vec<S> {
        let mut out = self.take();
        let loss = Arc::clone(&self.loss);
        let blocks = || loss.blocks();
        if directions.is_empty() {
            let inputs: Vec<&[S]> = inputs.iter().map(|x| x.as_slice()).collect();
            map.eval_by_blocks(&blocks, &inputs, &mut out);
        } else {
            derivative_of_map(map, &blocks, inputs, directions, &mut out);
        }
        out
    }

    fn inverse(&mut self, x: &S) -> S {
        S::one() / *x
    }

    fn axpy(&mut self, c: &S, x: &Vec<S>, y: &mut Vec<S>) {
        S::add_scaled(y, *c, x);
    }

    fn scale(&mut self, c: &S, x: &mut Vec<S>) {
        for x in x {
            *x *= *c;
        }
    }

    fn fixed_point(
        &mut self,
        start: Vec<S>,
        mut map: impl FnMut(&mut Self, &Vec<S>) -> Vec<S>,
    ) -> Result<Vec<S>, NotContracting> {
        let mut x = start;
        let mut change = f64::INFINITY;
        for iterations in 1..=FIXED_POINT_ITERATIONS {
            let next = map(self, &x);
            let size = largest(next.iter().map(|&x| x.magnitude()));
            let moved = largest(next.iter().zip(&x).map(|(&a, &b)| (a - b).magnitude()));
            self.recycle(std::mem::replace(&mut x, next));
            let relative = moved / size.max(f64::MIN_POSITIVE);
            if !relative.is_finite() {
                return Err(NotContracting { iterations, change: relative });
            }
            // Iterate until the change stops shrinking at the round-off level.
            if moved <= 0.0 || (relative < 1e-12 && relative >= 0.5 * change) {
                return Ok(x);
            }
            change = relative;
        }
        Err(NotContracting { iterations: FIXED_POINT_ITERATIONS, change })
    }

    fn faded(&mut self, beta: Ratio, steps: Steps) -> S {
        let (one, beta) = (S::one(), Arithmetic::ratio(self, beta));
        let asked = self.fades;
        self.fades += 1;
        let Some(miscount) = self.miscount.filter(|miscount| miscount.concerns(asked)) else {
            return steps.power(one, beta);
        };
        if miscount.forgets() {
            self.forgotten = Some(steps.power(one, beta));
        }
        miscount.of(steps).power(one, beta)
    }

    fn time(&mut self, eps: &S, steps: Steps) -> S {
        self.timed = true;
        let taken = i64::try_from(steps.taken()).unwrap_or(i64::MAX);
        let elapsed = self.fraction(taken, 1) * *eps;
        if steps.is_settled() { self.origin + elapsed } else { elapsed }
    }

    fn phase(&mut self, steps: Steps, period: usize) -> usize {
        let period = period.max(1);
        self.periods = common_multiple(self.periods, period);
        steps.taken() % period
    }

    fn count(&mut self, steps: Steps) -> usize {
        self.counted = true;
        steps.taken()
    }

    fn note(&mut self, fault: NotContracting) {
        self.fault = self.fault.or(Some(fault));
    }

    fn recycle(&mut self, v: Vec<S>) {
        if v.len() == self.loss.dim() {
            self.pool.push(v);
        }
    }
}

/// D^q φ(x₁, …)[v₁, …, v_q] for q > 0: by nested dual numbers up to q = 2, else by polarisation.
fn derivative_of_map<S: Scalar, M: Map>(
    map: &M,
    blocks: &dyn Fn() -> Vec<(usize, usize)>,
    inputs: &[&Vec<S>],
    directions: &[(usize, &Vec<S>)],
    out: &mut [S],
) {
    let dim = out.len();
    // What moves, as one vector over all slots.
    let point: Vec<S> = inputs.iter().flat_map(|x| x.iter().copied()).collect();
    let in_slot = |of: &(usize, &Vec<S>), i: usize| {
        let (slot, v) = of;
        if i / dim.max(1) == *slot { v[i % dim.max(1)] } else { S::zero() }
    };
    match directions {
        [v] => {
            let moved: Vec<Dual<S>> =
                (point.iter().enumerate()).map(|(i, &x)| Dual::new(x, in_slot(v, i))).collect();
            let image = image_of(map, blocks, &moved, dim);
            out.iter_mut().zip(image).for_each(|(out, image)| *out = image.derivative);
        }
        [u, v] => {
            let moved: Vec<Dual<Dual<S>>> = (point.iter().enumerate())
                .map(|(i, &x)| {
                    let along = Dual::new(in_slot(v, i), S::zero());
                    Dual::new(Dual::new(x, in_slot(u, i)), along)
                })
                .collect();
            let image = image_of(map, blocks, &moved, dim);
            let second = |image: Dual<Dual<S>>| image.derivative.derivative;
            out.iter_mut().zip(image).for_each(|(out, image)| *out = second(image));
        }
        more => {
            let long: Vec<Vec<S>> =
                more.iter().map(|v| (0..point.len()).map(|i| in_slot(v, i)).collect()).collect();
            // The polarisation counts a direction that comes several times by the same slice.
            let first = |v: &(usize, &Vec<S>)| {
                more.iter().position(|u| u.0 == v.0 && std::ptr::eq(u.1, v.1)).unwrap_or(0)
            };
            let along: Vec<&[S]> = more.iter().map(|v| long[first(v)].as_slice()).collect();
            let curve = |moved: &[Jet<S>], image: &mut [Jet<S>]| {
                image[..dim].copy_from_slice(&image_of(map, blocks, moved, dim));
            };
            let mut image = vec![S::zero(); point.len()];
            mixed_derivative(curve, &point, &along, &mut image);
            out.copy_from_slice(&image[..dim]);
        }
    }
}

/// φ at slots of `dim` entries that stand one after the other.
fn image_of<T: Scalar, M: Map>(
    map: &M,
    blocks: &dyn Fn() -> Vec<(usize, usize)>,
    moved: &[T],
    dim: usize,
) -> Vec<T> {
    let slots: Vec<&[T]> = moved.chunks(dim.max(1)).collect();
    let mut image = vec![T::zero(); dim];
    map.eval_by_blocks(blocks, &slots, &mut image);
    image
}

impl<S: Scalar> Pointwise for Numeric<S> {
    fn map(&mut self, x: &Vec<S>, mut f: impl FnMut(S) -> S) -> Vec<S> {
        let mut out = self.take();
        for (out, &x) in out.iter_mut().zip(x) {
            *out = f(x);
        }
        out
    }

    fn zip(&mut self, x: &Vec<S>, y: &Vec<S>, mut f: impl FnMut(S, S) -> S) -> Vec<S> {
        let mut out = self.take();
        for ((out, &x), &y) in out.iter_mut().zip(x).zip(y) {
            *out = f(x, y);
        }
        out
    }
}
