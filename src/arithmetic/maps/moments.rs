//! What Adam and its kin make of moments of the gradient.

use std::borrow::Cow;

use crate::arithmetic::Map;
use crate::scalar::{Ratio, Scalar};

/// x ∘ x, coordinate by coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Square;

impl Map for Square {
    fn name(&self) -> Cow<'static, str> {
        "square".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(inputs[0]) {
            *out = x.square();
        }
    }

    fn degree(&self, _slot: usize) -> Option<usize> {
        Some(2)
    }
}

/// ψ(m, v) = m/(v + e)^½, or m/(v^½ + e), coordinate by coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scaled {
    /// e > 0.
    pub stabiliser: Ratio,
    /// Whether e stands inside the root.
    pub inside: bool,
}

impl Map for Scaled {
    fn name(&self) -> Cow<'static, str> {
        "ψ".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        let e = S::from_ratio(self.stabiliser);
        for ((out, &m), &v) in out.iter_mut().zip(inputs[0]).zip(inputs[1]) {
            *out = m / if self.inside { (v + e).sqrt() } else { v.sqrt() + e };
        }
    }

    fn degree(&self, slot: usize) -> Option<usize> {
        (slot == 0).then_some(1)
    }
}

/// ψ(m, v) = m/V̂^½ by matrices, V̂_ij = R_i K_j/ΣR with R and K the sums of the rows and of the columns of v + e: as little of v is
/// kept as its rows and columns. A matrix of one row or one column is its own V̂.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factored {
    /// e > 0.
    pub stabiliser: Ratio,
}

impl Map for Factored {
    fn name(&self) -> Cow<'static, str> {
        "ψ".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        self.eval_by_blocks(&|| vec![(inputs[0].len(), 1)], inputs, out);
    }

    fn eval_by_blocks<S: Scalar>(
        &self,
        blocks: &dyn Fn() -> Vec<(usize, usize)>,
        inputs: &[&[S]],
        out: &mut [S],
    ) {
        let e = S::from_ratio(self.stabiliser);
        let mut begun = 0;
        for (rows, columns) in blocks() {
            let at = |i: usize, j: usize| begun + i * columns + j;
            let (mut of_rows, mut of_columns) = (vec![S::zero(); rows], vec![S::zero(); columns]);
            let mut all = S::zero();
            for (i, row) in of_rows.iter_mut().enumerate() {
                for (j, column) in of_columns.iter_mut().enumerate() {
                    let v = inputs[1][at(i, j)] + e;
                    *row += v;
                    *column += v;
                    all += v;
                }
            }
            for (i, &row) in of_rows.iter().enumerate() {
                for (j, &column) in of_columns.iter().enumerate() {
                    out[at(i, j)] = inputs[0][at(i, j)] / (row * column / all).sqrt();
                }
            }
            begun += rows * columns;
        }
    }

    fn degree(&self, slot: usize) -> Option<usize> {
        (slot == 0).then_some(1)
    }
}
