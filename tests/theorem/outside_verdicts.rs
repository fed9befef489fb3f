//! Claims of outside authors, false ones that must not pass and true ones that must not be refused:
//! verdicts about what a claim leaves out, claims too little of, or cannot show.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

use nalgebra::DVector;
use shadowflow::flow::{BatchPenalty, GradientFlow, GradientPenalty, MomentumPenalty};
use shadowflow::leg::{LegKind, Sabotage};
use shadowflow::optimizer::{GradientDescent, Momentum, RungeKutta};
use shadowflow::prelude::*;
use shadowflow::theorem::Outcome;

fn on(theorem: &Theorem, loss: &str) -> Outcome {
    check(theorem, &preset(loss, None, None, 1).unwrap(), &Settings::default()).unwrap()
}

fn reason(outcome: &Outcome) -> &str {
    outcome.reason.as_deref().unwrap_or("none")
}

/// −g − (ε/2) H g − c k ε^power J v: what descent follows, and a term that is not declared, turned out of
/// the direction of the declared one (J a quarter turn, v = H g, or g without the declared term).
#[derive(Clone, Copy)]
struct Planted {
    k: f64,
    power: i32,
    declared: bool,
}

impl<S: Scalar> Flow<Numeric<S>> for Planted {
    fn terms(&self) -> Vec<Term> {
        // The step size reaches the field through the coefficients only.
        if self.declared { vec![Term::new("gradient penalty", 1, 4, 1)] } else { Vec::new() }
    }

    fn field(&self, a: &mut Numeric<S>, c: &[S], _t: &S, w: &Vec<S>) -> Vec<S> {
        let mut field = a.gradient(Batch::Full, w);
        let turned =
            |v: &[S]| -> Vec<S> { v.chunks(2).flat_map(|pair| [-pair[1], pair[0]]).collect() };
        if self.declared {
            let bend = a.hessian_vector(Batch::Full, w, &field);
            let eps = c[0].scale(4.0);
            a.axpy(&eps.scale(0.5), &bend, &mut field);
            let weight = (0..self.power).fold(S::from_f64(self.k), |x, _| x * eps);
            a.axpy(&weight, &turned(&bend), &mut field);
        } else {
            let plain = field.clone();
            a.axpy(&S::from_f64(self.k), &plain, &mut field);
        }
        a.scale(&S::from_f64(-1.0), &mut field);
        field
    }
}

fn planted(k: f64) -> Theorem {
    let flow = Planted { k, power: 1, declared: true };
    Theorem::new("planted").stating(Tracking::measured(GradientDescent, flow).local(3).global(2))
}

/// Heun's method against −(1 + k) g, which names no coefficient at all.
fn bare(k: f64) -> Theorem {
    let flow = Planted { k, power: 0, declared: false };
    let tracking = Tracking::measured(RungeKutta::heun(), flow).local(3).global(2);
    Theorem::new("bare").stating(tracking)
}

#[test]
fn a_term_that_is_not_declared_is_refuted_where_the_printed_limit_says_so() {
    for (claim, name) in [(planted as fn(f64) -> Theorem, "planted"), (bare, "bare")] {
        for loss in ["factorisation", "quadratic"] {
            let clean = on(&claim(0.0), loss);
            clean.assert_confirmed();
            let limit = clean.detection_limit;
            assert!(limit > 0.0 && limit < 1e-6, "{name} on {loss}: {limit:e}");
            // The declared effect is ½ H g, the turned one k H g; the bare one k g beside g.
            let unit = if name == "planted" { 0.5 } else { 1.0 };
            on(&claim(0.5 * unit * limit), loss).assert_confirmed();
            let found = on(&claim(2.0 * unit * limit), loss);
            assert_ne!(found.verdict, Verdict::Confirmed, "{name} on {loss}: {limit:e}");
            for k in [1e-6, 1e-5, 1e-3] {
                let found = on(&claim(k), loss);
                assert_eq!(found.verdict, Verdict::Refuted, "{name} {k:e}: {}", reason(&found));
            }
        }
    }
}

#[test]
fn a_term_that_is_not_declared_is_refuted_at_every_power_below_the_order() {
    // At ε⁰ beside declared terms, and at a power above the claimed order, where it is no matter.
    let at = |power, k| {
        let flow = Planted { k, power, declared: true };
        let tracking = Tracking::measured(GradientDescent, flow).local(3).global(2);
        on(&Theorem::new("planted").stating(tracking), "factorisation")
    };
    assert_eq!(at(0, 1e-7).verdict, Verdict::Refuted);
    assert_eq!(at(1, 1e-6).verdict, Verdict::Refuted);
    at(2, 1.0).assert_confirmed();
}

#[test]
fn a_foreign_term_is_a_control_of_every_tracked_flow() {
    for id in ["gradient-flow", "random-reshuffling", "heavy-ball", "rk4", "adam"] {
        let catalogue = Catalogue::standard();
        let outcome = on(catalogue.theorem(id).unwrap(), "factorisation");
        let foreign = outcome.controls.iter().find(|c| c.name == "foreign term of 1 %").unwrap();
        assert_eq!(foreign.verdict, Verdict::Refuted, "{id}");
        let problem = preset("factorisation", None, None, 1).unwrap();
        let sabotage = Some(Sabotage::Foreign(Ratio::new(1, 1000)));
        let settings = Settings { sabotage, ..Settings::default() };
        let found = check(catalogue.theorem(id).unwrap(), &problem, &settings).unwrap();
        assert_eq!(found.verdict, Verdict::Refuted, "{id}: {}", reason(&found));
    }
}

#[test]
fn a_leg_that_cannot_be_measured_makes_a_verdict_partial() {
    let claim = |global| {
        let tracking = Tracking::new(GradientDescent, GradientPenalty::default())
            .local(3)
            .sampled(|m| IndependentDraws { steps: m });
        Theorem::new("independent draws").stating(match global {
            Some(order) => tracking.global(order),
            None => tracking,
        })
    };
    for order in [2, 7] {
        for loss in ["mlp", "factorisation"] {
            let outcome = on(&claim(Some(order)), loss);
            assert_eq!(outcome.verdict, Verdict::Partial, "{loss}: {}", reason(&outcome));
            assert_eq!(outcome.missing[0].leg, Some(LegKind::Global));
            assert!(reason(&outcome).contains("covariance"), "{}", reason(&outcome));
            let shown = std::panic::catch_unwind(|| outcome.assert_confirmed());
            assert!(shown.is_err(), "a partial verdict is no confirmation");
        }
    }
    // Without that leg the claim is whole; on quadratics the leg can be measured, and 7 is refuted.
    on(&claim(None), "mlp").assert_confirmed();
    on(&claim(Some(2)), "quadratic").assert_confirmed();
    assert_eq!(on(&claim(Some(7)), "quadratic").verdict, Verdict::Refuted);
    // The catalogue's own theorem says on which losses it makes the statement.
    let catalogue = Catalogue::standard();
    let own = on(catalogue.theorem("with-replacement").unwrap(), "mlp");
    own.assert_confirmed();
    assert!(own.missing.is_empty() && reason(&own).contains("in part"), "{}", reason(&own));
}

/// A whole statement that does not apply leaves a verdict partial too, unless it is only made where it
/// can be measured.
#[test]
fn a_statement_that_does_not_apply_makes_a_verdict_partial() {
    let tracking = || Tracking::new(GradientDescent, GradientPenalty::default()).local(3).global(2);
    let dealt = || {
        Tracking::new(GradientDescent, GradientPenalty::default())
            .local(3)
            .sampled(|_| Repartition { batch_size: 1 })
            .where_components(|n| Err(format!("nothing is dealt from {n}")))
    };
    let both = Theorem::new("both").stating(tracking()).stating(dealt());
    assert_eq!(on(&both, "factorisation").verdict, Verdict::Partial);
    let either = Theorem::new("either").stating(tracking()).stating_where_measurable(dealt());
    on(&either, "factorisation").assert_confirmed();
}

#[test]
fn a_claim_sharper_than_it_says_is_confirmed_and_says_so() {
    let claims = [
        ("Heun", Theorem::tracks("heun", RungeKutta::heun(), GradientFlow, 2, 1)),
        ("penalty", Theorem::tracks("p", GradientDescent, GradientPenalty::default(), 2, 1)),
    ];
    for (name, claim) in claims {
        for loss in ["factorisation", "mlp"] {
            let outcome = on(&claim, loss);
            outcome.assert_confirmed();
            let sharper: Vec<_> = outcome.sharper().iter().map(|s| (s.leg, s.order)).collect();
            assert_eq!(sharper, [(LegKind::Step, 3.0), (LegKind::Global, 2.0)], "{name}");
            assert!(outcome.coefficients.iter().all(|c| c.estimate.is_some()), "{name}");
            // A twin is never saved by it: not as a control, not in the claim's place.
            assert!(outcome.controls.iter().all(|c| c.verdict == Verdict::Refuted), "{name}");
            for control in &outcome.controls {
                let catalogue_control = claim
                    .controls_among(
                        &claim
                            .legs(&preset(loss, None, None, 1).unwrap(), &Settings::default())
                            .unwrap(),
                    )
                    .into_iter()
                    .find(|sabotage| sabotage.name() == control.name);
                let settings =
                    Settings { sabotage: catalogue_control, prove: false, ..Settings::default() };
                let problem = preset(loss, None, None, 1).unwrap();
                let twin = check(&claim, &problem, &settings).unwrap();
                assert_eq!(
                    twin.verdict,
                    Verdict::Refuted,
                    "{name}, {}: {}",
                    control.name,
                    reason(&twin)
                );
            }
        }
    }
    let exact = on(&Theorem::tracks("heun", RungeKutta::heun(), GradientFlow, 3, 2), "mlp");
    assert!(exact.sharper().is_empty());
    // Too much claimed stays refuted.
    let bold = on(&Theorem::tracks("heun", RungeKutta::heun(), GradientFlow, 4, 3), "mlp");
    assert_eq!(bold.verdict, Verdict::Refuted);
}

/// −g − ε H g/2 written with terms of the given kinds: their coefficients add up to the right field.
#[derive(Clone, Copy)]
enum Listing {
    /// ε H g, ε T[g, g] and ε H² g, the last two with the coefficient 0.
    ThreeEffects,
    /// The penalty, and a term that the field does not use.
    Unused,
    /// The penalty as two equal halves, and a rotated direction.
    Halves,
}

impl<A: Arithmetic> Flow<A> for Listing {
    fn terms(&self) -> Vec<Term> {
        let penalty = Term::new("penalty", 1, 2, 1);
        match self {
            Listing::ThreeEffects => {
                vec![penalty, Term::new("curl", 0, 1, 1), Term::new("turn", 0, 1, 1)]
            }
            Listing::Unused => vec![penalty, Term::new("nothing", 1, 1, 1)],
            Listing::Halves => vec![
                Term::new("first half", 1, 4, 1),
                Term::new("second half", 1, 4, 1),
                Term::new("other", 0, 1, 1),
            ],
        }
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &g);
        let twice = a.hessian_vector(Batch::Full, w, &bend);
        let curl = a.third_derivative(Batch::Full, w, &g, &g);
        let mut field = g;
        a.axpy(&c[0], &bend, &mut field);
        match self {
            Listing::ThreeEffects => {
                a.axpy(&c[1], &twice, &mut field);
                a.axpy(&c[2], &curl, &mut field);
            }
            Listing::Unused => {}
            Listing::Halves => {
                a.axpy(&c[1], &bend, &mut field);
                a.axpy(&c[2], &twice, &mut field);
            }
        }
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

#[test]
fn effects_that_cannot_be_told_apart_are_named_and_the_others_kept() {
    let claim = |listing| Theorem::tracks("listed", GradientDescent, listing, 3, 2);
    let hidden = |outcome: &Outcome, term: &str| {
        let found = outcome.coefficients.iter().find(|c| c.term == term).unwrap();
        found.hidden.clone().unwrap_or_default()
    };
    let value = |outcome: &Outcome, term: &str| {
        let found = outcome.coefficients.iter().find(|c| c.term == term).unwrap();
        found.estimate.map_or(f64::NAN, |e| e.value)
    };
    let three = on(&claim(Listing::ThreeEffects), "factorisation");
    assert_eq!(three.verdict, Verdict::Inconclusive);
    assert!(reason(&three).contains("three effects cannot be told apart in two parameters"));
    assert!(reason(&three).contains("curl") && reason(&three).contains("turn"));
    // In more parameters they can.
    on(&claim(Listing::ThreeEffects), "tiny-net").assert_confirmed();

    let unused = on(&claim(Listing::Unused), "tiny-net");
    assert_eq!(unused.verdict, Verdict::Inconclusive);
    assert!(hidden(&unused, "nothing").contains("no effect"), "{}", reason(&unused));
    assert!((value(&unused, "penalty") - 0.5).abs() < 1e-6);

    let halves = on(&claim(Listing::Halves), "tiny-net");
    assert_eq!(halves.verdict, Verdict::Inconclusive);
    assert!(hidden(&halves, "first half").contains("the same effect as the second half"));
    assert!(value(&halves, "other").abs() < 1e-5, "{}", value(&halves, "other"));
}

/// Two terms of one name: what would be said of one would be said of both.
struct Namesakes;

impl<A: Arithmetic> Flow<A> for Namesakes {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("penalty", 1, 4, 1), Term::new("penalty", 0, 1, 1)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        GradientPenalty::default().field(a, c, t, w)
    }
}

#[test]
fn terms_of_one_name_are_refused() {
    let outcome = on(&Theorem::tracks("twice", GradientDescent, Namesakes, 3, 2), "tiny-net");
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(reason(&outcome).contains("called 'penalty'"), "{}", reason(&outcome));
}

/// A loss without curvature: descent and its flow are the same.
struct Slope;

impl Loss for Slope {
    fn dim(&self) -> usize {
        2
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        w[0].scale(0.5) + w[1].scale(0.25)
    }
}

#[test]
fn equal_sides_are_said_to_be_equal() {
    let problem = Problem::new("slope", Slope, DVector::from_vec(vec![1.0, 2.0]));
    let claim = Theorem::tracks("flow", GradientDescent, GradientFlow, 2, 1);
    let outcome = check(&claim, &problem, &Settings::default()).unwrap();
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(reason(&outcome).contains("the two sides are equal"), "{}", reason(&outcome));
}

#[test]
fn a_twin_that_is_the_claim_is_left_out() {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("random-reshuffling").unwrap();
    for (batches, left) in [(1, true), (2, false)] {
        let problem = preset("factorisation", Some(batches), None, 1).unwrap();
        let outcome = check(theorem, &problem, &Settings::default()).unwrap();
        let names: Vec<&str> = outcome.left_out.iter().map(|out| out.name.as_str()).collect();
        assert_eq!(names.contains(&"sample with replacement"), left, "{batches}: {names:?}");
        let tried = outcome.controls.iter().any(|c| c.name == "sample with replacement");
        assert_eq!(tried, !left, "{batches}");
        outcome.assert_confirmed();
        let sabotage = Some(Sabotage::Twin("sample with replacement".to_owned()));
        let settings = Settings { sabotage, prove: false, ..Settings::default() };
        let twin = check(theorem, &problem, &settings).unwrap();
        let expected = if left { Verdict::Inconclusive } else { Verdict::Refuted };
        assert_eq!(twin.verdict, expected, "{batches}: {}", reason(&twin));
    }
}

#[test]
fn a_twin_beyond_the_path_limit_is_left_out_with_a_word() {
    let claim = Theorem::new("fixed time").stating(
        Tracking::new(GradientDescent, BatchPenalty::default())
            .global(2)
            .sampled(|_| RandomReshuffling)
            .twin_sampling("sample with replacement", |m| IndependentDraws { steps: m }),
    );
    let problem = preset("mlp", Some(5), None, 1).unwrap();
    let outcome = check(&claim, &problem, &Settings::default()).unwrap();
    assert_eq!(outcome.left_out.len(), 1, "{:?}", outcome.controls);
    assert!(outcome.left_out[0].reason.contains("paths"), "{}", outcome.left_out[0].reason);
    assert!(outcome.controls.iter().all(|c| c.name != "sample with replacement"));
}

#[test]
fn hyperparameters_of_many_digits_are_exact_or_refused() {
    let claim = |beta: Ratio| {
        let flow = MomentumPenalty { beta, ahead: false, from_rest: false };
        Theorem::tracks("ball", Momentum::heavy_ball(beta).unwrap().settled(), flow, 3, 2)
    };
    for beta in [Ratio::new(70_710_678, 100_000_000), Ratio::new(1_234_567, 9_999_991)] {
        let outcome = on(&claim(beta), "factorisation");
        outcome.assert_confirmed();
    }
    // (1 − β)² has 38 digits: times 1.01 it leaves 128 bits, and that control is not tried.
    let fine = Ratio::new(7_071_067_811_865_475_244, 9_223_372_036_854_775_807);
    let outcome = on(&claim(fine), "factorisation");
    outcome.assert_confirmed();
    assert!(outcome.left_out.iter().any(|out| out.name == "gradient penalty ×1.01"));
    // With 31 digits in β the claim itself cannot be written, and is refused instead of being wrong.
    let finer = Ratio::wide(7_071_067_811_865_475_244_008_443_621_049, 10_i128.pow(31) + 3);
    let outcome = on(&claim(finer), "factorisation");
    assert_eq!(outcome.verdict, Verdict::Inconclusive, "{}", reason(&outcome));
    assert!(reason(&outcome).contains("undefined"), "{}", reason(&outcome));
}

/// What an outside author's code may do wrong at any time.
#[derive(Clone, Copy)]
struct Panicking {
    at: &'static str,
}

impl<A: Arithmetic> Optimizer<A> for Panicking {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        assert!(self.at != "step", "no step today");
        let g = a.gradient(batch, &s.w);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

impl<A: Arithmetic> Flow<A> for Panicking {
    fn terms(&self) -> Vec<Term> {
        assert!(self.at != "terms", "no terms today");
        vec![Term::new("gradient penalty", 1, 4, 1)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        assert!(self.at != "field", "no field today");
        GradientPenalty::default().field(a, c, t, w)
    }
}

struct PanickingLoss;

impl Loss for PanickingLoss {
    fn dim(&self) -> usize {
        2
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        let beyond = w[0].leading() < 0.9;
        assert!(!beyond, "no loss below 0.9");
        (w[0] * w[1]).square() + w[0].square()
    }
}

#[test]
fn a_panic_is_the_verdict_of_its_cell() {
    for at in ["step", "terms", "field"] {
        let part = Panicking { at };
        let outcome = on(&Theorem::tracks("panics", part, part, 3, 2), "factorisation");
        assert_eq!(outcome.verdict, Verdict::Inconclusive, "{at}");
        assert!(reason(&outcome).contains(&format!("no {} today", at)), "{}", reason(&outcome));
    }
    let theorem = Theorem::tracks("flow", GradientDescent, GradientFlow, 2, 1);
    let problem = Problem::new("panics", PanickingLoss, DVector::from_vec(vec![1.0, 1.0]));
    let outcome = check(&theorem, &problem, &Settings::default()).unwrap();
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(reason(&outcome).contains("no loss below 0.9"), "{}", reason(&outcome));
    // A flow that is made for other numbers of minibatches than the loss has.
    let fussy = Tracking::new(GradientDescent, BatchPenalty::default())
        .flow_for(|m| {
            assert!(m == 3, "made for 3 minibatches, not for {m}");
            BatchPenalty::default()
        })
        .local(3)
        .global(2)
        .sampled(|_| RandomReshuffling);
    let outcome = on(&Theorem::new("fussy").stating(fussy), "factorisation");
    assert!(reason(&outcome).contains("made for 3 minibatches"), "{}", reason(&outcome));
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    // Nothing of it reaches the next check.
    on(&theorem, "factorisation").assert_confirmed();
}

/// 1/(1 − β) at β = 1 is no coefficient, and no panic.
struct Undamped;

impl<A: Arithmetic> Flow<A> for Undamped {
    fn terms(&self) -> Vec<Term> {
        let rest = Ratio::new(1, 1) - Ratio::new(1, 1);
        vec![Term { name: "speed".into(), coefficient: rest.recip(), power: 0 }]
    }
    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        a.scale(&-c[0].clone(), &mut field);
        field
    }
}

#[test]
fn a_division_by_zero_in_a_claim_is_named() {
    let outcome =
        on(&Theorem::tracks("undamped", GradientDescent, Undamped, 2, 1), "factorisation");
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(reason(&outcome).contains("speed is undefined"), "{}", reason(&outcome));
}

/// A method, or a field, that counts its calls: true for so many, and false from then on.
fn counting(after: usize, factor: f64) -> impl Fn() -> f64 {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    move || {
        let call = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if call >= after { factor } else { 1.0 }
    }
}

/// What keeps a state of its own is neither confirmed nor refuted, however little the state changes; one that
/// never changes while it is looked at is the method that it shows.
#[test]
fn a_method_or_a_flow_with_a_state_of_its_own_is_no_claim() {
    let descent = |after, factor| {
        let factor = counting(after, factor);
        AnyOptimizer::closure(move |a, eps, batch, s| {
            let eps = factor() * eps;
            let g = a.gradient(batch, &s.w);
            s.w.iter_mut().zip(g).for_each(|(w, g)| *w -= eps * g);
        })
    };
    let penalty = |after, factor| {
        let factor = counting(after, factor);
        AnyFlow::closure(vec![Term::new("gradient penalty", 1, 4, 1)], move |a, c, _, w| {
            let g = a.gradient(Batch::Full, w);
            let bend = a.hessian_vector(Batch::Full, w, &g);
            let scale = -factor();
            g.iter().zip(bend).map(|(g, b)| scale * (g + 2.0 * c[0] * b)).collect()
        })
    };
    let never = usize::MAX;
    let found = |optimizer: AnyOptimizer, flow: AnyFlow| {
        on(
            &Theorem::new("own").stating(Tracking::measured(optimizer, flow).local(3).global(2)),
            "factorisation",
        )
    };
    found(descent(never, 1.0), penalty(never, 1.0)).assert_confirmed();
    for factor in [1.5, 1.0 + 1e-13] {
        for (optimizer, flow, part) in [
            (descent(20, factor), penalty(never, 1.0), "method"),
            (descent(500, factor), penalty(never, 1.0), "method"),
            (descent(never, 1.0), penalty(40, factor), "flow"),
        ] {
            let outcome = found(optimizer, flow);
            assert_eq!(outcome.verdict, Verdict::Inconclusive, "{factor} {part}");
            let why = format!("the {part} gave two answers");
            assert!(reason(&outcome).contains(&why), "{factor} {part}: {}", reason(&outcome));
        }
    }
    // A state that has changed before anybody looked is a method like any other, and this one is wrong.
    assert_eq!(found(descent(0, 1.5), penalty(never, 1.0)).verdict, Verdict::Refuted);
}
