//! What the benchmarks compute, against checksums from another program; and the `f64` kernels
//! against the same generic code in other scalars.
#![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

#[path = "../../benches/workloads/mod.rs"]
mod workloads;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use shadowflow::loss::{Loss, Oracle};
use shadowflow::scalar::{DoubleDouble, Dual, Scalar};

/// Runs and checks the rows of `workload` that take milliseconds.
fn check(workload: &str) {
    let large = |size: &str| size.ends_with("N=1024") || size == "m=8";
    let rows = workloads::ROWS.iter().filter(|row| row.workload == workload && !large(row.size));
    let mut checked = 0;
    for row in rows {
        let repeated = row.prepare().run().to_vec();
        assert_eq!(repeated, row.prepare().run(), "{workload}/{} is not repeatable", row.size);
        checked += 1;
    }
    assert!(checked > 0, "there is no workload {workload}");
}

#[test]
fn quadratic_gradients_have_the_checksums_of_jax() {
    check("K1");
}

#[test]
fn net_gradients_have_the_checksums_of_jax() {
    check("K2");
}

#[test]
fn hessian_vector_products_have_the_checksums_of_jax() {
    check("K3hvp");
}

#[test]
fn modified_fields_have_the_checksums_of_jax() {
    check("K3mod");
}

#[test]
fn minibatch_modified_fields_have_the_checksums_of_jax() {
    check("K4");
}

#[test]
fn the_mean_over_orders_has_the_checksum_of_jax() {
    check("K5");
}

#[test]
fn reference_flows_have_the_checksums_of_diffrax() {
    check("K6");
}

/// The value, gradient and Hessian–vector product of minibatch `batch`, one after the other.
fn derivatives<S: Scalar>(loss: &impl Loss, batch: usize, w: &[f64], v: &[f64]) -> Vec<S> {
    let lift = |x: &[f64]| -> Vec<S> { x.iter().map(|&x| S::from_f64(x)).collect() };
    let (w, v) = (lift(w), lift(v));
    let mut all = vec![Loss::value(loss, batch, &w)];
    let mut out = lift(&vec![f64::NAN; w.len()]);
    Oracle::gradient(loss, batch, &w, &mut out);
    all.extend_from_slice(&out);
    loss.hessian_vector(batch, &w, &v, &mut out);
    all.extend_from_slice(&out);
    all
}

/// Holds `f64` to double-double and to the value part of dual numbers.
fn agree(loss: &impl Loss, w: &[f64]) -> Result<(), TestCaseError> {
    let v = workloads::uniform(31, w.len());
    for batch in 0..Loss::batches(loss) {
        let fast = derivatives::<f64>(loss, batch, w, &v);
        let exact = derivatives::<DoubleDouble>(loss, batch, w, &v);
        let dual = derivatives::<Dual<f64>>(loss, batch, w, &v);
        let size = exact.iter().map(|x| x.leading().abs()).fold(1.0, f64::max);
        for (i, &fast) in fast.iter().enumerate() {
            let error = (exact[i] - DoubleDouble::from_f64(fast)).leading().abs();
            prop_assert!(error <= 1e-12 * size, "entry {i} off by {error:.1e}");
            let error = (dual[i].value - fast).abs();
            prop_assert!(error <= 1e-12 * size, "entry {i} off by {error:.1e} in dual numbers");
        }
    }
    Ok(())
}

fn run<T: std::fmt::Debug>(
    shapes: &impl Strategy<Value = T>,
    test: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases: 64,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config).run(shapes, test).unwrap();
}

#[test]
fn nets_of_any_shape_agree_in_every_scalar() {
    let shapes = (prop::collection::vec(1..20_usize, 2..5), 1..40_usize, 1..4_usize);
    run(&shapes, |(layers, size, batches)| {
        agree(&workloads::net(&layers, size * batches, batches), &workloads::weights(&layers))
    });
}

#[test]
fn quadratics_of_any_size_agree_in_every_scalar() {
    run(&(1..70_usize), |n| {
        let (loss, w) = workloads::quadratic(n);
        agree(&loss, &w)
    });
}
