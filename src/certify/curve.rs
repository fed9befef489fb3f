//! Curves through floating-point numbers: cubic between nodes, once continuously differentiable, known exactly.

use crate::scalar::{Interval, Scalar};

/// The cubic Hermite curve with given values and slopes at given times.
///
/// In exact arithmetic neighbouring pieces have one value and one slope where they meet, so the curve has no jump;
/// the coefficients of a piece are enclosed.
pub(super) struct Curve {
    pub(super) times: Vec<f64>,
    pub(super) values: Vec<Vec<f64>>,
    pub(super) slopes: Vec<Vec<f64>>,
}

/// One component of a piece as a polynomial in s, the time since the piece began.
pub(super) type Cubic = [Interval; 4];

impl Curve {
    /// The length of the piece `k`, enclosed.
    pub(super) fn length(&self, k: usize) -> Interval {
        Interval::from(self.times[k + 1]) - Interval::from(self.times[k])
    }

    /// All s on the piece `k`.
    pub(super) fn range(&self, k: usize) -> Interval {
        Interval::new(0.0, self.length(k).hi())
    }

    /// The components of the piece `k`.
    pub(super) fn piece(&self, k: usize) -> Vec<Cubic> {
        let h = self.length(k);
        let node = |of: &[Vec<f64>], k: usize, i: usize| Interval::from(of[k][i]);
        let component = |i: usize| {
            let (a, b) = (node(&self.values, k, i), node(&self.slopes, k, i));
            let (end, last) = (node(&self.values, k + 1, i), node(&self.slopes, k + 1, i));
            let mean = (end - a) / h;
            let bend = mean - b;
            let twist = last - mean - bend;
            [a, b, (bend - twist) / h, twist / h.square()]
        };
        (0..self.values[k].len()).map(component).collect()
    }
}

/// The polynomial at s.
pub(super) fn value([a, b, c, d]: &Cubic, s: Interval) -> Interval {
    *a + s * (*b + s * (*c + s * *d))
}

/// Its derivative at s.
pub(super) fn slope([_, b, c, d]: &Cubic, s: Interval) -> Interval {
    *b + s * (c.scale(2.0) + s * d.scale(3.0))
}

/// Its second derivative at s.
pub(super) fn bend([_, _, c, d]: &Cubic, s: Interval) -> Interval {
    c.scale(2.0) + s * d.scale(6.0)
}

#[cfg(test)]
mod tests {
    use super::{Curve, slope, value};
    use crate::scalar::Interval;

    #[test]
    fn pieces_pass_through_their_nodes() {
        let curve = Curve {
            times: vec![0.0, 0.3, 1.0],
            values: vec![vec![1.0], vec![-0.7], vec![2.5]],
            slopes: vec![vec![0.25], vec![3.0], vec![-1.5]],
        };
        for k in 0..2 {
            let piece = curve.piece(k);
            let end = curve.length(k);
            let at = |s, v: f64, m: f64| {
                let (found, tangent) = (value(&piece[0], s), slope(&piece[0], s));
                assert!(found.contains(v) && found.width() < 1e-13, "{found:?} {v}");
                assert!(tangent.contains(m) && tangent.width() < 1e-12, "{tangent:?} {m}");
            };
            at(Interval::from(0.0), curve.values[k][0], curve.slopes[k][0]);
            at(end, curve.values[k + 1][0], curve.slopes[k + 1][0]);
        }
    }
}
