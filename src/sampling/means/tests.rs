//! Means of methods with memory and with a count of steps, each way of taking them against all orders.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::arithmetic::Batch;
use crate::loss::{Problem, preset};
use crate::optimizer::Steps;

/// v ← v/2 − ε (1 + n/4) g, w ← w + v with n the steps taken: affine on quadratics, and no two steps alike.
struct Quickening;

impl<A: Arithmetic> Optimizer<A> for Quickening {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let taken = a.count(s.steps) as i64;
        let factor = -(a.fraction(4 + taken, 4) * eps.clone());
        let g = a.gradient(batch, &s.w);
        let (half, one) = (a.fraction(1, 2), a.fraction(1, 1));
        a.scale(&half, &mut s.memory[0]);
        a.axpy(&factor, &g, &mut s.memory[0]);
        let v = s.memory[0].clone();
        a.axpy(&one, &v, &mut s.w);
    }

    fn memory(&self) -> usize {
        1
    }
}

const EPS: f64 = 0.03125;

/// In the midst of things: with a velocity, and after three steps.
fn begun(p: &Problem) -> State<Vec<f64>> {
    let w = p.start().as_slice().to_vec();
    let velocity = w.iter().map(|x| 0.25 - 0.125 * x).collect();
    State { w, memory: vec![velocity], steps: Steps::default().after(3) }
}

fn after(p: &Problem, order: &[usize]) -> State<Vec<f64>> {
    let (mut a, mut s) = (Numeric::new(p.float()), begun(p));
    for &k in order {
        Quickening.step(&mut a, &EPS, Batch::One(k), &mut s);
        s.steps.advance();
    }
    s
}

fn orders(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let begun_with = |k: usize| {
        let rest: Vec<usize> = of.iter().copied().filter(|&other| other != k).collect();
        orders(&rest).into_iter().map(move |rest| [vec![k], rest].concat())
    };
    of.iter().flat_map(|&k| begun_with(k)).collect()
}

/// Parameters and velocity as one list.
fn flat(s: &State<Vec<f64>>) -> Vec<f64> {
    std::iter::once(&s.w).chain(&s.memory).flatten().copied().collect()
}

fn average(ends: &[Vec<f64>]) -> Vec<f64> {
    (0..ends[0].len())
        .map(|i| ends.iter().map(|end| end[i]).sum::<f64>() / ends.len() as f64)
        .collect()
}

fn exact(p: &Problem) -> Vec<f64> {
    let all: Vec<usize> = (0..p.batches()).collect();
    average(&orders(&all).iter().map(|order| flat(&after(p, order))).collect::<Vec<_>>())
}

fn off(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn every_way_of_taking_the_mean_over_orders_carries_memory_and_counts_on() {
    for (name, most) in [("quadratic", 7), ("factorisation", 7), ("tiny-net", 5)] {
        for m in 1..=most {
            let p = preset(name, Some(m), None, 2).unwrap();
            let known = exact(&p);
            let mut a = Numeric::new(p.float());
            let check = |way: &str, found: &State<Vec<f64>>| {
                let error = off(&flat(found), &known);
                assert!(error < 1e-13, "{name}, {m} minibatches by {way}: off by {error:e}");
                assert_eq!(found.steps.taken(), 3 + m, "{name} {m} {way}");
            };
            check("walking", &mean_state(&mut a, &Quickening, &RandomReshuffling, EPS, &begun(&p)));
            check("eight at once", &lockstep_mean(&mut a, &Quickening, EPS, &begun(&p)));
            if name == "quadratic" {
                check("subsets", &subset_mean(&mut a, &Quickening, &EPS, &begun(&p)));
            }
            if m <= 2 {
                let pairs = reversed_pairs(&mut a, &Quickening, EPS, &begun(&p), 3, 5);
                check("pairs", &pairs.mean);
                assert!(pairs.standard_error < 1e-15);
            }
        }
    }
}

/// Over many seeds the mean over pairs is unbiased, and as far off as its standard error says.
#[test]
fn the_standard_error_of_reversed_pairs_is_that_of_their_mean() {
    let p = preset("quadratic", Some(4), None, 2).unwrap();
    let (known, dim) = (exact(&p), p.dim());
    let mut a = Numeric::new(p.float());
    for count in [2, 5, 20] {
        let runs: Vec<PairMean<f64>> = (0..600)
            .map(|seed| reversed_pairs(&mut a, &Quickening, EPS, &begun(&p), count, seed))
            .collect();
        let square = |run: &PairMean<f64>| -> f64 {
            run.mean.w.iter().zip(&known).map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let mean = |of: &dyn Fn(&PairMean<f64>) -> f64| runs.iter().map(of).sum::<f64>() / 600.0;
        let (seen, said) = (mean(&square), mean(&|run| run.standard_error * run.standard_error));
        assert!((seen / said - 1.0).abs() < 0.2, "{count} pairs: {seen:e}, not {said:e}");
        let all = average(&runs.iter().map(|run| flat(&run.mean)).collect::<Vec<_>>());
        let bias = off(&all, &known);
        assert!(bias < 4.0 * (said / 600.0).sqrt() + 1e-15, "{count} pairs: {bias:e}");
        assert_eq!(runs[0].mean.w.len(), dim);
    }
}
