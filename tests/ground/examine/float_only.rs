//! The same faults in losses that another program computes, known in `f64` only.

use std::sync::atomic::{AtomicU64, Ordering};

use shadowflow::loss::{Flaw, Problem, Quantity, examine};
use shadowflow::prelude::*;

use super::own::{Fault, START, flaw, own, passes};

/// Changes the value of a minibatch at a point.
type OnValue = fn(usize, &[f64], f64) -> f64;
/// Changes a gradient at a point, or a product with a direction.
type OnVector = fn(usize, &[f64], &mut [f64]);

/// What a foreign program gives: the true loss, each part changed by a closure.
struct Parts {
    value: Option<OnValue>,
    gradient: OnVector,
    product: OnVector,
    third: Option<fn(usize, &mut [f64])>,
}

const TRUE: Parts = Parts {
    value: Some(|_, _, value| value),
    gradient: |_, _, _| {},
    product: |_, _, _| {},
    third: Some(|_, _| {}),
};

fn foreign(parts: Parts) -> Problem {
    let [a, b, c, d] = [(); 4].map(|()| own(Fault::None).float());
    let mut loss = Closures::new(
        3,
        3,
        move |k, w, out| {
            a.gradient(k, w, out);
            (parts.gradient)(k, w, out);
        },
        move |k, w, v, out| {
            b.hessian_vector(k, w, v, out);
            (parts.product)(k, v, out);
        },
    );
    if let Some(value) = parts.value {
        loss = loss.with_value(move |k, w| value(k, w, c.value(k, w)));
    }
    if let Some(third) = parts.third {
        loss = loss.with_third(move |k, w, u, v, out| {
            d.third_derivative(k, w, u, v, out);
            third(k, out);
        });
    }
    Problem::from_closures("foreign", loss, DVector::from_column_slice(&START))
}

fn single(x: &mut [f64]) {
    x.iter_mut().for_each(|x| *x = f64::from(*x as f32));
}

#[test]
fn true_ones_pass_with_and_without_value_and_third_derivative() {
    passes(&foreign(TRUE));
    passes(&foreign(Parts { value: None, ..TRUE }));
    passes(&foreign(Parts { third: None, ..TRUE }));
    let bare = foreign(Parts { value: None, third: None, ..TRUE });
    passes(&bare);
    assert!(!bare.has_value() && !bare.has_third());
    assert!(bare.float().value(0, &START).is_nan());
    let whole = foreign(TRUE);
    assert!(whole.has_value() && whole.has_third());
    assert!(
        (whole.float().value(1, &START) - own(Fault::None).float().value(1, &START)).abs() < 1e-15
    );
    let mut third = [0.0; 3];
    whole.float().third_derivative(0, &START, &[1.0; 3], &[1.0, 0.0, 0.5], &mut third);
    assert!(third.iter().all(|x| x.is_finite() && x.abs() > 0.0));
}

#[test]
fn a_gradient_that_is_not_of_its_value_is_named_with_a_bar() {
    let slips: [(usize, Option<usize>, OnVector); 4] = [
        (1, None, |_, _, g| g[1] *= 2.0),
        (0, Some(2), |k, _, g| g[0] *= if k == 2 { 1.0 + 1e-5 } else { 1.0 }),
        (2, Some(1), |k, _, g| g[2] *= if k == 1 { 1.0 - 1e-8 } else { 1.0 }),
        (0, None, |_, _, g| g.iter_mut().for_each(|g| *g = -*g)),
    ];
    for (component, batch, gradient) in slips {
        let flaw = flaw(&foreign(Parts { gradient, ..TRUE }));
        let Flaw::NotTheDerivative { entry, of: Quantity::Value, claimed, found, bar } = &flaw
        else {
            panic!("{flaw}");
        };
        assert!(*bar > 0.0 && (claimed - found).abs() > 3.0 * bar, "{flaw}");
        assert!(flaw.to_string().contains(" ± "), "{flaw}");
        assert_eq!(entry.quantity, Quantity::Gradient);
        let signs = claimed * found < 0.0;
        assert!(signs || entry.component == component, "{flaw}");
        assert!(batch.is_none_or(|k| entry.batch == k), "{flaw}");
    }
}

/// Without a value a doubled component contradicts the products, and a field with a curl has no symmetric ones.
#[test]
fn a_gradient_without_a_value_is_held_against_its_products() {
    let doubled = flaw(&foreign(Parts { value: None, gradient: |_, _, g| g[1] *= 2.0, ..TRUE }));
    let Flaw::NotTheDerivative { entry, of: Quantity::Gradient, .. } = &doubled else {
        panic!("{doubled}");
    };
    assert_eq!((entry.quantity, entry.component), (Quantity::HessianVector, 1));

    let curl = Parts {
        value: None,
        third: None,
        gradient: |_, w, g| {
            g[0] += 0.3 * w[1];
            g[1] -= 0.3 * w[0];
        },
        product: |_, v, out| {
            out[0] += 0.3 * v[1];
            out[1] -= 0.3 * v[0];
        },
    };
    let flaw = flaw(&foreign(curl));
    let Flaw::NotSymmetric { row: 0, column: 1, above, below, .. } = &flaw else {
        panic!("{flaw}")
    };
    assert!((above - below - 0.6).abs() < 1e-12, "{flaw}");
}

#[test]
fn products_and_third_derivatives_that_are_wrong_are_named() {
    let flaw_of = |product| flaw(&foreign(Parts { product, value: None, third: None, ..TRUE }));
    for product in [(|_, _, out: &mut [f64]| out[2] *= 2.0) as OnVector, |k, _, out| {
        out[0] += if k == 1 { 1e-5 } else { 0.0 }
    }] {
        let flaw = flaw_of(product);
        assert!(matches!(flaw, Flaw::NotTheDerivative { of: Quantity::Gradient, .. }), "{flaw}");
    }
    for third in
        [(|_, out: &mut [f64]| out[0] *= -1.0) as fn(usize, &mut [f64]), |_, out| out[1] += 1e-3]
    {
        let flaw = flaw(&foreign(Parts { third: Some(third), ..TRUE }));
        assert!(
            matches!(flaw, Flaw::NotTheDerivative { of: Quantity::HessianVector, .. }),
            "{flaw}"
        );
    }
}

#[test]
fn single_precision_is_told_from_a_wrong_formula() {
    let gradients = Parts { gradient: |_, _, g| single(g), ..TRUE };
    let without_value = Parts { value: None, third: None, gradient: |_, _, g| single(g), ..TRUE };
    let products = Parts { product: |_, _, out| single(out), ..TRUE };
    let values = Parts { value: Some(|_, _, value| f64::from(value as f32)), ..TRUE };
    for (parts, what) in [
        (gradients, "gradients"),
        (without_value, "gradients"),
        (products, "products"),
        (values, "values"),
    ] {
        let flaw = flaw(&foreign(parts));
        assert!(matches!(flaw, Flaw::FewDigits { digits: 6..=8, .. }), "{what}: {flaw}");
        assert!(flaw.to_string().contains(&format!("{what} carry about")), "{what}: {flaw}");
    }
}

#[test]
fn values_that_are_no_numbers_or_jump_are_named() {
    let none = Parts { value: Some(|k, _, value| if k == 2 { f64::NAN } else { value }), ..TRUE };
    let text = flaw(&foreign(none)).to_string();
    assert!(text.contains("the value of minibatch 2") && text.contains("NaN"), "{text}");
    let jump: OnValue = |_, w, value| value + f64::from(u8::from(w[0] > 0.97));
    let flaw = flaw(&foreign(Parts { value: Some(jump), ..TRUE }));
    let Flaw::Jump { place, .. } = &flaw else { panic!("{flaw}") };
    assert!((place.0[0] - 0.97).abs() < 1e-6, "{flaw}");
}

#[test]
fn noise_at_each_call_is_found() {
    let truth = own(Fault::None).float();
    let (calls, other) = (AtomicU64::new(0), own(Fault::None).float());
    let noisy = Closures::new(
        3,
        3,
        move |k, w, out| {
            truth.gradient(k, w, out);
            out[0] *= 1.0 + 1e-9 * (calls.fetch_add(1, Ordering::Relaxed) as f64).sin();
        },
        move |k, w, v, out| other.hessian_vector(k, w, v, out),
    );
    let problem = Problem::from_closures("noisy", noisy, DVector::from_column_slice(&START));
    assert!(matches!(examine(&problem, 1), Err(Flaw::NotRepeatable { .. })));
}

/// The loss of [`foreign`] with gradients and products of many points in one call, each changed by a closure, the gradients by the
/// number of points too, and how many calls there were.
fn many(
    change: fn(usize, usize, &mut [f64]),
    bend: fn(usize, &mut [f64]),
) -> (Problem, std::sync::Arc<AtomicU64>) {
    let [a, b, c, d] = [(); 4].map(|()| own(Fault::None).float());
    let calls = std::sync::Arc::new(AtomicU64::new(0));
    let (one, other) = (calls.clone(), calls.clone());
    let loss = Closures::new(
        3,
        3,
        move |k, w, out| a.gradient(k, w, out),
        move |k, w, v, out| b.hessian_vector(k, w, v, out),
    )
    .with_gradients(move |k, w, out| {
        let _ = one.fetch_add(1, Ordering::Relaxed);
        let given = k.len();
        for ((&k, w), out) in k.iter().zip(w.chunks(3)).zip(out.chunks_mut(3)) {
            c.gradient(k, w, out);
            change(given, k, out);
        }
    })
    .with_products(move |k, w, v, out| {
        let _ = other.fetch_add(1, Ordering::Relaxed);
        let given = k.iter().zip(w.chunks(3)).zip(v.chunks(3));
        for (((&k, w), v), out) in given.zip(out.chunks_mut(3)) {
            d.hessian_vector(k, w, v, out);
            bend(k, out);
        }
    });
    (Problem::from_closures("many", loss, DVector::from_column_slice(&START)), calls)
}

#[test]
fn many_points_in_one_call_are_what_they_are_one_by_one() {
    let (problem, calls) = many(|_, _, _| {}, |_, _| {});
    let (loss, alone) = (problem.float(), foreign(TRUE).float());
    let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    let labels = [0, 1, 2, 2, 1, 0, 1, 2];
    let w: Vec<f64> = (0..24).map(|i| 0.3 - 0.05 * f64::from(i)).collect();
    let (mut found, mut expected) = ([0.0; 24], [0.0; 24]);
    loss.gradient_in_lanes(&labels, &w, &mut found);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    alone.gradient_in_lanes(&labels, &w, &mut expected);
    assert_eq!(bits(&found), bits(&expected));
    assert_ne!(bits(&found[..1]), bits(&found[1..2]));

    let (mut found, mut expected) = ([0.0; 3], [0.0; 3]);
    loss.mean_penalized_gradient(0.7, &START, &mut found);
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    alone.mean_penalized_gradient(0.7, &START, &mut expected);
    assert_eq!(bits(&found), bits(&expected));
    passes(&problem);
}

#[test]
fn many_points_in_one_call_that_are_others_are_named() {
    let (wrong, _) = many(|_, k, g| g[1] *= if k == 2 { 1.0 + 1e-6 } else { 1.0 }, |_, _| {});
    let Flaw::OtherCode { entry, .. } = flaw(&wrong) else { panic!("another flaw") };
    assert_eq!(entry.quantity, Quantity::MeanPenalizedGradient);
    let (wrong, _) = many(|_, _, _| {}, |k, v| v[0] *= if k == 1 { 1.0 - 1e-6 } else { 1.0 });
    let Flaw::OtherCode { entry, .. } = flaw(&wrong) else { panic!("another flaw") };
    assert_eq!((entry.component, entry.quantity), (0, Quantity::MeanPenalizedGradient));
    // As many as there are minibatches are right, eight are not.
    let (wrong, _) = many(|n, _, g| g[0] += if n == 8 { 1e-6 } else { 0.0 }, |_, _| {});
    let Flaw::OtherCode { entry, .. } = flaw(&wrong) else { panic!("another flaw") };
    assert_eq!(entry.quantity, Quantity::GradientInLanes);
}
