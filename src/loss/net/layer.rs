//! The layers of a net, and where their numbers are.

use crate::kernel::{LINE, Left, Right, Start};

/// One layer, and where its numbers are among those of the whole net.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Where its weights start; the biases follow them.
    pub(super) weights: usize,
    /// The number of units in the layers below, the input not counted.
    pub(super) units: usize,
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
    pub(super) fn biases(&self) -> usize {
        self.weights + self.inputs * self.outputs
    }

    /// Its part of what is stored unit by unit.
    pub(super) fn of<'a>(&self, all: &'a [f64], width: usize) -> &'a [f64] {
        &all[self.units * width..(self.units + self.outputs) * width]
    }

    pub(super) fn of_mut<'a>(&self, all: &'a mut [f64], width: usize) -> &'a mut [f64] {
        &mut all[self.units * width..(self.units + self.outputs) * width]
    }

    /// Its part of what is stored example by example.
    pub(super) fn across<'a>(&self, all: &'a [f64], width: usize) -> &'a [f64] {
        &all[self.filled * width..][..self.outputs.next_multiple_of(LINE) * width]
    }

    pub(super) fn across_mut<'a>(&self, all: &'a mut [f64], width: usize) -> &'a mut [f64] {
        &mut all[self.filled * width..][..self.outputs.next_multiple_of(LINE) * width]
    }

    /// Its weight matrix as a left factor, or the transpose.
    pub(super) fn matrix<'a, const LANES: bool>(&self, w: &'a [f64]) -> Left<'a> {
        let entry = if LANES { LINE } else { 1 };
        Left { data: &w[self.weights * entry..], row: self.inputs * entry, step: entry }
    }

    pub(super) fn transposed<'a, const LANES: bool>(&self, w: &'a [f64]) -> Left<'a> {
        let Left { data, row, step } = self.matrix::<LANES>(w);
        Left { data, row: step, step: row }
    }

    pub(super) fn start<'a, const LANES: bool>(&self, w: &'a [f64]) -> Start<'a> {
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
pub(super) fn activations(data: &[f64], width: usize) -> Right<'_> {
    Right { data, step: width, column: LINE }
}
