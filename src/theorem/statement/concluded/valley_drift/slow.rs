//! The slow flow along a valley and the cloud about it, as a right-hand side.

use super::super::super::minima::disagreement_gradient;
use super::super::spread::bracket_squares;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::integrate::RightHandSide;
use crate::scalar::{Ratio, Scalar};

/// x′ = −c P∇V and, row by row, S′ = JS + SJᵀ + c′ PKP/m.
pub(super) struct Slow<S: Scalar> {
    pub(super) arithmetic: Numeric<S>,
    pub(super) projection: Vec<S>,
    pub(super) drift: S,
    pub(super) cloud: S,
}

impl<S: Scalar> Slow<S> {
    fn projected(&self, v: &[S]) -> Vec<S> {
        let rows = self.projection.chunks_exact(v.len());
        rows.map(|row| row.iter().zip(v).fold(S::zero(), |sum, (&p, &x)| sum + p * x)).collect()
    }

    /// The derivative of ½∇V at `w` along `v`: ⟨(T_k − T)[v, γ_k] + (H_k − H)²v⟩.
    fn turned(&mut self, w: &Vec<S>, v: &Vec<S>) -> Vec<S> {
        let a = &mut self.arithmetic;
        let m = a.batches();
        let (minus, share) = (-S::one(), S::from_ratio(Ratio::new(1, m as i64)));
        let g = a.gradient(Batch::Full, w);
        let mean = a.hessian_vector(Batch::Full, w, v);
        let mut sum = a.zero();
        for k in 0..m {
            let mut gap = a.gradient(Batch::One(k), w);
            a.axpy(&minus, &g, &mut gap);
            let mut bent = a.hessian_vector(Batch::One(k), w, v);
            a.axpy(&minus, &mean, &mut bent);
            for (batch, sign) in [(Batch::One(k), share), (Batch::Full, -share)] {
                let third = a.third_derivative(batch, w, v, &gap);
                let second = a.hessian_vector(batch, w, &bent);
                a.axpy(&sign, &third, &mut sum);
                a.axpy(&sign, &second, &mut sum);
            }
        }
        sum
    }
}

impl<S: Scalar> RightHandSide<S> for Slow<S> {
    fn dim(&self) -> usize {
        let d = self.arithmetic.dim();
        d + d * d
    }

    fn evaluate(&mut self, _t: S, y: &[S], dy: &mut [S]) {
        let d = self.arithmetic.dim();
        let w = y[..d].to_vec();
        // −c P∇V with ∇V twice the half that is at hand.
        let c = -(self.drift + self.drift);
        let half = disagreement_gradient(&mut self.arithmetic, &w);
        for (dy, f) in dy.iter_mut().zip(self.projected(&half)) {
            *dy = c * f;
        }
        let [rows, pairs] = bracket_squares(&mut self.arithmetic, &w);
        let parts = [S::from_ratio(Ratio::new(1, 12)), S::from_ratio(Ratio::new(1, 24))];
        let kicks: Vec<S> =
            rows.iter().zip(&pairs).map(|(&r, &p)| parts[0] * r + parts[1] * p).collect();
        let share = self.cloud * S::from_ratio(Ratio::new(1, self.arithmetic.batches() as i64));
        // P K, and from its columns (P K)ᵀ = K P, so P K P.
        let columns: Vec<Vec<S>> = kicks.chunks_exact(d).map(|row| self.projected(row)).collect();
        for i in 0..d {
            let column: Vec<S> = columns.iter().map(|column| column[i]).collect();
            for (j, x) in self.projected(&column).into_iter().enumerate() {
                dy[d + i * d + j] = share * x;
            }
        }
        for j in 0..d {
            let row = y[d + j * d..d + (j + 1) * d].to_vec();
            let turned = self.turned(&w, &row);
            for (i, x) in self.projected(&turned).into_iter().enumerate() {
                dy[d + i * d + j] += c * x;
                dy[d + j * d + i] += c * x;
            }
        }
    }
}
