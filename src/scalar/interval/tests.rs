//! What only the inside shows: the constants, the remainders at few terms, the exact cases of rounding.

#![allow(clippy::unwrap_used, clippy::float_cmp)] // a panic is how a test fails; exact means exact

use num_bigint::BigInt;
use num_rational::BigRational;

use super::exponential::{self, INVERSE_FACTORIALS, LN_2_LEADING, LN_2_REST};
use super::{Interval, circular, logarithm};
use crate::scalar::{DoubleDouble, Jet, Scalar, mixed_derivative};

fn exact(x: f64) -> BigRational {
    BigRational::from_float(x).unwrap()
}

fn ratio(n: i64, d: i64) -> BigRational {
    BigRational::new(BigInt::from(n), BigInt::from(d))
}

fn encloses(i: Interval, x: &BigRational) -> bool {
    i.is_finite() && exact(i.lo()) <= *x && *x <= exact(i.hi())
}

/// Σ_{j<n} (±1)ʲ/((2j + 1) d²ʲ⁺¹) : artanh(1/d) or arctan(1/d).
fn odd_series(d: i64, n: usize, alternating: bool) -> BigRational {
    let mut power = ratio(1, d);
    let mut sum = ratio(0, 1);
    for j in 0..n {
        let term = &power / BigInt::from(2 * j + 1);
        if alternating && j % 2 == 1 {
            sum -= term;
        } else {
            sum += term;
        }
        power /= BigInt::from(d * d);
    }
    sum
}

/// The constants, against exact partial sums whose remainders are below 1e-60.
#[test]
fn the_rests_of_ln_2_and_of_half_pi_are_enclosed_to_the_neighbours() {
    let ln_2 = odd_series(3, 66, false) * BigInt::from(2);
    let rest = ln_2 - exact(LN_2_LEADING);
    assert!(encloses(LN_2_REST, &rest));
    // π/2 = 8 arctan(1/5) − 2 arctan(1/239) (J. Machin).
    let half_pi =
        odd_series(5, 50, true) * BigInt::from(8) - odd_series(239, 20, true) * BigInt::from(2);
    let [first, second] = circular::HALF_PI_LEADING.map(exact);
    assert!(encloses(circular::HALF_PI_REST, &(half_pi - first - second)));
    // Products with the counts of the reduction are exact.
    for k in [1077.0, -1075.0, 731.0] {
        assert_eq!(exact(k * LN_2_LEADING), exact(k) * exact(LN_2_LEADING));
    }
    for n in [1048576.0, -1048575.0, 699051.0] {
        for part in circular::HALF_PI_LEADING {
            assert_eq!(exact(n * part), exact(n) * exact(part));
        }
    }
}

#[test]
fn inverse_factorials_are_enclosed() {
    let mut factorial = BigInt::from(1);
    for (k, &inverse) in INVERSE_FACTORIALS.iter().enumerate() {
        factorial *= BigInt::from(k.max(1));
        assert!(encloses(inverse, &BigRational::new(1.into(), factorial.clone())), "{k}");
        assert!(inverse.width() <= 2.5 * f64::EPSILON * inverse.hi(), "{k}");
    }
}

/// With few terms a remainder is larger than all rounding: dropped or halved, it leaves the value outside.
#[test]
fn a_series_of_few_terms_still_encloses() {
    let inside = |i: Interval, x: DoubleDouble| {
        let from = |x: f64| DoubleDouble::from_f64(x);
        i.is_finite() && from(i.lo()) <= x && x <= from(i.hi())
    };
    for step in -36..=36_i32 {
        let r = f64::from(step) / 100.0;
        let (point, precise) = (Interval::from(r), DoubleDouble::from_f64(r));
        let whole = precise.exp() - DoubleDouble::one();
        for n in 2..12 {
            let sum = exponential::slope_to_one(point, n) * point;
            assert!(inside(sum, whole), "e^{r}, {n} terms: {sum:?}");
        }
        if step.abs() <= 33 {
            // 2 artanh r = ln((1 + r)/(1 − r)).
            let one = DoubleDouble::one();
            let value = ((one + precise) / (one - precise)).ln();
            for n in 1..9 {
                let sum = logarithm::twice_artanh(point, n);
                assert!(inside(sum, value), "artanh {r}, {n} terms: {sum:?}");
            }
        }
        let x = 2.0 * r;
        let (sine, cosine) = DoubleDouble::from_f64(x).sin_cos();
        for n in 1..6 {
            let (s, c) = circular::series(Interval::from(x), n);
            assert!(inside(s, sine), "sin {x}, {n} terms: {s:?}");
            assert!(inside(c, cosine), "cos {x}, {n} terms: {c:?}");
        }
    }
    // A wide argument, through both of its ends.
    let wide = exponential::slope_to_one(Interval::new(-0.2, 0.3), 3) * Interval::new(-0.2, 0.3);
    assert!(wide.lo() <= (-0.2_f64).exp_m1() && wide.hi() >= 0.3_f64.exp_m1());
}

#[test]
fn a_series_outside_its_reach_knows_nothing() {
    assert!(!exponential::slope_to_one(Interval::from(0.37), 15).is_finite());
    assert!(!logarithm::twice_artanh(Interval::new(0.0, 0.34), 18).is_finite());
    assert!(!circular::series(Interval::from(-0.81), 9).0.is_finite());
}

/// 25! is no `f64`: the weight of a high derivative has to be a product of exact ones.
#[test]
fn a_derivative_of_order_25_of_a_power_is_enclosed() {
    let factorial = (1..=25).fold(BigInt::from(1), |product, k: i32| product * BigInt::from(k));
    let power = |x: &[Jet<Interval>], out: &mut [Jet<Interval>]| {
        out[0] = (0..25).fold(Jet::one(), |product, _| product * x[0]);
    };
    let (w, direction, mut out) = ([Interval::zero()], [Interval::one()], [Interval::zero()]);
    mixed_derivative(power, &w, &[direction.as_slice(); 25], &mut out);
    assert!(encloses(out[0], &BigRational::from(factorial)), "{out:?}");
    assert!(out[0].width() < 8.0 * f64::EPSILON * out[0].hi());
}
