//! Duals against `num-dual` and closed forms.

use num_dual::DualNum;
use shadowflow::scalar::{Dual, Scalar};

use super::{Dual3, POINTS, assert_close, formula, formula_of_peer, three_derivatives};

#[test]
fn duals_nested_three_deep_agree_with_num_dual() {
    type Peer = num_dual::Dual3_64;
    let functions: [(&str, fn(Dual3) -> Dual3, fn(Peer) -> Peer); 9] = [
        ("formula", formula, formula_of_peer),
        ("exp", Scalar::exp, |x| x.exp()),
        ("ln", |x| (x.square() + x.exp()).ln(), |x| (x * x + x.exp()).ln()),
        ("sqrt", |x| x.exp().sqrt(), |x| x.exp().sqrt()),
        ("tanh", Scalar::tanh, |x| x.tanh()),
        ("sin", |x| x.sin_cos().0, |x| x.sin()),
        ("cos", |x| x.sin_cos().1, |x| x.cos()),
        ("softplus", Scalar::softplus, |x| x.exp().ln_1p()),
        ("division", |x| x / (x.square() + Scalar::one()), |x| x / (x * x + 1.0)),
    ];
    for (name, ours, peer) in functions {
        for x in POINTS {
            let (f, f1, f2, f3) = num_dual::third_derivative(peer, x);
            let derivatives = three_derivatives(ours, x);
            for (order, (ours, oracle)) in derivatives.into_iter().zip([f, f1, f2, f3]).enumerate()
            {
                assert_close(&format!("{name}, order {order}, x = {x}"), ours, oracle, 1e-13);
            }
        }
    }
}

#[test]
fn duals_agree_with_closed_forms() {
    let x = Dual::new(3.0, 1.0);
    assert_eq!(x * x * x, Dual::new(27.0, 27.0));
    assert_eq!(Dual::<f64>::one() / x, Dual::new(1.0 / 3.0, -1.0 / 9.0));
    assert_eq!(Dual::new(4.0, 1.0).sqrt(), Dual::new(2.0, 0.25));
    assert_eq!(Dual::new(0.0, 2.0).exp(), Dual::new(1.0, 2.0));
    assert_eq!(Dual::new(2.0, 1.0).ln().derivative, 0.5);
    assert_eq!(x.leading(), 3.0);
    assert!(!Dual::new(0.0, 1.0).sqrt().is_finite(), "the slope of √ at 0 is infinite");
}
