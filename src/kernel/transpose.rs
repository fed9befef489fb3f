//! Rows into columns.
#![allow(unsafe_code)] // instructions that were found present are named where the type shows it

use pulp::Simd;

use super::LINE;

/// Eight rows of eight numbers.
type Block = [[f64; LINE]; LINE];

/// Writes the transpose of `rows` × `width` numbers to `out`, each of whose `width` rows is `rows`
/// long, rounded up to whole lines; what fills them up is not specified. `width` is a multiple of a
/// line.
#[inline(always)]
pub(crate) fn transpose<S: Simd>(simd: S, matrix: &[f64], width: usize, out: &mut [f64]) {
    let rows = matrix.len() / width;
    let length = rows.next_multiple_of(LINE);
    let whole = rows - rows % LINE;
    for (top, rows) in (0..whole).step_by(LINE).zip(matrix.chunks_exact(LINE * width)) {
        for left in (0..width).step_by(LINE) {
            let mut block = [[0.0; LINE]; LINE];
            for (line, row) in block.iter_mut().zip(rows.chunks_exact(width)) {
                *line = row[left..].as_chunks().0[0];
            }
            for (column, line) in turned(simd, block).iter().enumerate() {
                out[(left + column) * length + top..][..LINE].copy_from_slice(line);
            }
        }
    }
    for row in whole..rows {
        for (column, &value) in matrix[row * width..(row + 1) * width].iter().enumerate() {
            out[column * length + row] = value;
        }
    }
}

/// The columns of `rows`, exchanged in registers: left to itself the compiler takes the block apart in
/// memory, which costs as much as the products it is for.
#[inline(always)]
fn turned<S: Simd>(simd: S, rows: Block) -> Block {
    #[cfg(target_arch = "x86_64")]
    {
        use std::any::TypeId;
        use std::mem::transmute_copy;

        // SAFETY: each type is copied to itself.
        unsafe {
            if TypeId::of::<S>() == TypeId::of::<pulp::x86::V4>() {
                return turned_by_eights(transmute_copy(&simd), rows);
            }
            if TypeId::of::<S>() == TypeId::of::<pulp::x86::V3>() {
                return turned_by_fours(transmute_copy(&simd), rows);
            }
        }
    }
    let _ = simd;
    std::array::from_fn(|column| rows.map(|row| row[column]))
}

/// Exchanges numbers between neighbouring rows, then pairs of numbers, then halves.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn turned_by_eights(simd: pulp::x86::V4, rows: Block) -> Block {
    use std::arch::x86_64::__m512d;
    use std::mem::transmute;

    let avx = simd.avx512f;
    let even = |a, b| avx._mm512_shuffle_f64x2::<0b10_00_10_00>(a, b);
    let odd = |a, b| avx._mm512_shuffle_f64x2::<0b11_01_11_01>(a, b);
    // SAFETY: a register is eight numbers, and any eight numbers are a register.
    let r: [__m512d; 8] = unsafe { transmute(rows) };
    let mut columns = r;
    for parity in 0..2 {
        let pairs: [__m512d; 4] = std::array::from_fn(|i| match parity {
            0 => avx._mm512_unpacklo_pd(r[2 * i], r[2 * i + 1]),
            _ => avx._mm512_unpackhi_pd(r[2 * i], r[2 * i + 1]),
        });
        let (low, high) = (even(pairs[0], pairs[1]), even(pairs[2], pairs[3]));
        columns[parity] = even(low, high);
        columns[parity + 4] = odd(low, high);
        let (low, high) = (odd(pairs[0], pairs[1]), odd(pairs[2], pairs[3]));
        columns[parity + 2] = even(low, high);
        columns[parity + 6] = odd(low, high);
    }
    // SAFETY: as above.
    unsafe { transmute(columns) }
}

/// The same for each quarter of the block, and the quarters exchanged.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn turned_by_fours(simd: pulp::x86::V3, rows: Block) -> Block {
    use std::arch::x86_64::__m256d;
    use std::mem::transmute;

    let avx = simd.avx;
    // SAFETY: a register is four numbers, and any four numbers are a register.
    let r: [[__m256d; 2]; 8] = unsafe { transmute(rows) };
    let mut columns = r;
    for half in 0..2 {
        for side in 0..2 {
            let [a, b, c, d]: [__m256d; 4] = std::array::from_fn(|i| r[4 * half + i][side]);
            for parity in 0..2 {
                let pair = |a, b| match parity {
                    0 => avx._mm256_unpacklo_pd(a, b),
                    _ => avx._mm256_unpackhi_pd(a, b),
                };
                let (low, high) = (pair(a, b), pair(c, d));
                columns[4 * side + parity][half] = avx._mm256_permute2f128_pd::<0x20>(low, high);
                columns[4 * side + parity + 2][half] =
                    avx._mm256_permute2f128_pd::<0x31>(low, high);
            }
        }
    }
    // SAFETY: as above.
    unsafe { transmute(columns) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)] // numbers move, they do not change

    use super::*;
    use crate::kernel::all_instructions;

    struct Transpose<'a>(&'a [f64], usize, &'a mut [f64]);

    impl pulp::WithSimd for Transpose<'_> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            transpose(simd, self.0, self.1, self.2);
        }
    }

    #[test]
    fn every_set_of_instructions_turns_rows_into_columns() {
        for (rows, width) in [(1_usize, 8), (7, 16), (8, 8), (16, 32), (21, 24)] {
            let matrix: Vec<f64> = (0..rows * width).map(|i| i as f64).collect();
            let length = rows.next_multiple_of(LINE);
            for arch in all_instructions() {
                let mut out = vec![f64::NAN; width * length];
                arch.dispatch(Transpose(&matrix, width, &mut out));
                for (i, &value) in matrix.iter().enumerate() {
                    assert_eq!(out[i % width * length + i / width], value, "{rows} × {width}");
                }
            }
        }
    }
}
