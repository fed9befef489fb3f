//! One and eight epochs of the oracle's four problems, in `f64` and in double-double: means and
//! covariances over orders, means with replacement, single orders, and the flows claimed for them,
//! against numbers computed by a separate program in 54-digit arithmetic.

#![allow(clippy::expect_used)] // in tests a broken expectation should fail loudly

use std::sync::Arc;

use crate::oracle_cases::{Case, Epoch};
use shadowflow::arithmetic::{Arithmetic, Numeric};
use shadowflow::flow::{
    Along, BatchPenalty, Flow, GradientFlow, GradientPenalty, Integrable, Ordered,
};
use shadowflow::integrate::{Dop853, Taylor};
use shadowflow::loss::Oracle;
use shadowflow::optimizer::{GradientDescent, State, Steps};
use shadowflow::sampling::{
    FixedOrder, FullBatch, IndependentDraws, MeanMethod, RandomReshuffling, Sampling, block_means,
    expectation, subset_mean,
};
use shadowflow::scalar::{DoubleDouble, Jet, Real, Scalar};

/// A scalar the oracle is compared in.
trait Compared: Real {
    /// The absolute error allowed, and that of a covariance: the oracle's own end at 1e-20.
    const TOLERANCES: [f64; 2];
    fn exact(self) -> DoubleDouble;
    fn loss(case: &Case) -> Arc<dyn Oracle<Self>>;
}

impl Compared for f64 {
    const TOLERANCES: [f64; 2] = [1e-13, 1e-13];

    fn exact(self) -> DoubleDouble {
        DoubleDouble::from_f64(self)
    }

    fn loss(case: &Case) -> Arc<dyn Oracle<f64>> {
        case.problem.float()
    }
}

impl Compared for DoubleDouble {
    const TOLERANCES: [f64; 2] = [1e-25, 1e-20];

    fn exact(self) -> DoubleDouble {
        self
    }

    fn loss(case: &Case) -> Arc<dyn Oracle<DoubleDouble>> {
        case.problem.seen::<DoubleDouble>().expect("these losses are written over any scalar")
    }
}

fn start<S: Scalar>(case: &Case) -> Vec<S> {
    case.problem.start().iter().map(|&x| S::from_f64(x)).collect()
}

fn state<S: Scalar>(case: &Case) -> State<Vec<S>> {
    State { w: start(case), memory: Vec::new(), steps: Steps::default() }
}

/// Runs `test` on every epoch of every case.
fn for_each_epoch(test: impl Fn(&Case, &Epoch)) {
    for case in crate::oracle_cases::all() {
        case.epochs().iter().for_each(|epoch| test(&case, epoch));
    }
}

/// Asserts that `found` is the oracle's vector `key` in every entry.
fn assert_close<S: Compared>(case: &Case, epoch: &Epoch, key: &str, found: &[S]) {
    let known = epoch.vector(key);
    assert_eq!(found.len(), known.len());
    for (i, (found, &known)) in found.iter().zip(&known).enumerate() {
        let error = (found.exact() - known).leading().abs();
        let (name, eps) = (case.problem.name(), epoch.step_size);
        assert!(error <= S::TOLERANCES[0], "{name}, ε = {eps}: {key}[{i}] is off by {error:.1e}");
    }
}

/// The mean end of `blocks` blocks in a row, by the tree.
fn mean<S: Compared>(case: &Case, epoch: &Epoch, by: &dyn Sampling, blocks: usize) -> Vec<S> {
    let mut a = Numeric::new(S::loss(case));
    let eps = a.ratio(epoch.step_size);
    (0..blocks).fold(start(case), |w, _| {
        let from = State { w, memory: Vec::new(), steps: Steps::default() };
        let mut end = |_: &mut Numeric<S>, end: State<Vec<S>>| vec![end.w];
        expectation(&mut a, &GradientDescent, by, &eps, &from, &mut end).remove(0)
    })
}

fn iterates_agree<S: Compared>() {
    for_each_epoch(|case, epoch| {
        let m = case.problem.batches();
        let replaced = IndependentDraws { steps: m };
        let schemes: [(&str, &dyn Sampling, usize); 6] = [
            ("mean_over_orders", &RandomReshuffling, 1),
            ("closed_map_8_epochs", &RandomReshuffling, 8),
            ("mean_with_replacement", &replaced, 1),
            ("order_0_to_m", &FixedOrder::ascending(m), 1),
            ("order_reversed", &FixedOrder::descending(m), 1),
            ("gradient_descent_m_steps", &FullBatch, m),
        ];
        for (key, sampling, blocks) in schemes {
            assert_close::<S>(case, epoch, key, &mean(case, epoch, sampling, blocks));
        }
    });
}

#[test]
fn iterates_in_f64_agree_to_1e_13() {
    iterates_agree::<f64>();
}

#[test]
fn iterates_in_double_double_agree_to_1e_25() {
    iterates_agree::<DoubleDouble>();
}

#[test]
fn the_closed_map_of_a_check_agrees_to_1e_13() {
    for_each_epoch(|case, epoch| {
        let mut a = Numeric::new(case.problem.float());
        let eps = a.ratio(epoch.step_size);
        let mut methods = vec![MeanMethod::Tree];
        methods.extend(case.problem.float().is_quadratic().then_some(MeanMethod::Subsets));
        for method in methods {
            for (key, blocks) in [("mean_over_orders", 1), ("closed_map_8_epochs", 8)] {
                let (by, from) = (&RandomReshuffling, state(case));
                let end =
                    block_means(&mut a, &GradientDescent.into(), by, method, eps, from, blocks);
                let end = end.expect("the iterates stay finite");
                assert_close(case, epoch, key, &end.w);
                assert_eq!(a.count(end.steps), blocks * case.problem.batches());
            }
        }
    });
}

#[test]
fn the_subset_recursion_on_quadratics_agrees_to_1e_25() {
    for_each_epoch(|case, epoch| {
        if case.problem.float().is_quadratic() {
            let mut a = Numeric::new(DoubleDouble::loss(case));
            let eps = a.ratio(epoch.step_size);
            let end = subset_mean(&mut a, &GradientDescent, &eps, &state(case));
            assert_close(case, epoch, "mean_over_orders", &end.w);
        }
    });
    let cases = crate::oracle_cases::all();
    assert_eq!(cases.iter().filter(|case| case.problem.float().is_quadratic()).count(), 2);
}

#[test]
fn a_mean_over_orders_takes_the_oracles_number_of_gradients() {
    for_each_epoch(|case, epoch| {
        let mut a = Numeric::new(case.problem.float());
        let eps = a.ratio(epoch.step_size);
        let none = &mut |_: &mut _, _: State<Vec<f64>>| Vec::new();
        let from = state(case);
        let _ = expectation(&mut a, &GradientDescent, &RandomReshuffling, &eps, &from, none);
        assert_eq!(a.gradients(), epoch.gradients(), "{}", case.problem.name());
    });
}

/// The covariance as the mean square of deviations from the known mean: two passes lose no digits.
fn covariances_agree<S: Compared>() {
    for_each_epoch(|case, epoch| {
        let centre: Vec<S> = mean(case, epoch, &RandomReshuffling, 1);
        let mut a = Numeric::new(S::loss(case));
        let eps = a.ratio(epoch.step_size);
        let mut rows = |_: &mut Numeric<S>, end: State<Vec<S>>| {
            let off: Vec<S> = end.w.iter().zip(&centre).map(|(&w, &c)| w - c).collect();
            off.iter().map(|&x| off.iter().map(|&y| x * y).collect()).collect()
        };
        let by = &RandomReshuffling;
        let found = expectation(&mut a, &GradientDescent, by, &eps, &state(case), &mut rows);
        let known = epoch.matrix("covariance_over_orders");
        assert_eq!(found.len(), known.len());
        for (found, known) in found.iter().flatten().zip(known.iter().flatten()) {
            let error = (found.exact() - *known).leading().abs();
            assert!(error <= S::TOLERANCES[1], "{}: off by {error:.1e}", case.problem.name());
        }
    });
}

#[test]
fn covariances_in_f64_agree_to_1e_13() {
    covariances_agree::<f64>();
}

#[test]
fn covariances_in_double_double_agree_to_1e_20() {
    covariances_agree::<DoubleDouble>();
}

/// The modified flow of gradient descent, with the exact ¼.
const PENALTY: GradientPenalty =
    GradientPenalty { coefficient: shadowflow::scalar::Ratio::new(1, 4) };

/// The flows of the file, each with the number of epochs it is followed for.
fn flows() -> [(&'static str, &'static dyn Integrable, usize); 5] {
    [
        ("flow_of_C", &GradientFlow, 1),
        ("flow_of_gd_penalty", &PENALTY, 1),
        ("flow_of_batch_penalty", &BatchPenalty { substeps: 1 }, 1),
        ("flow_of_order_0_to_m", &Ordered, 1),
        ("flow_of_batch_penalty_8_epochs", &BatchPenalty { substeps: 1 }, 8),
    ]
}

/// The coefficients of `flow` with their powers of ε.
fn coefficients<S: Scalar>(flow: &dyn Integrable, epoch: &Epoch) -> Vec<S> {
    let flow: &dyn Flow<Numeric<f64>> = flow;
    let power = |p: u32| (0..p).fold(S::one(), |c, _| c * S::from_ratio(epoch.step_size));
    flow.terms().iter().map(|t| S::from_ratio(t.coefficient) * power(t.power)).collect()
}

fn span<S: Scalar>(case: &Case, epoch: &Epoch, epochs: usize) -> S {
    S::from_ratio(epoch.step_size).scale((epochs * case.problem.batches()) as f64)
}

#[test]
fn flows_by_dop853_agree_to_1e_13() {
    for_each_epoch(|case, epoch| {
        for (key, flow, epochs) in flows() {
            let mut rhs =
                Along::<f64>::new(flow, case.problem.float(), coefficients(flow, epoch), 1.0);
            let solver = Dop853 { tolerance: 1e-15 };
            let end = solver.integrate(&mut rhs, &start::<f64>(case), span(case, epoch, epochs));
            assert_close(case, epoch, key, &end.expect("the flow exists"));
        }
    });
}

fn flows_by_taylor_agree<S: Compared>(
    order: usize,
    loss: impl Fn(&Case) -> Option<Arc<dyn Oracle<Jet<S>>>>,
    erased: impl Fn(&'static dyn Integrable) -> &'static dyn Flow<Numeric<Jet<S>>>,
) {
    for_each_epoch(|case, epoch| {
        for (key, flow, epochs) in flows() {
            let loss = loss(case).expect("these losses are written over any scalar");
            let c = coefficients(flow, epoch);
            let mut rhs = Along::new(erased(flow), loss, c, Jet::one());
            let solver = Taylor { order, tolerance: 0.0 };
            let end = solver.integrate(&mut rhs, &start::<S>(case), span(case, epoch, epochs));
            assert_close(case, epoch, key, &end.expect("the flow exists"));
        }
    });
}

#[test]
fn flows_by_taylor_in_f64_agree_to_1e_13() {
    flows_by_taylor_agree::<f64>(16, |case| case.problem.seen::<Jet<f64>>(), |flow| flow);
}

#[test]
fn flows_by_taylor_in_double_double_agree_to_1e_25() {
    flows_by_taylor_agree::<DoubleDouble>(
        26,
        |case| case.problem.seen::<Jet<DoubleDouble>>(),
        |flow| flow,
    );
}
