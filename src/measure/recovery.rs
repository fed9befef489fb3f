//! Coefficients read off the errors.

use std::fmt;

use super::norm;

/// A value with the half-width of the bar it is known to lie in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// The half-width of the bar.
    pub half_width: f64,
}

impl fmt::Display for Estimate {
    /// 1.998 ± 0.004, and 0.2500000 ± 3e-7 where the bar is finer than three decimals.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Estimate { value, half_width } = *self;
        if half_width >= 1e-3 || !half_width.is_finite() {
            return write!(f, "{value:.3} ± {half_width:.3}");
        }
        let places = (-half_width.max(1e-12).log10()).ceil() as usize;
        write!(f, "{value:.places$} ± {half_width:.0e}")
    }
}

/// How much wider than its last corrections a bar is drawn.
const SAFETY: f64 = 4.0;

/// One entry of Neville's tableau.
#[derive(Clone)]
struct Entry {
    value: Vec<f64>,
    /// The noise of the data as the scheme amplifies it.
    noise: f64,
    /// The larger of the two corrections that led here from the column before.
    correction: f64,
}

/// The limit for ε → 0 of a quantity c(ε) = c + c₁ ε + c₂ ε² + …, by Neville's scheme.
///
/// `values` are finest last; `noise` is the absolute uncertainty of each. Among all entries of the
/// tableau the one with the smallest bar is taken. A bar covers the corrections of the last two
/// columns, because one correction alone may vanish by accident; it is widened by a safety factor
/// and by the noise. `None` with fewer than three values.
pub fn extrapolate_to_zero(step_sizes: &[f64], values: &[f64], noise: &[f64]) -> Option<Estimate> {
    let values: Vec<Vec<f64>> = values.iter().map(|&value| vec![value]).collect();
    let (limit, half_width) = extrapolate_vector(step_sizes, &values, noise)?;
    Some(Estimate { value: limit[0], half_width })
}

/// The same of a vector, with the half-width of a bar for the Euclidean norm of its error.
pub fn extrapolate_vector(
    step_sizes: &[f64],
    values: &[Vec<f64>],
    noise: &[f64],
) -> Option<(Vec<f64>, f64)> {
    let mut best: Option<(Vec<f64>, f64)> = None;
    let mut above: Vec<Entry> = Vec::new();
    for (i, (value, &noise)) in values.iter().zip(noise).enumerate() {
        let mut row = vec![Entry { value: value.clone(), noise, correction: f64::INFINITY }];
        for j in 1..=i {
            let ratio = step_sizes[i - j] / step_sizes[i];
            let (finer, coarser) = (&row[j - 1], &above[j - 1]);
            let value: Vec<f64> = (finer.value.iter().zip(&coarser.value))
                .map(|(finer, coarser)| finer + (finer - coarser) / (ratio - 1.0))
                .collect();
            let noise = (ratio * finer.noise + coarser.noise) / (ratio - 1.0);
            let correction = distance(&value, &finer.value).max(distance(&value, &coarser.value));
            let ulps = f64::EPSILON * norm(&value);
            let half_width = SAFETY * (correction.max(finer.correction) + noise + ulps);
            let narrower = best.as_ref().is_none_or(|(_, known)| half_width < *known);
            if half_width.is_finite() && narrower {
                best = Some((value.clone(), half_width));
            }
            row.push(Entry { value, noise, correction });
        }
        above = row;
    }
    best
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    norm(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
