//! Derivatives of eight minibatches side by side, one in each lane.

use std::array::from_fn;

use pulp::{Simd, WithSimd};

use super::Net;
use super::kept::Kept;
use super::panels::{self, POSITIONS, gather};
use crate::kernel::LINE;

pub(super) struct GradientInLanes<'a> {
    pub(super) net: &'a Net,
    pub(super) batches: &'a [usize; LINE],
    pub(super) w: &'a [f64],
    pub(super) out: &'a mut [f64],
    pub(super) space: &'a mut [f64],
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

pub(super) struct MeanPenalized<'a> {
    pub(super) net: &'a Net,
    pub(super) c: f64,
    pub(super) w: &'a [f64],
    pub(super) out: &'a mut [f64],
    pub(super) space: &'a mut [f64],
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
