//! The rules by which steps are taken, lengthened and shortened.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;

fn near(found: f64, known: f64) {
    assert!((found / known - 1.0).abs() < 1e-12, "{found} is not {known}");
}

#[test]
fn a_step_is_doubled_after_one_of_fewer_than_half_the_columns() {
    for columns in 1..=COLUMNS {
        near(growth(columns), if columns <= 8 { 2.0 } else { 1.0 });
    }
}

/// The last difference is of order 36 in the step: 2³⁶ times too large asks for half of it.
#[test]
fn a_step_is_shortened_by_the_order_of_its_last_difference() {
    for halvings in 0..=2 {
        let excess = f64::powi(2.0, 36 * halvings);
        near(share(excess), 0.9 / f64::powi(2.0, halvings));
    }
    for excess in [0.0, 1e-30, 0.5, 1.0] {
        near(share(excess), 0.9);
    }
    for excess in [1e30, f64::MAX, f64::INFINITY, f64::NAN] {
        near(share(excess), 0.2);
    }
}

/// y′ = (exponent + 1) t^exponent.
struct Power(i32);

impl RightHandSide<f64> for Power {
    fn dim(&self) -> usize {
        1
    }

    fn evaluate(&mut self, t: f64, _y: &[f64], dy: &mut [f64]) {
        dy[0] = f64::from(self.0 + 1) * t.powi(self.0);
    }
}

/// Each column removes one term of the midpoint rule's error, which ends for a polynomial; one difference
/// more says so, and another that it was no accident.
#[test]
fn a_polynomial_takes_the_columns_that_its_degree_asks_for() {
    for (exponent, columns) in [(0, 3), (1, 3), (3, 4), (5, 5), (7, 6)] {
        let slope = [if exponent == 0 { 1.0 } else { 0.0 }];
        let end = extrapolated(&mut Power(exponent), 0.0, &[0.0], &slope, 1.0, 1e-12);
        let end = end.unwrap_or_else(|excess| panic!("{exponent}: {excess} times too large"));
        assert_eq!(end.columns, columns, "t^{exponent}");
        near(end.values[0], 1.0);
    }
}

/// y′ = 1/(1 + t), whose differences shrink more slowly from column to column than the first foretell.
struct Hyperbola;

impl RightHandSide<f64> for Hyperbola {
    fn dim(&self) -> usize {
        1
    }

    fn evaluate(&mut self, t: f64, _y: &[f64], dy: &mut [f64]) {
        dy[0] = 1.0 / (1.0 + t);
    }
}

/// What is foretold to be just small enough is waited for, and the next column finds it far too large; what
/// is foretold to be too large is not waited for.
#[test]
fn a_step_is_given_up_once_its_last_difference_is_foretold_to_be_too_large() {
    let excess = |tolerance: f64| {
        extrapolated(&mut Hyperbola, 0.0, &[0.0], &[1.0], 1.0, tolerance).err().unwrap()
    };
    // Division by a power of two is exact, so this is the difference itself.
    let tiny = f64::powi(2.0, -200);
    let foretold = excess(tiny) * tiny;
    assert!(excess(foretold) > 1e3);
    let above = excess(foretold * (1.0 - f64::EPSILON));
    assert!(above > 1.0 && above < 1.0 + 1e-12, "{above}");
}
