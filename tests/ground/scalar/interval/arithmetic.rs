//! Ring operations, quotients and roots against exact integers: any exponents, subnormal and overflowing
//! results included.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use shadowflow::scalar::{Dual, Interval, Jet, Ratio, Scalar, Tape, Variable};

use super::exact::Dyadic;
use super::{SPECIAL, any_number, around, count};

/// Whether lo ≤ x ≤ hi.
fn encloses(i: Interval, x: &Dyadic) -> bool {
    !i.is_finite() || Dyadic::new(i.lo()).at_most(x) && x.at_most(&Dyadic::new(i.hi()))
}

/// Whether lo · d ≤ n ≤ hi · d, for d > 0: whether n/d is enclosed.
fn encloses_quotient(i: Interval, n: &Dyadic, d: &Dyadic) -> bool {
    let times = |x: f64| Dyadic::new(x).times(d);
    !i.is_finite() || times(i.lo()).at_most(n) && n.at_most(&times(i.hi()))
}

/// A number in `i`, often an end.
fn within(random: &mut ChaCha8Rng, i: Interval) -> f64 {
    match random.random_range(0..4) {
        0 => i.lo(),
        1 => i.hi(),
        _ => (i.lo() + random.random::<f64>() * i.width()).clamp(i.lo(), i.hi()),
    }
}

/// How many steps of `f64` lie between the ends.
fn steps(i: Interval) -> u64 {
    let place = |x: f64| {
        let bits = x.to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    place(i.hi()).abs_diff(place(i.lo()))
}

fn check(random: &mut ChaCha8Rng, a: Interval, b: Interval) {
    if !a.is_finite() || !b.is_finite() {
        for result in [a + b, a - b, b - a, a * b, b * a, a / b, b / a] {
            assert_eq!(result, Interval::WHOLE, "{a:?} {b:?}");
        }
        return;
    }
    let (x, y) = (within(random, a), within(random, b));
    let (p, q) = (Dyadic::new(x), Dyadic::new(y));
    assert!(encloses(a + b, &p.plus(&q)), "{x:e} in {a:?} plus {y:e} in {b:?}: {:?}", a + b);
    assert!(encloses(a - b, &p.minus(&q)), "{x:e} in {a:?} minus {y:e} in {b:?}: {:?}", a - b);
    assert!(encloses(a * b, &p.times(&q)), "{x:e} in {a:?} times {y:e} in {b:?}: {:?}", a * b);
    assert!(encloses(a.square(), &p.times(&p)), "{x:e} in {a:?}, squared: {:?}", a.square());
    assert!(encloses(a.scale(y), &p.times(&q)), "{x:e} in {a:?} times {y:e}: {:?}", a.scale(y));
    assert!(encloses(-a, &Dyadic::new(-x)) && a.abs().contains(x.abs()), "{a:?}");
    assert!(a.square().lo() >= 0.0 || !a.square().is_finite(), "{a:?}");
    if b.contains(0.0) {
        assert_eq!(a / b, Interval::WHOLE, "{a:?} {b:?}");
    } else {
        let (n, d) =
            if q.is_positive() { (p.clone(), q) } else { (Dyadic::new(-x), Dyadic::new(-y)) };
        assert!(encloses_quotient(a / b, &n, &d), "{x:e} in {a:?} by {y:e} in {b:?}: {:?}", a / b);
    }
    if a.lo() < 0.0 {
        assert_eq!(a.sqrt(), Interval::WHOLE, "{a:?}");
    } else {
        let root = a.sqrt();
        let squared = |x: f64| Dyadic::new(x).times(&Dyadic::new(x));
        assert!(squared(root.lo()).at_most(&p) && p.at_most(&squared(root.hi())), "{a:?} {root:?}");
        assert!(root.lo() >= 0.0);
    }
}

#[test]
fn operations_enclose_the_exact_result_and_nothing_comes_back_from_the_whole_line() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..count(20) {
        let (x, y) = (any_number(&mut random), any_number(&mut random));
        let (a, b) = (around(&mut random, x), around(&mut random, y));
        check(&mut random, a, b);
        // Sums that cancel, quotients near one.
        let near = Interval::from(a.hi() * (1.0 + f64::EPSILON * random.random_range(-3.0..3.0)));
        check(&mut random, a, near);
    }
    for x in SPECIAL {
        for y in SPECIAL {
            check(&mut random, Interval::from(x), Interval::from(y));
            check(&mut random, Interval::new(x, y), Interval::new(-1.0, 2.0));
            check(&mut random, Interval::new(-3.0, x), Interval::new(y, 4.0));
        }
    }
}

#[test]
fn operations_on_points_are_two_steps_wide_at_most_and_exact_where_that_is_known() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..count(2) {
        let (x, y) = (any_number(&mut random), any_number(&mut random));
        let (a, b) = (Interval::from(x), Interval::from(y));
        let results = [(a + b, 1), (a - b, 1), (a * b, 2), (a / b, 2), (a.sqrt(), 2)];
        for (result, most) in results {
            assert!(!result.is_finite() || steps(result) <= most, "{x:e} {y:e} {result:?}");
        }
        // Nothing is given away: where the rounded result is finite and no neighbour of ∞, so is this.
        for (result, rounded) in [(a + b, x + y), (a * b, x * y), (a / b, x / y)] {
            let known = a.is_finite() && b.is_finite();
            assert!(
                !known || result.is_finite() || rounded.abs() >= f64::MAX || rounded.is_nan(),
                "{x:e} {y:e} {result:?}"
            );
        }
    }
    let of = Interval::from;
    for exact in [of(0.1) * of(0.0), of(-0.0) / of(3.0), of(0.0).sqrt(), of(0.1) - of(0.1)] {
        assert!(exact.is_point() && exact.contains(0.0), "{exact:?}");
    }
    for (exact, value) in [
        (of(0.1) * of(-4.0), -0.4),
        (of(0.1).scale(0.5), 0.05),
        (of(0.3) / of(8.0), 0.3 / 8.0),
        (of(0.1) + of(0.0), 0.1),
        (of(1.0) - of(0.25), 0.75),
    ] {
        assert!(exact.is_point() && exact.contains(value), "{exact:?}");
    }
    // Half of this number lies between two subnormals although it is rounded to a normal one.
    let odd = (2.0 * f64::MIN_POSITIVE).next_down();
    for half in [of(odd) * of(0.5), of(odd) / of(2.0)] {
        assert!(half.lo() < f64::MIN_POSITIVE && half.hi() >= f64::MIN_POSITIVE, "{half:?}");
    }
    // Underflows keep their sign, overflows know nothing.
    let tiny = of(1e-200) * of(1e-200);
    assert!(tiny.lo() >= 0.0 && tiny.hi() > 0.0 && tiny.hi() < 1e-323, "{tiny:?}");
    let tiny = of(1e-200) / of(-1e200);
    assert!(tiny.hi() <= 0.0 && tiny.lo() < 0.0, "{tiny:?}");
    assert_eq!(of(f64::MAX) + of(f64::MAX), Interval::WHOLE);
    assert_eq!(of(-1e200) * of(1e200), Interval::WHOLE);
}

#[test]
fn ends_out_of_order_infinite_or_nan_are_the_whole_line() {
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for i in [Interval::from(x), Interval::new(x, 1.0), Interval::new(1.0, x)] {
            assert_eq!(i, Interval::WHOLE);
            assert!(!i.is_finite() && i.largest_magnitude() == f64::INFINITY && !i.is_point());
        }
        assert_eq!(Interval::one().scale(x), Interval::WHOLE);
    }
    assert_eq!(Interval::new(1.0, 0.0), Interval::WHOLE);
    assert_eq!(Interval::from_ratio(Ratio::UNDEFINED), Interval::WHOLE);
    assert_eq!(Interval::WHOLE.width(), f64::INFINITY);
    assert_eq!(Interval::WHOLE.radius_around(0.0), f64::INFINITY);
    assert!(Interval::WHOLE.middle() == 0.0 && Interval::new(1.0, 2.0).middle() == 1.5);
}

#[test]
fn hulls_intersections_and_measures_are_those_of_sets() {
    let (a, b) = (Interval::new(-1.0, 2.0), Interval::new(1.0, 3.0));
    assert_eq!(a.hull(b), Interval::new(-1.0, 3.0));
    assert_eq!(a.intersection(b), Some(Interval::new(1.0, 2.0)));
    assert_eq!(a.intersection(Interval::new(2.5, 3.0)), None);
    assert_eq!(a.intersection(Interval::WHOLE), Some(Interval::WHOLE));
    assert_eq!(a.hull(Interval::WHOLE), Interval::WHOLE);
    assert_eq!(a.abs(), Interval::new(0.0, 2.0));
    assert_eq!((-b).abs(), b);
    assert!(a.encloses(Interval::new(0.0, 2.0)) && !a.encloses(b) && Interval::WHOLE.encloses(a));
    assert!(a.contains(2.0) && !a.contains(2.0_f64.next_up()) && !a.contains(f64::NAN));
    assert!(
        Interval::new(0.0, 0.1).width() == 0.1 && Interval::new(-0.1, 1.0).width() > 1.1 - 1e-15
    );
    let wide = Interval::new(-0.3, 0.1);
    assert!(Dyadic::new(0.1).minus(&Dyadic::new(-0.3)).at_most(&Dyadic::new(wide.width())));
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..count(1) {
        let x = any_number(&mut random);
        let i = around(&mut random, x);
        let middle = i.middle();
        assert!(i.contains(middle), "{i:?}");
        let radius = i.radius_around(middle);
        if radius.is_finite() {
            let from_middle = |end: f64| Dyadic::new(end).minus(&Dyadic::new(middle));
            assert!(from_middle(i.hi()).at_most(&Dyadic::new(radius)), "{i:?}");
            assert!(Dyadic::new(-radius).at_most(&from_middle(i.lo())), "{i:?}");
        }
    }
}

/// Ratios of integers that are no `f64` as well, in every scalar made of intervals.
#[test]
fn ratios_are_enclosed_in_every_scalar_over_intervals() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..count(1) {
        let bits = random.random_range(1..126);
        let integer = |random: &mut ChaCha8Rng| random.random::<i128>() >> (127 - bits);
        let (n, d) = (integer(&mut random), integer(&mut random));
        let ratio = Ratio::wide(n, d);
        if !ratio.is_defined() {
            continue;
        }
        let (n, d) = (Dyadic::integer(ratio.numer()), Dyadic::integer(ratio.denom()));
        let mut on_tape = [Interval::zero()];
        Tape::gradient(&[Interval::one()], |w| w[0] * Variable::from_ratio(ratio), &mut on_tape);
        let dual = Dual::<Interval>::from_ratio(ratio);
        for enclosure in [
            Interval::from_ratio(ratio),
            dual.value,
            Jet::<Interval>::from_ratio(ratio).coefficient(0),
            on_tape[0],
        ] {
            assert!(encloses_quotient(enclosure, &n, &d), "{ratio}: {enclosure:?}");
            assert!(steps(enclosure) <= 8, "{ratio}: {enclosure:?}");
        }
        assert_eq!(dual.derivative, Interval::zero());
    }
    // The nearest f64 is 2¹²⁷, which is no integer of 128 bits.
    let most = Interval::from_ratio(Ratio::wide(i128::MAX, 1));
    assert!(encloses(most, &Dyadic::integer(i128::MAX)) && steps(most) <= 1, "{most:?}");
}
