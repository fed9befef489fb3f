//! What becomes of points of rest under C̃_GD = C + (ε/4)‖g‖²: the exact statements and the
//! counterexamples to their converses.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

use nalgebra::{DMatrix, DVector};
use shadowflow::arithmetic::Numeric;
use shadowflow::flow::{BatchPenalty, Flow, GradientPenalty};
use shadowflow::loss::{Loss, Problem, Quadratic, preset};
use shadowflow::scalar::{Jet, Scalar};
use shadowflow::theorem::{Catalogue, Minimum, Settings, Verdict, check};

/// C = −x⁴/4: no minimum at all.
struct Quartic;

impl Loss for Quartic {
    fn dim(&self) -> usize {
        1
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        w[0].square().square().scale(-0.25)
    }
}

/// −∇C̃_GD at `w`, in any scalar, with the coefficient 1/4.
fn field<S: Scalar>(
    loss: std::sync::Arc<dyn shadowflow::loss::Oracle<S>>,
    eps: f64,
    w: &[S],
) -> Vec<S> {
    let mut a = Numeric::new(loss);
    let c = S::from_f64(0.25 * eps);
    GradientPenalty::default().field(&mut a, &[c], &S::zero(), &w.to_vec())
}

/// The slope of ∇C̃_GD along the first axis.
fn curvature(problem: &Problem, eps: f64, w: &[f64]) -> f64 {
    let line: Vec<Jet<f64>> = (w.iter().enumerate())
        .map(|(i, &x)| Jet::from_coefficients(&[x, if i == 0 { 1.0 } else { 0.0 }]))
        .collect();
    -field(problem.seen::<Jet<f64>>().unwrap(), eps, &line)[0].coefficient(1)
}

/// C̃ = −x⁴/4 + (ε/4)x⁶ has minima at x² = 2/(3ε) with curvature 4/(3ε), where C has none: there
/// Hg = −(2/ε)g.
#[test]
fn the_quartic_gains_spurious_minima() {
    let problem = Problem::new("quartic", Quartic, DVector::from_vec(vec![1.0]));
    for eps in [0.01, 0.1, 1.0] {
        let x = (2.0 / (3.0 * eps)).sqrt();
        assert!(field(problem.float(), eps, &[x])[0].abs() <= 1e-12 * x.powi(3));
        assert!((curvature(&problem, eps, &[x]) / (4.0 / (3.0 * eps)) - 1.0).abs() < 1e-12);
        let (g, h) = (-x.powi(3), -3.0 * x * x);
        assert!((h * g + 2.0 / eps * g).abs() < 1e-12 * (h * g).abs());
        // Half as far out there is no point of rest: the identity is not true everywhere.
        assert!(field(problem.float(), eps, &[0.5 * x])[0].abs() > 1e-3 * x.powi(3));
    }
}

/// An eigenvalue ℓ of a quadratic becomes ℓ(1 + εℓ/2): a saddle with ℓ < −2/ε turns into a minimum.
#[test]
fn a_saddle_steeper_than_two_over_the_step_size_is_flipped() {
    for (l, eps, flipped) in [(-1.0, 1.0, false), (-1.9, 1.0, false), (-2.1, 1.0, true)] {
        let hessian = DMatrix::from_diagonal(&DVector::from_vec(vec![l, 1.0]));
        let loss = Quadratic::new(vec![hessian], vec![DVector::zeros(2)]).unwrap();
        let problem = Problem::new("saddle", loss, DVector::from_vec(vec![0.5, 0.5]));
        let found = curvature(&problem, eps, &[0.0, 0.0]);
        assert!((found - l * (1.0 + 0.5 * eps * l)).abs() < 1e-14);
        assert_eq!(found > 0.0, flipped, "ℓ = {l}, ε = {eps}");
        assert!(Minimum::of(&problem).is_err(), "a saddle of C is no minimum of C");
    }
}

/// At ℓ = −2/ε exactly, every point of the eigenvector's line is a point of rest of C̃_GD: extra
/// critical points where Hg = −(2/ε)g with g ≠ 0.
#[test]
fn extra_points_of_rest_lie_where_the_hessian_turns_the_gradient_by_minus_two_over_the_step_size() {
    let hessian = DMatrix::from_diagonal(&DVector::from_vec(vec![-4.0, 1.0]));
    let loss = Quadratic::new(vec![hessian], vec![DVector::zeros(2)]).unwrap();
    let problem = Problem::new("saddle", loss, DVector::from_vec(vec![0.5, 0.0]));
    for x in [0.25, -3.0] {
        let rest = field(problem.float(), 0.5, &[x, 0.0]);
        assert!(rest.iter().all(|f| f.abs() < 1e-15), "{rest:?}");
        let slope = field(problem.float(), 0.0, &[x, 0.0]);
        assert!(slope[0].abs() > 0.5, "C itself is not at rest there");
    }
}

/// Where every minibatch is at rest at the minimum (interpolation), C̃_SGD keeps it.
#[test]
fn interpolating_minima_stay() {
    let hessians: Vec<_> = [(2.0, 0.3), (0.5, -0.2), (1.0, 0.1)]
        .map(|(d, o)| DMatrix::from_row_slice(2, 2, &[d, o, o, 1.5]))
        .into();
    let common = DVector::from_vec(vec![0.3, -0.7]);
    let loss = Quadratic::new(hessians, vec![common.clone(); 3]).unwrap();
    let problem = Problem::new("interpolating", loss, DVector::from_vec(vec![1.0, 1.0]));
    let minimum = Minimum::of(&problem).unwrap();
    assert!((DVector::from_vec(minimum.w.clone()) - common).norm() < 1e-14);
    let mut a = Numeric::new(problem.float());
    let pull = BatchPenalty::default().field(&mut a, &[0.25], &0.0, &minimum.w);
    assert!(pull.iter().all(|p| p.abs() < 1e-13), "{pull:?}");
}

/// Minima of nets and of wells with a deeper neighbour are kept too: never refuted.
#[test]
fn no_minimum_that_is_found_is_refuted() {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("minima").unwrap();
    for seed in 1..=6 {
        // The large net takes seconds a seed.
        let large = (seed <= 2).then_some("mlp");
        for name in large.into_iter().chain(["tiny-net", "logistic", "two-minima"]) {
            let problem = preset(name, None, None, seed).unwrap();
            let settings = Settings { seed, ..Settings::default() };
            let outcome = check(theorem, &problem, &settings).unwrap();
            assert_ne!(outcome.verdict, Verdict::Refuted, "{name}, {seed}: {:?}", outcome.reason);
        }
    }
}

/// Two wells of unequal depth, from the shallower one: the deeper well does not count against it.
struct Wells {
    scale: f64,
}

impl Loss for Wells {
    fn dim(&self) -> usize {
        1
    }
    fn batches(&self) -> usize {
        2
    }
    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let x = w[0].scale(1.0 / self.scale);
        let well = (x.square() - S::one()).square() - x.scale(0.3);
        let lean = x.scale(if batch == 0 { 0.5 } else { -0.5 }) * x;
        (well + lean).scale(self.scale * self.scale)
    }
}

#[test]
fn a_deeper_neighbour_does_not_refute_a_shallow_minimum() {
    let catalogue = Catalogue::standard();
    for scale in [0.05, 0.08, 0.1, 0.118, 0.5, 2.0] {
        let start = DVector::from_vec(vec![-scale]);
        let problem = Problem::new("wells", Wells { scale }, start);
        for id in ["minima", "minima-move"] {
            let theorem = catalogue.theorem(id).unwrap();
            let outcome = check(theorem, &problem, &Settings::default()).unwrap();
            assert_eq!(outcome.verdict, Verdict::Confirmed, "{id}, {scale}: {:?}", outcome.reason);
        }
    }
}
