//! Losses: finite sums C = (1/m) Σ_k Ĉ_k over m fixed minibatches.
//!
//! A loss implements [`Loss`] once, over any scalar. What the rest of the crate sees is an
//! [`Oracle`] per scalar, behind a [`Problem`]: a named loss with a starting point.

mod closures;
mod error;
mod examine;
mod examples;
mod factorisation;
mod float_kernel;
mod kink;
mod linear_regression;
mod logistic_regression;
mod mlp;
mod net;
mod oracle;
mod place;
mod polarisation;
mod presets;
mod problem;
mod quadratic;
mod random;
mod relabelled;
mod table;
mod table_error;
mod tampered;
mod tilt;
mod two_minima;
mod valley;

pub use closures::Closures;
pub use error::ProblemError;
pub use examine::{Entry, Flaw, Quantity, examine};
pub use examples::Examples;
pub use factorisation::Factorisation;
pub use float_kernel::FloatKernel;
pub use kink::{Kink, first_kink};
pub use linear_regression::LinearRegression;
pub use logistic_regression::LogisticRegression;
pub use mlp::Mlp;
pub use oracle::{Differentiable, Oracle};
pub use place::Place;
pub use presets::{RIDGE, names, preset, rows_used};
pub use problem::Problem;
pub use quadratic::Quadratic;
pub use random::random_problem;
pub use relabelled::Relabelled;
pub use table::Table;
pub use table_error::TableError;
pub use tampered::{Tampered, Tampering};
pub use two_minima::TwoMinima;
pub use valley::Valley;

use crate::scalar::{Lanes, Ratio, Scalar, Tape};

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
}

/// Turns a gradient g in `out` into g + c H g, given v ↦ H v.
fn penalize<S: Scalar>(c: S, out: &mut [S], hessian_vector: impl FnOnce(&[S], &mut [S])) {
    let mut bend = vec![S::zero(); out.len()];
    hessian_vector(out, &mut bend);
    for (out, bend) in out.iter_mut().zip(bend) {
        *out += c * bend;
    }
}

/// Writes the mean over all minibatches of what `part` writes for each.
fn mean_over_batches<S: Scalar>(
    batches: usize,
    out: &mut [S],
    mut part: impl FnMut(usize, &mut [S]),
) {
    part(0, out);
    let mut other = vec![S::zero(); out.len()];
    for k in 1..batches {
        part(k, &mut other);
        S::add_scaled(out, S::one(), &other);
    }
    let share = S::from_ratio(Ratio::new(1, batches as i64));
    for out in out {
        *out *= share;
    }
}

/// Writes what `one` writes for each lane, given its minibatch and its entries of `vectors`.
fn lane_by_lane<S: Scalar, const N: usize>(
    batches: &[usize; Lanes::COUNT],
    vectors: [&[S]; N],
    out: &mut [S],
    mut one: impl FnMut(usize, [&[S]; N], &mut [S]),
) {
    let of_lane = |all: &[S], lane: usize| -> Vec<S> {
        all.iter().skip(lane).step_by(Lanes::COUNT).copied().collect()
    };
    let mut image = vec![S::zero(); out.len() / Lanes::COUNT];
    for (lane, &batch) in batches.iter().enumerate() {
        let own = vectors.map(|all| of_lane(all, lane));
        one(batch, own.each_ref().map(Vec::as_slice), &mut image);
        for (out, &image) in out.iter_mut().skip(lane).step_by(Lanes::COUNT).zip(&image) {
            *out = image;
        }
    }
}

/// The name among `known` most like `name`, for "did you mean".
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> &'a str {
    let name = name.to_lowercase();
    let likeness = |other: &&str| (1e6 * strsim::jaro_winkler(&name, other)) as i64;
    known.max_by_key(likeness).unwrap_or_default()
}
