//! Hessian–vector products and third derivatives: symmetric, and equal to what central differences
//! in double-double and another crate's hyper-dual numbers say.

use nalgebra::{DVector, SVector};
use num_dual::DualNum;
use proptest::prelude::*;
use shadowflow::arithmetic::{Arithmetic, Batch, Numeric};
use shadowflow::loss::{Examples, Mlp, Problem, names, preset};
use shadowflow::scalar::{DoubleDouble, Scalar};

use super::config;
use super::problems::{distance, log_uniform, problems};

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `count` vectors of `dim` entries in ±1, from a linear congruence: plain numbers, no seed to keep.
fn directions(dim: usize, count: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut state = seed;
    let mut draw = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| (0..dim).map(|_| draw()).collect()).collect()
}

/// The derivative of `f` at `w` along `v` by central differences in double-double: the error is the
/// square of the step, 1e-16.
fn difference(
    w: &[f64],
    v: &[f64],
    mut f: impl FnMut(&Vec<DoubleDouble>) -> Vec<DoubleDouble>,
) -> Vec<f64> {
    let h = DoubleDouble::from_f64(1e-8);
    let mut at = |sign: f64| {
        let moved = w
            .iter()
            .zip(v)
            .map(|(&w, &v)| DoubleDouble::from_f64(w) + h * DoubleDouble::from_f64(sign * v));
        f(&moved.collect())
    };
    let (ahead, behind) = (at(1.0), at(-1.0));
    ahead.iter().zip(&behind).map(|(&a, &b)| ((a - b) / (h + h)).leading()).collect()
}

fn assert_derivatives(p: &Problem, shift: f64, seed: u64) {
    let dim = p.dim();
    let drawn = directions(dim, 3, seed);
    let w: Vec<f64> = p.start().iter().zip(&drawn[0]).map(|(w, s)| w + shift * s).collect();
    let (u, v) = (&drawn[1], &drawn[2]);
    let mut a = Numeric::new(p.float());
    let mut precise = Numeric::new(p.seen::<DoubleDouble>().unwrap());
    let wide = |x: &[f64]| x.iter().map(|&x| DoubleDouble::from_f64(x)).collect::<Vec<_>>();
    for batch in [Batch::Full, Batch::One(p.batches() - 1), Batch::Mean(&[0, p.batches() - 1])] {
        let (hu, hv) = (a.hessian_vector(batch, &w, u), a.hessian_vector(batch, &w, v));
        let tuv = a.third_derivative(batch, &w, u, v);
        let tvu = a.third_derivative(batch, &w, v, u);
        let tuu = a.third_derivative(batch, &w, u, u);
        let (bend, turn) = (length(&hu) + length(&hv), length(&tuv) + length(&tuu));
        let size = 1e-13 * (1.0 + length(u)) * (1.0 + length(v));
        let name = p.name();
        assert!(
            (dot(v, &hu) - dot(u, &hv)).abs() <= size * (1.0 + bend),
            "{name}: H is not symmetric"
        );
        assert!(distance(&tuv, &tvu) <= size * (1.0 + turn), "{name}: T is not symmetric");
        assert!(
            (dot(v, &tuu) - dot(u, &tuv)).abs() <= size * (1.0 + turn),
            "{name}: T is not symmetric"
        );

        let known = difference(&w, v, |w| precise.gradient(batch, w));
        assert!(distance(&hv, &known) <= 1e-12 * (1.0 + bend), "{name}: H v");
        let known = difference(&w, v, |w| precise.hessian_vector(batch, w, &wide(u)));
        assert!(distance(&tuv, &known) <= 1e-12 * (1.0 + turn), "{name}: T[u, v]");
        let value = difference(&w, v, |w| vec![precise.value(batch, w)]);
        let g = a.gradient(batch, &w);
        assert!((value[0] - dot(&g, v)).abs() <= 1e-12 * (1.0 + length(&g)), "{name}: g·v");
    }
}

proptest! {
    #![proptest_config(config(48, 501))]

    #[test]
    fn derivatives_of_random_losses_are_symmetric_and_those_of_differences(
        raw in problems(1..4),
        shift in log_uniform(1e-2, 1.0),
        seed in any::<u64>(),
    ) {
        assert_derivatives(&raw.problem(), shift, seed);
    }
}

#[test]
fn derivatives_of_the_named_losses_are_symmetric_and_those_of_differences() {
    for (seed, (name, _)) in names().enumerate() {
        let p = preset(name, None, None, 1).unwrap();
        for shift in [0.05, 0.5] {
            assert_derivatives(&p, shift, seed as u64);
        }
    }
}

const POINTS: [(f64, f64); 3] = [(-1.25, 0.5), (0.5, -1.0), (1.5, 0.75)];

/// The loss of w₂ tanh(w₀ x + w₁) + w₃ on three points, written by hand over num-dual's numbers.
fn net<D: DualNum<f64> + Copy>(w: &[D]) -> D {
    let loss = POINTS.iter().map(|&(x, y)| {
        let residual = w[2] * (w[0] * x + w[1]).tanh() + w[3] - y;
        residual * residual * 0.5
    });
    loss.fold(D::from(0.0), |a, b| a + b) / 3.0
}

proptest! {
    #![proptest_config(config(64, 502))]

    #[test]
    fn the_net_agrees_with_num_dual(
        w in prop::array::uniform4(-1.5..1.5_f64),
        u in prop::array::uniform4(-1.0..1.0_f64),
    ) {
        let (x, y): (Vec<f64>, Vec<f64>) = POINTS.iter().copied().unzip();
        let column = |v: &[f64]| nalgebra::DMatrix::from_column_slice(v.len(), 1, v);
        let groups = [vec![0], vec![1], vec![2]];
        let loss = Mlp::new(&[1, 1, 1], Examples::new(&column(&x), &column(&y), &groups).unwrap());
        let p = Problem::new("net", loss.unwrap(), DVector::from_column_slice(&w));
        let mut a = Numeric::new(p.float());

        let (value, gradient, hessian) = num_dual::hessian(|w| net(w.as_slice()), &SVector::from(w));
        let (at, along) = (w.to_vec(), u.to_vec());
        prop_assert!((a.value(Batch::Full, &at) - value).abs() <= 1e-14 * (1.0 + value));
        let g = a.gradient(Batch::Full, &at);
        prop_assert!(distance(&g, gradient.as_slice()) <= 1e-14 * (1.0 + gradient.norm()));
        let bend = a.hessian_vector(Batch::Full, &at, &along);
        let known = hessian * SVector::from(u);
        prop_assert!(distance(&bend, known.as_slice()) <= 1e-13 * (1.0 + hessian.norm()));
        let third = a.third_derivative(Batch::Full, &at, &along, &along);
        for i in 0..4 {
            let mut known = 0.0;
            for j in 0..4 {
                for k in 0..4 {
                    let (.., d) = num_dual::third_partial_derivative_vec(net, &w, i, j, k);
                    known += d * u[j] * u[k];
                }
            }
            prop_assert!((third[i] - known).abs() <= 1e-12 * (1.0 + known.abs()), "{third:?} {known}");
        }
    }
}
