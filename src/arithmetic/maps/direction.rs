//! Smooth functions of the gradient, or of its running mean, along which methods step.

use std::borrow::Cow;

use crate::arithmetic::Map;
use crate::scalar::{Ratio, Scalar};

/// What is made of a vector c before it is stepped along; each has all derivatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// c/√(c² + e), coordinate by coordinate.
    Sign {
        /// e > 0.
        stabiliser: Ratio,
    },
    /// c/√(‖c‖² + e).
    Normalised {
        /// e > 0.
        stabiliser: Ratio,
    },
    /// c/√(1 + ‖c‖²/τ²).
    Clipped {
        /// τ > 0.
        threshold: Ratio,
    },
    /// (CCᵀ + eI)^(−½) C, with c as matrices C, one after the other.
    Orthogonalised {
        /// e > 0.
        stabiliser: Ratio,
        /// (rows, columns) of the one matrix; those of the loss if not given.
        shape: Option<(usize, usize)>,
    },
}

impl Map for Direction {
    fn name(&self) -> Cow<'static, str> {
        match self {
            Direction::Sign { .. } => "sign",
            Direction::Normalised { .. } => "unit",
            Direction::Clipped { .. } => "clip",
            Direction::Orthogonalised { .. } => "orthogonal",
        }
        .into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        self.eval_by_blocks(&|| vec![(out_len(inputs), 1)], inputs, out);
    }

    fn eval_by_blocks<S: Scalar>(
        &self,
        blocks: &dyn Fn() -> Vec<(usize, usize)>,
        inputs: &[&[S]],
        out: &mut [S],
    ) {
        let c = inputs[0];
        let square = || c.iter().fold(S::zero(), |sum, &x| sum + x * x);
        match *self {
            Direction::Sign { stabiliser } => {
                let e = S::from_ratio(stabiliser);
                for (out, &x) in out.iter_mut().zip(c) {
                    *out = x / (x * x + e).sqrt();
                }
            }
            Direction::Normalised { stabiliser } => {
                along(c, (square() + S::from_ratio(stabiliser)).sqrt(), out);
            }
            Direction::Clipped { threshold } => {
                let threshold = S::from_ratio(threshold);
                along(c, (S::one() + square() / (threshold * threshold)).sqrt(), out);
            }
            Direction::Orthogonalised { stabiliser, shape } => {
                let e = S::from_ratio(stabiliser);
                let blocks = shape.map_or_else(blocks, |shape| vec![shape]);
                let fits = blocks.iter().map(|&(rows, columns)| rows * columns).sum::<usize>();
                if fits != c.len() {
                    out.fill(S::from_f64(f64::NAN));
                    return;
                }
                let mut at = 0;
                for (rows, columns) in blocks {
                    let block = at..at + rows * columns;
                    orthogonalise(&c[block.clone()], (rows, columns), e, &mut out[block]);
                    at += rows * columns;
                }
            }
        }
    }
}

fn out_len<S>(inputs: &[&[S]]) -> usize {
    inputs.first().map_or(0, |x| x.len())
}

fn along<S: Scalar>(c: &[S], length: S, out: &mut [S]) {
    for (out, &x) in out.iter_mut().zip(c) {
        *out = x / length;
    }
}

/// (CCᵀ + eI)^(−½) C = C (CᵀC + eI)^(−½), by the smaller of the two Gram matrices; C stored row by row.
fn orthogonalise<S: Scalar>(c: &[S], shape: (usize, usize), stabiliser: S, out: &mut [S]) {
    let (rows, columns) = shape;
    let wide = rows <= columns;
    let n = rows.min(columns);
    let entry = |i: usize, j: usize| c[i * columns + j];
    let mut gram = Square::of(n, |i, j| {
        let product = |k: usize| {
            if wide { entry(i, k) * entry(j, k) } else { entry(k, i) * entry(k, j) }
        };
        (0..rows.max(columns)).fold(S::zero(), |sum, k| sum + product(k))
    });
    for i in 0..n {
        gram.entries[i * n + i] += stabiliser;
    }
    let root = gram.inverse_root();
    for i in 0..rows {
        for j in 0..columns {
            let product = |k: usize| {
                if wide { root.at(i, k) * entry(k, j) } else { entry(i, k) * root.at(k, j) }
            };
            out[i * columns + j] = (0..n).fold(S::zero(), |sum, k| sum + product(k));
        }
    }
}

/// A square matrix, row by row.
struct Square<S> {
    n: usize,
    entries: Vec<S>,
}

/// Iterations of a square root, far more than quadratic convergence needs.
const ROOT_ITERATIONS: usize = 100;

impl<S: Scalar> Square<S> {
    fn of(n: usize, entry: impl Fn(usize, usize) -> S) -> Self {
        Square { n, entries: (0..n * n).map(|at| entry(at / n, at % n)).collect() }
    }

    fn at(&self, i: usize, j: usize) -> S {
        self.entries[i * self.n + j]
    }

    /// A^(−½) of a positive definite A, by the product form of the iteration of Denman and Beavers: every
    /// iteration doubles the correct digits, and the correct powers of a power series.
    ///
    /// Source: Higham, *Functions of Matrices*, 2008, §6.3.
    fn inverse_root(&self) -> Self {
        let half = S::from_f64(0.5);
        let unit = |i: usize, j: usize| if i == j { S::one() } else { S::zero() };
        let mut root = Square::of(self.n, |i, j| self.at(i, j));
        let mut inverse = Square::of(self.n, unit);
        let mut change = f64::INFINITY;
        for _ in 0..ROOT_ITERATIONS {
            let (of_root, of_inverse) = (root.inverse(), inverse.inverse());
            let next = Square::of(self.n, |i, j| half * (inverse.at(i, j) + of_root.at(i, j)));
            root = Square::of(self.n, |i, j| half * (root.at(i, j) + of_inverse.at(i, j)));
            let moved = (next.entries.iter().zip(&inverse.entries))
                .map(|(&a, &b)| (a - b).magnitude())
                .fold(0.0, f64::max);
            let size = next.entries.iter().map(|x| x.magnitude()).fold(0.0, f64::max);
            inverse = next;
            // Until round-off is all that changes.
            if moved <= 0.0
                || !moved.is_finite()
                || (moved <= 1e-10 * size && moved >= 0.5 * change)
            {
                break;
            }
            change = moved;
        }
        inverse
    }

    /// A⁻¹ by elimination without exchanges, which a positive definite matrix does not need.
    fn inverse(&self) -> Self {
        let n = self.n;
        let mut a = self.entries.clone();
        let mut inverse = Square::of(n, |i, j| if i == j { S::one() } else { S::zero() }).entries;
        for pivot in 0..n {
            let scale = S::one() / a[pivot * n + pivot];
            for j in 0..n {
                a[pivot * n + j] *= scale;
                inverse[pivot * n + j] *= scale;
            }
            for i in (0..n).filter(|&i| i != pivot) {
                let factor = a[i * n + pivot];
                for j in 0..n {
                    let (upper, other) = (a[pivot * n + j], inverse[pivot * n + j]);
                    a[i * n + j] -= factor * upper;
                    inverse[i * n + j] -= factor * other;
                }
            }
        }
        Square { n, entries: inverse }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_root_is_one() {
        // A = QDQᵀ with a known root: squares of a symmetric positive definite matrix.
        let b = Square::of(3, |i, j| [[2.0, 0.3, -0.1], [0.3, 1.0, 0.2], [-0.1, 0.2, 0.5]][i][j]);
        let a = Square::of(3, |i, j| (0..3).map(|k| b.at(i, k) * b.at(k, j)).sum::<f64>());
        let (root, known) = (a.inverse_root(), b.inverse());
        for (root, known) in root.entries.iter().zip(&known.entries) {
            assert!((root - known).abs() < 1e-13, "{root} is not {known}");
        }
    }

    #[test]
    fn a_matrix_is_orthogonalised_from_either_side() {
        let c = [1.0, -2.0, 0.5, 0.25, 3.0, -1.0_f64];
        let mut wide = [0.0; 6];
        orthogonalise(&c, (2, 3), 1e-14, &mut wide);
        // CᵀC of the result is a projection: its rows are orthonormal.
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        assert!((dot(&wide[..3], &wide[..3]) - 1.0).abs() < 1e-9);
        assert!(dot(&wide[..3], &wide[3..]).abs() < 1e-9);
        let turned = [1.0, 0.25, -2.0, 3.0, 0.5, -1.0];
        let mut tall = [0.0; 6];
        orthogonalise(&turned, (3, 2), 1e-14, &mut tall);
        for i in 0..2 {
            for j in 0..3 {
                assert!((wide[i * 3 + j] - tall[j * 2 + i]).abs() < 1e-12);
            }
        }
    }
}
