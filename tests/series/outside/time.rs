//! Fields that depend on the time.

use shadowflow::flow::GradientPenalty;
use shadowflow::optimizer::GradientDescent;
use shadowflow::prelude::*;
use shadowflow::series::SeriesFault;

use super::{PROVED, checked, claimed};

/// w ← w − ε s(nε) g with s(t) = 1 − t/4.
struct Scheduled;

impl<A: Arithmetic> Optimizer<A> for Scheduled {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let taken = a.count(s.steps) as i64;
        let time = a.fraction(taken, 4) * eps.clone();
        let speed = a.fraction(1, 1) - time;
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(speed * eps.clone()), &g, &mut s.w);
    }
}

/// w′ = −s g − c s² H g + `turn` c ṡ g with s = 1 − t/4 and c = ε/2.
struct ScheduledFlow {
    turn: i64,
}

impl<A: Arithmetic> Flow<A> for ScheduledFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("schedule", 1, 2, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let s = a.fraction(1, 1) - a.fraction(1, 4) * t.clone();
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.scale(&(a.fraction(-self.turn, 4) * c[0].clone() - s.clone()), &mut field);
        a.axpy(&-(c[0].clone() * s.clone() * s), &bend, &mut field);
        field
    }
}

/// w′ = −g − (ε/2) H g + c tᵖ (−H)^k g.
struct Drifting {
    derivatives: usize,
    power: u32,
    time: u32,
}

impl<A: Arithmetic> Flow<A> for Drifting {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1), Term::new("drift", -1, 1, self.power)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = GradientPenalty::default().field(a, &c[..1], t, w);
        let mut drift = a.gradient(Batch::Full, w);
        for _ in 0..self.derivatives {
            drift = a.hessian_vector(Batch::Full, w, &drift);
        }
        let weight = (0..self.time).fold(c[1].clone(), |x, _| x * t.clone());
        a.axpy(&weight, &drift, &mut field);
        field
    }
}

#[test]
fn a_field_that_depends_on_time_is_measured_and_neither_proved_nor_refuted() {
    for turn in [0, 1] {
        let theorem = claimed(Scheduled, ScheduledFlow { turn }, 3);
        assert_eq!(theorem.proof(None), Err(SeriesFault::Timed));
    }
    let outcome = checked(&claimed(Scheduled, ScheduledFlow { turn: 1 }, 3), "logistic", None);
    outcome.assert_confirmed();
    assert_eq!(
        outcome.reason.as_deref(),
        Some("not provable yet: the claimed field depends on time")
    );
    let without = checked(&claimed(Scheduled, ScheduledFlow { turn: 0 }, 3), "logistic", None);
    assert_eq!(without.verdict, Verdict::Refuted, "{:?}", without.reason);
}

#[test]
fn time_is_seen_wherever_it_stands_in_a_field() {
    // Beside a tree that is compared, in a higher power, and in trees beyond those compared.
    for (derivatives, time) in [(0, 1), (1, 1), (1, 3), (4, 1), (7, 2)] {
        let flow = Drifting { derivatives, power: 1, time };
        let proof = claimed(GradientDescent, flow, 3).proof(None);
        assert_eq!(proof, Err(SeriesFault::Timed), "{derivatives} {time}");
    }
    let measured = claimed(GradientDescent, Drifting { derivatives: 1, power: 1, time: 1 }, 3);
    assert_eq!(checked(&measured, "logistic", None).verdict, Verdict::Refuted);
    // At a power of ε that is part of the error claimed it is none of the claim's business.
    let beyond = claimed(GradientDescent, Drifting { derivatives: 1, power: 2, time: 1 }, 3);
    assert_eq!(beyond.proof(None).unwrap().status, PROVED);
    assert_ne!(checked(&beyond, "logistic", None).verdict, Verdict::Refuted);
}

#[test]
fn time_that_cancels_is_no_time() {
    struct Cancelling;
    impl<A: Arithmetic> Flow<A> for Cancelling {
        fn terms(&self) -> Vec<Term> {
            vec![Term::new("gradient", 1, 1, 0)]
        }
        fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
            let mut field = a.gradient(Batch::Full, w);
            a.scale(&(t.clone() - c[0].clone() - t.clone()), &mut field);
            field
        }
    }
    assert_eq!(claimed(GradientDescent, Cancelling, 2).proof(None).unwrap().status, PROVED);
}
