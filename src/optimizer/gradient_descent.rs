//! Gradient descent, on the whole loss or on one minibatch.

use super::{Optimizer, State};
use crate::arithmetic::{Arithmetic, Batch};

/// w ← w − ε g(w), with g the gradient of the batch it is given.
///
/// On [`Batch::Full`] this is gradient descent (Euler's method on w′ = −g), on minibatches it is
/// stochastic gradient descent; which batch comes when is the sampling's business.
#[derive(Clone, Copy, Debug, Default)]
pub struct GradientDescent;

impl<A: Arithmetic> Optimizer<A> for GradientDescent {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        a.axpy(&-eps.clone(), &g, &mut s.w);
        a.recycle(g);
    }
}
