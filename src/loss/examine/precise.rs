//! A generic loss in double-double: its gradient is the derivative of its value.

use std::sync::Arc;

use super::coarse::coarseness;
use super::differences::slope;
use super::flaw::{Flaw, Quantity};
use super::noise::digits;
use super::survey::{Survey, moved};
use crate::loss::Oracle;
use crate::scalar::{DoubleDouble, Jet, Real, Scalar};

/// Relative error above which two numbers that should agree do not: constants may be rounded to `f64`
/// in one place and not in another, and a few digits more.
const TOLERANCE: f64 = 1e-12;
/// The same where digits cancel: relative to the curvature times the length of the parameters.
const CANCELLED: f64 = 1e-14;
/// The most components that are asked one by one.
const AXES: usize = 16;

/// A loss beyond `f64`.
pub(super) struct Precise {
    pub(super) exact: Arc<dyn Oracle<DoubleDouble>>,
    jets: Arc<dyn Oracle<Jet<DoubleDouble>>>,
}

/// A value and its first two derivatives along a line.
struct Along {
    value: DoubleDouble,
    slope: DoubleDouble,
    bend: DoubleDouble,
}

/// One component of a gradient beside the derivative of the value.
struct Component {
    index: usize,
    claimed: f64,
    found: f64,
}

impl Precise {
    pub(super) fn of(survey: &Survey<'_>) -> Option<Self> {
        let exact = survey.problem.seen::<DoubleDouble>()?;
        Some(Precise { exact, jets: survey.problem.seen::<Jet<DoubleDouble>>()? })
    }

    pub(super) fn gradient(&self, batch: usize, w: &[f64]) -> Vec<DoubleDouble> {
        let mut out = vec![DoubleDouble::zero(); w.len()];
        self.exact.gradient(batch, &lifted(w), &mut out);
        out
    }

    pub(super) fn hessian_vector(&self, batch: usize, w: &[f64], v: &[f64]) -> Vec<DoubleDouble> {
        let mut out = vec![DoubleDouble::zero(); w.len()];
        self.exact.hessian_vector(batch, &lifted(w), &lifted(v), &mut out);
        out
    }

    fn along(&self, batch: usize, w: &[f64], u: &[f64]) -> Along {
        let line: Vec<Jet<DoubleDouble>> = (w.iter().zip(u))
            .map(|(&w, &u)| Jet::from_coefficients(&[w, u, 0.0].map(DoubleDouble::from_f64)))
            .collect();
        let value = self.jets.value(batch, &line);
        Along {
            value: value.coefficient(0),
            slope: value.coefficient(1),
            bend: value.coefficient(2).scale(2.0),
        }
    }

    /// The value against the gradient, and how both change, along random directions.
    pub(super) fn value_against_gradient(&self, survey: &mut Survey<'_>) -> Result<(), Flaw> {
        for (n, w) in survey.points.clone().into_iter().enumerate() {
            for k in survey.batches.clone() {
                let g = self.gradient(k, &w);
                let numbers: Vec<f64> = g.iter().map(|g| g.leading()).collect();
                if numbers.iter().any(|g| !g.is_finite()) {
                    continue;
                }
                let plain = survey.directions[n % 3].clone();
                let bend = self.bend_against_gradient(survey, k, &w, &g, &plain)?;
                if n == 0 {
                    let balanced = survey.balanced(&numbers);
                    let along = self.along(k, &w, &balanced);
                    if !self.agree(survey, &along, bend, &g, &balanced) {
                        self.blame(survey, k, &w, bend)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Value against gradient along `u`, and the second derivative of the value against the derivative of
    /// the gradient; gives the latter's size.
    fn bend_against_gradient(
        &self,
        survey: &Survey<'_>,
        k: usize,
        w: &[f64],
        g: &[DoubleDouble],
        u: &[f64],
    ) -> Result<f64, Flaw> {
        let along = self.along(k, w, u);
        let image = self.hessian_vector(k, w, u);
        let bend = largest_of(&image);
        if !self.agree(survey, &along, bend, g, u) {
            self.blame(survey, k, w, bend)?;
        }
        let (claimed, size) = pairing(&image, u);
        let floor = CANCELLED * bend + 1e-26 * along.value.abs().leading() / survey.length.powi(2);
        let off = (claimed - along.bend).abs().leading();
        if off > TOLERANCE * size + floor {
            // Where gradients agree at a point and bend differently, they disagree beside it.
            for s in [1e-3, 1e-2, 1e-1] {
                self.blame(survey, k, &moved(w, s * survey.length, u), bend)?;
            }
        }
        Ok(bend)
    }

    fn agree(
        &self,
        survey: &Survey<'_>,
        along: &Along,
        bend: f64,
        g: &[DoubleDouble],
        u: &[f64],
    ) -> bool {
        let (claimed, size) = pairing(g, u);
        let value = along.value.abs().leading();
        let floor = CANCELLED * bend * survey.length
            + 1e-20 * (value * bend).sqrt()
            + 1e-27 * value / survey.length;
        let off = (claimed - along.slope).abs().leading();
        // What is not finite is somebody else's finding.
        !off.is_finite() || !floor.is_finite() || off <= TOLERANCE * size + floor
    }

    /// Finds the component that is wrong, and says what is wrong with it.
    fn blame(&self, survey: &Survey<'_>, k: usize, w: &[f64], bend: f64) -> Result<(), Flaw> {
        let among = self.suspects(k, w);
        let components = self.components(k, w, &among);
        let off = |c: &Component| (c.claimed - c.found).abs();
        let wrong = components.iter().filter(|c| {
            let size = f64::max(c.claimed.abs(), c.found.abs());
            off(c).is_finite() && off(c) > TOLERANCE * size + CANCELLED * bend * survey.length
        });
        let Some(worst) = wrong.max_by(|a, b| off(a).total_cmp(&off(b))) else {
            return Ok(());
        };
        self.blame_the_value(survey, k, w)?;
        let entry = survey.entry(Quantity::Gradient, worst.index, k, w);
        // The same components elsewhere: one component alone does not tell rounding from a factor.
        let elsewhere = survey.points.iter().flat_map(|w| self.components(k, w, &among));
        let pairs: Vec<(f64, f64)> = components
            .iter()
            .map(|c| (c.claimed, c.found))
            .chain(elsewhere.map(|c| (c.claimed, c.found)))
            .collect();
        if let Some(relative) = coarseness(&pairs) {
            let (found, expected) = (worst.claimed, worst.found);
            return Err(Flaw::FewDigits { entry, digits: digits(relative), found, expected });
        }
        Err(Flaw::NotTheDerivative {
            entry,
            of: Quantity::Value,
            claimed: worst.claimed,
            found: worst.found,
            bar: 0.0,
        })
    }

    /// A value without all its digits, or without derivatives, is no reason to blame the gradient.
    fn blame_the_value(&self, survey: &Survey<'_>, k: usize, w: &[f64]) -> Result<(), Flaw> {
        let g: Vec<f64> = self.gradient(k, w).iter().map(|g| g.leading()).collect();
        let size = super::norm(&g);
        let u: Vec<f64> = g.iter().map(|g| g / size).collect();
        if !u.iter().all(|u| u.is_finite()) {
            return Ok(());
        }
        let value = |s: f64| survey.loss.value(k, &moved(w, s, &u));
        survey.value_carries_digits(k, w, &u)?;
        let rounding = survey.value_noise(k, w, &u);
        let in_jets = self.along(k, w, &u).slope.leading();
        if let Some(found) = slope(|s| vec![value(s)], survey.length, rounding)
            && (found.entries[0] - size).abs() <= 3.0 * found.bar + 1e-9 * size
            && (in_jets - size).abs() > 10.0 * (found.bar + 1e-9 * size)
        {
            let entry = survey.entry(Quantity::Value, 0, k, w);
            return Err(Flaw::Detached { entry, found: found.entries[0], in_jets });
        }
        Ok(())
    }

    /// The components among which the worst is: by halves, towards the larger mismatch.
    fn suspects(&self, k: usize, w: &[f64]) -> Vec<usize> {
        let mut among: Vec<usize> = (0..w.len()).collect();
        let g = self.gradient(k, w);
        let off = |half: &[usize]| {
            let mut u = vec![0.0; w.len()];
            // Weights that no two wrong components cancel under.
            half.iter().for_each(|&i| u[i] = 1.0 + (1.7 * (i + 1) as f64).sin() / 2.0);
            (pairing(&g, &u).0 - self.along(k, w, &u).slope).abs().leading()
        };
        while among.len() > AXES {
            let other = among.split_off(among.len() / 2);
            if off(&other) > off(&among) {
                among = other;
            }
        }
        among
    }

    fn components(&self, k: usize, w: &[f64], among: &[usize]) -> Vec<Component> {
        let g = self.gradient(k, w);
        (among.iter())
            .map(|&index| {
                let mut axis = vec![0.0; w.len()];
                axis[index] = 1.0;
                let found = self.along(k, w, &axis).slope.leading();
                Component { index, claimed: g[index].leading(), found }
            })
            .collect()
    }
}

pub(super) fn lifted(v: &[f64]) -> Vec<DoubleDouble> {
    v.iter().map(|&x| DoubleDouble::from_f64(x)).collect()
}

pub(super) fn largest_of(v: &[DoubleDouble]) -> f64 {
    super::largest(v.iter().map(|x| x.leading()))
}

/// ⟨g, u⟩ and Σ |g_i u_i|.
fn pairing(g: &[DoubleDouble], u: &[f64]) -> (DoubleDouble, f64) {
    let (mut sum, mut size) = (DoubleDouble::zero(), 0.0);
    for (&g, &u) in g.iter().zip(u) {
        sum += g * DoubleDouble::from_f64(u);
        size += (g.leading() * u).abs();
    }
    (sum, size)
}
