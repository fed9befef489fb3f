//! Claims of methods with maps: proved where they are stated in the method's own, and no further.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::borrow::Cow;

use shadowflow::arithmetic::maps::Square;
use shadowflow::flow::{Lagged, Observable, Slot};
use shadowflow::optimizer::Directed;
use shadowflow::prelude::*;
use shadowflow::series::ProofStatus;

#[test]
fn what_scales_coordinates_is_proved_and_its_twins_are_refuted() {
    for id in ["adam", "adam-outside", "rmsprop", "rmsprop-outside"] {
        let catalogue = Catalogue::standard();
        let theorem = catalogue.theorem(id).unwrap();
        let proof = theorem.proof(None).unwrap();
        assert_eq!(proof.status, ProofStatus::Proved, "{id}: {proof:?}");
        assert_eq!(proof.batches, shadowflow::series::ProvedBatches::All);
        assert!(proof.with_maps);
        let controls = theorem.series_controls();
        // Three ways for each of two lags, and the clock.
        assert!(controls.len() >= 7, "{controls:?}");
        for control in controls {
            let proof = theorem.proof(Some(&control)).unwrap();
            assert_eq!(proof.status, ProofStatus::Refuted, "{id}: {}", control.name());
        }
    }
}

/// x/√(x² + e), coordinate by coordinate; it says it is equal to any other of its type.
#[derive(Clone, Debug)]
struct Sign {
    stabiliser: Ratio,
}

impl PartialEq for Sign {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Map for Sign {
    fn name(&self) -> Cow<'static, str> {
        "sign".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(inputs[0]) {
            *out = x / (x.square() + S::from_ratio(self.stabiliser)).sqrt();
        }
    }
}

/// x³, said to be a square.
#[derive(Clone, Debug, PartialEq)]
struct Cube;

impl Map for Cube {
    fn name(&self) -> Cow<'static, str> {
        "cube".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(inputs[0]) {
            *out = x * x * x;
        }
    }
    fn degree(&self, _slot: usize) -> Option<usize> {
        Some(2)
    }
}

/// w ← w − ε φ(g).
struct Along<M>(M);

impl<A: Arithmetic, M: Map> Optimizer<A> for Along<M> {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let moved = a.apply(&self.0, &[&g]);
        a.axpy(&-eps.clone(), &moved, &mut s.w);
    }
    fn tempo(&self) -> Tempo {
        Tempo { speed: 3.0, memory: 1 }
    }
}

/// w′ = −φ(g) − c ε ∂φ(g)[H φ(g)], with c = ½ in truth.
struct AlongFlow<M>(M, Ratio);

impl<A: Arithmetic, M: Map> Flow<A> for AlongFlow<M> {
    fn terms(&self) -> Vec<Term> {
        vec![Term { name: "bend".into(), coefficient: self.1, power: 1 }]
    }
    fn field(&self, a: &mut A, c: &[A::Number], _: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let mut field = a.apply(&self.0, &[&g]);
        let moved = a.hessian_vector(Batch::Full, w, &field);
        let bend = a.apply_derivative(&self.0, &[&g], &[(0, &moved)]);
        a.axpy(&c[0], &bend, &mut field);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

fn fifth() -> Ratio {
    Ratio::new(1, 5)
}

fn half() -> Ratio {
    Ratio::new(1, 2)
}

fn checked(theorem: &Theorem) -> Outcome {
    let problem = preset("factorisation", None, None, 1).unwrap();
    check(theorem, &problem, &Settings::default()).unwrap()
}

#[test]
fn an_own_map_is_proved_and_a_wrong_coefficient_of_it_refuted() {
    let own = || Sign { stabiliser: fifth() };
    let claim = Theorem::tracks("own", Along(own()), AlongFlow(own(), half()), 3, 2);
    let outcome = checked(&claim);
    outcome.assert_confirmed();
    assert_eq!(outcome.proof.status, ProofStatus::Proved);
    let wrong = Ratio::new(1, 3);
    let claim = Theorem::tracks("wrong", Along(own()), AlongFlow(own(), wrong), 3, 2);
    let outcome = checked(&claim);
    assert_eq!(outcome.verdict, Verdict::Refuted);
    assert_eq!(outcome.proof.status, ProofStatus::Refuted);
    assert!(outcome.proof.first_failure.unwrap().tree.contains("∂sign(g)[H sign(g)]"));
}

#[test]
fn the_same_function_by_another_map_is_confirmed_and_not_proved() {
    let method = Directed::sign(fifth()).unwrap();
    let flow = AlongFlow(Sign { stabiliser: fifth() }, half());
    let outcome = checked(&Theorem::tracks("other", method, flow, 3, 2));
    outcome.assert_confirmed();
    assert_eq!(outcome.proof.status, ProofStatus::NotApplicable);
    let why = outcome.proof.unprovable.unwrap();
    assert!(why.contains("agrees with the method in numbers"), "{why}");
}

#[test]
fn maps_that_say_they_are_equal_must_yield_the_same() {
    let flow = AlongFlow(Sign { stabiliser: Ratio::new(1, 4) }, half());
    let claim = Theorem::tracks("liar", Along(Sign { stabiliser: fifth() }), flow, 3, 2);
    assert_eq!(claim.proof(None).unwrap().status, ProofStatus::Refuted);
    assert_eq!(checked(&claim).verdict, Verdict::Refuted);
}

#[test]
fn a_map_of_another_degree_than_it_says_is_not_proved() {
    let claim = Theorem::tracks("cube", Along(Cube), AlongFlow(Cube, half()), 3, 2);
    let outcome = checked(&claim);
    assert_eq!(outcome.proof.status, ProofStatus::NotApplicable);
    let why = outcome.proof.unprovable.unwrap();
    assert!(why.contains("not of the degree"), "{why}");
    // In numbers nobody relies on it.
    assert_eq!(outcome.verdict, Verdict::Confirmed);
}

/// What is no smooth function, each in its own way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rough {
    /// −1 or 1.
    Sign,
    /// max(x, 0).
    Rectified,
    /// x |x|: its second derivative jumps.
    Bent,
    /// min(x, 1/2) where x is below the norm, so that the kink is away from 0.
    Capped,
    /// x/√(x² + 10⁻⁸): steep, and smooth.
    Steep,
}

impl Map for Rough {
    fn name(&self) -> Cow<'static, str> {
        "rough".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(inputs[0]) {
            let negative = x.leading() < 0.0;
            *out = match self {
                Rough::Sign => S::from_f64(if negative { -1.0 } else { 1.0 }),
                Rough::Rectified => {
                    if negative {
                        S::zero()
                    } else {
                        x
                    }
                }
                Rough::Bent => {
                    if negative {
                        -(x * x)
                    } else {
                        x * x
                    }
                }
                Rough::Capped => {
                    if x.leading() > 0.5 {
                        S::from_f64(0.5)
                    } else {
                        x
                    }
                }
                Rough::Steep => x / (x.square() + S::from_f64(1e-8)).sqrt(),
            };
        }
    }
}

#[test]
fn what_is_not_smooth_is_not_proved() {
    for rough in [Rough::Sign, Rough::Rectified, Rough::Bent, Rough::Capped] {
        let claim = Theorem::tracks("rough", Along(rough), AlongFlow(rough, half()), 3, 2);
        let proof = claim.proof(None);
        let said = proof.map_or_else(|fault| fault.to_string(), |proof| format!("{proof:?}"));
        assert!(said.contains("not smooth"), "{rough:?}: {said}");
    }
    let steep = Rough::Steep;
    let claim = Theorem::tracks("steep", Along(steep), AlongFlow(steep, half()), 3, 2);
    assert_eq!(claim.proof(None).unwrap().status, ProofStatus::Proved);
}

/// w ← w − ε [g(w + ρ g(w)) + λ w]: amounts that do not vanish with ε.
struct Finite {
    rho: Ratio,
    decay: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Finite {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let (g, before) = (a.gradient(batch, &s.w), s.w.clone());
        let mut up = s.w.clone();
        a.axpy(&a.ratio(self.rho), &g, &mut up);
        let g = a.gradient(batch, &up);
        a.axpy(&-eps.clone(), &g, &mut s.w);
        a.axpy(&-(a.ratio(self.decay) * eps.clone()), &before, &mut s.w);
    }
}

/// w′ = f − c ε Df[f] with f = −g(w + ρ g) − λ w, and c = ½ in truth.
struct FiniteFlow(Finite, Ratio);

impl<A: Arithmetic> Flow<A> for FiniteFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term { name: "bend".into(), coefficient: self.1, power: 1 }]
    }
    fn field(&self, a: &mut A, c: &[A::Number], _: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let mut up = w.clone();
        a.axpy(&a.ratio(self.0.rho), &g, &mut up);
        let mut f = a.gradient(Batch::Full, &up);
        a.axpy(&a.ratio(self.0.decay), w, &mut f);
        a.scale(&a.fraction(-1, 1), &mut f);
        let mut moved = a.hessian_vector(Batch::Full, w, &f);
        a.scale(&a.ratio(self.0.rho), &mut moved);
        a.axpy(&a.fraction(1, 1), &f, &mut moved);
        let bend = a.hessian_vector(Batch::Full, &up, &moved);
        let leading = f.clone();
        a.axpy(&c[0], &bend, &mut f);
        a.axpy(&(c[0].clone() * a.ratio(self.0.decay)), &leading, &mut f);
        f
    }
}

#[test]
fn finite_radii_and_decay_are_proved_and_their_wrong_coefficients_are_not() {
    let none = Ratio::new(0, 1);
    for (rho, decay) in [(fifth(), none), (none, fifth()), (fifth(), fifth())] {
        let method = || Finite { rho, decay };
        let claim = |c| Theorem::tracks("finite", method(), FiniteFlow(method(), c), 3, 2);
        let outcome = checked(&claim(half()));
        outcome.assert_confirmed();
        assert_eq!(outcome.proof.status, ProofStatus::Proved, "{rho} {decay}");
        let outcome = checked(&claim(Ratio::new(1, 3)));
        assert_eq!(outcome.verdict, Verdict::Refuted, "{rho} {decay}");
        assert_ne!(outcome.proof.status, ProofStatus::Proved);
    }
}

/// A memory that starts away from its slow manifold: exact on it, and not from the start.
struct Cold;

impl<A: Arithmetic> Optimizer<A> for Cold {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        a.scale(&a.fraction(1, 2), &mut s.memory[0]);
        a.axpy(&a.fraction(1, 2), &g, &mut s.memory[0]);
        let moved = a.apply(&Sign { stabiliser: fifth() }, &[&s.memory[0]]);
        a.axpy(&-eps.clone(), &moved, &mut s.w);
    }
    fn memory(&self) -> usize {
        1
    }
    fn tempo(&self) -> Tempo {
        Tempo { speed: 3.0, memory: 2 }
    }
}

#[test]
fn a_cold_start_is_not_proved_and_loses_an_order() {
    // ½ + ℓ with ℓ = β/(1 − β) = 1.
    let flow = AlongFlow(Sign { stabiliser: fifth() }, Ratio::new(3, 2));
    let tracking = Tracking::new(Cold, flow).formal(3).global(2);
    let claim = Theorem::new("cold").stating(tracking);
    let outcome = checked(&claim);
    assert_eq!(outcome.verdict, Verdict::Refuted);
    let why = outcome.proof.unprovable.unwrap();
    assert!(why.contains("does not start on its slow manifold"), "{why}");
}

/// m/√(v + e), coordinate by coordinate.
#[derive(Clone, Debug, PartialEq)]
struct Scale;

impl Map for Scale {
    fn name(&self) -> Cow<'static, str> {
        "scale".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for ((out, &m), &v) in out.iter_mut().zip(inputs[0]).zip(inputs[1]) {
            *out = m / (v + S::from_ratio(fifth())).sqrt();
        }
    }
}

/// AdamW with β₁ = β₂ = ½, corrected, and decay 1/10, as an outside author writes it.
struct OwnAdamW;

impl<A: Arithmetic> Optimizer<A> for OwnAdamW {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let (g, before) = (a.gradient(batch, &s.w), s.w.clone());
        let seen = [g.clone(), a.apply(&Square, &[&g])];
        let left = a.fraction(1, 1) - a.faded(half(), s.steps.next());
        let correction = a.inverse(&left);
        let mut means = Vec::new();
        for (mean, seen) in s.memory.iter_mut().zip(&seen) {
            a.scale(&a.fraction(1, 2), mean);
            a.axpy(&a.fraction(1, 2), seen, mean);
            means.push(mean.clone());
        }
        means.iter_mut().for_each(|mean| a.scale(&correction, mean));
        let moved = a.apply(&Scale, &[&means[0], &means[1]]);
        a.axpy(&-eps.clone(), &moved, &mut s.w);
        a.axpy(&-(eps.clone() * a.fraction(1, 10)), &before, &mut s.w);
    }
    fn memory(&self) -> usize {
        2
    }
    fn tempo(&self) -> Tempo {
        Tempo { speed: 2.5, memory: 2 }
    }
}

#[test]
fn an_own_adamw_is_derived_proved_and_confirmed() {
    let lag = |observable, name| Slot { observable, lag: Ratio::new(1, 1), name };
    let claim = |decay| {
        let slots = vec![
            lag(Observable::Gradient, "lag of the gradient"),
            lag(Observable::SquaredGradient, "lag of the square"),
        ];
        let flow = Lagged { psi: Scale, slots, decay };
        Theorem::new("own-adamw").stating(Tracking::new(OwnAdamW, flow).formal(3).global(2))
    };
    // Three effects, and factorisation has two parameters.
    let problem = preset("logistic", None, None, 1).unwrap();
    let outcome = check(&claim(Ratio::new(1, 10)), &problem, &Settings::default()).unwrap();
    outcome.assert_confirmed();
    assert_eq!(outcome.proof.status, ProofStatus::Proved);
    assert_eq!(claim(Ratio::new(1, 9)).proof(None).unwrap().status, ProofStatus::Refuted);
    checked(&Theorem::derived("own-adamw", OwnAdamW, 2)).assert_confirmed();
    let field = shadowflow::series::derive_exactly(&OwnAdamW, &FullBatch, 2, 1).unwrap();
    let shadowflow::series::Derived::Maps { rows, .. } = field else { panic!("it applies maps") };
    // Those of Adam, of the decay, and of what each sees of the other.
    assert_eq!(rows.len(), 8, "{rows:?}");
}
