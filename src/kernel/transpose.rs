//! Rows into columns.

use pulp::Simd;

use super::LINE;

/// Writes the transpose of `rows` × `width` numbers to `out`, each of whose `width` rows is `rows`
/// long, rounded up to whole lines; what fills them up is not specified. `width` is a multiple of a
/// line.
#[inline(always)]
pub(crate) fn transpose<S: Simd>(_simd: S, matrix: &[f64], width: usize, out: &mut [f64]) {
    let rows = matrix.len() / width;
    let length = rows.next_multiple_of(LINE);
    let whole = rows - rows % LINE;
    for top in (0..whole).step_by(LINE) {
        for left in (0..width).step_by(LINE) {
            let mut block = [[0.0; LINE]; LINE];
            for (r, row) in block.iter_mut().enumerate() {
                row.copy_from_slice(&matrix[(top + r) * width + left..][..LINE]);
            }
            for column in 0..LINE {
                let line = block.map(|row| row[column]);
                out[(left + column) * length + top..][..LINE].copy_from_slice(&line);
            }
        }
    }
    for row in whole..rows {
        for (column, &value) in matrix[row * width..(row + 1) * width].iter().enumerate() {
            out[column * length + row] = value;
        }
    }
}
