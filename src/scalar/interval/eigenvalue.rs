//! Proved bounds of the eigenvalues of symmetric matrices of intervals.

use nalgebra::{DMatrix, SymmetricEigen};

use super::{Interval, Scalar, arithmetic};

/// Sweeps that the floating eigenvectors may take; they are rarely more than ten for each eigenvalue.
const SWEEPS: usize = 10_000;

/// A number below every eigenvalue of every symmetric matrix in `h`, which has n × n entries, row by row.
///
/// None if `h` is not square, not finite, or no bound was proved. The bound is within a few n ulps
/// of the norm below the smallest eigenvalue if `h` is a point, and lower by the norm of the radii if not.
///
/// With M the matrix of middles, Q floating eigenvectors of it and λ a candidate: if Qᵀ M Q − λ Qᵀ Q
/// has a positive and strictly dominant diagonal, it is positive definite (S. A. Gershgorin), hence so is
/// M − λ I, whatever Q is. A symmetric H in `h` has |H − M| ≤ R entry by entry, R the radii, so its
/// eigenvalues differ from those of M by at most the spectral radius of R (H. Weyl; O. Perron and
/// G. Frobenius), and this is at most max_i (R x)_i/x_i for any x > 0 (L. Collatz, H. Wielandt).
///
/// Source: S. M. Rump, *Verification methods: rigorous results using floating-point arithmetic*, 2010, §10.
pub fn smallest_eigenvalue_bound(h: &[Interval]) -> Option<f64> {
    let near = NearlyDiagonal::of(h)?;
    // From as near to the floating eigenvalue as rounding allows, twice as far each time.
    let mut below = (f64::EPSILON * near.size).max(f64::MIN_POSITIVE);
    for _ in 0..64 {
        let lambda = near.smallest - below;
        if near.exceeds(lambda) {
            let bound = arithmetic::sum_down(lambda, -near.spread);
            return bound.is_finite().then_some(bound);
        }
        below *= 2.0;
    }
    None
}

/// A number above every eigenvalue of every symmetric matrix in `h`: as [`smallest_eigenvalue_bound`] for −`h`.
pub fn largest_eigenvalue_bound(h: &[Interval]) -> Option<f64> {
    let negated: Vec<Interval> = h.iter().map(|&x| -x).collect();
    smallest_eigenvalue_bound(&negated).map(|bound| -bound)
}

/// Whether it is proved that `lambda` is below every eigenvalue of every symmetric matrix in `h`, by the same means.
pub fn eigenvalues_exceed(h: &[Interval], lambda: f64) -> bool {
    NearlyDiagonal::of(h).is_some_and(|near| near.exceeds(arithmetic::sum_up(lambda, near.spread)))
}

/// A matrix of middles seen from its floating eigenvectors, which nothing relies on.
struct NearlyDiagonal {
    dim: usize,
    /// Qᵀ M Q.
    image: Vec<Interval>,
    /// Qᵀ Q.
    gram: Vec<Interval>,
    /// The smallest floating eigenvalue.
    smallest: f64,
    /// The largest magnitude of a floating eigenvalue.
    size: f64,
    /// At least the spectral radius of the radii.
    spread: f64,
}

impl NearlyDiagonal {
    fn of(h: &[Interval]) -> Option<Self> {
        let dim = h.len().isqrt();
        if dim == 0 || dim * dim != h.len() || !h.iter().all(|x| x.is_finite()) {
            return None;
        }
        // Of a symmetric matrix in `h`, an entry is in both of these.
        let entry = |i: usize, j: usize| h[i * dim + j].hull(h[j * dim + i]);
        let middle = DMatrix::from_fn(dim, dim, |i, j| entry(i, j).middle());
        let radius = |i: usize, j: usize| entry(i, j).radius_around(middle[(i, j)]);
        let spread = spectral_radius_bound(&DMatrix::from_fn(dim, dim, radius))?;
        let eigen = SymmetricEigen::try_new(middle.clone(), f64::EPSILON, SWEEPS)?;
        let product = |a: &dyn Fn(usize, usize) -> Interval,
                       b: &dyn Fn(usize, usize) -> Interval| {
            let entry = |at: usize| {
                (0..dim).fold(Interval::zero(), |sum, k| sum + a(at / dim, k) * b(k, at % dim))
            };
            (0..dim * dim).map(entry).collect::<Vec<_>>()
        };
        let q = |i: usize, j: usize| Interval::from(eigen.eigenvectors[(i, j)]);
        let transposed = |i: usize, j: usize| q(j, i);
        let turned = product(&|i, j| Interval::from(middle[(i, j)]), &q);
        let image = product(&transposed, &|i, j| turned[i * dim + j]);
        let gram = product(&transposed, &q);
        let (smallest, size) = (eigen.eigenvalues.min(), eigen.eigenvalues.amax());
        Some(NearlyDiagonal { dim, image, gram, smallest, size, spread })
    }

    /// Whether Qᵀ M Q − λ Qᵀ Q has a positive, strictly dominant diagonal.
    fn exceeds(&self, lambda: f64) -> bool {
        let lambda = Interval::from(lambda);
        let entry = |i: usize, j: usize| {
            let at = i * self.dim + j;
            self.image[at] - lambda * self.gram[at]
        };
        (0..self.dim).all(|i| {
            let others = (0..self.dim).filter(|&j| j != i);
            let sum = others.fold(Interval::zero(), |sum, j| sum + entry(i, j).abs());
            // False where either is not finite: the ends are then −∞ and ∞.
            entry(i, i).lo() > sum.hi()
        })
    }
}

/// At least the spectral radius of a matrix without negative entries: max_i (R x)_i/x_i, for the x > 0 that
/// a few floating iterations find.
fn spectral_radius_bound(radii: &DMatrix<f64>) -> Option<f64> {
    let dim = radii.nrows();
    let mut x = vec![1.0; dim];
    for _ in 0..8 {
        let next: Vec<f64> =
            (0..dim).map(|i| (0..dim).map(|j| radii[(i, j)] * x[j]).sum()).collect();
        let most = next.iter().fold(0.0_f64, |most, &x| most.max(x));
        if !(most > 0.0 && most.is_finite()) {
            break;
        }
        // What a zero would make of the quotient.
        x = next.iter().map(|x| (x / most).max(1e-3)).collect();
    }
    let mut most = 0.0;
    for i in 0..dim {
        let image = (0..dim).fold(Interval::zero(), |sum, j| {
            sum + Interval::from(radii[(i, j)]) * Interval::from(x[j])
        });
        let quotient = (image / Interval::from(x[i])).hi();
        if !quotient.is_finite() {
            return None;
        }
        if quotient > most {
            most = quotient;
        }
    }
    Some(most)
}
