//! Linear least squares with a ridge.

use crate::loss::net::{Link, Net};
use crate::loss::{Examples, FloatKernel, Loss, ProblemError};
use crate::scalar::Scalar;

/// Ĉ_k(w) = (m/N) Σ_{i in k} ½ (w·(x_i, 1) − y_i)² + (ridge/2) ‖w‖², w the feature weights and then
/// the bias.
///
/// The ridge is on all of w. Every Ĉ_k is quadratic and convex.
#[derive(Clone, Debug)]
pub struct LinearRegression {
    net: Net,
    ridge: f64,
}

impl LinearRegression {
    /// The loss on `examples`, which have one target each.
    ///
    /// # Errors
    /// [`ProblemError::Size`] if the targets are not single numbers, [`ProblemError::Ridge`] if
    /// `ridge` is negative or not finite.
    pub fn new(examples: Examples, ridge: f64) -> Result<Self, ProblemError> {
        check(&examples, ridge)?;
        let sizes = [examples.features(), 1];
        Ok(LinearRegression { net: Net::new(&sizes, examples, Link::Squares, ridge), ridge })
    }
}

/// What every regression on one target with a ridge needs.
pub(super) fn check(examples: &Examples, ridge: f64) -> Result<(), ProblemError> {
    if examples.outputs() != 1 {
        let what = "the target of an example".to_owned();
        return Err(ProblemError::Size { what, found: examples.outputs(), expected: 1 });
    }
    if !(ridge.is_finite() && ridge >= 0.0) {
        return Err(ProblemError::Ridge { ridge });
    }
    Ok(())
}

/// w·(x, 1).
pub(super) fn predict<S: Scalar>(w: &[S], x: &[f64]) -> S {
    let mut z = w[x.len()];
    for (&w, &x) in w.iter().zip(x) {
        z += w.scale(x);
    }
    z
}

/// out ← out + slope · (x, 1).
pub(super) fn pull<S: Scalar>(slope: S, x: &[f64], out: &mut [S]) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out += slope.scale(x);
    }
    out[x.len()] += slope;
}

/// (ridge/2) ‖w‖².
pub(super) fn penalty<S: Scalar>(ridge: f64, w: &[S]) -> S {
    let mut sum = S::zero();
    for w in w {
        sum += w.square();
    }
    sum.scale(0.5 * ridge)
}

impl Loss for LinearRegression {
    fn dim(&self) -> usize {
        self.net.examples().features() + 1
    }

    fn batches(&self) -> usize {
        self.net.examples().batches()
    }

    fn is_quadratic(&self) -> bool {
        true
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let mut sum = S::zero();
        for (x, y) in self.net.examples().batch(batch) {
            sum += (predict(w, x) - S::from_f64(y[0])).square();
        }
        sum.scale(0.5) * self.net.examples().weight() + penalty(self.ridge, w)
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let weight = self.net.examples().weight::<S>();
        for (out, w) in out.iter_mut().zip(w) {
            *out = w.scale(self.ridge);
        }
        for (x, y) in self.net.examples().batch(batch) {
            pull((predict(w, x) - S::from_f64(y[0])) * weight, x, out);
        }
    }

    fn kernel(&self) -> Option<&dyn FloatKernel> {
        Some(&self.net)
    }
}
