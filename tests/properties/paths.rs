//! Means over all paths at a fixed time: what the closed map leaves out, and what one order does.

use proptest::prelude::*;
use shadowflow::arithmetic::Numeric;
use shadowflow::flow::{Along, BatchPenalty, Integrable};
use shadowflow::integrate::Dop853;
use shadowflow::loss::{Problem, TwoMinima, preset};
use shadowflow::measure::{Model, OrderFit, Point, fit_order};
use shadowflow::optimizer::{GradientDescent, State, Steps};
use shadowflow::sampling::{
    Draw, FixedOrder, IndependentDraws, MeanMethod, RandomReshuffling, Sampling, backward_mean,
    block_means, expectation,
};

use super::config;
use super::problems::{distance, log_uniform, nets, start};

/// `blocks` independent blocks of another scheme as one long block: all its paths are walked.
struct Repeated<P> {
    inner: P,
    blocks: usize,
}

impl<P: Sampling> Sampling for Repeated<P> {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        let steps = self.inner.steps(components);
        if path.len() == steps * self.blocks {
            return Vec::new();
        }
        self.inner.continuations(&path[path.len() / steps * steps..], components)
    }
}

/// The mean over all paths.
fn true_mean(p: &Problem, by: &dyn Sampling, eps: f64) -> Vec<f64> {
    let mut a = Numeric::new(p.float());
    let from = State { w: start(p), memory: Vec::new(), steps: Steps::default() };
    let mut end = |_: &mut Numeric<f64>, end: State<Vec<f64>>| vec![end.w];
    expectation(&mut a, &GradientDescent, by, &eps, &from, &mut end).remove(0)
}

/// The mean of one block, iterated from its own mean.
fn closed_map(p: &Problem, by: &dyn Sampling, eps: f64, blocks: usize) -> Vec<f64> {
    let mut a = Numeric::new(p.float());
    let from = State { w: start(p), memory: Vec::new(), steps: Steps::default() };
    block_means(&mut a, &GradientDescent.into(), by, MeanMethod::Tree, eps, from, blocks).unwrap().w
}

/// The end of the flow of C + (c ε/m) Σ‖g_k‖².
fn shuffled_flow(p: &Problem, coefficient: f64, eps: f64, time: f64) -> Vec<f64> {
    let flow: &dyn Integrable = &BatchPenalty::default();
    let mut rhs = Along::<f64>::new(flow, p.float(), vec![coefficient * eps], 1.0);
    Dop853 { tolerance: 1e-14 }.integrate(&mut rhs, &start(p), time).unwrap()
}

proptest! {
    #![proptest_config(config(16, 301))]

    #[test]
    fn in_one_dimension_the_backward_operator_is_the_mean_over_all_paths(
        batches in 2..4_usize,
        from in -2.0..2.0_f64,
        eps in log_uniform(1e-3, 0.3),
        blocks in 1..5_usize,
    ) {
        let loss = TwoMinima::new(batches).unwrap();
        let p = Problem::new("two minima", loss, nalgebra::DVector::from_vec(vec![from]));
        let mut a = Numeric::new(p.float());
        let shuffled = Repeated { inner: RandomReshuffling, blocks };
        let drawn = Repeated { inner: IndependentDraws { steps: 2 }, blocks };
        let pairs: [(&dyn Sampling, &dyn Sampling); 2] =
            [(&shuffled.inner, &shuffled), (&drawn.inner, &drawn)];
        for (block, all) in pairs {
            let brute = true_mean(&p, all, eps)[0];
            let found = backward_mean(&mut a, &GradientDescent, block, eps, from, blocks).unwrap();
            prop_assert!((found - brute).abs() <= 1e-13 * (1.0 + brute.abs()), "{found} {brute}");
        }
    }
}

proptest! {
    #![proptest_config(config(10, 302))]

    #[test]
    fn on_nets_the_closed_map_is_the_true_mean_to_a_tenth_of_the_error(
        raw in nets(3..4),
        blocks in 3..6_usize,
    ) {
        let p = raw.problem();
        let rate = shadowflow::leg::Pace::of(&p).unwrap().rate;
        let time = 1.0 / rate;
        let eps = time / (3 * blocks) as f64;
        let all = true_mean(&p, &Repeated { inner: RandomReshuffling, blocks }, eps);
        let closed = closed_map(&p, &RandomReshuffling, eps, blocks);
        let defect = distance(&all, &closed);
        let error = distance(&all, &shuffled_flow(&p, 0.25, eps, time));
        prop_assert!(defect > 0.0 && defect < 0.1 * error, "defect {defect:.2e}, error {error:.2e}");
    }
}

/// The order of `error` over 8, 16, …, 128 blocks within a fixed time.
fn order_at(time: f64, m: usize, error: impl Fn(f64, usize) -> f64) -> OrderFit {
    let points: Vec<Point> = (3..8)
        .map(|j| {
            let blocks = 1 << j;
            let step_size = time / (blocks * m) as f64;
            Point { step_size, error: error(step_size, blocks), floor: 0.0, used: true }
        })
        .collect();
    fit_order(&points, Model::Series).unwrap()
}

#[test]
fn with_two_minima_the_true_mean_follows_the_flow_and_the_closed_map_the_mean() {
    let p = preset("two-minima", None, None, 1).unwrap();
    let (m, time) = (p.batches(), 3.2);
    let backward = |eps: f64, blocks: usize| {
        let mut a = Numeric::new(p.float());
        let from = start(&p)[0];
        backward_mean(&mut a, &GradientDescent, &RandomReshuffling, eps, from, blocks).unwrap()
    };
    let to_flow = |c: f64| {
        order_at(time, m, |eps, blocks| {
            (backward(eps, blocks) - shuffled_flow(&p, c, eps, time)[0]).abs()
        })
    };
    let (claimed, plain) = (to_flow(0.25), to_flow(0.0));
    let defect = order_at(time, m, |eps, blocks| {
        (backward(eps, blocks) - closed_map(&p, &RandomReshuffling, eps, blocks)[0]).abs()
    });
    println!(
        "true mean {:.3} ± {:.3}, without penalty {:.3}, closed map's defect {:.3} ± {:.3}",
        claimed.order, claimed.half_width, plain.order, defect.order, defect.half_width
    );
    assert!((claimed.order - 2.0).abs() < 0.02, "{claimed:?}");
    assert!((plain.order - 1.0).abs() < 0.02, "{plain:?}");
    assert!((defect.order - 3.0).abs() < 0.1, "{defect:?}");
}

#[test]
fn one_order_leaves_the_mean_at_first_order() {
    for name in ["two-minima", "quadratic", "factorisation", "mlp", "logistic"] {
        let p = preset(name, Some(3), None, 1).unwrap();
        let time = 0.5 / shadowflow::leg::Pace::of(&p).unwrap().rate;
        let fit = order_at(time, 3, |eps, blocks| {
            let one = closed_map(&p, &FixedOrder::ascending(p.batches()), eps, blocks);
            distance(&one, &closed_map(&p, &RandomReshuffling, eps, blocks))
        });
        assert!((fit.order - 1.0).abs() < 0.05, "{name}: {fit:?}");
    }
}
