//! Faster ways to the derivatives of a loss in `f64`.

use super::{lane_by_lane, mean_over_batches, penalize};
use crate::scalar::Lanes;

/// Derivatives in `f64` by code of their own, where the generic gradient of a
/// [`Loss`](crate::loss::Loss) is slower: what [`Loss::kernel`](crate::loss::Loss::kernel) may return.
///
/// It must compute what the generic code computes, up to round-off; that code stays the definition.
/// Vectors have `dim()` entries; results are written over `out`.
pub trait FloatKernel: Send + Sync {
    /// The number m of minibatches.
    fn batches(&self) -> usize;

    /// g_k(w).
    fn gradient(&self, batch: usize, w: &[f64], out: &mut [f64]);

    /// H_k(w) v.
    fn hessian_vector(&self, batch: usize, w: &[f64], v: &[f64], out: &mut [f64]);

    /// g_k + c H_k g_k.
    fn penalized_gradient(&self, batch: usize, c: f64, w: &[f64], out: &mut [f64]) {
        self.gradient(batch, w, out);
        penalize(c, out, |g, bend| self.hessian_vector(batch, w, g, bend));
    }

    /// ⟨g_k + c H_k g_k⟩, the mean over the minibatches.
    fn mean_penalized_gradient(&self, c: f64, w: &[f64], out: &mut [f64]) {
        mean_over_batches(self.batches(), out, |k, out| self.penalized_gradient(k, c, w, out));
    }

    /// g_k at eight points, each for a minibatch of its own: lane l of `out` is the gradient of
    /// minibatch `batches[l]` at lane l of `w`. Both have `dim()` times eight entries, the lanes of a
    /// parameter together.
    fn gradient_in_lanes(&self, batches: &[usize; Lanes::COUNT], w: &[f64], out: &mut [f64]) {
        lane_by_lane(batches, [w], out, |batch, [w], out| self.gradient(batch, w, out));
    }
}
