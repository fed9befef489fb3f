//! Generic losses with one fault each.

use std::sync::atomic::AtomicU64;

use shadowflow::loss::{Flaw, Loss, Problem, Quantity, examine};
use shadowflow::prelude::*;
use shadowflow::scalar::Tape;

use super::own::{Fault, START, flaw, own, passes};

#[test]
fn without_a_fault_it_passes() {
    passes(&own(Fault::None));
}

/// The component, the minibatch and both numbers stand in the sentence.
#[test]
fn a_component_that_is_doubled_is_named() {
    for component in 0..3 {
        let problem = own(Fault::Factor { component, batch: None, factor: 2.0 });
        let flaw = flaw(&problem);
        let Flaw::NotTheDerivative { entry, of: Quantity::Value, claimed, found, .. } = &flaw
        else {
            panic!("{flaw}");
        };
        assert_eq!((entry.quantity, entry.component), (Quantity::Gradient, component));
        assert!((claimed / found - 2.0).abs() < 1e-12, "{flaw}");
        let text = flaw.to_string();
        let parts = [
            format!("component {component} of the gradient of minibatch {}", entry.batch),
            "w = (1, -0.75, 0.6)".to_owned(),
            claimed.to_string(),
            found.to_string(),
        ];
        assert!(parts.iter().all(|part| text.contains(part.as_str())), "{text}");
    }
}

#[test]
fn a_component_that_is_off_in_one_minibatch_only_is_named() {
    for (component, batch, off) in [(0, 2, 1e-5), (1, 0, -1e-5), (2, 1, 1e-7), (0, 1, 1e-10)] {
        let problem = own(Fault::Factor { component, batch: Some(batch), factor: 1.0 + off });
        let flaw = flaw(&problem);
        let Flaw::NotTheDerivative { entry, claimed, found, .. } = &flaw else { panic!("{flaw}") };
        assert_eq!((entry.component, entry.batch), (component, batch), "{flaw}");
        assert!((claimed / found - 1.0 - off).abs() < 0.1 * off.abs(), "{flaw}");
    }
}

#[test]
fn a_gradient_of_the_wrong_sign_shift_or_factor_is_wrong() {
    let shift = Fault::Shift { component: 1, by: 1e-6 };
    for fault in
        [Fault::Everywhere(-1.0), shift, Fault::Everywhere(3.0), Fault::Everywhere(1.0 + 1e-7)]
    {
        let flaw = flaw(&own(fault));
        assert!(matches!(flaw, Flaw::NotTheDerivative { of: Quantity::Value, .. }), "{flaw}");
    }
}

#[test]
fn a_gradient_that_is_turned_or_has_a_curl_is_wrong() {
    for fault in [Fault::Turned(1.0), Fault::Turned(1e-4), Fault::Curl(0.3), Fault::Curl(1e-6)] {
        let flaw = flaw(&own(fault));
        let Flaw::NotTheDerivative { entry, .. } = &flaw else { panic!("{flaw}") };
        assert!(entry.component < 2, "{flaw}");
    }
}

#[test]
fn gradients_in_single_precision_are_told_from_wrong_ones() {
    for keep in [true, false] {
        let flaw = flaw(&own(Fault::SingleGradient { keep }));
        assert!(matches!(flaw, Flaw::FewDigits { digits: 6..=8, .. }), "{flaw}");
        let text = flaw.to_string();
        assert!(
            text.contains("gradients carry about 7 digits") && text.contains("in f64"),
            "{text}"
        );
    }
}

#[test]
fn values_in_single_precision_do_not_blame_the_gradient() {
    for keep in [true, false] {
        let problem = own(Fault::SingleValue { keep });
        for seed in 1..20 {
            let flaw = examine(&problem, seed).unwrap_err();
            assert!(matches!(flaw, Flaw::FewDigits { digits: 7..=8, .. }), "{seed}: {flaw}");
            assert!(flaw.to_string().contains("the values carry about"), "{seed}: {flaw}");
        }
    }
}

#[test]
fn a_value_without_derivatives_does_not_blame_the_gradient() {
    let flaw = flaw(&own(Fault::Detached));
    assert!(matches!(flaw, Flaw::Detached { .. }), "{flaw}");
}

#[test]
fn what_is_not_finite_at_the_start_is_named() {
    let text = flaw(&own(Fault::NoValue(1))).to_string();
    assert!(text.contains("the value of minibatch 1") && text.contains("NaN"), "{text}");
    let text = flaw(&own(Fault::Infinite { component: 2, batch: 0 })).to_string();
    assert!(text.contains("component 2 of the gradient of minibatch 0"), "{text}");
    assert!(text.contains("inf"), "{text}");
}

#[test]
fn answers_that_differ_at_each_call_are_noise() {
    for size in [1e-9, 1e-14, 1.0] {
        let text = flaw(&own(Fault::NoisyValue(size, AtomicU64::new(1)))).to_string();
        assert!(
            text.contains("the value of minibatch 0") && text.contains("at the next"),
            "{text}"
        );
        let text = flaw(&own(Fault::NoisyGradient(size, AtomicU64::new(1)))).to_string();
        assert!(text.contains("component 2 of the gradient of minibatch 0"), "{text}");
    }
}

/// Gradient descent goes from w₀ = 1 downwards and from w₁ = −¾ upwards: jumps on the way are seen.
#[test]
fn a_value_that_jumps_says_where_and_by_how_much() {
    for (along, by) in [(0, 0.1), (0, -3.0), (0, 1e-7), (1, 2.0), (2, 1e-5)] {
        // Somewhat inside the path.
        let at = START[along] + [-0.02, 0.01, -0.01][along];
        let flaw = flaw(&own(Fault::Jump { along, at, by }));
        let Flaw::Jump { change, place, integral, .. } = &flaw else { panic!("{flaw}") };
        assert!((place.0[along] - at).abs() < 1e-6, "{flaw}");
        assert!((change.abs() - f64::abs(by)).abs() < 1e-2 * f64::abs(by), "{flaw}");
        assert!(integral.abs() < 1e-7, "{flaw}");
    }
}

#[test]
fn a_false_claim_to_be_quadratic_is_named() {
    for (batch, cubic) in [(0, 1.0), (2, 1e-3), (1, 1e-7)] {
        let flaw = flaw(&own(Fault::NotQuadratic { batch, cubic }));
        let Flaw::NotQuadratic { entry, .. } = &flaw else { panic!("{flaw}") };
        assert_eq!((entry.batch, entry.component), (batch, 2), "{flaw}");
        assert!(flaw.to_string().starts_with("is_quadratic is claimed, but component 2"), "{flaw}");
    }
    passes(&own(Fault::NotQuadratic { batch: 0, cubic: 0.0 }));
}

/// Clones pay once; another seed and another start are looked at afresh.
#[test]
fn an_examination_is_kept_with_the_problem() {
    let seen = |problem: &Problem, seed| match examine(problem, seed) {
        Err(Flaw::NotRepeatable { first, .. }) => first,
        other => panic!("{other:?}"),
    };
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
    let problem = own(Fault::NoisyValue(1.0, AtomicU64::new(1)));
    let first = seen(&problem, 1);
    assert!(same(first, seen(&problem, 1)) && same(first, seen(&problem.clone(), 1)));
    assert!(!same(first, seen(&problem, 2)) && same(first, seen(&problem, 1)));
    let moved = problem.started_at("moved", problem.start().clone());
    assert!(!same(first, seen(&moved, 1)) && same(first, seen(&problem, 1)));
}

/// Where the gradient vanishes all along the path, it is held against the value beside it.
#[test]
fn a_gradient_doubled_at_rest_is_seen_beside_the_start() {
    struct Rest;
    impl Loss for Rest {
        fn dim(&self) -> usize {
            2
        }
        fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
            w[0].square() + w[1].square().scale(0.5)
        }
        fn gradient<S: Scalar>(&self, _batch: usize, w: &[S], out: &mut [S]) {
            out[0] = w[0].scale(2.0);
            out[1] = w[1].scale(2.0);
        }
    }
    let flaw = flaw(&Problem::new("rest", Rest, DVector::zeros(2)));
    let Flaw::NotTheDerivative { entry, of: Quantity::Value, claimed, found, .. } = &flaw else {
        panic!("{flaw}");
    };
    assert!(entry.component == 1 && (claimed / found - 2.0).abs() < 1e-12, "{flaw}");
}

/// Of many components the wrong one is found by halves.
#[test]
fn one_of_many_components_is_found() {
    struct Long(usize);
    impl Loss for Long {
        fn dim(&self) -> usize {
            150
        }
        fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
            w.windows(2).fold(S::zero(), |sum, pair| sum + (pair[0] * pair[1]).tanh())
        }
        fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
            Tape::gradient(w, |variables| self.value(batch, variables), out);
            out[self.0] = out[self.0].scale(1.0 + 1e-6);
        }
    }
    let start = DVector::from_fn(150, |i, _| 0.5 + 0.3 * (i as f64).sin());
    for wrong in [0, 77, 149] {
        let flaw = flaw(&Problem::new("long", Long(wrong), start.clone()));
        let Flaw::NotTheDerivative { entry, .. } = &flaw else { panic!("{flaw}") };
        assert_eq!(entry.component, wrong, "{flaw}");
        assert!(flaw.to_string().contains(", …) is "), "{flaw}");
    }
}
