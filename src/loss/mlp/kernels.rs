//! The derivatives of a net in `f64`, in vector instructions.

use pulp::{Simd, WithSimd};

use super::Mlp;
use super::panels::{Panel, WIDEST};
use super::passes::{
    Layer, Outer, Sizes, accumulate, accumulate_tangent, backward, forward, residuals,
    tangent_backward, tangent_forward, turn,
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
            let mut rest = &mut *space;
            let mut kept = Kept::new(layers, panel.width, &mut rest);
            kept.gradient::<S, false>(simd, layers, panel, w, Some(&mut *out));
        }
    }
}

/// What a pass forward and backward over a panel leaves for the tangent passes.
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

    /// Forward, backward, and if there is an `out` adds the panel's gradient to it.
    #[inline(always)]
    fn gradient<S: Simd, const BENDS: bool>(
        &mut self,
        simd: S,
        layers: &[Layer],
        panel: &Panel,
        w: &[f64],
        out: Option<&mut [f64]>,
    ) {
        let Kept { units, slopes, bends, across } = self;
        let width = panel.width;
        forward::<S, false>(simd, layers, w, (panel.inputs.numbers(), width), units);
        let targets = (panel.targets.numbers(), panel.shares.numbers());
        residuals(simd, &layers[layers.len() - 1], units, targets, slopes);
        backward::<S, false, BENDS>(simd, layers, w, width, units, slopes, bends);
        turn(simd, layers, width, units, across);
        if let Some(out) = out {
            let outer = Outer { rows: panel.rows.numbers(), across, slopes };
            accumulate(simd, layers, width, outer, out);
        }
    }

    /// Adds the panel's H v to `out`.
    #[inline(always)]
    fn tangent<S: Simd>(
        &self,
        simd: S,
        layers: &[Layer],
        panel: &Panel,
        (w, v): (&[f64], &[f64]),
        rest: &mut [f64],
        out: &mut [f64],
    ) {
        let width = panel.width;
        let sizes = Sizes::of(layers, width);
        let mut rest = rest;
        let (tangents, tangent_slopes) =
            (take(&mut rest, sizes.units), take(&mut rest, sizes.units));
        let tangents_across = take(&mut rest, sizes.across);
        let input = (panel.inputs.numbers(), width);
        tangent_forward::<S, false>(simd, layers, (w, v), input, self.units, tangents);
        let (shares, rows) = (panel.shares.numbers(), panel.rows.numbers());
        tangent_backward::<S, false>(
            simd,
            layers,
            (w, v),
            shares,
            (self.units, tangents),
            (self.slopes, self.bends),
            tangent_slopes,
        );
        turn(simd, layers, width, tangents, tangents_across);
        let outer = Outer { rows, across: self.across, slopes: self.slopes };
        let tangent = Outer { rows, across: tangents_across, slopes: tangent_slopes };
        accumulate_tangent(simd, layers, width, outer, tangent, out);
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
            let mut rest = &mut *space;
            let mut kept = Kept::new(layers, panel.width, &mut rest);
            kept.gradient::<S, true>(simd, layers, panel, w, None);
            kept.tangent(simd, layers, panel, (w, v), rest, out);
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
        let (kept, room) =
            rest.split_at_mut(panels.iter().map(|panel| Kept::room(layers, panel.width)).sum());
        let mut open = &mut *kept;
        for panel in panels {
            let mut kept = Kept::new(layers, panel.width, &mut open);
            kept.gradient::<S, true>(simd, layers, panel, w, Some(&mut *out));
        }
        let mut open = kept;
        for panel in panels {
            let kept = Kept::new(layers, panel.width, &mut open);
            kept.tangent(simd, layers, panel, (w, out), room, bend);
        }
        for (out, &bend) in out.iter_mut().zip(&*bend) {
            *out += c * bend;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

    use nalgebra::DMatrix;

    use super::{Gradient, HessianVector, Mlp, Penalized};
    use crate::kernel::all_instructions;
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
                    // What a workspace holds from earlier must not matter.
                    let mut room = crate::kernel::Buffer::zeros(net.room(net.panels[batch].len()));
                    room.numbers_mut().fill(f64::NAN);
                    let what = |kind| format!("{kind} of {layers:?} in {instructions:?}");
                    let (out, space) = (&mut out[..], room.numbers_mut());
                    instructions.dispatch(Gradient {
                        net,
                        batch,
                        w,
                        out: &mut *out,
                        space: &mut *space,
                    });
                    close(out, &exact[0], &what("gradient"));
                    instructions.dispatch(HessianVector {
                        net,
                        batch,
                        w,
                        v,
                        out: &mut *out,
                        space: &mut *space,
                    });
                    close(out, &exact[1], &what("Hessian–vector product"));
                    instructions.dispatch(Penalized {
                        net,
                        batch,
                        c: 0.3,
                        w,
                        out: &mut *out,
                        space: &mut *space,
                    });
                    close(out, &exact[2], &what("penalised gradient"));
                }
            }
        }
    }
}
