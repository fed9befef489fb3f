//! The passes forward and backward through a net, over one panel of examples.
//!
//! With aˡ = tanh zˡ, zˡ = Wˡ aˡ⁻¹ + bˡ, and δˡ = ∂ℓ/∂zˡ the slopes:
//!
//! * forward: zˡ, aˡ;
//! * backward: δˡ⁻¹ = D ⊙ (1 − a²) with D = Wᵀ δˡ, and the bends −2 a ⊙ D;
//! * tangent forward, along weights V: Rz = W Ra + V a, Ra = (1 − a²) ⊙ Rz;
//! * tangent backward: Rδ = (Wᵀ Rδ + Vᵀ δ) ⊙ (1 − a²) + bends ⊙ Ra;
//! * accumulate: the gradient Σ δ aᵀ, and its derivative along V, Σ (Rδ aᵀ + δ Raᵀ).
//!
//! Activations are stored features × width, examples innermost. Weights are single numbers, shared by
//! the examples of a panel, or lines of them (`LANES`), one a lane: then lane l is minibatch l, and its
//! examples are every eighth of the panel's.

use pulp::Simd;

use super::Link;
use super::layer::{Layer, activations};
use crate::kernel::{LINE, Out, Start, multiply, tanh};

/// Writes the activations of every layer; those of the last are the net's outputs.
#[inline(always)]
pub(super) fn forward<S: Simd, const LANES: bool>(
    simd: S,
    layers: &[Layer],
    w: &[f64],
    (inputs, width): (&[f64], usize),
    units: &mut [f64],
) {
    for (l, layer) in layers.iter().enumerate() {
        let (below, open) = units.split_at_mut(layer.units * width);
        let input = if l == 0 { inputs } else { layers[l - 1].of(below, width) };
        let z = &mut open[..layer.outputs * width];
        let shape = (layer.outputs, layer.inputs, width / LINE);
        let factors = (layer.matrix::<LANES>(w), activations(input, width));
        let out = Out { data: &mut *z, row: width, column: LINE };
        multiply::<S, LANES>(simd, shape, factors, layer.start::<LANES>(w), out);
        if l + 1 < layers.len() {
            for z in S::as_mut_simd_f64s(z).0 {
                *z = tanh(simd, *z);
            }
        }
    }
}

/// Writes the slopes of the last layer, share · (f − y), or share · (σ(f) − y) and σ(f) in the place
/// of f.
#[inline(always)]
pub(super) fn residuals<S: Simd>(
    simd: S,
    layers: &[Layer],
    link: Link,
    units: &mut [f64],
    (targets, shares): (&[f64], &[f64]),
    slopes: &mut [f64],
) {
    let Some(last) = layers.last() else { return };
    let width = shares.len();
    let f = S::as_mut_simd_f64s(last.of_mut(units, width)).0;
    if link == Link::Logistic {
        let half = simd.splat_f64s(0.5);
        for f in &mut *f {
            let t = tanh(simd, simd.mul_f64s(half, *f));
            *f = simd.mul_add_e_f64s(half, t, half);
        }
    }
    let shares = S::as_simd_f64s(shares).0;
    let slopes = S::as_mut_simd_f64s(last.of_mut(slopes, width)).0;
    let lines = slopes.iter_mut().zip(&*f).zip(S::as_simd_f64s(targets).0);
    for (((slope, &f), &y), &share) in lines.zip(shares.iter().cycle()) {
        *slope = simd.mul_f64s(simd.sub_f64s(f, y), share);
    }
}

/// Writes the slopes of all layers below the last, and with `BENDS` the bends.
#[inline(always)]
pub(super) fn backward<S: Simd, const LANES: bool, const BENDS: bool>(
    simd: S,
    layers: &[Layer],
    w: &[f64],
    width: usize,
    units: &[f64],
    slopes: &mut [f64],
    bends: &mut [f64],
) {
    for (l, layer) in layers.iter().enumerate().skip(1).rev() {
        let lower = &layers[l - 1];
        let (below, above) = slopes.split_at_mut(layer.units * width);
        let below = &mut below[lower.units * width..];
        let shape = (layer.inputs, layer.outputs, width / LINE);
        let factors = (layer.transposed::<LANES>(w), activations(above, width));
        let out = Out { data: &mut *below, row: width, column: LINE };
        multiply::<S, LANES>(simd, shape, factors, Start::Zero, out);
        let a = S::as_simd_f64s(lower.of(units, width)).0;
        let below = S::as_mut_simd_f64s(below).0;
        if BENDS {
            let bends = S::as_mut_simd_f64s(lower.of_mut(bends, width)).0;
            let minus_two = simd.splat_f64s(-2.0);
            for ((d, bend), &a) in below.iter_mut().zip(bends).zip(a) {
                let turned = simd.mul_f64s(a, *d);
                *bend = simd.mul_f64s(minus_two, turned);
                *d = simd.negate_mul_add_e_f64s(a, turned, *d);
            }
        } else {
            for (d, &a) in below.iter_mut().zip(a) {
                *d = simd.negate_mul_add_e_f64s(a, simd.mul_f64s(a, *d), *d);
            }
        }
    }
}
