//! What the passes over a panel leave behind, and what is made of it.

use pulp::Simd;

use super::Net;
use super::accumulate::{Outer, accumulate_lanes, accumulate_tangent, turn};
use super::layer::{Layer, Sizes};
use super::panels::View;
use super::passes::{backward, forward, residuals};
use super::tangent::{tangent_backward, tangent_forward};

/// Cuts the next `count` numbers off `rest`.
pub(super) fn take<'a>(rest: &mut &'a mut [f64], count: usize) -> &'a mut [f64] {
    let (taken, after) = std::mem::take(rest).split_at_mut(count);
    *rest = after;
    taken
}

/// What the passes forward and backward over a panel leave.
pub(super) struct Kept<'a> {
    units: &'a mut [f64],
    slopes: &'a mut [f64],
    bends: &'a mut [f64],
    across: &'a mut [f64],
}

impl<'a> Kept<'a> {
    pub(super) fn new(layers: &[Layer], width: usize, rest: &mut &'a mut [f64]) -> Self {
        let Sizes { units, across } = Sizes::of(layers, width);
        let [units, slopes, bends] = [(); 3].map(|()| take(rest, units));
        Kept { units, slopes, bends, across: take(rest, across) }
    }

    /// The numbers it takes.
    pub(super) fn room(layers: &[Layer], width: usize) -> usize {
        let Sizes { units, across } = Sizes::of(layers, width);
        3 * units + across
    }

    /// Forward and backward.
    #[inline(always)]
    pub(super) fn passes<S: Simd, const LANES: bool, const BENDS: bool>(
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
    pub(super) fn turned<'b, S: Simd>(
        &'b mut self,
        simd: S,
        layers: &[Layer],
        view: View<'b>,
    ) -> Outer<'b> {
        turn(simd, layers, view.width, self.units, self.across);
        Outer { rows: view.rows, across: self.across, slopes: self.slopes }
    }

    /// Adds the gradient of each lane to the lines of `out`.
    #[inline(always)]
    pub(super) fn in_lanes<S: Simd>(&self, simd: S, layers: &[Layer], view: View, out: &mut [f64]) {
        let input = (view.inputs, view.width);
        accumulate_lanes(simd, layers, input, self.units, self.slopes, out);
    }

    /// Adds the panel's H v to `out`; `LANES` says whether v has a line for each weight, one entry for
    /// each minibatch of the panel.
    #[inline(always)]
    pub(super) fn tangent<S: Simd, const LANES: bool>(
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
