//! Exact means against brute force, and what the noise around them does.

use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use shadowflow::arithmetic::{Arithmetic, Numeric};
use shadowflow::loss::{Oracle, Problem};
use shadowflow::optimizer::{GradientDescent, State, Steps};
use shadowflow::sampling::{
    FixedOrder, FlipFlop, IndependentDraws, RandomReshuffling, Sampling, expectation,
    reversed_pairs, subset_mean,
};
use shadowflow::scalar::{DoubleDouble, Scalar};

use super::config;
use super::problems::{distance, log_uniform, precise_start, problems, quadratics, slope, start};

/// All orders of 0 … m−1, each inserted into the orders of fewer.
fn orders(m: usize) -> Vec<Vec<usize>> {
    (0..m).fold(vec![Vec::new()], |shorter, k| {
        let mut longer = Vec::new();
        for order in shorter {
            for at in 0..=k {
                let mut next = order.clone();
                next.insert(at, k);
                longer.push(next);
            }
        }
        longer
    })
}

/// Descent along `batches`, with the loss itself and nothing else of the crate.
fn descend(loss: &dyn Oracle<f64>, w: &[f64], eps: f64, batches: &[usize]) -> Vec<f64> {
    let mut w = w.to_vec();
    let mut g = vec![0.0; w.len()];
    for &k in batches {
        loss.gradient(k, &w, &mut g);
        w.iter_mut().zip(&g).for_each(|(w, g)| *w -= eps * g);
    }
    w
}

fn average(ends: &[Vec<f64>]) -> Vec<f64> {
    let n = ends.len() as f64;
    (0..ends[0].len()).map(|i| ends.iter().map(|end| end[i]).sum::<f64>() / n).collect()
}

/// The exact mean end of one block.
fn mean<S: Scalar>(a: &mut Numeric<S>, by: &dyn Sampling, eps: S, w: Vec<S>) -> Vec<S> {
    let from = State { w, memory: Vec::new(), steps: Steps::default() };
    let mut end = |_: &mut Numeric<S>, end: State<Vec<S>>| vec![end.w];
    expectation(a, &GradientDescent, by, &eps, &from, &mut end).remove(0)
}

/// The same in double-double, from the problem's start.
fn precise_mean(p: &Problem, by: &dyn Sampling, eps: f64) -> Vec<DoubleDouble> {
    let mut a = Numeric::new(p.seen::<DoubleDouble>().unwrap());
    mean(&mut a, by, DoubleDouble::from_f64(eps), precise_start(p))
}

fn tolerance(w: &[f64]) -> f64 {
    1e-14 * (1.0 + w.iter().map(|x| x.abs()).fold(0.0, f64::max)) * w.len() as f64
}

proptest! {
    #![proptest_config(config(64, 201))]

    #[test]
    fn the_mean_over_orders_is_that_of_all_permutations(
        raw in problems(1..6),
        eps in log_uniform(1e-3, 0.2),
    ) {
        let p = raw.problem();
        let (loss, w) = (p.float(), start(&p));
        let ends: Vec<_> =
            orders(p.batches()).iter().map(|order| descend(&*loss, &w, eps, order)).collect();
        let brute = average(&ends);
        let found = mean(&mut Numeric::new(loss), &RandomReshuffling, eps, w);
        prop_assert!(distance(&found, &brute) <= tolerance(&brute), "{found:?} {brute:?}");
    }

    #[test]
    fn the_mean_with_replacement_is_that_of_all_words(
        raw in problems(2..4),
        eps in log_uniform(1e-3, 0.2),
        steps in 1..5_usize,
    ) {
        let p = raw.problem();
        let (loss, w, m) = (p.float(), start(&p), p.batches());
        let word = |n: usize| (0..steps).map(|at| n / m.pow(at as u32) % m).collect::<Vec<_>>();
        let ends: Vec<_> =
            (0..m.pow(steps as u32)).map(|n| descend(&*loss, &w, eps, &word(n))).collect();
        let brute = average(&ends);
        let found = mean(&mut Numeric::new(loss), &IndependentDraws { steps }, eps, w);
        prop_assert!(distance(&found, &brute) <= tolerance(&brute), "{found:?} {brute:?}");
    }

    #[test]
    fn fixed_orders_are_the_orders_they_say(
        raw in problems(1..6),
        eps in log_uniform(1e-3, 0.2),
    ) {
        let p = raw.problem();
        let (loss, w) = (p.float(), start(&p));
        let there: Vec<usize> = (0..p.batches()).collect();
        let back: Vec<usize> = there.iter().rev().copied().collect();
        let both = [there.clone(), back.clone()].concat();
        let schemes: [(&dyn Sampling, &[usize]); 3] = [
            (&FixedOrder::ascending(p.batches()), &there),
            (&FixedOrder::descending(p.batches()), &back),
            (&FlipFlop, &both),
        ];
        for (by, batches) in schemes {
            let known = descend(&*loss, &w, eps, batches);
            let found = mean(&mut Numeric::new(loss.clone()), by, eps, w.clone());
            prop_assert!(distance(&found, &known) <= tolerance(&known), "{batches:?}");
            prop_assert_eq!(by.steps(p.batches()), batches.len());
        }
    }

    #[test]
    fn on_quadratics_the_recursion_over_subsets_is_the_tree(
        raw in quadratics(1..7),
        eps in log_uniform(1e-3, 0.2),
    ) {
        let p = raw.problem();
        let mut a = Numeric::new(p.seen::<DoubleDouble>().unwrap());
        let eps = DoubleDouble::from_f64(eps);
        let from = State { w: precise_start(&p), memory: Vec::new(), steps: Steps::default() };
        let subsets = subset_mean(&mut a, &GradientDescent, &eps, &from);
        let m = p.batches();
        prop_assert_eq!(a.gradients(), m << (m - 1));
        prop_assert_eq!(a.count(subsets.steps), m);
        let tree = mean(&mut a, &RandomReshuffling, eps, from.w);
        prop_assert!(distance(&subsets.w, &tree) < 1e-27);
    }

    #[test]
    fn an_order_and_its_reverse_have_the_mean_of_all_orders_to_order_3(
        raw in problems(3..6),
        eps in log_uniform(1e-7, 1e-5),
    ) {
        let p = raw.problem();
        let half = DoubleDouble::from_f64(0.5);
        let error = |eps: f64| {
            let there = precise_mean(&p, &FixedOrder::ascending(p.batches()), eps);
            let back = precise_mean(&p, &FixedOrder::descending(p.batches()), eps);
            let pair: Vec<_> = there.iter().zip(&back).map(|(&a, &b)| (a + b) * half).collect();
            distance(&pair, &precise_mean(&p, &RandomReshuffling, eps))
        };
        let order = slope(eps, error);
        prop_assert!((order - 3.0).abs() < 0.05, "{order}");
        let alone = |eps: f64| {
            let there = precise_mean(&p, &FixedOrder::ascending(p.batches()), eps);
            distance(&there, &precise_mean(&p, &RandomReshuffling, eps))
        };
        let order = slope(eps, alone);
        prop_assert!((order - 2.0).abs() < 0.05, "{order}");
    }

    #[test]
    fn the_covariance_over_orders_is_of_order_4(
        raw in problems(2..5),
        eps in log_uniform(1e-7, 1e-5),
    ) {
        let p = raw.problem();
        let size = |eps: f64| {
            let centre = precise_mean(&p, &RandomReshuffling, eps);
            let mut a = Numeric::new(p.seen::<DoubleDouble>().unwrap());
            let from = State { w: precise_start(&p), memory: Vec::new(), steps: Steps::default() };
            let mut square = |_: &mut Numeric<_>, end: State<Vec<DoubleDouble>>| {
                let off = end.w.iter().zip(&centre).map(|(&w, &c)| (w - c) * (w - c));
                vec![off.collect()]
            };
            let eps = DoubleDouble::from_f64(eps);
            let spread =
                expectation(&mut a, &GradientDescent, &RandomReshuffling, &eps, &from, &mut square);
            spread[0].iter().map(|v: &DoubleDouble| v.leading()).sum::<f64>()
        };
        let order = slope(eps, size);
        prop_assert!((order - 4.0).abs() < 0.05, "{order}");
    }
}

proptest! {
    #![proptest_config(config(32, 202))]

    #[test]
    fn reversed_pairs_find_the_mean_within_their_bar_and_with_less_noise(
        raw in problems(3..6),
        eps in log_uniform(1e-3, 1e-2),
        seed in any::<u64>(),
    ) {
        let p = raw.problem();
        let (loss, w, m) = (p.float(), start(&p), p.batches());
        let mut a = Numeric::new(loss.clone());
        let from = State { w: w.clone(), memory: Vec::new(), steps: Steps::default() };
        let count = 128;
        let pairs = reversed_pairs(&mut a, &GradientDescent, eps, &from, count, seed);
        prop_assert_eq!(a.gradients(), 2 * m * count);
        let exact = mean(&mut a, &RandomReshuffling, eps, w.clone());
        let gap = distance(&pairs.mean.w, &exact);
        prop_assert!(gap <= 5.0 * pairs.standard_error + 1e-15, "{gap} {pairs:?}");

        // The same number of steps without pairing.
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..m).collect();
        let ends: Vec<Vec<f64>> = (0..2 * count)
            .map(|_| {
                order.shuffle(&mut random);
                descend(&*loss, &w, eps, &order)
            })
            .collect();
        let centre = average(&ends);
        let squares: f64 = ends.iter().map(|end| distance(end, &centre).powi(2)).sum();
        let unpaired = (squares / (2 * count - 1) as f64 / (2 * count) as f64).sqrt();
        // The noise of a pair is a factor ε times a curvature below that of an order.
        let ratio = pairs.standard_error / unpaired;
        prop_assert!(ratio < 30.0 * eps, "{ratio} at {eps}");
        prop_assert!(ratio > 0.0);
    }

    #[test]
    fn two_batches_are_one_pair_and_have_no_noise(
        raw in problems(2..3),
        eps in log_uniform(1e-3, 1e-1),
    ) {
        let p = raw.problem();
        let mut a = Numeric::new(p.float());
        let from = State { w: start(&p), memory: Vec::new(), steps: Steps::default() };
        let pairs = reversed_pairs(&mut a, &GradientDescent, eps, &from, 8, 1);
        let exact = mean(&mut a, &RandomReshuffling, eps, start(&p));
        prop_assert!(distance(&pairs.mean.w, &exact) <= 1e-14);
        prop_assert!(pairs.standard_error <= 1e-15, "{}", pairs.standard_error);
    }
}
