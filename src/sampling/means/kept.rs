//! Draws that are kept: every block repeats those of the first.

use crate::arithmetic::{Arithmetic, Numeric};
use crate::optimizer::{Optimizer, State};
use crate::sampling::{Draw, Sampling};
use crate::scalar::Scalar;

/// The mean state after `blocks` blocks over all paths of one block of `sampling`, each taken in every block;
/// `None` if an iterate leaves the finite numbers.
pub(super) fn kept_mean<S: Scalar>(
    a: &mut Numeric<S>,
    optimizer: &dyn Optimizer<Numeric<S>>,
    sampling: &dyn Sampling,
    eps: S,
    start: &State<Vec<S>>,
    blocks: usize,
) -> Option<State<Vec<S>>> {
    let mut paths = Vec::new();
    collect(sampling, a.batches(), &mut Vec::new(), &mut paths);
    let share = S::one() / S::from_f64(paths.len() as f64);
    let mut mean: Option<State<Vec<S>>> = None;
    for path in &paths {
        let mut state = start.clone();
        for _ in 0..blocks {
            for draw in path {
                optimizer.step(a, &eps, draw.batch(), &mut state);
                state.steps.advance();
            }
            if state.w.iter().any(|w| !w.is_finite()) {
                return None;
            }
        }
        let mean = mean.get_or_insert_with(|| zero_like(&state));
        mean.steps = state.steps;
        S::add_scaled(&mut mean.w, share, &state.w);
        for (mean, memory) in mean.memory.iter_mut().zip(&state.memory) {
            S::add_scaled(mean, share, memory);
        }
    }
    mean
}

fn zero_like<S: Scalar>(state: &State<Vec<S>>) -> State<Vec<S>> {
    let zeros = |v: &Vec<S>| vec![S::zero(); v.len()];
    State {
        w: zeros(&state.w),
        memory: state.memory.iter().map(zeros).collect(),
        steps: state.steps,
    }
}

/// All paths of a block that continue `path`.
fn collect(
    sampling: &dyn Sampling,
    components: usize,
    path: &mut Vec<Draw>,
    paths: &mut Vec<Vec<Draw>>,
) {
    let next = sampling.continuations(path, components);
    if next.is_empty() {
        paths.push(path.clone());
    }
    for draw in next {
        path.push(draw);
        collect(sampling, components, path, paths);
        let _ = path.pop();
    }
}
