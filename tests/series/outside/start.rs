//! Flows that start elsewhere, and memory that starts off its slow manifold.

use shadowflow::flow::{GradientPenalty, MomentumPenalty};
use shadowflow::optimizer::{GradientDescent, Momentum};
use shadowflow::prelude::*;
use shadowflow::series::SeriesFault;

use super::{PROVED, assert_refuted_at, checked, claimed};

/// w′ = −g − (ε/2) H g, started at w + c g.
struct Displaced {
    power: u32,
}

impl<A: Arithmetic> Flow<A> for Displaced {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1), Term::new("start", 1, 1, self.power)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        GradientPenalty::default().field(a, &c[..1], t, w)
    }
    fn start(&self, a: &mut A, c: &[A::Number], mut w: A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, &w);
        a.axpy(&c[1], &g, &mut w);
        w
    }
}

/// w′ = −g − (ε/2) H g, started at 2w.
struct Doubled;

impl<A: Arithmetic> Flow<A> for Doubled {
    fn terms(&self) -> Vec<Term> {
        Flow::<A>::terms(&GradientPenalty::default())
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        GradientPenalty::default().field(a, c, t, w)
    }
    fn start(&self, a: &mut A, _c: &[A::Number], mut w: A::Vector) -> A::Vector {
        a.scale(&a.fraction(2, 1), &mut w);
        w
    }
}

#[test]
fn a_flow_that_starts_elsewhere_is_not_proved_to_follow_the_iterates() {
    for power in 0..3 {
        let proof = claimed(GradientDescent, Displaced { power }, 3).proof(None);
        assert_eq!(proof, Err(SeriesFault::StartsElsewhere), "{power}");
    }
    assert_eq!(claimed(GradientDescent, Doubled, 3).proof(None), Err(SeriesFault::StartsElsewhere));
    let outcome = checked(&claimed(GradientDescent, Displaced { power: 1 }, 3), "logistic", None);
    assert_eq!(outcome.verdict, Verdict::Refuted);
    // Off by no more than the error claimed it starts where it should.
    let near = claimed(GradientDescent, Displaced { power: 3 }, 3);
    assert_eq!(near.proof(None).unwrap().status, PROVED);
}

/// The heavy ball that starts with `share` of the velocity of its slow manifold up to O(ε²).
struct Pushed {
    ball: Momentum,
    share: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Pushed {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        self.ball.step(a, eps, batch, s);
    }
    fn memory(&self) -> usize {
        1
    }
    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let mut memory = self.ball.settled().initial_memory(a, eps, w);
        memory.iter_mut().for_each(|v| a.scale(&a.ratio(self.share), v));
        memory
    }
}

#[test]
fn memory_is_proved_only_where_it_starts_on_its_slow_manifold() {
    let beta = Ratio::new(1, 2);
    let flow = || MomentumPenalty { beta, ahead: false, from_rest: false };
    let pushed = |share| Pushed { ball: Momentum::heavy_ball(beta).unwrap(), share };
    assert_eq!(claimed(pushed((1, 1).into()), flow(), 3).proof(None).unwrap().status, PROVED);
    for share in [(0, 1), (1, 2), (101, 100)] {
        let proof = claimed(pushed(share.into()), flow(), 3).proof(None);
        assert_eq!(proof, Err(SeriesFault::StartsOffManifold), "{share:?}");
    }
    let nudged = checked(&claimed(pushed((1, 2).into()), flow(), 3), "factorisation", None);
    assert_eq!(nudged.verdict, Verdict::Refuted);
    // A wrong field is refuted all the same where the start is right.
    let wrong = MomentumPenalty { beta: (1, 3).into(), ahead: false, from_rest: false };
    assert_refuted_at(&claimed(pushed((1, 1).into()), wrong, 3).proof(None).unwrap(), "a", 1);
}

/// w ← w − ε g + v, v ← u, u ← 0, with u = `kick` ε g at the start: it shows in the second step, and never
/// again.
struct Late {
    kick: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Late {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let [first, second] = s.memory.as_mut_slice() else { return };
        a.axpy(&-eps.clone(), &g, &mut s.w);
        a.axpy(&a.fraction(1, 1), second, &mut s.w);
        std::mem::swap(first, second);
        a.scale(&a.fraction(0, 1), first);
    }
    fn memory(&self) -> usize {
        2
    }
    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let mut first = a.gradient(Batch::Full, w);
        a.scale(&(a.ratio(self.kick) * eps.clone()), &mut first);
        vec![first, a.zero()]
    }
}

#[test]
fn a_start_that_shows_in_the_second_step_is_seen() {
    let still = claimed(Late { kick: (0, 1).into() }, GradientPenalty::default(), 3);
    assert_eq!(still.proof(None).unwrap().status, PROVED);
    let kicked = claimed(Late { kick: (1, 1).into() }, GradientPenalty::default(), 3);
    assert_eq!(kicked.proof(None), Err(SeriesFault::StartsOffManifold));
    assert_eq!(checked(&kicked, "logistic", None).verdict, Verdict::Refuted);
}
