//! Coordinate-wise methods: closed forms, hypotheses, and the start of the uncorrected ones.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use shadowflow::flow::Adaptive;
use shadowflow::loss::{Loss, Problem, preset};
use shadowflow::optimizer::Adam;
use shadowflow::prelude::*;

fn ratio(numerator: i64, denominator: i64) -> Ratio {
    Ratio::new(numerator, denominator)
}

fn adam(inside: bool, corrected: bool) -> Adam {
    let adam = Adam::new(ratio(1, 2), ratio(3, 4), ratio(1, 4), inside).unwrap();
    if corrected { adam } else { adam.uncorrected() }
}

/// C = 3x − y/2, of constant gradient.
struct Slope;

impl Loss for Slope {
    fn dim(&self) -> usize {
        2
    }

    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        w[0].scale(3.0) - w[1].scale(0.5)
    }
}

/// Corrected means of a constant are that constant, from the first step on, so each step is
/// ε g/√(g² + e) or ε g/(|g| + e).
#[test]
fn on_a_slope_every_corrected_step_is_the_same() {
    let problem = Problem::new("slope", Slope, DVector::from_vec(vec![0.0, 0.0]));
    for inside in [true, false] {
        let scaled = |g: f64| if inside { g / (g * g + 0.25).sqrt() } else { g / (g.abs() + 0.25) };
        let method = adam(inside, true);
        let mut a = Numeric::new(problem.float());
        let zero = vec![0.0, 0.0];
        let memory = method.initial_memory(&mut a, &0.1, &zero);
        let mut state = State { w: zero, memory, steps: Steps::default() };
        for n in 1..=40 {
            method.step(&mut a, &0.1, Batch::Full, &mut state);
            state.steps.advance();
            for (w, g) in state.w.iter().zip([3.0, -0.5]) {
                let wanted = -0.1 * n as f64 * scaled(g);
                assert!((w - wanted).abs() < 1e-13, "{inside} {n}: {w} {wanted}");
            }
        }
    }
}

/// The flow of [`Adaptive`] for RMSProp, started where the uncorrected method settles:
/// w₀ − ε Σ_n [S((1 − βⁿ) g²) − S(g²)] g.
struct Displaced(Adaptive);

impl<A: Pointwise> Flow<A> for Displaced {
    fn terms(&self) -> Vec<Term> {
        let mut terms = Flow::<A>::terms(&self.0);
        terms.push(Term::new("displacement", 1, 1, 1));
        terms
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        self.0.field(a, c, t, w)
    }

    fn start(&self, a: &mut A, c: &[A::Number], mut w: A::Vector) -> A::Vector {
        let (e, beta) = (a.ratio(self.0.stabiliser), a.ratio(self.0.beta2));
        let one = a.fraction(1, 1);
        let scale = |v: A::Number| one / if self.0.inside { (v + e).sqrt() } else { v.sqrt() + e };
        let g = a.gradient(Batch::Full, &w);
        let moved = a.map(&g, |g| {
            let (mut sum, mut forgotten) = (A::Number::zero(), one);
            for _ in 0..200 {
                forgotten *= beta;
                sum += (scale((one - forgotten) * g.square()) - scale(g.square())) * g;
            }
            sum
        });
        a.axpy(&-c[2], &moved, &mut w);
        w
    }
}

#[test]
fn uncorrected_rmsprop_has_order_one_and_from_the_displaced_start_two() {
    for (inside, name) in [(true, "rmsprop"), (false, "rmsprop-outside")] {
        let rmsprop = Adam::new(ratio(0, 1), ratio(3, 4), ratio(1, 4), inside).unwrap();
        let optimizer = rmsprop.uncorrected();
        let flow = Adaptive {
            beta1: ratio(0, 1),
            beta2: ratio(3, 4),
            stabiliser: ratio(1, 4),
            inside,
            decay: ratio(0, 1),
        };
        for loss in ["quadratic", "factorisation", "logistic"] {
            let problem = preset(loss, None, None, 1).unwrap();
            let catalogue = Catalogue::standard();
            let control = shadowflow::leg::Sabotage::Twin("do not correct the means".to_owned());
            let settings = Settings { sabotage: Some(control), ..Settings::default() };
            let plain = check(catalogue.theorem(name).unwrap(), &problem, &settings).unwrap();
            let order = plain.legs[0].fit.as_ref().unwrap().order;
            assert_eq!(plain.verdict, Verdict::Refuted);
            assert!((order - 1.0).abs() < 0.1, "{name} on {loss}: {order}");

            let displaced = Theorem::new("displaced")
                .stating(Tracking::measured(optimizer, Displaced(flow)).global(2));
            let settings = Settings { controls: false, ..Settings::default() };
            let outcome = check(&displaced, &problem, &settings).unwrap();
            let order = outcome.legs[0].fit.as_ref().unwrap().order;
            assert!((order - 2.0).abs() < 0.1, "{name} on {loss}: {order}");
        }
    }
}

/// With the stabiliser outside the root the claim is about trajectories on which no component of the
/// gradient changes its sign.
#[test]
fn gradients_keep_their_signs_where_the_stabiliser_outside_is_checked() {
    let catalogue = Catalogue::standard();
    for id in ["adam-outside", "rmsprop-outside"] {
        let theorem = catalogue.theorem(id).unwrap();
        for loss in theorem.losses() {
            let problem = preset(loss, None, None, 1).unwrap();
            let horizon = shadowflow::leg::Pace::of(&problem).unwrap().horizon(None) / 5.0;
            let trace = theorem.trace(&problem, &Settings::default(), horizon / 64.0).unwrap();
            assert_eq!(trace.rows.len(), 65);
            let mut a = Numeric::new(problem.float());
            let first = a.gradient(Batch::Full, &trace.rows[0].iterate);
            for row in &trace.rows {
                let g = a.gradient(Batch::Full, &row.iterate);
                for (g, first) in g.iter().zip(&first) {
                    assert!(g * first > 0.0, "{id} on {loss} at {}", row.time);
                }
            }
        }
    }
}
