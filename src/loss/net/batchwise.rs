//! Derivatives of one minibatch, panel by panel.

use pulp::{Simd, WithSimd};

use super::Net;
use super::accumulate::accumulate;
use super::kept::{Kept, take};
use crate::kernel::LINE;

pub(super) struct Gradient<'a> {
    pub(super) net: &'a Net,
    pub(super) batch: usize,
    pub(super) w: &'a [f64],
    pub(super) out: &'a mut [f64],
    pub(super) space: &'a mut [f64],
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

pub(super) struct HessianVector<'a> {
    pub(super) net: &'a Net,
    pub(super) batch: usize,
    pub(super) w: &'a [f64],
    pub(super) v: &'a [f64],
    pub(super) out: &'a mut [f64],
    pub(super) space: &'a mut [f64],
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

pub(super) struct Penalized<'a> {
    pub(super) net: &'a Net,
    pub(super) batch: usize,
    pub(super) c: f64,
    pub(super) w: &'a [f64],
    pub(super) out: &'a mut [f64],
    pub(super) space: &'a mut [f64],
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
