//! The slow manifold of an optimizer with memory.

use num_traits::{One, Zero};

use super::composition::Ring;
use super::truncation::{NEVER, Reach, Valuations};
use super::{BSeries, Composer, Forest, Polynomial, Rational, Series, SeriesFault, TreeId};
use crate::arithmetic::{Arithmetic, Batch};
use crate::optimizer::{Optimizer, State, Steps};

/// The memory vectors V_j, as series in w, that one step carries into themselves: if memory is V(w)
/// before the step it is V(w₊) after it. On this manifold the optimizer is a map of w alone.
///
/// Solved order by order: with all smaller trees known, the coefficients of the trees of one order
/// enter affinely, all in the same way.
///
/// # Errors
/// [`SeriesFault::NoSlowManifold`] if memory neither forgets nor grows, so that an order has no unique
/// solution.
pub fn slow_manifold(
    a: &Series,
    composer: &Composer,
    optimizer: &dyn Optimizer<Series>,
) -> Result<Vec<BSeries>, SeriesFault> {
    slow_manifold_on(a, composer, optimizer, Batch::Full)
}

/// The same for steps on `batch`.
pub(super) fn slow_manifold_on(
    a: &Series,
    composer: &Composer,
    optimizer: &dyn Optimizer<Series>,
    batch: Batch,
) -> Result<Vec<BSeries>, SeriesFault> {
    // Probes leave the points of the series on purpose; only the last step counts as use.
    let a = &mut a.clone();
    let size = optimizer.memory();
    let mut memory: Vec<BSeries> = (0..size).map(|_| a.zero()).collect();
    if size == 0 {
        return Ok(memory);
    }
    let mut solution = Vec::new();
    for order in 0..=a.shared_forest().order() {
        let slots = slots(a, order);
        let Some(&first) = slots.first() else { continue };
        let residual = defect(a, composer, optimizer, batch, &memory);
        if residual.len() != size {
            return Err(SeriesFault::NoSlowManifold);
        }
        // How the defect moves with each unknown, read off one slot: constant ratios.
        let mut matrix = vec![vec![Rational::zero(); size]; size];
        for j in 0..size {
            let mut probed = memory.clone();
            for &slot in &slots {
                at_mut(&mut probed[j], slot).add_product(&Polynomial::one(), &Polynomial::one());
            }
            let moved = defect(a, composer, optimizer, batch, &probed);
            for i in 0..size {
                let change = at(&moved[i], first).clone() - at(&residual[i], first).clone();
                if change.powers().any(|power| power > 0) {
                    return Err(SeriesFault::NoSlowManifold);
                }
                matrix[i][j] = change.coefficient(0);
            }
        }
        let inverse = inverse(matrix).ok_or(SeriesFault::NoSlowManifold)?;
        for &slot in &slots {
            for (i, row) in inverse.iter().enumerate() {
                let correction = row
                    .iter()
                    .zip(&residual)
                    .fold(Polynomial::zero(), |sum, (c, r)| sum - at(r, slot).scaled(c));
                at_mut(&mut memory[i], slot).add_product(&Polynomial::one(), &correction);
            }
        }
        solution = inverse;
    }
    // What enters otherwise than in the same affine way at every order is not solved for.
    let still = |v: &BSeries| v.identity.is_zero() && v.coefficients.iter().all(Zero::is_zero);
    if !defect(a, composer, optimizer, batch, &memory).iter().all(still) {
        return Err(SeriesFault::NoSlowManifold);
    }
    bound_what_is_lost(a, optimizer, batch, &mut memory, &solution);
    Ok(memory)
}

/// The least power of ε with which memory can have trees beyond the forest.
///
/// These solve the same equations: a step and a composition put them together from smaller ones, and
/// `solution` mixes what comes out. So bounds that this does not lower hold for all of them, by induction
/// over their nodes.
fn bound_what_is_lost(
    a: &mut Series,
    optimizer: &dyn Optimizer<Series>,
    batch: Batch,
    memory: &mut [BSeries],
    solution: &[Vec<Rational>],
) {
    let forest = a.shared_forest();
    memory.iter_mut().for_each(|v| v.lost = NEVER);
    loop {
        let after = step_from(a, optimizer, batch, memory);
        let defects: Vec<u32> = (after.memory.iter().zip(&*memory))
            .map(|(new, old)| new.lost.min(lost_in_composition(&forest, old, &after.w)))
            .collect();
        let mut settled = true;
        for (v, row) in memory.iter_mut().zip(solution) {
            let mixed =
                row.iter().zip(&defects).filter(|(c, _)| !c.is_zero()).map(|(_, lost)| *lost);
            let lost = mixed.min().unwrap_or(NEVER);
            settled &= lost >= v.lost;
            v.lost = v.lost.min(lost);
        }
        if settled {
            return;
        }
    }
}

/// The least power of ε among the trees beyond the forest of the direction `v` at the point `w`.
fn lost_in_composition(forest: &Forest, v: &BSeries, w: &BSeries) -> u32 {
    let carried = w.lost.saturating_add(v.identity.valuation());
    let put_together = Reach::towards(forest.order() + 1)
        .with_one_of(&Valuations::of(forest, v))
        .with_any_of(&Valuations::of(forest, w));
    carried.min(put_together.reached())
}

/// One state of w and memory after another: the step from the point w itself.
pub(super) fn step_from(
    a: &mut Series,
    optimizer: &dyn Optimizer<Series>,
    batch: Batch,
    memory: &[BSeries],
) -> State<BSeries> {
    let eps = a.step_size();
    let mut state = State { w: a.identity(), memory: memory.to_vec(), steps: Steps::settled() };
    optimizer.step(a, &eps, batch, &mut state);
    state
}

/// V₊ − V(w₊): what keeps memory off the manifold.
fn defect(
    a: &mut Series,
    composer: &Composer,
    optimizer: &dyn Optimizer<Series>,
    batch: Batch,
    memory: &[BSeries],
) -> Vec<BSeries> {
    let after = step_from(a, optimizer, batch, memory);
    (after.memory.iter().zip(memory))
        .map(|(new, old)| {
            let moved = composer.compose(&old.coefficients, &after.w.coefficients);
            let mut defect = new.clone();
            defect.identity = defect.identity - old.identity.clone();
            for (at, defect) in defect.coefficients.iter_mut().enumerate() {
                let carried = old.identity.clone() * after.w.coefficients[at].clone();
                *defect = std::mem::take(defect) - moved[at].clone() - carried;
            }
            defect
        })
        .collect()
}

/// The unknowns of one order: w's own coefficient at order 0, the trees with that many nodes above.
fn slots(a: &Series, order: usize) -> Vec<Option<TreeId>> {
    if order == 0 { vec![None] } else { a.shared_forest().of_order(order).map(Some).collect() }
}

fn at(series: &BSeries, slot: Option<TreeId>) -> &Polynomial {
    slot.map_or(&series.identity, |tree| &series.coefficients[tree.index()])
}

fn at_mut(series: &mut BSeries, slot: Option<TreeId>) -> &mut Polynomial {
    match slot {
        None => &mut series.identity,
        Some(tree) => &mut series.coefficients[tree.index()],
    }
}

/// The inverse of a small matrix of exact rationals, by elimination; `None` if it is singular.
fn inverse(mut matrix: Vec<Vec<Rational>>) -> Option<Vec<Vec<Rational>>> {
    let n = matrix.len();
    for (i, row) in matrix.iter_mut().enumerate() {
        row.extend((0..n).map(|j| if i == j { Rational::one() } else { Rational::zero() }));
    }
    for column in 0..n {
        let pivot = (column..n).find(|&row| !matrix[row][column].is_zero())?;
        matrix.swap(column, pivot);
        let lead = matrix[column][column].clone();
        matrix[column].iter_mut().for_each(|x| *x /= &lead);
        let pivot_row = matrix[column].clone();
        for (row, entries) in matrix.iter_mut().enumerate().filter(|(row, _)| *row != column) {
            let _ = row;
            let factor = entries[column].clone();
            entries.iter_mut().zip(&pivot_row).for_each(|(x, p)| *x -= &factor * p);
        }
    }
    Some(matrix.into_iter().map(|mut row| row.split_off(n)).collect())
}

#[cfg(test)]
mod tests;
