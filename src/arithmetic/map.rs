//! Smooth functions of whole vectors.

use std::any::Any;
use std::borrow::Cow;
use std::fmt::Debug;

use super::{Arithmetic, Numeric};
use crate::scalar::Scalar;
use crate::scalar::running::erase;

/// A smooth function φ(x₁, x₂, …) of whole vectors, written once over any [`Scalar`]: it may mix
/// coordinates.
///
/// Numbers, lanes, double-double and power series in ε run it as it stands, derivatives included. Exact
/// series do not look inside: there it is a symbol with all its derivatives, and two maps are the same
/// symbol if they are of one type and equal. So parameters belong in the type, exact, as
/// [`Ratio`](crate::scalar::Ratio)s.
///
/// ```
/// use std::borrow::Cow;
///
/// use shadowflow::prelude::*;
///
/// /// x/√(x² + e), coordinate by coordinate.
/// #[derive(Clone, Debug, PartialEq)]
/// struct SoftSign { stabiliser: Ratio }
///
/// impl Map for SoftSign {
///     fn name(&self) -> Cow<'static, str> {
///         "sign".into()
///     }
///     fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
///         for (out, &x) in out.iter_mut().zip(inputs[0]) {
///             *out = x / (x.square() + S::from_ratio(self.stabiliser)).sqrt();
///         }
///     }
/// }
/// ```
pub trait Map: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// What it is called in trees.
    fn name(&self) -> Cow<'static, str>;

    /// φ(x₁, x₂, …), written over `out`, which has as many entries as each input.
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]);

    /// The same for a map that works matrix by matrix: `blocks` yields the matrices that the parameters
    /// are made of, as (rows, columns) in the order of w; see [`Loss::blocks`](crate::loss::Loss::blocks).
    fn eval_by_blocks<S: Scalar>(
        &self,
        _blocks: &dyn Fn() -> Vec<(usize, usize)>,
        inputs: &[&[S]],
        out: &mut [S],
    ) {
        self.eval(inputs, out);
    }

    /// d if φ is a homogeneous polynomial of degree d in this slot, whatever the others hold: 1 where it is
    /// linear, 2 where it is a square. `None` where it is no more than smooth.
    ///
    /// Exact series verify it, in numbers, before they rely on it.
    fn degree(&self, _slot: usize) -> Option<usize> {
        None
    }
}

/// A [`Map`] in one arithmetic, without its type.
pub trait Mapping<A: Arithmetic>: Send + Sync {
    /// D^q φ(x₁, …)[v₁, …, v_q]: see [`Arithmetic::apply_derivative`].
    fn derivative(
        &self,
        a: &mut A,
        inputs: &[&A::Vector],
        directions: &[(usize, &A::Vector)],
    ) -> A::Vector;
}

impl<A: Arithmetic, M: Map> Mapping<A> for M {
    fn derivative(
        &self,
        a: &mut A,
        inputs: &[&A::Vector],
        directions: &[(usize, &A::Vector)],
    ) -> A::Vector {
        a.apply_derivative(self, inputs, directions)
    }
}

erase! {
    followed:
    /// A map erased to the arithmetics in which flows run.
    RunnableMap = Mapping<Numeric<_>>,
    /// A scalar in which maps are evaluated.
    Mapped::mapping,
    /// A map, in all scalars in which flows run or in `f64` alone.
    AnyMap,
}

/// A [`Map`] without its type, as exact series keep it: a symbol that can be told from others, and run.
pub(crate) trait Symbol: RunnableMap + Debug {
    /// What it is called.
    fn name(&self) -> Cow<'static, str>;
    /// Whether the other is of the same type, and equal.
    fn is(&self, other: &dyn Any) -> bool;
}

impl<M: Map> Symbol for M {
    fn name(&self) -> Cow<'static, str> {
        Map::name(self)
    }
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<M>().is_some_and(|other| other == self)
    }
}
