//! Losses: finite sums C = (1/m) Σ_k Ĉ_k over m fixed minibatches.
//!
//! A loss implements [`Loss`] once, over any scalar. What the rest of the crate sees is an
//! [`Oracle`] per scalar, behind a [`Problem`]: a named loss with a starting point.

mod closures;
mod error;
mod examples;
mod factorisation;
mod linear_regression;
mod logistic_regression;
mod mlp;
mod oracle;
mod polarisation;
mod presets;
mod problem;
mod quadratic;
mod random;
mod table;
mod table_error;
mod tilt;
mod two_minima;
mod valley;

pub use closures::Closures;
pub use error::ProblemError;
pub use examples::Examples;
pub use factorisation::Factorisation;
pub use linear_regression::LinearRegression;
pub use logistic_regression::LogisticRegression;
pub use mlp::Mlp;
pub use oracle::{Differentiable, Oracle};
pub use presets::{RIDGE, names, preset, rows_used};
pub use problem::Problem;
pub use quadratic::Quadratic;
pub use random::random_problem;
pub use table::Table;
pub use table_error::TableError;
pub use two_minima::TwoMinima;
pub use valley::Valley;

use crate::scalar::{Dual, Scalar, Tape};

/// A finite-sum loss C(w) = (1/m) Σ_k Ĉ_k(w) on ℝᵈ.
///
/// Only [`dim`](Loss::dim) and [`value`](Loss::value) are required; the gradient then comes from a
/// reverse-mode tape. A loss that knows its gradient in closed form overrides
/// [`gradient`](Loss::gradient): all Hessian–vector products and third derivatives are derived from
/// that one method, unless a loss knows a faster way to one of them.
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

    /// ∇²Ĉ_k(w) v, written over all `dim()` entries of `out`.
    fn hessian_vector<S: Scalar>(&self, batch: usize, w: &[S], v: &[S], out: &mut [S]) {
        forward_mode(self, batch, w, v, out);
    }

    /// ∇(Ĉ_k + (c/2)‖∇Ĉ_k‖²)(w) = g_k + c H_k g_k, written over all `dim()` entries of `out`.
    fn penalized_gradient<S: Scalar>(&self, batch: usize, c: S, w: &[S], out: &mut [S]) {
        self.gradient(batch, w, out);
        penalize(c, out, |g, bend| self.hessian_vector(batch, w, g, bend));
    }

    /// Whether every ∇Ĉ_k is affine in w (the loss is a quadratic): means over orders then have a
    /// closed recursion.
    fn is_quadratic(&self) -> bool {
        false
    }
}

/// ∇²Ĉ_k(w) v by evaluating the gradient in dual numbers.
fn forward_mode<S: Scalar>(
    loss: &(impl Loss + ?Sized),
    batch: usize,
    w: &[S],
    v: &[S],
    out: &mut [S],
) {
    let moved: Vec<Dual<S>> = w.iter().zip(v).map(|(&w, &v)| Dual::new(w, v)).collect();
    let mut image = vec![Dual::zero(); w.len()];
    loss.gradient(batch, &moved, &mut image);
    for (out, image) in out.iter_mut().zip(image) {
        *out = image.derivative;
    }
}

/// Turns a gradient g in `out` into g + c H g, given v ↦ H v.
fn penalize<S: Scalar>(c: S, out: &mut [S], hessian_vector: impl FnOnce(&[S], &mut [S])) {
    let mut bend = vec![S::zero(); out.len()];
    hessian_vector(out, &mut bend);
    for (out, bend) in out.iter_mut().zip(bend) {
        *out += c * bend;
    }
}

/// The name among `known` most like `name`, for "did you mean".
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    let name = name.to_lowercase();
    let likeness = |other: &&str| (1e6 * strsim::jaro_winkler(&name, other)) as i64;
    known.max_by_key(likeness).unwrap_or_default()
}
