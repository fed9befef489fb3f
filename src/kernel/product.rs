//! Products of small matrices, the right factor in vectors.
//!
//! Each kind is compiled once for each set of instructions, as a function of its own: inlined at every
//! use, the tiles took minutes to compile. One kernel serves the forward pass, the backward pass and the gradients of the weights: what
//! changes is which matrix is read along which axis.
#![allow(unsafe_code)] // the tile reads and writes through pointers whose extents `multiply` checks

use pulp::{Simd, WithSimd};

use super::LINE;

/// The left factor: its entry (r, k) is at `r * row + k * step`, and is one number for all lanes, or a
/// line of numbers, one a lane.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) data: &'a [f64],
    pub(crate) row: usize,
    pub(crate) step: usize,
}

/// The right factor: its entry (k, c), a line, is at `k * step + c * column`.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    pub(crate) data: &'a [f64],
    pub(crate) step: usize,
    pub(crate) column: usize,
}

/// The product: its entry (r, c), a line, is at `r * row + c * column`.
pub(crate) struct Out<'a> {
    pub(crate) data: &'a mut [f64],
    pub(crate) row: usize,
    pub(crate) column: usize,
}

/// What the products are added to.
#[derive(Clone, Copy)]
pub(crate) enum Start<'a> {
    /// Nothing.
    Zero,
    /// One entry a row, laid out as those of the left factor.
    Rows(&'a [f64]),
    /// What the output holds.
    Sum,
}

/// The shape of a product: `rows` × `depth` times `depth` × `columns` lines.
pub(crate) type Shape = (usize, usize, usize);

/// out(r, c) = start + Σ_k left(r, k) right(k, c), lane by lane; `LANES` says whether an entry of the
/// left factor is a line.
#[inline(always)]
pub(crate) fn multiply<S: Simd, const LANES: bool>(
    simd: S,
    shape: Shape,
    factors: (Left, Right),
    start: Start,
    out: Out,
) {
    simd.vectorize(Product::<1, LANES, LANES> { shape, factors: [factors], start, out });
}

/// out(r, c) = Σ_k left(r, k) right(k, c) over two pairs of factors of the same shape; the left
/// entries of the first pair are single numbers, `LANES` says whether those of the second are lines.
/// What is added to is laid out as the second.
#[inline(always)]
pub(crate) fn multiply_both<S: Simd, const LANES: bool>(
    simd: S,
    shape: Shape,
    factors: [(Left, Right); 2],
    start: Start,
    out: Out,
) {
    simd.vectorize(Product::<2, false, LANES> { shape, factors, start, out });
}

/// out(r, c) = start + Σ_k left(r, k) right(k, c) over any number of pairs of factors of the same
/// shape, all left entries single numbers.
#[inline(always)]
pub(crate) fn multiply_all<S: Simd, const N: usize>(
    simd: S,
    shape: Shape,
    factors: [(Left, Right); N],
    start: Start,
    out: Out,
) {
    simd.vectorize(Product::<N, false, false> { shape, factors, start, out });
}

/// A product to be computed; `FIRST` says whether entries of the first left factor are lines, `LAST`
/// the same of the last and of the start.
struct Product<'a, const N: usize, const FIRST: bool, const LAST: bool> {
    shape: Shape,
    factors: [(Left<'a>, Right<'a>); N],
    start: Start<'a>,
    out: Out<'a>,
}

impl<const N: usize, const FIRST: bool, const LAST: bool> WithSimd for Product<'_, N, FIRST, LAST> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product { shape: (rows, depth, columns), factors, start, mut out } = self;
        if rows == 0 || columns == 0 {
            return;
        }
        for (n, (left, right)) in factors.iter().enumerate() {
            let entry = if lines::<N, FIRST, LAST>(n) { LINE } else { 1 };
            let fits = depth == 0
                || (rows - 1) * left.row + (depth - 1) * left.step + entry <= left.data.len()
                    && (depth - 1) * right.step + (columns - 1) * right.column + LINE
                        <= right.data.len();
            assert!(fits, "a factor is smaller than the shape of the product");
        }
        let entry = if LAST { LINE } else { 1 };
        let begun = !matches!(start, Start::Rows(first) if first.len() < rows * entry);
        let fits = (rows - 1) * out.row + (columns - 1) * out.column + LINE <= out.data.len();
        assert!(begun && fits, "the product does not fit its output");

        let widest = if S::REGISTER_COUNT >= 32 { 4 } else { 2 };
        for part in (0..LINE).step_by(S::F64_LANES) {
            let mut column = 0;
            while column < columns {
                let wide = match columns - column {
                    1 => 1,
                    2 | 3 => 2,
                    _ => widest,
                };
                let mut row = 0;
                while row < rows {
                    let tile = Tile { row, column, part, depth };
                    // SAFETY: the assertions above bound every entry of the tile.
                    row += unsafe {
                        match wide {
                            4 if S::REGISTER_COUNT >= 32 => tile.strip::<S, N, FIRST, LAST, 4>(
                                simd, rows, &factors, start, &mut out,
                            ),
                            2 => tile.strip::<S, N, FIRST, LAST, 2>(
                                simd, rows, &factors, start, &mut out,
                            ),
                            _ => tile.strip::<S, N, FIRST, LAST, 1>(
                                simd, rows, &factors, start, &mut out,
                            ),
                        }
                    };
                }
                column += wide;
            }
        }
    }
}

/// Whether the left entries of pair `n` are lines.
#[inline(always)]
const fn lines<const N: usize, const FIRST: bool, const LAST: bool>(n: usize) -> bool {
    if n + 1 == N { LAST } else { FIRST }
}

/// A block of the product that is kept in registers.
#[derive(Clone, Copy)]
struct Tile {
    row: usize,
    column: usize,
    /// Which part of a line, where a register is narrower.
    part: usize,
    depth: usize,
}

impl Tile {
    /// The tile of `C` columns and at most six of the rows left, and how many those are.
    ///
    /// # Safety
    /// As [`Tile::fill`].
    #[inline(always)]
    unsafe fn strip<
        S: Simd,
        const N: usize,
        const FIRST: bool,
        const LAST: bool,
        const C: usize,
    >(
        self,
        simd: S,
        rows: usize,
        factors: &[(Left, Right); N],
        start: Start,
        out: &mut Out,
    ) -> usize {
        // SAFETY: passed on.
        unsafe {
            match rows - self.row {
                1 => self.fill::<S, N, FIRST, LAST, C, 1>(simd, factors, start, out),
                2 | 3 => self.fill::<S, N, FIRST, LAST, C, 2>(simd, factors, start, out),
                4 | 5 | 8 => self.fill::<S, N, FIRST, LAST, C, 4>(simd, factors, start, out),
                _ => self.fill::<S, N, FIRST, LAST, C, 6>(simd, factors, start, out),
            }
        }
    }

    /// Computes a tile of `R` rows and `C` columns; returns `R`.
    ///
    /// # Safety
    /// The entries of every left factor in rows `row..row + R`, of every right factor in columns
    /// `column..column + C`, both over the whole depth, and of the output in both, lie in the slices.
    #[inline(always)]
    unsafe fn fill<
        S: Simd,
        const N: usize,
        const FIRST: bool,
        const LAST: bool,
        const C: usize,
        const R: usize,
    >(
        self,
        simd: S,
        factors: &[(Left, Right); N],
        start: Start,
        out: &mut Out,
    ) -> usize {
        let Tile { row, column, part, depth } = self;
        // SAFETY: by the contract, with offsets as the structures document them.
        unsafe {
            let corner = out.data.as_mut_ptr().add(row * out.row + column * out.column + part);
            let place = |r: usize, c: usize| corner.add(r * out.row + c * out.column);
            let mut sums = [[simd.splat_f64s(0.0); C]; R];
            match start {
                Start::Zero => {}
                Start::Rows(first) => {
                    for (r, sums) in sums.iter_mut().enumerate() {
                        *sums = [entry::<S, LAST>(simd, first.as_ptr(), row + r, part); C];
                    }
                }
                Start::Sum => {
                    for (r, sums) in sums.iter_mut().enumerate() {
                        for (c, sum) in sums.iter_mut().enumerate() {
                            *sum = load::<S>(place(r, c));
                        }
                    }
                }
            }
            for (n, (left, right)) in factors.iter().enumerate() {
                let mut l = left.data.as_ptr().add(row * left.row);
                let mut x = right.data.as_ptr().add(column * right.column + part);
                for _ in 0..depth {
                    let mut line = [simd.splat_f64s(0.0); C];
                    for (c, line) in line.iter_mut().enumerate() {
                        *line = load::<S>(x.add(c * right.column));
                    }
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let at = l.add(r * left.row);
                        let factor = if lines::<N, FIRST, LAST>(n) {
                            load::<S>(at.add(part))
                        } else {
                            simd.splat_f64s(*at)
                        };
                        for (sum, &line) in sums.iter_mut().zip(&line) {
                            *sum = simd.mul_add_e_f64s(factor, line, *sum);
                        }
                    }
                    // One step past the end after the last: never read, hence without provenance.
                    (l, x) = (l.wrapping_add(left.step), x.wrapping_add(right.step));
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                for (c, &sum) in sums.iter().enumerate() {
                    place(r, c).cast::<S::f64s>().write_unaligned(sum);
                }
            }
        }
        R
    }
}

/// Entry `index` of `data`: a number for all lanes, or `part` of a line.
///
/// # Safety
/// The entry lies in the allocation of `data`.
#[inline(always)]
unsafe fn entry<S: Simd, const LANES: bool>(
    simd: S,
    data: *const f64,
    index: usize,
    part: usize,
) -> S::f64s {
    // SAFETY: passed on.
    unsafe {
        if LANES {
            load::<S>(data.add(index * LINE + part))
        } else {
            simd.splat_f64s(*data.add(index))
        }
    }
}

/// The vector at `at`.
///
/// # Safety
/// A whole vector can be read there.
#[inline(always)]
unsafe fn load<S: Simd>(at: *const f64) -> S::f64s {
    // SAFETY: passed on; every bit pattern is a number.
    unsafe { at.cast::<S::f64s>().read_unaligned() }
}
