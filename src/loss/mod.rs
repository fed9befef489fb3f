//! Losses: finite sums C = (1/m) Σ_k Ĉ_k over m fixed minibatches.
//!
//! A loss implements [`Loss`] once, over any scalar. What the rest of the crate sees is an
//! [`Oracle`] per scalar, behind a [`Problem`]: a named loss with a starting point.

mod data;
mod error;
mod examine;
mod families;
mod kink;
mod losses;
mod net;
mod oracle;
mod place;
mod problem;

pub use data::{Examples, Table, TableError};
pub use error::ProblemError;
pub use examine::{Entry, Flaw, Quantity, examine};
pub use families::{RIDGE, kin_on_tables, names, on_tables, preset, random_problem, rows_used};
pub use kink::{Kink, first_kink};
pub use losses::{
    Factorisation, LinearRegression, LogisticRegression, Mlp, Quadratic, TwoMinima, Valley,
};
pub use oracle::{
    AnyLoss, Closures, Differentiable, Evaluated, FloatKernel, Oracle, Relabelled, Ridged,
    Tampered, Tampering,
};
pub use place::Place;
pub use problem::Problem;

use crate::scalar::{Scalar, Tape};

/// A finite-sum loss C(w) = (1/m) Σ_k Ĉ_k(w) on ℝᵈ.
///
/// Only [`dim`](Loss::dim) and [`value`](Loss::value) are required; the gradient then comes from a
/// reverse-mode tape. A loss that knows its gradient in closed form overrides
/// [`gradient`](Loss::gradient): all Hessian–vector products and third derivatives are derived from
/// that one method. Where there is a faster way to some of them in `f64`, [`kernel`](Loss::kernel) names
/// it.
///
/// The theorems assume Ĉ_k smooth (as often differentiable as the claimed order needs).
pub trait Loss: Send + Sync {
    /// The number d of parameters.
    fn dim(&self) -> usize;

    /// Ĉ_k(w): the loss of minibatch `batch` at the `dim()` parameters `w`.
    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S;

    /// The number m of minibatches.
    fn batches(&self) -> usize {
        1
    }

    /// ∇Ĉ_k(w), written over all `dim()` entries of `out`.
    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        Tape::gradient(w, |variables| self.value(batch, variables), out);
    }

    /// Faster code for the derivatives in `f64`, if there is any.
    fn kernel(&self) -> Option<&dyn FloatKernel> {
        None
    }

    /// Whether every ∇Ĉ_k is affine in w (the loss is a quadratic): means over orders then have a
    /// closed recursion.
    fn is_quadratic(&self) -> bool {
        false
    }

    /// The matrices that the parameters are made of, as (rows, columns) in the order of w, each stored row by
    /// row: what methods that orthogonalise matrices act on. One column by default.
    fn blocks(&self) -> Vec<(usize, usize)> {
        vec![(self.dim(), 1)]
    }
}

/// The name among `known` most like `name`, for "did you mean".
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    let name = name.to_lowercase();
    let likeness = |other: &&str| (1e6 * strsim::jaro_winkler(&name, other)) as i64;
    known.max_by_key(likeness).unwrap_or_default()
}
