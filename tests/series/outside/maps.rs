//! Claims with maps: where their flows start, what the first steps show, and the coefficients of a refutation.

use std::borrow::Cow;

use shadowflow::flow::GradientPenalty;
use shadowflow::prelude::*;
use shadowflow::series::{Rational, SeriesFault};
use shadowflow::theorem::Tracking;

use super::{PROVED, REFUTED, claimed};

/// x ∘ y, coordinate by coordinate: linear in both.
#[derive(Clone, Debug, PartialEq)]
struct Product;

impl Map for Product {
    fn name(&self) -> Cow<'static, str> {
        "product".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, (&x, &y)) in out.iter_mut().zip(inputs[0].iter().zip(inputs[1])) {
            *out = x * y;
        }
    }
    fn degree(&self, _slot: usize) -> Option<usize> {
        Some(1)
    }
}

/// w ← w − ε g ∘ g.
struct AlongSquares;

impl<A: Arithmetic> Optimizer<A> for AlongSquares {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let moved = a.apply(&Product, &[&g, &g]);
        a.axpy(&-eps.clone(), &moved, &mut s.w);
    }
}

/// Where a flow starts.
#[derive(Clone, Copy)]
enum Start {
    /// At `factor` w.
    Times(i64),
    /// At w + ε^`power` g.
    Moved(u32),
}

/// w′ = −g ∘ g − ε c (g ∘ H (g ∘ g) + H (g ∘ g) ∘ g), with c = ½ in truth.
struct SquaresFlow {
    c: Ratio,
    start: Start,
}

impl<A: Arithmetic> Flow<A> for SquaresFlow {
    fn terms(&self) -> Vec<Term> {
        let mut terms = vec![Term { name: "bend".into(), coefficient: self.c, power: 1 }];
        if let Start::Moved(power) = self.start {
            terms.push(Term::new("start", 1, 1, power));
        }
        terms
    }
    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let mut field = a.apply(&Product, &[&g, &g]);
        let turned = a.hessian_vector(Batch::Full, w, &field);
        for inputs in [[&g, &turned], [&turned, &g]] {
            let bend = a.apply(&Product, &inputs);
            a.axpy(&c[0], &bend, &mut field);
        }
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
    fn start(&self, a: &mut A, c: &[A::Number], mut w: A::Vector) -> A::Vector {
        match self.start {
            Start::Times(factor) => a.scale(&a.fraction(factor, 1), &mut w),
            Start::Moved(_) => {
                let g = a.gradient(Batch::Full, &w);
                a.axpy(&c[1], &g, &mut w);
            }
        }
        w
    }
}

fn squares(c: (i64, i64), start: Start) -> SquaresFlow {
    SquaresFlow { c: c.into(), start }
}

#[test]
fn a_flow_with_maps_that_starts_elsewhere_is_not_proved() {
    let proof = |start| claimed(AlongSquares, squares((1, 2), start), 3).proof(None);
    assert_eq!(proof(Start::Times(1)).unwrap().status, PROVED);
    assert_eq!(proof(Start::Times(2)), Err(SeriesFault::StartsElsewhere));
    for power in 0..3 {
        assert_eq!(proof(Start::Moved(power)), Err(SeriesFault::StartsElsewhere), "{power}");
    }
    // Off by no more than the error claimed it starts where it should.
    assert_eq!(proof(Start::Moved(3)).unwrap().status, PROVED);
}

#[test]
fn a_refutation_has_the_coefficients_of_the_field_however_long_a_block_is() {
    let ratio = |n: i64, d: i64| Rational::new(n.into(), d.into());
    let flow = |c| squares(c, Start::Times(1));
    let failure = |theorem: &Theorem| {
        let proof = theorem.proof(None).unwrap();
        assert_eq!(proof.status, REFUTED);
        let failure = proof.first_failure.unwrap();
        (failure.actual, failure.claimed)
    };
    let wrong = claimed(AlongSquares, flow((1, 3)), 3);
    assert_eq!(failure(&wrong), (ratio(-1, 2), ratio(-1, 3)));
    let two = |path: &[Draw], _: usize| -> Vec<Draw> {
        if path.len() < 2 { vec![Draw::Full] } else { Vec::new() }
    };
    let tracking = Tracking::new(AlongSquares, flow((1, 3))).local(3).sampled(move |_| two);
    let twice = Theorem::new("twice").stating(tracking);
    assert_eq!(failure(&twice), (ratio(-1, 2), ratio(-1, 3)));
}

/// v ← v/2, then w ← w − ε g + ε v ∘ (v − g/2), with v = `share` g at the start: of one whole g the first step
/// shows nothing.
struct Hidden {
    share: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Hidden {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        a.scale(&a.fraction(1, 2), &mut s.memory[0]);
        let mut off = s.memory[0].clone();
        a.axpy(&a.fraction(-1, 2), &g, &mut off);
        let shown = a.apply(&Product, &[&s.memory[0], &off]);
        a.axpy(&-eps.clone(), &g, &mut s.w);
        a.axpy(eps, &shown, &mut s.w);
    }
    fn memory(&self) -> usize {
        1
    }
    fn initial_memory(&self, a: &mut A, _eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let mut v = a.gradient(Batch::Full, w);
        a.scale(&a.ratio(self.share), &mut v);
        vec![v]
    }
}

#[test]
fn a_start_that_a_map_shows_in_the_second_step_is_seen() {
    let proof = |share: (i64, i64)| {
        claimed(Hidden { share: share.into() }, GradientPenalty::default(), 3).proof(None)
    };
    assert_eq!(proof((0, 1)).unwrap().status, PROVED);
    for share in [(1, 1), (1, 2), (2, 1)] {
        assert_eq!(proof(share), Err(SeriesFault::StartsOffManifold), "{share:?}");
    }
}
