//! Examples laid out for vector instructions.

use super::Examples;
use crate::kernel::{Buffer, LINE};

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

/// Writes `values` down column `lane` of a matrix with rows of `width`.
pub(super) fn write_column(matrix: &mut [f64], width: usize, lane: usize, values: &[f64]) {
    for (row, &value) in matrix.chunks_exact_mut(width).zip(values) {
        row[lane] = value;
    }
}
