//! Random losses as plain numbers, so that a failing case is printed raw.

use nalgebra::{DMatrix, DVector};
use proptest::collection::vec;
use proptest::prelude::*;
use shadowflow::loss::{Examples, Factorisation, Mlp, Problem, Quadratic};
use shadowflow::scalar::{DoubleDouble, Scalar};

/// A random problem by its numbers.
#[derive(Clone, Debug)]
pub enum Raw {
    Quadratic { spectrum: Vec<f64>, start: Vec<f64>, batches: usize, spread: f64, seed: u64 },
    Factorisation { x: Vec<f64>, y: Vec<f64>, start: Vec<f64> },
    Net { hidden: usize, batches: usize, targets: Vec<f64>, seed: u64 },
}

impl Raw {
    pub fn problem(&self) -> Problem {
        match self {
            Raw::Quadratic { start, .. } => {
                Problem::new("quadratic", self.quadratic(), DVector::from_vec(start.clone()))
            }
            Raw::Factorisation { x, y, start } => {
                let loss = Factorisation::new(x, y).unwrap();
                Problem::new("factorisation", loss, DVector::from_vec(start.clone()))
            }
            Raw::Net { seed, .. } => {
                let net = self.net();
                let start = net.initial(*seed);
                Problem::new("net", net, start)
            }
        }
    }

    pub fn quadratic(&self) -> Quadratic {
        let Raw::Quadratic { spectrum, batches, spread, seed, .. } = self else {
            panic!("{self:?} is no quadratic");
        };
        Quadratic::random(spectrum, *batches, *spread, *seed).unwrap()
    }

    fn net(&self) -> Mlp {
        let Raw::Net { hidden, batches, targets, .. } = self else {
            panic!("{self:?} is no net");
        };
        let rows = targets.len();
        let inputs = DMatrix::from_fn(rows, 1, |i, _| -1.5 + 3.0 * i as f64 / (rows - 1) as f64);
        let targets = DMatrix::from_column_slice(rows, 1, targets);
        let groups: Vec<Vec<usize>> =
            (0..*batches).map(|k| (k..rows).step_by(*batches).collect()).collect();
        Mlp::new(&[1, *hidden, 1], Examples::new(&inputs, &targets, &groups).unwrap()).unwrap()
    }
}

/// Numbers whose logarithm is uniform.
pub fn log_uniform(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..high.ln()).prop_map(f64::exp)
}

/// Quadratics with log-uniform eigenvalues, one in four of them of negative sign.
pub fn quadratics(batches: std::ops::Range<usize>) -> impl Strategy<Value = Raw> {
    let sign = prop_oneof![3 => Just(1.0), 1 => Just(-1.0)];
    let eigenvalue = (log_uniform(0.05, 2.0), sign).prop_map(|(size, sign)| size * sign);
    let axes = vec((eigenvalue, -1.5..1.5_f64), 1..5);
    (axes, batches, log_uniform(0.1, 1.0), any::<u64>()).prop_map(
        |(axes, batches, spread, seed)| {
            let (spectrum, start) = axes.into_iter().unzip();
            Raw::Quadratic { spectrum, start, batches, spread, seed }
        },
    )
}

/// Factorisations ½(y − abx)² whose points disagree.
pub fn factorisations(batches: std::ops::Range<usize>) -> impl Strategy<Value = Raw> {
    let point = (log_uniform(0.4, 1.6), -1.5..1.5_f64);
    (vec(point, batches), vec(0.5..1.5_f64, 2)).prop_map(|(points, start)| {
        let (x, y) = points.into_iter().unzip();
        Raw::Factorisation { x, y, start }
    })
}

/// Tanh nets with one or two hidden units on two points a minibatch.
pub fn nets(batches: std::ops::Range<usize>) -> impl Strategy<Value = Raw> {
    batches.prop_flat_map(|batches| {
        (1..3_usize, vec(-2.0..2.0_f64, 2 * batches), any::<u64>())
            .prop_map(move |(hidden, targets, seed)| Raw::Net { hidden, batches, targets, seed })
    })
}

/// Any of the three.
pub fn problems(batches: std::ops::Range<usize>) -> impl Strategy<Value = Raw> {
    let (a, b, c) = (batches.clone(), batches.clone(), batches);
    prop_oneof![quadratics(a), factorisations(b), nets(c)]
}

/// The Euclidean distance, without losing the digits of double-double.
pub fn distance<S: Scalar>(a: &[S], b: &[S]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| (a - b).leading().powi(2)).sum::<f64>().sqrt()
}

/// The order between ε and ε/2 of an error.
pub fn slope(eps: f64, error: impl Fn(f64) -> f64) -> f64 {
    (error(eps) / error(0.5 * eps)).log2()
}

pub fn start(problem: &Problem) -> Vec<f64> {
    problem.start().as_slice().to_vec()
}

pub fn precise_start(problem: &Problem) -> Vec<DoubleDouble> {
    problem.start().iter().map(|&x| DoubleDouble::from_f64(x)).collect()
}
