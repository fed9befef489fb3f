//! Losses that break the hypotheses: a check of them ends, and ends inconclusive with a reason.
#![allow(clippy::expect_used)] // in tests a broken expectation should fail loudly

use nalgebra::{DMatrix, DVector};
use shadowflow::loss::Quadratic;
use shadowflow::prelude::*;
use shadowflow::theorem::Outcome;

/// A loss in one parameter, given by its value.
struct Line<F>(F);

/// A function of one scalar, whichever it is.
trait Curve: Send + Sync {
    fn at<S: Scalar>(&self, w: S) -> S;
}

impl<F: Curve> Loss for Line<F> {
    fn dim(&self) -> usize {
        1
    }

    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        self.0.at(w[0])
    }
}

fn checked(id: &str, problem: &Problem, horizon: Option<f64>) -> Outcome {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem(id).expect("a theorem of the catalogue");
    let settings = Settings { horizon, ..Settings::default() };
    check(theorem, problem, &settings).expect("the theorem speaks of every loss")
}

/// Checks the two deterministic theorems on the curve and asserts that both end inconclusive, with
/// one of `reasons`.
fn assert_inconclusive(
    curve: impl Curve + Clone + 'static,
    start: f64,
    horizon: Option<f64>,
    reasons: &[&str],
) {
    let problem = Problem::new("pathology", Line(curve), DVector::from_element(1, start));
    for id in ["gradient-flow", "implicit-gradient-regularization"] {
        assert_outcome(&checked(id, &problem, horizon), reasons);
    }
}

fn assert_outcome(outcome: &Outcome, reasons: &[&str]) {
    let reason = outcome.reason.as_deref().unwrap_or("none");
    let on = format!("{} is {:?}: {reason}", outcome.theorem, outcome.verdict);
    assert_eq!(outcome.verdict, Verdict::Inconclusive, "{on}");
    assert!(reasons.iter().any(|part| reason.contains(part)), "{on}");
    println!("{on}");
}

#[derive(Clone)]
struct NotANumber;

impl Curve for NotANumber {
    fn at<S: Scalar>(&self, w: S) -> S {
        w * S::from_f64(f64::NAN)
    }
}

#[test]
fn nan_everywhere() {
    assert_inconclusive(NotANumber, 1.0, None, &["must be finite at the start"]);
}

#[derive(Clone)]
struct Pole;

impl Curve for Pole {
    fn at<S: Scalar>(&self, w: S) -> S {
        S::one() / w
    }
}

#[test]
fn infinite_at_the_start() {
    assert_inconclusive(Pole, 0.0, None, &["must be finite at the start"]);
}

/// 1/w pushes away from its pole; −1/w pulls into it.
#[derive(Clone)]
struct IntoThePole;

impl Curve for IntoThePole {
    fn at<S: Scalar>(&self, w: S) -> S {
        -(S::one() / w)
    }
}

#[test]
fn infinite_away_from_the_start() {
    let problem = Problem::new("pole", Line(IntoThePole), DVector::from_element(1, 1.0));
    let outcome = checked("gradient-flow", &problem, Some(1.0));
    assert_outcome(&outcome, &["cannot be followed past t = 3.3333e-1"]);
}

/// The modified flow may go on where the gradient flow that it bends ends: no claim about small step
/// sizes reaches the horizon then.
#[test]
fn a_horizon_beyond_the_end_of_the_gradient_flow() {
    let pole = Problem::new("pole", Line(IntoThePole), DVector::from_element(1, 1.0));
    let blow_up = Problem::new("blow-up", Line(BlowUp), DVector::from_element(1, 1.0));
    for (problem, horizon) in [(pole, 1.0), (blow_up, 0.5)] {
        let outcome = checked("implicit-gradient-regularization", &problem, Some(horizon));
        assert_outcome(&outcome, &["the flow cannot be followed past"]);
    }
}

/// (2/3)(1 − w)^{3/2} − w is a number up to w = 1 only, and its flow goes there.
#[derive(Clone)]
struct Cliff;

impl Curve for Cliff {
    fn at<S: Scalar>(&self, w: S) -> S {
        let left = S::one() - w;
        S::from_ratio(Ratio::new(2, 3)) * left * left.sqrt() - w
    }
}

#[test]
fn nan_away_from_the_start() {
    assert_inconclusive(Cliff, 0.9, Some(1.0), &["diverge", "not finite", "flow"]);
}

#[test]
fn iterates_that_diverge() {
    for loss in ["quadratic", "quadratic-indefinite", "factorisation"] {
        let problem = preset(loss, None, None, 1).expect("a preset");
        for id in ["gradient-flow", "implicit-gradient-regularization", "random-reshuffling"] {
            assert_outcome(&checked(id, &problem, Some(1e4)), &["the iterates diverge"]);
        }
    }
}

/// −w⁴/4: the flow w′ = w³ from 1 is infinite at t = ½; iterates pass that time unharmed.
#[derive(Clone)]
struct BlowUp;

impl Curve for BlowUp {
    fn at<S: Scalar>(&self, w: S) -> S {
        -(w.square().square()) * S::from_ratio(Ratio::new(1, 4))
    }
}

#[test]
fn a_flow_that_blows_up() {
    let problem = Problem::new("blow-up", Line(BlowUp), DVector::from_element(1, 1.0));
    let outcome = checked("gradient-flow", &problem, Some(0.5));
    assert_outcome(&outcome, &["the flow cannot be followed past t = 5.0000e-1"]);
    assert_inconclusive(BlowUp, 1.0, Some(0.6), &["iterates diverge"]);
}

/// ln(1 + e^{2cw})/c − w + w²/20 with c = 10⁶: the gradient is tanh(cw) + w/10, so iterates stay, but
/// the flow falls to its rest a million times faster than it arrives there.
#[derive(Clone)]
struct Stiff;

impl Curve for Stiff {
    fn at<S: Scalar>(&self, w: S) -> S {
        w.scale(2.0e6).softplus().scale(1.0e-6) - w + w.square().scale(0.05)
    }
}

#[test]
fn a_stiff_flow() {
    assert_inconclusive(Stiff, 1.0, Some(8.0), &["too stiff", "solver step", "underflows"]);
}

#[derive(Clone)]
struct Bowl;

impl Curve for Bowl {
    fn at<S: Scalar>(&self, w: S) -> S {
        w.square().scale(0.5)
    }
}

#[test]
fn a_ladder_at_the_floor_of_round_off() {
    assert_inconclusive(Bowl, 0.0, None, &["round-off"]);
    assert_inconclusive(Bowl, 1.0, Some(1e-12), &["round-off"]);
}

/// |w| as the square root of w².
#[derive(Clone)]
struct Absolute;

impl Curve for Absolute {
    fn at<S: Scalar>(&self, w: S) -> S {
        w.square().sqrt()
    }
}

#[test]
fn a_kink_at_the_minimum() {
    // Off the kink the loss is linear and there is no error to measure; at it there is no flow.
    assert_inconclusive(Absolute, 0.3, None, &["round-off", "flow", "not smooth"]);
    assert_inconclusive(Absolute, 0.0, None, &["round-off", "flow", "finite"]);
}

/// ½w² + max(w, 0) + w by a branch: a gradient that jumps on the way.
#[derive(Clone)]
struct Rectified;

impl Curve for Rectified {
    fn at<S: Scalar>(&self, w: S) -> S {
        let smooth = w.square().scale(0.5) + w;
        if w.leading() > 0.0 { smooth + w } else { smooth }
    }
}

#[test]
fn a_kink_on_the_way() {
    assert_inconclusive(
        Rectified,
        0.37,
        None,
        &["this one is not: the gradient of minibatch 0 jumps"],
    );
}

#[test]
fn a_constant_loss() {
    #[derive(Clone)]
    struct Flat;
    impl Curve for Flat {
        fn at<S: Scalar>(&self, w: S) -> S {
            w.scale(0.0)
        }
    }
    assert_inconclusive(Flat, 1.0, None, &["round-off"]);
}

#[test]
fn a_loss_known_in_f64_only_is_confirmed_and_says_what_it_lacks() {
    let gradient = |_: usize, w: &[f64], out: &mut [f64]| {
        for (out, w) in out.iter_mut().zip(w) {
            *out = w.sin();
        }
    };
    let hessian_vector = |_: usize, w: &[f64], v: &[f64], out: &mut [f64]| {
        for ((out, w), v) in out.iter_mut().zip(w).zip(v) {
            *out = w.cos() * v;
        }
    };
    let loss = Closures::new(2, 1, gradient, hessian_vector);
    let problem = Problem::from_closures("pendulum", loss, DVector::from_vec(vec![1.0, -0.5]));
    for id in ["gradient-flow", "implicit-gradient-regularization"] {
        let outcome = checked(id, &problem, None);
        outcome.assert_confirmed();
        let reason = outcome.reason.expect("it names the evidence it lacks");
        assert!(reason.contains("f64 only") && reason.contains("by extrapolation"), "{reason}");
    }
}

/// The named quadratics have their minimum at the origin; the moment equations hold elsewhere too.
#[test]
fn the_stochastic_equation_holds_where_the_minimum_is_away_from_the_origin() {
    let diagonal = |a, b| DMatrix::from_diagonal(&DVector::from_vec(vec![a, b]));
    let hessians = vec![diagonal(1.0, 2.0), diagonal(2.0, 0.5)];
    let minima = vec![DVector::from_vec(vec![1.5, -0.5]), DVector::from_vec(vec![0.75, 1.0])];
    let loss = Quadratic::new(hessians, minima).expect("a quadratic");
    let size = loss.minimum().expect("it is convex").norm();
    assert!(size > 0.5, "{size}");
    let problem = Problem::new("shifted", loss, DVector::from_vec(vec![-1.0, 2.0]));
    checked("stochastic-modified-equation", &problem, None).assert_confirmed();
}
