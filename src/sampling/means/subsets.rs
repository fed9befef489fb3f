//! The exact mean over all orders where every step is affine.

use crate::arithmetic::{Arithmetic, Batch};
use crate::optimizer::{Optimizer, State};

/// The exact mean end state over all m! orders of one epoch, for optimizers whose step is an affine
/// map of the state (linear methods on quadratics).
///
/// An affine map commutes with the mean, so with v_S the mean over the orders that use exactly the
/// batches S, v_S = (1/|S|) Σ_{k∈S} step_k(v_{S∖k}): m·2^{m−1} steps instead of about e·m!.
pub fn subset_mean<A: Arithmetic>(
    a: &mut A,
    optimizer: &dyn Optimizer<A>,
    eps: &A::Number,
    state: &State<A::Vector>,
) -> State<A::Vector> {
    let m = a.batches();
    let one = a.fraction(1, 1);
    let mut means: Vec<State<A::Vector>> = Vec::with_capacity(1 << m);
    means.push(state.clone());
    for subset in 1_usize..1 << m {
        let mut mean: Option<State<A::Vector>> = None;
        for k in (0..m).filter(|k| subset & (1 << k) != 0) {
            let mut next = means[subset & !(1 << k)].clone();
            optimizer.step(a, eps, Batch::One(k), &mut next);
            next.steps.advance();
            mean = Some(match mean {
                None => next,
                Some(mut sum) => {
                    a.axpy(&one, &next.w, &mut sum.w);
                    for (sum, v) in sum.memory.iter_mut().zip(&next.memory) {
                        a.axpy(&one, v, sum);
                    }
                    sum
                }
            });
        }
        let mut mean = mean.unwrap_or_else(|| state.clone());
        let share = a.fraction(1, i64::from(subset.count_ones()));
        a.scale(&share, &mut mean.w);
        for v in &mut mean.memory {
            a.scale(&share, v);
        }
        means.push(mean);
    }
    means.swap_remove((1 << m) - 1)
}
