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
                Point { step_size, error, used: true }
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
                    Point { step_size: unit * step, error: error(step), used: true }
                })
                .collect();
            let fit = fit_order(&points, Model::WithNextTerm).unwrap();
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

/// A third unknown takes a degree of freedom.
#[test]
fn the_next_term_costs_a_degree_of_freedom() {
    // Alternating residuals about ε².
    let points: Vec<Point> = (0..6)
        .map(|j| {
            let step_size = 0.4 / f64::powi(2.0, j);
            let error = step_size * step_size * if j % 2 == 0 { 1.01 } else { 0.99 };
            Point { step_size, error, used: true }
        })
        .collect();
    let fit = fit_order(&points, Model::WithNextTerm).unwrap();
    // Normal equations of 1, x = ln(ε/ε₀) and z = ε/ε₀: the share of x that 1 and z do not explain.
    let (x, z): (Vec<f64>, Vec<f64>) =
        points.iter().map(|p| ((p.step_size / 0.4).ln(), p.step_size / 0.4)).unzip();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / 6.0;
    let (mx, mz) = (mean(&x), mean(&z));
    let product = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum()
    };
    let left = product(&x, mx, &x, mx) - product(&x, mx, &z, mz).powi(2) / product(&z, mz, &z, mz);
    let squares: f64 =
        points.iter().map(|p| (p.error / fit.error_at(p.step_size)).ln().powi(2)).sum();
    near(fit.half_width, 3.182 * (squares / 3.0 / left).sqrt());
}
