//! Claims that several minibatches tell apart.

use shadowflow::flow::{BatchPenalty, GradientPenalty, MomentumPenalty};
use shadowflow::optimizer::{GradientDescent, Momentum, RungeKutta};
use shadowflow::prelude::*;
use shadowflow::sampling::Draw;
use shadowflow::series::{ProofStatus, ProvedBatches, SeriesFault};

use super::{Faster, PROVED, Powers, assert_refuted_at, checked, claimed};

fn listed(batches: &[usize]) -> ProvedBatches {
    ProvedBatches::Listed(batches.to_vec())
}

/// Gradient descent on a whole loss that it adds up itself, dividing by m or not.
#[derive(Clone, Copy)]
struct Accumulated {
    divides: bool,
}

impl<A: Arithmetic> Optimizer<A> for Accumulated {
    fn step(&self, a: &mut A, eps: &A::Number, _batch: Batch, s: &mut State<A::Vector>) {
        let m = a.batches();
        let mut sum = a.zero();
        for k in 0..m {
            let g = a.gradient(Batch::One(k), &s.w);
            a.axpy(&a.fraction(1, 1), &g, &mut sum);
        }
        let share = if self.divides { a.fraction(1, m as i64) } else { a.fraction(1, 1) };
        a.axpy(&-(share * eps.clone()), &sum, &mut s.w);
    }
}

/// The same claim with a flow that adds up the loss itself, wrong for one number of minibatches.
#[derive(Clone, Copy)]
struct Summed {
    wrong_at: usize,
}

impl<A: Arithmetic> Flow<A> for Summed {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let m = a.batches();
        let mut field = GradientPenalty::default().field(a, c, t, w);
        if m == self.wrong_at {
            a.scale(&a.fraction(2, 1), &mut field);
        }
        field
    }
}

/// Every step on the whole loss; with `wrong_at` components on the first alone.
struct FirstAt {
    wrong_at: usize,
}

impl Sampling for FirstAt {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        match path {
            [] if components == self.wrong_at => vec![Draw::One(0)],
            [] => vec![Draw::Full],
            _ => Vec::new(),
        }
    }
}

#[test]
fn one_step_a_block_is_not_one_minibatch() {
    let whole = claimed(GradientDescent, BatchPenalty::default(), 3);
    assert_refuted_at(&whole.proof(None).unwrap(), "a[a]", 2);
    assert_eq!(checked(&whole, "logistic", Some(3)).verdict, Verdict::Refuted);
    // One draw a block follows the penalty of the whole loss in the mean, and not that of each minibatch.
    let drawn = |flow| {
        let tracking: Tracking = flow;
        let drawn = tracking.local(3).sampled(|_| IndependentDraws { steps: 1 });
        Theorem::new("drawn").stating(drawn).proof(None).unwrap()
    };
    let each = drawn(Tracking::new(GradientDescent, BatchPenalty::default()));
    assert_refuted_at(&each, "a[a]", 2);
    let mean = drawn(Tracking::new(GradientDescent, GradientPenalty::default()));
    assert_eq!((mean.status, mean.batches), (PROVED, listed(&[1, 2, 3, 4])));
}

#[test]
fn a_method_that_adds_up_minibatches_itself_is_compared_with_several() {
    let forgets = claimed(Accumulated { divides: false }, GradientPenalty::default(), 3);
    assert_refuted_at(&forgets.proof(None).unwrap(), "a", 2);
    assert_eq!(checked(&forgets, "logistic", Some(3)).verdict, Verdict::Refuted);
    let divides = claimed(Accumulated { divides: true }, GradientPenalty::default(), 3);
    let proof = divides.proof(None).unwrap();
    assert_eq!((proof.status, proof.batches), (PROVED, listed(&[1, 2, 3, 4])));
    let outcome = checked(&divides, "quadratic", Some(6));
    outcome.assert_confirmed();
    assert_eq!((outcome.proof.batches, outcome.reason), (listed(&[1, 2, 3, 4, 6]), None));
}

#[test]
fn what_is_chosen_by_the_number_of_minibatches_is_compared_for_that_of_the_loss() {
    let penalty = |c: (i64, i64)| GradientPenalty { coefficient: c.into() };
    let chosen = move |m: usize| if m == 7 { penalty((1, 3)) } else { penalty((1, 4)) };
    let flow = Tracking::new(GradientDescent, penalty((1, 4))).flow_for(chosen).local(3).global(2);
    let sampling = Tracking::new(GradientDescent, penalty((1, 4)))
        .sampled(|_| FirstAt { wrong_at: 7 })
        .local(3)
        .global(2);
    let field = Tracking::new(GradientDescent, Summed { wrong_at: 7 }).local(3).global(2);
    for (statement, tree) in [(flow, "a[a]"), (sampling, "a"), (field, "a")] {
        let theorem = Theorem::new("wrong at seven").stating(statement);
        let proof = theorem.proof(None).unwrap();
        assert_eq!((proof.status, proof.batches), (PROVED, listed(&[1, 2, 3, 4])));
        let proof = theorem.proof_for(None, Some(5)).unwrap();
        assert_eq!((proof.status, proof.batches), (PROVED, listed(&[1, 2, 3, 4, 5])));
        assert_refuted_at(&theorem.proof_for(None, Some(7)).unwrap(), tree, 7);
        let outcome = checked(&theorem, "quadratic", Some(7));
        assert_eq!(outcome.verdict, Verdict::Refuted, "{:?}", outcome.reason);
        checked(&theorem, "quadratic", Some(5)).assert_confirmed();
    }
}

/// A sampling that is this crate's own in all but its type.
struct Wrapped;

impl Sampling for Wrapped {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        RandomReshuffling.continuations(path, components)
    }
    fn is_random_order(&self) -> bool {
        true
    }
    fn is_balanced(&self) -> bool {
        true
    }
}

#[test]
fn a_loss_of_more_minibatches_than_series_hold_is_measured_and_says_so() {
    let shuffled = Tracking::new(GradientDescent, BatchPenalty::default())
        .local(3)
        .global(2)
        .sampled(|_| Wrapped);
    let theorem = Theorem::new("shuffled").stating(shuffled);
    let outcome = checked(&theorem, "quadratic", Some(12));
    outcome.assert_confirmed();
    assert_eq!((outcome.proof.status, outcome.proof.batches), (PROVED, listed(&[1, 2, 3, 4])));
    let said = "proved for m = 1 … 4, not for this loss's m = 12";
    assert_eq!(outcome.reason.as_deref(), Some(said));
    // With few enough of them it is held.
    let held = checked(&theorem, "quadratic", Some(5));
    assert_eq!((held.proof.batches, held.reason), (listed(&[1, 2, 3, 4, 5]), None));
    // The sampling itself, and not a closure's choice of it, is proved for all.
    let all = Tracking::new(GradientDescent, BatchPenalty::default())
        .local(3)
        .global(2)
        .sampled(|_| RandomReshuffling);
    let outcome = checked(&Theorem::new("shuffled").stating(all), "quadratic", Some(12));
    outcome.assert_confirmed();
    assert_eq!((outcome.proof.batches, outcome.reason), (ProvedBatches::All, None));
}

#[test]
fn every_number_of_minibatches_is_settled_only_where_nothing_can_tell_them_apart() {
    let range = |tracking: Tracking| {
        Theorem::new("range").stating(tracking.local(3).global(2)).proof(None).unwrap().batches
    };
    let penalty = GradientPenalty::default;
    // An own method and an own flow that look at the whole loss only.
    let own = Tracking::new(Faster { c: (0, 1).into(), power: 1 }, Powers::of(&[(1, (-1, 2), 1)]));
    assert_eq!(range(own), ProvedBatches::All);
    // Under this crate's orders and flow one of its own methods; one from outside may mind which minibatch
    // it is handed.
    let few = listed(&[1, 2, 3, 4]);
    let ours = Tracking::new(GradientDescent, BatchPenalty::default());
    assert_eq!(range(ours.sampled(|_| RandomReshuffling)), ProvedBatches::All);
    let handed = Faster { c: (0, 1).into(), power: 1 };
    let handed = Tracking::new(handed, BatchPenalty::default()).sampled(|_| RandomReshuffling);
    assert_eq!(range(handed), few);
    // An own flow that asks how many there are, an own method that does, what a closure chooses.
    assert_eq!(range(Tracking::new(GradientDescent, Summed { wrong_at: 0 })), few);
    assert_eq!(range(Tracking::new(Accumulated { divides: true }, penalty())), few);
    assert_eq!(range(Tracking::new(GradientDescent, penalty()).flow_for(move |_| penalty())), few);
    let sampled = Tracking::new(GradientDescent, penalty()).sampled(|_| FirstAt { wrong_at: 0 });
    assert_eq!(range(sampled), few);
    let drawn = Tracking::new(GradientDescent, penalty());
    assert_eq!(range(drawn.sampled(|m| IndependentDraws { steps: m })), few);
    // Where only some are admitted, those.
    let even = |m: usize| if m.is_multiple_of(2) { Ok(()) } else { Err(format!("{m} is odd")) };
    let admitted = Tracking::new(GradientDescent, penalty()).where_components(even);
    assert_eq!(range(admitted.clone()), listed(&[2, 4, 6]));
    let theorem = Theorem::new("even").stating(admitted.local(3).global(2));
    assert_eq!(theorem.proof_for(None, Some(8)).unwrap().batches, listed(&[2, 4, 6, 8]));
    let many = |m: usize| if m > 9 { Ok(()) } else { Err(format!("{m} are few")) };
    let many = Tracking::new(GradientDescent, penalty()).where_components(many).local(3).global(2);
    let theorem = Theorem::new("many").stating(many);
    assert!(matches!(theorem.proof(None), Err(SeriesFault::NoBatches { .. })));
    assert_eq!(theorem.proof_for(None, Some(10)).unwrap().batches, listed(&[10]));
}

/// The heavy ball handed one component a step, drawn anew every time: no map of w alone.
#[test]
fn memory_and_draws_are_not_proved_as_if_every_step_saw_the_whole_loss() {
    let beta = Ratio::new(1, 2);
    let tracking = Tracking::new(
        Momentum::heavy_ball(beta).unwrap().settled(),
        MomentumPenalty { beta, ahead: false, from_rest: false },
    );
    let drawn = tracking.clone().local(3).sampled(|_| IndependentDraws { steps: 1 });
    let fault = Theorem::new("drawn").stating(drawn).proof(None).unwrap_err();
    assert!(fault.to_string().contains("no slow manifold"), "{fault}");
    let whole = Theorem::new("whole").stating(tracking.local(3)).proof(None).unwrap();
    assert_eq!((whole.status, whole.batches), (PROVED, ProvedBatches::All));
}

#[test]
fn a_sampling_is_compared_with_several_minibatches_whoever_looks_at_them() {
    let mean = Tracking::new(GradientDescent, GradientPenalty::default())
        .local(3)
        .sampled(|_| RandomReshuffling);
    assert_refuted_at(&Theorem::new("mean").stating(mean).proof(None).unwrap(), "a[a]", 2);
}

/// w′ = 0.
struct Still;

impl<A: Arithmetic> Flow<A> for Still {
    fn terms(&self) -> Vec<Term> {
        Vec::new()
    }
    fn field(&self, a: &mut A, _: &[A::Number], _: &A::Number, _: &A::Vector) -> A::Vector {
        a.zero()
    }
}

#[test]
fn as_many_colours_as_nodes_are_needed_for_all() {
    for (local, batches) in
        [(3, ProvedBatches::All), (5, ProvedBatches::All), (6, listed(&[1, 2, 3, 4]))]
    {
        let idle = RungeKutta { stages: vec![vec![]], weights: vec![Ratio::new(0, 1)] };
        let still = Tracking::new(idle, Still).local(local).sampled(|_| FlipFlop);
        let proof = Theorem::new("still").stating(still).proof(None).unwrap();
        assert_eq!((proof.status, proof.batches), (PROVED, batches), "{local}");
    }
}

/// w ← w − ε g, but twice as far on the minibatch of the given index.
struct Favouring {
    index: usize,
}

impl<A: Arithmetic> Optimizer<A> for Favouring {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let times = if batch == Batch::One(self.index) { 2 } else { 1 };
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(eps.clone() * a.fraction(times, 1)), &g, &mut s.w);
    }
}

/// A method from outside may mind which minibatch it is handed: what is proved for a few is proved for
/// those.
#[test]
fn a_method_that_favours_a_minibatch_is_proved_for_the_numbers_tried() {
    let theorem = |index| {
        let tracking = Tracking::new(Favouring { index }, BatchPenalty::default());
        let tracking = tracking.local(3).global(2).sampled(|_| RandomReshuffling);
        Theorem::new("favouring").stating(tracking)
    };
    let proof = theorem(5).proof(None).unwrap();
    assert_eq!((proof.status, proof.batches), (PROVED, listed(&[1, 2, 3, 4])));
    assert_eq!(theorem(5).proof_for(None, Some(6)).unwrap().status, ProofStatus::Refuted);
    assert_eq!(theorem(1).proof(None).unwrap().status, ProofStatus::Refuted);
}
