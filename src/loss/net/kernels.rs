//! The derivatives of a net in `f64`, in vector instructions.

use std::array::from_fn;

use pulp::{Simd, WithSimd};

use super::Net;
use super::panels::{self, POSITIONS, View, WIDEST, gather};
use super::passes::{
    Layer, Outer, Sizes, accumulate, accumulate_lanes, accumulate_tangent, backward, forward,
    residuals, tangent_backward, tangent_forward, turn,
};
use crate::kernel::{LINE, instructions, with_workspace};
use crate::loss::{FloatKernel, mean_over_batches};

/// Cuts the next `count` numbers off `rest`.
fn take<'a>(rest: &mut &'a mut [f64], count: usize) -> &'a mut [f64] {
    let (taken, after) = std::mem::take(rest).split_at_mut(count);
    *rest = after;
    taken
}

impl Net {
    /// The room the passes need where those of `panels` panels are kept: with one direction of
    /// differentiation, and one more vector.
    fn room(&self, panels: usize) -> usize {
        let Sizes { units, across } = Sizes::of(&self.layers, WIDEST);
        panels * Kept::room(&self.layers, WIDEST)
            + 2 * units
            + across
            + self.dim.next_multiple_of(LINE)
    }

    /// The room of a panel of lanes and of the passes over it.
    fn lanes_room(&self) -> usize {
        panels::room(&self.examples) + self.room(1)
    }

    /// Whether the minibatches are many and small, so that eight of them side by side fill a panel.
    fn has_small_batches(&self) -> bool {
        self.examples.largest_batch() <= POSITIONS && self.examples.batches() > 2
    }

    /// Writes ridge · v, with which the sums over examples begin.
    #[inline(always)]
    fn begin(&self, v: &[f64], out: &mut [f64]) {
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

struct Gradient<'a> {
    net: &'a Net,
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
        let layers = &net.layers[..];
        net.begin(w, out);
        for panel in &net.panels[batch] {
            let (view, mut rest) = (panel.view(), &mut *space);
            let mut kept = Kept::new(layers, view.width, &mut rest);
            kept.passes::<S, false, false>(simd, net, view, w);
            accumulate(simd, layers, view.width, kept.turned(simd, layers, view), out);
        }
    }
}

struct HessianVector<'a> {
    net: &'a Net,
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
        let layers = &net.layers[..];
        net.begin(v, out);
        for panel in &net.panels[batch] {
            let (view, mut rest) = (panel.view(), &mut *space);
            let mut kept = Kept::new(layers, view.width, &mut rest);
            kept.passes::<S, false, true>(simd, net, view, w);
            let _ = kept.turned(simd, layers, view);
            kept.tangent::<S, false>(simd, net, view, (w, v), rest, out);
        }
    }
}

struct Penalized<'a> {
    net: &'a Net,
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
        let layers = &net.layers[..];
        let (panels, mut rest) = (&net.panels[batch], &mut *space);
        let bend = &mut take(&mut rest, net.dim.next_multiple_of(LINE))[..net.dim];
        net.begin(w, out);
        let kept = panels.iter().map(|panel| Kept::room(layers, panel.width)).sum();
        let (kept, room) = rest.split_at_mut(kept);
        let mut open = &mut *kept;
        for panel in panels {
            let view = panel.view();
            let mut kept = Kept::new(layers, view.width, &mut open);
            kept.passes::<S, false, true>(simd, net, view, w);
            accumulate(simd, layers, view.width, kept.turned(simd, layers, view), out);
        }
        net.begin(out, bend);
        let mut open = kept;
        for panel in panels {
            let kept = Kept::new(layers, panel.width, &mut open);
            kept.tangent::<S, false>(simd, net, panel.view(), (w, out), room, bend);
        }
        for (out, &bend) in out.iter_mut().zip(&*bend) {
            *out += c * bend;
        }
    }
}

struct GradientInLanes<'a> {
    net: &'a Net,
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
        let layers = &net.layers[..];
        let most = net.examples.largest_batch();
        let (gathered, rest) = space.split_at_mut(panels::room(&net.examples));
        net.begin(w, out);
        for first in (0..most).step_by(POSITIONS) {
            let view = gather::<false>(&net.examples, batches, (first, most), gathered);
            let mut rest = &mut *rest;
            let mut kept = Kept::new(layers, view.width, &mut rest);
            kept.passes::<S, true, false>(simd, net, view, w);
            kept.in_lanes(simd, layers, view, out);
        }
    }
}

struct MeanPenalized<'a> {
    net: &'a Net,
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
        let (layers, most) = (&net.layers[..], net.examples.largest_batch());
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
            kept.passes::<S, false, true>(simd, net, view, w);
            for (g, &w) in g.as_chunks_mut::<LINE>().0.iter_mut().zip(w) {
                *g = [net.ridge * w; LINE];
            }
            kept.in_lanes(simd, layers, view, g);
            let _ = kept.turned(simd, layers, view);
            kept.tangent::<S, true>(simd, net, view, (w, g), rest, bend);
            let live = (net.examples.batches() - first).min(LINE);
            let sums = out.iter_mut().zip(&mut *bend).zip(g.as_chunks::<LINE>().0);
            for ((out, bend), g) in sums {
                let sum = g[..live].iter().sum::<f64>();
                *out += sum;
                *bend += net.ridge * sum;
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
        net: &Net,
        view: View,
        w: &[f64],
    ) {
        let layers = &net.layers[..];
        let Kept { units, slopes, bends, .. } = self;
        let View { width, inputs, targets, shares, .. } = view;
        forward::<S, LANES>(simd, layers, w, (inputs, width), units);
        residuals(simd, layers, net.link, units, (targets, shares), slopes);
        backward::<S, LANES, BENDS>(simd, layers, w, width, units, slopes, bends);
    }

    /// Writes the activations example by example; then the gradient can be summed.
    #[inline(always)]
    fn turned<'b, S: Simd>(&'b mut self, simd: S, layers: &[Layer], view: View<'b>) -> Outer<'b> {
        turn(simd, layers, view.width, self.units, self.across);
        Outer { rows: view.rows, across: self.across, slopes: self.slopes }
    }

    /// Adds the gradient of each lane to the lines of `out`.
    #[inline(always)]
    fn in_lanes<S: Simd>(&self, simd: S, layers: &[Layer], view: View, out: &mut [f64]) {
        let input = (view.inputs, view.width);
        accumulate_lanes(simd, layers, input, self.units, self.slopes, out);
    }

    /// Adds the panel's H v to `out`; `LANES` says whether v has a line for each weight, one entry for
    /// each minibatch of the panel.
    #[inline(always)]
    fn tangent<S: Simd, const LANES: bool>(
        &self,
        simd: S,
        net: &Net,
        view: View,
        (w, v): (&[f64], &[f64]),
        mut rest: &mut [f64],
        out: &mut [f64],
    ) {
        let View { width, inputs, rows, shares, .. } = view;
        let layers = &net.layers[..];
        let sizes = Sizes::of(layers, width);
        let [tangents, slopes] = [(); 2].map(|()| take(&mut rest, sizes.units));
        let across = take(&mut rest, sizes.across);
        let units = &*self.units;
        tangent_forward::<S, LANES>(simd, layers, (w, v), (inputs, width), units, tangents);
        let known = (&*self.slopes, &*self.bends);
        let ahead = (units, &*tangents);
        let link = (net.link, shares);
        tangent_backward::<S, LANES>(simd, layers, (w, v), link, ahead, known, slopes);
        turn(simd, layers, width, tangents, across);
        let outer = Outer { rows, across: self.across, slopes: self.slopes };
        accumulate_tangent(simd, layers, width, outer, Outer { rows, across, slopes }, out);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

    use std::array::from_fn;

    use nalgebra::DMatrix;

    use super::{Gradient, GradientInLanes, HessianVector, MeanPenalized, Net, Penalized};
    use crate::kernel::{Buffer, all_instructions};
    use crate::loss::net::Link;
    use crate::loss::{Examples, LinearRegression, LogisticRegression, Mlp, Oracle};
    use crate::scalar::{DoubleDouble, Lanes, Scalar};

    const RIDGE: f64 = 0.25;

    /// Numbers in ±1 without a pattern that a layout could hide in.
    fn numbers(seed: usize, count: usize) -> Vec<f64> {
        (0..count).map(|i| ((i + 1) as f64 * 12.9898 + seed as f64 * 78.233).sin()).collect()
    }

    /// The generic code in double-double, and the kernel of the same loss.
    type Pair = (String, Box<dyn Oracle<DoubleDouble>>, Net);

    /// Nets and regressions: one layer and many, odd sizes, minibatches that differ in size, do not
    /// fit beside each other, or are more than lanes.
    fn losses() -> Vec<Pair> {
        let mut pairs: Vec<Pair> = Vec::new();
        for (sizes, rows, batches) in [
            (&[1, 1][..], 1, 1),
            (&[3, 2], 5, 2),
            (&[2, 3, 1], 9, 3),
            (&[2, 16, 16, 1], 33, 1),
            (&[5, 7, 9, 11, 2], 70, 3),
            (&[9, 25, 8, 10], 41, 1),
            (&[2, 16, 16, 1], 32, 8),
            (&[3, 5, 2], 17, 5),
            (&[1, 9, 1], 58, 4),
            (&[2, 3, 1], 40, 11),
            (&[4, 1], 50, 3),
            (&[11, 1], 12, 4),
        ] {
            let (features, outputs) = (sizes[0], sizes[sizes.len() - 1]);
            let x = DMatrix::from_row_slice(rows, features, &numbers(1, rows * features));
            let y = DMatrix::from_row_slice(rows, outputs, &numbers(2, rows * outputs));
            let deal: Vec<Vec<usize>> =
                (0..batches).map(|k| (k..rows).step_by(batches).collect()).collect();
            let examples = Examples::new(&x, &y, &deal).unwrap();
            let name = format!("{sizes:?}, {rows} rows, {batches} batches");
            let mlp = Mlp::new(sizes, examples.clone()).unwrap();
            let net = |examples, link, ridge| Net::new(sizes, examples, link, ridge);
            pairs.push((name.clone(), Box::new(mlp), net(examples.clone(), Link::Squares, 0.0)));
            if sizes.len() == 2 && outputs == 1 && rows > 1 {
                let linear = LinearRegression::new(examples.clone(), RIDGE).unwrap();
                let of = net(examples, Link::Squares, RIDGE);
                pairs.push((format!("linear {name}"), Box::new(linear), of));
                let classes = y.map(|y| f64::from(u8::from(y > 0.0)));
                let examples = Examples::new(&x, &classes, &deal).unwrap();
                let logistic = LogisticRegression::new(examples.clone(), RIDGE).unwrap();
                let of = net(examples, Link::Logistic, RIDGE);
                pairs.push((format!("logistic {name}"), Box::new(logistic), of));
            }
        }
        assert_eq!(pairs.len(), 16);
        pairs
    }

    fn lift(x: &[f64]) -> Vec<DoubleDouble> {
        x.iter().map(|&x| Scalar::from_f64(x)).collect()
    }

    fn close(fast: &[f64], exact: &[DoubleDouble], what: &str) {
        let size = exact.iter().map(|x| x.leading().abs()).fold(1.0, f64::max);
        for (i, (&fast, &exact)) in fast.iter().zip(exact).enumerate() {
            let error = (exact - DoubleDouble::from_f64(fast)).leading().abs();
            assert!(error <= 1e-12 * size, "{what}: entry {i} is off by {error:.1e}");
        }
    }

    /// A workspace of numbers that must not matter.
    fn poisoned(count: usize) -> Buffer {
        let mut room = Buffer::zeros(count);
        room.numbers_mut().fill(f64::NAN);
        room
    }

    #[test]
    fn all_instructions_agree_with_the_generic_code_in_double_double() {
        for (name, loss, net) in &losses() {
            let (w, v) = (&numbers(3, net.dim)[..], &numbers(4, net.dim)[..]);
            for batch in 0..loss.batches() {
                let mut exact = [(); 3].map(|()| lift(&vec![0.0; net.dim]));
                loss.gradient(batch, &lift(w), &mut exact[0]);
                loss.hessian_vector(batch, &lift(w), &lift(v), &mut exact[1]);
                loss.penalized_gradient(batch, Scalar::from_f64(0.3), &lift(w), &mut exact[2]);
                for instructions in all_instructions() {
                    let mut out = vec![f64::NAN; net.dim];
                    let room = net.room(net.panels[batch].len());
                    let (mut space, out) = (poisoned(room), &mut out[..]);
                    let space = space.numbers_mut();
                    let what = |kind| format!("{kind} of {name} in {instructions:?}");
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
        for (name, loss, net) in &losses() {
            let dim = net.dim;
            let labels = from_fn(|lane| (3 * lane + 1) % loss.batches());
            let (w, start) = (&numbers(5, dim * Lanes::COUNT)[..], &numbers(6, dim)[..]);
            let (mut exact, mut mean) = (lift(&vec![0.0; w.len()]), lift(&vec![0.0; dim]));
            loss.gradient_in_lanes(&labels, &lift(w), &mut exact);
            loss.mean_penalized_gradient(Scalar::from_f64(0.3), &lift(start), &mut mean);
            for instructions in all_instructions() {
                let what = |kind| format!("{kind} of {name} in {instructions:?}");
                let (mut space, mut out) = (poisoned(net.lanes_room()), vec![f64::NAN; w.len()]);
                let (batches, out) = (&labels, &mut out[..]);
                let space = space.numbers_mut();
                instructions.dispatch(GradientInLanes { net, batches, w, out, space });
                close(out, &exact, &what("gradient in lanes"));
                if net.has_small_batches() {
                    let mut space = poisoned(net.lanes_room() + Lanes::COUNT * dim);
                    let (space, out) = (space.numbers_mut(), &mut out[..dim]);
                    instructions.dispatch(MeanPenalized { net, c: 0.3, w: start, out, space });
                    close(out, &mean, &what("mean penalised gradient"));
                }
            }
        }
    }
}
