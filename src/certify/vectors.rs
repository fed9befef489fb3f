//! What vectors and boxes of intervals need.

use crate::scalar::interval::largest_eigenvalue_bound;
use crate::scalar::{Interval, Scalar};

/// An upper bound of the Euclidean norm of every vector in `x`: ∞ where one is not bounded.
pub(super) fn norm(x: &[Interval]) -> f64 {
    x.iter().fold(Interval::zero(), |sum, x| sum + x.square()).sqrt().hi()
}

/// The box with `radius` added on all sides.
pub(super) fn fattened(x: &[Interval], radius: f64) -> Vec<Interval> {
    x.iter().map(|&x| x + Interval::new(-radius, radius)).collect()
}

/// The smallest box that contains both.
pub(super) fn hull(x: &[Interval], y: &[Interval]) -> Vec<Interval> {
    x.iter().zip(y).map(|(x, y)| x.hull(*y)).collect()
}

/// M x for a matrix given by rows.
pub(super) fn product(matrix: &[Vec<Interval>], x: &[Interval]) -> Vec<Interval> {
    let row =
        |row: &Vec<Interval>| row.iter().zip(x).fold(Interval::zero(), |sum, (&m, &x)| sum + m * x);
    matrix.iter().map(row).collect()
}

/// An upper bound of the eigenvalues of every symmetric matrix whose entries are `entry(i, j)`, i ≤ j < n.
pub(super) fn largest_eigenvalue(n: usize, entry: impl Fn(usize, usize) -> Interval) -> f64 {
    let whole: Vec<Interval> =
        (0..n * n).map(|at| entry((at / n).min(at % n), (at / n).max(at % n))).collect();
    largest_eigenvalue_bound(&whole).unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::{largest_eigenvalue, norm};
    use crate::scalar::Interval;

    #[test]
    fn what_is_not_known_has_no_bound() {
        assert!(norm(&[Interval::from(1.0), Interval::WHOLE]).is_infinite());
        assert!(norm(&[Interval::from(f64::NAN)]).is_infinite());
        let entry =
            |i: usize, j: usize| if i == j { Interval::from(-1.0) } else { Interval::WHOLE };
        assert!(largest_eigenvalue(2, entry).is_infinite());
        let known = largest_eigenvalue(2, |i, j| Interval::from(if i == j { 1.0 } else { 2.0 }));
        assert!((3.0..3.0 + 1e-9).contains(&known), "{known}");
    }
}
