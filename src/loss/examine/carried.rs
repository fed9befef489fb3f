//! How many digits values, gradients and products carry.

use super::flaw::{Entry, Flaw, Quantity};
use super::noise::{COARSE, digits, noise};
use super::survey::{Survey, moved};

impl Survey<'_> {
    /// The values of all minibatches carry the digits of `f64` at the start, along every direction.
    pub(super) fn values_carry_digits(&self) -> Result<(), Flaw> {
        let w = &self.points[0];
        self.batches.iter().try_for_each(|&k| {
            self.directions.iter().try_for_each(|u| self.value_carries_digits(k, w, u))
        })
    }

    /// The value of a minibatch carries the digits of `f64` along `u`.
    pub(super) fn value_carries_digits(&self, k: usize, w: &[f64], u: &[f64]) -> Result<(), Flaw> {
        let value = |s: f64| self.loss.value(k, &moved(w, s, u));
        self.digits_of(self.entry(Quantity::Value, 0, k, w), value)
    }

    /// What a function about 0, the named entry there, carries.
    fn digits_of(&self, entry: Entry, f: impl Fn(f64) -> f64) -> Result<(), Flaw> {
        let Some(noise) = noise(&f, self.length).filter(|noise| noise.relative > COARSE) else {
            return Ok(());
        };
        let (found, expected) = (f(0.0), smoothed(f, self.length));
        let relative = noise.relative.max(((found - expected) / expected).abs());
        Err(Flaw::FewDigits { entry, digits: digits(relative), found, expected })
    }

    /// The largest component of gradients and products, along random lines through the start.
    pub(super) fn carries_digits(&self, k: usize) -> Result<(), Flaw> {
        let w = &self.points[0];
        for u in &self.directions {
            let gradient = |s: f64| self.gradient(k, &moved(w, s, u));
            let product = |s: f64| self.hessian_vector(k, &moved(w, s, u), u);
            self.entry_carries_digits(Quantity::Gradient, k, gradient)?;
            self.entry_carries_digits(Quantity::HessianVector, k, product)?;
        }
        Ok(())
    }

    fn entry_carries_digits(
        &self,
        quantity: Quantity,
        k: usize,
        f: impl Fn(f64) -> Vec<f64>,
    ) -> Result<(), Flaw> {
        let here = f(0.0);
        let Some(at) = (0..here.len()).max_by(|&i, &j| here[i].abs().total_cmp(&here[j].abs()))
        else {
            return Ok(());
        };
        self.digits_of(self.entry(quantity, at, k, &self.points[0]), |s| f(s)[at])
    }

    /// The error of the values of a minibatch along u, beyond their last digits.
    pub(super) fn value_noise(&self, k: usize, w: &[f64], u: &[f64]) -> f64 {
        let value = |s: f64| self.loss.value(k, &moved(w, s, u));
        // What is coarse is a finding of its own; as a bar it would only hide others.
        let size = COARSE * value(0.0).abs().max(value(1e-3 * self.length).abs());
        noise(value, self.length).map_or(0.0, |noise| noise.size.min(size))
    }
}

/// What a smooth function through its neighbours would be at 0: by a sixth difference that vanishes.
fn smoothed(f: impl Fn(f64) -> f64, length: f64) -> f64 {
    let gap = 1e-3 * length;
    let around = |j: f64| f(j * gap) + f(-j * gap);
    (15.0 * around(1.0) - 6.0 * around(2.0) + around(3.0)) / 20.0
}
