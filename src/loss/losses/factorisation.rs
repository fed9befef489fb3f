//! The smallest loss with a valley of minima: a scalar factorised into two.

use crate::loss::{Loss, ProblemError};
use crate::scalar::Scalar;

/// Ĉ_k(a, b) = ½ (y_k − a b x_k)², one data point (x_k, y_k) a minibatch, parameters w = (a, b).
///
/// With one data point the minima fill the hyperbola a b = y/x, and the gradient penalty picks the
/// flattest of them; with several that disagree, the hyperbola is that of least squares.
///
/// Source: Barrett & Dherin 2021, arXiv 2009.11162 (one data point).
#[derive(Clone, Debug)]
pub struct Factorisation {
    points: Vec<(f64, f64)>,
}

impl Factorisation {
    /// The loss of the data points (`x[k]`, `y[k]`).
    ///
    /// # Errors
    /// [`ProblemError`] if there is no point, `x` and `y` differ in length, or a number is not finite.
    pub fn new(x: &[f64], y: &[f64]) -> Result<Self, ProblemError> {
        if x.is_empty() {
            return Err(ProblemError::NoBatches);
        }
        if x.len() != y.len() {
            let what = "the list of y".to_owned();
            return Err(ProblemError::Size { what, found: y.len(), expected: x.len() });
        }
        if let Some(&value) = x.iter().chain(y).find(|x| !x.is_finite()) {
            let what = "the list of data points".to_owned();
            return Err(ProblemError::NotFinite { what, value });
        }
        Ok(Factorisation { points: x.iter().copied().zip(y.iter().copied()).collect() })
    }
}

impl Loss for Factorisation {
    fn dim(&self) -> usize {
        2
    }

    fn batches(&self) -> usize {
        self.points.len()
    }

    /// Both factors as a column.
    fn blocks(&self) -> Vec<(usize, usize)> {
        vec![(2, 1)]
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (x, y) = self.points[batch];
        (S::from_f64(y) - (w[0] * w[1]).scale(x)).square().scale(0.5)
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let (x, y) = self.points[batch];
        let pull = ((w[0] * w[1]).scale(x) - S::from_f64(y)).scale(x);
        out[0] = pull * w[1];
        out[1] = pull * w[0];
    }
}
