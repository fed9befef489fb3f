//! Code that panics, or keeps a state of its own.

use super::*;

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
