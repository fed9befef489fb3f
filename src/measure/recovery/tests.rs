//! Neville's scheme against Lagrange's weights, and its bars against what they are said to cover.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

/// Lagrange's weights at 0: the limit is Σ `weights[i]` c(ε_i) for every polynomial through the points.
fn weights(step_sizes: &[f64]) -> Vec<f64> {
    let others = |i: usize| (0..step_sizes.len()).filter(move |&j| j != i);
    (0..step_sizes.len())
        .map(|i| others(i).map(|j| step_sizes[j] / (step_sizes[j] - step_sizes[i])).product())
        .collect()
}

/// Three uneven step sizes, finest last.
fn steps(random: &mut ChaCha8Rng) -> [f64; 3] {
    let coarsest: f64 = random.random_range(0.1..1.0);
    let middle = coarsest * random.random_range(0.3..0.8);
    [coarsest, middle, middle * random.random_range(0.3..0.8)]
}

#[test]
fn the_limit_is_that_of_the_polynomial_through_all_points() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    for _ in 0..200 {
        let steps = steps(&mut random);
        let [limit, slope, bend]: [f64; 3] =
            std::array::from_fn(|_| random.random_range(-2.0..2.0));
        let values = steps.map(|e| limit + slope * e + bend * e * e);
        let found = extrapolate_to_zero(&steps, &values, &[0.0; 3]).unwrap();
        // The entry through all three is exact; the one through two is off by bend · ε₁ ε₂.
        let by_two = limit - bend * steps[1] * steps[2];
        let exact = (found.value - limit).abs() < 1e-12;
        assert!(exact || (found.value - by_two).abs() < 1e-12, "{found:?}, {limit}");
        assert!((found.value - limit).abs() <= found.half_width);
    }
}

/// Where nothing but noise is left, the bar is four times what it can do to the limit.
#[test]
fn noise_counts_with_the_weights_of_the_points() {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    for _ in 0..200 {
        let steps = steps(&mut random);
        let noise: [f64; 3] = std::array::from_fn(|_| random.random_range(0.0..1e-3));
        let found = extrapolate_to_zero(&steps, &[1.5; 3], &noise).unwrap();
        let known: f64 = weights(&steps).iter().zip(noise).map(|(w, noise)| w.abs() * noise).sum();
        assert!((found.half_width / (4.0 * known) - 1.0).abs() < 1e-9, "{found:?}, {known}");
        assert!((found.value - 1.5).abs() < 1e-14);
    }
}

/// The bar of the entry through ½, ¼ and ⅛ covers the larger corrections of its last two columns.
#[test]
fn a_bar_is_four_times_the_last_two_corrections() {
    for values in [[1.0, 2.0, 2.25_f64], [3.0, 1.0, 0.5], [0.0, 1.0, 1.0], [1.0, 1.0, 2.0]] {
        let [a, b, c] = values;
        let (first, second) = (2.0 * b - a, 2.0 * c - b);
        let third = second + (second - first) / 3.0;
        // Entries with a correction in the column before: only the last.
        let correction = f64::max((third - second).abs(), (third - first).abs());
        let before = f64::max((second - c).abs(), (second - b).abs());
        let found = extrapolate_to_zero(&[0.5, 0.25, 0.125], &values, &[0.0; 3]).unwrap();
        assert!((found.value - third).abs() < 1e-14, "{values:?}: {found:?}");
        let known = 4.0 * correction.max(before);
        assert!((found.half_width - known).abs() < 1e-13, "{values:?}: {found:?}, not {known}");
    }
}

#[test]
fn values_that_know_less_do_not_spoil_the_others() {
    let steps = [0.5, 0.25, 0.125, 0.0625];
    let values = [1.5, 1.25, 1.125, 1.0625];
    let three = extrapolate_to_zero(&steps[..3], &values[..3], &[1e-9; 3]).unwrap();
    for (value, noise) in [(1.0625, 1.0), (9.0, 1e-9), (f64::NAN, 1e-9), (1.0625, f64::INFINITY)] {
        let with = [values[0], values[1], values[2], value];
        let found = extrapolate_to_zero(&steps, &with, &[1e-9, 1e-9, 1e-9, noise]).unwrap();
        assert_eq!(found, three, "{value} ± {noise}");
    }
    let all = extrapolate_to_zero(&steps, &values, &[1e-9; 4]).unwrap();
    assert!((all.value - 1.0).abs() < 1e-14);
    // A vector is extrapolated entry by entry, with one bar for its norm.
    let rows: Vec<Vec<f64>> = values.iter().map(|&x| vec![x, 3.0, -x]).collect();
    let (limit, bar) = extrapolate_vector(&steps, &rows, &[1e-9; 4]).unwrap();
    for (found, known) in limit.iter().zip([1.0, 3.0, -1.0]) {
        assert!((found - known).abs() < 1e-13 && bar < 1e-7, "{limit:?} ± {bar}");
    }
}

#[test]
fn an_estimate_is_shown_with_the_digits_that_its_bar_leaves() {
    for (value, half_width, text) in [
        (1.998, 0.004, "1.998 ± 0.004"),
        (2.0, 0.001, "2.000 ± 0.001"),
        (0.25, 3e-7, "0.2500000 ± 3e-7"),
        (0.25, 9.99e-4, "0.2500 ± 1e-3"),
        (1.0 / 3.0, 1e-20, "0.333333333333 ± 1e-20"),
        (-0.5, f64::INFINITY, "-0.500 ± inf"),
    ] {
        assert_eq!(Estimate { value, half_width }.to_string(), text);
    }
}
