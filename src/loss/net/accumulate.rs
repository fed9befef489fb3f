//! Gradients with respect to the weights, summed over the examples of a panel.

use pulp::Simd;

use super::layer::Layer;
use crate::kernel::{LINE, Left, Out, Right, Start, multiply, multiply_all, transpose};

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
