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
mod unknown;

pub use data::{Examples, Table, TableError};
pub(crate) use data::{MOST_BYTES, read_text};
pub use error::ProblemError;
pub use examine::{Entry, Flaw, Quantity, examine};
pub use families::{
    RIDGE, kin_on_tables, names, needs_all_rows, on_tables, preset, random_problem, rows_used,
};
pub use kink::{Kink, first_kink};
pub use losses::{
    BilinearGame, Factorisation, Game, LinearRegression, LogisticRegression, Mlp, Quadratic,
    TwoMinima, TwoProfiles, Valley,
};
pub use oracle::{
    AnyLoss, Closures, Differentiable, Evaluated, FloatKernel, Oracle, Relabelled, Ridged,
    Tampered, Tampering,
};
pub use place::Place;
pub use problem::Problem;
pub use unknown::UnknownName;

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

/// "did you mean 'quadratic'?", if a name among `known` differs from `name` by an edit or by one in three
/// letters at most; else what is said `otherwise`.
pub(crate) fn suggestion<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    let name = name.to_lowercase();
    let letters = name.chars().count();
    // Nobody mistypes a name that long, and distances take its square.
    let near = (letters <= 100).then(|| {
        let apart = |other: &str| strsim::damerau_levenshtein(&name, &other.to_lowercase());
        known.into_iter().map(|other| (apart(other), other)).min_by_key(|(edits, _)| *edits)
    });
    match near.flatten() {
        Some((edits, other)) if edits <= (letters / 3).max(1) && edits < letters => {
            format!("did you mean '{other}'?")
        }
        _ => otherwise(),
    }
}

/// Names after each other, at most a dozen of them.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.get(..12) {
        Some(first) if names.len() > 12 => {
            format!("{} and {} more", first.join(", "), names.len() - 12)
        }
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, suggestion};

    #[test]
    fn a_name_is_suggested_only_where_one_is_near() {
        let said = |name| suggestion(name, ["rk4", "heavy-ball", "adam"], || "none".to_owned());
        assert_eq!(said("hevy-bal"), "did you mean 'heavy-ball'?");
        assert_eq!(said("Adam"), "did you mean 'adam'?");
        assert_eq!(said("rk3"), "did you mean 'rk4'?");
        assert_eq!(said("rmsprop"), "none");
        assert_eq!(said(""), "none");
        assert_eq!(said(&"heavy-ball".repeat(1000)), "none");
    }

    #[test]
    fn long_lists_end() {
        let names: Vec<String> = (0..14).map(|i| i.to_string()).collect();
        let of = |n: usize| listed(names[..n].iter().map(String::as_str));
        assert_eq!(of(2), "0, 1");
        assert!(of(12).ends_with(", 11"));
        assert!(of(14).ends_with(", 11 and 2 more"));
    }
}
