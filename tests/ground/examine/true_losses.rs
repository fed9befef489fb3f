//! Losses that are what they say they are, at every scale and from every start: none is accused.

use nalgebra::DMatrix;
use shadowflow::loss::{
    Examples, Factorisation, Loss, Mlp, Problem, Quadratic, TwoMinima, examine, names,
    random_problem,
};
use shadowflow::prelude::*;

use super::curves::in_numbers;
use super::own::passes;

/// A loss times `value`, in parameters that are `length` times as long.
struct Scaled<L> {
    inner: L,
    value: f64,
    length: f64,
}

impl<L: Loss> Loss for Scaled<L> {
    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn batches(&self) -> usize {
        self.inner.batches()
    }

    fn is_quadratic(&self) -> bool {
        self.inner.is_quadratic()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let w: Vec<S> = w.iter().map(|w| w.scale(1.0 / self.length)).collect();
        self.inner.value(batch, &w).scale(self.value)
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let w: Vec<S> = w.iter().map(|w| w.scale(1.0 / self.length)).collect();
        self.inner.gradient(batch, &w, out);
        out.iter_mut().for_each(|g| *g = g.scale(self.value).scale(1.0 / self.length));
    }
}

fn both_pass(problem: &Problem) {
    passes(problem);
    passes(&in_numbers(problem));
}

#[test]
fn every_preset_passes_with_any_number_of_minibatches() {
    for (name, _) in names() {
        for batches in [None, Some(1), Some(2), Some(5), Some(40)] {
            let Ok(problem) = preset(name, batches, None, 1) else { continue };
            both_pass(&problem);
        }
    }
}

#[test]
fn every_random_family_passes() {
    for (name, _) in names() {
        for seed in 0..500 {
            let Some(Ok(problem)) = random_problem(name, seed) else { continue };
            for problem in [&problem, &in_numbers(&problem)] {
                if let Err(flaw) = examine(problem, seed) {
                    panic!("{name} {seed}: {flaw}");
                }
            }
        }
    }
}

fn scaled_pass<L: Loss + 'static>(make: impl Fn() -> L, start: &[f64]) {
    for value in [1e-12, 1.0, 1e12] {
        for length in [1e-6, 1.0, 1e6] {
            let start = DVector::from_iterator(start.len(), start.iter().map(|x| x * length));
            let loss = Scaled { inner: make(), value, length };
            both_pass(&Problem::new(format!("{value} and {length}"), loss, start));
        }
    }
}

#[test]
fn scale_does_not_matter() {
    let rows = DMatrix::from_fn(6, 1, |i, _| -1.5 + 0.6 * i as f64);
    let targets = rows.map(|x| (2.0 * x).sin());
    let groups: Vec<Vec<usize>> = (0..3).map(|k| vec![k, k + 3]).collect();
    for seed in 0..10 {
        let net =
            || Mlp::new(&[1, 3, 1], Examples::new(&rows, &targets, &groups).unwrap()).unwrap();
        scaled_pass(net, net().initial(seed).as_slice());
        let quadratic = || Quadratic::random(&[0.002, 0.3, 2.0], 3, 0.5, seed).unwrap();
        scaled_pass(quadratic, &[1.0, -0.75, 1.0]);
    }
    scaled_pass(|| Factorisation::new(&[0.5, 1.0], &[0.8, 0.6]).unwrap(), &[1.25, 0.75]);
    scaled_pass(|| TwoMinima::new(4).unwrap(), &[1.5]);
}

/// Where gradients vanish, of one minibatch or of all, and at 0.
#[test]
fn starts_at_rest_are_no_flaws() {
    let quadratic = || Quadratic::random(&[0.3, 0.7, 1.2], 3, 0.5, 2).unwrap();
    let minimum = quadratic().minimum().unwrap();
    both_pass(&Problem::new("at the minimum", quadratic(), minimum));
    let own = quadratic().batch_minimum(1).clone();
    both_pass(&Problem::new("at a minibatch's minimum", quadratic(), own));
    for w in [-1.0, 0.0, 1.0] {
        let wells = TwoMinima::new(4).unwrap();
        both_pass(&Problem::new("at rest", wells, DVector::from_vec(vec![w])));
    }
    for (name, _) in names() {
        let Ok(problem) = preset(name, None, None, 1) else { continue };
        let origin = problem.started_at("origin", DVector::zeros(problem.dim()));
        both_pass(&origin);
    }
    let fitted = Factorisation::new(&[1.0, 2.0], &[0.75, 1.5]).unwrap();
    both_pass(&Problem::new("fitted", fitted, DVector::from_vec(vec![1.5, 0.5])));
}

/// A loss in two parameters by its value alone.
macro_rules! by_value {
    ($name:ident, $batch:ident, $w:ident, $scalar:ident => $value:expr) => {
        struct $name;
        impl Loss for $name {
            fn dim(&self) -> usize {
                2
            }
            fn batches(&self) -> usize {
                2
            }
            fn value<$scalar: Scalar>(&self, $batch: usize, $w: &[$scalar]) -> $scalar {
                $value
            }
        }
    };
}

by_value!(Linear, k, w, S => w[0].scale(3.0 + k as f64) - w[1] + S::from_f64(7.0));
by_value!(Constant, _k, _w, S => S::from_f64(5.0));
by_value!(Flat, _k, w, S => (w[0] + w[1]).scale(0.0));
by_value!(Cancelling, k, w, S => w[0].exp() * (-w[0]).exp() + w[1].square().scale(1.0 + k as f64));
by_value!(Offset, k, w, S => S::from_f64(1e9) + (w[0] * w[1] - S::from_f64(k as f64)).square());
by_value!(Inflection, _k, w, S => w[0] + (w[0] * w[0].square()).scale(1.0 / 6.0) + w[1].exp());
by_value!(Robust, k, w, S => (S::one() + (w[0] - w[1].scale(k as f64)).square()).sqrt());
by_value!(Steep, k, w, S => {
    w[0].scale(2e4).softplus().scale(1e-4) - w[0] + (w[1] - S::from_f64(k as f64)).square()
});
by_value!(Pole, _k, w, S => S::one() / w[0] + w[1].ln());
by_value!(Wide, k, w, S => (w[0].scale(1e6) - S::from_f64(k as f64)).square() + w[1].scale(1e-6).tanh());

#[test]
fn odd_but_true_losses_pass() {
    let starts = [[1.0, 0.5], [0.3, 2.0], [-1e-3, 1.5], [1e3, 0.1], [1e-9, 1e-9]];
    for start in starts {
        let at = || DVector::from_column_slice(&start);
        both_pass(&Problem::new("linear", Linear, at()));
        both_pass(&Problem::new("constant", Constant, at()));
        both_pass(&Problem::new("flat", Flat, at()));
        both_pass(&Problem::new("offset", Offset, at()));
        both_pass(&Problem::new("inflection", Inflection, at()));
        both_pass(&Problem::new("robust", Robust, at()));
        both_pass(&Problem::new("steep", Steep, at()));
        both_pass(&Problem::new("wide", Wide, at()));
        both_pass(&Problem::new("pole", Pole, at()));
        if start[0] < 100.0 {
            both_pass(&Problem::new("cancelling", Cancelling, at()));
        }
    }
}

/// A steep step of the value on the path, which every quadrature misses, is no jump.
#[test]
fn a_narrow_step_is_no_jump() {
    by_value!(Narrow, _k, w, S => {
        let step = (w[0] - S::from_f64(0.97)).scale(3e4).tanh().scale(1e-3);
        w[0].square() + w[1].square() + step
    });
    for start in [1.0, 0.98, 1.3] {
        both_pass(&Problem::new("narrow", Narrow, DVector::from_vec(vec![start, 0.5])));
    }
}

/// Poles, kinks and numbers that are none end in an answer, whichever.
#[test]
fn pathologies_do_not_panic() {
    by_value!(Kink, _k, w, S => w[0].square().sqrt() + w[1].square());
    by_value!(Cliff, _k, w, S => (S::one() - w[0]) * (S::one() - w[0]).sqrt() - w[0] + w[1]);
    by_value!(Nothing, _k, w, S => w[0] * S::from_f64(f64::NAN) + w[1]);
    by_value!(Rectified, _k, w, S => {
        let bowl = w[0].square() + w[1].square();
        if w[0].leading() > 0.0 { bowl + w[0] } else { bowl }
    });
    by_value!(BlowUp, _k, w, S => -w[0].square().square() + w[1] * w[1].exp());
    for start in [[0.0, 0.0], [0.9, 0.0], [0.3, -1.0], [1.0, 1e300], [f64::NAN, 0.0]] {
        let at = || DVector::from_column_slice(&start);
        for problem in [
            Problem::new("kink", Kink, at()),
            Problem::new("cliff", Cliff, at()),
            Problem::new("nothing", Nothing, at()),
            Problem::new("rectified", Rectified, at()),
            Problem::new("blow-up", BlowUp, at()),
            Problem::new("pole", Pole, at()),
        ] {
            for problem in [&problem, &in_numbers(&problem)] {
                println!("{} from {start:?}: {:?}", problem.name(), examine(problem, 1));
            }
        }
    }
    let nothing = Problem::new("nothing", Nothing, DVector::zeros(2));
    let flaw = examine(&nothing, 1).unwrap_err().to_string();
    assert!(flaw.contains("the value of minibatch 0") && flaw.contains("NaN"), "{flaw}");
}
