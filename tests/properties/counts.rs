//! What means cost: gradients, paths, and each division of the examples once.

use shadowflow::arithmetic::{Arithmetic, Batch, Numeric};
use shadowflow::loss::{Problem, preset};
use shadowflow::optimizer::{GradientDescent, State, Steps};
use shadowflow::sampling::{Draw, RandomReshuffling, Repartition, Sampling, for_each_end};

use super::problems::start;

fn factorial(n: usize) -> usize {
    (1..=n).product()
}

/// A quadratic of `m` components.
fn quadratic(m: usize) -> Problem {
    preset("quadratic", Some(m), None, 3).unwrap()
}

#[test]
fn a_walk_over_orders_takes_e_times_their_number_of_gradients() {
    for m in 1..=7 {
        let p = quadratic(m);
        let mut a = Numeric::new(p.float());
        let from = State { w: start(&p), memory: Vec::new(), steps: Steps::default() };
        let mut ends = 0;
        for_each_end(&mut a, &GradientDescent, &RandomReshuffling, &0.01, &from, &mut |a, end| {
            assert_eq!(a.count(end.steps), m);
            ends += 1;
        });
        assert_eq!(ends, factorial(m));
        let known = (std::f64::consts::E * factorial(m) as f64).floor() as usize - 1;
        assert_eq!(a.gradients(), known, "{m} batches");
        assert!((RandomReshuffling.paths(m) - factorial(m) as f64).abs() < 0.5);
    }
}

#[test]
fn a_batch_of_several_components_costs_as_many_gradients() {
    let p = quadratic(5);
    let mut a = Numeric::new(p.float());
    let w = start(&p);
    for (batch, cost) in [(Batch::Full, 5), (Batch::One(3), 1), (Batch::Mean(&[0, 4]), 2)] {
        let before = a.gradients();
        let _ = a.gradient(batch, &w);
        assert_eq!(a.gradients() - before, cost);
    }
}

#[test]
fn repartition_walks_each_division_into_batches_once() {
    for (n, b) in [(2, 1), (4, 2), (6, 2), (6, 3), (4, 4), (5, 1)] {
        let known = factorial(n) / factorial(b).pow((n / b) as u32);
        let by = Repartition { batch_size: b };
        assert!((by.paths(n) - known as f64).abs() < 0.5, "{n} by {b}: {}", by.paths(n));
        assert_eq!(by.steps(n), n / b);

        let mut seen = Vec::new();
        walk(&by, n, &mut Vec::new(), &mut seen);
        assert_eq!(seen.len(), known);
        for path in &seen {
            let mut dealt: Vec<usize> = path.concat();
            dealt.sort_unstable();
            assert_eq!(dealt, (0..n).collect::<Vec<_>>());
            assert!(path.iter().all(|batch| batch.len() == b));
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), known, "a division came twice");

        let p = quadratic(n);
        let mut ends = 0;
        let from = State { w: start(&p), memory: Vec::new(), steps: Steps::default() };
        let mut a = Numeric::new(p.float());
        for_each_end(&mut a, &GradientDescent, &by, &0.01, &from, &mut |a, end| {
            assert_eq!(a.count(end.steps), n / b);
            ends += 1;
        });
        assert_eq!(ends, known);
    }
}

fn walk(by: &dyn Sampling, n: usize, path: &mut Vec<Draw>, seen: &mut Vec<Vec<Vec<usize>>>) {
    let next = by.continuations(path, n);
    if next.is_empty() {
        let parts = path.iter().map(|draw| match draw {
            Draw::Mean(parts) => parts.clone(),
            other => panic!("{other:?} is no batch of components"),
        });
        seen.push(parts.collect());
    }
    for draw in next {
        path.push(draw);
        walk(by, n, path, seen);
        let _ = path.pop();
    }
}
