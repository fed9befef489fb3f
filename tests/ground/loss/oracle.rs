//! Gradients, Hessian–vector products and third derivatives against numbers computed by a separate
//! program in 54-digit arithmetic with every order enumerated.

#![allow(clippy::expect_used)] // in tests a broken expectation should fail loudly

use shadowflow::arithmetic::{Arithmetic, Batch, Numeric};
use shadowflow::scalar::{DoubleDouble, Scalar};

/// g, H g, T[g, g] and ⟨H_k g_k⟩ at `start`.
fn derivatives<S: Scalar>(mut a: Numeric<S>, start: &[f64]) -> [(&'static str, Vec<S>); 4] {
    let w: Vec<S> = start.iter().map(|&x| S::from_f64(x)).collect();
    let g = a.gradient(Batch::Full, &w);
    let bend = a.hessian_vector(Batch::Full, &w, &g);
    let third = a.third_derivative(Batch::Full, &w, &g, &g);
    let mut penalty = a.zero();
    let share = a.fraction(1, a.batches() as i64);
    for k in 0..a.batches() {
        let g = a.gradient(Batch::One(k), &w);
        let bend = a.hessian_vector(Batch::One(k), &w, &g);
        a.axpy(&share, &bend, &mut penalty);
    }
    [
        ("gradient", g),
        ("hessian_gradient", bend),
        ("third_gradient_gradient", third),
        ("batch_penalty_gradient", penalty),
    ]
}

/// Asserts that `found` is the oracle's vector `key` to `tolerance` in every entry.
fn assert_close(name: &str, key: &str, found: &[DoubleDouble], known: &[DoubleDouble], tol: f64) {
    assert_eq!(found.len(), known.len(), "{name}: {key}");
    for (i, (&found, &known)) in found.iter().zip(known).enumerate() {
        let error = (found - known).leading().abs();
        assert!(error <= tol, "{name}: {key}[{i}] is {found}, not {known}: off by {error:.1e}");
    }
}

#[test]
fn derivatives_in_f64_agree_to_1e_13() {
    for case in crate::oracle_cases::all() {
        let problem = &case.problem;
        let a = Numeric::new(problem.float());
        for (key, found) in derivatives(a, problem.start().as_slice()) {
            let found: Vec<_> = found.into_iter().map(DoubleDouble::from_f64).collect();
            assert_close(problem.name(), key, &found, &case.vector(key), 1e-13);
        }
    }
}

#[test]
fn derivatives_in_double_double_agree_to_the_oracles_digits() {
    for case in crate::oracle_cases::all() {
        let problem = &case.problem;
        let loss =
            problem.seen::<DoubleDouble>().expect("these losses are written over any scalar");
        for (key, found) in derivatives(Numeric::new(loss), problem.start().as_slice()) {
            let tolerance = if key == "third_gradient_gradient" { 1e-17 } else { 1e-25 };
            assert_close(problem.name(), key, &found, &case.vector(key), tolerance);
        }
    }
}

#[test]
fn the_file_holds_four_cases_of_three_epochs() {
    let cases = crate::oracle_cases::all();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let epochs = case.epochs();
        assert_eq!(epochs.len(), 3);
        for epoch in epochs {
            assert!(epoch.step_size.numer() == 1 && epoch.step_size.denom() >= 32);
            assert_eq!(epoch.vector("mean_over_orders").len(), case.problem.dim());
            assert_eq!(epoch.matrix("covariance_over_orders").len(), case.problem.dim());
        }
    }
}
