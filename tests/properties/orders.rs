//! The modified flow beats the gradient flow by one order: measured in double-double, where step
//! sizes can be so small that neighbouring slopes show the order itself.

use proptest::prelude::*;
use shadowflow::arithmetic::Numeric;
use shadowflow::flow::{
    Along, BatchPenalty, Flow, GradientFlow, GradientPenalty, Integrable, Ordered, Repartitioned,
    Term,
};
use shadowflow::integrate::Taylor;
use shadowflow::loss::Problem;
use shadowflow::optimizer::{GradientDescent, Optimizer, Runnable, State, Steps, Substeps};
use shadowflow::sampling::{
    FixedOrder, FlipFlop, FullBatch, IndependentDraws, RandomReshuffling, Repartition, Sampling,
    expectation,
};
use shadowflow::scalar::{DoubleDouble, Jet, Scalar};

use super::config;
use super::problems::{Raw, distance, log_uniform, precise_start, problems, slope};

/// An optimizer with its sampling and the flow claimed for it.
struct Claim {
    name: &'static str,
    optimizer: Box<dyn Runnable>,
    sampling: Box<dyn Sampling>,
    flow: Box<dyn Integrable>,
}

fn claims(m: usize) -> Vec<Claim> {
    let claim = |name, sampling: Box<dyn Sampling>, flow: Box<dyn Integrable>| Claim {
        name,
        optimizer: Box::new(GradientDescent),
        sampling,
        flow,
    };
    let penalty = || Box::new(BatchPenalty::default());
    let mut claims = vec![
        claim("gradient descent", Box::new(FullBatch), Box::<GradientPenalty>::default()),
        claim("reshuffling", Box::new(RandomReshuffling), penalty()),
        claim("single order", Box::new(FixedOrder::ascending(m)), Box::new(Ordered)),
        claim("flip-flop", Box::new(FlipFlop), penalty()),
        Claim {
            name: "substeps",
            optimizer: Box::new(Substeps { inner: GradientDescent, count: 2 }),
            sampling: Box::new(RandomReshuffling),
            flow: Box::new(BatchPenalty { substeps: 2 }),
        },
    ];
    if m == 4 {
        let flow = Repartitioned { examples: 4, batch_size: 2 };
        claims.push(claim("repartition", Box::new(Repartition { batch_size: 2 }), Box::new(flow)));
    }
    claims
}

/// The mean of `blocks` blocks, each from the mean of the one before.
fn iterated(p: &Problem, claim: &Claim, eps: f64, blocks: usize) -> Vec<DoubleDouble> {
    let mut a = Numeric::new(p.seen::<DoubleDouble>().unwrap());
    let optimizer: &dyn Optimizer<Numeric<DoubleDouble>> = &*claim.optimizer;
    let eps = DoubleDouble::from_f64(eps);
    (0..blocks).fold(precise_start(p), |w, _| {
        let from = State { w, memory: Vec::new(), steps: Steps::default() };
        let mut end = |_: &mut Numeric<_>, end: State<Vec<DoubleDouble>>| vec![end.w];
        expectation(&mut a, optimizer, &*claim.sampling, &eps, &from, &mut end).remove(0)
    })
}

/// The end of `flow` after the time of `steps` steps.
fn followed(p: &Problem, flow: &dyn Integrable, eps: f64, steps: usize) -> Vec<DoubleDouble> {
    let eps = DoubleDouble::from_f64(eps);
    let named: &dyn Flow<Numeric<f64>> = flow;
    let power = |n: u32| (0..n).fold(DoubleDouble::one(), |c, _| c * eps);
    let coefficient = |t: &Term| DoubleDouble::from_ratio(t.coefficient) * power(t.power);
    let c = named.terms().iter().map(|t| Jet::constant(coefficient(t))).collect();
    let flow: &dyn Flow<Numeric<Jet<DoubleDouble>>> = flow;
    let mut rhs = Along::new(flow, p.seen::<Jet<DoubleDouble>>().unwrap(), c, Jet::one());
    let solver = Taylor { order: 12, tolerance: 1e-24 };
    solver.integrate(&mut rhs, &precise_start(p), eps.scale(steps as f64)).unwrap()
}

/// The slopes of the claimed flow's error and of the gradient flow's.
fn slopes(p: &Problem, claim: &Claim, eps: f64, blocks: usize, global: bool) -> [f64; 2] {
    let steps = claim.sampling.steps(p.batches());
    let error = |flow: &dyn Integrable, e: f64| {
        let blocks = if global { (blocks as f64 * eps / e).round() as usize } else { blocks };
        distance(&iterated(p, claim, e, blocks), &followed(p, flow, e, blocks * steps))
    };
    [slope(eps, |e| error(&*claim.flow, e)), slope(eps, |e| error(&GradientFlow, e))]
}

proptest! {
    #![proptest_config(config(48, 101))]

    #[test]
    fn over_one_block_the_modified_flow_has_order_3_and_the_gradient_flow_2(
        raw in problems(2..5),
        eps in log_uniform(1e-6, 1e-4),
    ) {
        let p = raw.problem();
        for claim in claims(p.batches()) {
            let [modified, plain] = slopes(&p, &claim, eps, 1, false);
            prop_assert!(modified > 2.95, "{}: {modified}, {plain}", claim.name);
            prop_assert!(plain < 2.05, "{}: {modified}, {plain}", claim.name);
        }
    }

    #[test]
    fn with_replacement_one_epoch_follows_the_penalty_of_the_full_gradient(
        raw in problems(2..4),
        eps in log_uniform(1e-6, 1e-4),
    ) {
        let p = raw.problem();
        let m = p.batches();
        let claim = Claim {
            name: "with replacement",
            optimizer: Box::new(GradientDescent),
            sampling: Box::new(IndependentDraws { steps: m }),
            flow: Box::<GradientPenalty>::default(),
        };
        let [modified, plain] = slopes(&p, &claim, eps, 1, false);
        prop_assert!(modified > 2.95 && plain < 2.05, "{modified}, {plain}");
    }
}

proptest! {
    #![proptest_config(config(12, 102))]

    #[test]
    fn at_a_fixed_time_the_modified_flow_has_order_2_and_the_gradient_flow_1(
        raw in problems(3..4),
        time in log_uniform(0.05, 0.2),
    ) {
        let p = raw.problem();
        for claim in claims(p.batches()) {
            let blocks = 16;
            let eps = time / (blocks * claim.sampling.steps(p.batches())) as f64;
            let [modified, plain] = slopes(&p, &claim, eps, blocks, true);
            prop_assert!(modified > 1.9, "{}: {modified}, {plain}", claim.name);
            prop_assert!(plain < 1.1, "{}: {modified}, {plain}", claim.name);
        }
    }

    #[test]
    fn a_wrong_coefficient_loses_the_order_again(
        raw in problems(3..4),
        eps in log_uniform(1e-6, 1e-5),
    ) {
        // Substeps in place of whole steps: the penalty is half of what it should be.
        let p = raw.problem();
        let wrong = Claim {
            name: "wrong",
            optimizer: Box::new(GradientDescent),
            sampling: Box::new(RandomReshuffling),
            flow: Box::new(BatchPenalty { substeps: 2 }),
        };
        let [modified, _] = slopes(&p, &wrong, eps, 1, false);
        prop_assert!(modified < 2.05, "{modified}");
    }
}

/// A raw case is what a failure prints, so it must hold everything.
#[test]
fn a_raw_case_prints_its_numbers() {
    let raw = Raw::Factorisation { x: vec![0.5], y: vec![1.0], start: vec![1.25, 0.75] };
    let printed = format!("{raw:?}");
    assert!(printed.contains("0.5") && printed.contains("[1.25, 0.75]"), "{printed}");
    assert_eq!(raw.problem().start().as_slice(), [1.25, 0.75]);
}
