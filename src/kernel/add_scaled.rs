//! Linear combinations of vectors.

use pulp::{Simd, WithSimd};

use super::{LINE, instructions};

/// y ← y + c x, with one coefficient for each place in a line: eight interleaved vectors at once.
///
/// What does not fill a line at the end of the vectors is left to the caller: `y` and `x` have a
/// multiple of eight numbers.
pub(crate) fn add_scaled(y: &mut [f64], c: &[f64; LINE], x: &[f64]) {
    instructions().dispatch(AddScaled { y, c, x });
}

struct AddScaled<'a> {
    y: &'a mut [f64],
    c: &'a [f64; LINE],
    x: &'a [f64],
}

impl WithSimd for AddScaled<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let AddScaled { y, c, x } = self;
        let c = S::as_simd_f64s(c).0;
        let lines = y.as_chunks_mut::<LINE>().0.iter_mut().zip(x.as_chunks::<LINE>().0);
        for (y, x) in lines {
            let (y, x) = (S::as_mut_simd_f64s(y).0, S::as_simd_f64s(x).0);
            for ((y, &x), &c) in y.iter_mut().zip(x).zip(c) {
                *y = simd.mul_add_e_f64s(c, x, *y);
            }
        }
    }
}
