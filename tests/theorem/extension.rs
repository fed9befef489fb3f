//! What a program outside the crate does: its own optimizer, flow and loss in three-line tests, and
//! its own catalogue.

#![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

use shadowflow::prelude::*;

/// w ← w − ε g(w + ρ ε g(w)).
struct SharpnessAware {
    climb: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for SharpnessAware {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut ahead = s.w.clone();
        let uphill = a.gradient(batch, &s.w);
        a.axpy(&(eps.clone() * a.ratio(self.climb)), &uphill, &mut ahead);
        let g = a.gradient(batch, &ahead);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

/// w′ = −∇(C + c ε ‖g‖²), where c = ¼ + ρ/2 is true.
struct Penalty {
    coefficient: Ratio,
}

impl<A: Arithmetic> Flow<A> for Penalty {
    fn terms(&self) -> Vec<Term> {
        let (above, below) = (self.coefficient.numer() as i64, self.coefficient.denom() as i64);
        vec![Term::new("gradient penalty", above, below, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.axpy(&(a.fraction(2, 1) * c[0].clone()), &bend, &mut field);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

/// Ĉ_k(w) = ln cosh(w₀ + w₁ x_k − y_k) + ½ w₀² w₁²/10 by its value alone.
struct LogCosh;

const POINTS: [(f64, f64); 3] = [(-1.0, 0.5), (0.25, -0.75), (1.0, 1.5)];

impl Loss for LogCosh {
    fn dim(&self) -> usize {
        2
    }

    fn batches(&self) -> usize {
        POINTS.len()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (x, y) = POINTS[batch];
        let residual = w[0] + w[1].scale(x) - S::from_f64(y);
        // ln cosh r = softplus(2r) − r − ln 2, and a constant has no gradient.
        residual.scale(2.0).softplus() - residual + (w[0] * w[1]).square().scale(0.05)
    }
}

fn sharpness(climb: (i64, i64), claim: (i64, i64)) -> Theorem {
    let optimizer = SharpnessAware { climb: climb.into() };
    Theorem::tracks("sharpness-aware", optimizer, Penalty { coefficient: claim.into() }, 3, 2)
}

#[test]
fn an_own_optimizer_tracks_its_own_flow() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let outcome = check(&sharpness((1, 2), (1, 2)), &problem, &Settings::default());
    outcome.unwrap().assert_confirmed();
}

#[test]
fn another_climb_needs_another_coefficient() {
    for (name, climb, claim) in [("quadratic", (1, 5), (7, 20)), ("logistic", (-1, 2), (0, 1))] {
        let problem = preset(name, None, None, 1).unwrap();
        // Climbing down by half a step cancels the penalty: the control inserts one.
        check(&sharpness(climb, claim), &problem, &Settings::default()).unwrap().assert_confirmed();
    }
}

#[test]
fn an_own_theorem_is_proved_by_the_same_code() {
    use shadowflow::series::ProofStatus;
    let proof = sharpness((1, 2), (1, 2)).proof(None).unwrap();
    assert_eq!((proof.status, proof.order), (ProofStatus::Proved, 3));
    let wrong = sharpness((1, 2), (51, 100)).proof(None).unwrap();
    assert_eq!(wrong.status, ProofStatus::Refuted);
    assert_eq!(wrong.first_failure.unwrap().tree, "a[a]");
}

/// By hand: the map has the coefficients 1, -ρ, ρ² at the bushes and 0 elsewhere; its logarithm, at two
/// nodes -ρ - ½, at the fork ½(ρ² + ρ + 1/6), at the chain ρ + 1/3.
#[test]
fn an_own_optimizer_is_derived_by_the_same_step() {
    let method = SharpnessAware { climb: (1, 2).into() };
    let (forest, rows) = derive(&method, &FullBatch, 3, 1).unwrap();
    let found: Vec<(String, String)> =
        rows.iter().map(|row| (forest.show(row.tree), row.coefficient.to_string())).collect();
    let known = [("a", "1"), ("a[a]", "-1"), ("a[a,a]", "11/24"), ("a[a[a]]", "5/6")];
    assert_eq!(found, known.map(|(tree, c)| (tree.to_owned(), c.to_owned())));
}

#[test]
fn an_own_flow_with_a_wrong_coefficient_is_refuted() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    for wrong in [(1, 4), (-1, 2), (0, 1), (51, 100), (501, 1000)] {
        let outcome = check(&sharpness((1, 2), wrong), &problem, &Settings::default()).unwrap();
        assert_eq!(outcome.verdict, Verdict::Refuted, "{wrong:?}: {:?}", outcome.reason);
        let found = outcome.coefficients[0].estimate.unwrap();
        assert!((found.value - 0.5).abs() <= found.half_width, "{wrong:?}: {found:?}");
    }
}

#[test]
#[should_panic(expected = "sharpness-aware on factorisation is Refuted")]
fn asserting_a_refuted_claim_names_it() {
    let problem = preset("factorisation", None, None, 1).unwrap();
    let outcome = check(&sharpness((1, 2), (1, 4)), &problem, &Settings::default());
    outcome.unwrap().assert_confirmed();
}

#[test]
fn an_own_loss_with_only_a_value_confirms_the_catalogue() {
    let problem = Problem::new("log cosh", LogCosh, DVector::from_vec(vec![1.0, -0.75]));
    for id in ["implicit-gradient-regularization", "random-reshuffling", "single-order"] {
        let catalogue = Catalogue::standard();
        let theorem = catalogue.theorem(id).unwrap();
        check(theorem, &problem, &Settings::default()).unwrap().assert_confirmed();
    }
}

#[test]
fn a_loss_known_in_f64_only_is_confirmed_with_the_evidence_it_lacks() {
    // C_k = ¼ (w − b_k)⁴ + ½ w².
    let minima = [-0.5, 0.25, 1.0];
    let gradient =
        move |k: usize, w: &[f64], out: &mut [f64]| out[0] = (w[0] - minima[k]).powi(3) + w[0];
    let bend = move |k: usize, w: &[f64], v: &[f64], out: &mut [f64]| {
        out[0] = (3.0 * (w[0] - minima[k]).powi(2) + 1.0) * v[0];
    };
    let loss = Closures::new(1, 3, gradient, bend);
    let problem = Problem::from_closures("foreign", loss, DVector::from_vec(vec![1.5]));
    let catalogue = Catalogue::standard();
    for id in ["implicit-gradient-regularization", "random-reshuffling"] {
        let theorem = catalogue.theorem(id).unwrap();
        let outcome = check(theorem, &problem, &Settings::default()).unwrap();
        outcome.assert_confirmed();
        assert!(outcome.reason.unwrap().contains("computed in f64 only"));
    }
}

#[test]
fn a_catalogue_is_extended_by_pushing() {
    let mut catalogue = Catalogue::standard();
    let known = catalogue.theorems().len();
    assert!(catalogue.theorem("sharpness-aware").is_none());
    let mine =
        || sharpness((1, 2), (1, 2)).with_summary("sharpness-aware descent doubles the penalty");
    catalogue.push(mine()).unwrap();
    let log_cosh = |name| Problem::new(name, LogCosh, DVector::from_vec(vec![1.0, -0.75]));
    catalogue.push_problem(log_cosh("log cosh")).unwrap();
    let taken = [
        catalogue.push(mine()),
        catalogue.push_problem(log_cosh("log cosh")),
        catalogue.push_problem(log_cosh("quadratic")),
    ];
    assert_eq!(
        taken.map(|refused| refused.unwrap_err().to_string()),
        [
            "there is a theorem 'sharpness-aware' already; give this one another name",
            "there is a loss 'log cosh' already; give this one another name",
            "there is a loss 'quadratic' already; give this one another name",
        ]
    );

    assert_eq!(catalogue.theorems().len(), known + 1);
    let theorem = catalogue.theorem("sharpness-aware").unwrap();
    assert_eq!(theorem.summary(), "sharpness-aware descent doubles the penalty");
    let problem = catalogue.problems().iter().find(|p| p.name() == "log cosh").unwrap();
    check(theorem, problem, &Settings::default()).unwrap().assert_confirmed();
}

#[test]
fn the_examples_are_short_and_import_the_prelude_only() {
    for text in [
        include_str!("../../examples/own_optimizer.rs"),
        include_str!("../../examples/own_loss.rs"),
        include_str!("../../examples/float_only.rs"),
    ] {
        assert!(text.lines().count() <= 60);
        let imports: Vec<&str> = text.lines().filter(|line| line.starts_with("use ")).collect();
        assert_eq!(imports, ["use shadowflow::prelude::*;"]);
    }
}
