//! Every scalar against an oracle that is not this crate: closed forms, the crate `num-dual`, and
//! digits computed by mpmath 1.3.0 at 60 digits (`nstr(f(mpf(x)), 40)` with x the exact `f64`).
#![allow(clippy::unwrap_used, clippy::float_cmp)] // a panic is a test's verdict; exact means exact
#![allow(clippy::excessive_precision, clippy::type_complexity)] // digits as printed; tables of functions

mod double_double;
mod dual;
mod identities;
mod interval;
mod jet;
mod ratio;
mod tape;

use num_dual::DualNum;
use shadowflow::scalar::{DoubleDouble, Dual, Jet, Real, Scalar};

fn assert_close(what: &str, ours: f64, oracle: f64, tolerance: f64) {
    let error = (ours - oracle).abs();
    assert!(error <= tolerance * oracle.abs().max(1.0), "{what}: {ours:e}, not {oracle:e}");
}

/// Every operation and function of the trait in one smooth expression …
fn formula<S: Scalar>(x: S) -> S {
    let root = (x.square() + S::one()).sqrt();
    let mut sum = (root.ln() + x.tanh()).exp() / (S::from_f64(2.0) + x.softplus());
    sum -= x.scale(0.75) * root;
    sum *= x.logistic();
    let (sine, cosine) = x.sin_cos();
    sum += sine * cosine - x;
    sum
}

/// … and the same in the functions that `num-dual` has.
fn formula_of_peer<D: DualNum<f64> + Copy>(x: D) -> D {
    let root = (x * x + 1.0).sqrt();
    let sum = (root.ln() + x.tanh()).exp() / (x.exp().ln_1p() + 2.0) - x * 0.75 * root;
    sum * ((-x).exp() + 1.0).recip() + x.sin() * x.cos() - x
}

const POINTS: [f64; 7] = [-4.0, -1.3, -0.2, 1e-3, 0.7, 2.0, 5.5];

type Dual3 = Dual<Dual<Dual<f64>>>;

/// f, f′, f″, f‴ by three nested duals.
fn three_derivatives(f: fn(Dual3) -> Dual3, x: f64) -> [f64; 4] {
    let one = Dual::new(x, 1.0);
    let two = Dual::new(one, Dual::one());
    let image = f(Dual::new(two, Dual::one()));
    let Dual { value, derivative } = image;
    [
        value.value.value,
        value.value.derivative,
        value.derivative.derivative,
        derivative.derivative.derivative,
    ]
}

fn jet(coefficients: &[f64]) -> Jet<f64> {
    Jet::from_coefficients(coefficients)
}

/// `leading` + s with `len` coefficients.
fn variable<S: Scalar>(leading: S, len: usize) -> Jet<S> {
    let mut coefficients = vec![S::zero(); len];
    (coefficients[0], coefficients[1]) = (leading, S::one());
    Jet::from_coefficients(&coefficients)
}

fn digits(text: &str) -> DoubleDouble {
    text.parse().unwrap()
}

fn relative(ours: DoubleDouble, oracle: DoubleDouble) -> f64 {
    ((ours - oracle) / oracle).abs().leading()
}
