//! What a loss must be before anything is measured on it: the same at every call, finite, with
//! derivatives that are those of its value, with a symmetric Hessian, and quadratic if it says so.

mod carried;
mod coarse;
mod differences;
mod flaw;
mod float_only;
mod jump;
mod noise;
mod own_code;
mod precise;
mod quadratic;
mod repeated;
mod survey;
mod symmetry;

pub use flaw::{Entry, Flaw, Quantity};

use self::precise::Precise;
use self::survey::Survey;
use super::Problem;

/// Whether the loss of `problem` is what it says it is, at the start and at two points of plain gradient
/// descent for the time 1/L, in every minibatch (in 32 of them where there are more), along directions
/// drawn from `seed`.
///
/// Values, gradients and Hessian–vector products must repeat to the bit and be finite at the start. Where the
/// loss is generic, its gradient is compared with the derivative of its value in double-double, and
/// its code for `f64` with that; where it is known in `f64` only, each derivative with central
/// differences of the one below, as far as it has them. Hessians must be symmetric, values must change by the
/// integral of their gradients, and third derivatives must vanish where the loss claims to be quadratic.
///
/// A problem and its clones are examined once for a seed.
///
/// # Errors
/// The first [`Flaw`] found.
pub fn examine(problem: &Problem, seed: u64) -> Result<(), Flaw> {
    problem.once(seed, || afresh(problem, seed))
}

fn afresh(problem: &Problem, seed: u64) -> Result<(), Flaw> {
    let mut survey = Survey::new(problem, seed);
    survey.repeatable(&survey.points)?;
    survey.finite()?;
    survey.descend();
    survey.repeatable(&survey.points[1..])?;
    let precise = Precise::of(&survey);
    match &precise {
        Some(precise) => {
            precise.value_against_gradient(&mut survey)?;
            survey.values_carry_digits()?;
            survey.own_code(precise)?;
            survey.put_together()?;
        }
        None => {
            survey.by_differences()?;
            survey.put_together()?;
        }
    }
    survey.symmetric(precise.as_ref())?;
    if problem.has_value() {
        survey.continuous()?;
    }
    survey.quadratic_if_claimed()
}

/// Whether a distance exceeds a limit, or is no number.
fn beyond(off: f64, limit: f64) -> bool {
    off.is_nan() || off > limit
}

/// The largest magnitude; NaN if any value is.
fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |largest: f64, x| {
        if largest.is_nan() || x.is_nan() { f64::NAN } else { largest.max(x.abs()) }
    })
}

/// The Euclidean norm, of squares that neither overflow nor vanish; NaN if any entry is.
fn norm(v: &[f64]) -> f64 {
    let size = largest(v.iter().copied());
    if !(size > 0.0 && size.is_finite()) {
        return size;
    }
    size * v.iter().map(|x| (x / size) * (x / size)).sum::<f64>().sqrt()
}
