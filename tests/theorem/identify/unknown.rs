//! What is unknown but made of gradients alone has a modified flow: its coefficients, and the claim made of them.

use shadowflow::flow::{Differential, TreeFlow};
use shadowflow::identify::{Answer, BlackBox, Coefficients};
use shadowflow::prelude::*;
use shadowflow::series::ProofStatus;

use super::asked;
use super::boxes::from_rest;

fn coefficients(black_box: &impl BlackBox) -> Coefficients {
    let answer = asked(black_box);
    let Answer::Unknown { coefficients: Some(coefficients), .. } = answer else {
        panic!("{answer}")
    };
    coefficients
}

/// Asserts the coefficients of g, Hg, H²g and T[g, g] in f = −g: within their bars, these at most so wide.
fn expect(coefficients: &Coefficients, wanted: [f64; 4], widest: [f64; 4]) {
    for ((row, wanted), widest) in coefficients.rows.iter().zip(wanted).zip(widest) {
        assert!((row.value - wanted).abs() <= row.bar, "{wanted}: {coefficients}");
        assert!(row.bar < widest, "{wanted}: {coefficients}");
    }
}

/// Ralston's method: ¼ of the gradient here, ¾ of it ⅔ of a step ahead.
struct Ralston;

impl<A: Arithmetic> Optimizer<A> for Ralston {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut ahead = s.w.clone();
        let here = a.gradient(batch, &s.w);
        a.axpy(&-(eps.clone() * a.fraction(2, 3)), &here, &mut ahead);
        let there = a.gradient(batch, &ahead);
        a.axpy(&-(eps.clone() * a.fraction(1, 4)), &here, &mut s.w);
        a.axpy(&-(eps.clone() * a.fraction(3, 4)), &there, &mut s.w);
    }
}

#[test]
fn a_claim_that_is_pasted_is_confirmed_and_proved() {
    let black_box = from_rest(|eps, batch, gradient, w, _| {
        let here = gradient(batch, w);
        let ahead: Vec<f64> = w.iter().zip(&here).map(|(w, g)| w - eps * 2.0 / 3.0 * g).collect();
        let there = gradient(batch, &ahead);
        for i in 0..w.len() {
            w[i] -= eps * (0.25 * here[i] + 0.75 * there[i]);
        }
    });
    let found = coefficients(&black_box);
    // The trees by hand: b₂c₂ = ½ and b₂c₂² = ⅓ leave only the chain of three, by ⅙.
    expect(&found, [1.0, 0.0, -1.0 / 6.0, 0.0], [1e-9, 1e-5, 1e-3, 1e-3]);
    assert_eq!(found.orders(), 3);
    let written = "TreeFlow::new(&[\n    (Differential(&[]), 1, 1),\n    \
                   (Differential(&[Differential(&[Differential(&[])])]), -1, 6),\n])";
    assert_eq!(found.code(), written);
    // What was written, pasted.
    let pasted = TreeFlow::new(&[
        (Differential(&[]), 1, 1),
        (Differential(&[Differential(&[Differential(&[])])]), -1, 6),
    ]);
    for flow in [pasted, found.flow()] {
        let theorem = Theorem::tracks("ralston", Ralston, flow, 4, 3);
        let problem = preset("factorisation", None, None, 1).unwrap();
        let outcome = check(&theorem, &problem, &Settings::default()).unwrap();
        outcome.assert_confirmed();
        assert_eq!(outcome.proof.status, ProofStatus::Proved, "{:?}", outcome.proof);
    }
}

#[test]
fn two_means_have_the_sum_of_their_lags() {
    let black_box = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = 0.5 * s.a[i] + 0.5 * g[i];
            s.b[i] = 0.75 * s.b[i] + 0.25 * s.a[i];
            w[i] -= eps * (0.5 * s.b[i] + 0.5 * g[i]);
        }
    });
    let found = coefficients(&black_box);
    // Half of it has no lag, half the lag 1 + 3, with a mean square of 16 + 2 + 12. Of a memory with the lag ℓ and its
    // mean square μ, f₁ = −(½ + ℓ) f′f, and f₂ is f′f′f and f″(f, f) times what stands here.
    let (lag, square) = (0.5 * 4.0, 0.5 * 30.0);
    let first = 0.5 + lag;
    let chain = first - 1.0 / 6.0 + lag * first + 0.5 * square;
    let fork = 0.5 * first - 1.0 / 6.0 + 0.5 * square;
    expect(&found, [1.0, -first, chain, fork], [1e-8, 1e-4, 0.1, 0.1]);
    assert_eq!(found.rows[1].exact, Some(Ratio::new(-5, 2)), "{found}");
}
