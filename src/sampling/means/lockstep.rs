//! The walk over all orders, eight of them at once.

use std::sync::Arc;

use super::tree::descend;
use crate::arithmetic::{Batch, Numeric};
use crate::loss::{Oracle, Relabelled};
use crate::optimizer::{Optimizer, State};
use crate::sampling::{Draw, RandomReshuffling};
use crate::scalar::{Lanes, Scalar};

/// The mean state over all m! orders of the m minibatches of the loss of `a`, from `state`.
///
/// Orders are grouped by their first one or two minibatches; eight groups are walked in lockstep, one
/// in each lane, under names of the minibatches that make their first ones the same. A lane computes
/// what the walk in `f64` would.
pub fn lockstep_mean(
    a: &mut Numeric<f64>,
    optimizer: &dyn Optimizer<Numeric<Lanes>>,
    eps: f64,
    state: &State<Vec<f64>>,
) -> State<Vec<f64>> {
    let loss = Arc::clone(a.loss());
    let m = loss.batches();
    let first = prefixes(m);
    let depth = first.first().map_or(0, Vec::len);
    let spread = |v: &Vec<f64>| -> Vec<Lanes> { v.iter().map(|&x| Lanes::from_f64(x)).collect() };
    let mut sums = vec![vec![0.0; loss.dim()]; 1 + state.memory.len()];
    for group in first.chunks(Lanes::COUNT) {
        let lanes: Arc<dyn Oracle<Lanes>> =
            Arc::new(Relabelled::new(Arc::clone(&loss), labels(group, m)));
        let mut lanes = Numeric::new(lanes);
        let mut begun = State {
            w: spread(&state.w),
            memory: state.memory.iter().map(spread).collect(),
            steps: state.steps,
        };
        let eps = Lanes::from_f64(eps);
        let mut path = Vec::with_capacity(m);
        for k in 0..depth {
            optimizer.step(&mut lanes, &eps, Batch::One(k), &mut begun);
            begun.steps.advance();
            path.push(Draw::One(k));
        }
        let means = descend(
            &mut lanes,
            optimizer,
            &RandomReshuffling,
            &eps,
            begun,
            &mut path,
            &mut |_, end| std::iter::once(end.w).chain(end.memory).collect(),
        );
        a.absorb(&lanes);
        for (sum, mean) in sums.iter_mut().zip(&means) {
            for (sum, mean) in sum.iter_mut().zip(mean) {
                *sum += mean.0[..group.len()].iter().sum::<f64>();
            }
        }
    }
    for x in sums.iter_mut().flatten() {
        *x /= first.len() as f64;
    }
    let memory = sums.split_off(1);
    State { w: sums.swap_remove(0), memory, steps: state.steps.after(m) }
}

/// The first one or two of `m` minibatches in every order, whichever makes the walk shorter.
fn prefixes(m: usize) -> Vec<Vec<usize>> {
    let one = (0..m).map(|k| vec![k]);
    let two = || (0..m).flat_map(move |j| (0..m).filter(move |&k| k != j).map(move |k| vec![j, k]));
    let walk = |count: usize, depth: usize| {
        count.div_ceil(Lanes::COUNT) as f64 * (depth as f64 + nodes(m - depth))
    };
    if m >= 2 && walk(m * (m - 1), 2) < walk(m, 1) { two().collect() } else { one.collect() }
}

/// The nodes below the root of the tree of all orders of `m`: Σ_{k ≥ 1} m!/(m − k)!.
fn nodes(m: usize) -> f64 {
    (0..m).fold(0.0, |below, k| (k + 1) as f64 * (1.0 + below))
}

/// The names under which each lane sees the minibatches: its prefix first, then the others.
fn labels(prefixes: &[Vec<usize>], m: usize) -> Vec<[usize; Lanes::COUNT]> {
    let names: Vec<Vec<usize>> = (0..Lanes::COUNT)
        .map(|lane| {
            // Lanes without a prefix of their own repeat the first, and are not counted.
            let prefix = prefixes.get(lane).unwrap_or(&prefixes[0]);
            let others = (0..m).filter(|k| !prefix.contains(k));
            prefix.iter().copied().chain(others).collect()
        })
        .collect();
    (0..m).map(|k| std::array::from_fn(|lane| names[lane][k])).collect()
}

#[cfg(test)]
mod tests;
