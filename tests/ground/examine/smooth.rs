//! Smooth losses, in which no kink is found.

use shadowflow::loss::{Problem, first_kink, names, random_problem};
use shadowflow::prelude::*;

use super::curves::{Curve, curve, in_numbers, paths, problem};

fn descent(problem: &Problem, steps: usize) -> Vec<Vec<f64>> {
    let mut a = Numeric::new(problem.float());
    let mut w = problem.start().as_slice().to_vec();
    let mut path = vec![w.clone()];
    for _ in 0..steps {
        let g = a.gradient(Batch::Full, &w);
        a.axpy(&-0.05, &g, &mut w);
        path.push(w.clone());
    }
    path
}

#[test]
fn smooth_losses_are_not_accused() {
    for (name, _) in names() {
        let preset = preset(name, None, None, 1).ok();
        let random = (0..40).filter_map(|seed| random_problem(name, seed)?.ok());
        for problem in preset.into_iter().chain(random) {
            let far = problem.start().iter().map(|x| 0.1 - 1.5 * x).collect();
            let across = vec![problem.start().as_slice().to_vec(), far];
            for path in [descent(&problem, 10), across] {
                assert_eq!(first_kink(&problem, &path, 3), None, "{name}");
                assert_eq!(first_kink(&in_numbers(&problem), &path, 1), None, "{name}");
            }
        }
    }
}

/// tanh(c w) and its integral, for c up to 10⁶: steep, but smooth; and large derivatives everywhere.
#[test]
fn stiff_losses_are_not_accused() {
    #[derive(Clone, Copy)]
    struct Step(f64);
    impl Curve for Step {
        fn at<S: Scalar>(&self, w: S) -> S {
            w.scale(self.0).tanh()
        }
    }
    #[derive(Clone, Copy)]
    struct Bend(f64);
    impl Curve for Bend {
        fn at<S: Scalar>(&self, w: S) -> S {
            w.scale(2.0 * self.0).softplus().scale(1.0 / self.0) - w
        }
    }
    curve!(Bell, w => (w.square().scale(-300.0)).exp());
    curve!(Runge, w => S::one() / (S::one() + w.square().scale(1e4)));
    curve!(Growth, w => w.scale(12.0).exp());
    fn clean(problem: &Problem, what: &str) {
        for (path, _) in paths() {
            for derivatives in 0..4 {
                for problem in [problem, &in_numbers(problem)] {
                    if let Some(kink) = first_kink(problem, &path, derivatives) {
                        panic!("{what}, {derivatives} on {path:?}: {kink}");
                    }
                }
            }
        }
    }
    for power in 0..=6 {
        let c = 10_f64.powi(power);
        clean(&problem(Step(c)), &format!("tanh({c} w)"));
        clean(&problem(Bend(c)), &format!("the integral of tanh({c} w)"));
    }
    clean(&problem(Bell), "bell");
    clean(&problem(Runge), "runge");
    clean(&problem(Growth), "growth");
}
