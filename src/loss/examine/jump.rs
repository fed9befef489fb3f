//! Jumps of a value: what its gradient adds up to along a line.

use std::f64::consts::PI;

use super::flaw::Flaw;
use super::survey::{Survey, moved};
use crate::loss::Place;

/// Intervals of the quadrature and of its coarser half.
const INTERVALS: usize = 16;
/// Halvings towards a jump: it is then told from everything slower.
const HALVINGS: usize = 30;
/// How many bars the value may be off the integral.
const BARS: f64 = 3.0;
/// What it may be off besides, relative to what is summed and to the value itself.
const OF_INTEGRAL: f64 = 1e-10;
const OF_VALUE: f64 = 1e-13;
/// The share of the first mismatch that must be left in the last interval.
const LEFT: f64 = 1e-3;

/// What a value changes by, beside the integral of its gradient.
struct Change {
    change: f64,
    integral: f64,
    limit: f64,
}

impl Change {
    fn mismatch(&self) -> f64 {
        (self.change - self.integral).abs()
    }
}

impl Survey<'_> {
    /// The value changes along the path by the integral of its gradient.
    pub(super) fn continuous(&self) -> Result<(), Flaw> {
        for pair in self.points.windows(2) {
            let [a, b] = pair else { continue };
            let along: Vec<f64> = b.iter().zip(a).map(|(b, a)| b - a).collect();
            for &k in &self.batches {
                self.continuous_along(k, a, &along)?;
            }
        }
        Ok(())
    }

    fn continuous_along(&self, k: usize, a: &[f64], along: &[f64]) -> Result<(), Flaw> {
        let whole = self.change(k, a, along, (0.0, 1.0), INTERVALS);
        // Not finite is not off: the path may leave where the loss is defined.
        if !(whole.mismatch() > whole.limit && whole.mismatch().is_finite()) {
            return Ok(());
        }
        // A narrow feature of a smooth loss is missed by a quadrature too: follow the mismatch.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            let off = |span| self.change(k, a, along, span, INTERVALS / 4).mismatch();
            let (left, right) = (off((low, middle)), off((middle, high)));
            if left >= right {
                high = middle;
            } else {
                low = middle;
            }
        }
        let last = self.change(k, a, along, (low, high), INTERVALS / 4);
        let (off, limit) = (last.mismatch(), f64::max(last.limit, LEFT * whole.mismatch()));
        if off.is_nan() || off <= limit {
            return Ok(());
        }
        Err(Flaw::Jump {
            batch: k,
            place: Place(moved(a, 0.5 * (low + high), along)),
            change: last.change,
            integral: last.integral,
        })
    }

    /// Over the part `span` of the segment, by Clenshaw and Curtis's rule with `intervals` intervals.
    fn change(
        &self,
        k: usize,
        a: &[f64],
        along: &[f64],
        (low, high): (f64, f64),
        intervals: usize,
    ) -> Change {
        let at = |x: f64| moved(a, low + (high - low) * x, along);
        let (before, after) = (self.loss.value(k, &at(0.0)), self.loss.value(k, &at(1.0)));
        let slopes: Vec<f64> = (0..=intervals)
            .map(|j| {
                let x = 0.5 * (1.0 - (PI * j as f64 / intervals as f64).cos());
                let g = self.gradient(k, &at(x));
                (high - low) * g.iter().zip(along).map(|(g, v)| g * v).sum::<f64>()
            })
            .collect();
        let halved: Vec<f64> = slopes.iter().copied().step_by(2).collect();
        let (integral, coarse) = (clenshaw_curtis(&slopes), clenshaw_curtis(&halved));
        let size: f64 = slopes.iter().map(|x| x.abs()).sum::<f64>() / slopes.len() as f64;
        let rounding = OF_VALUE * f64::max(before.abs(), after.abs());
        let limit = BARS * (integral - coarse).abs() + OF_INTEGRAL * size + BARS * rounding;
        Change { change: after - before, integral, limit }
    }
}

/// The integral over (0, 1) of the function with `values` at (1 − cos(π j/n))/2.
///
/// Source: C. W. Clenshaw, A. R. Curtis, *A method for numerical integration on an automatic computer*,
/// 1960.
fn clenshaw_curtis(values: &[f64]) -> f64 {
    let n = values.len() - 1;
    let weight = |j: usize| {
        let sum: f64 = (1..=n / 2)
            .map(|i| {
                let share = if 2 * i == n { 1.0 } else { 2.0 };
                let angle = 2.0 * PI * (i * j) as f64 / n as f64;
                share * angle.cos() / (4 * i * i - 1) as f64
            })
            .sum();
        let end = if j == 0 || j == n { 1.0 } else { 2.0 };
        end * (1.0 - sum) / (2 * n) as f64
    };
    values.iter().enumerate().map(|(j, x)| weight(j) * x).sum()
}

#[cfg(test)]
mod tests {
    use super::clenshaw_curtis;
    use std::f64::consts::PI;

    /// Exact for polynomials up to the number of intervals: the integral of x^p is 1/(p + 1).
    #[test]
    fn the_rule_integrates_powers() {
        for n in [2, 4, 8, 16] {
            let nodes: Vec<f64> =
                (0..=n).map(|j| 0.5 * (1.0 - (PI * j as f64 / n as f64).cos())).collect();
            for p in 0..=n {
                let values: Vec<f64> = nodes.iter().map(|x| x.powi(p)).collect();
                let found = clenshaw_curtis(&values);
                assert!((found - 1.0 / f64::from(p + 1)).abs() < 1e-14, "{n}, {p}: {found}");
            }
        }
    }
}
