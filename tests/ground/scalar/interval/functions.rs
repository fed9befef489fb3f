//! The functions against double-double and against the correctly rounded values of the crate `pxfm`.
//!
//! An interval that encloses f(x) encloses f(x) correctly rounded too, because rounding keeps the order; this
//! says nothing about half a step, which double-double does wherever its low part is a normal number.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use shadowflow::scalar::{DoubleDouble, Interval, Scalar};

use super::{SPECIAL, any_number, around, count, of_magnitude};

/// A function, three times, and where it is tested.
struct Function {
    name: &'static str,
    interval: fn(Interval) -> Interval,
    precise: fn(DoubleDouble) -> DoubleDouble,
    correctly_rounded: Option<fn(f64) -> f64>,
    /// Arguments from here to there, uniformly; and with magnitudes up to 10 to the last.
    range: [f64; 2],
    most: f64,
    /// The largest width at a point, in steps of `f64`, where the value is a normal number.
    steps: f64,
}

const FUNCTIONS: [Function; 8] = [
    Function {
        name: "exp",
        interval: Interval::exp,
        precise: DoubleDouble::exp,
        correctly_rounded: Some(pxfm::f_exp),
        range: [-708.0, 709.7],
        most: 2.85,
        steps: 4.0,
    },
    Function {
        name: "ln",
        interval: Interval::ln,
        precise: DoubleDouble::ln,
        correctly_rounded: Some(pxfm::f_log),
        range: [0.4, 2.5],
        most: 308.0,
        steps: 12.0,
    },
    Function {
        name: "√",
        interval: Interval::sqrt,
        precise: DoubleDouble::sqrt,
        correctly_rounded: Some(f64::sqrt),
        range: [0.0, 4.0],
        most: 308.0,
        steps: 3.0,
    },
    Function {
        name: "tanh",
        interval: Interval::tanh,
        precise: DoubleDouble::tanh,
        correctly_rounded: Some(pxfm::f_tanh),
        range: [-2.0, 2.0],
        most: 308.0,
        steps: 14.0,
    },
    Function {
        name: "sin",
        interval: |x| x.sin_cos().0,
        precise: |x| x.sin_cos().0,
        correctly_rounded: Some(pxfm::f_sin),
        range: [-10.0, 10.0],
        most: 6.2,
        steps: 10.0,
    },
    Function {
        name: "cos",
        interval: |x| x.sin_cos().1,
        precise: |x| x.sin_cos().1,
        correctly_rounded: Some(pxfm::f_cos),
        range: [-10.0, 10.0],
        most: 6.2,
        steps: 10.0,
    },
    Function {
        name: "softplus",
        interval: Interval::softplus,
        precise: DoubleDouble::softplus,
        correctly_rounded: None,
        range: [-40.0, 40.0],
        most: 2.8,
        steps: 16.0,
    },
    Function {
        name: "logistic",
        interval: Interval::logistic,
        precise: DoubleDouble::logistic,
        correctly_rounded: None,
        range: [-40.0, 40.0],
        most: 2.8,
        steps: 12.0,
    },
];

/// The error that double-double may have, with room: of its argument reduction too, which loses digits of
/// sines of large arguments.
fn slack(x: f64, value: DoubleDouble) -> f64 {
    1e-29 * value.hi().abs()
        + 1e-32 * x.abs().min(1e7) * f64::from(u8::from(value.hi().abs() <= 1.0))
}

impl Function {
    /// Whether `enclosure` may claim to contain f(x).
    fn check(&self, x: f64, enclosure: Interval) {
        let name = self.name;
        if let Some(f) = self.correctly_rounded {
            let value = f(x);
            // An overflow is rounded to ∞.
            let inside =
                enclosure.contains(value) || value.is_infinite() && enclosure.hi() == f64::MAX;
            assert!(inside, "{name} {x:e} = {value:e}, not in {enclosure:?}");
        }
        let value = (self.precise)(DoubleDouble::from_f64(x));
        // Nor has double-double any of the sine of a large argument, or of a root whose square is subnormal.
        let reduced = match self.name {
            "√" => x > 1e-285,
            _ => !self.is_periodic() || x.abs() < 1e7,
        };
        let digits = reduced && value.hi().abs() > 1e-285 && value.hi().abs() < 1e300;
        if digits && enclosure.is_finite() {
            let off = |end: f64| (value - DoubleDouble::from_f64(end)).hi();
            let slack = slack(x, value);
            let inside = off(enclosure.lo()) >= -slack && off(enclosure.hi()) <= slack;
            assert!(inside, "{name} {x:e} = {value}, not in {enclosure:?}");
        }
    }

    fn is_periodic(&self) -> bool {
        matches!(self.name, "sin" | "cos")
    }

    /// Whether x is where the function is finite.
    fn is_defined(&self, x: f64) -> bool {
        match self.name {
            "ln" => x > 0.0 && x.is_finite(),
            "√" => x >= 0.0 && x.is_finite(),
            "exp" => x < 709.78 && x.is_finite(),
            // Above its argument, which is the largest number there is.
            "softplus" => x.is_finite() && x < f64::MAX,
            _ => x.is_finite(),
        }
    }

    fn arguments(&self, random: &mut ChaCha8Rng) -> f64 {
        let x = match random.random_range(0..8) {
            0 => any_number(random),
            1 => of_magnitude(random, -320.0, self.most),
            2 => of_magnitude(random, -3.0, self.most.min(2.0)),
            // Close to where values vanish or the formulas change.
            3 => {
                let places = [1.0, 0.34, 0.5 * std::f64::consts::LN_2, 20.0, 0.5, 709.0, 745.0];
                let quarter =
                    f64::from(random.random_range(-40_i32..40)) * std::f64::consts::FRAC_PI_2;
                let place = places.get(random.random_range(0..9)).copied().unwrap_or(quarter);
                place * (1.0 + of_magnitude(random, -16.0, -2.0))
            }
            _ => random.random_range(self.range[0]..self.range[1]),
        };
        if self.is_defined(-x) && !self.is_defined(x) { -x } else { x }
    }
}

#[test]
fn functions_of_points_enclose_and_are_as_narrow_as_promised() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for f in &FUNCTIONS {
        let mut widest: f64 = 0.0;
        for _ in 0..count(6) {
            let x = f.arguments(&mut random);
            let enclosure = (f.interval)(Interval::from(x));
            if !f.is_defined(x) {
                assert_eq!(enclosure, Interval::WHOLE, "{} {x:e}", f.name);
                continue;
            }
            f.check(x, enclosure);
            assert!(enclosure.is_finite(), "{} {x:e}", f.name);
            let least = enclosure.lo().abs().min(enclosure.hi().abs());
            let reduced = !f.is_periodic() || x.abs() < 1.6e6;
            if least > 1e-290 && reduced {
                let step = least.next_up() - least;
                widest = widest.max(enclosure.width() / step);
            }
        }
        assert!(widest <= f.steps, "{}: {widest} steps", f.name);
        // The promise is no more than a step or two above what is found.
        assert!(widest >= f.steps - 5.0 && widest > 1.0, "{}: {widest} steps only", f.name);
    }
}

#[test]
fn functions_of_special_arguments_are_enclosed_or_unknown() {
    for f in &FUNCTIONS {
        for x in SPECIAL.into_iter().flat_map(|x| [x, x.next_up(), x.next_down()]) {
            let enclosure = (f.interval)(Interval::from(x));
            if f.is_defined(x) {
                assert!(enclosure.is_finite(), "{} {x:e}: {enclosure:?}", f.name);
                f.check(x, enclosure);
            } else {
                assert_eq!(enclosure, Interval::WHOLE, "{} {x:e}", f.name);
            }
        }
        assert_eq!((f.interval)(Interval::WHOLE), Interval::WHOLE, "{}", f.name);
    }
    let of = Interval::from;
    let (sine, cosine) = of(-0.0).sin_cos();
    for (exact, value) in [
        (of(0.0).exp(), 1.0),
        (of(1.0).ln(), 0.0),
        (of(0.0).tanh(), 0.0),
        (of(0.0).logistic(), 0.5),
        (sine, 0.0),
        (of(0.0).sqrt(), 0.0),
    ] {
        assert!(exact.is_finite() && exact.contains(value) && exact.width() < 1e-15, "{exact:?}");
    }
    assert!(cosine.contains(1.0) && cosine.hi() <= 1.0 && cosine.width() < 1e-15);
    // Both sides of the largest and of the smallest result.
    assert!(of(709.782_712_893_383_9).exp().lo() > 1.797e308);
    assert_eq!(of(709.782_712_893_384_1).exp(), Interval::WHOLE);
    assert!(of(-740.0).exp().lo() > 0.0 && of(-745.2).exp().contains(0.0));
    assert!(of(-1e300).exp().lo() >= 0.0 && of(-1e300).exp().hi() > 0.0);
    // Saturated, but never beyond.
    assert!(of(1e300).tanh().hi() == 1.0 && of(1e300).tanh().lo() < 1.0);
    assert!(of(-25.0).tanh().lo() == -1.0 && of(-25.0).tanh().hi() > -1.0);
    assert!(of(20.0).tanh().lo() < 1.0 && of(1e300).logistic().hi() <= 1.0);
    assert_eq!(of(1e300).sin_cos().0, Interval::new(-1.0, 1.0));
}

#[test]
fn functions_of_wide_intervals_enclose_every_value_and_little_more() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    for f in &FUNCTIONS {
        for _ in 0..count(2) {
            let x = f.arguments(&mut random);
            let i = around(&mut random, x);
            let image = (f.interval)(i);
            if !i.is_finite() {
                assert_eq!(image, Interval::WHOLE, "{} {i:?}", f.name);
                continue;
            }
            if !(f.is_defined(i.lo()) && f.is_defined(i.hi())) {
                assert_eq!(image, Interval::WHOLE, "{} {i:?}", f.name);
                continue;
            }
            assert!(image.is_finite(), "{} {i:?}", f.name);
            let between = (i.lo() + random.random::<f64>() * i.width()).clamp(i.lo(), i.hi());
            for x in [i.lo(), i.hi(), x, between] {
                f.check(x, image);
            }
            let (first, last) = ((f.interval)(i.lo().into()), (f.interval)(i.hi().into()));
            let hull = first.hull(last);
            if f.is_periodic() {
                // Beyond the values at the ends, an extremum between them: 1 − cos of the half width.
                if i.width() < 0.5 && i.largest_magnitude() < 1e6 {
                    let excess = image.width() - hull.width();
                    assert!(excess <= i.width().powi(2) + 1e-15, "{} {i:?}: {excess:e}", f.name);
                }
            } else {
                assert_eq!(image, Interval::new(first.lo(), last.hi()), "{} {i:?}", f.name);
            }
        }
    }
    let half_pi = std::f64::consts::FRAC_PI_2;
    let (sine, cosine) = Interval::new(half_pi - 0.1, half_pi + 0.2).sin_cos();
    assert!(sine.hi() >= 1.0 && sine.lo() <= (half_pi + 0.2).sin() && sine.lo() > 0.95, "{sine:?}");
    assert!((cosine.lo() + 0.2_f64.sin()).abs() < 1e-15, "{cosine:?}");
    assert!((cosine.hi() - 0.1_f64.sin()).abs() < 1e-15, "{cosine:?}");
    assert_eq!(Interval::new(0.0, 3.0).sin_cos().0, Interval::new(-1.0, 1.0));
}
