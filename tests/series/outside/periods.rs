//! Methods that repeat after several steps.

use shadowflow::expansion::{Expander, Refusal};
use shadowflow::prelude::*;
use shadowflow::scalar::DoubleDouble;
use shadowflow::series::{Derived, derive_exactly};

use super::{PROVED, checked};

/// Lookahead: `ahead` steps of descent, then w ← x + α (w − x) with x where they began.
#[derive(Clone, Copy)]
struct Lookahead {
    ahead: usize,
    alpha: Ratio,
    /// What it says of its period.
    period: usize,
}

impl Lookahead {
    fn new(ahead: usize, alpha: Ratio) -> Self {
        Lookahead { ahead, alpha, period: ahead }
    }
}

impl<A: Arithmetic> Optimizer<A> for Lookahead {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let phase = a.phase(s.steps, self.ahead);
        if phase == 0 {
            s.memory[0] = s.w.clone();
        }
        let g = a.gradient(batch, &s.w);
        a.axpy(&-eps.clone(), &g, &mut s.w);
        if phase + 1 == self.ahead {
            a.scale(&a.ratio(self.alpha), &mut s.w);
            a.axpy(&a.ratio(Ratio::new(1, 1) - self.alpha), &s.memory[0], &mut s.w);
        }
    }

    fn memory(&self) -> usize {
        1
    }

    fn period(&self) -> usize {
        self.period
    }
}

/// w′ = −α g + c H g, in t = nε.
struct LookaheadFlow {
    alpha: Ratio,
    bend: Ratio,
}

impl LookaheadFlow {
    /// c = (ε/2)(α(K − 1) − Kα²).
    fn of(method: Lookahead) -> Self {
        let k = |n: usize| Ratio::new(n as i64, 1);
        let Lookahead { ahead, alpha, .. } = method;
        let bend = (alpha * k(ahead - 1) - k(ahead) * alpha * alpha) * Ratio::new(1, 2);
        LookaheadFlow { alpha, bend }
    }
}

impl<A: Arithmetic> Flow<A> for LookaheadFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term { coefficient: self.bend, ..Term::new("look ahead", 0, 1, 1) }]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.scale(&-a.ratio(self.alpha), &mut field);
        a.axpy(&c[0], &bend, &mut field);
        field
    }
}

fn theorem(method: Lookahead, flow: LookaheadFlow) -> Theorem {
    Theorem::tracks("lookahead", method, flow, 3, 2)
}

#[test]
fn a_method_of_several_steps_is_proved_and_confirmed_after_whole_periods() {
    for (ahead, alpha) in [(5, (1, 2)), (3, (2, 3)), (1, (1, 2))] {
        let method = Lookahead::new(ahead, alpha.into());
        let right = theorem(method, LookaheadFlow::of(method));
        assert_eq!(right.proof(None).unwrap().status, PROVED, "{ahead}");
        let mut wrong = LookaheadFlow::of(method);
        wrong.bend = wrong.bend + Ratio::new(1, 1000);
        assert_eq!(theorem(method, wrong).proof(None).unwrap().first_failure.unwrap().power, 1);
    }
    let method = Lookahead::new(5, (1, 2).into());
    checked(&theorem(method, LookaheadFlow::of(method)), "logistic", None).assert_confirmed();
}

#[test]
fn a_method_of_several_steps_follows_its_own_flow() {
    let method = Lookahead::new(4, (1, 2).into());
    checked(&Theorem::derived("lookahead", method, 2), "factorisation", None).assert_confirmed();
    // In one colour, whatever the number of minibatches that it does not look at.
    let Derived::Maps { rows, .. } = derive_exactly(&method, &FullBatch, 2, 3).unwrap() else {
        panic!("it has memory over a fixed number of steps")
    };
    let found: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.coefficient, row.tree)).collect();
    assert_eq!(found, ["-1/2 g", "1/4 H g"]);
}

#[test]
fn a_period_that_is_not_the_methods_own_is_found_out() {
    let lying = Lookahead { period: 2, ..Lookahead::new(3, (2, 3).into()) };
    let theorem = theorem(lying, LookaheadFlow::of(lying));
    let fault = theorem.proof(None).unwrap_err().to_string();
    assert!(fault.contains("the phase of more steps"), "{fault}");
    let outcome = checked(&theorem, "logistic", None);
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    let reason = outcome.reason.unwrap();
    assert!(reason.contains("the phase of 3 steps, and is followed over periods of 2"), "{reason}");
    let problem = preset("factorisation", None, None, 1).unwrap();
    let expander = Expander::new(&lying.into(), std::sync::Arc::new(FullBatch), &problem).unwrap();
    let point: Vec<DoubleDouble> =
        problem.start().iter().map(|&x| DoubleDouble::from_f64(x)).collect();
    let refusal = expander.expand(&point, 2).unwrap_err();
    assert_eq!(refusal, Refusal::Phase { read: 3, period: 2 });
}

#[test]
fn a_period_that_counts_is_not_followed() {
    let counting = Lookahead { period: 1_000_000, ..Lookahead::new(1_000_000, (1, 2).into()) };
    let theorem = theorem(counting, LookaheadFlow::of(counting));
    assert!(theorem.proof(None).unwrap_err().to_string().contains("than can be followed"));
    let reason = checked(&theorem, "logistic", None).reason.unwrap();
    assert!(
        reason.contains("the phase of 1000000 steps") && reason.contains("at most 64"),
        "{reason}"
    );
}

/// Descent that reads the phase of seven steps in every second one only, and says that it repeats after two.
struct Peeking;

impl<A: Arithmetic> Optimizer<A> for Peeking {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let late = a.phase(s.steps, 2) == 1 && a.phase(s.steps, 7) == 6;
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(a.fraction(if late { 2 } else { 1 }, 1) * eps.clone()), &g, &mut s.w);
    }

    fn period(&self) -> usize {
        2
    }
}

#[test]
fn a_phase_that_is_read_now_and_then_is_found_out() {
    let flow = LookaheadFlow { alpha: (1, 1).into(), bend: (-1, 2).into() };
    let theorem = Theorem::tracks("peeking", Peeking, flow, 3, 2);
    assert!(theorem.proof(None).unwrap_err().to_string().contains("the phase of more steps"));
    let reason = checked(&theorem, "logistic", None).reason.unwrap();
    assert!(reason.contains("the phase of 14 steps"), "{reason}");
}
