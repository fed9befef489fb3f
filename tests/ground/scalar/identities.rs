//! Identities that every scalar keeps, on random numbers.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use shadowflow::scalar::{DoubleDouble, Dual, Scalar, Tape};

use super::{digits, jet, relative};

/// What must vanish for all positive a and b, whatever the scalar.
fn residuals<S: Scalar>(a: S, b: S) -> [S; 7] {
    let (up, down) = (b.exp(), (-b).exp());
    [
        a * b / b - a,
        a.ln().exp() - a,
        b.exp().ln() - b,
        a.sqrt().square() - a,
        b.tanh() * (up + down) - (up - down),
        b.softplus() - (-b).softplus() - b,
        b.logistic() * (S::one() + down) - S::one(),
    ]
}

fn deterministic() -> Config {
    Config {
        cases: 200,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x5eed_ca1e),
        ..Config::default()
    }
}

/// 0.2 to 4, log-uniform.
fn positive() -> impl Strategy<Value = f64> {
    (0.2_f64.ln()..4_f64.ln()).prop_map(f64::exp)
}

/// Coefficients that shrink as a convergent series' do.
fn series(leading: f64, tail: &[f64]) -> Vec<f64> {
    let scale = |(k, c): (usize, &f64)| leading * c * 0.3_f64.powi(k as i32 + 1);
    std::iter::once(leading).chain(tail.iter().enumerate().map(scale)).collect()
}

proptest! {
    #![proptest_config(deterministic())]

    #[test]
    fn identities_hold_in_every_scalar(
        a in positive(),
        b in positive(),
        lo in -1.0..1.0,
        tail in prop::collection::vec(-1.0..1.0, 9),
        other in prop::collection::vec(-1.0..1.0, 9),
    ) {
        for r in residuals(a, b) {
            prop_assert!(r.abs() < 1e-13, "f64: {r}");
        }
        let fine = |x: f64, lo: f64| DoubleDouble::from_parts(x, lo * f64::EPSILON / 4.0 * x);
        for r in residuals(fine(a, lo), fine(b, tail[0])) {
            prop_assert!(r.leading().abs() < 2e-29, "double-double: {r:?}");
        }
        for r in residuals(Dual::new(a, tail[0]), Dual::new(b, tail[1])) {
            prop_assert!(r.value.abs().max(r.derivative.abs()) < 1e-12, "dual: {r:?}");
        }
        let curves = [series(a, &tail), series(b, &other)].map(|c| jet(&c));
        for r in residuals(curves[0], curves[1]) {
            prop_assert!((0..10).all(|k| r.coefficient(k).abs() < 1e-12), "jet: {r:?}");
        }
        for i in 0..7 {
            let mut gradient = [0.0; 2];
            Tape::gradient(&[a, b], |w| residuals(w[0], w[1])[i], &mut gradient);
            prop_assert!(gradient.iter().all(|g| g.abs() < 1e-12), "tape: {gradient:?}");
        }
    }

    #[test]
    fn double_double_numbers_survive_printing(mantissa in -1.0..1.0, lo in -1.0..1.0, exponent in -200..200) {
        let hi: f64 = mantissa * 10_f64.powi(exponent);
        let x = DoubleDouble::from_parts(hi, hi * lo * f64::EPSILON / 4.0);
        prop_assert!(relative(digits(&x.to_string()), x) < 2e-30, "{x}");
    }
}
