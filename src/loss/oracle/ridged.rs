//! A loss with a ridge: weight decay as a part of what is minimised.

use std::sync::Arc;

use super::{Differentiable, Oracle};
use crate::scalar::{Ratio, Scalar};

/// Ĉ_k(w) + (l/2)‖w‖² for every minibatch of a loss.
pub struct Ridged {
    pub(in crate::loss) loss: Arc<dyn Differentiable>,
    pub(in crate::loss) ridge: Ratio,
}

impl<S: Scalar> Oracle<S> for Ridged
where
    dyn Differentiable: Oracle<S>,
{
    fn dim(&self) -> usize {
        Oracle::<S>::dim(&*self.loss)
    }

    fn batches(&self) -> usize {
        Oracle::<S>::batches(&*self.loss)
    }

    fn is_quadratic(&self) -> bool {
        Oracle::<S>::is_quadratic(&*self.loss)
    }

    fn blocks(&self) -> Vec<(usize, usize)> {
        Oracle::<S>::blocks(&*self.loss)
    }

    fn value(&self, batch: usize, w: &[S]) -> S {
        let square = w.iter().fold(S::zero(), |sum, &x| sum + x * x);
        self.loss.value(batch, w) + S::from_ratio(self.ridge).scale(0.5) * square
    }

    fn gradient(&self, batch: usize, w: &[S], out: &mut [S]) {
        self.loss.gradient(batch, w, out);
        S::add_scaled(out, S::from_ratio(self.ridge), w);
    }

    fn derivative(&self, batch: usize, w: &[S], directions: &[&[S]], out: &mut [S]) {
        self.loss.derivative(batch, w, directions, out);
        let linear = match directions {
            [] => w,
            [v] => v,
            _ => return,
        };
        S::add_scaled(out, S::from_ratio(self.ridge), linear);
    }
}
