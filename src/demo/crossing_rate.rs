//! How often a diffusion crosses a hill: the stochastic modified equation of draws with replacement.

use super::tilted_wells::TiltedWells;

/// No path gets so far right.
const FARTHEST: f64 = 2.5;
/// Cells of the quadrature.
const CELLS: usize = 6000;

/// 1 over the mean time that dX = −∇C̃_GD dt + √(ε Σ) dW takes from `start` down to `crossed`, by the double integral ∫ e^Φ(y) ∫_y^∞ 2/(εΣ) e^−Φ(z) dz dy with Φ′ = 2C̃_GD′/(εΣ).
///
/// Source: Li, Tai & E 2017, arXiv 1511.06251, for the equation; Gardiner, Handbook of stochastic
/// methods, for mean first passage times.
pub(super) fn crossing_rate(wells: &TiltedWells, eps: f64, [start, crossed]: [f64; 2]) -> f64 {
    let width = (FARTHEST - crossed) / CELLS as f64;
    // Midpoints throughout: the error is of second order in the width, 1e-6 here.
    let at = |i: usize| crossed + (i as f64 + 0.5) * width;
    let diffusion = |w: f64| 0.5 * eps * wells.noise(w);
    let mut height = 0.0;
    let heights: Vec<f64> = (0..CELLS)
        .map(|i| {
            let w = at(i);
            let drift = wells.slope(w) * (1.0 + 0.5 * eps * wells.curvature(w));
            let half = 0.5 * width * drift / diffusion(w);
            height += half;
            let here = height;
            height += half;
            here
        })
        .collect();
    let (mut beyond, mut time) = (0.0, 0.0);
    for i in (0..CELLS).rev() {
        let own = width * (-heights[i]).exp() / diffusion(at(i));
        if at(i) < start {
            time += width * heights[i].exp() * (beyond + 0.5 * own);
        }
        beyond += own;
    }
    1.0 / time
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use super::*;

    const START: f64 = 1.0;
    const CROSSED: f64 = -0.5;

    /// The mean crossing time from its differential equation, ½εΣ τ″ + b τ′ = −1 with τ = 0 where
    /// it has crossed and τ′ = 0 far right, by finite differences.
    fn by_differences(wells: &TiltedWells, eps: f64) -> f64 {
        let cells = 8000_usize;
        let width = (FARTHEST - CROSSED) / cells as f64;
        let at = |i: usize| CROSSED + i as f64 * width;
        // Unknowns 1 … cells; elimination from the left, then substitution from the right.
        let (mut slopes, mut loads) = (vec![0.0; cells + 1], vec![0.0; cells + 1]);
        for i in 1..=cells {
            let spread = 0.5 * eps * wells.noise(at(i)) / (width * width);
            let drift = -wells.slope(at(i)) * (1.0 + 0.5 * eps * wells.curvature(at(i)));
            let lean = 0.5 * drift / width;
            let (before, after) = match i {
                _ if i == cells => (2.0 * spread, 0.0),
                _ => (spread - lean, spread + lean),
            };
            let pivot = -2.0 * spread + before * slopes[i - 1];
            slopes[i] = -after / pivot;
            loads[i] = (-1.0 - before * loads[i - 1]) / pivot;
        }
        let mut time = loads[cells];
        let mut found = f64::NAN;
        for i in (1..cells).rev() {
            time = slopes[i] * time + loads[i];
            if (at(i) - START).abs() < 0.5 * width {
                found = time;
            }
        }
        found
    }

    #[test]
    fn rates_solve_the_equation_of_mean_crossing_times() {
        let wells = TiltedWells::new().unwrap();
        for eps in [0.02, 0.06, 0.2] {
            let (rate, time) =
                (crossing_rate(&wells, eps, [START, CROSSED]), by_differences(&wells, eps));
            assert!((rate * time - 1.0).abs() < 2e-3, "{eps}: {rate}, {time}");
        }
    }
}
