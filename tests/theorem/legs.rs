//! Legs of tracked optimizers: what they run, for how long, and how far they can be trusted.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

use nalgebra::{DMatrix, DVector};
use shadowflow::arithmetic::Numeric;
use shadowflow::flow::{BatchPenalty, GradientFlow};
use shadowflow::leg::{Leg, LegKind, Obstacle, Pace, Rung, Variant};
use shadowflow::loss::{Loss, Problem, Quadratic, preset};
use shadowflow::optimizer::{GradientDescent, State};
use shadowflow::prelude::*;
use shadowflow::sampling::{FixedOrder, FlipFlop, expectation};
use shadowflow::scalar::{DoubleDouble, Ratio};
use shadowflow::theorem::Statement;

fn legs(tracking: &Tracking, problem: &Problem) -> Vec<Box<dyn Leg>> {
    tracking.legs(problem, &Settings::default()).unwrap()
}

fn leg(tracking: &Tracking, problem: &Problem) -> Box<dyn Leg> {
    legs(tracking, problem).remove(0)
}

fn length(values: &[DoubleDouble]) -> f64 {
    values.iter().map(|x| x.leading().powi(2)).sum::<f64>().sqrt()
}

fn gap(a: &[DoubleDouble], b: &[f64]) -> f64 {
    let off = a.iter().zip(b).map(|(a, b)| (a.leading() - b).powi(2));
    assert_eq!(a.len(), b.len());
    off.sum::<f64>().sqrt()
}

/// Descent on the factorisation, `blocks` blocks of `by`.
fn descended(problem: &Problem, by: &dyn Sampling, eps: f64, blocks: usize) -> Vec<f64> {
    let mut a = Numeric::new(problem.float());
    let start = problem.start().as_slice().to_vec();
    (0..blocks).fold(start, |w, _| {
        let state = State { w, memory: Vec::new(), steps: Steps::default() };
        expectation(&mut a, &GradientDescent, by, &eps, &state, &mut |_, end| vec![end.w]).remove(0)
    })
}

/// A twin of twice as many steps a block runs half as many blocks.
#[test]
fn a_twin_with_longer_blocks_runs_for_the_same_time() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let m = problem.batches();
    assert!(m > 1);
    let tracking = Tracking::measured(GradientDescent, BatchPenalty::default())
        .global(2)
        .sampled(FixedOrder::ascending)
        .twin_sampling("back and forth", |_| FlipFlop);
    let leg = leg(&tracking, &problem);
    assert_eq!(leg.kind(), LegKind::Global);
    assert_eq!(leg.twins(), ["back and forth"]);
    let eps = 1e-2;
    for (blocks, of_twin) in [(16, 8), (2, 1), (3, 2)] {
        let rung = Rung { step_size: eps, blocks };
        let own = leg.observe(&rung, None).unwrap();
        let ascending = FixedOrder::ascending(m);
        assert!(gap(&own.values, &descended(&problem, &ascending, eps, blocks)) < 1e-14);
        let twin = leg.observe(&rung, Some("back and forth")).unwrap();
        assert!(gap(&twin.values, &descended(&problem, &FlipFlop, eps, of_twin)) < 1e-14);
        // What goes by another name is the claim's own.
        let other = leg.observe(&rung, Some("nobody")).unwrap();
        assert_eq!(length(&other.values).to_bits(), length(&own.values).to_bits());
    }
}

#[test]
fn an_optimizer_twin_takes_the_place_of_the_optimizer() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let tracking = Tracking::measured(GradientDescent, GradientFlow)
        .local(2)
        .twin_optimizer("twice", Twice)
        .twin_optimizer("thrice", Scaled(3.0));
    let leg = leg(&tracking, &problem);
    assert_eq!(leg.kind(), LegKind::Step);
    assert_eq!(leg.twins(), ["twice", "thrice"]);
    let rung = Rung { step_size: 1e-3, blocks: 1 };
    for (twin, factor) in [(None, 1.0), (Some("twice"), 2.0), (Some("thrice"), 3.0)] {
        let seen = leg.observe(&rung, twin).unwrap().values;
        let known = descended(&problem, &shadowflow::sampling::FullBatch, factor * 1e-3, 1);
        assert!(gap(&seen, &known) < 1e-15, "{twin:?}");
    }
}

/// Descent with twice the step, and with any multiple of it.
struct Twice;
struct Scaled(f64);

impl<A: Arithmetic> Optimizer<A> for Twice {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(eps.clone() + eps.clone()), &g, &mut s.w);
    }
}

impl<A: Arithmetic> Optimizer<A> for Scaled {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let factor = a.fraction(self.0 as i64, 1);
        a.axpy(&-(eps.clone() * factor), &g, &mut s.w);
    }
}

/// −½w²: every step of size 1 doubles w.
struct Hill;

impl Loss for Hill {
    fn dim(&self) -> usize {
        1
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        w[0].square().scale(-0.5)
    }
}

/// Iterates a million times as large as 1 and the start together have diverged.
#[test]
fn iterates_that_leave_every_bound_have_diverged() {
    let problem = Problem::new("hill", Hill, DVector::from_vec(vec![1.0]));
    let tracking = Tracking::measured(GradientDescent, GradientFlow).global(1);
    let leg = leg(&tracking, &problem);
    let at = |blocks| leg.observe(&Rung { step_size: 1.0, blocks }, None);
    // 2²⁰ is below 2·10⁶, 2²¹ is above.
    let end = at(20).unwrap().values;
    assert!((end[0].leading() - 1_048_576.0).abs() < 1e-6);
    for blocks in [21, 60, 2000] {
        let Err(Obstacle::Diverged { step_size, limit }) = at(blocks) else {
            panic!("{blocks} blocks do not diverge");
        };
        assert!((step_size - 1.0).abs() < 1e-15 && (limit - 2.0).abs() < 1e-9, "{limit}");
    }
}

/// The floor is two units in the last place of the end, grown like the square root of the steps.
#[test]
fn round_off_grows_with_the_square_root_of_the_steps() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let m = problem.batches();
    let orders = |order| {
        Tracking::measured(GradientDescent, BatchPenalty::default())
            .global(order)
            .sampled(FixedOrder::ascending)
    };
    // At a fixed time the errors of steps are one order higher: 3 is the last that f64 shows.
    for (order, round_off) in
        [(2, f64::ROUND_OFF), (3, f64::ROUND_OFF), (4, DoubleDouble::ROUND_OFF)]
    {
        let leg = leg(&orders(order), &problem);
        for blocks in [1, 4, 25] {
            let seen = leg.observe(&Rung { step_size: 1e-2, blocks }, None).unwrap();
            let known = 2.0 * round_off * length(&seen.values) * ((blocks * m) as f64).sqrt();
            let ratio = seen.floor / known;
            assert!((ratio - 1.0).abs() < 1e-12, "{order} {blocks}: {ratio}");
        }
    }
    // Over a block 4 is the last.
    let local = |order| Tracking::measured(GradientDescent, GradientFlow).local(order);
    let rung = Rung { step_size: 1e-2, blocks: 1 };
    let floor = |order| leg(&local(order), &problem).observe(&rung, None).unwrap().floor;
    assert!(floor(4) > 1e-17 && floor(5) < 1e-28, "{} {}", floor(4), floor(5));
}

/// A foreign term comes with the first power of ε that the claimed order excludes from the field.
#[test]
fn a_foreign_term_is_a_share_of_the_field_at_the_first_power_excluded() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let rate = Pace::of(&problem).unwrap().rate;
    let speed = {
        let mut a = Numeric::new(problem.float());
        let g = a.gradient(Batch::Full, &problem.start().as_slice().to_vec());
        g.iter().map(|x| x * x).sum::<f64>().sqrt()
    };
    let share = Ratio::new(1, 1000);
    for (order, global) in [(2, false), (3, false), (1, true), (2, true), (3, true)] {
        let tracking = Tracking::measured(GradientDescent, GradientFlow);
        let tracking = if global { tracking.global(order) } else { tracking.local(order) };
        let leg = leg(&tracking, &problem);
        assert!(leg.takes_foreign_term());
        let excluded = order - 1 - u32::from(!global);
        for eps in [1e-3, 1e-4] {
            let rung = Rung { step_size: eps, blocks: 1 };
            let stated = Variant::stated(leg.terms());
            let mut spoilt = stated.clone();
            spoilt.foreign = share;
            let plain: Vec<f64> =
                leg.predict(&rung, &stated).unwrap().iter().map(|x| x.leading()).collect();
            let moved = gap(&leg.predict(&rung, &spoilt).unwrap(), &plain);
            let known = 1e-3 * (eps * rate).powi(excluded as i32) * eps * speed;
            let ratio = moved / known;
            assert!((0.8..1.25).contains(&ratio), "{order} {global} {eps}: {ratio}");
        }
    }
}

/// w′ = −Hw over a time, with the clock's factor on it.
#[test]
fn predictions_run_for_the_time_of_all_steps_by_the_claimed_clock() {
    let hessians = vec![DMatrix::from_element(1, 1, 0.5), DMatrix::from_element(1, 1, 1.5)];
    let loss = Quadratic::new(hessians, vec![DVector::zeros(1), DVector::zeros(1)]).unwrap();
    let problem = Problem::new("two springs", loss, DVector::from_vec(vec![3.0]));
    let tracking = Tracking::measured(GradientDescent, GradientFlow)
        .local(2)
        .global(1)
        .sampled(FixedOrder::ascending);
    for (leg, kind) in legs(&tracking, &problem).iter().zip([LegKind::Epoch, LegKind::Global]) {
        assert_eq!(leg.kind(), kind);
        for (step_size, blocks) in [(0.1, 1), (0.05, 7)] {
            for (n, d) in [(1, 1), (101, 100), (1, 2)] {
                let clock = Ratio::new(n, d);
                let claim = Variant::stated(leg.terms()).at_pace(clock);
                let end = leg.predict(&Rung { step_size, blocks }, &claim).unwrap();
                let time = step_size * (2 * blocks) as f64 * n as f64 / d as f64;
                assert!((end[0].leading() - 3.0 * (-time).exp()).abs() < 1e-12);
            }
        }
        let sure = leg.agreement(&Rung { step_size: 0.1, blocks: 4 }, &leg.terms()).unwrap();
        assert!(sure.disagreement < 1e-13 && sure.lacking.is_none(), "{sure:?}");
    }
}

/// Orders that are drawn and not enumerated are evidence that lacks a standard error.
#[test]
fn a_mean_over_random_pairs_is_said_to_be_one() {
    let lacking = |m| {
        let problem = preset("logistic", Some(m), None, 1).unwrap();
        let tracking = Tracking::measured(GradientDescent, BatchPenalty::default())
            .local(3)
            .sampled(|_| RandomReshuffling);
        let leg = leg(&tracking, &problem);
        leg.agreement(&leg.rungs()[7], &leg.terms()).unwrap().lacking
    };
    assert_eq!(lacking(4), None);
    let said = lacking(9).unwrap();
    assert!(said.contains("64 random orders with their reverses"), "{said}");
}

fn closed_descent(pace: f64) -> AnyOptimizer {
    AnyOptimizer::closure(move |a, eps, batch, s| {
        let g = a.gradient(batch, &s.w);
        s.w.iter_mut().zip(g).for_each(|(w, g)| *w -= pace * eps * g);
    })
}

/// −g − 2cε⟨H_k g_k⟩.
fn closed_penalty(coefficient: (i64, i64)) -> AnyFlow {
    let term = Term::new("batch penalty", coefficient.0, coefficient.1, 1);
    AnyFlow::closure(vec![term], |a, c, _, w| {
        let m = a.batches();
        let mut field = a.gradient(Batch::Full, w);
        for k in 0..m {
            let g = a.gradient(Batch::One(k), w);
            let bend = a.hessian_vector(Batch::One(k), w, &g);
            field.iter_mut().zip(bend).for_each(|(f, b)| *f += 2.0 * c[0] * b / m as f64);
        }
        field.iter().map(|f| -f).collect()
    })
}

/// What is known in f64 only is run as it would be otherwise, and its verdict says what it lacks.
#[test]
fn what_is_known_in_f64_only_is_measured_like_the_same_in_all_scalars() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let shuffled = |optimizer: AnyOptimizer, flow: AnyFlow| {
        Tracking::measured(optimizer, flow)
            .local(3)
            .global(2)
            .sampled(|_| RandomReshuffling)
            .twin_optimizer("run slower", closed_descent(0.99))
    };
    let everywhere = shuffled(GradientDescent.into(), BatchPenalty::default().into());
    let closed = shuffled(closed_descent(1.0), closed_penalty((1, 4)));
    let plain = |values: Vec<DoubleDouble>| {
        DVector::from_iterator(values.len(), values.iter().map(|x| x.leading()))
    };
    let legs = |tracking: &Tracking| {
        Theorem::new("one").stating(tracking.clone()).legs(&problem, &Settings::default()).unwrap()
    };
    for (one, other) in legs(&everywhere).iter().zip(legs(&closed)) {
        for rung in one.rungs().iter().step_by(3) {
            let seen = |leg: &dyn Leg| plain(leg.observe(rung, None).unwrap().values);
            let said =
                |leg: &dyn Leg| plain(leg.predict(rung, &Variant::stated(leg.terms())).unwrap());
            assert!((seen(one.as_ref()) - seen(other.as_ref())).norm() < 1e-14);
            assert!((said(one.as_ref()) - said(other.as_ref())).norm() < 1e-13);
        }
    }
    let checked = |tracking: Tracking| {
        check(&Theorem::new("one").stating(tracking), &problem, &Settings::default()).unwrap()
    };
    let outcome = checked(closed);
    outcome.assert_confirmed();
    let reason = outcome.reason.unwrap();
    assert!(reason.starts_with("the method and the flow are computed in f64 only: "), "{reason}");
    let one = |tracking| checked(tracking).reason.unwrap();
    let method = shuffled(closed_descent(1.0), BatchPenalty::default().into());
    assert!(one(method).starts_with("the method is computed in f64 only: "));
    let flow = shuffled(GradientDescent.into(), closed_penalty((1, 4)));
    assert!(one(flow).starts_with("the flow is computed in f64 only: "));
    for wrong in [
        shuffled(closed_descent(1.0), closed_penalty((1, 3))),
        shuffled(closed_descent(1.01), closed_penalty((1, 4))),
    ] {
        assert_eq!(checked(wrong).verdict, Verdict::Refuted);
    }
}

/// A flow that depends on the number of minibatches needs no series where the claim has none.
#[test]
fn a_measured_flow_may_depend_on_the_number_of_minibatches() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let exact = Tracking::new(GradientDescent, BatchPenalty::default());
    for tracking in [exact, Tracking::measured(closed_descent(1.0), closed_penalty((1, 3)))] {
        let tracking = tracking
            .measured_flow_for(|m| closed_penalty((1, if m == 3 { 4 } else { 3 })))
            .local(3)
            .sampled(|_| RandomReshuffling);
        let outcome =
            check(&Theorem::new("one").stating(tracking), &problem, &Settings::default()).unwrap();
        outcome.assert_confirmed();
        assert_eq!(outcome.proof.status, shadowflow::series::ProofStatus::NotApplicable);
    }
}

/// An order that needs more digits than f64 has is not refuted for want of them.
#[test]
fn high_orders_are_measured_in_f64_where_nothing_more_is_known() {
    let problem = preset("tiny-net", None, None, 1).unwrap();
    let flow = || shadowflow::flow::four_terms();
    let only = AnyFlow::float_only(flow());
    for tracking in [
        Tracking::measured(closed_descent(1.0), flow()),
        Tracking::measured(GradientDescent, only),
        Tracking::measured(GradientDescent, flow())
            .twin_optimizer("run slower", closed_descent(0.99)),
    ] {
        let theorem = Theorem::new("four terms").stating(tracking.local(5).global(4));
        let outcome = check(&theorem, &problem, &Settings::default()).unwrap();
        assert_ne!(outcome.verdict, Verdict::Refuted, "{:?}", outcome.reason);
        assert!(outcome.legs.iter().all(|leg| !leg.ladder.is_empty()));
    }
    let wide = Theorem::new("four terms")
        .stating(Tracking::measured(GradientDescent, flow()).local(5).global(4));
    check(&wide, &problem, &Settings::default()).unwrap().assert_confirmed();
}

/// On a large loss the reference is checked by extrapolation or, if that is asked for, by Taylor's method: two
/// integrators that share nothing, and agree.
#[test]
fn a_reference_is_checked_by_taylor_where_that_is_asked_for() {
    let problem = preset("mlp", None, None, 1).unwrap();
    assert!(problem.dim() > 16);
    let tracking = Tracking::new(GradientDescent, GradientFlow).global(1);
    let gap = |taylor| {
        let settings = Settings { taylor, ..Settings::default() };
        let leg = tracking.legs(&problem, &settings).unwrap().remove(0);
        leg.agreement(&leg.rungs()[0], &leg.terms()).unwrap().disagreement
    };
    let (by_extrapolation, by_taylor) = (gap(false), gap(true));
    assert!(by_extrapolation < 1e-12 && by_taylor < 1e-12, "{by_extrapolation:e} {by_taylor:e}");
    assert_ne!(by_extrapolation.to_bits(), by_taylor.to_bits());
}
