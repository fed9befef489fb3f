//! The integrators against closed forms, against each other, and against every known fault of the
//! crate underneath one of them. Digits are from mpmath 1.3.0 at 60 digits.
#![allow(clippy::unwrap_used, clippy::float_cmp)] // a panic is a test's verdict; exact means exact

use nalgebra::DVector;
use ode_solvers::System;
use shadowflow::integrate::{Dop853, Extrapolation, Fault, RightHandSide, Taylor};
use shadowflow::scalar::{DoubleDouble, Jet, Real, Scalar};

/// The problems, each written once for every scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Problem {
    /// y′ = −y², y(0) = 1: y = 1/(1 + t).
    Decay,
    /// y′ = y²: y = 1/(1 − t), a pole at 1.
    BlowUp,
    /// (x, v)′ = (v, −x): (cos, −sin) from (1, 0).
    Oscillator,
    /// y′ = y (1 − y).
    Logistic,
    /// y′ = t y, y(0) = 1: y = e^{t²/2}.
    Growing,
    /// y′ = 1 − 3t² + 5t⁴: y = t − t³ + t⁵.
    Polynomial,
    /// y′ = −(t + 1)⁻² through a quotient: y = 1/(1 + t).
    Quotient,
    /// y′ = −10⁶ (y − 1/(1 + t²)): stiff.
    Stiff,
    /// y′ = −√(½ − t): leaves the real numbers at ½.
    Leaving,
    /// y′ = NaN.
    Nowhere,
    /// y′ = 60 t⁵⁹, y(0) = 0: no series at 0 of affordable order sees that it moves.
    Late,
    /// y′ = 2.
    Straight,
}

use Problem::{
    BlowUp, Decay, Growing, Late, Leaving, Logistic, Nowhere, Oscillator, Polynomial, Quotient,
    Stiff, Straight,
};

impl<S: Scalar> RightHandSide<S> for Problem {
    fn dim(&self) -> usize {
        if *self == Oscillator { 2 } else { 1 }
    }

    fn evaluate(&mut self, t: S, y: &[S], dy: &mut [S]) {
        let (one, y0) = (S::one(), y[0]);
        dy[0] = match self {
            Decay => -y0.square(),
            BlowUp => y0.square(),
            Oscillator => {
                dy[1] = -y0;
                y[1]
            }
            Logistic => y0 * (one - y0),
            Growing => t * y0,
            Polynomial => one - t.square().scale(3.0) + t.square().square().scale(5.0),
            Quotient => -one / (t + one).square(),
            Stiff => (one / (one + t.square()) - y0).scale(1e6),
            Leaving => -(S::from_f64(0.5) - t).sqrt(),
            Nowhere => S::from_f64(f64::NAN),
            Late => (0..59).fold(S::from_f64(60.0), |power, _| power * t),
            Straight => S::from_f64(2.0),
        };
    }
}

fn dop853(mut problem: Problem, start: &[f64], span: f64) -> Result<Vec<f64>, Fault> {
    Dop853 { tolerance: 1e-13 }.integrate(&mut problem, start, span)
}

fn taylor(mut problem: Problem, start: &[f64], span: f64) -> Result<Vec<f64>, Fault> {
    Taylor { order: 20, tolerance: 1e-16 }.integrate(&mut problem, start, span)
}

fn extrapolation(mut problem: Problem, start: &[f64], span: f64) -> Result<Vec<f64>, Fault> {
    Extrapolation { tolerance: 0.0 }.integrate(&mut problem, start, span)
}

#[test]
fn all_integrators_agree_with_closed_forms() {
    let cases: [(Problem, &[f64], f64, &[f64]); 10] = [
        (Decay, &[1.0], 1.0, &[0.5]),
        (Decay, &[1.0], 999.0, &[1e-3]),
        (BlowUp, &[1.0], 0.9, &[10.0]),
        (Oscillator, &[1.0, 0.0], 10.0, &[-0.839_071_529_076_452_5, 0.544_021_110_889_369_8]),
        (Logistic, &[0.1], 3.0, &[0.690_567_857_703_015_6]),
        (Growing, &[1.0], 2.0, &[7.389_056_098_930_65]),
        (Polynomial, &[0.0], 1.5, &[1.5 - 3.375 + 7.593_75]),
        (Quotient, &[1.0], 3.0, &[0.25]),
        (Straight, &[1.0], 5.0, &[11.0]),
        (Late, &[0.0], 1.0, &[1.0]),
    ];
    for (problem, start, span, oracle) in cases {
        let ends = [
            ("DOP853", dop853(problem, start, span)),
            ("Taylor", taylor(problem, start, span)),
            ("extrapolation", extrapolation(problem, start, span)),
        ];
        for (name, end) in ends {
            let end = end.unwrap();
            assert_eq!(end.len(), oracle.len());
            for (ours, oracle) in end.iter().zip(oracle) {
                let error = (ours - oracle).abs() / oracle.abs().max(1.0);
                println!("{name} on {problem:?} to {span}: {error:.1e}");
                // Many columns amplify the round-off of the first ones.
                let allowed = if name == "extrapolation" { 1e-11 } else { 1e-12 };
                assert!(error < allowed, "{name} on {problem:?}: {ours} is off by {error:.1e}");
            }
        }
    }
}

/// 1/(1 + t) and the logistic curve in 32 digits.
#[test]
fn taylor_in_double_double_keeps_28_digits() {
    let digits = |text: &str| text.parse::<DoubleDouble>().unwrap();
    let cases: [(Problem, &str, &str, &str); 4] = [
        // 1/(1 + 1.1) with the span 1.1 a decimal, not an f64
        (Decay, "1", "1.1", "0.4761904761904761904761904761904761904762"),
        (Logistic, "0.1", "3", "0.6905678577030156078688783430676784031589"),
        (Growing, "1", "2", "7.38905609893065022723042746057500781318"),
        (Quotient, "1", "2", "0.3333333333333333333333333333333333333333"),
    ];
    for (mut problem, start, span, oracle) in cases {
        let method = Taylor { order: 28, tolerance: 1e-31 };
        let end = method.integrate(&mut problem, &[digits(start)], digits(span)).unwrap();
        let error = (end[0] - digits(oracle)).abs().leading();
        println!("{problem:?}: {error:.1e}");
        assert!(error < 1e-29, "{problem:?}: {} is off by {error:.1e}", end[0]);
    }
    let method = Taylor { order: 28, tolerance: 1e-31 };
    let start = [DoubleDouble::one(), DoubleDouble::zero()];
    let end = method.integrate(&mut Problem::Oscillator, &start, digits("10")).unwrap();
    let cosine = digits("-0.8390715290764524522588639478240648345199");
    let sine = digits("-0.5440211108893698134047476618513772816836");
    let error = (end[0] - cosine).abs().leading() + (end[1] + sine).abs().leading();
    assert!(error < 1e-28, "oscillator: {error:.1e}");
}

/// A right-hand side that counts how often it is asked.
struct Counted(Problem, usize);

impl RightHandSide<DoubleDouble> for Counted {
    fn dim(&self) -> usize {
        RightHandSide::<DoubleDouble>::dim(&self.0)
    }

    fn evaluate(&mut self, t: DoubleDouble, y: &[DoubleDouble], dy: &mut [DoubleDouble]) {
        self.1 += 1;
        self.0.evaluate(t, y, dy);
    }
}

#[test]
fn extrapolation_in_double_double_keeps_the_digits_asked_for() {
    let digits = |text: &str| text.parse::<DoubleDouble>().unwrap();
    let cases = [
        (Decay, "1", "1.1", "0.4761904761904761904761904761904761904762"),
        (Logistic, "0.1", "3", "0.6905678577030156078688783430676784031589"),
        (Growing, "1", "2", "7.38905609893065022723042746057500781318"),
        (Quotient, "1", "2", "0.3333333333333333333333333333333333333333"),
    ];
    for (problem, start, span, oracle) in cases {
        for (tolerance, allowed) in [(1e-20, 1e-19), (1e-25, 1e-24), (0.0, 1e-26)] {
            let method = Extrapolation { tolerance };
            let mut rhs = Counted(problem, 0);
            let end = method.integrate(&mut rhs, &[digits(start)], digits(span)).unwrap();
            let error = (end[0] - digits(oracle)).abs().leading();
            println!("{problem:?} to {tolerance:.0e}: {error:.1e}, {} evaluations", rhs.1);
            assert!(error < allowed, "{problem:?} to {tolerance}: {error:.1e}");
        }
    }
}

/// One step of order p misses by O(hᵖ⁺¹): tolerance 1 makes one step of every span up to ½.
#[test]
fn a_taylor_step_has_the_order_asked_for() {
    for order in 4..=9 {
        let error = |h: f64| {
            let method = Taylor { order, tolerance: 1.0 };
            let end = method
                .integrate(&mut Problem::Decay, &[DoubleDouble::one()], DoubleDouble::from_f64(h))
                .unwrap();
            let oracle = DoubleDouble::one() / (DoubleDouble::one() + DoubleDouble::from_f64(h));
            (end[0] - oracle).abs().leading()
        };
        // 1/(1 + h) misses its series by h^{p+1}/(1 + h) exactly, so the slope is known to O(h).
        let slope = (error(0.02) / error(0.01)).log2();
        let expected = order as f64 + 1.0;
        assert!((slope - expected).abs() < 0.02, "order {order}: slope {slope}");
    }
}

#[test]
fn the_order_of_taylor_is_clamped_and_its_tolerance_floored() {
    for (order, tolerance) in [(0, 1e-10), (31, 0.0), (usize::MAX, -1.0), (20, f64::NAN)] {
        let method = Taylor { order, tolerance };
        let end = method.integrate(&mut Problem::Decay, &[1.0], 1.0).unwrap();
        assert!((end[0] - 0.5).abs() < 1e-8, "{method:?}: {end:?}");
    }
}

/// A field as `ode_solvers` wants it, without our fences.
struct Raw(Problem);

impl System<f64, DVector<f64>> for Raw {
    fn system(&self, x: f64, y: &DVector<f64>, dy: &mut DVector<f64>) {
        let mut problem = self.0;
        problem.evaluate(x, y.as_slice(), dy.as_mut_slice());
    }
}

/// The error at the end of y′ = t y over [0, 2] in `steps` equal steps of the raw solver: a tolerance
/// that rejects nothing and factors that change nothing leave the step size alone.
fn raw_error_with_fixed_steps(steps: u32) -> f64 {
    let h = 2.0 / f64::from(steps);
    let mut solver = ode_solvers::dop853::Dop853::from_param(
        Raw(Growing),
        0.0,
        2.0,
        h,
        DVector::from_element(1, 1.0),
        1e3,
        1e3,
        0.9,
        0.0,
        1.0,
        1.0,
        h,
        h,
        100_000,
        100_000,
        ode_solvers::dop_shared::OutputType::Sparse,
    );
    let _ = solver.integrate().unwrap();
    assert!((solver.x_out().last().unwrap() - 2.0).abs() < 1e-12);
    (solver.y_out().last().unwrap()[0] - 7.389_056_098_930_65).abs()
}

/// c₁₂ = c₁₃ = 0 in the tableau: order 1 instead of 8 where the field depends on time.
#[test]
fn the_raw_solver_drops_to_order_one_in_time_and_ours_does_not() {
    let errors = [64, 128, 256].map(raw_error_with_fixed_steps);
    for pair in errors.windows(2) {
        let slope = (pair[0] / pair[1]).log2();
        assert!((slope - 1.0).abs() < 0.1, "mended upstream? slope {slope}, errors {errors:?}");
    }
    let ours = dop853(Growing, &[1.0], 2.0).unwrap()[0];
    assert!((ours - 7.389_056_098_930_65).abs() < 1e-11, "ours: {ours}");
}

#[test]
fn the_raw_dense_output_misses_the_end_and_ours_does_not() {
    let start = DVector::from_element(1, 1.0);
    let mut solver =
        ode_solvers::dop853::Dop853::new(Raw(Decay), 0.0, 1.0, 1.0, start, 1e-12, 1e-12);
    assert!(solver.integrate().is_ok(), "mended upstream?");
    let raw = (solver.y_out().last().unwrap()[0] - 0.5).abs();
    assert!((raw - 0.467).abs() < 1e-3, "mended upstream? the error at the end is {raw:.1e}");
    println!("raw dense output: off by {raw}");
    let ours = dop853(Decay, &[1.0], 1.0).unwrap()[0];
    assert!((ours - 0.5).abs() < 1e-12, "ours: {ours}");
}

#[test]
fn a_field_that_is_not_a_number_is_a_fault() {
    for integrate in [dop853, taylor, extrapolation] {
        assert_eq!(integrate(Nowhere, &[1.0], 1.0), Err(Fault::NotFinite { time: 0.0 }));
        assert_eq!(integrate(Decay, &[f64::NAN], 1.0), Err(Fault::NotFinite { time: 0.0 }));
        assert_eq!(integrate(Decay, &[f64::INFINITY], 1.0), Err(Fault::NotFinite { time: 0.0 }));
        let left = integrate(Leaving, &[1.0], 1.0).unwrap_err();
        let time = match left {
            Fault::NotFinite { time } | Fault::StepUnderflow { time } => time,
            other => panic!("{other}"),
        };
        assert!((0.4..=1.0).contains(&time), "{left}");
    }
}

#[test]
fn a_blow_up_is_a_fault_at_the_pole() {
    for integrate in [dop853, taylor, extrapolation] {
        let fault = integrate(BlowUp, &[1.0], 2.0).unwrap_err();
        println!("{fault}");
        let time = match fault {
            Fault::NotFinite { time }
            | Fault::StepUnderflow { time }
            | Fault::TooManySteps { time, .. }
            | Fault::Stiff { time } => time,
            other => panic!("{other}"),
        };
        assert!((time - 1.0).abs() < 1e-6, "{fault}");
    }
    let span = DoubleDouble::from_f64(2.0);
    let fine = Taylor { order: 28, tolerance: 1e-31 };
    let fault = fine.integrate(&mut Problem::BlowUp, &[DoubleDouble::one()], span).unwrap_err();
    assert!(matches!(fault, Fault::StepUnderflow { .. }), "{fault}");
}

#[test]
fn a_stiff_field_is_a_fault_or_followed_but_never_a_hang() {
    for integrate in [dop853, taylor, extrapolation] {
        let outcome = integrate(Stiff, &[1.0], 10.0);
        println!("{outcome:?}");
        match outcome {
            Ok(end) => assert!((end[0] - 1.0 / 101.0).abs() < 1e-6, "{end:?}"),
            Err(Fault::Stiff { .. } | Fault::TooManySteps { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn only_a_finite_span_from_zero_on_is_run() {
    for integrate in [dop853, taylor, extrapolation] {
        assert_eq!(integrate(Decay, &[0.25], 0.0).unwrap(), [0.25]);
        for span in [-1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let fault = integrate(Decay, &[0.25], span).unwrap_err();
            assert!(matches!(fault, Fault::Span { .. }), "{fault}");
        }
        let tiny = integrate(Decay, &[1.0], 1e-300).unwrap();
        assert!((tiny[0] - 1.0).abs() < 1e-15);
    }
    let mut decay = Problem::Decay;
    let method = Taylor { order: 28, tolerance: 1e-31 };
    let negative = method.integrate(&mut decay, &[DoubleDouble::one()], -DoubleDouble::one());
    assert_eq!(negative, Err(Fault::Span { span: -1.0 }));
}

/// A problem of two jets must not depend on which is the longer one.
#[test]
fn time_enters_the_series_at_full_length() {
    // t² and t⁴ lose their terms if the jet of time is short.
    let end = taylor(Polynomial, &[0.0], 2.0).unwrap();
    assert!((end[0] - (2.0 - 8.0 + 32.0)).abs() < 1e-13, "{end:?}");
    let mut image = [Jet::zero()];
    Polynomial.evaluate(
        Jet::from_coefficients(&[0.0, 1.0, 0.0, 0.0, 0.0]),
        &[Jet::one()],
        &mut image,
    );
    assert_eq!(image[0], Jet::from_coefficients(&[1.0, 0.0, -3.0, 0.0, 5.0]));
}
