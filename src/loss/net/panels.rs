//! Examples laid out for vector instructions.

use crate::kernel::{Buffer, LINE};
use crate::loss::Examples;

/// The most examples a panel holds: four vectors of AVX-512.
pub(super) const WIDEST: usize = 4 * LINE;

/// Up to 32 examples of one minibatch, in both layouts that products read.
///
/// `width` is their number rounded up to whole lines; what fills it up repeats the first example with
/// a share of 0.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) width: usize,
    /// features × width.
    pub(super) inputs: Buffer,
    /// width × features, rows filled up to whole lines.
    pub(super) rows: Buffer,
    /// outputs × width.
    pub(super) targets: Buffer,
    /// The weight of each example in the minibatch's loss.
    pub(super) shares: Buffer,
}

/// A panel that is read: stored, or gathered for one call.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) width: usize,
    pub(super) inputs: &'a [f64],
    pub(super) rows: &'a [f64],
    pub(super) targets: &'a [f64],
    pub(super) shares: &'a [f64],
}

impl Panel {
    pub(super) fn view(&self) -> View<'_> {
        View {
            width: self.width,
            inputs: self.inputs.numbers(),
            rows: self.rows.numbers(),
            targets: self.targets.numbers(),
            shares: self.shares.numbers(),
        }
    }
}

/// The panels of every minibatch.
pub(super) fn panels(examples: &Examples) -> Vec<Vec<Panel>> {
    (0..examples.batches())
        .map(|batch| {
            let rows: Vec<_> = examples.batch(batch).collect();
            rows.chunks(WIDEST).map(|rows| panel(rows, examples)).collect()
        })
        .collect()
}

fn panel(rows: &[(&[f64], &[f64])], examples: &Examples) -> Panel {
    let width = rows.len().next_multiple_of(LINE);
    let features = examples.features();
    let mut panel = Panel {
        width,
        inputs: Buffer::zeros(features * width),
        rows: Buffer::zeros(width * features.next_multiple_of(LINE)),
        targets: Buffer::zeros(examples.outputs() * width),
        shares: Buffer::zeros(width),
    };
    let live = rows.iter().map(|&row| (row, examples.weight()));
    let filling = std::iter::repeat((rows[0], 0.0));
    for (lane, ((x, y), share)) in live.chain(filling).take(width).enumerate() {
        panel.shares.numbers_mut()[lane] = share;
        write_column(panel.inputs.numbers_mut(), width, lane, x);
        write_column(panel.targets.numbers_mut(), width, lane, y);
        let start = lane * features.next_multiple_of(LINE);
        panel.rows.numbers_mut()[start..start + features].copy_from_slice(x);
    }
    panel
}

/// The most examples of each of eight minibatches that a panel holds.
pub(super) const POSITIONS: usize = WIDEST / LINE;

/// The room [`gather`] needs.
pub(super) fn room(examples: &Examples) -> usize {
    let features = examples.features();
    WIDEST * (features + features.next_multiple_of(LINE) + examples.outputs() + 1)
}

/// The panel of examples `first`, `first + 1`, … of eight minibatches, lane l holding those of
/// `batches[l]`: at most four, and none beyond `most`, the largest size of a minibatch. A lane whose
/// minibatch has no such example, or does not exist, has a share of 0 there. Without `ROWS` the inputs
/// are not laid out example by example.
pub(super) fn gather<'a, const ROWS: bool>(
    examples: &Examples,
    batches: &[usize; LINE],
    (first, most): (usize, usize),
    space: &'a mut [f64],
) -> View<'a> {
    let width = LINE * (most - first).min(POSITIONS);
    let (features, length) = (examples.features(), examples.features().next_multiple_of(LINE));
    let (inputs, rest) = space.split_at_mut(features * width);
    let (rows, rest) = rest.split_at_mut(length * width);
    let (targets, rest) = rest.split_at_mut(examples.outputs() * width);
    let (shares, weight) = (&mut rest[..width], examples.weight());
    for (lane, &batch) in batches.iter().enumerate() {
        for (position, lane) in (lane..width).step_by(LINE).enumerate() {
            let example = examples.example(batch, first + position);
            shares[lane] = if example.is_some() { weight } else { 0.0 };
            let (x, y) = example.unwrap_or_else(|| examples.first());
            write_column(inputs, width, lane, x);
            write_column(targets, width, lane, y);
            if ROWS {
                rows[lane * length..][..features].copy_from_slice(x);
            }
        }
    }
    View { width, inputs, rows, targets, shares }
}

/// Writes `values` down column `lane` of a matrix with rows of `width`.
fn write_column(matrix: &mut [f64], width: usize, lane: usize, values: &[f64]) {
    for (row, &value) in values.iter().enumerate() {
        matrix[row * width + lane] = value;
    }
}
