//! Logistic regression with a ridge.

use super::linear_regression::{check, penalty, predict, pull};
use crate::loss::net::{Link, Net};
use crate::loss::{Examples, FloatKernel, Loss, ProblemError};
use crate::scalar::Scalar;

/// Ĉ_k(w) = (m/N) Σ_{i in k} [ln(1 + e^{z_i}) − y_i z_i] + (ridge/2) ‖w‖², z_i = w·(x_i, 1),
/// y_i ∈ {0, 1}, w the feature weights and then the bias.
///
/// The ridge is on all of w; any positive one makes the minimum finite and unique, also where a
/// plane separates the classes.
#[derive(Clone, Debug)]
pub struct LogisticRegression {
    net: Net,
    ridge: f64,
}

impl LogisticRegression {
    /// The loss on `examples`; the lower of their two target values stands for 0, the higher for 1.
    ///
    /// # Errors
    /// [`ProblemError::Classes`] if there are not exactly two distinct target values,
    /// [`ProblemError::Size`] if the targets are not single numbers, [`ProblemError::Ridge`] if
    /// `ridge` is negative or not finite.
    pub fn new(examples: Examples, ridge: f64) -> Result<Self, ProblemError> {
        check(&examples, ridge)?;
        let examples = examples.with_classes()?;
        let sizes = [examples.features(), 1];
        Ok(LogisticRegression { net: Net::new(&sizes, examples, Link::Logistic, ridge), ridge })
    }
}

impl Loss for LogisticRegression {
    fn dim(&self) -> usize {
        self.net.examples().features() + 1
    }

    fn batches(&self) -> usize {
        self.net.examples().batches()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let mut sum = S::zero();
        for (x, y) in self.net.examples().batch(batch) {
            let z = predict(w, x);
            sum += z.softplus() - z.scale(y[0]);
        }
        sum * self.net.examples().weight() + penalty(self.ridge, w)
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let weight = self.net.examples().weight::<S>();
        for (out, w) in out.iter_mut().zip(w) {
            *out = w.scale(self.ridge);
        }
        for (x, y) in self.net.examples().batch(batch) {
            pull((predict(w, x).logistic() - S::from_f64(y[0])) * weight, x, out);
        }
    }

    fn kernel(&self) -> Option<&dyn FloatKernel> {
        Some(&self.net)
    }
}
