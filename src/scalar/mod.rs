//! Numbers a loss can be evaluated in.
//!
//! A loss is written once, over any [`Scalar`]; the scalar decides what evaluating it yields.
//!
//! | scalar | evaluating a gradient in it yields |
//! |---|---|
//! | `f64` | the gradient |
//! | [`Lanes`] | eight gradients, one for each of eight trajectories |
//! | [`DoubleDouble`] | the gradient to about 31 digits |
//! | [`Interval`] | proved bounds of the gradient, over all points of a box |
//! | [`Enclosure`] | enclosures of its Taylor coefficients in two variables |
//! | [`Dual`] | a directional derivative beside it: Hessian–vector products; nested, third derivatives |
//! | [`Jet`] | its Taylor coefficients along a curve, for the Taylor integrator |
//! | [`Variable`] | a recording on a [`Tape`], from which reverse mode reads the gradient of a bare value |

mod double_double;
mod dual;
mod enclosure;
mod float;
pub mod interval;
mod jet;
mod lanes;
mod polarisation;
mod ratio;
pub(crate) mod running;
mod tape;

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

pub use double_double::DoubleDouble;
pub use dual::Dual;
pub use enclosure::{Enclosure, Inner};
pub use interval::Interval;
pub use jet::{CAPACITY, Jet};
pub use lanes::Lanes;
pub(crate) use polarisation::mixed_derivative;
pub use ratio::{NoRatio, Ratio};
pub use tape::{Tape, Variable};

/// A number with ring operations, division and the elementary functions that losses use.
///
/// Required are the conversion from `f64`, four functions and two observers; the rest is provided.
/// There is no `'static` bound: the variable of a reverse-mode tape is a scalar too.
///
/// Contract: every function is the analytic continuation of its `f64` namesake at the leading
/// value, so an implementation may branch on [`leading`](Scalar::leading) only to choose between
/// formulas that agree mathematically.
pub trait Scalar:
    Copy
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// The constant `x`.
    fn from_f64(x: f64) -> Self;

    /// eˣ.
    fn exp(self) -> Self;

    /// The natural logarithm.
    fn ln(self) -> Self;

    /// The square root.
    fn sqrt(self) -> Self;

    /// The hyperbolic tangent.
    fn tanh(self) -> Self;

    /// The sine and the cosine, of radians.
    fn sin_cos(self) -> (Self, Self);

    /// ln(1 + eˣ), without overflow for large |x|.
    fn softplus(self) -> Self;

    /// The value itself, rounded to `f64`, without derivatives.
    fn leading(self) -> f64;

    /// The largest magnitude of the value and of the derivatives it carries.
    fn magnitude(self) -> f64 {
        self.leading().abs()
    }

    /// Whether the value and every derivative it carries are finite.
    fn is_finite(self) -> bool;

    /// The constant `r`, rounded once where its integers are exact in `f64`; NaN if it is undefined.
    fn from_ratio(r: Ratio) -> Self {
        Self::from_f64(r.numer() as f64) / Self::from_f64(r.denom() as f64)
    }

    /// The constant 0.
    fn zero() -> Self {
        Self::from_f64(0.0)
    }

    /// The constant 1.
    fn one() -> Self {
        Self::from_f64(1.0)
    }

    /// `self` times the constant `c`.
    fn scale(self, c: f64) -> Self {
        self * Self::from_f64(c)
    }

    /// The logistic function 1/(1 + e⁻ˣ) = (1 + tanh(x/2))/2.
    fn logistic(self) -> Self {
        (Self::one() + self.scale(0.5).tanh()).scale(0.5)
    }

    /// `self` squared.
    fn square(self) -> Self {
        self * self
    }

    /// y ← y + c x, entry by entry.
    fn add_scaled(y: &mut [Self], c: Self, x: &[Self]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y += c * x;
        }
    }

    /// The slice itself if this scalar is `f64`: how a generic loss reaches its `f64` kernels.
    fn floats(_slice: &[Self]) -> Option<&[f64]> {
        None
    }

    /// As [`floats`](Scalar::floats), to be written.
    fn floats_mut(_slice: &mut [Self]) -> Option<&mut [f64]> {
        None
    }
}

/// A scalar that stands for one real number: it can be ordered by its value, shared between
/// threads, and carries the precision it computes in.
pub trait Real: Scalar + Send + Sync + 'static {
    /// Half the distance from 1 to the next number: the relative error of one rounding.
    const ROUND_OFF: f64;

    /// The magnitude.
    fn abs(self) -> Self;
}
