//! The least-squares line against its textbook formulas.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

fn near(found: f64, known: f64) {
    let off = (found - known).abs();
    assert!(off <= 1e-9 * known.abs().max(1e-3), "{found} is not {known}");
}

/// Slope, intercept and half-widths of the line through (ln ε, ln e) by sums over the points.
#[test]
fn a_power_law_is_the_regression_line_of_the_logarithms() {
    let mut random = ChaCha8Rng::seed_from_u64(14);
    // 97.5 % quantiles of Student's t for two unknowns fewer than points.
    for (count, quantile) in [(5, 3.182), (6, 2.776), (8, 2.447), (12, 2.228)] {
        let points: Vec<Point> = (0..count)
            .map(|j| {
                let step_size = 0.7 * 0.6_f64.powi(j) * random.random_range(0.9..1.1);
                let error = 3.0 * step_size.powi(2) * random.random_range(0.8..1.2);
                Point { step_size, error, floor: 0.0, used: true }
            })
            .collect();
        let n = f64::from(count);
        let x: Vec<f64> = points.iter().map(|p| p.step_size.ln()).collect();
        let y: Vec<f64> = points.iter().map(|p| p.error.ln()).collect();
        let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        let sxx: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
        let sxy: f64 = x.iter().zip(&y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        let slope = sxy / sxx;
        let intercept = mean_y - slope * mean_x;
        let squares: f64 = x.iter().zip(&y).map(|(x, y)| (y - intercept - slope * x).powi(2)).sum();
        let deviation = (squares / (n - 2.0)).sqrt();
        let fit = fit_order(&points, Model::PowerLaw).unwrap();
        near(fit.order, slope);
        near(fit.intercept, intercept);
        near(fit.half_width, quantile * deviation / sxx.sqrt());
        assert!(fit.next_term.abs() < f64::MIN_POSITIVE);
        assert_eq!(fit.band.len(), points.len());
        for (band, x) in fit.band.iter().zip(&x) {
            near(*band, quantile * deviation * (1.0 / n + (x - mean_x).powi(2) / sxx).sqrt());
        }
        for (at, slope) in fit.pairwise.iter().enumerate() {
            near(*slope, (y[at + 1] - y[at]) / (x[at + 1] - x[at]));
        }
        for step_size in [0.001, 0.3, 2.0] {
            near(fit.error_at(step_size), intercept.exp() * step_size.powf(slope));
        }
        assert_eq!(fit.estimate(), Estimate { value: fit.order, half_width: fit.half_width });
    }
}

/// A εᵖ e^{Bε} is the model with the next term, to the last digit, whatever the unit of ε.
#[test]
fn the_next_term_is_found_in_the_units_of_the_step_size() {
    for unit in [1e-6, 1.0, 1e4] {
        for (order, weight) in [(1.0, 0.5), (2.0, -3.0), (3.5, 0.0)] {
            let error = |step: f64| 0.25 * step.powf(order) * (weight * step).exp();
            let points: Vec<Point> = (0..6)
                .map(|j| {
                    let step = 0.4 / f64::powi(2.0, j);
                    Point { step_size: unit * step, error: error(step), floor: 0.0, used: true }
                })
                .collect();
            let fit = fit_order(&points, Model::Series).unwrap();
            near(fit.order, order);
            near(fit.next_term * unit, weight);
            near(fit.intercept, 0.25_f64.ln() - order * unit.ln());
            assert!(fit.half_width < 1e-9 && fit.band.iter().all(|band| *band < 1e-9));
            for step in [0.01, 0.3] {
                near(fit.error_at(unit * step) / error(step), 1.0);
            }
        }
    }
}

/// What alternates does not settle: the bar is four times the last correction.
#[test]
fn errors_that_alternate_have_a_wide_bar() {
    let points: Vec<Point> = (0..6)
        .map(|j| {
            let step_size = 0.4 / f64::powi(2.0, j);
            let error = step_size * step_size * if j % 2 == 0 { 1.01 } else { 0.99 };
            Point { step_size, error, floor: 0.0, used: true }
        })
        .collect();
    let fit = fit_order(&points, Model::Series).unwrap();
    // Slopes 2 ± s in turn: extrapolated by pairs 2 ∓ 3 s, these again 2 ± 5 s, which is 8 s from one of them.
    let s = (1.01_f64 / 0.99).log2();
    near(fit.pairwise[0], 2.0 + s);
    near(fit.half_width, 32.0 * s);
    near((fit.order - 2.0).abs(), 5.0 * s);
}

/// Floors count as noise of the slopes, on both sides of each.
#[test]
fn the_bar_covers_what_floors_may_change() {
    let ladder = |floor: f64| -> Vec<Point> {
        let point = |j| {
            let step_size = 0.5 / f64::powi(2.0, j);
            let error = step_size * step_size;
            Point { step_size, error, floor: floor * error, used: true }
        };
        (0..5).map(point).collect()
    };
    let bar = |floor: f64| fit_order(&ladder(floor), Model::Series).unwrap().half_width;
    // Each slope is known to ±2 floor / ln 2; three of them extrapolated: the weights 8/3, 2 and
    // 1/3 of Lagrange times that.
    near(bar(1e-3) - bar(0.0), 4.0 * 5.0 * 2e-3 / std::f64::consts::LN_2);
}
