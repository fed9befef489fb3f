//! A loss known in `f64` only: each derivative against differences of the one below it.

use super::coarse::coarseness;
use super::differences::{Slope, contradiction, slope};
use super::flaw::{Flaw, Quantity};
use super::noise::{digits, noise};
use super::norm;
use super::survey::{Survey, moved};

/// How many bars a derivative may be off its differences.
const BARS: f64 = 3.0;
/// What it may be off besides, relative to the size of what is compared.
const TOLERANCE: f64 = 1e-11;
/// How many times its noise a derivative may be off.
const CLAIMED: f64 = 10.0;

/// The most components that are asked one by one.
const AXES: usize = 16;

/// ⟨g, u⟩ beside the derivative of the value along u and its bar.
struct Compared {
    claimed: f64,
    found: f64,
    bar: f64,
}

impl Compared {
    fn off(&self) -> f64 {
        (self.claimed - self.found).abs()
    }
}

impl Survey<'_> {
    /// Values, gradients and products carry the digits of `f64`; each is the derivative of the one below.
    pub(super) fn by_differences(&mut self) -> Result<(), Flaw> {
        if self.problem.has_value() {
            self.values_carry_digits()?;
        }
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

    /// ⟨g, u⟩ against differences of the value along u; where they disagree, the worst component.
    fn gradient_of_value(&self, k: usize, w: &[f64], u: &[f64]) -> Result<(), Flaw> {
        let g = self.gradient(k, w);
        let size: f64 = g.iter().zip(u).map(|(g, u)| (g * u).abs()).sum();
        let claimed: f64 = g.iter().zip(u).map(|(g, u)| g * u).sum();
        let value = |s: f64| vec![self.loss.value(k, &moved(w, s, u))];
        let limit = |found: &Slope| BARS * found.bar + TOLERANCE * size;
        let noise = self.value_noise(k, w, u);
        if contradiction(value, self.length, noise, &[claimed], limit).is_none() {
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
        let found = slope(|s| vec![value(s)], self.length, self.value_noise(k, w, u))?;
        Some(Compared { claimed: parts.iter().sum(), found: found.entries[0], bar: found.bar })
    }

    /// H u against differences of g along u, or T[u, u] against those of H u.
    fn derivative_of(&self, of: Quantity, k: usize, w: &[f64], u: &[f64]) -> Result<(), Flaw> {
        let below = |s: f64| match of {
            Quantity::Gradient => self.gradient(k, &moved(w, s, u)),
            _ => self.hessian_vector(k, &moved(w, s, u), u),
        };
        let above = |s: f64| match of {
            Quantity::Gradient => self.hessian_vector(k, &moved(w, s, u), u),
            _ => self.third(k, &moved(w, s, u), u, u),
        };
        let quantity = match of {
            Quantity::Gradient => Quantity::HessianVector,
            _ => Quantity::ThirdDerivative,
        };
        let claimed = above(0.0);
        let limit = |found: &Slope| BARS * found.bar + TOLERANCE * norm(&found.entries);
        let found = contradiction(below, self.length, 0.0, &claimed, limit);
        let Some((suspect, _)) = found else { return Ok(()) };
        // Ill-conditioned is not wrong: both sides may be off by their noise.
        let [under, own] =
            [noise(|s| below(s)[suspect], self.length), noise(|s| above(s)[suspect], self.length)]
                .map(|noise| noise.map_or(0.0, |noise| noise.size));
        let limit = |found: &Slope| limit(found) + CLAIMED * own;
        let found = contradiction(below, self.length, under, &claimed, limit);
        let Some((component, found)) = found else { return Ok(()) };
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
