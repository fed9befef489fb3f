//! Where a gradient, or a derivative of it, jumps.

use shadowflow::loss::{Loss, Problem, first_kink};
use shadowflow::prelude::*;

use super::curves::{Curve, curve, in_numbers, paths, problem};

curve!(Rectified, w => if w.leading() > 0.0 { w } else { S::zero() });
curve!(Slight, w => if w.leading() > 0.0 { w.scale(1e-4) } else { S::zero() });
curve!(Absolute, w => w.square().sqrt());
curve!(Staircase, w => w.scale(0.3 + (4.0 * w.leading() + 0.5).floor() / 4.0) + w.exp());
curve!(Hinge, w => if w.leading() > 0.0 { w.square() + w.tanh() } else { w.tanh() });
curve!(Huber, w => if w.leading().abs() > 0.25 { w.square().sqrt().scale(0.5) } else {
    w.square() + S::from_f64(0.0625)
});
curve!(Cubed, w => w.square() * w.square().sqrt() + w.softplus());
curve!(Quarter, w => if w.leading() < 0.0 { w.square().square() } else { S::zero() });

#[track_caller]
fn jumps(curve: impl Curve, derivative: usize, at: f64, known_in_numbers: bool) {
    for (path, segment) in paths() {
        let exact = problem(curve);
        let numbers = known_in_numbers.then(|| in_numbers(&exact));
        for problem in std::iter::once(exact).chain(numbers) {
            for derivatives in 0..derivative {
                assert_eq!(
                    first_kink(&problem, &path, derivatives),
                    None,
                    "{derivatives}: {path:?}"
                );
            }
            for derivatives in derivative..4 {
                let kink = first_kink(&problem, &path, derivatives).unwrap();
                assert_eq!((kink.batch, kink.derivative), (Some(1), derivative), "{kink}");
                let w = &kink.place.0;
                let size = w[0].abs() + path[0][0].abs();
                assert!((w[0] + 2.0 * w[1] - at).abs() < 1e-5 * size, "{kink}");
                assert!(at.abs() > 0.0 || kink.segment == segment, "{kink} in {}", kink.segment);
                assert_eq!(kink.component, 1, "the steeper one: {kink}");
            }
        }
    }
}

#[test]
fn gradients_that_jump_are_found() {
    jumps(Rectified, 0, 0.0, true);
    jumps(Slight, 0, 0.0, true);
}

#[test]
fn derivatives_that_jump_are_found_if_they_are_asked_for() {
    jumps(Hinge, 1, 0.0, true);
    jumps(Quarter, 3, 0.0, false);
}

/// Roots of squares are no number at the kink itself; uneven paths miss it.
#[test]
fn absolute_values_are_kinks() {
    for (path, segment) in [paths().swap_remove(0), paths().swap_remove(2)] {
        for problem in [problem(Absolute), in_numbers(&problem(Absolute))] {
            let kink = first_kink(&problem, &path, 2).unwrap();
            assert_eq!(
                (kink.batch, kink.derivative, kink.segment),
                (Some(1), 0, segment),
                "{kink}"
            );
            assert!((kink.jump.abs() - 4.0).abs() < 1e-5, "{kink}");
        }
        let kink = first_kink(&problem(Cubed), &path, 2).unwrap();
        assert_eq!((kink.batch, kink.derivative, kink.segment), (Some(1), 2, segment), "{kink}");
        assert_eq!(first_kink(&problem(Cubed), &path, 1), None);
    }
    let through = vec![vec![1.0, 0.0], vec![0.0, 0.0], vec![-1.0, 0.0]];
    let kink = first_kink(&problem(Absolute), &through, 0).unwrap();
    assert!(kink.to_string().contains("is not finite at w = (0, 0)"), "{kink}");
}

/// The first of several is reported, and the sentence says what and where.
#[test]
fn the_first_of_several_is_said_in_a_sentence() {
    let down = vec![vec![1.0, 0.0], vec![-1.0, 0.0]];
    let kink = first_kink(&problem(Staircase), &down, 2).unwrap();
    assert!((kink.place.0[0] - 0.875).abs() < 1e-6, "{kink}");
    assert_eq!(
        kink.to_string(),
        "the gradient of minibatch 1 jumps near w = (0.875, 0), by -0.5 in component 1"
    );
    let up: Vec<Vec<f64>> = down.into_iter().rev().collect();
    let kink = first_kink(&problem(Staircase), &up, 2).unwrap();
    assert!((kink.place.0[0] + 0.875).abs() < 1e-6, "{kink}");
    let kink = first_kink(&problem(Huber), &up, 1).unwrap();
    assert!((kink.place.0[0] + 0.25).abs() < 1e-6, "{kink}");
    assert!(kink.to_string().starts_with("the derivative of the gradient of minibatch 1 jumps"));
}

#[test]
fn what_is_off_the_path_is_not_found() {
    for path in [
        vec![vec![1.0, 0.3], vec![1e-3, 0.3]],
        vec![vec![1.0, 0.3]],
        vec![vec![1.0, 0.3]; 3],
        vec![],
        vec![vec![f64::NAN, 0.0], vec![-1.0, 0.0]],
        vec![vec![1.0], vec![-1.0]],
    ] {
        assert_eq!(first_kink(&problem(Rectified), &path, 3), None, "{path:?}");
    }
}

/// A net of rectified units, one row a minibatch: beyond 32 minibatches the whole loss is asked.
#[test]
fn rectified_units_are_kinks_of_the_whole_loss_too() {
    struct Units(usize);
    impl Loss for Units {
        fn dim(&self) -> usize {
            4
        }
        fn batches(&self) -> usize {
            self.0
        }
        fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
            let x = batch as f64 / self.0 as f64 - 0.4;
            let unit = |a: S, b: S| {
                let z = a.scale(x) + b;
                if z.leading() > 0.0 { z } else { S::zero() }
            };
            (unit(w[0], w[1]) - unit(w[2], w[3]) - S::from_f64(x)).square().scale(0.5)
        }
    }
    let path = vec![vec![1.0, 0.2, 0.5, -0.1], vec![0.9, -0.25, 0.7, 0.2]];
    for (m, batch) in [(3, true), (40, false)] {
        let problem = Problem::new("units", Units(m), DVector::from_vec(path[0].clone()));
        for problem in [in_numbers(&problem), problem] {
            let kink = first_kink(&problem, &path, 1).unwrap();
            assert_eq!((kink.batch.is_some(), kink.derivative), (batch, 0), "{kink}");
        }
    }
}
