//! What every integrator owes: units do not matter, and nothing vanishes by accident.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::scalar::{DoubleDouble, Real};

/// A field of two components in other units: time runs `fast` times as fast, and all is `size` times as
/// large. Counts how often it is asked.
struct Unit {
    field: Field,
    fast: f64,
    size: f64,
    asked: usize,
}

#[derive(Clone, Copy, Debug)]
enum Field {
    /// x″ = −(1 + t/8) x, which depends on time and has neither end nor pole.
    Stiffening,
    /// (x, y)′ = (x²/4, xy/4), with a pole at 1 from x = 4.
    Pole,
}

impl Unit {
    fn new(field: Field, fast: f64, size: f64) -> Self {
        Unit { field, fast, size, asked: 0 }
    }
}

impl<S: Scalar> RightHandSide<S> for Unit {
    fn dim(&self) -> usize {
        2
    }

    fn evaluate(&mut self, t: S, y: &[S], dy: &mut [S]) {
        self.asked += 1;
        let (t, x, v) =
            (t.scale(self.fast), y[0].scale(1.0 / self.size), y[1].scale(1.0 / self.size));
        let field = match self.field {
            Field::Stiffening => [v, -(x + (t * x).scale(0.125))],
            Field::Pole => [x.square().scale(0.25), (x * v).scale(0.25)],
        };
        for (dy, f) in dy.iter_mut().zip(field) {
            *dy = f.scale(self.fast * self.size);
        }
    }
}

type Run = Box<dyn Fn(&mut Unit, &[f64], f64) -> Result<Vec<f64>, Fault>>;

fn runs() -> Vec<(&'static str, Run)> {
    let wide = |rhs: &mut Unit, start: &[f64], span: f64| {
        let start: Vec<DoubleDouble> = start.iter().map(|&y| DoubleDouble::from_f64(y)).collect();
        let method = Extrapolation { tolerance: 1e-24 };
        let end = method.integrate(rhs, &start, DoubleDouble::from_f64(span))?;
        Ok(end.iter().map(|y| y.leading()).collect())
    };
    let by = |tolerance: f64| -> [(&'static str, Run); 2] {
        let extrapolation = Extrapolation { tolerance };
        let taylor = Taylor { order: 14, tolerance };
        [
            ("extrapolation", Box::new(move |rhs, y, span| extrapolation.integrate(rhs, y, span))),
            ("Taylor", Box::new(move |rhs, y, span| taylor.integrate::<f64>(rhs, y, span))),
        ]
    };
    let mut runs: Vec<(&'static str, Run)> = vec![("extrapolation in 32 digits", Box::new(wide))];
    runs.extend(by(1e-9));
    runs.extend(by(1e-13));
    runs
}

/// Powers of two scale without rounding, so that in other units every step is the same, to the bit.
#[test]
fn units_of_time_and_of_size_change_nothing() {
    let start = [4.0, -5.0];
    for (name, run) in runs() {
        let mut plain = Unit::new(Field::Stiffening, 1.0, 1.0);
        let end = run(&mut plain, &start, 40.0).unwrap();
        // So long a span takes several steps, some of which are tried and taken back.
        assert!(plain.asked > 200, "{name}: {}", plain.asked);
        for (fast, size) in [(40, 0), (-40, 0), (0, 40), (25, 25), (-25, 60)] {
            let [fast, size] = [fast, size].map(|power| f64::powi(2.0, power));
            let mut scaled = Unit::new(Field::Stiffening, fast, size);
            let found = run(&mut scaled, &start.map(|y| size * y), 40.0 / fast);
            let found: Vec<f64> = found.unwrap().iter().map(|y| y / size).collect();
            let same = found.iter().zip(&end).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{name}, {fast} and {size}: {found:?}, not {end:?}");
            assert_eq!(scaled.asked, plain.asked, "{name}, {fast} and {size}");
        }
    }
}

#[test]
fn a_pole_is_met_at_the_same_point_in_every_unit() {
    let time = |fault: Fault| match fault {
        Fault::StepUnderflow { time } | Fault::NotFinite { time } => time,
        other => panic!("{other}"),
    };
    for (name, run) in runs() {
        let mut plain = Unit::new(Field::Pole, 1.0, 1.0);
        let met = time(run(&mut plain, &[4.0, 1.0], 2.0).unwrap_err());
        assert!((met - 1.0).abs() < 1e-6, "{name}: {met}");
        for power in [-40, 40] {
            let fast = f64::powi(2.0, power);
            let mut scaled = Unit::new(Field::Pole, fast, 1.0);
            let found = fast * time(run(&mut scaled, &[4.0, 1.0], 2.0 / fast).unwrap_err());
            assert_eq!(found.to_bits(), met.to_bits(), "{name}, {fast}: {found}, not {met}");
            assert_eq!(scaled.asked, plain.asked, "{name}, {fast}");
        }
    }
}

/// y′ = 960 t (t − ¼)(t − ½)(t − ¾), so y(1) = 7: the midpoint rule with two substeps and with four sees
/// nothing but zeros.
struct Hiding;

impl<S: Scalar> RightHandSide<S> for Hiding {
    fn dim(&self) -> usize {
        1
    }

    fn evaluate(&mut self, t: S, _y: &[S], dy: &mut [S]) {
        let zeros = [0.0, 0.25, 0.5, 0.75];
        dy[0] = zeros.iter().fold(S::from_f64(960.0), |f, &at| f * (t - S::from_f64(at)));
    }
}

#[test]
fn a_field_that_vanishes_wherever_it_is_first_seen_is_followed() {
    let near = |end: &[f64]| assert!((end[0] - 8.0).abs() < 1e-9, "{end:?}");
    for tolerance in [1e-12, 1e-10] {
        near(&Extrapolation { tolerance }.integrate(&mut Hiding, &[1.0], 1.0).unwrap());
        near(&Dop853 { tolerance }.integrate(&mut Hiding, &[1.0], 1.0).unwrap());
        for order in [8, 20] {
            near(&Taylor { order, tolerance }.integrate(&mut Hiding, &[1.0], 1.0).unwrap());
        }
    }
    let (start, span) = ([DoubleDouble::one()], DoubleDouble::one());
    let end = Extrapolation { tolerance: 0.0 }.integrate(&mut Hiding, &start, span).unwrap();
    assert!((end[0] - DoubleDouble::from_f64(8.0)).abs().leading() < 1e-26, "{end:?}");
}
