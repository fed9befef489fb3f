//! The derivatives of a net in `f64`, in vector instructions.

use std::array::from_fn;

use pulp::{Simd, WithSimd};

use super::Mlp;
use super::panels::{self, POSITIONS, View, WIDEST, gather};
use super::passes::{
    Layer, Outer, Sizes, accumulate, accumulate_lanes, accumulate_tangent, backward, forward,
    residuals, tangent_backward, tangent_forward, turn,
};
use crate::kernel::{LINE, instructions, with_workspace};

/// Cuts the next `count` numbers off `rest`.
fn take<'a>(rest: &mut &'a mut [f64], count: usize) -> &'a mut [f64] {
    let (taken, after) = std::mem::take(rest).split_at_mut(count);
    *rest = after;
    taken
}

impl Mlp {
    /// The room the passes need where those of `panels` panels are kept: with one direction of
    /// differentiation, and one more vector.
    fn room(&self, panels: usize) -> usize {
        let Sizes { units, across } = Sizes::of(&self.kernel, WIDEST);
        panels * Kept::room(&self.kernel, WIDEST)
            + 2 * units
            + across
            + self.dim.next_multiple_of(LINE)
    }

    /// g_k.
    pub(super) fn fast_gradient(&self, batch: usize, w: &[f64], out: &mut [f64]) {
        let net = self;
        with_workspace(self.room(1), |space| {
            instructions().dispatch(Gradient { net, batch, w, out, space });
        });
    }

    /// H_k v.
    pub(super) fn fast_hessian_vector(&self, batch: usize, w: &[f64], v: &[f64], out: &mut [f64]) {
        let net = self;
        with_workspace(self.room(1), |space| {
            instructions().dispatch(HessianVector { net, batch, w, v, out, space });
        });
    }

    /// g_k + c H_k g_k.
    pub(super) fn fast_penalized(&self, batch: usize, c: f64, w: &[f64], out: &mut [f64]) {
        let net = self;
        with_workspace(self.room(self.panels[batch].len()), |space| {
            instructions().dispatch(Penalized { net, batch, c, w, out, space });
        });
    }

    /// g_k at eight points, for a minibatch each.
    pub(super) fn fast_gradient_in_lanes(
        &self,
        batches: &[usize; LINE],
        w: &[f64],
        out: &mut [f64],
    ) {
        let net = self;
        with_workspace(self.lanes_room(), |space| {
            instructions().dispatch(GradientInLanes { net, batches, w, out, space });
        });
    }

    /// Whether the minibatches are many and small, so that eight of them side by side fill a panel.
    pub(super) fn has_small_batches(&self) -> bool {
        self.examples.largest_batch() <= POSITIONS && self.examples.batches() > 2
    }

    /// ⟨g_k + c H_k g_k⟩ where minibatches are small.
    pub(super) fn fast_mean_penalized(&self, c: f64, w: &[f64], out: &mut [f64]) {
        let net = self;
        with_workspace(self.lanes_room() + LINE * self.dim, |space| {
            instructions().dispatch(MeanPenalized { net, c, w, out, space });
        });
    }

    /// The room of a panel of lanes and of the passes over it.
    fn lanes_room(&self) -> usize {
        panels::room(&self.examples) + self.room(1)
    }
}

struct Gradient<'a> {
    net: &'a Mlp,
    batch: usize,
    w: &'a [f64],
    out: &'a mut [f64],
    space: &'a mut [f64],
}

impl WithSimd for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Gradient { net, batch, w, out, space } = self;
        let layers = &net.kernel[..];
        out.fill(0.0);
        for panel in &net.panels[batch] {
            let (view, mut rest) = (panel.view(), &mut *space);
            let mut kept = Kept::new(layers, view.width, &mut rest);
            kept.passes::<S, false, false>(simd, layers, view, w);
            accumulate(simd, layers, view.width, kept.turned(simd, layers, view), out);
        }
    }
}

struct HessianVector<'a> {
    net: &'a Mlp,
    batch: usize,
    w: &'a [f64],
    v: &'a [f64],
    out: &'a mut [f64],
    space: &'a mut [f64],
}

impl WithSimd for HessianVector<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let HessianVector { net, batch, w, v, out, space } = self;
        let layers = &net.kernel[..];
        out.fill(0.0);
        for panel in &net.panels[batch] {
            let (view, mut rest) = (panel.view(), &mut *space);
            let mut kept = Kept::new(layers, view.width, &mut rest);
            kept.passes::<S, false, true>(simd, layers, view, w);
            let _ = kept.turned(simd, layers, view);
            kept.tangent::<S, false>(simd, layers, view, (w, v), rest, out);
        }
    }
}

struct Penalized<'a> {
    net: &'a Mlp,
    batch: usize,
    c: f64,
    w: &'a [f64],
    out: &'a mut [f64],
    space: &'a mut [f64],
}

impl WithSimd for Penalized<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Penalized { net, batch, c, w, out, space } = self;
        let layers = &net.kernel[..];
        let (panels, mut rest) = (&net.panels[batch], &mut *space);
        let bend = &mut take(&mut rest, net.dim.next_multiple_of(LINE))[..net.dim];
        out.fill(0.0);
        bend.fill(0.0);
        let kept = panels.iter().map(|panel| Kept::room(layers, panel.width)).sum();
        let (kept, room) = rest.split_at_mut(kept);
        let mut open = &mut *kept;
        for panel in panels {
            let view = panel.view();
            let mut kept = Kept::new(layers, view.width, &mut open);
            kept.passes::<S, false, true>(simd, layers, view, w);
            accumulate(simd, layers, view.width, kept.turned(simd, layers, view), out);
        }
        let mut open = kept;
        for panel in panels {
            let kept = Kept::new(layers, panel.width, &mut open);
            kept.tangent::<S, false>(simd, layers, panel.view(), (w, out), room, bend);
        }
        for (out, &bend) in out.iter_mut().zip(&*bend) {
            *out += c * bend;
        }
    }
}

struct GradientInLanes<'a> {
    net: &'a Mlp,
    batches: &'a [usize; LINE],
    w: &'a [f64],
    out: &'a mut [f64],
    space: &'a mut [f64],
}

impl WithSimd for GradientInLanes<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let GradientInLanes { net, batches, w, out, space } = self;
        let layers = &net.kernel[..];
        let most = net.examples.largest_batch();
        let (gathered, rest) = space.split_at_mut(panels::room(&net.examples));
        for first in (0..most).step_by(POSITIONS) {
            let view = gather::<false>(&net.examples, batches, (first, most), gathered);
            let mut rest = &mut *rest;
            let mut kept = Kept::new(layers, view.width, &mut rest);
            kept.passes::<S, true, false>(simd, layers, view, w);
            kept.in_lanes(simd, layers, view, (first == 0, &mut *out));
        }
    }
}

struct MeanPenalized<'a> {
    net: &'a Mlp,
    c: f64,
    w: &'a [f64],
    out: &'a mut [f64],
    space: &'a mut [f64],
}

impl WithSimd for MeanPenalized<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let MeanPenalized { net, c, w, out, space } = self;
        let (layers, most) = (&net.kernel[..], net.examples.largest_batch());
        let (gathered, rest) = space.split_at_mut(panels::room(&net.examples));
        let (g, rest) = rest.split_at_mut(LINE * net.dim);
        let (bend, rest) = rest.split_at_mut(net.dim.next_multiple_of(LINE));
        let bend = &mut bend[..net.dim];
        out.fill(0.0);
        bend.fill(0.0);
        for first in (0..net.examples.batches()).step_by(LINE) {
            // Lanes beyond the last minibatch have no examples.
            let batches = from_fn(|lane| first + lane);
            let view = gather::<true>(&net.examples, &batches, (0, most), gathered);
            let mut rest = &mut *rest;
            let mut kept = Kept::new(layers, view.width, &mut rest);
            kept.passes::<S, false, true>(simd, layers, view, w);
            kept.in_lanes(simd, layers, view, (true, &mut *g));
            let _ = kept.turned(simd, layers, view);
            kept.tangent::<S, true>(simd, layers, view, (w, g), rest, bend);
            for (out, g) in out.iter_mut().zip(g.as_chunks::<LINE>().0) {
                *out += g.iter().sum::<f64>();
            }
        }
        let share = 1.0 / net.examples.batches() as f64;
        for (out, &bend) in out.iter_mut().zip(&*bend) {
            *out = share * (*out + c * bend);
        }
    }
}

/// What the passes forward and backward over a panel leave.
struct Kept<'a> {
    units: &'a mut [f64],
    slopes: &'a mut [f64],
    bends: &'a mut [f64],
    across: &'a mut [f64],
}

impl<'a> Kept<'a> {
    fn new(layers: &[Layer], width: usize, rest: &mut &'a mut [f64]) -> Self {
        let Sizes { units, across } = Sizes::of(layers, width);
        let [units, slopes, bends] = [(); 3].map(|()| take(rest, units));
        Kept { units, slopes, bends, across: take(rest, across) }
    }

    /// The numbers it takes.
    fn room(layers: &[Layer], width: usize) -> usize {
        let Sizes { units, across } = Sizes::of(layers, width);
        3 * units + across
    }

    /// Forward and backward.
    #[inline(always)]
    fn passes<S: Simd, const LANES: bool, const BENDS: bool>(
        &mut self,
        simd: S,
        layers: &[Layer],
        view: View,
        w: &[f64],
    ) {
        let Kept { units, slopes, bends, .. } = self;
        let View { width, inputs, targets, shares, .. } = view;
        forward::<S, LANES>(simd, layers, w, (inputs, width), units);
        residuals(simd, &layers[layers.len() - 1], units, (targets, shares), slopes);
        backward::<S, LANES, BENDS>(simd, layers, w, width, units, slopes, bends);
    }

    /// Writes the activations example by example; then the gradient can be summed.
    #[inline(always)]
    fn turned<'b, S: Simd>(&'b mut self, simd: S, layers: &[Layer], view: View<'b>) -> Outer<'b> {
        turn(simd, layers, view.width, self.units, self.across);
        Outer { rows: view.rows, across: self.across, slopes: self.slopes }
    }

    /// The gradient of each lane, added to the lines of `out`, or written there if it is the first.
    #[inline(always)]
    fn in_lanes<S: Simd>(
        &self,
        simd: S,
        layers: &[Layer],
        view: View,
        (first, out): (bool, &mut [f64]),
    ) {
        let input = (view.inputs, view.width);
        accumulate_lanes(simd, layers, input, self.units, self.slopes, (first, out));
    }

    /// Adds the panel's H v to `out`; `LANES` says whether v has a line for each weight, one entry for
    /// each minibatch of the panel.
    #[inline(always)]
    fn tangent<S: Simd, const LANES: bool>(
        &self,
        simd: S,
        layers: &[Layer],
        view: View,
        (w, v): (&[f64], &[f64]),
        mut rest: &mut [f64],
        out: &mut [f64],
    ) {
        let View { width, inputs, rows, shares, .. } = view;
        let sizes = Sizes::of(layers, width);
        let [tangents, slopes] = [(); 2].map(|()| take(&mut rest, sizes.units));
        let across = take(&mut rest, sizes.across);
        let units = &*self.units;
        tangent_forward::<S, LANES>(simd, layers, (w, v), (inputs, width), units, tangents);
        let known = (&*self.slopes, &*self.bends);
        let ahead = (units, &*tangents);
        tangent_backward::<S, LANES>(simd, layers, (w, v), shares, ahead, known, slopes);
        turn(simd, layers, width, tangents, across);
        let outer = Outer { rows, across: self.across, slopes: self.slopes };
        accumulate_tangent(simd, layers, width, outer, Outer { rows, across, slopes }, out);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

    use nalgebra::DMatrix;

    use std::array::from_fn;

    use super::{Gradient, GradientInLanes, HessianVector, MeanPenalized, Mlp, Penalized};
    use crate::kernel::{Buffer, all_instructions};
    use crate::loss::{Examples, Loss};
    use crate::scalar::{DoubleDouble, Scalar};

    /// Numbers in ±1 without a pattern that a layout could hide in.
    fn numbers(seed: usize, count: usize) -> Vec<f64> {
        (0..count).map(|i| ((i + 1) as f64 * 12.9898 + seed as f64 * 78.233).sin()).collect()
    }

    fn net(layers: &[usize], examples: usize, batches: usize) -> Mlp {
        let (features, outputs) = (layers[0], layers[layers.len() - 1]);
        let x = DMatrix::from_row_slice(examples, features, &numbers(1, examples * features));
        let y = DMatrix::from_row_slice(examples, outputs, &numbers(2, examples * outputs));
        let deal: Vec<Vec<usize>> =
            (0..batches).map(|k| (k..examples).step_by(batches).collect()).collect();
        Mlp::new(layers, Examples::new(&x, &y, &deal).unwrap()).unwrap()
    }

    fn close(fast: &[f64], exact: &[DoubleDouble], what: &str) {
        let size = exact.iter().map(|x| x.leading().abs()).fold(1.0, f64::max);
        for (i, (&fast, &exact)) in fast.iter().zip(exact).enumerate() {
            let error = (exact - DoubleDouble::from_f64(fast)).leading().abs();
            assert!(error <= 1e-12 * size, "{what}: entry {i} is off by {error:.1e}");
        }
    }

    #[test]
    fn all_instructions_agree_with_the_generic_code_in_double_double() {
        let shapes: &[(&[usize], usize, usize)] = &[
            (&[1, 1], 1, 1),
            (&[3, 2], 5, 2),
            (&[2, 3, 1], 9, 3),
            (&[2, 16, 16, 1], 33, 1),
            (&[5, 7, 9, 11, 2], 70, 3),
            (&[9, 25, 8, 10], 41, 1),
        ];
        for &(layers, examples, batches) in shapes {
            let net = &net(layers, examples, batches);
            let (w, v) = (&numbers(3, net.dim)[..], &numbers(4, net.dim)[..]);
            let lift = |x: &[f64]| -> Vec<DoubleDouble> {
                x.iter().map(|&x| Scalar::from_f64(x)).collect()
            };
            for batch in 0..batches {
                let (exact_w, exact_v) = (lift(w), lift(v));
                let mut exact = [(); 3].map(|()| lift(&vec![0.0; net.dim]));
                net.gradient(batch, &exact_w, &mut exact[0]);
                net.hessian_vector(batch, &exact_w, &exact_v, &mut exact[1]);
                net.penalized_gradient(batch, Scalar::from_f64(0.3), &exact_w, &mut exact[2]);
                for instructions in all_instructions() {
                    let mut out = vec![f64::NAN; net.dim];
                    let room = net.room(net.panels[batch].len());
                    let (mut space, out) = (poisoned(room), &mut out[..]);
                    let space = space.numbers_mut();
                    let what = |kind| format!("{kind} of {layers:?} in {instructions:?}");
                    instructions.dispatch(Gradient { net, batch, w, out, space });
                    close(out, &exact[0], &what("gradient"));
                    instructions.dispatch(HessianVector { net, batch, w, v, out, space });
                    close(out, &exact[1], &what("Hessian–vector product"));
                    instructions.dispatch(Penalized { net, batch, c: 0.3, w, out, space });
                    close(out, &exact[2], &what("penalised gradient"));
                }
            }
        }
    }

    #[test]
    fn lanes_agree_with_minibatches_one_by_one() {
        // Sizes that differ between minibatches, more than fit beside each other, and more than lanes.
        for (layers, examples, batches) in [
            (&[2, 16, 16, 1][..], 32, 8),
            (&[3, 5, 2], 17, 5),
            (&[1, 9, 1], 58, 4),
            (&[2, 3, 1], 40, 11),
        ] {
            let net = &net(layers, examples, batches);
            let dim = net.dim;
            let labels = from_fn(|lane| (3 * lane + 1) % batches);
            let w = &numbers(5, dim * 8)[..];
            let start = &w[..dim];
            let (mut exact, mut lane_w, mut mean) =
                (vec![0.0; dim * 8], vec![0.0; dim], vec![0.0; dim]);
            let mut one = vec![0.0; dim];
            for (lane, &batch) in labels.iter().enumerate() {
                (0..dim).for_each(|i| lane_w[i] = w[8 * i + lane]);
                net.gradient(batch, &lane_w, &mut one);
                (0..dim).for_each(|i| exact[8 * i + lane] = one[i]);
            }
            for batch in 0..batches {
                net.penalized_gradient(batch, 0.3, start, &mut one);
                (0..dim).for_each(|i| mean[i] += one[i] / batches as f64);
            }
            let lift = |x: &[f64]| -> Vec<DoubleDouble> {
                x.iter().map(|&x| Scalar::from_f64(x)).collect()
            };
            for instructions in all_instructions() {
                let what = |kind| format!("{kind} of {layers:?} in {instructions:?}");
                let (mut space, mut out) = (poisoned(net.lanes_room()), vec![f64::NAN; dim * 8]);
                let (batches, out) = (&labels, &mut out[..]);
                let space = space.numbers_mut();
                instructions.dispatch(GradientInLanes { net, batches, w, out, space });
                close(out, &lift(&exact), &what("gradient in lanes"));
                if net.has_small_batches() {
                    let mut space = poisoned(net.lanes_room() + 8 * dim);
                    let (space, out) = (space.numbers_mut(), &mut out[..dim]);
                    instructions.dispatch(MeanPenalized { net, c: 0.3, w: start, out, space });
                    close(out, &lift(&mean), &what("mean penalised gradient"));
                }
            }
        }
    }

    /// A workspace of numbers that must not matter.
    fn poisoned(count: usize) -> Buffer {
        let mut room = Buffer::zeros(count);
        room.numbers_mut().fill(f64::NAN);
        room
    }
}
