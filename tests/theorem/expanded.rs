//! Every flow that is claimed for a method is the one that its step has, to 20 digits.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shadowflow::expansion::{Expander, Refusal};
use shadowflow::flow::Term;
use shadowflow::method::Methods;
use shadowflow::optimizer::GradientDescent;
use shadowflow::prelude::*;
use shadowflow::scalar::{DoubleDouble, Scalar};

/// The start of a problem, and four points about it.
fn points(problem: &Problem) -> Vec<Vec<DoubleDouble>> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    (0..5)
        .map(|n| {
            let off = |random: &mut ChaCha8Rng| {
                if n == 0 { 0.0 } else { random.random_range(-0.25..0.25) }
            };
            let near = |&x: &f64| DoubleDouble::from_f64(x + off(&mut random));
            problem.start().iter().map(near).collect()
        })
        .collect()
}

/// The terms with one of them changed, each way.
fn sabotaged(terms: &[Term]) -> Vec<Vec<Term>> {
    let mut all = Vec::new();
    for at in 0..terms.len() {
        for (n, d) in [(0, 1), (-1, 1), (101, 100)] {
            let mut changed = terms.to_vec();
            changed[at].coefficient = changed[at].coefficient * Ratio::new(n, d);
            all.push(changed);
        }
    }
    all
}

#[test]
fn what_is_claimed_for_a_method_is_what_its_step_has() {
    let methods = Methods::standard();
    let mut expanded = Vec::new();
    for method in methods.iter().filter(|method| method.has_claim() && starts_at_w(method)) {
        for settings in
            [&[][..], &["inside=false"], &["beta=9/10"], &["beta2=99/100"], &["rho=-1/3"]]
        {
            let Ok(values) = method.values(settings) else { continue };
            for name in ["factorisation", "tiny-net", "logistic"] {
                let problem = preset(name, None, None, 1).unwrap();
                let m = problem.batches();
                let made = method.made(&values, Some(m)).unwrap();
                let claimed = method.claimed(&values).unwrap().unwrap();
                let flow = (claimed.numbers)(m);
                let terms = flow.float().terms();
                let powers = claimed.global as usize;
                let sampling = (method.fed(&values))(m);
                let expander = Expander::new(&made.optimizer, sampling, &problem).unwrap();
                let mut told = vec![0.0_f64; sabotaged(&terms).len()];
                for point in points(&problem) {
                    let stated = expander.compare(&flow, &terms, &point, powers).unwrap();
                    let who = format!("{} {settings:?} on {name}", method.name());
                    assert!(stated.worst() <= 1e-20, "{who}: {stated:?}");
                    for (terms, told) in sabotaged(&terms).iter().zip(&mut told) {
                        let twin = expander.compare(&flow, terms, &point, powers).unwrap();
                        *told = told.max(twin.worst());
                    }
                }
                // A term of coefficient 0 changes nothing; every other twin is off by a per cent of it.
                let changes = |at: usize| !terms[at / 3].coefficient.is_zero();
                for (at, told) in told.iter().enumerate() {
                    let who = format!("{} {settings:?} on {name}, twin {at}", method.name());
                    assert_eq!(*told > 1e-6, changes(at), "{who}: {told}");
                }
            }
        }
        expanded.push(method.name());
    }
    for name in [
        "gradient-descent",
        "heavy-ball",
        "sam",
        "adam",
        "rmsprop",
        "random-reshuffling",
        "flip-flop",
    ] {
        assert!(expanded.contains(&name), "{name} is not among {expanded:?}");
    }
}

/// The methods whose memory starts at zero, so that the flow starts elsewhere: no expansion of a field says that.
const FROM_ZERO: [&str; 2] = ["ema-momentum", "quasi-hyperbolic-momentum"];

fn starts_at_w(method: &Method) -> bool {
    !FROM_ZERO.contains(&method.name())
}

#[test]
fn what_starts_elsewhere_is_claimed_and_measured() {
    let methods = Methods::standard();
    let mut checked = 0;
    for method in methods.iter().filter(|method| !starts_at_w(method)) {
        for given in
            [&[][..], &["beta=2/3"], &["nu=1/3"], &["decay=1/4"], &["beta=1/4", "decay=1/3"]]
        {
            let Ok(values) = method.values(given) else { continue };
            let theorem = Theorem::of_method("from-zero", method, &values).unwrap().unwrap();
            for loss in ["logistic", "tiny-net"] {
                let problem = preset(loss, None, None, 1).unwrap();
                let outcome = check(&theorem, &problem, &Settings::default()).unwrap();
                let who = format!("{} {given:?} on {loss}", method.name());
                assert_eq!(outcome.verdict, Verdict::Confirmed, "{who}: {:?}", outcome.reason);
                let shifts = outcome.controls.iter().filter(|c| c.name.contains("start shift"));
                assert!(shifts.count() >= 3, "{who}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 18);
}

/// The settings of a method one at a time, each at a value that is not its default.
fn one_at_a_time(method: &Method) -> Vec<String> {
    let other = |setting: &Setting| {
        let default = setting.default();
        let values = ["1/3", "2/3", "4", "2", "true", "false"].into_iter();
        let given = values.filter(|value| default.as_deref() != Some(*value));
        let mut given = given.map(|value| format!("{}={value}", setting.name()));
        given.find(|given| method.values(&[given]).is_ok_and(|v| method.made(&v, None).is_ok()))
    };
    method.settings().iter().filter_map(other).collect()
}

#[test]
fn what_is_claimed_holds_away_from_the_defaults_of_every_setting() {
    // At ½ a rate and what it leaves of 1 are one number, and so are 2 and 2².
    let mut compared = Vec::new();
    for method in
        Methods::standard().iter().filter(|method| method.has_claim() && starts_at_w(method))
    {
        for given in one_at_a_time(method) {
            let values = method.values(&[&given]).unwrap();
            // Of some settings no claim speaks.
            let Ok(Some(claimed)) = method.claimed(&values) else { continue };
            for loss in ["factorisation", "logistic"] {
                let problem = preset(loss, None, None, 1).unwrap();
                let m = problem.batches();
                let made = method.made(&values, Some(m)).unwrap();
                let flow = (claimed.numbers)(m);
                let terms = flow.float().terms();
                let sampling = (method.fed(&values))(m);
                let expander = Expander::new(&made.optimizer, sampling, &problem).unwrap();
                let powers = claimed.global as usize;
                for point in points(&problem) {
                    let stated = expander.compare(&flow, &terms, &point, powers).unwrap();
                    let who = format!("{} with {given} on {loss}", method.name());
                    assert!(stated.worst() <= 1e-20, "{who}: {stated:?}");
                }
            }
            compared.push(format!("{} {given}", method.name()));
        }
    }
    for known in
        ["lookahead share=1/3", "scaffold steps=4", "heavy-ball beta=1/3", "lion beta1=1/3"]
    {
        assert!(compared.iter().any(|name| name == known), "{known} is not among {compared:?}");
    }
    assert!(compared.len() > 40, "{compared:?}");
}

/// A flow of an outside author: −g with a part that depends on time, or that starts elsewhere.
struct Outside {
    drifts: bool,
    moved: bool,
}

impl<A: Arithmetic> Flow<A> for Outside {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("penalty", 1, 4, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut g = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &g);
        let mut weight = c[0].clone() * a.fraction(2, 1);
        if self.drifts {
            weight = weight + c[0].clone() * t.clone();
        }
        a.axpy(&weight, &bend, &mut g);
        a.scale(&a.fraction(-1, 1), &mut g);
        g
    }

    fn start(&self, a: &mut A, c: &[A::Number], mut w: A::Vector) -> A::Vector {
        if self.moved {
            let g = a.gradient(Batch::Full, &w);
            a.axpy(&c[0], &g, &mut w);
        }
        w
    }
}

#[test]
fn time_and_another_start_do_not_slip_through_an_expansion() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let optimizer = GradientDescent.into();
    let expander = Expander::new(&optimizer, std::sync::Arc::new(FullBatch), &problem).unwrap();
    let point = &points(&problem)[1];
    let compare = |drifts, moved| {
        let flow = AnyFlow::from(Outside { drifts, moved });
        expander.compare(&flow, &flow.float().terms(), point, 2)
    };
    assert!(compare(false, false).unwrap().worst() <= 1e-20);
    // At t = 0 the drift is nothing, and it is no flow of one step.
    assert_eq!(compare(true, false).unwrap().first_above(1e-20), Some(1));
    assert_eq!(compare(false, true).unwrap_err(), Refusal::StartsElsewhere);
    let float = AnyFlow::closure(Vec::new(), |a, _, _, w| {
        let mut g = a.gradient(Batch::Full, w);
        g.iter_mut().for_each(|g| *g = -*g);
        g
    });
    assert_eq!(expander.compare(&float, &[], point, 2).unwrap_err(), Refusal::FlowInFloats);
}

/// w ← w − ε s(g), s(g) = g/√(g² + 1/4) coordinate by coordinate, of an author who knows no maps.
struct Signed;

fn sign<S: Scalar>(x: S) -> S {
    x / (x * x + S::from_f64(0.25)).sqrt()
}

impl<A: Pointwise> Optimizer<A> for Signed {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let turned = a.map(&g, sign);
        a.axpy(&-*eps, &turned, &mut s.w);
    }
}

/// w′ = −s(g) − c s′(g) ∘ H s(g): with c = ε/2 the modified flow.
struct SignedFlow(Ratio);

impl<A: Pointwise> Flow<A> for SignedFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term { coefficient: self.0, ..Term::new("lag", 1, 2, 1) }]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let turned = a.map(&g, sign);
        let bend = a.hessian_vector(Batch::Full, w, &turned);
        let quarter = a.fraction(1, 4);
        let bend = a.zip(&g, &bend, |g, b| {
            let root = (g * g + quarter).sqrt();
            quarter * b / (root * root * root)
        });
        let mut field = turned;
        a.axpy(&c[0], &bend, &mut field);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

fn signed(coefficient: Ratio) -> Theorem {
    let claim = Tracking::measured(Signed, SignedFlow(coefficient)).local(3).global(2);
    Theorem::new("signed").stating(claim)
}

fn checked(theorem: &Theorem, loss: &str) -> Outcome {
    check(theorem, &preset(loss, None, None, 1).unwrap(), &Settings::default()).unwrap()
}

#[test]
fn a_claim_without_series_is_expanded() {
    let outcome = checked(&signed(Ratio::new(1, 2)), "logistic");
    outcome.assert_confirmed();
    let found = outcome.expanded.unwrap();
    assert!(found.holds(), "{found:?}");
    assert_eq!((found.powers, found.points, found.losses.len()), (2, 5, 3));
    assert!(found.relative.unwrap() < 1e-20);
    // Omitted, negated, by a hundredth larger, and the clock.
    assert_eq!((found.twins, found.told_apart), (4, 4));
}

#[test]
fn an_expansion_refutes_what_no_measurement_sees() {
    let wrong = signed(Ratio::new(250_000_001, 500_000_000));
    let outcome = checked(&wrong, "logistic");
    assert!(outcome.detection_limit > 4e-9, "a measurement sees it: {}", outcome.detection_limit);
    assert_eq!(outcome.verdict, Verdict::Refuted, "{:?}", outcome.reason);
    let reason = outcome.reason.unwrap();
    assert!(reason.starts_with("expansion: ") && reason.ends_with("on logistic, at ε"), "{reason}");
    // The sabotage of a true claim is refuted by it too.
    let sabotage = Some(shadowflow::leg::Sabotage::Scale("lag".to_owned(), Ratio::new(101, 100)));
    let found = signed(Ratio::new(1, 2)).expanded(sabotage.as_ref(), None).unwrap();
    assert_eq!(found.first_failure.unwrap().power, 1);
}

/// w′ = −g − (ε/2) H g − (ε²/3) H² g: without T[g, g]/12, so true on quadratics only.
struct OnQuadratics;

impl<A: Pointwise> Flow<A> for OnQuadratics {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("first", 1, 2, 1), Term::new("second", 1, 3, 2)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        let twice = a.hessian_vector(Batch::Full, w, &bend);
        a.axpy(&c[0], &bend, &mut field);
        a.axpy(&c[1], &twice, &mut field);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

#[test]
fn a_claim_that_is_meant_for_some_losses_is_not_refuted_by_others() {
    let claim = Tracking::measured(GradientDescent, OnQuadratics).local(4).global(3);
    let theorem = Theorem::new("on-quadratics").stating(claim);
    let outcome = checked(&theorem, "quadratic");
    outcome.assert_confirmed();
    let reason = outcome.reason.clone().unwrap();
    assert!(reason.contains("not expanded: ") && reason.ends_with("at ε²"), "{reason}");
    assert!(!outcome.expanded.unwrap().holds());
    assert_eq!(checked(&theorem, "factorisation").verdict, Verdict::Refuted);
}

/// Descent with a third of the step, and its flow; the third of the step is exact, or rounded to f64.
struct Rounded {
    exact: bool,
}

impl<A: Pointwise> Optimizer<A> for Rounded {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let third = if self.exact { a.fraction(1, 3) } else { A::Number::from_f64(1.0 / 3.0) };
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(third * *eps), &g, &mut s.w);
    }
}

impl<A: Pointwise> Flow<A> for Rounded {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("half a step", 1, 18, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.scale(&a.fraction(-1, 3), &mut field);
        a.axpy(&-c[0], &bend, &mut field);
        field
    }
}

#[test]
fn constants_that_are_rounded_are_named_as_such() {
    let of = |exact| {
        let claim = Tracking::measured(Rounded { exact }, Rounded { exact }).local(3).global(2);
        checked(&Theorem::new("rounded").stating(claim), "factorisation")
    };
    let outcome = of(false);
    outcome.assert_confirmed();
    let reason = outcome.reason.unwrap();
    assert!(reason.contains("the digits of f64 only"), "{reason}");
    assert!(of(true).expanded.unwrap().holds());
}

/// Momentum whose memory is a plain sum: it never fades.
struct Summing;

impl<A: Pointwise> Optimizer<A> for Summing {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        a.axpy(eps, &g, &mut s.memory[0]);
        a.axpy(&-*eps, &s.memory[0], &mut s.w);
    }

    fn memory(&self) -> usize {
        1
    }
}

#[test]
fn what_has_no_expansion_says_why() {
    let open = |tracking: Tracking| {
        let found = Theorem::new("open").stating(tracking).expanded(None, None).unwrap();
        assert!(!found.holds() && found.first_failure.is_none(), "{found:?}");
        found.reason.unwrap()
    };
    let half = || SignedFlow(Ratio::new(1, 2));
    assert!(open(Tracking::measured(Summing, half()).global(2)).contains("does not fade"));
    assert!(open(Tracking::measured(Summing, half()).local(3)).contains("one block alone"));
    let drawn = Tracking::measured(Signed, half()).sampled(|m| IndependentDraws { steps: m });
    assert!(open(drawn.global(2)).contains("not that of the mean map"));
    let float = || AnyFlow::closure(Vec::new(), |_, _, _, w| vec![0.0; w.len()]);
    assert!(open(Tracking::measured(Signed, float()).global(1)).contains("f64 only"));
}

/// w ← w − ε (1 + 2⁻ⁿ) g, of an author who knows no maps: its first step is twice as long as its last.
struct Warming;

impl<A: Pointwise> Optimizer<A> for Warming {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let speed = a.fraction(1, 1) + a.faded(Ratio::new(1, 2), s.steps);
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(speed * *eps), &g, &mut s.w);
    }
}

/// w′ = −c g.
struct Speed(i64);

impl<A: Pointwise> Flow<A> for Speed {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("speed", self.0, 1, 0)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        a.scale(&-c[0], &mut field);
        field
    }
}

#[test]
fn a_claim_of_the_first_step_alone_is_not_refuted_by_the_long_run() {
    let first = Tracking::measured(Warming, Speed(2)).local(2);
    checked(&Theorem::new("first").stating(first), "factorisation").assert_confirmed();
    // In the long run that speed is wrong, and it is refuted where a fixed time is claimed.
    let long = Tracking::measured(Warming, Speed(2)).global(1);
    assert_eq!(
        checked(&Theorem::new("long").stating(long), "factorisation").verdict,
        Verdict::Refuted
    );
}
