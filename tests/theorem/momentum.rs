//! Momentum from rest and below or above its threshold, against closed forms of its recurrence.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use shadowflow::arithmetic::Steps;
use shadowflow::flow::Penalties;
use shadowflow::leg::Sabotage;
use shadowflow::loss::{Loss, Problem, preset};
use shadowflow::optimizer::{CentredMomentum, Momentum, Substeps};
use shadowflow::prelude::*;

/// C = ½ λ x² with λ = 2.
struct Parabola;

impl Loss for Parabola {
    fn dim(&self) -> usize {
        1
    }

    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        w[0] * w[0]
    }
}

/// The iterates of `method` on C = x² from x = 1 at rest.
fn iterates(method: Momentum, eps: f64, steps: usize) -> Vec<f64> {
    let problem = Problem::new("parabola", Parabola, DVector::from_vec(vec![1.0]));
    let mut a = Numeric::new(problem.float());
    let memory = method.initial_memory(&mut a, &eps, &vec![1.0]);
    let mut state = State { w: vec![1.0], memory, steps: Steps::default() };
    let mut path = vec![1.0];
    for _ in 0..steps {
        method.step(&mut a, &eps, Batch::Full, &mut state);
        state.steps.advance();
        path.push(state.w[0]);
    }
    path
}

/// Below the threshold nothing passes the minimum and x_{n+1}/x_n settles on the larger root of the
/// characteristic equation; above it the sign changes within π/θ steps.
#[test]
fn below_the_threshold_the_minimum_is_never_passed_and_above_it_soon() {
    for percent in [30_u32, 50, 80, 90] {
        let beta = f64::from(percent) / 100.0;
        let ratio = Ratio::new(i64::from(percent), 100);
        let cases = [
            (Momentum::heavy_ball(ratio).unwrap(), false, (1.0 - beta.sqrt()).powi(2)),
            (Momentum::nesterov(ratio).unwrap(), true, ((1.0 - beta) / (1.0 + beta)).powi(2)),
        ];
        for (method, ahead, threshold) in cases {
            let roots = |r: f64| {
                let (p, q) = if ahead {
                    ((1.0 + beta) * (1.0 - r), -beta * (1.0 - r))
                } else {
                    (1.0 + beta - r, -beta)
                };
                (0.5 * p, 0.25 * p * p + q)
            };
            let below = 0.9 * threshold;
            let path = iterates(method, below / 2.0, 200);
            assert!(path.iter().all(|x| *x > 0.0), "{method:?}");
            let (half, discriminant) = roots(below);
            let settled = path[200] / path[199];
            assert!((settled - half - discriminant.sqrt()).abs() < 1e-4, "{method:?}: {settled}");

            let above = 1.1 * threshold;
            let (half, discriminant) = roots(above);
            let angle = (-discriminant).sqrt().atan2(half);
            let steps = (2.0 * std::f64::consts::PI / angle).ceil() as usize;
            let path = iterates(method, above / 2.0, steps);
            assert!(path.iter().any(|x| *x < 0.0), "{method:?} in {steps} steps");
        }
    }
}

#[test]
fn the_threshold_is_claimed_on_quadratics_only_and_a_wrong_one_is_refuted() {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("momentum-threshold").unwrap();
    let settings = Settings::default();
    let net = preset("mlp", None, None, 1).unwrap();
    let refusal = check(theorem, &net, &settings).unwrap_err().to_string();
    assert!(refusal.contains("on quadratics only"), "{refusal}");

    let wrong = Sabotage::Scale("Nesterov threshold".to_owned(), Ratio::new(1001, 1000));
    let settings = Settings { sabotage: Some(wrong), ..settings };
    let quadratic = preset("quadratic", None, None, 1).unwrap();
    let outcome = check(theorem, &quadratic, &settings).unwrap();
    assert_eq!(outcome.verdict, Verdict::Refuted);
    assert!(outcome.reason.unwrap().contains("threshold"));

    let outcome = check(theorem, &quadratic, &Settings::default()).unwrap();
    let exchanged = outcome.controls.iter().find(|c| c.name == "exchange the methods").unwrap();
    assert_eq!(exchanged.verdict, Verdict::Refuted);
}

/// From rest, the flow that starts unshifted is of order 1 only.
#[test]
fn from_rest_the_unshifted_flow_has_order_one() {
    let catalogue = Catalogue::standard();
    for id in ["heavy-ball-from-rest", "nesterov-from-rest"] {
        let theorem = catalogue.theorem(id).unwrap();
        for loss in theorem.losses() {
            let problem = preset(loss, None, None, 1).unwrap();
            let unshifted = Sabotage::Omit("start shift".to_owned());
            let settings = Settings { sabotage: Some(unshifted), ..Settings::default() };
            let outcome = check(theorem, &problem, &settings).unwrap();
            let order = outcome.legs[0].fit.as_ref().unwrap().order;
            assert!((order - 1.0).abs() < 0.1, "{id} on {loss}: {order}");
        }
    }
}

/// Small steps start from the memory that the method has at their size: n settled steps of size ε/n are those
/// of the method itself.
#[test]
fn small_steps_of_a_settled_method_are_settled() {
    let settled = Momentum::nesterov((1, 2).into()).unwrap().settled();
    let small = Substeps { inner: settled, count: 4 };
    let problem = preset("factorisation", None, None, 1).unwrap();
    let mut a = Numeric::new(problem.float());
    let w = problem.start().as_slice().to_vec();
    let state = |memory| State { w: w.clone(), memory, steps: Steps::default() };
    let eps = 0.04;
    let mut once = state(small.initial_memory(&mut a, &eps, &w));
    small.step(&mut a, &eps, Batch::Full, &mut once);
    let mut four = state(settled.initial_memory(&mut a, &(eps / 4.0), &w));
    for _ in 0..4 {
        settled.step(&mut a, &(eps / 4.0), Batch::Full, &mut four);
    }
    assert!(four.memory[0].iter().any(|v| v.abs() > 1e-3));
    assert_eq!(once.w, four.w);
    assert_eq!(once.memory, four.memory);
    let tempo = |optimizer: &dyn Optimizer<Numeric<f64>>| optimizer.tempo();
    assert_eq!((tempo(&settled).memory, tempo(&small).memory), (2, 1));
    assert_eq!(tempo(&settled).speed.to_bits(), tempo(&small).speed.to_bits());
}

#[test]
fn over_reshuffled_epochs_kappa_holds_at_other_rates_and_numbers_of_minibatches() {
    let flow = |beta: Ratio, m: usize, kappa: Ratio| {
        let right = Penalties::of_shuffled_momentum(beta, m);
        Penalties { disagreement: right.disagreement.map(|c| c * kappa), ..right }
    };
    let verdict = |beta: Ratio, m: usize, kappa: Ratio| {
        let tracking =
            Tracking::measured(CentredMomentum::new(beta).unwrap(), flow(beta, m, kappa)).global(2);
        let theorem = Theorem::new("kappa").stating(tracking.sampled(|_| RandomReshuffling));
        let problem = preset("quadratic", Some(m), None, 1).unwrap();
        check(&theorem, &problem, &Settings::default()).unwrap().verdict
    };
    let one = Ratio::new(1, 1);
    for (beta, m) in [((1, 3), 3), ((2, 3), 4), ((1, 3), 2), ((4, 5), 2)] {
        assert_eq!(verdict(beta.into(), m, one), Verdict::Confirmed, "{beta:?} {m}");
        let wrong = verdict(beta.into(), m, Ratio::new(101, 100));
        assert_eq!(wrong, Verdict::Refuted, "{beta:?} {m}");
    }
    // Two minibatches: κ = 1 − β, beside the speed 1/(1 − β).
    let two = Penalties::of_shuffled_momentum(Ratio::new(1, 3), 2).disagreement;
    assert_eq!(two, Some(Ratio::new(1, 4)));
}
