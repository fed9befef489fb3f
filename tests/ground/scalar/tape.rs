//! The tape against hand gradients, duals and `num-dual`.

use num_dual::DualNum;
use shadowflow::scalar::{DoubleDouble, Dual, Jet, Scalar, Tape};

use super::{POINTS, assert_close, digits, formula, formula_of_peer, jet, relative, variable};

/// f(w) = w₀ w₁ + e^{w₂}/w₀ − tanh(w₁ w₂) + ½ softplus(w₀) + √(w₀² + ln(2 + w₁²))
fn surface<S: Scalar>(w: &[S]) -> S {
    let (x, y, z) = (w[0], w[1], w[2]);
    x * y + z.exp() / x - (y * z).tanh()
        + x.softplus().scale(0.5)
        + (x.square() + (S::from_f64(2.0) + y * y).ln()).sqrt()
}

const PLACE: [f64; 3] = [1.25, -0.5, 0.75];

#[test]
fn the_tape_agrees_with_hand_gradients() {
    let mut out = [9.0; 3];
    Tape::gradient(&PLACE, |w| w[0] * w[1] + w[2].exp() / w[0], &mut out);
    let [x, y, z] = PLACE;
    let oracle = [y - z.exp() / (x * x), x, z.exp() / x];
    for (ours, oracle) in out.into_iter().zip(oracle) {
        assert_close("gradient", ours, oracle, 1e-15);
    }
    // Used twice, used never, passed through, and not used at all.
    Tape::gradient(&PLACE, |w| w[1] + w[1] * w[1] - w[1], &mut out);
    assert_eq!(out, [0.0, 2.0 * y, 0.0]);
    Tape::gradient(&PLACE, |w| w[1], &mut out);
    assert_eq!(out, [0.0, 1.0, 0.0]);
    Tape::gradient(&PLACE, |_| Scalar::from_f64(5.0), &mut out);
    assert_eq!(out, [0.0, 0.0, 0.0]);
    Tape::gradient(&PLACE, |w| -w[2] / Scalar::from_f64(4.0), &mut out);
    assert_eq!(out, [0.0, 0.0, -0.25]);
    Tape::gradient(&[] as &[f64], |_| Scalar::zero(), &mut []);
    Tape::gradient(&PLACE, |w| (w[1] - w[1]).sqrt(), &mut out);
    assert!(!out[1].is_finite(), "a kink must not pass for a slope");
}

#[test]
fn the_tape_agrees_with_duals() {
    let mut gradient = [0.0; 3];
    Tape::gradient(&PLACE, |w| surface(w), &mut gradient);
    for (i, ours) in gradient.into_iter().enumerate() {
        let moved: [Dual<f64>; 3] =
            std::array::from_fn(|j| Dual::new(PLACE[j], f64::from(u8::from(i == j))));
        assert_close("gradient", ours, surface(&moved).derivative, 1e-15);
    }
    for x in POINTS {
        let mut slope = [0.0];
        Tape::gradient(&[x], |w| formula(w[0]), &mut slope);
        assert_close("formula", slope[0], num_dual::first_derivative(formula_of_peer, x).1, 1e-14);
    }
}

#[test]
fn the_tape_over_duals_yields_hessian_vector_products() {
    let peer = |w: nalgebra::SVector<num_dual::Dual2Vec64<nalgebra::Const<3>>, 3>| {
        let (x, y, z) = (w[0], w[1], w[2]);
        x * y + z.exp() / x - (y * z).tanh()
            + x.exp().ln_1p() * 0.5
            + (x * x + (y * y + 2.0).ln()).sqrt()
    };
    let (_, gradient, hessian) = num_dual::hessian(peer, &nalgebra::SVector::from(PLACE));
    let direction = [0.3, -1.1, 2.0];
    let moved: [Dual<f64>; 3] = std::array::from_fn(|i| Dual::new(PLACE[i], direction[i]));
    let mut out = [Dual::zero(); 3];
    Tape::gradient(&moved, |w| surface(w), &mut out);
    let oracle = hessian * nalgebra::SVector::from(direction);
    for (i, ours) in out.into_iter().enumerate() {
        assert_close("gradient", ours.value, gradient[i], 1e-14);
        assert_close("H v", ours.derivative, oracle[i], 1e-14);
    }
}

#[test]
fn the_tape_over_jets_yields_gradients_along_a_curve() {
    let curve: [Jet<f64>; 3] =
        std::array::from_fn(|i| jet(&[PLACE[i], 0.5, -0.25, 0.0, 0.125, 0.0]));
    let mut out = [Jet::zero(); 3];
    Tape::gradient(&curve, |w| surface(w), &mut out);
    for (i, ours) in out.into_iter().enumerate() {
        let moved: [_; 3] = std::array::from_fn(|j| {
            Dual::new(curve[j], Jet::from_f64(f64::from(u8::from(i == j))))
        });
        let oracle = surface(&moved).derivative;
        for k in 0..6 {
            assert_close("coefficient", ours.coefficient(k), oracle.coefficient(k), 1e-13);
        }
    }
}

#[test]
fn the_tape_over_duals_of_double_double_jets() {
    // ∇e^{w} along w = 1 + s in direction 1: value and derivative are both e Σ sᵏ/k!.
    let moved = [Dual::new(variable(DoubleDouble::one(), 6), Jet::one())];
    let mut out = [Dual::zero()];
    Tape::gradient(&moved, |w| w[0].exp(), &mut out);
    let oracle = digits("2.718281828459045235360287471352662497757") / digits("120");
    assert!(relative(out[0].value.coefficient(5), oracle) < 1e-30);
    assert!(relative(out[0].derivative.coefficient(5), oracle) < 1e-30);
}
