//! Every loss against central differences in double-double, its own value through the tape, and
//! values worked out by hand.
#![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use shadowflow::arithmetic::{Arithmetic, Batch, Numeric};
use shadowflow::loss::{
    Examples, Factorisation, LinearRegression, LogisticRegression, Loss, Mlp, Oracle, ProblemError,
    Quadratic, TwoMinima, TwoProfiles, Valley,
};
use shadowflow::scalar::{DoubleDouble, Scalar};
use std::sync::Arc;

type D = DoubleDouble;

/// The same loss with its value only: its gradient comes from the tape.
struct ValueOnly<'a, L>(&'a L);

impl<L: Loss> Loss for ValueOnly<'_, L> {
    fn dim(&self) -> usize {
        Loss::dim(self.0)
    }
    fn batches(&self) -> usize {
        Loss::batches(self.0)
    }
    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        Loss::value(self.0, batch, w)
    }
}

/// `f` at w + h v and w − h v, halved difference over h: right to h², that is to 1e-20, where the
/// round-off of 1e-31/h has the same size.
fn central<T>(w: &[D], v: &[D], f: impl Fn(&[D]) -> T, minus: impl Fn(T, T) -> Vec<D>) -> Vec<D> {
    let h = D::from_f64(2.0_f64.powi(-34));
    let moved = |h: D| -> Vec<D> { w.iter().zip(v).map(|(&w, &v)| w + h * v).collect() };
    let difference = minus(f(&moved(h)), f(&moved(-h)));
    difference.into_iter().map(|x| x / (h + h)).collect()
}

fn subtract(a: Vec<D>, b: Vec<D>) -> Vec<D> {
    a.into_iter().zip(b).map(|(a, b)| a - b).collect()
}

fn dot(a: &[D], b: &[D]) -> D {
    a.iter().zip(b).fold(D::zero(), |sum, (&a, &b)| sum + a * b)
}

fn distance(a: &[D], b: &[D]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(&a, &b)| (a - b).leading().abs()).fold(0.0, f64::max)
}

/// Checks every derivative of `loss` at random points and in random directions.
fn check<L: Loss>(loss: &L) {
    let d = Loss::dim(loss);
    let vector = || prop::collection::vec(-1.5..1.5, d);
    let config = Config {
        cases: 12,
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&(vector(), vector(), vector(), 0..Loss::batches(loss)), |(w, u, v, k)| {
            let lift = |x: &[f64]| -> Vec<D> { x.iter().map(|&x| D::from_f64(x)).collect() };
            let (exact, u, v) = (lift(&w), lift(&u), lift(&v));
            let gradient = |w: &[D]| image(d, |out| Oracle::gradient(loss, k, w, out));
            let bend = |w: &[D]| image(d, |out| loss.hessian_vector(k, w, &u, out));
            let third =
                |w: &[D], u: &[D], v: &[D]| image(d, |out| loss.third_derivative(k, w, u, v, out));
            let (g, hu) = (gradient(&exact), bend(&exact));
            let hv = image(d, |out| loss.hessian_vector(k, &exact, &v, out));

            let slope = central(&exact, &u, |w| Loss::value(loss, k, w), |a, b| vec![a - b]);
            prop_assert!(distance(&slope, &[dot(&g, &u)]) < 1e-16, "gradient against the value");
            let difference = central(&exact, &u, gradient, subtract);
            prop_assert!(distance(&difference, &hu) < 1e-16, "Hessian against the gradient");
            let difference = central(&exact, &v, bend, subtract);
            let tuv = third(&exact, &u, &v);
            prop_assert!(distance(&difference, &tuv) < 1e-16, "third against the Hessian");
            let mixed = |w: &[D], along: &[&[D]]| image(d, |out| loss.derivative(k, w, along, out));
            let difference = central(&exact, &u, |w| third(w, &v, &v), subtract);
            let (u, v) = (u.as_slice(), v.as_slice());
            let fourth = mixed(&exact, &[v, u, v]);
            prop_assert!(distance(&difference, &fourth) < 1e-15, "fourth against the third");
            let copies = (v.to_vec(), v.to_vec());
            let apart = mixed(&exact, &[&copies.0, u, &copies.1]);
            prop_assert!(distance(&fourth, &apart) < 1e-25, "a direction that comes twice");
            let difference = central(&exact, v, |w| mixed(w, &[v, v, v]), subtract);
            let fifth = mixed(&exact, &[v; 4]);
            prop_assert!(distance(&difference, &fifth) < 1e-14, "fifth against the fourth");
            prop_assert!((dot(u, &hv) - dot(v, &hu)).leading().abs() < 1e-26, "symmetry of H");
            prop_assert!(distance(&tuv, &third(&exact, v, u)) < 1e-26, "symmetry of T");

            let taped = image(d, |out| Oracle::gradient(&ValueOnly(loss), k, &exact, out));
            prop_assert!(distance(&taped, &g) < 1e-26, "the tape");
            let single = image(d, |out| Oracle::gradient(loss, k, &w, out));
            prop_assert!(distance(&lift(&single), &g) < 1e-13, "f64 against double-double");
            let flat = tuv.iter().all(|t| t.leading().abs() < 1e-26);
            prop_assert!(flat || !Loss::is_quadratic(loss), "a quadratic has no third derivative");
            Ok(())
        })
        .unwrap();
}

fn image<S: Scalar>(d: usize, write: impl FnOnce(&mut [S])) -> Vec<S> {
    let mut out = vec![S::from_f64(f64::NAN); d];
    write(&mut out);
    out
}

/// ∇C(w) in f64.
fn full<L: Loss + 'static>(loss: L, w: &[f64]) -> Vec<f64> {
    Numeric::<f64>::new(Arc::new(loss)).gradient(Batch::Full, &w.to_vec())
}

fn near(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

/// Seven rows of two features and two targets, in three minibatches of different sizes.
fn seven(outputs: usize) -> Examples {
    let x = DMatrix::from_fn(7, 2, |i, j| ((3 * i + 5 * j) % 7) as f64 / 2.0 - 1.5);
    let y = DMatrix::from_fn(7, outputs, |i, j| ((2 * i + j) % 3) as f64 - 0.75);
    Examples::new(&x, &y, &[vec![3, 0], vec![6], vec![1, 2, 5, 4]]).unwrap()
}

fn two_classes(groups: &[Vec<usize>]) -> Examples {
    let x = DMatrix::from_fn(7, 2, |i, j| ((3 * i + 5 * j) % 7) as f64 / 2.0 - 1.5);
    let y = DMatrix::from_fn(7, 1, |i, _| if i % 3 == 0 { -2.5 } else { 4.0 });
    Examples::new(&x, &y, groups).unwrap()
}

#[test]
fn derivatives_of_every_loss_are_those_of_its_value() {
    check(&Quadratic::random(&[-0.5, 0.3, 2.0], 3, 0.5, 1).unwrap());
    check(&Factorisation::new(&[0.5, -1.25], &[1.0, 0.75]).unwrap());
    check(&LinearRegression::new(seven(1), 0.05).unwrap());
    check(&LogisticRegression::new(two_classes(&[vec![0, 1, 2], vec![3, 4, 5, 6]]), 0.05).unwrap());
    check(&TwoMinima::new(4).unwrap());
    check(&TwoMinima::new(3).unwrap());
    check(&Valley::new(4).unwrap());
    check(&TwoProfiles::new(3).unwrap());
    check(&TwoProfiles::new(5).unwrap());
    for layers in [&[2, 2][..], &[2, 3, 2], &[2, 4, 3, 2], &[2, 1, 3, 2, 2]] {
        check(&Mlp::new(layers, seven(2)).unwrap());
    }
}

#[test]
fn a_quadratic_has_the_spectrum_it_was_asked_for() {
    let spectrum = [0.002, 0.02, 0.2, 2.0];
    let loss = Quadratic::random(&spectrum, 3, 0.5, 7).unwrap();
    let mut found: Vec<f64> = loss.mean_hessian().symmetric_eigenvalues().iter().copied().collect();
    found.sort_by(f64::total_cmp);
    assert!(near(&found, &spectrum, 1e-14), "{found:?}");

    let (a, b) = (loss.hessian(0), loss.hessian(1));
    assert!((a * b - b * a).norm() > 0.1, "the Hessians must not commute");
    assert!((a - b).norm() > 0.1 && (loss.batch_minimum(0) - loss.batch_minimum(1)).norm() > 0.1);

    let at_minimum = full(loss.clone(), loss.minimum().unwrap().as_slice());
    assert!(near(&at_minimum, &[0.0; 4], 1e-12), "{at_minimum:?}");
    let same = Quadratic::random(&spectrum, 3, 0.5, 7).unwrap();
    let other = Quadratic::random(&spectrum, 3, 0.5, 8).unwrap();
    assert!(same.hessian(2) == loss.hessian(2) && other.hessian(2) != loss.hessian(2));
}

#[test]
fn a_quadratic_without_a_unique_critical_point_says_so() {
    let loss = Quadratic::new(vec![DMatrix::zeros(1, 1)], vec![dvector![1.0]]).unwrap();
    assert!(loss.minimum().is_none());
}

#[test]
fn losses_have_the_values_worked_out_by_hand() {
    let quadratic = Quadratic::new(vec![dmatrix![2.0, 1.0; 1.0, 3.0]], vec![dvector![1.0, -1.0]]);
    // w − b = (1, 2): ½ (2 + 2·2 + 3·4) = 9 and H (w − b) = (4, 7).
    let quadratic = quadratic.unwrap();
    assert!((Loss::value(&quadratic, 0, &[2.0, 1.0]) - 9.0_f64).abs() < 1e-15);
    assert!(near(&full(quadratic, &[2.0, 1.0]), &[4.0, 7.0], 1e-15));

    // a b x − y = 2·3·½ − 1 = 2: the value 2, the gradient 2·½·(b, a).
    let factorisation = Factorisation::new(&[0.5], &[1.0]).unwrap();
    assert!((Loss::value(&factorisation, 0, &[2.0, 3.0]) - 2.0_f64).abs() < 1e-15);
    assert!(near(&full(factorisation, &[2.0, 3.0]), &[3.0, 2.0], 1e-15));

    // Residuals 2·1 + 1 − 0 = 3 and 2·3 + 1 − 4 = 3, and a ridge of ½ on both parameters.
    let (x, y) = (dmatrix![1.0; 3.0], dmatrix![0.0; 4.0]);
    let rows = Examples::new(&x, &y, &[vec![1], vec![0]]).unwrap();
    let linear = LinearRegression::new(rows, 0.5).unwrap();
    assert!((Loss::value(&linear, 0, &[2.0, 1.0]) - 5.75_f64).abs() < 1e-15);
    assert!(near(&full(linear, &[2.0, 1.0]), &[6.0 + 1.0, 3.0 + 0.5], 1e-15));

    // z = ln 3 for the class 0 alone is a slope of ¾, for the class 1 one of −¼.
    let (x, y) = (dmatrix![1.0; 1.0], dmatrix![5.0; 6.0]);
    let rows = Examples::new(&x, &y, &[vec![0], vec![1]]).unwrap();
    let logistic = LogisticRegression::new(rows, 0.0).unwrap();
    let w = [3.0_f64.ln(), 0.0];
    assert!((Loss::value(&logistic, 0, &w) - 4.0_f64.ln()).abs() < 1e-15);
    assert!((Loss::value(&logistic, 1, &w) - (4.0_f64 / 3.0).ln()).abs() < 1e-15);
    assert!(near(&full(logistic, &w), &[0.25, 0.25], 1e-15));
}

#[test]
fn a_net_computes_what_its_matrices_say() {
    let x = dmatrix![0.5, -1.0];
    let y = dmatrix![0.25, 1.0, -0.5];
    let examples = Examples::new(&x, &y, &[vec![0]]).unwrap();
    let net = Mlp::new(&[2, 4, 2, 3], examples).unwrap();
    let w = net.initial(3);
    let mut rest = w.as_slice();
    let mut take = |n: usize| {
        let (taken, left) = rest.split_at(n);
        rest = left;
        taken
    };
    let mut a: DVector<f64> = x.row(0).transpose().into_owned();
    for (inputs, outputs) in [(2, 4), (4, 2), (2, 3)] {
        let matrix = DMatrix::from_row_slice(outputs, inputs, take(inputs * outputs));
        let z = matrix * &a + DVector::from_column_slice(take(outputs));
        a = if outputs == 3 { z } else { z.map(f64::tanh) };
    }
    let expected = 0.5 * (a - y.row(0).transpose()).norm_squared();
    assert!((Loss::value(&net, 0, w.as_slice()) - expected).abs() < 1e-15);
    assert!(w.iter().all(|x| x.abs() <= 1.0) && net.initial(3) == w && net.initial(4) != w);
}

#[test]
fn uneven_minibatches_still_average_to_all_rows() {
    let groups = [vec![0, 4], vec![1], vec![2, 3, 5, 6]];
    let whole = [vec![0, 1, 2, 3, 4, 5, 6]];
    let w = [0.3, -0.8, 0.5];
    let pair = |groups: &[Vec<usize>]| {
        let linear = LinearRegression::new(two_classes(groups), 0.05).unwrap();
        let logistic = LogisticRegression::new(two_classes(groups), 0.05).unwrap();
        let net = Mlp::new(&[2, 1], two_classes(groups)).unwrap();
        [full(linear, &w), full(logistic, &w), full(net, &w)]
    };
    for (dealt, whole) in pair(&groups).iter().zip(&pair(&whole)) {
        assert!(near(dealt, whole, 1e-14), "{dealt:?} is not {whole:?}");
    }
}

#[test]
fn two_minima_and_the_valley_are_what_their_formulas_say() {
    let wells = Numeric::<f64>::new(Arc::new(TwoMinima::new(4).unwrap()));
    let mean = |a: &mut Numeric<f64>, w: &[f64]| a.value(Batch::Full, w);
    let mut a = wells;
    for w in [-1.5, -1.0, 0.25, 1.0] {
        let c = 0.02 * (w * w - 1.0_f64).powi(2);
        assert!((mean(&mut a, &[w]) - c).abs() < 1e-15);
    }
    for w in [-1.0, 1.0] {
        assert!(near(&a.hessian_vector(Batch::Full, &vec![w], &vec![1.0]), &[0.16], 1e-15));
    }
    // At w = 0 the slope is s_k/2: s = (3, 1, −1, −3)/√5.
    for (k, s) in [3.0, 1.0, -1.0, -3.0].into_iter().enumerate() {
        let slope = a.gradient(Batch::One(k), &vec![0.0]);
        assert!(near(&slope, &[0.5 * s / 5.0_f64.sqrt()], 1e-15));
    }

    let mut a = Numeric::<f64>::new(Arc::new(Valley::new(5).unwrap()));
    assert!((mean(&mut a, &[0.7, 0.5]) - 0.25).abs() < 1e-15);
    // ⟨‖g_k‖²⟩ at (x, 0) is 4 tanh² x, as ⟨s_k²⟩ = 1.
    let squares = (0..5).map(|k| a.gradient(Batch::One(k), &vec![0.7, 0.0])[1].powi(2));
    assert!((squares.sum::<f64>() / 5.0 - 4.0 * 0.7_f64.tanh().powi(2)).abs() < 1e-14);
}

#[test]
fn the_valley_of_two_profiles_is_what_its_formula_says() {
    for m in [3, 4, 7] {
        let mut a = Numeric::<f64>::new(Arc::new(TwoProfiles::new(m).unwrap()));
        let x = 0.7_f64;
        assert!((a.value(Batch::Full, &[x, 0.5, 0.3]) - (0.25 + 0.045)).abs() < 1e-15);
        assert!(near(&a.gradient(Batch::Full, &vec![x, 0.0, 0.0]), &[0.0; 3], 1e-15));
        // V = 2ρ² + ½ in the valley, and [g_0, g_1] there has ρ′(s_1r_0 − r_1s_0) along it.
        let rho = x.tanh();
        let floor = vec![x, 0.0, 0.0];
        let gradients: Vec<_> = (0..m).map(|k| a.gradient(Batch::One(k), &floor)).collect();
        let squares: f64 = gradients.iter().flatten().map(|g| g * g).sum();
        assert!((squares / m as f64 - (2.0 * rho * rho + 0.5)).abs() < 1e-14, "{m}");
        // At x = 0 the gradients show the profiles alone: (0, −r/2, s/2).
        let profiles: Vec<(f64, f64)> = (0..m)
            .map(|k| a.gradient(Batch::One(k), &vec![0.0; 3]))
            .map(|g| (2.0 * g[2], -2.0 * g[1]))
            .collect();
        let ((s, r), (late_s, late_r)) = (profiles[0], profiles[1]);
        let along = a.hessian_vector(Batch::One(1), &floor, &gradients[0])[0]
            - a.hessian_vector(Batch::One(0), &floor, &gradients[1])[0];
        let known = (1.0 - rho * rho) * (late_s * r - late_r * s);
        assert!((along - known).abs() < 1e-14 && known.abs() > 0.1, "{m}: {along} {known}");
    }
}

/// The message of the error that `result` must be.
fn message<T>(result: Result<T, ProblemError>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn losses_that_make_no_sense_are_turned_down_with_a_reason() {
    let one = || vec![DMatrix::identity(2, 2)];
    assert!(message(Quadratic::new(vec![], vec![])).contains("at least 1 minibatch"));
    assert!(message(Quadratic::random(&[1.0], 0, 0.5, 1)).contains("at least 1 minibatch"));
    assert!(message(Quadratic::random(&[], 2, 0.5, 1)).contains("spectrum has size 0, but 1"));
    let empty = (vec![DMatrix::zeros(0, 0)], vec![DVector::zeros(0)]);
    assert!(message(Quadratic::new(empty.0, empty.1)).contains("size 0, but 1"));
    assert!(message(Quadratic::new(one(), vec![])).contains("size 0, but 1"));
    assert!(message(Quadratic::new(one(), vec![dvector![1.0]])).contains("size 1, but 2"));
    let skew = vec![dmatrix![1.0, 2.0; 3.0, 1.0]];
    assert!(message(Quadratic::new(skew, vec![dvector![0.0, 0.0]])).contains("(0, 1) is 2"));
    let wide = vec![DMatrix::zeros(1, 2)];
    assert!(message(Quadratic::new(wide, vec![dvector![0.0]])).contains("size 2, but 1"));
    assert!(message(Quadratic::random(&[f64::NAN], 1, 0.5, 1)).contains("NaN"));
    assert!(message(Factorisation::new(&[], &[])).contains("at least 1"));
    assert!(message(Factorisation::new(&[1.0], &[1.0, 2.0])).contains("size 2, but 1"));
    assert!(message(Factorisation::new(&[f64::INFINITY], &[1.0])).contains("inf"));
    assert!(message(TwoMinima::new(1)).contains("at least 2; 1 was asked for"));
    assert!(message(Valley::new(0)).contains("at least 1"));
    assert!(message(TwoProfiles::new(2)).contains("at least 3; 2 was asked for"));

    let x = DMatrix::<f64>::zeros(2, 1);
    let deal = |groups: &[Vec<usize>]| message(Examples::new(&x, &x, groups));
    assert!(deal(&[]).contains("at least 1"));
    assert!(deal(&[vec![0, 1], vec![]]).contains("minibatch 1 is empty"));
    assert!(deal(&[vec![0, 2]]).contains("names row 2, but there are 2"));
    assert!(deal(&[vec![0]]).contains("row 1 is in 0"));
    assert!(deal(&[vec![0, 1], vec![1]]).contains("row 1 is in 2"));
    assert!(message(Mlp::new(&[2], seven(2))).contains("[2] do not make a net"));
    assert!(message(Mlp::new(&[2, 0, 2], seven(2))).contains("none of size 0"));
    assert!(message(Mlp::new(&[3, 2], seven(2))).contains("input layer has size 3, but 2"));
    assert!(message(Mlp::new(&[2, 1], seven(2))).contains("output layer has size 1, but 2"));
    assert!(message(LogisticRegression::new(seven(1), 0.05)).contains("this one has 3"));
    assert!(message(LinearRegression::new(seven(2), 0.05)).contains("size 2, but 1"));
    assert!(message(LinearRegression::new(seven(1), -1.0)).contains("ridge is -1"));
}
