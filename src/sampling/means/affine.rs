//! Whether the steps of a method are affine, so that they commute with means.

use std::sync::Arc;

use crate::arithmetic::{Batch, Numeric};
use crate::loss::Oracle;
use crate::optimizer::{Optimizer, State, Steps};

/// Pairs of states that are looked at, by how far they lie from the start.
const REACH: [f64; 3] = [0.25, 1.0, 4.0];
/// The step size.
const STEP_SIZE: f64 = 0.25;
/// A step of the mean of two states may differ by so much from the mean of their steps, relative to the largest entry.
const ROUNDED: f64 = 1e-10;

/// Whether every step of `optimizer` on `loss` is an affine map of parameters and memory: then the mean over random minibatches is a
/// recursion, and the mean of an epoch is that of its mean.
///
/// The loss must be a quadratic, and the step is tried between pairs of states about `start`, memory included, on every minibatch and at
/// several counts of steps. What does not come out finite is not affine.
pub fn is_affine(
    optimizer: &dyn Optimizer<Numeric<f64>>,
    loss: &Arc<dyn Oracle<f64>>,
    start: &[f64],
) -> bool {
    if !loss.is_quadratic() {
        return false;
    }
    let mut a = Numeric::new(Arc::clone(loss));
    let memory = optimizer.initial_memory(&mut a, &STEP_SIZE, &start.to_vec());
    let about = |reach: f64, phase: f64| State {
        w: moved(start, reach, phase),
        memory: (memory.iter().enumerate())
            .map(|(at, v)| moved(v, reach, phase + 1.0 + at as f64))
            .collect(),
        steps: Steps::default(),
    };
    let taken: Vec<usize> = [0, 1, 2].into_iter().chain([optimizer.period()]).collect();
    REACH.into_iter().all(|reach| {
        let pair = [about(reach, 0.5), about(reach, 2.75)];
        (0..loss.batches()).all(|k| {
            taken.iter().all(|&taken| {
                let mut after = |state: &State<Vec<f64>>| {
                    let mut state = State { steps: Steps::default().after(taken), ..state.clone() };
                    optimizer.step(&mut a, &STEP_SIZE, Batch::One(k), &mut state);
                    flat(&state)
                };
                let ends = mean(&after(&pair[0]), &after(&pair[1]));
                let middle = State {
                    w: mean(&pair[0].w, &pair[1].w),
                    memory: (pair[0].memory.iter().zip(&pair[1].memory))
                        .map(|(x, y)| mean(x, y))
                        .collect(),
                    steps: Steps::default(),
                };
                let of_middle = after(&middle);
                let size = ends.iter().fold(1.0, |size, x| f64::max(size, x.abs()));
                let alike = |(x, y): (&f64, &f64)| (x - y).abs() <= ROUNDED * size;
                ends.len() == of_middle.len() && ends.iter().zip(&of_middle).all(alike)
            })
        })
    })
}

/// Every coordinate moved by up to `reach`, differently for each.
fn moved(v: &[f64], reach: f64, phase: f64) -> Vec<f64> {
    v.iter().enumerate().map(|(i, x)| x + reach * (phase + 1.7 * (i + 1) as f64).sin()).collect()
}

fn mean(x: &[f64], y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| 0.5 * (x + y)).collect()
}

fn flat(state: &State<Vec<f64>>) -> Vec<f64> {
    std::iter::once(&state.w).chain(&state.memory).flatten().copied().collect()
}
