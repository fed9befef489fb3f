//! The derivatives of a net in `f64`, in vector instructions.

use super::Net;
use super::batchwise::{Gradient, HessianVector, Penalized};
use super::in_lanes::{GradientInLanes, MeanPenalized};
use super::kept::Kept;
use super::layer::Sizes;
use super::panels::{self, POSITIONS, WIDEST};
use crate::kernel::{LINE, instructions, with_workspace};
use crate::loss::FloatKernel;
use crate::loss::oracle::mean_over_batches;

impl Net {
    /// The room the passes need where those of `panels` panels are kept: with one direction of
    /// differentiation, and one more vector.
    pub(super) fn room(&self, panels: usize) -> usize {
        let Sizes { units, across } = Sizes::of(&self.layers, WIDEST);
        panels * Kept::room(&self.layers, WIDEST)
            + 2 * units
            + across
            + self.dim.next_multiple_of(LINE)
    }

    /// The room of a panel of lanes and of the passes over it.
    pub(super) fn lanes_room(&self) -> usize {
        panels::room(&self.examples) + self.room(1)
    }

    /// Whether the minibatches are many and small, so that eight of them side by side fill a panel.
    pub(super) fn has_small_batches(&self) -> bool {
        self.examples.largest_batch() <= POSITIONS && self.examples.batches() > 2
    }

    /// Writes ridge · v, with which the sums over examples begin.
    #[inline(always)]
    pub(super) fn begin(&self, v: &[f64], out: &mut [f64]) {
        for (out, &v) in out.iter_mut().zip(v) {
            *out = self.ridge * v;
        }
    }
}

impl FloatKernel for Net {
    fn batches(&self) -> usize {
        self.examples.batches()
    }

    fn gradient(&self, batch: usize, w: &[f64], out: &mut [f64]) {
        let net = self;
        with_workspace(self.room(1), |space| {
            instructions().dispatch(Gradient { net, batch, w, out, space });
        });
    }

    fn hessian_vector(&self, batch: usize, w: &[f64], v: &[f64], out: &mut [f64]) {
        let net = self;
        with_workspace(self.room(1), |space| {
            instructions().dispatch(HessianVector { net, batch, w, v, out, space });
        });
    }

    fn penalized_gradient(&self, batch: usize, c: f64, w: &[f64], out: &mut [f64]) {
        let net = self;
        with_workspace(self.room(self.panels[batch].len()), |space| {
            instructions().dispatch(Penalized { net, batch, c, w, out, space });
        });
    }

    fn mean_penalized_gradient(&self, c: f64, w: &[f64], out: &mut [f64]) {
        if !self.has_small_batches() {
            let one = |k, out: &mut [f64]| self.penalized_gradient(k, c, w, out);
            return mean_over_batches(self.batches(), out, one);
        }
        let net = self;
        with_workspace(self.lanes_room() + LINE * self.dim, |space| {
            instructions().dispatch(MeanPenalized { net, c, w, out, space });
        });
    }

    fn gradient_in_lanes(&self, batches: &[usize; LINE], w: &[f64], out: &mut [f64]) {
        let net = self;
        with_workspace(self.lanes_room(), |space| {
            instructions().dispatch(GradientInLanes { net, batches, w, out, space });
        });
    }
}

#[cfg(test)]
mod tests;
