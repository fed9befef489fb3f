//! The passes through a net that derivatives are made of, over one panel of examples.
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
use crate::kernel::{
    LINE, Left, Out, Right, Start, multiply, multiply_all, multiply_both, tanh, transpose,
};

/// One layer, and where its numbers are among those of the whole net.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Where its weights start; the biases follow them.
    weights: usize,
    /// The number of units in the layers below, the input not counted.
    units: usize,
    /// The same with every layer rounded up to whole lines.
    filled: usize,
}

/// The layers of the sizes `sizes`, from input to output.
pub(super) fn layers(sizes: &[usize]) -> Vec<Layer> {
    let (mut weights, mut units, mut filled) = (0, 0, 0);
    let layer = |pair: &[usize]| {
        let layer = Layer { inputs: pair[0], outputs: pair[1], weights, units, filled };
        weights += (pair[0] + 1) * pair[1];
        units += pair[1];
        filled += pair[1].next_multiple_of(LINE);
        layer
    };
    sizes.windows(2).map(layer).collect()
}

impl Layer {
    fn biases(&self) -> usize {
        self.weights + self.inputs * self.outputs
    }

    /// Its part of what is stored unit by unit.
    fn of<'a>(&self, all: &'a [f64], width: usize) -> &'a [f64] {
        &all[self.units * width..(self.units + self.outputs) * width]
    }

    fn of_mut<'a>(&self, all: &'a mut [f64], width: usize) -> &'a mut [f64] {
        &mut all[self.units * width..(self.units + self.outputs) * width]
    }

    /// Its part of what is stored example by example.
    fn across<'a>(&self, all: &'a [f64], width: usize) -> &'a [f64] {
        &all[self.filled * width..][..self.outputs.next_multiple_of(LINE) * width]
    }

    fn across_mut<'a>(&self, all: &'a mut [f64], width: usize) -> &'a mut [f64] {
        &mut all[self.filled * width..][..self.outputs.next_multiple_of(LINE) * width]
    }

    /// Its weight matrix as a left factor, or the transpose.
    fn matrix<'a, const LANES: bool>(&self, w: &'a [f64]) -> Left<'a> {
        let entry = if LANES { LINE } else { 1 };
        Left { data: &w[self.weights * entry..], row: self.inputs * entry, step: entry }
    }

    fn transposed<'a, const LANES: bool>(&self, w: &'a [f64]) -> Left<'a> {
        let Left { data, row, step } = self.matrix::<LANES>(w);
        Left { data, row: step, step: row }
    }

    fn start<'a, const LANES: bool>(&self, w: &'a [f64]) -> Start<'a> {
        Start::Rows(&w[self.biases() * if LANES { LINE } else { 1 }..])
    }
}

/// The sizes of what passes store, in numbers, for a net of `layers` and panels of `width`.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// Stored unit by unit.
    pub(super) units: usize,
    /// Stored example by example.
    pub(super) across: usize,
}

impl Sizes {
    pub(super) fn of(layers: &[Layer], width: usize) -> Self {
        let end = layers.last().map_or((0, 0), |last| {
            (last.units + last.outputs, last.filled + last.outputs.next_multiple_of(LINE))
        });
        Sizes { units: end.0 * width, across: end.1 * width }
    }
}

/// A panel's activations as a right factor.
fn activations(data: &[f64], width: usize) -> Right<'_> {
    Right { data, step: width, column: LINE }
}

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

/// Writes the activations of all hidden layers example by example.
#[inline(always)]
pub(super) fn turn<S: Simd>(
    simd: S,
    layers: &[Layer],
    width: usize,
    units: &[f64],
    across: &mut [f64],
) {
    for layer in &layers[..layers.len() - 1] {
        transpose(simd, layer.of(units, width), width, layer.across_mut(across, width));
    }
}

/// What a gradient is summed from: activations of the input and of the hidden layers, example by
/// example, and slopes.
#[derive(Clone, Copy)]
pub(super) struct Outer<'a> {
    pub(super) rows: &'a [f64],
    pub(super) across: &'a [f64],
    pub(super) slopes: &'a [f64],
}

impl<'a> Outer<'a> {
    /// The slopes of layer `l` and the activations below it.
    fn factors(&self, layers: &[Layer], l: usize, width: usize) -> (&'a [f64], &'a [f64]) {
        let below = if l == 0 { self.rows } else { layers[l - 1].across(self.across, width) };
        (layers[l].of(self.slopes, width), below)
    }
}

/// Adds Σ δ aᵀ over the panel to `out`.
#[inline(always)]
pub(super) fn accumulate<S: Simd>(
    simd: S,
    layers: &[Layer],
    width: usize,
    outer: Outer,
    out: &mut [f64],
) {
    for (l, layer) in layers.iter().enumerate() {
        let (slopes, below) = outer.factors(layers, l, width);
        sum_outer(simd, layer, width, [(slopes, below)], out);
        sum_lanes(simd, layer, width, slopes, out);
    }
}

/// Adds Σ (Rδ aᵀ + δ Raᵀ) over the panel to `out`: the derivative of what [`accumulate`] adds. Ra of
/// the input is 0, and `tangent.rows` is not read.
#[inline(always)]
pub(super) fn accumulate_tangent<S: Simd>(
    simd: S,
    layers: &[Layer],
    width: usize,
    outer: Outer,
    tangent: Outer,
    out: &mut [f64],
) {
    for (l, layer) in layers.iter().enumerate() {
        let (slopes, below) = outer.factors(layers, l, width);
        let (tangent_slopes, tangents) = tangent.factors(layers, l, width);
        if l == 0 {
            sum_outer(simd, layer, width, [(tangent_slopes, below)], out);
        } else {
            sum_outer(simd, layer, width, [(tangent_slopes, below), (slopes, tangents)], out);
        }
        sum_lanes(simd, layer, width, tangent_slopes, out);
    }
}

/// Adds Σ δ aᵀ over the panel, and over the pairs (δ, a), to the weights of `layer` in `out`.
#[inline(always)]
fn sum_outer<S: Simd, const N: usize>(
    simd: S,
    layer: &Layer,
    width: usize,
    pairs: [(&[f64], &[f64]); N],
    out: &mut [f64],
) {
    /// The rows of a last column that are gathered at once.
    const ROWS: usize = 24;
    let (n, m) = (layer.inputs, layer.outputs);
    let (lines, stride) = (n / LINE, n.next_multiple_of(LINE));
    let out = &mut out[layer.weights..layer.biases()];
    let product = |top: usize, column: usize| {
        pairs.map(|(slopes, below)| {
            let left = Left { data: &slopes[top * width..], row: width, step: 1 };
            (left, Right { data: &below[column..], step: stride, column: LINE })
        })
    };
    let all = Out { data: &mut *out, row: n, column: LINE };
    multiply_all::<S, N>(simd, (m, width, lines), product(0, 0), Start::Sum, all);
    let done = lines * LINE;
    if done == n {
        return;
    }
    for top in (0..m).step_by(ROWS) {
        let rows = (m - top).min(ROWS);
        let mut last = [0.0; ROWS * LINE];
        let column = Out { data: &mut last, row: LINE, column: LINE };
        let shape = (rows, width, 1);
        multiply_all::<S, N>(simd, shape, product(top, done), Start::Zero, column);
        for (row, last) in
            out[top * n..].chunks_exact_mut(n).zip(last[..rows * LINE].as_chunks::<LINE>().0)
        {
            for (out, &sum) in row[done..].iter_mut().zip(last) {
                *out += sum;
            }
        }
    }
}

/// Adds the sums of the slopes over the panel to the biases of `layer` in `out`.
#[inline(always)]
fn sum_lanes<S: Simd>(simd: S, layer: &Layer, width: usize, slopes: &[f64], out: &mut [f64]) {
    let biases = &mut out[layer.biases()..][..layer.outputs];
    for (bias, slopes) in biases.iter_mut().zip(slopes.chunks_exact(width)) {
        let mut sum = simd.splat_f64s(0.0);
        for &slope in S::as_simd_f64s(slopes).0 {
            sum = simd.add_f64s(sum, slope);
        }
        *bias += simd.reduce_sum_f64s(sum);
    }
}

/// Adds Σ δ aᵀ over each lane of the panel to the lines of `out`, one gradient a lane.
#[inline(always)]
pub(super) fn accumulate_lanes<S: Simd>(
    simd: S,
    layers: &[Layer],
    (inputs, width): (&[f64], usize),
    units: &[f64],
    slopes: &[f64],
    out: &mut [f64],
) {
    for (l, layer) in layers.iter().enumerate() {
        let below = if l == 0 { inputs } else { layers[l - 1].of(units, width) };
        let slopes = layer.of(slopes, width);
        let (weights, biases) =
            out[layer.weights * LINE..].split_at_mut(layer.inputs * layer.outputs * LINE);
        let left = Left { data: slopes, row: width, step: LINE };
        let right = Right { data: below, step: LINE, column: width };
        let shape = (layer.outputs, width / LINE, layer.inputs);
        let out = Out { data: weights, row: layer.inputs * LINE, column: LINE };
        multiply::<S, true>(simd, shape, (left, right), Start::Sum, out);
        for (bias, slopes) in
            biases.as_chunks_mut::<LINE>().0.iter_mut().zip(slopes.chunks_exact(width))
        {
            let bias = S::as_mut_simd_f64s(bias).0;
            for slopes in slopes.chunks_exact(LINE) {
                for (bias, &slope) in bias.iter_mut().zip(S::as_simd_f64s(slopes).0) {
                    *bias = simd.add_f64s(*bias, slope);
                }
            }
        }
    }
}
