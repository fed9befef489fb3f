//! The covariance over orders of what the order of an epoch changes.

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::scalar::Scalar;

/// Σ_j R_jR_jᵀ and Σ_{j,k} B_jkB_jkᵀ at `w`, each d × d, row by row, with B_jk = [g_j, g_k] = H_k g_j − H_j g_k and
/// R_j = Σ_k B_jk.
///
/// The covariance over all orders of ½ Σ_{a before b} [g_a, g_b] is K = (1/12) of the first plus (1/24) of
/// the second.
pub(in super::super) fn bracket_squares<S: Scalar>(a: &mut Numeric<S>, w: &Vec<S>) -> [Vec<S>; 2] {
    let m = a.batches();
    let gradients: Vec<Vec<S>> = (0..m).map(|k| a.gradient(Batch::One(k), w)).collect();
    let mut squares = [vec![S::zero(); w.len() * w.len()], vec![S::zero(); w.len() * w.len()]];
    let mut sums = vec![vec![S::zero(); w.len()]; m];
    for j in 0..m {
        for k in 0..j {
            let mut bracket = a.hessian_vector(Batch::One(k), w, &gradients[j]);
            let back = a.hessian_vector(Batch::One(j), w, &gradients[k]);
            a.axpy(&-S::one(), &back, &mut bracket);
            a.axpy(&S::one(), &bracket, &mut sums[j]);
            a.axpy(&-S::one(), &bracket, &mut sums[k]);
            // B_jk and B_kj = −B_jk have the same square.
            add_square(&mut squares[1], &bracket, S::one() + S::one());
        }
    }
    for sum in &sums {
        add_square(&mut squares[0], sum, S::one());
    }
    squares
}

/// `into` + c v vᵀ.
fn add_square<S: Scalar>(into: &mut [S], v: &[S], c: S) {
    for (row, &x) in into.chunks_exact_mut(v.len()).zip(v) {
        for (entry, &y) in row.iter_mut().zip(v) {
            *entry += c * x * y;
        }
    }
}
