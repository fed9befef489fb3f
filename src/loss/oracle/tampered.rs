//! A loss with a fault of its author planted: what an examination has to find.

use std::sync::Arc;

use super::{Differentiable, Oracle};
use crate::scalar::{Ratio, Scalar};

/// What an author may get wrong in a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tampering {
    /// One component of every minibatch's gradient, and with it of all its derivatives, is multiplied by
    /// a factor, while the value stays what it is.
    Component {
        /// The component, counted from 0; beyond the last one it is taken modulo their number.
        component: usize,
        /// The factor.
        factor: Ratio,
    },
    /// It says that it is a quadratic.
    ClaimsQuadratic,
}

/// A loss with a fault planted.
pub struct Tampered {
    pub(in crate::loss) loss: Arc<dyn Differentiable>,
    pub(in crate::loss) tampering: Tampering,
}

impl Tampered {
    fn spoil<S: Scalar>(&self, out: &mut [S]) {
        if let Tampering::Component { component, factor } = self.tampering {
            let at = component % out.len().max(1);
            if let Some(entry) = out.get_mut(at) {
                *entry *= S::from_ratio(factor);
            }
        }
    }
}

impl<S: Scalar> Oracle<S> for Tampered
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
        self.tampering == Tampering::ClaimsQuadratic || Oracle::<S>::is_quadratic(&*self.loss)
    }

    fn blocks(&self) -> Vec<(usize, usize)> {
        Oracle::<S>::blocks(&*self.loss)
    }

    fn value(&self, batch: usize, w: &[S]) -> S {
        self.loss.value(batch, w)
    }

    fn gradient(&self, batch: usize, w: &[S], out: &mut [S]) {
        self.loss.gradient(batch, w, out);
        self.spoil(out);
    }

    fn derivative(&self, batch: usize, w: &[S], directions: &[&[S]], out: &mut [S]) {
        self.loss.derivative(batch, w, directions, out);
        self.spoil(out);
    }
}
