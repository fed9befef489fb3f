//! Fields that depend on the time.

use shadowflow::flow::{GradientFlow, GradientPenalty};
use shadowflow::optimizer::GradientDescent;
use shadowflow::prelude::*;

use super::{PROVED, checked, claimed};

/// m ← β m + (1 − β) g, w ← w − ε s(nε) m with s(t) = 1 − t/4; without memory for β = 0. The time is read through
/// the arithmetic, or made of the bare count of steps.
struct Scheduled {
    beta: Ratio,
    counts: bool,
}

const DESCENT: Scheduled = Scheduled { beta: Ratio::new(0, 1), counts: false };

impl<A: Arithmetic> Optimizer<A> for Scheduled {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let time = if self.counts {
            let taken = a.count(s.steps) as i64;
            a.fraction(taken, 1) * eps.clone()
        } else {
            a.time(eps, s.steps)
        };
        let speed = a.fraction(1, 1) - time * a.fraction(1, 4);
        let g = a.gradient(batch, &s.w);
        if let Some(mean) = s.memory.first_mut() {
            a.scale(&a.ratio(self.beta), mean);
            a.axpy(&a.ratio(Ratio::new(1, 1) - self.beta), &g, mean);
        }
        let moved = s.memory.first().unwrap_or(&g);
        a.axpy(&-(speed * eps.clone()), moved, &mut s.w);
    }

    fn memory(&self) -> usize {
        usize::from(!self.beta.is_zero())
    }

    fn initial_memory(&self, a: &mut A, _: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        (0..Optimizer::<A>::memory(self)).map(|_| a.gradient(Batch::Full, w)).collect()
    }

    fn tempo(&self) -> Tempo {
        Tempo { speed: 1.0, memory: Tempo::fading(self.beta) }
    }
}

/// w′ = −s g − (c + ℓ ε) s² H g + `turn` c ṡ g with s = 1 − t/4, c = ε/2 and the mean age ℓ of what is remembered.
struct ScheduledFlow {
    turn: i64,
    lag: Ratio,
}

impl<A: Arithmetic> Flow<A> for ScheduledFlow {
    fn terms(&self) -> Vec<Term> {
        let lag = Term { coefficient: self.lag, ..Term::new("lag", 0, 1, 1) };
        vec![Term::new("schedule", 1, 2, 1), lag]
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let s = a.fraction(1, 1) - a.fraction(1, 4) * t.clone();
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.scale(&(a.fraction(-self.turn, 4) * c[0].clone() - s.clone()), &mut field);
        a.axpy(&-((c[0].clone() + c[1].clone()) * s.clone() * s), &bend, &mut field);
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

const NO_LAG: Ratio = Ratio::new(0, 1);

#[test]
fn a_schedule_is_proved_for_every_loss_and_all_times() {
    let right = claimed(DESCENT, ScheduledFlow { turn: 1, lag: NO_LAG }, 3);
    assert_eq!(right.proof(None).unwrap().status, PROVED);
    let outcome = checked(&right, "logistic", None);
    outcome.assert_confirmed();
    assert_eq!(outcome.reason, None);
    // Without the term that the schedule's own change makes.
    let still = claimed(DESCENT, ScheduledFlow { turn: 0, lag: NO_LAG }, 3);
    let failure = still.proof(None).unwrap().first_failure.unwrap();
    assert_eq!((failure.tree.as_str(), failure.power), ("g", 1));
    assert_eq!(
        (failure.actual.to_string(), failure.claimed.to_string()),
        ("-1/8".into(), "0".into())
    );
    assert_eq!(checked(&still, "logistic", None).verdict, Verdict::Refuted);
}

#[test]
fn a_schedule_with_memory_is_proved_and_its_lag_is_seen() {
    let third = Scheduled { beta: Ratio::new(1, 3), counts: false };
    let flow = |lag| ScheduledFlow { turn: 1, lag };
    let tracked = |lag| Tracking::new(Scheduled { ..third }, flow(lag)).formal(3).global(2);
    let right = Theorem::new("scheduled").stating(tracked(Ratio::new(1, 2)));
    assert_eq!(right.proof(None).unwrap().status, PROVED);
    checked(&right, "logistic", None).assert_confirmed();
    let wrong = Theorem::new("scheduled").stating(tracked(Ratio::new(51, 100)));
    let failure = wrong.proof(None).unwrap().first_failure.unwrap();
    assert_eq!((failure.tree.as_str(), failure.power), ("H g", 1));
}

#[test]
fn a_method_with_a_schedule_follows_its_own_flow() {
    let derived =
        Theorem::derived("scheduled", Scheduled { beta: Ratio::new(1, 3), counts: false }, 2);
    checked(&derived, "factorisation", None).assert_confirmed();
    checked(&Theorem::derived("scheduled", DESCENT, 3), "logistic", None).assert_confirmed();
}

#[test]
fn a_schedule_that_counts_is_measured_and_neither_proved_nor_refuted() {
    let counting = || Scheduled { counts: true, ..DESCENT };
    for turn in [0, 1] {
        let theorem = claimed(counting(), ScheduledFlow { turn, lag: NO_LAG }, 3);
        assert_eq!(theorem.proof(None).unwrap_err().to_string(), "it counts its steps");
    }
    let right = claimed(counting(), ScheduledFlow { turn: 1, lag: NO_LAG }, 3);
    let outcome = checked(&right, "logistic", None);
    outcome.assert_confirmed();
    assert_eq!(outcome.reason.as_deref(), Some("not proved: it counts its steps"));
    let without = claimed(counting(), ScheduledFlow { turn: 0, lag: NO_LAG }, 3);
    let without = checked(&without, "logistic", None);
    assert_eq!(without.verdict, Verdict::Refuted, "{:?}", without.reason);
}

#[test]
fn time_is_seen_wherever_it_stands_in_a_field() {
    // Beside a tree that is compared, in a higher power, and in trees beyond those compared.
    let trees = ["t g", "t H g", "t^3 H g", "t H H H H g", "t^2 H H H H H H H g"];
    for ((derivatives, time), tree) in
        [(0, 1), (1, 1), (1, 3), (4, 1), (7, 2)].into_iter().zip(trees)
    {
        let flow = Drifting { derivatives, power: 1, time };
        let proof = claimed(GradientDescent, flow, 3).proof(None).unwrap();
        let failure = proof.first_failure.unwrap();
        assert_eq!((failure.tree.as_str(), failure.power), (tree, 1), "{derivatives} {time}");
        assert_eq!(failure.actual.to_string(), "0");
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

/// w ← w − ε (1 + τ) g with τ a time that is none of its steps: of step size 1, or of no steps.
struct OtherClock {
    unit: bool,
}

impl<A: Arithmetic> Optimizer<A> for OtherClock {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let one = a.fraction(1, 1);
        let time = if self.unit { a.time(&one, s.steps) } else { a.time(eps, Steps::default()) };
        let g = a.gradient(batch, &s.w);
        a.axpy(&-((one + time) * eps.clone()), &g, &mut s.w);
    }
}

/// w′ = −(1 + t) g.
struct Speeding;

impl<A: Arithmetic> Flow<A> for Speeding {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("speed", 1, 1, 0)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        a.scale(&-(c[0].clone() * (a.fraction(1, 1) + t.clone())), &mut field);
        field
    }
}

#[test]
fn a_clock_that_is_not_that_of_the_steps_is_seen() {
    let fault =
        claimed(OtherClock { unit: true }, Speeding, 2).proof(None).unwrap_err().to_string();
    assert!(fault.contains("another step size"), "{fault}");
    // The time before any step is 0, whatever t is.
    let still = claimed(OtherClock { unit: false }, Speeding, 2).proof(None).unwrap();
    assert_eq!(still.first_failure.unwrap().tree, "t g");
    assert_eq!(
        claimed(OtherClock { unit: false }, GradientFlow, 2).proof(None).unwrap().status,
        PROVED
    );
}

#[test]
fn small_steps_take_their_share_of_the_time() {
    use shadowflow::optimizer::Substeps;
    let theorem = Theorem::derived("substeps", Substeps { inner: DESCENT, count: 3 }, 2);
    checked(&theorem, "factorisation", None).assert_confirmed();
    // Read thrice as often the schedule arrives a sixth of a step late, and each small step bends a third as much.
    struct Often;
    impl<A: Arithmetic> Flow<A> for Often {
        fn terms(&self) -> Vec<Term> {
            vec![Term::new("schedule", 1, 6, 1)]
        }
        fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
            ScheduledFlow { turn: 1, lag: NO_LAG }.field(a, &[c[0].clone(), a.fraction(0, 1)], t, w)
        }
    }
    let claim = |local| claimed(Substeps { inner: DESCENT, count: 3 }, Often, local);
    assert_eq!(claim(3).proof(None).unwrap().status, PROVED);
}
