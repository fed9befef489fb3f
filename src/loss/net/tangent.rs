//! The derivatives of the passes along a direction in the weights, over one panel of examples.

use pulp::Simd;

use super::Link;
use super::layer::{Layer, activations};
use crate::kernel::{LINE, Out, Start, multiply, multiply_both};

/// Writes Ra of every layer along the weights `v`; that of the last layer is Rf.
#[inline(always)]
pub(super) fn tangent_forward<S: Simd, const LANES: bool>(
    simd: S,
    layers: &[Layer],
    (w, v): (&[f64], &[f64]),
    (inputs, width): (&[f64], usize),
    units: &[f64],
    tangents: &mut [f64],
) {
    for (l, layer) in layers.iter().enumerate() {
        let (below, open) = tangents.split_at_mut(layer.units * width);
        let rz = &mut open[..layer.outputs * width];
        let shape = (layer.outputs, layer.inputs, width / LINE);
        let start = layer.start::<LANES>(v);
        let out = Out { data: &mut *rz, row: width, column: LINE };
        if l == 0 {
            let factors = (layer.matrix::<LANES>(v), activations(inputs, width));
            multiply::<S, LANES>(simd, shape, factors, start, out);
        } else {
            let lower = &layers[l - 1];
            let factors = [
                (layer.matrix::<false>(w), activations(lower.of(below, width), width)),
                (layer.matrix::<LANES>(v), activations(lower.of(units, width), width)),
            ];
            multiply_both::<S, LANES>(simd, shape, factors, start, out);
        }
        if l + 1 < layers.len() {
            let a = S::as_simd_f64s(layer.of(units, width)).0;
            for (rz, &a) in S::as_mut_simd_f64s(rz).0.iter_mut().zip(a) {
                *rz = simd.negate_mul_add_e_f64s(a, simd.mul_f64s(a, *rz), *rz);
            }
        }
    }
}

/// Writes Rδ of every layer, that of the last being share · Rf, or share · σ(1 − σ) Rf.
#[inline(always)]
pub(super) fn tangent_backward<S: Simd, const LANES: bool>(
    simd: S,
    layers: &[Layer],
    (w, v): (&[f64], &[f64]),
    (link, shares): (Link, &[f64]),
    (units, tangents): (&[f64], &[f64]),
    (slopes, bends): (&[f64], &[f64]),
    tangent_slopes: &mut [f64],
) {
    let width = shares.len();
    let Some(last) = layers.last() else { return };
    let slopes_of_last = S::as_mut_simd_f64s(last.of_mut(tangent_slopes, width)).0;
    let rf = S::as_simd_f64s(last.of(tangents, width)).0;
    let shares = S::as_simd_f64s(shares).0;
    for ((slope, &rf), &share) in slopes_of_last.iter_mut().zip(rf).zip(shares.iter().cycle()) {
        *slope = simd.mul_f64s(rf, share);
    }
    if link == Link::Logistic {
        for (slope, &p) in slopes_of_last.iter_mut().zip(S::as_simd_f64s(last.of(units, width)).0) {
            *slope = simd.mul_f64s(*slope, simd.negate_mul_add_e_f64s(p, p, p));
        }
    }
    for (l, layer) in layers.iter().enumerate().skip(1).rev() {
        let lower = &layers[l - 1];
        let (below, above) = tangent_slopes.split_at_mut(layer.units * width);
        let below = &mut below[lower.units * width..];
        let shape = (layer.inputs, layer.outputs, width / LINE);
        let factors = [
            (layer.transposed::<false>(w), activations(above, width)),
            (layer.transposed::<LANES>(v), activations(layer.of(slopes, width), width)),
        ];
        let out = Out { data: &mut *below, row: width, column: LINE };
        multiply_both::<S, LANES>(simd, shape, factors, Start::Zero, out);
        let a = S::as_simd_f64s(lower.of(units, width)).0;
        let ra = S::as_simd_f64s(lower.of(tangents, width)).0;
        let bends = S::as_simd_f64s(lower.of(bends, width)).0;
        let lanes = a.iter().zip(ra).zip(bends);
        for (d, ((&a, &ra), &bend)) in S::as_mut_simd_f64s(below).0.iter_mut().zip(lanes) {
            let straight = simd.negate_mul_add_e_f64s(a, simd.mul_f64s(a, *d), *d);
            *d = simd.mul_add_e_f64s(bend, ra, straight);
        }
    }
}
