//! Losses, samplings and methods of outside authors that are not what they say: no verdict is reached on
//! them, and the reason names what is wrong. What is what it says is confirmed.
#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

use nalgebra::DVector;
use shadowflow::flow::{Adaptive, BatchPenalty, GradientFlow, GradientPenalty};
use shadowflow::optimizer::{Adam, GradientDescent};
use shadowflow::prelude::*;
use shadowflow::sampling::Draw;
use shadowflow::theorem::Outcome;

/// What is wrong with the gradient or the flags of [`Bent`].
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    Doubled,
    Rotated,
    SinglePrecision,
    NoValue,
    Noise,
    ClaimsQuadratic,
    /// A term max(0, w₀ − 0.7)², or max(0, w₀ − 0.7).
    Kink {
        squared: bool,
    },
}

/// Ĉ_k(w) = ½ (w₀ − a_k)² + ¼ (w₁ + w₀²/2)² + w₀ w₁ / 4 with a = (−½, ½), and a fault.
struct Bent {
    fault: Fault,
    calls: std::sync::atomic::AtomicU64,
}

impl Bent {
    fn smooth<S: Scalar>(batch: usize, w: &[S]) -> S {
        let off = w[0] - S::from_f64(batch as f64 - 0.5);
        let bent = w[1] + w[0].square().scale(0.5);
        off.square().scale(0.5) + bent.square().scale(0.25) + (w[0] * w[1]).scale(0.25)
    }
}

impl Loss for Bent {
    fn dim(&self) -> usize {
        2
    }
    fn batches(&self) -> usize {
        2
    }
    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let smooth = Self::smooth(batch, w);
        match self.fault {
            Fault::NoValue => smooth * S::from_f64(f64::NAN),
            Fault::Noise => {
                let call = self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                smooth + S::from_f64(1e-9 * (call % 7) as f64)
            }
            Fault::Kink { squared } => {
                let beyond = w[0] - S::from_f64(0.7);
                if beyond.leading() <= 0.0 {
                    smooth
                } else if squared {
                    smooth + beyond.square()
                } else {
                    smooth + beyond
                }
            }
            _ => smooth,
        }
    }
    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        shadowflow::scalar::Tape::gradient(w, |v| self.value(batch, v), out);
        match self.fault {
            Fault::Doubled => out[1] = out[1].scale(2.0),
            Fault::Rotated => {
                let (x, y) = (w[0], w[1]);
                out[0] += y.scale(1e-3);
                out[1] -= x.scale(1e-3);
            }
            Fault::SinglePrecision => {
                for out in out {
                    let lost = f64::from(out.leading() as f32) - out.leading();
                    *out += S::from_f64(lost);
                }
            }
            _ => {}
        }
    }
    fn is_quadratic(&self) -> bool {
        self.fault == Fault::ClaimsQuadratic
    }
}

fn bent(fault: Fault) -> Problem {
    let loss = Bent { fault, calls: 0.into() };
    Problem::new("bent", loss, DVector::from_vec(vec![0.75, 0.5]))
}

fn on(theorem: &Theorem, problem: &Problem) -> Outcome {
    check(theorem, problem, &Settings::default()).unwrap()
}

fn reason(outcome: &Outcome) -> &str {
    outcome.reason.as_deref().unwrap_or("none")
}

#[test]
fn a_loss_that_is_not_what_it_says_reaches_no_verdict() {
    let catalogue = Catalogue::standard();
    for id in [
        "gradient-flow",
        "implicit-gradient-regularization",
        "random-reshuffling",
        "variance-decomposition",
    ] {
        let theorem = catalogue.theorem(id).unwrap();
        on(theorem, &bent(Fault::Nothing)).assert_confirmed();
        for (fault, said) in [
            (Fault::Doubled, "component 1"),
            (Fault::Rotated, "gradient"),
            (Fault::SinglePrecision, "7 digits"),
            (Fault::NoValue, "NaN"),
            (Fault::Noise, "same"),
            (Fault::ClaimsQuadratic, "is_quadratic"),
        ] {
            let outcome = on(theorem, &bent(fault));
            assert_eq!(outcome.verdict, Verdict::Inconclusive, "{id}: {}", reason(&outcome));
            assert!(reason(&outcome).contains(said), "{id}: {}", reason(&outcome));
            assert!(outcome.legs.is_empty(), "{id}: nothing is measured");
        }
    }
}

/// One draw a block, which claims to be more.
struct Claiming {
    balanced: bool,
    order: bool,
}

impl Sampling for Claiming {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        IndependentDraws { steps: components }.continuations(path, components)
    }
    fn is_balanced(&self) -> bool {
        self.balanced
    }
    fn is_random_order(&self) -> bool {
        self.order
    }
}

/// Every minibatch once, dealt as a permutation: its flags are true.
struct Dealt;

impl Sampling for Dealt {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        (0..components).map(Draw::One).filter(|draw| !path.contains(draw)).collect()
    }
    fn is_balanced(&self) -> bool {
        true
    }
    fn is_random_order(&self) -> bool {
        true
    }
}

#[test]
fn a_sampling_that_is_not_what_it_says_reaches_no_verdict() {
    let claim = |balanced, order| {
        let tracking = Tracking::new(GradientDescent, BatchPenalty::default())
            .local(3)
            .global(2)
            .sampled(move |_| Claiming { balanced, order });
        Theorem::new("claiming").stating(tracking)
    };
    for (balanced, order, flag) in
        [(true, false, "is_balanced"), (false, true, "is_random_order"), (true, true, "is_")]
    {
        let outcome = on(&claim(balanced, order), &bent(Fault::Nothing));
        assert_eq!(outcome.verdict, Verdict::Inconclusive, "{}", reason(&outcome));
        assert!(reason(&outcome).contains(flag), "{}", reason(&outcome));
    }
    // What it is, it does not follow: independent draws have the penalty of the whole loss.
    assert_eq!(on(&claim(false, false), &bent(Fault::Nothing)).verdict, Verdict::Refuted);
    let dealt = Tracking::new(GradientDescent, BatchPenalty::default())
        .local(3)
        .global(2)
        .sampled(|_| Dealt);
    on(&Theorem::new("dealt").stating(dealt), &bent(Fault::Nothing)).assert_confirmed();
}

#[test]
fn a_loss_that_is_not_smooth_breaks_the_hypothesis_and_not_the_theorem() {
    let ratio = |n, d| Ratio::new(n, d);
    let (beta1, beta2, stabiliser) = (ratio(1, 2), ratio(3, 4), ratio(1, 5));
    let adam = Adam::new(beta1, beta2, stabiliser, true).unwrap();
    let adaptive = Adaptive { beta1, beta2, stabiliser, inside: true, decay: Ratio::new(0, 1) };
    let theorems = [
        Theorem::new("adam").stating(Tracking::measured(adam, adaptive).global(2)),
        Theorem::tracks("penalty", GradientDescent, GradientPenalty::default(), 3, 2),
        Theorem::new("shuffled").stating(
            Tracking::new(GradientDescent, BatchPenalty::default())
                .local(3)
                .global(2)
                .sampled(|_| RandomReshuffling),
        ),
    ];
    for theorem in &theorems {
        on(theorem, &bent(Fault::Nothing)).assert_confirmed();
        let outcome = on(theorem, &bent(Fault::Kink { squared: false }));
        let id = theorem.id();
        assert_eq!(outcome.verdict, Verdict::Inconclusive, "{id}: {}", reason(&outcome));
        assert!(reason(&outcome).contains("jumps near w = (0.7"), "{id}: {}", reason(&outcome));
        // A jump of the Hessian costs an error of order 2 nothing that must show: never its refutation.
        let outcome = on(theorem, &bent(Fault::Kink { squared: true }));
        assert_ne!(outcome.verdict, Verdict::Refuted, "{id}: {}", reason(&outcome));
    }
    // A false claim on a smooth loss is refuted, and so is one that a proof refutes on any loss.
    let bold = Theorem::tracks("bold", GradientDescent, GradientFlow, 3, 2);
    assert_eq!(on(&bold, &bent(Fault::Nothing)).verdict, Verdict::Refuted);
    let kinked = on(&bold, &bent(Fault::Kink { squared: false }));
    assert_eq!(kinked.verdict, Verdict::Refuted, "{}", reason(&kinked));
    assert!(reason(&kinked).contains("proof"), "{}", reason(&kinked));
}
