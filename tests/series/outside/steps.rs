//! Methods that count their steps, and methods whose first steps fade.

use shadowflow::flow::{GradientFlow, GradientPenalty};
use shadowflow::prelude::*;
use shadowflow::series::SeriesFault;

use super::{PROVED, assert_refuted_at, checked, claimed};

/// w ← w − ε (1 + `late` [n ≥ `after`]) g: another method from some step on.
struct Changing {
    after: usize,
    late: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Changing {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let late = a.count(s.steps) >= self.after;
        let speed = if late { Ratio::new(1, 1) + self.late } else { Ratio::new(1, 1) };
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(a.ratio(speed) * eps.clone()), &g, &mut s.w);
    }
}

/// w ← w − ε g − `share` βⁿ ε^`power` (−H)^(power−1) g: what its first steps have more fades.
struct Fading {
    beta: Ratio,
    share: Ratio,
    power: usize,
}

impl<A: Arithmetic> Optimizer<A> for Fading {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let mut c = a.faded(self.beta, s.steps) * a.ratio(self.share);
        let mut more = g.clone();
        for n in 0..self.power {
            c = c * eps.clone();
            if n > 0 {
                more = a.hessian_vector(batch, &s.w, &more);
            }
        }
        a.axpy(&-eps.clone(), &g, &mut s.w);
        a.axpy(&-c, &more, &mut s.w);
    }
}

#[test]
fn a_method_that_counts_its_steps_is_measured_and_not_proved() {
    let half = Ratio::new(1, 2);
    for after in [0, 1, 20, 1_000_000] {
        let theorem = claimed(Changing { after, late: half }, GradientPenalty::default(), 3);
        assert_eq!(theorem.proof(None).unwrap_err().to_string(), "it counts its steps");
    }
    // The first step is the claim's, the others are not: nothing but the fixed time shows it.
    let late = claimed(Changing { after: 20, late: half }, GradientPenalty::default(), 3);
    assert_ne!(checked(&late, "factorisation", None).verdict, Verdict::Confirmed);
    // A method that only looks is as true as before, and says what evidence it lacks.
    let idle =
        claimed(Changing { after: 20, late: Ratio::new(0, 1) }, GradientPenalty::default(), 3);
    let outcome = checked(&idle, "factorisation", None);
    outcome.assert_confirmed();
    assert_eq!(outcome.reason.as_deref(), Some("not proved: it counts its steps"));
    assert_eq!(outcome.proof.unprovable.as_deref(), Some("it counts its steps"));
}

#[test]
fn what_fades_is_proved_where_the_first_steps_do_not_show_it() {
    let fading =
        |power, beta: (i64, i64)| Fading { beta: beta.into(), share: (1, 3).into(), power };
    for power in 1..5 {
        let theorem = claimed(fading(power, (1, 2)), GradientPenalty::default(), 3);
        let proof = theorem.proof(None);
        if power < 3 {
            assert_eq!(proof, Err(SeriesFault::StartsOffManifold), "{power}");
        } else {
            assert_eq!(proof.unwrap().status, PROVED, "{power}");
        }
    }
    let seen =
        checked(&claimed(fading(1, (1, 2)), GradientPenalty::default(), 3), "logistic", None);
    assert_eq!(seen.verdict, Verdict::Refuted);
    for beta in [(1, 1), (-1, 1), (3, 2)] {
        let fault =
            claimed(fading(3, beta), GradientPenalty::default(), 3).proof(None).unwrap_err();
        assert!(fault.to_string().contains("does not fade"), "{fault}");
    }
    // On the manifold it has faded, so a wrong field is still refuted where it can be.
    let wrong = claimed(fading(3, (1, 2)), GradientFlow, 3).proof(None).unwrap();
    assert_refuted_at(&wrong, "a[a]", 1);
}

/// w ← w − ε (1 + βⁿ(1 − βⁿ)) g: like descent in its first step, and in the long run.
struct Humped {
    beta: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Humped {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let (one, left) = (a.fraction(1, 1), a.faded(self.beta, s.steps));
        let speed = one.clone() + left.clone() * (one - left);
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(speed * eps.clone()), &g, &mut s.w);
    }
}

#[test]
fn what_fades_is_looked_at_for_more_than_a_step() {
    let humped = claimed(Humped { beta: (1, 2).into() }, GradientPenalty::default(), 3);
    assert_eq!(humped.proof(None), Err(SeriesFault::StartsOffManifold));
    assert_eq!(checked(&humped, "logistic", None).verdict, Verdict::Refuted);
    let at_once = claimed(Humped { beta: (0, 1).into() }, GradientPenalty::default(), 3);
    assert_eq!(at_once.proof(None).unwrap().status, PROVED);
    checked(&at_once, "logistic", None).assert_confirmed();
}

/// w ← w − ε (1 + c) g with c = β⁰: the power of no steps at all, which does not fade.
struct Standing;

impl<A: Arithmetic> Optimizer<A> for Standing {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let c = a.fraction(1, 1) + a.faded(Ratio::new(1, 2), Steps::default());
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(c * eps.clone()), &g, &mut s.w);
    }
}

#[test]
fn what_fades_with_no_steps_does_not_fade() {
    let proof = claimed(Standing, GradientFlow, 2).proof(None).unwrap();
    let failure = proof.first_failure.unwrap();
    assert_eq!((failure.actual.to_string(), failure.claimed.to_string()), ("2".into(), "1".into()));
    assert_eq!(
        checked(&claimed(Standing, GradientFlow, 2), "logistic", None).verdict,
        Verdict::Refuted
    );
}
