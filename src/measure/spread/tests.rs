//! Quantiles against the distribution itself, and spreads in other units.

use super::*;

/// The share of Student's t within ±`t`, in closed form.
///
/// Source: Abramowitz & Stegun 1964, 26.7.3 and 26.7.4.
fn share(t: f64, freedom: usize) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    // cos θ + ⅔ cos³θ + … or 1 + ½ cos²θ + …, up to the power ν − 2.
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = 0.0;
    let mut power = usize::from(odd);
    while power + 2 <= freedom {
        sum += term;
        term *= (power + 1) as f64 / (power + 2) as f64 * cosine * cosine;
        power += 2;
    }
    if odd { std::f64::consts::FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

/// Where ±t holds 95 %.
fn quantile(freedom: usize) -> f64 {
    let (mut low, mut high) = (1.0, 20.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if share(middle, freedom) < 0.95 { low = middle } else { high = middle }
    }
    low
}

#[test]
fn quantiles_are_those_of_students_distribution() {
    for freedom in 1..=12 {
        let known = quantile(freedom);
        assert!((student(freedom) - known).abs() <= 5.01e-4, "{freedom}: {known}");
    }
    for freedom in (13..60).chain([100, 1000]) {
        let held = share(student(freedom), freedom);
        assert!((held - 0.95).abs() < 2e-3, "{freedom}: {held}");
        assert!(student(freedom) < student(freedom - 1), "{freedom}");
    }
    assert!((student(1_000_000) - 1.96).abs() < 1e-4);
    // Nothing is known from nothing.
    assert!(student(0).is_infinite());
}

#[test]
fn a_spread_in_other_units_is_the_same_spread() {
    let values = [-3.0, 0.5, 2.0, 7.25, -1.0];
    let plain = Spread::of(&values);
    assert!((plain.mean - 1.15).abs() < 1e-15);
    // Σ (x − 1.15)² = 66.8125 − 5 · 1.3225.
    assert!((plain.deviation - (60.2 / 4.0_f64).sqrt()).abs() < 1e-14);
    let ends = (plain.least.to_bits(), plain.most.to_bits());
    assert_eq!(ends, ((-3.0_f64).to_bits(), 7.25_f64.to_bits()));
    for scale in [-4.0, 0.125, 1024.0] {
        let scaled = Spread::of(&values.map(|x| scale * x));
        assert!((scaled.mean / plain.mean / scale - 1.0).abs() < 1e-14);
        assert!((scaled.deviation / plain.deviation / scale.abs() - 1.0).abs() < 1e-14);
        let known = if scale > 0.0 { -3.0 * scale } else { 7.25 * scale };
        assert!((scaled.least - known).abs() < 1e-12);
    }
    // Far from 0, the digits of the deviation are kept.
    let far = Spread::of(&values.map(|x| x + 1e9));
    assert!((far.deviation / plain.deviation - 1.0).abs() < 1e-7, "{far:?}");
}

#[test]
fn a_mean_has_the_bar_of_its_number_of_runs() {
    for (values, quantile, deviation) in [
        (&[1.0, 2.0][..], 12.706, 0.5_f64.sqrt()),
        (&[1.0, 2.0, 3.0][..], 4.303, 1.0),
        (&[0.0, 4.0, 0.0, 4.0][..], 3.182, (16.0 / 3.0_f64).sqrt()),
    ] {
        let bar = Spread::of(values).estimate().half_width;
        let known = quantile * deviation / (values.len() as f64).sqrt();
        assert!((bar / known - 1.0).abs() < 1e-12, "{values:?}: {bar}, not {known}");
    }
    let one = Spread::of(&[3.0]);
    assert_eq!((one.count, one.deviation.to_bits()), (1, 0.0_f64.to_bits()));
    assert!(one.estimate().half_width.is_infinite());
    let none = Spread::of(&[]);
    assert!([none.mean, none.deviation, none.least, none.most].iter().all(|x| x.is_nan()));
    assert!(none.estimate().half_width.is_infinite());
}
