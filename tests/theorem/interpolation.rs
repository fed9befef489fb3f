//! The interpolating field: an oracle for modified fields that knows no formula.
//!
//! The iterates w₀, w₁, …, w_n of a map alone determine a field,
//! (1/ε) Σ_{k=1}^n ((−1)^{k−1}/k) Δ^k w₀ = f̃(w₀) + O(ε^n), with Δ the forward difference (Gelfreich &
//! Vieiro 2018). Computed in double-double it must agree to that order with the field that the exact
//! series derive, evaluated on the same loss.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::sync::Arc;

use shadowflow::arithmetic::Numeric;
use shadowflow::flow::{Flow, TreeFlow};
use shadowflow::loss::{Problem, preset};
use shadowflow::measure::{Model, Point, fit_order, norm};
use shadowflow::optimizer::{
    ExplicitRegularization, GradientDescent, Implicit, Momentum, Optimizer, RungeKutta, Runnable,
    SharpnessAware, State, Steps, Substeps,
};
use shadowflow::sampling::{
    FixedOrder, FlipFlop, FullBatch, IndependentDraws, RandomReshuffling, Repartition, Sampling,
    expectation,
};
use shadowflow::scalar::{DoubleDouble, Ratio, Scalar};
use shadowflow::series::{
    Composer, Forest, Rational, Row, Series, derive, flow_of, modified_field, slow_manifold,
};

type Numbers = Numeric<DoubleDouble>;
type Vector = Vec<DoubleDouble>;

/// A method as numbers and as series.
trait Method: Runnable + Optimizer<Series> {}
impl<O: Runnable + Optimizer<Series>> Method for O {}

/// A method with its sampling, the number of minibatches and the order n it is compared to.
struct Case {
    name: &'static str,
    method: Box<dyn Method>,
    sampling: Box<dyn Sampling>,
    batches: usize,
    order: usize,
}

/// Every optimizer and every sampling that the catalogue derives or proves.
fn cases() -> Vec<Case> {
    let third = Ratio::new(1, 3);
    let whole = |name, method, order| Case {
        name,
        method,
        sampling: Box::new(FullBatch) as Box<dyn Sampling>,
        batches: 1,
        order,
    };
    let sampled = |name, sampling, batches, order| Case {
        name,
        method: Box::new(GradientDescent) as Box<dyn Method>,
        sampling,
        batches,
        order,
    };
    let explicit = ExplicitRegularization { mu: third };
    vec![
        whole("gradient-descent", Box::new(GradientDescent), 5),
        whole("heun", Box::new(RungeKutta::heun()), 5),
        whole("explicit-midpoint", Box::new(RungeKutta::explicit_midpoint()), 5),
        whole("rk4", Box::new(RungeKutta::rk4()), 5),
        whole("implicit-euler", Box::new(Implicit::euler()), 5),
        whole("implicit-midpoint", Box::new(Implicit::midpoint()), 5),
        whole("heavy-ball", Box::new(Momentum::heavy_ball(third).unwrap()), 5),
        whole("nesterov", Box::new(Momentum::nesterov(third).unwrap()), 5),
        whole("sam", Box::new(SharpnessAware::new(third)), 5),
        whole("explicit-gradient-regularization", Box::new(explicit), 5),
        Case {
            name: "substeps",
            method: Box::new(Substeps { inner: GradientDescent, count: 2 }),
            sampling: Box::new(RandomReshuffling),
            batches: 2,
            order: 4,
        },
        sampled("random-reshuffling", Box::new(RandomReshuffling), 3, 4),
        sampled("single-order", Box::new(FixedOrder { order: vec![2, 0, 1] }), 3, 4),
        sampled("flip-flop", Box::new(FlipFlop), 2, 4),
        sampled("with-replacement", Box::new(IndependentDraws { steps: 2 }), 2, 4),
        sampled("repartition", Box::new(Repartition { batch_size: 2 }), 4, 3),
    ]
}

/// A small tanh net: smooth, analytic, and no derivative of it vanishes.
fn problem(batches: usize) -> Problem {
    preset("tiny-net", Some(batches), None, 1).unwrap()
}

/// The value of a flow at `w` for the step size `eps`.
fn value(flow: &TreeFlow, a: &mut Numbers, eps: f64, w: &Vector) -> Vector {
    let flow: &dyn Flow<Numbers> = flow;
    let power = |p: u32| (0..p).fold(DoubleDouble::one(), |x, _| x.scale(eps));
    let c: Vec<DoubleDouble> = flow
        .terms()
        .iter()
        .map(|t| DoubleDouble::from_ratio(t.coefficient) * power(t.power))
        .collect();
    flow.field(a, &c, &DoubleDouble::zero(), w)
}

/// The memory vectors of the slow manifold, each ε times a flow.
fn manifold(case: &Case) -> Vec<TreeFlow> {
    let forest = Arc::new(Forest::new(case.order, case.batches).unwrap());
    let composer = Composer::new(&forest);
    let a = Series::new(Arc::clone(&forest));
    let memory = slow_manifold(&a, &composer, &*case.method).unwrap();
    (memory.iter())
        .map(|v| flow_of(&forest, &modified_field(&forest, &v.coefficients, 1).unwrap()).unwrap())
        .collect()
}

/// (1/sε) Σ_{k=1}^n ((−1)^{k−1}/k) Δ^k w₀ from n mean blocks of s steps.
fn interpolated(case: &Case, a: &mut Numbers, eps: f64, w: &Vector) -> Vector {
    let optimizer: &dyn Optimizer<Numbers> = &*case.method;
    let step = DoubleDouble::from_f64(eps);
    let memory = (manifold(case).iter())
        .map(|flow| value(flow, a, eps, w).iter().map(|v| *v * step).collect())
        .collect();
    let mut state = State { w: w.clone(), memory, steps: Steps::default() };
    let mut differences = vec![w.clone()];
    for _ in 0..case.order {
        let mut ends = expectation(a, optimizer, &*case.sampling, &step, &state, &mut |_, end| {
            std::iter::once(end.w).chain(end.memory).collect()
        });
        let memory = ends.split_off(1);
        state = State { w: ends.swap_remove(0), memory, steps: state.steps.next() };
        differences.push(state.w.clone());
    }
    let steps = case.sampling.steps(case.batches) as f64;
    let mut sum = vec![DoubleDouble::zero(); w.len()];
    for k in 1..=case.order {
        // After k rounds the first entry is Δ^k w₀.
        differences = (differences.windows(2))
            .map(|pair| pair[1].iter().zip(&pair[0]).map(|(&b, &a)| b - a).collect())
            .collect();
        let sign = if k % 2 == 1 { 1 } else { -1 };
        let weight = DoubleDouble::from_ratio(Ratio::new(sign, k as i64));
        for (sum, &difference) in sum.iter_mut().zip(&differences[0]) {
            *sum += weight * difference / (step.scale(steps));
        }
    }
    sum
}

const RUNGS: usize = 6;

fn step_size(rung: usize) -> f64 {
    0.005 / f64::powi(2.0, rung as i32)
}

/// The interpolating fields over the ladder: they do not depend on what is derived.
fn observed(case: &Case) -> Vec<Vector> {
    let problem = problem(case.batches);
    let mut a = Numeric::new(problem.seen::<DoubleDouble>().unwrap());
    let w: Vector = problem.start().iter().map(|&x| DoubleDouble::from_f64(x)).collect();
    (0..RUNGS).map(|rung| interpolated(case, &mut a, step_size(rung), &w)).collect()
}

/// The fitted order of the distance between the observed fields and that of these rows.
fn order_of_distance(case: &Case, observed: &[Vector], forest: &Forest, rows: &[Row]) -> f64 {
    let flow = flow_of(forest, rows).unwrap();
    let problem = problem(case.batches);
    let mut a = Numeric::new(problem.seen::<DoubleDouble>().unwrap());
    let w: Vector = problem.start().iter().map(|&x| DoubleDouble::from_f64(x)).collect();
    let points: Vec<Point> = (observed.iter().enumerate())
        .map(|(rung, seen)| {
            let said = value(&flow, &mut a, step_size(rung), &w);
            let gap: Vec<f64> = seen.iter().zip(&said).map(|(&a, &b)| (a - b).leading()).collect();
            Point { step_size: step_size(rung), error: norm(&gap), floor: 0.0, used: true }
        })
        .collect();
    fit_order(&points, Model::Series).unwrap().order
}

#[test]
fn derived_fields_are_the_ones_that_iterates_interpolate() {
    for case in cases() {
        let (forest, rows) =
            derive(&*case.method, &*case.sampling, case.order, case.batches).unwrap();
        let order = order_of_distance(&case, &observed(&case), &forest, &rows);
        println!("{}: the distance has order {order:.4}, {} is due", case.name, case.order);
        assert!((order - case.order as f64).abs() < 0.05, "{}: order {order}", case.name);
    }
}

/// A coefficient that is off by 1 shows at the order of its tree: the comparison has power in every one.
#[test]
fn a_changed_coefficient_is_seen_at_the_order_of_its_tree() {
    let one = Rational::from_integer(1.into());
    for case in cases().into_iter().filter(|case| case.batches == 1) {
        let (forest, rows) = derive(&*case.method, &*case.sampling, case.order, 1).unwrap();
        let observed = observed(&case);
        for at in 0..rows.len() {
            let mut changed = rows.clone();
            changed[at].coefficient += &one;
            let order = order_of_distance(&case, &observed, &forest, &changed);
            let tree = forest.show(rows[at].tree);
            let due = rows[at].order as f64 - 1.0;
            assert!((order - due).abs() < 0.5, "{}, {tree}: order {order}", case.name);
        }
    }
}
