//! Jets, dual numbers and tapes over intervals, and computations that read a value where there is none.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use shadowflow::scalar::interval::reads_wide_intervals;
use shadowflow::scalar::{DoubleDouble, Dual, Interval, Jet, Real, Scalar, Tape};

use super::super::formula;
use super::count;

const ORDER: usize = 7;

type Nested<S> = Dual<Dual<S>>;

/// formula(x y) with everything known of it: its Taylor coefficients along (1, u), its gradient and the
/// gradient's derivative along u by the tape, a mixed second derivative by nested dual numbers.
fn everything<S: Scalar>(w: [S; 2], u: S) -> Vec<S> {
    let mut all = Vec::new();
    let mut line = [[S::zero(); ORDER]; 2];
    line[0][0] = w[0];
    line[0][1] = S::one();
    line[1][0] = w[1];
    line[1][1] = u;
    let [x, y] = line.map(|c| Jet::from_coefficients(&c));
    let jet = formula(x * y) + x.square();
    all.extend((0..ORDER).map(|k| jet.coefficient(k)));
    let duals = [Dual::new(w[0], S::one()), Dual::new(w[1], u)];
    let mut gradient = [Dual::zero(); 2];
    Tape::gradient(&duals, |w| formula(w[0] * w[1]) + w[0].square(), &mut gradient);
    all.extend(gradient.iter().flat_map(|g| [g.value, g.derivative]));
    let x: Nested<S> = Dual::new(Dual::new(w[0], S::one()), Dual::zero());
    let y: Nested<S> = Dual::new(Dual::new(w[1], S::zero()), Dual::one());
    let mixed = formula(x * y) + x.square();
    all.extend([mixed.value.derivative, mixed.derivative.value, mixed.derivative.derivative]);
    all
}

#[test]
fn every_derivative_of_points_and_of_boxes_is_enclosed() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for _ in 0..(count(1) / 10) {
        let centre: [f64; 3] = std::array::from_fn(|_| random.random_range(-1.5..1.5));
        for reach in [0.0, 1e-9, 1e-3] {
            let around = |x: f64| Interval::new(x - reach, x + reach);
            let [x, y, u] = centre.map(around);
            let enclosures = everything([x, y], u);
            let inside: [f64; 3] = std::array::from_fn(|i| {
                let at = around(centre[i]);
                (at.lo() + random.random::<f64>() * at.width()).clamp(at.lo(), at.hi())
            });
            let [x, y, u] = inside.map(DoubleDouble::from_f64);
            for (k, (e, value)) in enclosures.iter().zip(everything([x, y], u)).enumerate() {
                assert!(e.is_finite(), "{k} at {inside:?}");
                let off = |end: f64| (value - DoubleDouble::from_f64(end)).hi();
                let slack = 1e-26 * value.abs().hi().max(1.0);
                let enclosed = off(e.lo()) >= -slack && off(e.hi()) <= slack;
                assert!(enclosed, "{k} at {inside:?}: {value} not in {e:?}");
                let tight = e.width() <= 1e-11 + 1e5 * reach;
                assert!(tight || reach > 1e-4, "{k} at {inside:?}: {e:?}");
            }
        }
    }
}

#[test]
fn squares_of_what_is_made_of_intervals_are_not_negative() {
    let x = Interval::new(-0.5, 1.0);
    let dual = Dual::new(x, Interval::one()).square();
    assert_eq!(dual.value, x.square());
    assert!(dual.value.lo() >= 0.0 && dual.derivative.encloses(Interval::new(-1.0, 2.0)));
    let jet = Jet::from_coefficients(&[x, Interval::one(), Interval::zero()]).square();
    assert_eq!(jet.coefficient(0), x.square());
    assert!(jet.coefficient(1).encloses(Interval::new(-1.0, 2.0)));
    assert!(jet.coefficient(2).contains(1.0) && jet.coefficient(2).width() < 1e-15);
    // Of tanh near 0 the slope is 1 − tanh², at most 1.
    let slope = Dual::new(Interval::new(-0.1, 0.1), Interval::one()).tanh().derivative;
    assert!(slope.hi() <= 1.0 && slope.lo() < 0.9901, "{slope:?}");
}

#[test]
fn what_is_not_finite_reaches_the_end_of_every_computation() {
    let x = Interval::new(-1e-3, 1.0);
    for w in [[x, x], [Interval::WHOLE, Interval::one()]] {
        let root = |x: Jet<Interval>| (x * x + x).ln().tanh().logistic();
        let jet = root(Jet::from_coefficients(&[w[0], Interval::one()]));
        assert!(!jet.is_finite() && !jet.coefficient(0).is_finite());
        let dual = Dual::new(w[0], Interval::one()).sqrt().tanh();
        assert!(!dual.is_finite() && !dual.value.is_finite());
        let mut out = [Interval::zero(); 2];
        Tape::gradient(&w, |w| (w[0].ln() * w[1]).tanh(), &mut out);
        assert!(out.iter().any(|g| !g.is_finite()), "{out:?}");
    }
}

/// |x| as a loss might have it.
fn branching<S: Scalar>(x: S) -> S {
    if x.leading() < 0.0 { -x } else { x }
}

#[test]
fn reading_an_interval_that_is_no_point_is_noted_in_every_scalar_made_of_it() {
    let (point, wide) = (Interval::from(-2.0), Interval::new(-1.0, 2.0));
    assert_eq!(reads_wide_intervals(|| branching(point)), (Interval::from(2.0), false));
    assert!(reads_wide_intervals(|| branching(wide)).1);
    assert!(wide.leading().is_nan() && Interval::WHOLE.leading().is_nan());
    assert!(reads_wide_intervals(|| Interval::WHOLE.leading()).1);
    // Nothing is kept for the next computation.
    assert!(!reads_wide_intervals(|| formula(wide)).1);
    assert!(reads_wide_intervals(|| branching(Dual::new(wide, point))).1);
    assert!(!reads_wide_intervals(|| branching(Dual::new(point, wide))).1);
    assert!(reads_wide_intervals(|| branching(Jet::constant(wide))).1);
    let mut out = [Interval::zero()];
    assert!(reads_wide_intervals(|| Tape::gradient(&[wide], |w| branching(w[0]), &mut out)).1);
    // Sizes too: by them iterations are stopped.
    assert_eq!(reads_wide_intervals(|| Scalar::magnitude(wide)), (2.0, true));
    assert_eq!(reads_wide_intervals(|| Scalar::magnitude(point)), (2.0, false));
    assert!(reads_wide_intervals(|| Jet::constant(wide).magnitude()).1);
    assert!(!reads_wide_intervals(|| wide.is_finite()).1);
    // What is inside another computation is seen by both, what was before by neither.
    let (inner, outer) = reads_wide_intervals(|| reads_wide_intervals(|| wide.leading()).1);
    assert!(inner && outer);
    let (inner, outer) = reads_wide_intervals(|| {
        let _ = wide.leading();
        reads_wide_intervals(|| point.leading()).1
    });
    assert!(!inner && outer);
}

/// No computation of this crate's own scalars branches on the values that it is given.
#[test]
fn no_function_of_any_scalar_reads_a_value() {
    let (x, u) = (Interval::new(0.4, 0.6), Interval::new(-1.0, 1.0));
    assert!(!reads_wide_intervals(|| everything([x, x], u)).1);
    let logarithms = || Jet::from_coefficients(&[x, u, u]).ln() / Jet::from_coefficients(&[x, u]);
    assert!(!reads_wide_intervals(logarithms).1);
}
