//! The constants that two documents state: bounds that hold, and not by far.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shadowflow::arithmetic::Numeric;
use shadowflow::leg::{Rung, Variant};
use shadowflow::prelude::*;
use shadowflow::scalar::Scalar;

/// Upper bounds of ‖g_k‖, ‖H_k‖ and ‖T_k‖ over the components and points of a ball.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    gradient: f64,
    hessian: f64,
    third: f64,
}

/// Points of a ball at which bounds are taken, its centre among them.
const POINTS: usize = 40;

fn bounds(problem: &Problem, batches: &[Batch], radius: f64) -> Bounds {
    let (mut a, mut random) = (Numeric::new(problem.float()), ChaCha8Rng::seed_from_u64(11));
    let dim = problem.dim();
    let unit = |i: usize| -> Vec<f64> { (0..dim).map(|j| f64::from(u8::from(i == j))).collect() };
    let mut most = Bounds::default();
    for point in 0..POINTS {
        let way: Vec<f64> = (0..dim).map(|_| random.random_range(-1.0..1.0)).collect();
        let length = way.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-9);
        // Most of them on the sphere, where a bound is taken as a rule.
        let by = if point == 0 {
            0.0
        } else if point % 4 == 0 {
            0.5 * radius
        } else {
            radius
        };
        let w: Vec<f64> =
            problem.start().iter().zip(&way).map(|(w, x)| w + by * x / length).collect();
        for &batch in batches {
            let size = a.gradient(batch, &w).iter().map(|x| x * x).sum::<f64>().sqrt();
            most.gradient = most.gradient.max(size);
            let columns: Vec<_> =
                (0..dim).map(|i| a.hessian_vector(batch, &w, &unit(i)).into()).collect();
            let curvature = DMatrix::from_columns(&columns).symmetric_eigenvalues().amax();
            most.hessian = most.hessian.max(curvature);
            // The norm of a tensor by its entries is at least that as a bilinear map.
            let entries: f64 = (0..dim * dim)
                .map(|at| a.third_derivative(batch, &w, &unit(at / dim), &unit(at % dim)))
                .map(|v| v.iter().map(|x| x * x).sum::<f64>())
                .sum();
            most.third = most.third.max(entries.sqrt());
        }
    }
    most
}

/// The error of the first leg at this step size.
fn error(theorem: &str, problem: &Problem, step_size: f64) -> f64 {
    let catalogue = Catalogue::standard();
    let legs = catalogue.theorem(theorem).unwrap().legs(problem, &Settings::default()).unwrap();
    let rung = Rung { step_size, blocks: 1 };
    let seen = legs[0].observe(&rung, None).unwrap().values;
    let said = legs[0].predict(&rung, &Variant::stated(legs[0].terms())).unwrap();
    seen.iter().zip(&said).map(|(&a, &b)| (a - b).leading().powi(2)).sum::<f64>().sqrt()
}

const RADIUS: f64 = 0.5;
const LOSSES: [&str; 5] = ["quadratic", "factorisation", "logistic", "tiny-net", "two-minima"];

/// The largest share of a bound that is used, over the losses and step sizes; none is exceeded.
fn most_used(theorem: &str, bound: impl Fn(Bounds, f64, f64) -> f64, split: bool) -> f64 {
    let mut used = 0.0_f64;
    for loss in LOSSES {
        let problem = preset(loss, None, None, 1).unwrap();
        let m = problem.batches();
        let all: Vec<Batch> = (0..m).map(Batch::One).collect();
        let of = bounds(&problem, if split { &all } else { &[Batch::Full] }, RADIUS);
        let steps = if split { m as f64 } else { 1.0 };
        let largest = (1.0 / of.hessian).min(RADIUS / (2.0 * of.gradient)) / steps;
        for share in [1.0, 0.5, 0.1, 0.02] {
            let eps = share * largest;
            let (is, most) = (error(theorem, &problem, eps), bound(of, eps, steps * eps));
            assert!(is <= most, "{theorem} on {loss} at {eps:.2e}: {is:.2e} above {most:.2e}");
            used = used.max(is / most);
        }
    }
    used
}

#[test]
fn the_constant_of_implicit_gradient_regularization_bounds_the_error_of_a_step() {
    let bound = |of: Bounds, eps: f64, _: f64| {
        let (bent, turned) = (of.hessian.powi(2) * of.gradient, of.third * of.gradient.powi(2));
        eps.powi(3) * (7.0 / 8.0 * bent + 5.0 / 8.0 * turned)
    };
    let used = most_used("implicit-gradient-regularization", bound, false);
    // A bound of a sixth of it is exceeded.
    assert!(used > 1.0 / 6.0, "{used}");
}

#[test]
fn the_constant_of_random_reshuffling_bounds_the_error_of_an_epoch() {
    let bound = |of: Bounds, eps: f64, h: f64| {
        let (bent, turned) = (of.hessian.powi(2) * of.gradient, of.third * of.gradient.powi(2));
        5.0 / 12.0 * h.powi(3) * (bent + turned)
            + eps * h * h * (5.0 / 8.0 * bent + 3.0 / 8.0 * turned)
    };
    let used = most_used("random-reshuffling", bound, true);
    assert!(used > 0.005, "{used}");
}
