//! A claim holds whatever the size of its constants: steps are small where its terms are.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use shadowflow::flow::{GradientFlow, GradientPenalty};
use shadowflow::prelude::*;

/// w ← w − ε g(w + ρ ε g(w)), whose flow is that of C + (ε/4)(1 + 2ρ) ‖g‖².
#[derive(Clone, Copy)]
struct Probe {
    rho: i64,
}

impl<A: Arithmetic> Optimizer<A> for Probe {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, state: &mut State<A::Vector>) {
        let uphill = a.gradient(batch, &state.w);
        let mut there = state.w.clone();
        a.axpy(&(a.ratio(Ratio::new(self.rho, 1)) * eps.clone()), &uphill, &mut there);
        let g = a.gradient(batch, &there);
        a.axpy(&-eps.clone(), &g, &mut state.w);
    }
}

const LOSSES: [&str; 4] = ["quadratic", "factorisation", "mlp", "logistic"];

fn verdicts(theorem: &Theorem) -> Vec<(Verdict, Option<String>)> {
    let outcome = |loss: &&str| {
        let problem = preset(loss, None, None, 1).unwrap();
        let outcome = check(theorem, &problem, &Settings::default()).unwrap();
        (outcome.verdict, outcome.reason)
    };
    LOSSES.iter().map(outcome).collect()
}

fn claimed(rho: i64, numerator: i64, denominator: i64) -> Theorem {
    let coefficient = Ratio::new(numerator, denominator);
    Theorem::tracks("probe", Probe { rho }, GradientPenalty { coefficient }, 3, 2)
}

#[test]
fn a_true_claim_with_a_large_constant_is_not_refuted() {
    for (rho, at_least) in
        [(1, 4), (30, 4), (300, 3), (3000, 2), (1_000_000, 0), (99_999_999_999, 0)]
    {
        let found = verdicts(&claimed(rho, 2 * rho + 1, 4));
        let confirmed = found.iter().filter(|(v, _)| *v == Verdict::Confirmed).count();
        assert!(confirmed >= at_least, "{rho}: {found:?}");
        assert!(found.iter().all(|(v, _)| *v != Verdict::Refuted), "{rho}: {found:?}");
    }
}

#[test]
fn a_false_one_is_refuted_or_left_open() {
    for (rho, at_least) in
        [(1, 4), (30, 4), (300, 2), (3000, 1), (1_000_000, 0), (99_999_999_999, 0)]
    {
        for (numerator, denominator) in [(2 * rho + 1, 8), (-2 * rho - 1, 4), (5 * rho + 1, 4)] {
            let found = verdicts(&claimed(rho, numerator, denominator));
            let refuted = found.iter().filter(|(v, _)| *v == Verdict::Refuted).count();
            assert!(refuted >= at_least, "{rho} {numerator}/{denominator}: {found:?}");
            assert!(found.iter().all(|(v, _)| *v != Verdict::Confirmed), "{rho}: {found:?}");
        }
    }
}

/// The claim names no term; the constant is in the method alone.
#[test]
fn a_method_with_a_large_constant_follows_the_gradient_flow_to_first_order() {
    for rho in [1, 30, 300, 3000, 1_000_000, 99_999_999_999] {
        let found = verdicts(&Theorem::tracks("probe", Probe { rho }, GradientFlow, 2, 1));
        assert!(found.iter().all(|(v, _)| *v != Verdict::Refuted), "{rho}: {found:?}");
    }
}

/// A horizon that leaves no small step is said, and is no verdict about the claim.
#[test]
fn a_horizon_that_leaves_no_small_step_is_too_long() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let settings = Settings { horizon: Some(1.0), ..Settings::default() };
    let outcome = check(&claimed(100_000, 200_001, 4), &problem, &settings).unwrap();
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(outcome.reason.unwrap().contains("shorten the horizon"));
}
