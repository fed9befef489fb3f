//! Memory and draws over epochs of random minibatches.

use std::borrow::Cow;
use std::sync::Arc;

use shadowflow::arithmetic::maps::Ones;
use shadowflow::expansion::{Expander, Refusal};
use shadowflow::flow::{Penalties, ShuffledNext};
use shadowflow::optimizer::GradientDescent;
use shadowflow::prelude::*;
use shadowflow::sampling::KeptOrder;
use shadowflow::series::looks_at_minibatches;

use super::{PROVED, checked, claimed};

/// w ← w − ε (g_k(w) − g_k(x) + g(x)): with the anchor x of this epoch, or with that of the one before.
struct Anchored {
    stale: bool,
}

impl<A: Arithmetic> Optimizer<A> for Anchored {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        if a.phase(s.steps, 3) == 0 {
            s.memory[1] = s.memory[0].clone();
            s.memory[0] = s.w.clone();
        }
        let anchor = s.memory[usize::from(self.stale)].clone();
        let (own, there) = (a.gradient(batch, &s.w), a.gradient(batch, &anchor));
        let whole = a.gradient(Batch::Full, &anchor);
        a.axpy(&-eps.clone(), &own, &mut s.w);
        a.axpy(eps, &there, &mut s.w);
        a.axpy(&-eps.clone(), &whole, &mut s.w);
    }

    fn memory(&self) -> usize {
        2
    }

    fn initial_memory(&self, _: &mut A, _: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        vec![w.clone(), w.clone()]
    }

    fn period(&self) -> usize {
        3
    }
}

fn three(m: usize) -> Result<(), String> {
    if m == 3 { Ok(()) } else { Err(format!("made for 3 minibatches, not {m}")) }
}

fn anchored(stale: bool) -> Theorem {
    let tracking = Tracking::new(Anchored { stale }, Penalties::undisturbed((1, 1).into()));
    let sampled = tracking.local(3).global(2).sampled(|_| RandomReshuffling);
    Theorem::new("anchored").stating(sampled.where_components(three))
}

#[test]
fn memory_that_lasts_beyond_an_epoch_has_no_series() {
    // What is remembered into the next epoch may be read there, or not.
    for stale in [true, false] {
        let fault = anchored(stale).proof(None).unwrap_err().to_string();
        assert!(fault.contains("its minibatches are random"), "{fault}");
    }
}

/// The same with one anchor, so that nothing is left of it.
struct Forgetting;

impl<A: Arithmetic> Optimizer<A> for Forgetting {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut memory = vec![s.memory[0].clone(), s.memory[0].clone()];
        std::mem::swap(&mut s.memory, &mut memory);
        Anchored { stale: false }.step(a, eps, batch, s);
        s.memory.truncate(1);
    }

    fn memory(&self) -> usize {
        1
    }

    fn period(&self) -> usize {
        3
    }
}

fn forgetting(disagreement: (i64, i64)) -> Theorem {
    let flow = Penalties {
        disagreement: Some(disagreement.into()),
        ..Penalties::undisturbed((1, 1).into())
    };
    let sampled = Tracking::new(Forgetting, flow).local(3).global(2).sampled(|_| RandomReshuffling);
    Theorem::new("forgetting").stating(sampled.where_components(three))
}

#[test]
fn an_epoch_that_forgets_is_proved_and_a_claim_of_disagreement_refuted() {
    assert_eq!(forgetting((0, 1)).proof(None).unwrap().status, PROVED);
    checked(&forgetting((0, 1)), "logistic", None).assert_confirmed();
    let wrong = forgetting((1, 1000));
    assert_eq!(wrong.proof(None).unwrap().first_failure.unwrap().power, 1);
    assert_eq!(checked(&wrong, "logistic", None).verdict, Verdict::Refuted);
}

/// w ← w − ε g, with so many powers of ε of what is remembered besides.
struct Haunted {
    power: usize,
}

impl<A: Arithmetic> Optimizer<A> for Haunted {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let weight = (0..self.power).fold(a.fraction(1, 1), |x, _| x * eps.clone());
        a.axpy(&weight, &s.memory[0], &mut s.w);
        a.axpy(&-eps.clone(), &g, &mut s.w);
        s.memory[0] = g;
    }

    fn memory(&self) -> usize {
        1
    }
}

#[test]
fn memory_is_not_forgotten_that_shows_at_a_high_power_only() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    for power in [2, 5, 9] {
        let method = Haunted { power }.into();
        let refusal = Expander::new(&method, Arc::new(RandomReshuffling), &problem).err();
        assert_eq!(refusal, Some(Refusal::RandomMemory), "{power}");
    }
    // Of powers that a claim does not speak of it is none of its business.
    for (power, proved) in [(2, false), (5, true)] {
        let tracking = Tracking::new(Haunted { power }, Penalties::of_each((1, 4).into()));
        let tracking = tracking.local(3).global(2).sampled(|_| RandomReshuffling);
        let proof = Theorem::new("haunted").stating(tracking).proof(None);
        assert_eq!(proof.is_ok_and(|proof| proof.status == PROVED), proved, "{power}");
    }
}

#[test]
fn the_mean_over_kept_orders_has_the_second_order_and_no_third() {
    let of = |local, global| {
        let tracking = Tracking::new(GradientDescent, ShuffledNext);
        Theorem::new("kept").stating(tracking.local(local).global(global).sampled(|_| KeptOrder))
    };
    let third = of(4, 3);
    let proof = third.proof(None).unwrap();
    assert_ne!(proof.status, PROVED, "one epoch says nothing of the third order");
    assert_eq!(checked(&third, "logistic", None).verdict, Verdict::Refuted);
    // Fresh orders have it.
    let tracking = Tracking::new(GradientDescent, ShuffledNext).local(4).global(3);
    let fresh = Theorem::new("fresh").stating(tracking.sampled(|_| RandomReshuffling));
    assert_eq!(fresh.proof(None).unwrap().status, PROVED);
}

/// s(τ) x with s(τ) = tanh(1 + τ).
#[derive(Clone, Debug, PartialEq)]
struct Rising;

impl Map for Rising {
    fn name(&self) -> Cow<'static, str> {
        "rise".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for ((out, &x), &time) in out.iter_mut().zip(inputs[0]).zip(inputs[1]) {
            *out = (S::one() + time).tanh() * x;
        }
    }
    fn degree(&self, slot: usize) -> Option<usize> {
        (slot == 0).then_some(1)
    }
}

fn times<A: Arithmetic>(a: &mut A, time: &A::Number, w: &A::Vector) -> (A::Vector, A::Vector) {
    let ones = a.apply(&Ones, &[w]);
    let mut times = ones.clone();
    a.scale(time, &mut times);
    (ones, times)
}

/// m ← β m + (1 − β) g, w ← w − ε s(nε) m; the memory sees steps of other sizes than the present one.
struct RisingMean {
    beta: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for RisingMean {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let time = a.time(eps, s.steps);
        let (_, times) = times(a, &time, &s.w);
        let g = a.gradient(batch, &s.w);
        a.scale(&a.ratio(self.beta), &mut s.memory[0]);
        a.axpy(&a.ratio(Ratio::new(1, 1) - self.beta), &g, &mut s.memory[0]);
        let moved = a.apply(&Rising, &[&s.memory[0], &times]);
        a.axpy(&-eps.clone(), &moved, &mut s.w);
    }
    fn memory(&self) -> usize {
        1
    }
    fn initial_memory(&self, a: &mut A, _: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        vec![a.gradient(Batch::Full, w)]
    }
    fn tempo(&self) -> Tempo {
        Tempo { speed: 1.0, memory: Tempo::fading(self.beta) }
    }
}

/// w′ = −s g − c₁ ε s H (s g) + c₂ ε ṡ g.
struct RisingFlow {
    bend: Ratio,
    turn: Ratio,
}

impl<A: Arithmetic> Flow<A> for RisingFlow {
    fn terms(&self) -> Vec<Term> {
        let term = |name, coefficient| Term { coefficient, ..Term::new(name, 0, 1, 1) };
        vec![term("bend", self.bend), term("turn", self.turn)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let (ones, times) = times(a, t, w);
        let g = a.gradient(Batch::Full, w);
        let mut field = a.apply(&Rising, &[&g, &times]);
        a.scale(&a.fraction(-1, 1), &mut field);
        let moved = a.hessian_vector(Batch::Full, w, &field);
        let bend = a.apply(&Rising, &[&moved, &times]);
        let turn = a.apply_derivative(&Rising, &[&g, &times], &[(1, &ones)]);
        a.axpy(&c[0], &bend, &mut field);
        a.axpy(&c[1], &turn, &mut field);
        field
    }
}

#[test]
fn a_schedule_that_is_any_smooth_map_is_proved_with_a_memory_that_sees_it() {
    let theorem = |bend: (i64, i64), turn: (i64, i64)| {
        let method = RisingMean { beta: Ratio::new(1, 3) };
        let flow = RisingFlow { bend: bend.into(), turn: turn.into() };
        Theorem::new("rising").stating(Tracking::new(method, flow).formal(3).global(2))
    };
    // ½ + β/(1 − β) = 1.
    let right = theorem((1, 1), (1, 2));
    assert_eq!(right.proof(None).unwrap().status, PROVED);
    checked(&right, "logistic", None).assert_confirmed();
    for wrong in [theorem((101, 100), (1, 2)), theorem((1, 1), (0, 1))] {
        assert!(wrong.proof(None).unwrap().first_failure.is_some());
        assert_eq!(checked(&wrong, "logistic", None).verdict, Verdict::Refuted);
    }
    let own = Theorem::derived("rising", RisingMean { beta: Ratio::new(1, 3) }, 2);
    checked(&own, "factorisation", None).assert_confirmed();
}

#[test]
fn a_method_that_looks_at_minibatches_by_itself_is_known() {
    use shadowflow::optimizer::{LocalDescent, Momentum};
    assert!(looks_at_minibatches(&LocalDescent { steps: 2, corrected: false }));
    assert!(!looks_at_minibatches(&GradientDescent));
    assert!(!looks_at_minibatches(&Momentum::heavy_ball(Ratio::new(1, 2)).unwrap()));
    let theorem = claimed(GradientDescent, Penalties::undisturbed((1, 1).into()), 3);
    assert_eq!(theorem.proof(None).unwrap().status, PROVED);
}
