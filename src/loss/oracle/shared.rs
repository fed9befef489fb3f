//! What derivatives of minibatches are put together from.

use crate::scalar::{Lanes, Ratio, Scalar};

/// Turns a gradient g in `out` into g + c H g, given v ↦ H v.
pub(in crate::loss) fn penalize<S: Scalar>(
    c: S,
    out: &mut [S],
    hessian_vector: impl FnOnce(&[S], &mut [S]),
) {
    let mut bend = vec![S::zero(); out.len()];
    hessian_vector(out, &mut bend);
    for (out, bend) in out.iter_mut().zip(bend) {
        *out += c * bend;
    }
}

/// Writes the mean over all minibatches of what `part` writes for each.
pub(in crate::loss) fn mean_over_batches<S: Scalar>(
    batches: usize,
    out: &mut [S],
    mut part: impl FnMut(usize, &mut [S]),
) {
    part(0, out);
    let mut other = vec![S::zero(); out.len()];
    for k in 1..batches {
        part(k, &mut other);
        S::add_scaled(out, S::one(), &other);
    }
    let share = S::from_ratio(Ratio::new(1, batches as i64));
    for out in out {
        *out *= share;
    }
}

/// Writes what `one` writes for each lane, given its minibatch and its entries of `vectors`.
pub(in crate::loss) fn lane_by_lane<S: Scalar, const N: usize>(
    batches: &[usize; Lanes::COUNT],
    vectors: [&[S]; N],
    out: &mut [S],
    mut one: impl FnMut(usize, [&[S]; N], &mut [S]),
) {
    let of_lane = |all: &[S], lane: usize| -> Vec<S> {
        all.iter().skip(lane).step_by(Lanes::COUNT).copied().collect()
    };
    let mut image = vec![S::zero(); out.len() / Lanes::COUNT];
    for (lane, &batch) in batches.iter().enumerate() {
        let own = vectors.map(|all| of_lane(all, lane));
        one(batch, own.each_ref().map(Vec::as_slice), &mut image);
        for (out, &image) in out.iter_mut().skip(lane).step_by(Lanes::COUNT).zip(&image) {
            *out = image;
        }
    }
}
