//! What a check must not believe: references without a agreement, slopes without their next term,
//! effects that vanish at the start, means that forget their covariance.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

use nalgebra::DVector;
use shadowflow::flow::{BatchPenalty, GradientPenalty, Term};
use shadowflow::leg::{
    Agreement, Finding, Leg, LegKind, Observation, Obstacle, Rung, Variant, Workbench,
};
use shadowflow::loss::{Loss, Problem, TwoMinima, preset};
use shadowflow::optimizer::GradientDescent;
use shadowflow::prelude::*;
use shadowflow::scalar::DoubleDouble;
use shadowflow::theorem::{NotApplicable, Statement};

/// A leg with a given error ε²(1 + next ε) and a given agreement.
#[derive(Clone)]
struct Made {
    next: f64,
    disagreement: f64,
}

impl Leg for Made {
    fn kind(&self) -> LegKind {
        LegKind::Global
    }
    fn claimed_order(&self) -> f64 {
        2.0
    }
    fn terms(&self) -> Vec<Term> {
        Vec::new()
    }
    fn rungs(&self) -> Vec<Rung> {
        (0..6).map(|j| Rung { step_size: 0.2 / f64::powi(2.0, j), blocks: 1 }).collect()
    }
    fn observe(&self, rung: &Rung, _twin: Option<&str>) -> Result<Observation, Obstacle> {
        let eps = rung.step_size;
        let error = eps * eps * (1.0 + self.next * eps);
        Ok(Observation { values: vec![DoubleDouble::from_f64(error)], floor: 1e-16 })
    }
    fn predict(&self, _rung: &Rung, _claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        Ok(vec![DoubleDouble::from_f64(0.0)])
    }
    fn agreement(&self, _rung: &Rung, _terms: &[Term]) -> Result<Agreement, Obstacle> {
        Ok(Agreement { disagreement: self.disagreement, lacking: None })
    }
}

impl Statement for Made {
    fn legs(
        &self,
        _problem: &Problem,
        _settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        Ok(vec![Box::new(self.clone())])
    }
}

#[test]
fn a_reference_that_its_second_opinion_contradicts_carries_no_verdict() {
    for (disagreement, trusted) in [(0.0, true), (1e-12, true), (1.0, false), (f64::NAN, false)] {
        let leg = Made { next: 0.0, disagreement };
        let evidence = Workbench::new(&leg).slope(&Variant::stated(leg.terms()));
        assert_eq!(evidence.finding == Finding::Holds, trusted, "{disagreement}: {evidence:?}");
        assert_eq!(evidence.ladder.iter().any(|point| point.used), trusted);
        let problem = preset("quadratic", None, None, 1).unwrap();
        let outcome = check(&Theorem::new("made").stating(leg), &problem, &Settings::default());
        let confirmed = outcome.unwrap().verdict;
        // A clock does not change this leg, so not even a trusted one is confirmed.
        assert_eq!(confirmed, Verdict::Inconclusive, "{disagreement}");
    }
}

#[test]
fn the_next_term_of_an_error_is_not_mistaken_for_a_lower_order() {
    for next in [2.0, 5.0, -2.0] {
        let leg = Made { next, disagreement: 0.0 };
        let evidence = Workbench::new(&leg).slope(&Variant::stated(leg.terms()));
        let fit = evidence.fit.unwrap();
        assert!((fit.order - 2.0).abs() < 0.1 && fit.half_width < 0.2, "{next}: {fit:?}");
        // A straight line through the same points is off by more.
        let line: f64 = fit.pairwise.iter().sum::<f64>() / fit.pairwise.len() as f64;
        assert!((line - 2.0).abs() > 2.0 * (fit.order - 2.0).abs(), "{next}: {line}");
    }
}

/// C = w + w³/6: at w = 0 the Hessian vanishes, and with it the penalty's effect on one step.
struct Inflection;

impl Loss for Inflection {
    fn dim(&self) -> usize {
        1
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        w[0] + (w[0] * w[0].square()).scale(1.0 / 6.0)
    }
}

#[test]
fn an_effect_that_vanishes_at_the_start_refutes_nothing() {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("implicit-gradient-regularization").unwrap();
    for start in [0.0, 1e-4, 1e-3, 1e-2] {
        let problem = Problem::new("inflection", Inflection, DVector::from_vec(vec![start]));
        let outcome = check(theorem, &problem, &Settings::default()).unwrap();
        assert_ne!(outcome.verdict, Verdict::Refuted, "{start}: {:?}", outcome.reason);
    }
}

/// At a fixed time independent draws follow C̃_GD only up to their covariance: false on everything but
/// quadratics, and never to be confirmed.
#[test]
fn a_mean_that_forgets_its_covariance_is_not_believed() {
    let claim = || {
        Tracking::new(GradientDescent, GradientPenalty::default())
            .global(2)
            .sampled(|m| IndependentDraws { steps: m })
    };
    for name in ["factorisation", "logistic", "tiny-net", "two-minima"] {
        let problem = preset(name, None, None, 1).unwrap();
        match check(&Theorem::new("false").stating(claim()), &problem, &Settings::default()) {
            Ok(outcome) => assert_eq!(outcome.verdict, Verdict::Refuted, "{name}"),
            Err(why) => assert!(why.to_string().contains("covariance"), "{why}"),
        }
    }
}

/// w ← w − ε(1 − εn/2) g: a step size that falls with time.
struct Decaying;

impl<A: Arithmetic> Optimizer<A> for Decaying {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let taken = a.count(s.steps) as i64;
        let decay = a.fraction(1, 1) - a.fraction(taken, 2) * eps.clone();
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(eps.clone() * decay), &g, &mut s.w);
    }
}

/// Steps are counted across blocks in every way of taking means: a flow that ignores the schedule is
/// refuted in one dimension as in two.
#[test]
fn a_schedule_is_not_forgotten_between_epochs() {
    let problems = [
        Problem::new("wells", TwoMinima::new(3).unwrap(), DVector::from_vec(vec![1.5])),
        preset("factorisation", None, None, 1).unwrap(),
    ];
    for problem in problems {
        let ignoring = Tracking::measured(Decaying, BatchPenalty::default())
            .global(2)
            .sampled(|_| RandomReshuffling);
        let theorem = Theorem::new("ignores the schedule").stating(ignoring);
        let outcome = check(&theorem, &problem, &Settings::default()).unwrap();
        assert_eq!(outcome.verdict, Verdict::Refuted, "{}: {:?}", problem.name(), outcome.reason);
    }
}
