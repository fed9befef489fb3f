//! Whether the first steps are those of the slow manifold, where the series are.

use super::derive::{mean_map, only_draw};
use super::{BSeries, Polynomial, Series, SeriesFault};
use crate::optimizer::{Optimizer, State, Steps};
use crate::sampling::Sampling;

/// How many blocks more are compared where powers of the number of steps are read.
pub(super) const FADING: usize = 8;

/// Compares the first blocks with those of the slow manifold, in all trees at the powers of ε below
/// `order`: as many blocks as memory has vectors, and one more. Deviations from the manifold follow
/// a linear recursion of that length, so what has not shown by then does not.
///
/// # Errors
/// [`SeriesFault::StartsOffManifold`] if they differ.
pub(super) fn expect_settled(
    a: &mut Series,
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    memory: &[BSeries],
    map: &BSeries,
    order: usize,
) -> Result<(), SeriesFault> {
    let alike = |one: &BSeries, other: &BSeries| {
        let below = |a: &Polynomial, b: &Polynomial| agree_below(a, b, order);
        below(&one.identity, &other.identity)
            && one.coefficients.iter().zip(&other.coefficients).all(|(a, b)| below(a, b))
            && one.lost.min(other.lost) as usize >= order
    };
    let blocks = memory.len() + 1 + if a.fades() { FADING } else { 0 };
    if memory.is_empty() {
        if !a.fades() {
            return Ok(());
        }
        let length = sampling.steps(a.shared_forest().colours());
        for block in 0..blocks {
            let first =
                mean_map(a, optimizer, sampling, memory, Steps::default().after(block * length));
            if !alike(&first, map) {
                return Err(SeriesFault::StartsOffManifold);
            }
        }
        return Ok(());
    }
    let Some(draw) = only_draw(sampling, a.shared_forest().colours()) else { return Ok(()) };
    let (eps, w) = (a.step_size(), a.identity());
    let begun = optimizer.initial_memory(a, &eps, &w);
    let mut settled = State { w: w.clone(), memory: memory.to_vec(), steps: Steps::settled() };
    let mut first = State { w, memory: begun, steps: Steps::default() };
    for _ in 0..blocks {
        optimizer.step(a, &eps, draw.batch(), &mut first);
        optimizer.step(a, &eps, draw.batch(), &mut settled);
        first.steps.advance();
        settled.steps.advance();
        if !alike(&first.w, &settled.w) {
            return Err(SeriesFault::StartsOffManifold);
        }
    }
    Ok(())
}

/// Whether two polynomials agree at the powers of ε below `order`.
pub(super) fn agree_below(a: &Polynomial, b: &Polynomial, order: usize) -> bool {
    (a.clone() - b.clone()).powers().all(|power| power as usize >= order)
}
