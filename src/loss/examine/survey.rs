//! Where a loss is looked at: points, directions, minibatches.

use std::sync::Arc;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{largest, norm};
use crate::loss::{Oracle, Problem};

/// The most minibatches that are looked at.
const BATCHES: usize = 32;
/// Those whose curvature is asked for the pace of the path.
const PACED_BATCHES: usize = 8;
/// Products with a Hessian in a power iteration: the rate only sets how far the path goes.
const POWER_ITERATIONS: usize = 5;
/// Steps of gradient descent, of size 0.1/L, and those after which a point is kept.
const STEPS: usize = 10;
const KEPT_EVERY: usize = 5;

/// What of a loss is looked at.
pub(super) struct Survey<'a> {
    pub(super) problem: &'a Problem,
    pub(super) loss: Arc<dyn Oracle<f64>>,
    /// The minibatches: all, or a random choice.
    pub(super) batches: Vec<usize>,
    /// The start and up to two points of gradient descent for the time 1/L.
    pub(super) points: Vec<Vec<f64>>,
    /// Three unit vectors without small entries.
    pub(super) directions: [Vec<f64>; 3],
    /// L: the largest curvature met at the start, in any minibatch.
    pub(super) rate: f64,
    /// How long the parameters are: the natural unit of displacements.
    pub(super) length: f64,
    pub(super) random: ChaCha8Rng,
}

impl<'a> Survey<'a> {
    /// The survey at the start alone; [`descend`](Survey::descend) adds the path.
    pub(super) fn new(problem: &'a Problem, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let dim = problem.dim();
        let directions = [(); 3].map(|()| direction(&mut random, dim));
        let batches = chosen(problem.batches(), &mut random);
        let start = problem.start().as_slice().to_vec();
        let length = norm(&start);
        let length = if length > 0.0 { length } else { 1.0 };
        let loss = problem.float();
        Survey {
            problem,
            loss,
            batches,
            points: vec![start],
            directions,
            rate: 0.0,
            length,
            random,
        }
    }

    /// Follows plain gradient descent for about the time 1/L, or to the last finite point.
    pub(super) fn descend(&mut self) {
        let mut w = self.points[0].clone();
        let g = self.mean_gradient(&w);
        let size = norm(&g);
        self.rate = self.curvature(&w, &g);
        if self.rate * self.length <= 1e-9 * size {
            // Without curvature there is no time scale but that of moving by as much as w is long.
            self.rate = size / self.length;
        }
        if !(self.rate > 0.0 && self.rate.is_finite() && size > 0.0) {
            return;
        }
        for step in 1..=STEPS {
            let before = w.clone();
            for (w, g) in w.iter_mut().zip(self.mean_gradient(&before)) {
                *w -= 0.1 / self.rate * g;
            }
            let finite = w.iter().all(|x| x.is_finite());
            if finite && step % KEPT_EVERY == 0 {
                self.length = self.length.max(norm(&w));
                self.points.push(w.clone());
            }
            if !finite {
                // Whether the gradient or only its code ends here is seen at the last point.
                self.points.push(before);
                return;
            }
        }
    }

    fn mean_gradient(&self, w: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; w.len()];
        for &k in &self.batches {
            for (sum, g) in sum.iter_mut().zip(self.gradient(k, w)) {
                *sum += g / self.batches.len() as f64;
            }
        }
        sum
    }

    pub(super) fn gradient(&self, batch: usize, w: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; w.len()];
        self.loss.gradient(batch, w, &mut out);
        out
    }

    pub(super) fn hessian_vector(&self, batch: usize, w: &[f64], v: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; w.len()];
        self.loss.hessian_vector(batch, w, v, &mut out);
        out
    }

    pub(super) fn third(&self, batch: usize, w: &[f64], u: &[f64], v: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; w.len()];
        self.loss.third_derivative(batch, w, u, v, &mut out);
        out
    }

    /// The largest |eigenvalue| of a minibatch Hessian or, if larger, the square root of ‖T[g]‖, the
    /// rate at which the Hessian turns; roughly.
    fn curvature(&self, w: &[f64], g: &[f64]) -> f64 {
        let mut rate: f64 = 0.0;
        let size = norm(g);
        for &k in self.batches.iter().take(PACED_BATCHES) {
            let mut v = self.directions[0].clone();
            for _ in 0..POWER_ITERATIONS {
                v = self.hessian_vector(k, w, &v);
                let length = norm(&v);
                if !(length > 0.0 && length.is_finite()) {
                    break;
                }
                rate = rate.max(length);
                v.iter_mut().for_each(|x| *x /= length);
            }
            if size > 0.0 && self.problem.has_third() {
                let along: Vec<f64> = g.iter().map(|x| x / size).collect();
                let turning = norm(&self.third(k, w, g, &along)).sqrt();
                rate = if turning.is_finite() { rate.max(turning) } else { rate };
            }
        }
        rate
    }

    /// The unit direction in which every component contributes about as much to ⟨g, u⟩.
    pub(super) fn balanced(&mut self, g: &[f64]) -> Vec<f64> {
        let least = 1e-8 * largest(g.iter().copied());
        let mut u = direction(&mut self.random, g.len());
        for (u, g) in u.iter_mut().zip(g) {
            let weight = g.abs().max(least);
            if weight > 0.0 {
                *u /= weight;
            }
        }
        let length = norm(&u);
        if length > 0.0 && length.is_finite() {
            u.iter_mut().for_each(|x| *x /= length);
            return u;
        }
        self.directions[0].clone()
    }
}

/// A random unit vector whose entries are all of about one size.
pub(super) fn direction(random: &mut ChaCha8Rng, dim: usize) -> Vec<f64> {
    let entry = |random: &mut ChaCha8Rng| {
        let size = 0.5 + 0.5 * random.random::<f64>();
        if random.random::<bool>() { size } else { -size }
    };
    let mut u: Vec<f64> = (0..dim).map(|_| entry(random)).collect();
    let length = norm(&u);
    u.iter_mut().for_each(|x| *x /= length);
    u
}

/// All of `m` minibatches, or a random choice of them in ascending order.
fn chosen(m: usize, random: &mut ChaCha8Rng) -> Vec<usize> {
    if m <= BATCHES {
        return (0..m).collect();
    }
    let mut chosen: Vec<usize> = Vec::with_capacity(BATCHES);
    while chosen.len() < BATCHES {
        let k = random.random_range(0..m);
        if !chosen.contains(&k) {
            chosen.push(k);
        }
    }
    chosen.sort_unstable();
    chosen
}

/// w + s u.
pub(super) fn moved(w: &[f64], s: f64, u: &[f64]) -> Vec<f64> {
    w.iter().zip(u).map(|(w, u)| w + s * u).collect()
}
