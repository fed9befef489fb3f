//! The cases of `tests/ground/oracle.json`: two quadratics and two tanh nets with known derivatives,
//! means over orders and flows.
//!
//! The numbers were computed by a separate program in 54-digit arithmetic with every order
//! enumerated; none of this crate's code was involved. Inputs are exact in `f64`. Values are good
//! to 1e-27 absolute, covariances to 1e-20, T[g,g] to 1e-18.
#![allow(dead_code)] // every test file uses its own part of the loader
#![allow(clippy::unwrap_used)] // a fault in the file should fail the test that reads it

use nalgebra::{DMatrix, DVector};
use serde_json::Value;
use shadowflow::loss::{Examples, Mlp, Problem, Quadratic};
use shadowflow::scalar::{DoubleDouble, Ratio};

/// A loss, its start and what is known there. Keys: `gradient`, `hessian_gradient`,
/// `third_gradient_gradient`, `batch_penalty_gradient` (the mean of H_k g_k).
pub struct Case {
    pub problem: Problem,
    entry: Value,
}

/// What is known after one epoch at one step size. Keys of vectors: `mean_over_orders`,
/// `mean_with_replacement`, `order_0_to_m`, `order_reversed`, `gradient_descent_m_steps`,
/// `flow_of_C`, `flow_of_gd_penalty`, `flow_of_batch_penalty`, `flow_of_order_0_to_m`,
/// `closed_map_8_epochs`, `flow_of_batch_penalty_8_epochs`; of a matrix: `covariance_over_orders`.
pub struct Epoch {
    pub step_size: Ratio,
    entry: Value,
}

/// All cases, in the order of the file.
pub fn all() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../oracle.json")).unwrap();
    file["cases"].as_array().unwrap().iter().map(Case::new).collect()
}

impl Case {
    fn new(entry: &Value) -> Self {
        let name = entry["name"].as_str().unwrap();
        let start = DVector::from_vec(floats(&entry["problem"]["w0"]));
        let batches = entry["problem"]["batches"].as_array().unwrap();
        let problem = match entry["problem"]["kind"].as_str().unwrap() {
            "quadratic" => Problem::new(name, quadratic(batches), start),
            "tanh net" => Problem::new(name, net(batches), start),
            kind => panic!("no loss of kind {kind}"),
        };
        Case { problem, entry: entry.clone() }
    }

    /// The vector under `key`, to the last digit a double-double holds.
    pub fn vector(&self, key: &str) -> Vec<DoubleDouble> {
        vector(&self.entry, key)
    }

    /// Its epochs, from the coarsest step size to the finest.
    pub fn epochs(&self) -> Vec<Epoch> {
        let epochs = self.entry["epochs"].as_array().unwrap();
        epochs
            .iter()
            .map(|entry| Epoch {
                step_size: entry["step_size"].as_str().unwrap().parse().unwrap(),
                entry: entry.clone(),
            })
            .collect()
    }
}

impl Epoch {
    /// The number of minibatch gradients that a mean over orders takes.
    pub fn gradients(&self) -> usize {
        self.entry["gradients"].as_u64().unwrap() as usize
    }

    /// The vector under `key`.
    pub fn vector(&self, key: &str) -> Vec<DoubleDouble> {
        vector(&self.entry, key)
    }

    /// The rows of the matrix under `key`.
    pub fn matrix(&self, key: &str) -> Vec<Vec<DoubleDouble>> {
        let rows = self.entry[key].as_array().unwrap();
        rows.iter().map(numbers).collect()
    }
}

fn quadratic(batches: &[Value]) -> Quadratic {
    let hessian = |batch: &Value| {
        let rows: Vec<Vec<f64>> = batch["hessian"].as_array().unwrap().iter().map(floats).collect();
        DMatrix::from_fn(rows.len(), rows.len(), |i, j| rows[i][j])
    };
    let minimum = |batch: &Value| DVector::from_vec(floats(&batch["minimum"]));
    Quadratic::new(batches.iter().map(hessian).collect(), batches.iter().map(minimum).collect())
        .unwrap()
}

/// f(x) = w3 tanh(w1 x + w2) + w4, and a minibatch loss is the mean over its examples: the batches
/// of the file are of one size, so that m/N is one over it.
fn net(batches: &[Value]) -> Mlp {
    let column =
        |key: &str| -> Vec<f64> { batches.iter().flat_map(|batch| floats(&batch[key])).collect() };
    let (x, y) = (column("x"), column("y"));
    let size = x.len() / batches.len();
    let rows: Vec<usize> = (0..x.len()).collect();
    let groups: Vec<Vec<usize>> = rows.chunks(size).map(<[usize]>::to_vec).collect();
    let table = |values: Vec<f64>| DMatrix::from_vec(values.len(), 1, values);
    Mlp::new(&[1, 1, 1], Examples::new(&table(x), &table(y), &groups).unwrap()).unwrap()
}

fn floats(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn numbers(list: &Value) -> Vec<DoubleDouble> {
    list.as_array().unwrap().iter().map(|x| x.as_str().unwrap().parse().unwrap()).collect()
}

fn vector(entry: &Value, key: &str) -> Vec<DoubleDouble> {
    numbers(&entry[key])
}
