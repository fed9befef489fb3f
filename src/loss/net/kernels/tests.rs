#![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

use std::array::from_fn;

use nalgebra::DMatrix;

use super::{Gradient, GradientInLanes, HessianVector, MeanPenalized, Net, Penalized};
use crate::kernel::{Buffer, all_instructions};
use crate::loss::net::Link;
use crate::loss::{Examples, LinearRegression, LogisticRegression, Mlp, Oracle};
use crate::scalar::{DoubleDouble, Lanes, Scalar};

const RIDGE: f64 = 0.25;

/// Numbers in ±1 without a pattern that a layout could hide in.
fn numbers(seed: usize, count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i + 1) as f64 * 12.9898 + seed as f64 * 78.233).sin()).collect()
}

/// The generic code in double-double, and the kernel of the same loss.
type Pair = (String, Box<dyn Oracle<DoubleDouble>>, Net);

/// Nets and regressions: one layer and many, odd sizes, minibatches that differ in size, do not
/// fit beside each other, or are more than lanes.
fn losses() -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for (sizes, rows, batches) in [
        (&[1, 1][..], 1, 1),
        (&[3, 2], 5, 2),
        (&[2, 3, 1], 9, 3),
        (&[2, 16, 16, 1], 33, 1),
        (&[5, 7, 9, 11, 2], 70, 3),
        (&[9, 25, 8, 10], 41, 1),
        (&[2, 16, 16, 1], 32, 8),
        (&[3, 5, 2], 17, 5),
        (&[1, 9, 1], 58, 4),
        (&[2, 3, 1], 40, 11),
        (&[4, 1], 50, 3),
        (&[11, 1], 12, 4),
    ] {
        let (features, outputs) = (sizes[0], sizes[sizes.len() - 1]);
        let x = DMatrix::from_row_slice(rows, features, &numbers(1, rows * features));
        let y = DMatrix::from_row_slice(rows, outputs, &numbers(2, rows * outputs));
        let deal: Vec<Vec<usize>> =
            (0..batches).map(|k| (k..rows).step_by(batches).collect()).collect();
        let examples = Examples::new(&x, &y, &deal).unwrap();
        let name = format!("{sizes:?}, {rows} rows, {batches} batches");
        let mlp = Mlp::new(sizes, examples.clone()).unwrap();
        let net = |examples, link, ridge| Net::new(sizes, examples, link, ridge);
        pairs.push((name.clone(), Box::new(mlp), net(examples.clone(), Link::Squares, 0.0)));
        if sizes.len() == 2 && outputs == 1 && rows > 1 {
            let linear = LinearRegression::new(examples.clone(), RIDGE).unwrap();
            let of = net(examples, Link::Squares, RIDGE);
            pairs.push((format!("linear {name}"), Box::new(linear), of));
            let classes = y.map(|y| f64::from(u8::from(y > 0.0)));
            let examples = Examples::new(&x, &classes, &deal).unwrap();
            let logistic = LogisticRegression::new(examples.clone(), RIDGE).unwrap();
            let of = net(examples, Link::Logistic, RIDGE);
            pairs.push((format!("logistic {name}"), Box::new(logistic), of));
        }
    }
    assert_eq!(pairs.len(), 16);
    pairs
}

fn lift(x: &[f64]) -> Vec<DoubleDouble> {
    x.iter().map(|&x| Scalar::from_f64(x)).collect()
}

fn close(fast: &[f64], exact: &[DoubleDouble], what: &str) {
    let size = exact.iter().map(|x| x.leading().abs()).fold(1.0, f64::max);
    for (i, (&fast, &exact)) in fast.iter().zip(exact).enumerate() {
        let error = (exact - DoubleDouble::from_f64(fast)).leading().abs();
        assert!(error <= 1e-12 * size, "{what}: entry {i} is off by {error:.1e}");
    }
}

/// A workspace of numbers that must not matter.
fn poisoned(count: usize) -> Buffer {
    let mut room = Buffer::zeros(count);
    room.numbers_mut().fill(f64::NAN);
    room
}

#[test]
fn all_instructions_agree_with_the_generic_code_in_double_double() {
    for (name, loss, net) in &losses() {
        let (w, v) = (&numbers(3, net.dim)[..], &numbers(4, net.dim)[..]);
        for batch in 0..loss.batches() {
            let mut exact = [(); 3].map(|()| lift(&vec![0.0; net.dim]));
            loss.gradient(batch, &lift(w), &mut exact[0]);
            loss.hessian_vector(batch, &lift(w), &lift(v), &mut exact[1]);
            loss.penalized_gradient(batch, Scalar::from_f64(0.3), &lift(w), &mut exact[2]);
            for instructions in all_instructions() {
                let mut out = vec![f64::NAN; net.dim];
                let room = net.room(net.panels[batch].len());
                let (mut space, out) = (poisoned(room), &mut out[..]);
                let space = space.numbers_mut();
                let what = |kind| format!("{kind} of {name} in {instructions:?}");
                instructions.dispatch(Gradient { net, batch, w, out, space });
                close(out, &exact[0], &what("gradient"));
                instructions.dispatch(HessianVector { net, batch, w, v, out, space });
                close(out, &exact[1], &what("Hessian–vector product"));
                instructions.dispatch(Penalized { net, batch, c: 0.3, w, out, space });
                close(out, &exact[2], &what("penalised gradient"));
            }
        }
    }
}

#[test]
fn lanes_agree_with_minibatches_one_by_one() {
    for (name, loss, net) in &losses() {
        let dim = net.dim;
        let labels = from_fn(|lane| (3 * lane + 1) % loss.batches());
        let (w, start) = (&numbers(5, dim * Lanes::COUNT)[..], &numbers(6, dim)[..]);
        let (mut exact, mut mean) = (lift(&vec![0.0; w.len()]), lift(&vec![0.0; dim]));
        loss.gradient_in_lanes(&labels, &lift(w), &mut exact);
        loss.mean_penalized_gradient(Scalar::from_f64(0.3), &lift(start), &mut mean);
        for instructions in all_instructions() {
            let what = |kind| format!("{kind} of {name} in {instructions:?}");
            let (mut space, mut out) = (poisoned(net.lanes_room()), vec![f64::NAN; w.len()]);
            let (batches, out) = (&labels, &mut out[..]);
            let space = space.numbers_mut();
            instructions.dispatch(GradientInLanes { net, batches, w, out, space });
            close(out, &exact, &what("gradient in lanes"));
            if net.has_small_batches() {
                let mut space = poisoned(net.lanes_room() + Lanes::COUNT * dim);
                let (space, out) = (space.numbers_mut(), &mut out[..dim]);
                instructions.dispatch(MeanPenalized { net, c: 0.3, w: start, out, space });
                close(out, &mean, &what("mean penalised gradient"));
            }
        }
    }
}
