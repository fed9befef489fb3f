//! A loss known in `f64` only: each derivative against differences of the one below it.

use super::coarse::coarseness;
use super::differences::slope;
use super::flaw::{Flaw, Quantity};
use super::noise::{COARSE, digits, noise};
use super::precise::smoothed;
use super::survey::{Survey, moved};
use super::{largest, norm};

/// How many bars a derivative may be off its differences.
const BARS: f64 = 3.0;
/// What it may be off besides, relative to the size of what is compared.
const TOLERANCE: f64 = 1e-11;
/// Units of round-off that a value or a derivative in `f64` is allowed.
const ROUNDINGS: f64 = 8.0;

/// The most components that are asked one by one.
const AXES: usize = 16;

/// ⟨g, u⟩ beside the derivative of the value along u, its bar, and Σ |g_i u_i|.
struct Compared {
    claimed: f64,
    found: f64,
    bar: f64,
    size: f64,
}

impl Compared {
    fn off(&self) -> f64 {
        (self.claimed - self.found).abs()
    }

    fn disagrees(&self) -> bool {
        self.off() > BARS * self.bar + TOLERANCE * self.size
    }
}

impl Survey<'_> {
    /// Values, gradients and products carry the digits of `f64`; each is the derivative of the one below.
    pub(super) fn by_differences(&mut self) -> Result<(), Flaw> {
        for k in self.batches.clone() {
            self.carries_digits(k)?;
        }
        for (n, w) in self.points.clone().into_iter().enumerate() {
            for k in self.batches.clone() {
                let u = self.directions[n % 3].clone();
                let balanced = self.balanced(&self.gradient(k, &w));
                if self.problem.has_value() {
                    for u in [&u, &balanced] {
                        self.gradient_of_value(k, &w, u)?;
                    }
                }
                self.derivative_of(Quantity::Gradient, k, &w, &u)?;
                if self.problem.has_third() {
                    self.derivative_of(Quantity::HessianVector, k, &w, &u)?;
                }
            }
        }
        Ok(())
    }

    /// The largest component of gradients and products, along a random line through the start.
    fn carries_digits(&self, k: usize) -> Result<(), Flaw> {
        let (w, u) = (&self.points[0], &self.directions[1]);
        if self.problem.has_value() {
            self.value_carries_digits(k, w, u)?;
        }
        let gradient = |s: f64| self.gradient(k, &moved(w, s, u));
        let product = |s: f64| self.hessian_vector(k, &moved(w, s, u), u);
        self.entry_carries_digits(Quantity::Gradient, k, gradient)?;
        self.entry_carries_digits(Quantity::HessianVector, k, product)
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
        let one = |s: f64| f(s)[at];
        match noise(one, self.length) {
            Some(noise) if noise.relative > COARSE => Err(Flaw::FewDigits {
                entry: self.entry(quantity, at, k, &self.points[0]),
                digits: digits(noise.relative),
                found: here[at],
                expected: smoothed(one, self.length),
            }),
            _ => Ok(()),
        }
    }

    /// ⟨g, u⟩ against differences of the value along u; where they disagree, the worst component.
    fn gradient_of_value(&self, k: usize, w: &[f64], u: &[f64]) -> Result<(), Flaw> {
        if self.compared(k, w, u).is_none_or(|found| !found.disagrees()) {
            return Ok(());
        }
        // By halves, towards the larger disagreement.
        let mut among: Vec<usize> = (0..w.len()).collect();
        let off = |half: &[usize]| {
            let mut part = vec![0.0; w.len()];
            half.iter().for_each(|&i| part[i] = u[i]);
            self.compared(k, w, &part).map_or(0.0, |found| found.off())
        };
        while among.len() > AXES {
            let other = among.split_off(among.len() / 2);
            if off(&other) > off(&among) {
                among = other;
            }
        }
        let axes: Vec<(usize, Compared)> = (among.iter())
            .filter_map(|&i| {
                let mut axis = vec![0.0; w.len()];
                axis[i] = 1.0;
                Some((i, self.compared(k, w, &axis)?))
            })
            .collect();
        let worst = axes.iter().max_by(|(_, a), (_, b)| a.off().total_cmp(&b.off()));
        let Some((component, worst)) = worst else { return Ok(()) };
        let entry = self.entry(Quantity::Gradient, *component, k, w);
        let (claimed, found, bar) = (worst.claimed, worst.found, worst.bar);
        let pairs: Vec<(f64, f64)> = axes.iter().map(|(_, c)| (c.claimed, c.found)).collect();
        Err(match coarseness(&pairs) {
            Some(relative) => {
                Flaw::FewDigits { entry, digits: digits(relative), found: claimed, expected: found }
            }
            None => Flaw::NotTheDerivative { entry, of: Quantity::Value, claimed, found, bar },
        })
    }

    /// ⟨g, u⟩ beside the differences of the value along u.
    fn compared(&self, k: usize, w: &[f64], u: &[f64]) -> Option<Compared> {
        let value = |s: f64| self.loss.value(k, &moved(w, s, u));
        let g = self.gradient(k, w);
        let parts: Vec<f64> = g.iter().zip(u).map(|(g, u)| g * u).collect();
        let rounding = noise(value, self.length).map_or(0.0, |noise| noise.size);
        let rounding = rounding.max(ROUNDINGS * f64::EPSILON * value(0.0).abs());
        let found = slope(|s| vec![value(s)], self.length, rounding)?;
        Some(Compared {
            claimed: parts.iter().sum(),
            found: found.entries[0],
            bar: found.bar,
            size: parts.iter().map(|x| x.abs()).sum(),
        })
    }

    /// H u against differences of g along u, or T[u, u] against those of H u.
    fn derivative_of(&self, of: Quantity, k: usize, w: &[f64], u: &[f64]) -> Result<(), Flaw> {
        let below = |s: f64| match of {
            Quantity::Gradient => self.gradient(k, &moved(w, s, u)),
            _ => self.hessian_vector(k, &moved(w, s, u), u),
        };
        let (quantity, claimed) = match of {
            Quantity::Gradient => (Quantity::HessianVector, self.hessian_vector(k, w, u)),
            _ => (Quantity::ThirdDerivative, self.third(k, w, u, u)),
        };
        let rounding = ROUNDINGS * f64::EPSILON * largest(below(0.0));
        let Some(found) = slope(below, self.length, rounding) else { return Ok(()) };
        let off = |i: usize| (claimed[i] - found.entries[i]).abs();
        let limit = BARS * found.bar + TOLERANCE * norm(&found.entries);
        let worst = (0..w.len()).max_by(|&i, &j| off(i).total_cmp(&off(j)));
        let Some(component) = worst.filter(|&i| !(off(i) <= limit)) else { return Ok(()) };
        let entry = self.entry(quantity, component, k, w);
        let (one, other) = (claimed[component], found.entries[component]);
        let pairs: Vec<(f64, f64)> = claimed.iter().copied().zip(found.entries).collect();
        Err(match coarseness(&pairs) {
            Some(relative) => {
                Flaw::FewDigits { entry, digits: digits(relative), found: one, expected: other }
            }
            None => {
                Flaw::NotTheDerivative { entry, of, claimed: one, found: other, bar: found.bar }
            }
        })
    }
}
