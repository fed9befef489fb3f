//! The slow manifold of an optimizer with memory.

use num_traits::{One, Zero};

use super::composition::Ring;
use super::{BSeries, Composer, Polynomial, Rational, Series, SeriesFault, TreeId};
use crate::arithmetic::{Arithmetic, Batch};
use crate::optimizer::{Optimizer, State};

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
    // Probes leave the points of the series on purpose; only the last step counts as use.
    let a = &mut a.clone();
    let size = optimizer.memory();
    let mut memory: Vec<BSeries> = (0..size).map(|_| a.zero()).collect();
    if size == 0 {
        return Ok(memory);
    }
    for order in 0..=a.forest().order() {
        let slots = slots(a, order);
        let Some(&first) = slots.first() else { continue };
        let residual = defect(a, composer, optimizer, &memory);
        // How the defect moves with each unknown, read off one slot: constant ratios.
        let mut matrix = vec![vec![Rational::zero(); size]; size];
        for j in 0..size {
            let mut probed = memory.clone();
            for &slot in &slots {
                at_mut(&mut probed[j], slot).add_product(&Polynomial::one(), &Polynomial::one());
            }
            let moved = defect(a, composer, optimizer, &probed);
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
    }
    Ok(memory)
}

/// One state of w and memory after another: the step from the point w itself.
pub(super) fn step_from(
    a: &mut Series,
    optimizer: &dyn Optimizer<Series>,
    memory: &[BSeries],
) -> State<BSeries> {
    let eps = a.step_size();
    let mut state = State { w: a.identity(), memory: memory.to_vec(), steps: 0 };
    optimizer.step(a, &eps, Batch::Full, &mut state);
    state
}

/// V₊ − V(w₊): what keeps memory off the manifold.
fn defect(
    a: &mut Series,
    composer: &Composer,
    optimizer: &dyn Optimizer<Series>,
    memory: &[BSeries],
) -> Vec<BSeries> {
    let after = step_from(a, optimizer, memory);
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
    if order == 0 { vec![None] } else { a.forest().of_order(order).map(Some).collect() }
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
