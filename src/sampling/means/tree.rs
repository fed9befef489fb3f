//! The walk over all paths of a block: exact expectations in any arithmetic.

use crate::arithmetic::Arithmetic;
use crate::optimizer::{Optimizer, State};
use crate::sampling::{Draw, Sampling};

/// Reads vectors off the state at the end of a path.
type Leaf<'a, A> =
    dyn FnMut(&mut A, State<<A as Arithmetic>::Vector>) -> Vec<<A as Arithmetic>::Vector> + 'a;

/// The exact expectation, over one block of `sampling` from `state`, of the vectors that `leaf`
/// reads off the state at the end.
///
/// The walk shares prefixes: random reshuffling of m batches costs ⌊e·m!⌋ − 1 gradients, not m·m!.
pub fn expectation<A: Arithmetic>(
    a: &mut A,
    optimizer: &dyn Optimizer<A>,
    sampling: &dyn Sampling,
    eps: &A::Number,
    state: &State<A::Vector>,
    leaf: &mut Leaf<'_, A>,
) -> Vec<A::Vector> {
    descend(a, optimizer, sampling, eps, state.clone(), &mut Vec::new(), leaf)
}

/// The expectation over the rest of a block, from `state` at the end of `path`.
pub(super) fn descend<A: Arithmetic>(
    a: &mut A,
    optimizer: &dyn Optimizer<A>,
    sampling: &dyn Sampling,
    eps: &A::Number,
    state: State<A::Vector>,
    path: &mut Vec<Draw>,
    leaf: &mut Leaf<'_, A>,
) -> Vec<A::Vector> {
    let draws = sampling.continuations(path, a.batches());
    if draws.is_empty() {
        return leaf(a, state);
    }
    let one = a.fraction(1, 1);
    let count = draws.len();
    let mut state = Some(state);
    let mut sum: Option<Vec<A::Vector>> = None;
    let mut draws = draws.into_iter().peekable();
    while let Some(draw) = draws.next() {
        // The last continuation takes the state itself, the others a copy.
        let next = match draws.peek() {
            None => state.take(),
            Some(_) => state.as_ref().map(|s| copy(a, s)),
        };
        let Some(mut next) = next else { break };
        optimizer.step(a, eps, draw.batch(), &mut next);
        next.steps.advance();
        path.push(draw);
        let below = descend(a, optimizer, sampling, eps, next, path, leaf);
        let _ = path.pop();
        sum = Some(match sum {
            None => below,
            Some(mut sum) => {
                for (sum, part) in sum.iter_mut().zip(below) {
                    a.axpy(&one, &part, sum);
                    a.recycle(part);
                }
                sum
            }
        });
    }
    let mut mean = sum.unwrap_or_default();
    if count > 1 {
        let share = a.fraction(1, count as i64);
        for v in &mut mean {
            a.scale(&share, v);
        }
    }
    mean
}

fn copy<A: Arithmetic>(a: &mut A, state: &State<A::Vector>) -> State<A::Vector> {
    let w = a.duplicate(&state.w);
    let memory = state.memory.iter().map(|v| a.duplicate(v)).collect();
    State { w, memory, steps: state.steps }
}

/// Visits the state at the end of every equally likely path of one block.
pub fn for_each_end<A: Arithmetic>(
    a: &mut A,
    optimizer: &dyn Optimizer<A>,
    sampling: &dyn Sampling,
    eps: &A::Number,
    state: &State<A::Vector>,
    visit: &mut dyn FnMut(&mut A, &State<A::Vector>),
) {
    let nothing = expectation(a, optimizer, sampling, eps, state, &mut |a, end| {
        visit(a, &end);
        Vec::new()
    });
    debug_assert!(nothing.is_empty());
}
