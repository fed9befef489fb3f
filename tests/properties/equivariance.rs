//! Rotated coordinates and a rescaled loss: iterates and flows move along, verdicts stay.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use shadowflow::arithmetic::{Arithmetic, Numeric};
use shadowflow::flow::{BatchPenalty, Flow, GradientFlow, GradientPenalty, Integrable, Ordered};
use shadowflow::leg::Sabotage;
use shadowflow::loss::{Factorisation, Loss, Problem, Quadratic, TwoMinima};
use shadowflow::optimizer::{GradientDescent, State, Steps};
use shadowflow::sampling::{FlipFlop, FullBatch, RandomReshuffling, Sampling, expectation};
use shadowflow::scalar::Scalar;
use shadowflow::theorem::{Catalogue, Outcome, Settings, Verdict, check};

use super::config;
use super::problems::{distance, log_uniform, start};

/// C′(w) = factor · C(Qᵀ w).
#[derive(Clone)]
struct Changed<L> {
    inner: L,
    rotation: DMatrix<f64>,
    factor: f64,
}

impl<L> Changed<L> {
    fn turn<S: Scalar>(&self, w: &[S], back: bool) -> Vec<S> {
        let entry = |i, j| if back { self.rotation[(j, i)] } else { self.rotation[(i, j)] };
        (0..w.len())
            .map(|i| (0..w.len()).fold(S::zero(), |sum, j| sum + w[j].scale(entry(i, j))))
            .collect()
    }
}

impl<L: Loss> Loss for Changed<L> {
    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn batches(&self) -> usize {
        self.inner.batches()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        self.inner.value(batch, &self.turn(w, true)).scale(self.factor)
    }

    fn gradient<S: Scalar>(&self, batch: usize, w: &[S], out: &mut [S]) {
        let mut inner = vec![S::zero(); w.len()];
        self.inner.gradient(batch, &self.turn(w, true), &mut inner);
        for (out, g) in out.iter_mut().zip(self.turn(&inner, false)) {
            *out = g.scale(self.factor);
        }
    }

    fn is_quadratic(&self) -> bool {
        self.inner.is_quadratic()
    }
}

/// A random rotation from the QR decomposition of `entries`.
fn rotation(dim: usize, entries: &[f64]) -> DMatrix<f64> {
    DMatrix::from_column_slice(dim, dim, &entries[..dim * dim]).qr().q()
}

/// A problem with its twin: C′ = factor · C(Qᵀ ·), started at Q w₀.
fn twins<L: Loss + Clone + 'static>(
    name: &str,
    loss: &L,
    start: &[f64],
    entries: &[f64],
    factor: f64,
) -> (Problem, Problem, DMatrix<f64>) {
    let rotation = rotation(start.len(), entries);
    let start = DVector::from_column_slice(start);
    let turned = &rotation * &start;
    let changed = Changed { inner: loss.clone(), rotation: rotation.clone(), factor };
    (Problem::new(name, loss.clone(), start), Problem::new(name, changed, turned), rotation)
}

fn mean(p: &Problem, by: &dyn Sampling, eps: f64, blocks: usize) -> DVector<f64> {
    let mut a = Numeric::new(p.float());
    let mut end = |_: &mut Numeric<f64>, end: State<Vec<f64>>| vec![end.w];
    let end = (0..blocks).fold(start(p), |w, _| {
        let from = State { w, memory: Vec::new(), steps: Steps::default() };
        expectation(&mut a, &GradientDescent, by, &eps, &from, &mut end).remove(0)
    });
    DVector::from_vec(end)
}

fn field(p: &Problem, flow: &dyn Integrable, eps: f64) -> DVector<f64> {
    let mut a = Numeric::new(p.float());
    let flow: &dyn Flow<Numeric<f64>> = flow;
    let c: Vec<f64> =
        flow.terms().iter().map(|t| a.ratio(t.coefficient) * eps.powi(t.power as i32)).collect();
    DVector::from_vec(flow.field(&mut a, &c, &0.0, &start(p)))
}

fn assert_equivariant(pair: &(Problem, Problem, DMatrix<f64>), factor: f64, eps: f64) {
    let (p, changed, rotation) = pair;
    let schemes: [&dyn Sampling; 3] = [&FullBatch, &RandomReshuffling, &FlipFlop];
    for by in schemes {
        let known = rotation * mean(p, by, eps, 3);
        let found = mean(changed, by, eps / factor, 3);
        let gap = distance(known.as_slice(), found.as_slice());
        assert!(gap <= 1e-13 * (1.0 + known.norm()), "iterates: {gap:.1e}");
    }
    let flows: [&dyn Integrable; 4] =
        [&GradientFlow, &GradientPenalty::default(), &BatchPenalty { substeps: 1 }, &Ordered];
    for flow in flows {
        // A flow of factor · C runs faster by the factor, which its time undoes.
        let known = rotation * field(p, flow, eps);
        let found = field(changed, flow, eps / factor) / factor;
        let gap = distance(known.as_slice(), found.as_slice());
        assert!(gap <= 1e-13 * (1.0 + known.norm()), "flow: {gap:.1e}");
    }
}

proptest! {
    #![proptest_config(config(64, 601))]

    #[test]
    fn iterates_and_flows_are_equivariant(
        spectrum in prop::collection::vec(log_uniform(0.05, 2.0), 1..5),
        from in prop::collection::vec(-1.5..1.5_f64, 5),
        entries in prop::collection::vec(-1.0..1.0_f64, 25),
        points in prop::collection::vec((0.4..1.6_f64, -1.5..1.5_f64), 3),
        factor in log_uniform(0.01, 100.0),
        eps in log_uniform(1e-3, 0.1),
    ) {
        let loss = Quadratic::random(&spectrum, 3, 0.5, 7).unwrap();
        let pair = twins("quadratic", &loss, &from[..spectrum.len()], &entries, factor);
        assert_equivariant(&pair, factor, eps);
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        let loss = Factorisation::new(&x, &y).unwrap();
        assert_equivariant(&twins("factorisation", &loss, &from[..2], &entries, factor), factor, eps);
    }
}

const THEOREMS: [&str; 4] =
    ["implicit-gradient-regularization", "random-reshuffling", "single-order", "flip-flop"];

fn checked(id: &str, p: &Problem, settings: &Settings) -> Outcome {
    check(Catalogue::standard().theorem(id).unwrap(), p, settings).unwrap()
}

/// The same legs, orders, coefficients and controls, and the expected verdict.
fn assert_alike(one: &Outcome, other: &Outcome, verdict: Verdict) {
    let name = format!("{} on {}", one.theorem, one.loss);
    assert_eq!(one.verdict, verdict, "{name}: {:?}", one.reason);
    assert_eq!(other.verdict, verdict, "{name}, changed: {:?}", other.reason);
    assert_eq!(one.legs.len(), other.legs.len());
    for (a, b) in one.legs.iter().zip(&other.legs) {
        assert_eq!(a.finding, b.finding, "{name}");
        let (a, b) = (a.fit.as_ref().unwrap(), b.fit.as_ref().unwrap());
        assert!((a.order - b.order).abs() < 0.01, "{name}: {a:?} {b:?}");
    }
    for (a, b) in one.coefficients.iter().zip(&other.coefficients) {
        let (a, b) = (a.estimate.unwrap(), b.estimate.unwrap());
        assert!((a.value - b.value).abs() <= a.half_width + b.half_width, "{name}: {a:?} {b:?}");
    }
    for (a, b) in one.controls.iter().zip(&other.controls) {
        assert_eq!((&a.name, a.verdict), (&b.name, b.verdict), "{name}");
    }
}

/// A well-scaled rotation and a factor that is no power of two.
fn assert_verdicts_unchanged(pair: &(Problem, Problem, DMatrix<f64>)) {
    let (p, changed, _) = pair;
    // In one dimension the two terms of a single order cannot be told apart.
    for id in THEOREMS.iter().filter(|id| p.dim() > 1 || **id != "single-order") {
        let settings = Settings::default();
        let outcomes = [p, changed].map(|p| checked(id, p, &settings));
        assert!(!outcomes[0].controls.is_empty());
        assert_alike(&outcomes[0], &outcomes[1], Verdict::Confirmed);

        let term = &outcomes[0].coefficients[0].term;
        let sabotage = Some(Sabotage::Scale(term.to_string(), (101, 100).into()));
        let settings = Settings { sabotage, ..settings };
        let outcomes = [p, changed].map(|p| checked(id, p, &settings));
        for outcome in outcomes {
            assert_eq!(outcome.verdict, Verdict::Refuted, "{id}: {:?}", outcome.reason);
        }
    }
}

const ENTRIES: [f64; 9] = [0.9, 0.35, -0.8, 0.15, -0.55, 0.7, 0.4, 0.95, 0.2];

#[test]
fn rotating_and_rescaling_leave_the_verdicts_on_a_quadratic() {
    let loss = Quadratic::random(&[0.3, 0.8, 1.7], 3, 0.5, 5).unwrap();
    for factor in [1.0, 7.0 / 3.0] {
        let start = [1.0, -0.75, 0.5];
        assert_verdicts_unchanged(&twins("quadratic", &loss, &start, &ENTRIES, factor));
    }
}

#[test]
fn rotating_and_rescaling_leave_the_verdicts_on_a_factorisation() {
    let loss = Factorisation::new(&[0.5, 1.0, 1.5], &[0.8, 0.6, 0.4]).unwrap();
    for factor in [1.0, 3.0 / 700.0] {
        assert_verdicts_unchanged(&twins("factorisation", &loss, &[1.25, 0.75], &ENTRIES, factor));
    }
}

#[test]
fn mirroring_and_rescaling_leave_the_verdicts_in_one_dimension() {
    let loss = TwoMinima::new(3).unwrap();
    assert_verdicts_unchanged(&twins("two minima", &loss, &[1.5], &[-1.0], 45.0));
}
