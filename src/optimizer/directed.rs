//! Methods that step along a smooth function of the gradient or of its running mean.

use super::hyperparameter::{fading, positive};
use super::{Optimizer, OutOfRange, State, Tempo};
use crate::arithmetic::{Batch, Map, Pointwise};
use crate::scalar::{Ratio, Scalar};

/// What is made of a vector c before it is stepped along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    /// c/√(c² + e), coordinate by coordinate.
    Sign,
    /// c/√(‖c‖² + e).
    Normalised,
    /// c/√(1 + ‖c‖²/τ²).
    Clipped,
    /// (CCᵀ + eI)^(−½) C, with c as matrices C, one after the other.
    Orthogonalised {
        /// (rows, columns) of the one matrix; those of the loss if not given.
        shape: Option<(usize, usize)>,
    },
}

/// c = β₁ m + (1 − β₁) g, w ← w − ε ψ(c), then m ← β₂ m + (1 − β₂) g; without memory c = g.
///
/// ψ is a sign, a norm, a clip or an orthogonalisation, each smoothed so that it has all derivatives:
///
/// | method | ψ(c) | memory |
/// |---|---|---|
/// | sign descent | c/√(c² + e) by coordinate | none |
/// | signum | the same | β₁ = β₂ = β: c is the mean after its update |
/// | Lion | the same | β₁, β₂ |
/// | normalised descent | c/√(‖c‖² + e) | none |
/// | clipping | c/√(1 + ‖c‖²/τ²) | none |
/// | Muon | (CCᵀ + eI)^(−½) C, block by block | β₁ = β₂ = β |
///
/// Source: Bernstein et al. 2018, arXiv 1802.04434 (sign, signum); Chen et al. 2023, arXiv 2302.06675 (Lion);
/// Jordan et al. 2024 (Muon; there by Newton–Schulz); Pascanu et al. 2013, arXiv 1211.5063 (clipping).
/// The sharp sign, norm and clip are the limits e → 0, and not smooth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directed {
    direction: Direction,
    /// e, or τ.
    parameter: Ratio,
    /// β₁ and β₂, if there is a memory.
    means: Option<(Ratio, Ratio)>,
}

impl Directed {
    /// Descent along the smoothed sign of the gradient.
    ///
    /// # Errors
    /// [`OutOfRange`] unless e > 0.
    pub fn sign(stabiliser: Ratio) -> Result<Self, OutOfRange> {
        let parameter = positive("stabiliser", stabiliser)?;
        Ok(Directed { direction: Direction::Sign, parameter, means: None })
    }

    /// Descent along the smoothed unit vector of the gradient.
    ///
    /// # Errors
    /// [`OutOfRange`] unless e > 0.
    pub fn normalised(stabiliser: Ratio) -> Result<Self, OutOfRange> {
        Ok(Directed { direction: Direction::Normalised, ..Directed::sign(stabiliser)? })
    }

    /// Descent along the gradient, smoothly clipped at the norm τ.
    ///
    /// # Errors
    /// [`OutOfRange`] unless τ > 0.
    pub fn clipped(threshold: Ratio) -> Result<Self, OutOfRange> {
        let parameter = positive("threshold", threshold)?;
        Ok(Directed { direction: Direction::Clipped, parameter, means: None })
    }

    /// Lion.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β₁, β₂ < 1 and e > 0.
    pub fn lion(beta1: Ratio, beta2: Ratio, stabiliser: Ratio) -> Result<Self, OutOfRange> {
        let means = Some((fading("beta1", beta1)?, fading("beta2", beta2)?));
        Ok(Directed { means, ..Directed::sign(stabiliser)? })
    }

    /// Signum: descent along the smoothed sign of a moving average.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1 and e > 0.
    pub fn signum(beta: Ratio, stabiliser: Ratio) -> Result<Self, OutOfRange> {
        let beta = fading("beta", beta)?;
        Directed::lion(beta, beta, stabiliser)
    }

    /// Muon: descent along a moving average whose matrices are orthogonalised; those of the loss, or one
    /// of the given shape.
    ///
    /// # Errors
    /// [`OutOfRange`] unless 0 ≤ β < 1 and e > 0.
    pub fn muon(
        beta: Ratio,
        stabiliser: Ratio,
        shape: Option<(usize, usize)>,
    ) -> Result<Self, OutOfRange> {
        let direction = Direction::Orthogonalised { shape };
        Ok(Directed { direction, ..Directed::signum(beta, stabiliser)? })
    }
}

impl<A: Pointwise> Optimizer<A> for Directed {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let blocks = match self.direction {
            Direction::Orthogonalised { shape: Some(shape) } => vec![shape],
            Direction::Orthogonalised { shape: None } => a.blocks(),
            _ => Vec::new(),
        };
        let psi = Psi { direction: self.direction, parameter: self.parameter, blocks };
        let g = a.gradient(batch, &s.w);
        let one = Ratio::new(1, 1);
        let moved = match (self.means, s.memory.as_mut_slice()) {
            (Some((beta1, beta2)), [mean]) => {
                let mut ahead = a.duplicate(mean);
                a.scale(&a.ratio(beta1), &mut ahead);
                a.axpy(&a.ratio(one - beta1), &g, &mut ahead);
                a.scale(&a.ratio(beta2), mean);
                a.axpy(&a.ratio(one - beta2), &g, mean);
                let moved = a.apply(&psi, &[&ahead]);
                a.recycle(ahead);
                moved
            }
            _ => a.apply(&psi, &[&g]),
        };
        a.axpy(&-*eps, &moved, &mut s.w);
        a.recycle(g);
        a.recycle(moved);
    }

    fn memory(&self) -> usize {
        usize::from(self.means.is_some())
    }

    fn tempo(&self) -> Tempo {
        let parameter = f64::from_ratio(self.parameter);
        let speed =
            if self.direction == Direction::Clipped { 1.0 } else { parameter.sqrt().recip() };
        let memory = self.means.map_or(1, |(one, two)| Tempo::fading(one).max(Tempo::fading(two)));
        Tempo { speed, memory }
    }
}

/// ψ of [`Directed`].
struct Psi {
    direction: Direction,
    parameter: Ratio,
    blocks: Vec<(usize, usize)>,
}

impl Map for Psi {
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        let (c, parameter) = (inputs[0], S::from_ratio(self.parameter));
        let square = || c.iter().fold(S::zero(), |sum, &x| sum + x * x);
        match self.direction {
            Direction::Sign => {
                for (out, &x) in out.iter_mut().zip(c) {
                    *out = x / (x * x + parameter).sqrt();
                }
            }
            Direction::Normalised => along(c, (square() + parameter).sqrt(), out),
            Direction::Clipped => {
                along(c, (S::one() + square() / (parameter * parameter)).sqrt(), out);
            }
            Direction::Orthogonalised { .. } => {
                let fits = self.blocks.iter().map(|&(rows, columns)| rows * columns).sum::<usize>();
                if fits != c.len() {
                    out.fill(S::from_f64(f64::NAN));
                    return;
                }
                let mut at = 0;
                for &(rows, columns) in &self.blocks {
                    let block = at..at + rows * columns;
                    orthogonalise(&c[block.clone()], (rows, columns), parameter, &mut out[block]);
                    at += rows * columns;
                }
            }
        }
    }
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
