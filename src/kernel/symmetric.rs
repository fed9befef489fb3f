//! Symmetric matrices at half storage.
#![allow(unsafe_code)] // blocks are read through pointers whose extents the shape of the storage bounds

use pulp::{Simd, WithSimd};

use super::{Buffer, LINE, instructions, with_workspace};

/// A symmetric n × n matrix.
///
/// A small one is stored whole, rows and columns filled up to whole lines. Of a larger one the lower triangle
/// is stored, in blocks of eight rows and eight columns: row by row of blocks, up to the one on the
/// diagonal, which is whole; entries beyond n are zero. A product reads every block once and uses it
/// twice: for its own rows, and mirrored.
#[derive(Clone, Debug)]
pub(crate) struct Symmetric {
    n: usize,
    entries: Buffer,
}

/// The numbers in a block.
const BLOCK: usize = LINE * LINE;

/// The largest n at which the sums across a register that half storage needs cost more than it saves.
const SMALL: usize = 4 * LINE;

impl Symmetric {
    /// The matrix with the entries `entry(row, column)`, asked for where column ≤ row.
    pub(crate) fn new(n: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let filled = n.next_multiple_of(LINE);
        let bands = n.div_ceil(LINE);
        let places: Vec<(usize, usize)> = if n <= SMALL {
            (0..filled).flat_map(|r| (0..filled).map(move |c| (r, c))).collect()
        } else {
            let blocks = (0..bands).flat_map(|band| (0..=band).map(move |column| (band, column)));
            let inside = |(band, column)| {
                (0..BLOCK).map(move |at| (LINE * band + at / LINE, LINE * column + at % LINE))
            };
            blocks.flat_map(inside).collect()
        };
        let mut entries = Buffer::zeros(places.len());
        for (place, (r, c)) in entries.numbers_mut().iter_mut().zip(places) {
            if r.max(c) < n {
                *place = entry(r.max(c), r.min(c));
            }
        }
        Symmetric { n, entries }
    }

    /// A (x − `origin`), written over `out`; without an `origin` A x. All have n entries.
    #[inline]
    pub(crate) fn product(&self, x: &[f64], origin: Option<&[f64]>, out: &mut [f64]) {
        if self.n <= SMALL {
            instructions().dispatch(Whole { matrix: self, x, origin, out });
        } else {
            with_workspace(2 * self.n.next_multiple_of(LINE), |space| {
                instructions().dispatch(Half { matrix: self, x, origin, space, out });
            });
        }
    }
}

/// Writes x − origin over the first entries of `offset` and fills it up with zeros.
#[inline(always)]
fn subtract<S: Simd>(simd: S, x: &[f64], origin: Option<&[f64]>, offset: &mut [f64]) {
    let whole = x.len() - x.len() % LINE;
    let (lines, last) = offset.split_at_mut(whole);
    let (registers, rest) = (S::as_simd_f64s(&x[..whole]).0, &x[whole..]);
    let lines = S::as_mut_simd_f64s(lines).0;
    last.fill(0.0);
    if let Some(origin) = origin {
        let (origins, origin) = (S::as_simd_f64s(&origin[..whole]).0, &origin[whole..]);
        for ((line, &x), &origin) in lines.iter_mut().zip(registers).zip(origins) {
            *line = simd.sub_f64s(x, origin);
        }
        for ((last, x), origin) in last.iter_mut().zip(rest).zip(origin) {
            *last = x - origin;
        }
    } else {
        for (line, &x) in lines.iter_mut().zip(registers) {
            *line = x;
        }
        for (last, &x) in last.iter_mut().zip(rest) {
            *last = x;
        }
    }
}

/// out ← A (x − origin) with a matrix that is stored whole.
struct Whole<'a> {
    matrix: &'a Symmetric,
    x: &'a [f64],
    origin: Option<&'a [f64]>,
    out: &'a mut [f64],
}

impl WithSimd for Whole<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.x.len().div_ceil(LINE) {
            0 => {}
            1 => self.sum_columns::<S, 1>(simd),
            2 => self.sum_columns::<S, 2>(simd),
            3 => self.sum_columns::<S, 3>(simd),
            _ => self.sum_columns::<S, { SMALL / LINE }>(simd),
        }
    }
}

impl Whole<'_> {
    /// The product where a column fills `LINES` lines. The rows of a symmetric matrix are its columns:
    /// sums of columns need none across a register.
    #[inline(always)]
    fn sum_columns<S: Simd, const LINES: usize>(self, simd: S) {
        /// Chains of sums that hide the latency of an addition; columns come in multiples of it.
        const CHAINS: usize = 4;
        let Whole { matrix, x, origin, out } = self;
        let columns = matrix.entries.lines().as_chunks::<LINES>().0;
        let columns: &[[_; CHAINS]] = columns.as_chunks().0;
        let mut offset = [[0.0; LINE]; LINES];
        subtract(simd, x, origin, offset.as_flattened_mut());
        for part in 0..LINE / S::F64_LANES {
            let mut chains = [[simd.splat_f64s(0.0); CHAINS]; LINES];
            for (columns, x) in columns.iter().zip(offset.as_flattened().as_chunks::<CHAINS>().0) {
                for c in 0..CHAINS {
                    let x: S::f64s = simd.splat_f64s(x[c]);
                    for (line, chains) in columns[c].iter().zip(&mut chains) {
                        let column = S::as_simd_f64s(line).0[part];
                        chains[c] = simd.mul_add_e_f64s(column, x, chains[c]);
                    }
                }
            }
            for (line, [a, b, c, d]) in out.chunks_mut(LINE).zip(chains) {
                let sum = simd.add_f64s(simd.add_f64s(a, b), simd.add_f64s(c, d));
                if line.len() == LINE {
                    S::as_mut_simd_f64s(line).0[part] = sum;
                } else {
                    let mut last = [0.0; LINE];
                    S::as_mut_simd_f64s(&mut last).0[part] = sum;
                    let start = part * S::F64_LANES;
                    for (out, sum) in line.iter_mut().zip(last).skip(start).take(S::F64_LANES) {
                        *out = sum;
                    }
                }
            }
        }
    }
}

/// out ← A (x − origin) with a matrix stored by halves.
struct Half<'a> {
    matrix: &'a Symmetric,
    x: &'a [f64],
    origin: Option<&'a [f64]>,
    /// Room for x − origin and its product, each filled up to whole blocks.
    space: &'a mut [f64],
    out: &'a mut [f64],
}

impl WithSimd for Half<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Half { matrix: Symmetric { n, entries }, x, origin, space, out } = self;
        let bands = n.div_ceil(LINE);
        let blocks = entries.numbers();
        let (offset, sums) = space.split_at_mut(bands * LINE);
        subtract(simd, x, origin, offset);
        assert!(
            blocks.len() == bands * (bands + 1) / 2 * BLOCK && sums.len() == bands * LINE,
            "the room does not fit the matrix"
        );
        for band in 0..bands {
            let row = &blocks[band * (band + 1) / 2 * BLOCK..];
            // SAFETY: the row of blocks is `band + 1` blocks long, the vectors as many lines and more.
            unsafe { add_band(simd, band, row.as_ptr(), offset.as_ptr(), sums.as_mut_ptr()) };
        }
        out.copy_from_slice(&sums[..*n]);
    }
}

/// Writes the sums of band `band` and adds its mirrored blocks to those before.
///
/// # Safety
/// `row` points to `band + 1` blocks, `x` and `sums` to as many lines.
#[inline(always)]
unsafe fn add_band<S: Simd>(simd: S, band: usize, row: *const f64, x: *const f64, sums: *mut f64) {
    // SAFETY: all offsets below are within blocks 0 ..= band and lines 0 ..= band.
    unsafe {
        let load = |at: *const f64| at.cast::<S::f64s>().read_unaligned();
        let own: [S::f64s; LINE] =
            std::array::from_fn(|r| simd.splat_f64s(*x.add(LINE * band + r)));
        let mut rows = [simd.splat_f64s(0.0); LINE];
        for column in 0..band {
            for part in (0..LINE).step_by(S::F64_LANES) {
                let block = row.add(BLOCK * column + part);
                let known = load(x.add(LINE * column + part));
                let mirrored = sums.add(LINE * column + part);
                // Two chains hide half of the latency of eight additions in a row.
                let mut even = load(mirrored);
                let mut odd = simd.splat_f64s(0.0);
                for r in (0..LINE).step_by(2) {
                    let (a, b) = (load(block.add(LINE * r)), load(block.add(LINE * (r + 1))));
                    rows[r] = simd.mul_add_e_f64s(a, known, rows[r]);
                    rows[r + 1] = simd.mul_add_e_f64s(b, known, rows[r + 1]);
                    even = simd.mul_add_e_f64s(a, own[r], even);
                    odd = simd.mul_add_e_f64s(b, own[r + 1], odd);
                }
                mirrored.cast::<S::f64s>().write_unaligned(simd.add_f64s(even, odd));
            }
        }
        // The block on the diagonal, by columns: it is symmetric.
        for part in (0..LINE).step_by(S::F64_LANES) {
            let block = row.add(BLOCK * band + part);
            let mut even = simd.splat_f64s(0.0);
            let mut odd = even;
            for r in (0..LINE).step_by(2) {
                even = simd.mul_add_e_f64s(load(block.add(LINE * r)), own[r], even);
                odd = simd.mul_add_e_f64s(load(block.add(LINE * (r + 1))), own[r + 1], odd);
            }
            let line = sums.add(LINE * band + part).cast::<S::f64s>();
            line.write_unaligned(simd.add_f64s(even, odd));
        }
        if band > 0 {
            for (r, &chain) in rows.iter().enumerate() {
                *sums.add(LINE * band + r) += simd.reduce_sum_f64s(chain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Half, Symmetric, Whole};
    use crate::kernel::all_instructions;

    #[test]
    fn products_of_every_size_are_those_of_the_whole_matrix() {
        for n in 1..70_usize {
            let entry = |r: usize, c: usize| ((7 * r + 3 * c + n) as f64 * 12.9898).sin();
            let matrix = Symmetric::new(n, entry);
            let x: Vec<f64> = (0..n).map(|i| (i as f64 * 78.233).cos()).collect();
            let origin: Vec<f64> = (0..n).map(|i| (i as f64 * 3.7).sin()).collect();
            let known: Vec<f64> = (0..n)
                .map(|r| (0..n).map(|c| entry(r.max(c), r.min(c)) * (x[c] - origin[c])).sum())
                .collect();
            for instructions in all_instructions() {
                let mut space = vec![f64::NAN; 2 * n.next_multiple_of(8)];
                let (matrix, x, origin) = (&matrix, &x[..], Some(&origin[..]));
                let mut out = vec![f64::NAN; n];
                if n <= super::SMALL {
                    instructions.dispatch(Whole { matrix, x, origin, out: &mut out });
                } else {
                    let space = &mut space;
                    instructions.dispatch(Half { matrix, x, origin, space, out: &mut out });
                }
                for (out, known) in out.iter().zip(&known) {
                    assert!((out - known).abs() <= 1e-13 * n as f64, "n = {n}, {instructions:?}");
                }
            }
            let mut out = vec![f64::NAN; n];
            matrix.product(&x, None, &mut out);
            let known: f64 = (0..n).map(|c| entry(n - 1, c) * x[c]).sum();
            assert!((out[n - 1] - known).abs() <= 1e-13 * n as f64, "n = {n} without an origin");
        }
    }
}
