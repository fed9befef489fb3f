//! Bounds of eigenvalues against matrices whose spectra are known, and bounds that are false.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use shadowflow::scalar::Interval;
use shadowflow::scalar::interval::{
    eigenvalues_exceed, largest_eigenvalue_bound, smallest_eigenvalue_bound,
};

use super::of_magnitude;

/// A symmetric matrix of whole numbers over 2^`places` with the given eigenvalues over 2^`places`, as its
/// entries, row by row: (n I − 2 v vᵀ) D (n I − 2 v vᵀ), v of entries ±1 and n a power of two, is orthogonal but
/// for the factor n, and nothing in it is rounded.
fn with_spectrum(random: &mut ChaCha8Rng, eigenvalues: &[f64]) -> Vec<f64> {
    let n = eigenvalues.len();
    let v: Vec<f64> = (0..n).map(|_| if random.random() { 1.0 } else { -1.0 }).collect();
    let q = |i: usize, j: usize| f64::from(u8::from(i == j)) * n as f64 - 2.0 * v[i] * v[j];
    let scale = (n * n) as f64;
    let entry = |i: usize, j: usize| {
        (0..n).map(|k| q(i, k) * eigenvalues[k] * q(j, k)).sum::<f64>() / scale
    };
    (0..n * n).map(|at| entry(at / n, at % n)).collect()
}

fn points(entries: &[f64]) -> Vec<Interval> {
    entries.iter().map(|&x| x.into()).collect()
}

/// Whole numbers of up to 20 bits.
fn spectrum(random: &mut ChaCha8Rng, n: usize) -> Vec<f64> {
    let most = if random.random() { 1 << 20 } else { 5 };
    (0..n).map(|_| f64::from(random.random_range(-most..=most))).collect()
}

fn least(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::INFINITY, f64::min)
}

#[test]
fn bounds_hold_are_tight_and_false_ones_are_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    for _ in 0..300 {
        let n = 1 << random.random_range(0..5);
        let eigenvalues = spectrum(&mut random, n);
        let h = points(&with_spectrum(&mut random, &eigenvalues));
        let negated: Vec<f64> = eigenvalues.iter().map(|x| -x).collect();
        let (low, high) = (least(&eigenvalues), -least(&negated));
        let size = high.abs().max(low.abs()).max(1e-290);
        let bound = smallest_eigenvalue_bound(&h).unwrap();
        assert!(bound < low && low - bound <= 1e-12 * size, "{bound} {eigenvalues:?}");
        let bound = largest_eigenvalue_bound(&h).unwrap();
        assert!(bound > high && bound - high <= 1e-12 * size, "{bound} {eigenvalues:?}");
        // The eigenvalue itself is not exceeded; nor is anything above it.
        for false_bound in [low, low + 1e-13 * size, low + 1.0, f64::INFINITY, f64::NAN] {
            assert!(!eigenvalues_exceed(&h, false_bound), "{false_bound} {eigenvalues:?}");
        }
        assert!(eigenvalues_exceed(&h, low - 1e-12 * size));
    }
}

#[test]
fn bounds_of_wide_matrices_hold_for_every_matrix_in_them() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    for _ in 0..200 {
        let n = 1 << random.random_range(1..4);
        let eigenvalues = spectrum(&mut random, n);
        let exact = with_spectrum(&mut random, &eigenvalues);
        let size = eigenvalues.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
        let reach = of_magnitude(&mut random, -9.0, -1.0).abs() * size;
        // Off the middle, and not alike on both sides of the diagonal.
        let wide: Vec<Interval> = (exact.iter())
            .map(|x| {
                let mut part = || reach * random.random::<f64>();
                Interval::new(x - part(), x + part())
            })
            .collect();
        let bound = smallest_eigenvalue_bound(&wide).unwrap();
        let low = least(&eigenvalues);
        assert!(bound < low && low - bound <= 2.0 * n as f64 * reach, "{bound} {low} {reach}");
        assert!(!eigenvalues_exceed(&wide, low));
        assert!(eigenvalues_exceed(&wide, low - 2.0 * n as f64 * reach));
        assert!(largest_eigenvalue_bound(&wide).unwrap() > -least(&negated(&eigenvalues)));
    }
    // Every matrix counts, not the middle alone: [[2, r], [r, 2]] with |r| ≤ 1 has eigenvalues from 1.
    let (two, r) = (Interval::from(2.0), Interval::new(-1.0, 1.0));
    let bound = smallest_eigenvalue_bound(&[two, r, r, two]).unwrap();
    assert!(bound < 1.0 && bound > 1.0 - 1e-14, "{bound}");
    assert!(!eigenvalues_exceed(&[two, r, r, two], 1.0 + 1e-12));
    // Both halves: a symmetric matrix in this one may have 1 beside the diagonal.
    let zero = Interval::new(0.0, 1.0);
    let bound = smallest_eigenvalue_bound(&[two, zero, r, two]).unwrap();
    assert!(bound < 1.0, "{bound}");
}

fn negated(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| -x).collect()
}

#[test]
fn what_has_no_bound_is_refused() {
    let one = Interval::from(1.0);
    assert_eq!(smallest_eigenvalue_bound(&[]), None);
    assert_eq!(smallest_eigenvalue_bound(&[one, one]), None);
    assert_eq!(smallest_eigenvalue_bound(&[one, one, one, Interval::WHOLE]), None);
    assert_eq!(largest_eigenvalue_bound(&[Interval::from(f64::NAN)]), None);
    assert!(!eigenvalues_exceed(&[one, one], -1e300));
    assert!(!eigenvalues_exceed(&[Interval::WHOLE], f64::NEG_INFINITY));
    // Sizes at the ends of the range: an answer that holds, or none.
    let huge = Interval::from(1e308);
    assert!(smallest_eigenvalue_bound(&[huge, huge, huge, huge]).is_none_or(|bound| bound < 0.0));
    let tiny = Interval::from(f64::from_bits(1));
    assert!(smallest_eigenvalue_bound(&[tiny]).is_some_and(|bound| bound < f64::from_bits(1)));
    let zero = vec![Interval::from(0.0); 9];
    assert!(smallest_eigenvalue_bound(&zero).is_some_and(|b| b < 0.0 && b > -1e-300));
}
