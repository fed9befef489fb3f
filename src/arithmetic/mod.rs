//! What running an optimizer or a flow means.
//!
//! Optimizers and flows are written once, over any [`Arithmetic`]. In [`Numeric`] over `f64` a step
//! moves numbers, over double-double it moves them to 31 digits, over jets it yields Taylor
//! coefficients.

mod map;
pub mod maps;
mod miscount;
mod numeric;
mod steps;

use std::ops::{Add, Mul, Neg, Sub};

pub(crate) use map::Symbol;
pub use map::{AnyMap, Map, Mapped, Mapping, RunnableMap};
pub(crate) use miscount::Miscount;
pub use numeric::Numeric;
pub use steps::Steps;
pub(crate) use steps::common_multiple;

use crate::scalar::{Ratio, Scalar};

/// Which part of the finite-sum loss a derivative is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch<'a> {
    /// The whole loss C = (1/m) Σ_k Ĉ_k.
    Full,
    /// The minibatch loss Ĉ_k.
    One(usize),
    /// The mean of the listed components: a minibatch put together from them.
    Mean(&'a [usize]),
}

/// An implicit stage did not converge.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "the implicit stage does not contract: the last change was {change:.3e} after {iterations} iterations; \
     take a smaller step size"
)]
pub struct NotContracting {
    /// The number of iterations made.
    pub iterations: usize,
    /// The size of the last change, relative to the iterate.
    pub change: f64,
}

/// The operations from which optimizers and flows are built: vectors, their linear combinations,
/// and derivatives of the loss.
///
/// Nothing here looks at a coordinate: what does is a [`Map`], which is applied. So whatever is written over
/// an `Arithmetic` has exact series, and without maps it is equivariant under affine changes of coordinates.
/// Methods that branch on data ask for [`Pointwise`].
pub trait Arithmetic: Sized {
    /// Coefficients: step sizes, times, ratios and what rings make of them.
    type Number: Clone
        + Add<Output = Self::Number>
        + Sub<Output = Self::Number>
        + Mul<Output = Self::Number>
        + Neg<Output = Self::Number>;
    /// Points and directions in parameter space.
    type Vector: Clone;

    /// The exact ratio as a number of this arithmetic.
    fn ratio(&self, r: Ratio) -> Self::Number;

    /// The number m of minibatches.
    fn batches(&self) -> usize;

    /// The zero vector.
    fn zero(&mut self) -> Self::Vector;

    /// g(w), the gradient of the chosen part of the loss.
    fn gradient(&mut self, batch: Batch, w: &Self::Vector) -> Self::Vector;

    /// Dᵏ⁺¹Ĉ(w)[v₁, …, v_k]: the derivative of the gradient in k directions, all held fixed.
    ///
    /// Without directions it is the gradient. A direction that comes several times is best given by
    /// the same reference: numbers then differentiate along it once.
    fn derivative(
        &mut self,
        batch: Batch,
        w: &Self::Vector,
        directions: &[&Self::Vector],
    ) -> Self::Vector;

    /// H(w) v.
    fn hessian_vector(&mut self, batch: Batch, w: &Self::Vector, v: &Self::Vector) -> Self::Vector {
        self.derivative(batch, w, &[v])
    }

    /// A copy of `v`.
    fn duplicate(&mut self, v: &Self::Vector) -> Self::Vector {
        v.clone()
    }

    /// ⟨g_k + c H_k g_k⟩, the mean over the minibatches of each one's penalised gradient.
    fn mean_penalized_gradient(&mut self, c: &Self::Number, w: &Self::Vector) -> Self::Vector {
        let mut sum = self.zero();
        let share = self.fraction(1, self.batches() as i64);
        for k in 0..self.batches() {
            let g = self.penalized_gradient(Batch::One(k), c, w);
            self.axpy(&share, &g, &mut sum);
            self.recycle(g);
        }
        sum
    }

    /// g + c H g, the gradient of the chosen part of the loss plus (c/2)‖g‖².
    fn penalized_gradient(
        &mut self,
        batch: Batch,
        c: &Self::Number,
        w: &Self::Vector,
    ) -> Self::Vector {
        let mut g = self.gradient(batch, w);
        let bend = self.hessian_vector(batch, w, &g);
        self.axpy(c, &bend, &mut g);
        self.recycle(bend);
        g
    }

    /// T(w)[u, v], both directions held fixed.
    fn third_derivative(
        &mut self,
        batch: Batch,
        w: &Self::Vector,
        u: &Self::Vector,
        v: &Self::Vector,
    ) -> Self::Vector {
        self.derivative(batch, w, &[u, v])
    }

    /// φ(x₁, x₂, …).
    fn apply<M: Map>(&mut self, map: &M, inputs: &[&Self::Vector]) -> Self::Vector {
        self.apply_derivative(map, inputs, &[])
    }

    /// The derivative of φ(x₁, x₂, …) in as many directions as given, each in the slot named with it, all
    /// held fixed: ∂_i φ · v for one, ∂_i ∂_j φ [u, v] for two.
    fn apply_derivative<M: Map>(
        &mut self,
        map: &M,
        inputs: &[&Self::Vector],
        directions: &[(usize, &Self::Vector)],
    ) -> Self::Vector;

    /// 1/x.
    fn inverse(&mut self, x: &Self::Number) -> Self::Number;

    /// y ← y + c x.
    fn axpy(&mut self, c: &Self::Number, x: &Self::Vector, y: &mut Self::Vector);

    /// x ← c x.
    fn scale(&mut self, c: &Self::Number, x: &mut Self::Vector);

    /// The fixed point of `map`, found by iterating it from `start`: one definition of an implicit
    /// method serves every arithmetic.
    ///
    /// # Errors
    /// [`NotContracting`] if the iteration does not settle.
    fn fixed_point(
        &mut self,
        start: Self::Vector,
        map: impl FnMut(&mut Self, &Self::Vector) -> Self::Vector,
    ) -> Result<Self::Vector, NotContracting>;

    /// βⁿ with n the number of `steps`: what is left after n steps of something that fades by β a step.
    ///
    /// On the slow manifold, where the first step lies infinitely far back, it is 0 for |β| < 1.
    fn faded(&mut self, beta: Ratio, steps: Steps) -> Self::Number {
        steps.power(self.fraction(1, 1), self.ratio(beta))
    }

    /// The time nε after n = `steps` steps of size `eps`: what a schedule is a function of. A block of steps
    /// takes the time of all of them.
    ///
    /// On the slow manifold it is the time at which that is looked at; in exact series it is a symbol.
    fn time(&mut self, eps: &Self::Number, steps: Steps) -> Self::Number {
        let taken = i64::try_from(steps.taken()).unwrap_or(i64::MAX);
        self.fraction(taken, 1) * eps.clone()
    }

    /// n mod `period` after n = `steps` steps: for methods that repeat after so many, as their
    /// [`period`](crate::optimizer::Optimizer::period) says.
    fn phase(&mut self, steps: Steps, period: usize) -> usize {
        steps.taken() % period.max(1)
    }

    /// The bare number of `steps`: for methods that change with it otherwise than by fading. They are
    /// measured; a series, in which there is no first step, is none of theirs.
    fn count(&mut self, steps: Steps) -> usize {
        steps.taken()
    }

    /// Keeps a fault of an implicit stage for whoever runs the method; the first one stays.
    fn note(&mut self, _fault: NotContracting) {}

    /// Hands a vector back for reuse. Never needed, only faster.
    fn recycle(&mut self, _v: Self::Vector) {}

    /// The integer ratio `numerator / denominator` as a number.
    fn fraction(&self, numerator: i64, denominator: i64) -> Self::Number {
        self.ratio(Ratio::new(numerator, denominator))
    }
}

/// An arithmetic whose vectors have coordinates, for methods that treat each on its own in ways that no
/// smooth [`Map`] says.
#[diagnostic::on_unimplemented(
    message = "the vectors of `{Self}` have no coordinates: a method or flow over `Pointwise` has no series",
    note = "say what it does to coordinates by a `Map`, over `Arithmetic`, and it has; or state it with `Tracking::measured(optimizer, flow)`, or make a `Method::measured`: it is measured, not proved"
)]
pub trait Pointwise: Arithmetic<Number: Scalar> {
    /// The vector with entries `f(x_i)`.
    fn map(
        &mut self,
        x: &Self::Vector,
        f: impl FnMut(Self::Number) -> Self::Number,
    ) -> Self::Vector;

    /// The vector with entries `f(x_i, y_i)`.
    fn zip(
        &mut self,
        x: &Self::Vector,
        y: &Self::Vector,
        f: impl FnMut(Self::Number, Self::Number) -> Self::Number,
    ) -> Self::Vector;
}
