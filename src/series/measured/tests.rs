//! Derived fields in numbers, against closed forms of the fields they stand for.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::Flow;
use crate::loss::preset;
use crate::optimizer::GradientDescent;
use crate::sampling::{Draw, FullBatch};
use crate::series::derive;

fn near(found: &[f64], known: &[f64]) {
    let off = found.iter().zip(known).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(found.len() == known.len() && off < 1e-14, "{found:?} is not {known:?}");
}

/// Trees of one colour are of the whole loss, however many minibatches it has: on a quadratic the field
/// of gradient descent is ln(1 − εH)/ε, so −g − ½ ε Hg − ⅓ ε² HHg − ….
#[test]
fn trees_of_one_colour_are_of_the_whole_loss() {
    let (forest, rows) = derive(&GradientDescent, &FullBatch, 3, 1).unwrap();
    let flow = flow_of(&forest, &rows).unwrap();
    let problem = preset("quadratic", Some(3), None, 1).unwrap();
    let mut a = Numeric::new(problem.float());
    let w = problem.start().as_slice().to_vec();
    let eps = 0.125_f64;
    let found = flow.field(&mut a, &[eps, eps * eps], &0.0, &w);
    let g = a.gradient(Batch::Full, &w);
    let hg = a.hessian_vector(Batch::Full, &w, &g);
    let hhg = a.hessian_vector(Batch::Full, &w, &hg);
    let known: Vec<f64> =
        (0..w.len()).map(|i| -g[i] - 0.5 * eps * hg[i] - eps * eps / 3.0 * hhg[i]).collect();
    near(&found, &known);
}

#[test]
fn trees_of_several_colours_are_of_their_minibatches() {
    // 0, 0, 1: two thirds of the first minibatch.
    let leaning = |path: &[Draw], _: usize| -> Vec<Draw> {
        [0, 0, 1].get(path.len()).map(|&k| Draw::One(k)).into_iter().collect()
    };
    let (forest, rows) = derive(&GradientDescent, &leaning, 1, 2).unwrap();
    let flow = flow_of(&forest, &rows).unwrap();
    let problem = preset("quadratic", Some(2), None, 1).unwrap();
    let mut a = Numeric::new(problem.float());
    let w = problem.start().as_slice().to_vec();
    let found = flow.field(&mut a, &[], &0.0, &w);
    let (first, second) = (a.gradient(Batch::One(0), &w), a.gradient(Batch::One(1), &w));
    let known: Vec<f64> =
        first.iter().zip(&second).map(|(first, second)| -(2.0 * first + second) / 3.0).collect();
    near(&found, &known);
}
