//! Methods against the flow of their own step, written outside of the crate.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::borrow::Cow;

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

/// x/√(x² + 1/4), coordinate by coordinate.
#[derive(Clone, Debug, PartialEq)]
struct SoftSign;

impl Map for SoftSign {
    fn name(&self) -> Cow<'static, str> {
        "sign".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(inputs[0]) {
            *out = x / (x * x + S::from_f64(0.25)).sqrt();
        }
    }
}

/// The same method, with its sign as a map.
struct RoaringAsAMap;

impl<A: Arithmetic> Optimizer<A> for RoaringAsAMap {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let mut c = a.zero();
        a.axpy(&a.fraction(1, 2), &s.memory[0], &mut c);
        a.axpy(&a.fraction(1, 2), &g, &mut c);
        let sign = a.apply(&SoftSign, &[&c]);
        let before = s.w.clone();
        a.axpy(&-(a.fraction(1, 10) * eps.clone()), &before, &mut s.w);
        a.axpy(&-eps.clone(), &sign, &mut s.w);
        a.scale(&a.fraction(3, 4), &mut s.memory[0]);
        a.axpy(&a.fraction(1, 4), &g, &mut s.memory[0]);
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
    // As a map, from its differentials, and coordinate by coordinate, from series at each point.
    let as_a_map = |terms| Theorem::derived("roaring", RoaringAsAMap, terms);
    let measured = |terms| Theorem::derived_measured("roaring", Roaring, terms);
    for (terms, theorem) in
        [(1, as_a_map(1)), (2, as_a_map(2)), (3, as_a_map(3)), (1, measured(1)), (2, measured(2))]
    {
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
