//! Methods against the flow of their own step, written outside of the crate.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use shadowflow::optimizer::GradientDescent;
use shadowflow::prelude::*;
use shadowflow::scalar::Scalar;

/// A kin of Lion with decay: c = (m + g)/2, w ← w − ε (c/√(c² + 1/4) + w/10), m ← (3 m + g)/4.
struct Roaring;

impl<A: Pointwise> Optimizer<A> for Roaring {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let (half, quarter) = (a.fraction(1, 2), a.fraction(1, 4));
        let g = a.gradient(batch, &s.w);
        let sign = a.zip(&s.memory[0], &g, |m, g| {
            let c = (m + g) * half;
            c / (c * c + quarter).sqrt()
        });
        let decay = -(a.fraction(1, 10) * *eps);
        let before = s.w.clone();
        a.axpy(&decay, &before, &mut s.w);
        a.axpy(&-*eps, &sign, &mut s.w);
        s.memory[0] = a.zip(&s.memory[0], &g, |m, g| m - (m - g) * quarter);
    }

    fn memory(&self) -> usize {
        1
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: 2.0, memory: 4 }
    }
}

/// Memory that keeps everything: m ← m + g.
struct Hoarding;

impl<A: Arithmetic> Optimizer<A> for Hoarding {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        a.axpy(&a.fraction(1, 1), &g, &mut s.memory[0]);
        a.axpy(&-(eps.clone() * eps.clone()), &s.memory[0], &mut s.w);
    }

    fn memory(&self) -> usize {
        1
    }
}

#[test]
fn a_method_brings_its_step_and_gets_its_flow_and_its_verdict() {
    for terms in 1..=3 {
        let theorem = Theorem::derived("roaring", Roaring, terms);
        for loss in ["factorisation", "tiny-net"] {
            let problem = preset(loss, None, None, 1).unwrap();
            let outcome = check(&theorem, &problem, &Settings::default()).unwrap();
            outcome.assert_confirmed();
            for leg in &outcome.legs {
                let fit = leg.fit.as_ref().unwrap();
                assert!((fit.order - leg.claimed_order).abs() < 0.05, "{loss}, {terms}: {fit:?}");
            }
            // Each term left out, turned, and scaled; the clock; a foreign term; another method.
            assert_eq!(outcome.controls.len(), 3 * terms, "{:?}", outcome.controls);
            assert_eq!(outcome.coefficients.len(), terms - 1);
            // It is no theorem.
            assert!(outcome.proof.unprovable.as_ref().unwrap().contains("own flow"));
        }
    }
}

#[test]
fn a_method_without_memory_is_checked_as_well() {
    let theorem = Theorem::derived("descent", GradientDescent, 3);
    let problem = preset("logistic", None, None, 1).unwrap();
    check(&theorem, &problem, &Settings::default()).unwrap().assert_confirmed();
}

#[test]
fn what_has_no_flow_of_its_own_says_why() {
    let theorem = Theorem::derived("hoarding", Hoarding, 2);
    let problem = preset("factorisation", None, None, 1).unwrap();
    let said = check(&theorem, &problem, &Settings::default()).unwrap_err().to_string();
    assert!(said.contains("the memory does not fade"), "{said}");
}
