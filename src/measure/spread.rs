//! A sample of independent runs: mean, spread, and a bar for the mean.

use super::Estimate;

/// 97.5 % quantiles of Student's t for 1 to 12 degrees of freedom, from any table of them.
const STUDENT: [f64; 12] =
    [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179];

/// The 97.5 % quantile of Student's t for `freedom` ≥ 1 degrees of freedom.
pub fn student(freedom: usize) -> f64 {
    let tabled = freedom.checked_sub(1).and_then(|i| STUDENT.get(i));
    tabled.copied().unwrap_or(1.96 + 2.4 / freedom as f64)
}

/// What independent runs found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The number of runs.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with one degree of freedom taken by the mean; 0 for a single run.
    pub deviation: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Spread {
    /// The spread of `values`; NaN throughout if there are none.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len();
        // Summed from the first: the mean of equal values is that value, without rounding.
        let first = values.first().copied().unwrap_or(f64::NAN);
        let mean = first + values.iter().map(|x| x - first).sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        let deviation = match count {
            0 => f64::NAN,
            1 => 0.0,
            n => (squares / (n as f64 - 1.0)).sqrt(),
        };
        let least = values.iter().copied().fold(f64::NAN, f64::min);
        let most = values.iter().copied().fold(f64::NAN, f64::max);
        Spread { count, mean, deviation, least, most }
    }

    /// The mean with the half-width of its 95 % confidence interval; infinite below two runs.
    pub fn estimate(&self) -> Estimate {
        let half_width = match self.count {
            0 | 1 => f64::INFINITY,
            n => student(n - 1) * self.deviation / (n as f64).sqrt(),
        };
        Estimate { value: self.mean, half_width }
    }
}

#[cfg(test)]
mod tests;
