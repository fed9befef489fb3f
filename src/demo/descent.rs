//! One run of a method, step by step.

use std::sync::Arc;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::DemoError;
use crate::arithmetic::{Batch, Numeric};
use crate::loss::Oracle;
use crate::optimizer::{Optimizer, State, Steps};

/// Steps of size ε of a method without memory, from a start.
pub(super) struct Descent<'a> {
    arithmetic: Numeric<f64>,
    optimizer: &'a dyn Optimizer<Numeric<f64>>,
    step_size: f64,
    state: State<Vec<f64>>,
    order: Vec<usize>,
}

impl<'a> Descent<'a> {
    pub(super) fn new(
        loss: Arc<dyn Oracle<f64>>,
        optimizer: &'a dyn Optimizer<Numeric<f64>>,
        step_size: f64,
        start: Vec<f64>,
    ) -> Self {
        let order = (0..loss.batches()).collect();
        let state = State { w: start, memory: Vec::new(), steps: Steps::default() };
        Descent { arithmetic: Numeric::new(loss), optimizer, step_size, state, order }
    }

    /// One step on `batch`.
    pub(super) fn step(&mut self, batch: Batch) {
        self.optimizer.step(&mut self.arithmetic, &self.step_size, batch, &mut self.state);
        self.state.steps.advance();
    }

    /// One epoch in the order `order`.
    pub(super) fn epoch(&mut self, order: impl Iterator<Item = usize>) {
        for k in order {
            self.step(Batch::One(k));
        }
    }

    /// One epoch in a fresh random order.
    pub(super) fn reshuffled_epoch(&mut self, random: &mut ChaCha8Rng) {
        let mut order = std::mem::take(&mut self.order);
        order.shuffle(random);
        self.epoch(order.iter().copied());
        self.order = order;
    }

    /// One step on a minibatch drawn whatever was drawn before: with replacement.
    pub(super) fn independent_step(&mut self, random: &mut ChaCha8Rng) {
        let k = random.random_range(0..self.order.len());
        self.step(Batch::One(k));
    }

    /// Where it is.
    pub(super) fn w(&self) -> &[f64] {
        &self.state.w
    }

    /// Where it ended, or that it did not stay finite.
    ///
    /// # Errors
    /// [`DemoError::Astray`], which names `run`.
    pub(super) fn end(self, run: &'static str) -> Result<Vec<f64>, DemoError> {
        if self.state.w.iter().all(|w| w.is_finite()) {
            return Ok(self.state.w);
        }
        let what = "left the finite numbers";
        Err(DemoError::Astray { run, step_size: self.step_size, what })
    }
}

/// ‖v‖².
pub(super) fn squared_length(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum()
}

/// ‖a − b‖.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// The regulariser of shuffled descent, ⟨‖g_k‖²⟩, at `w`.
pub(super) fn batch_penalty(loss: &Arc<dyn Oracle<f64>>, w: &[f64]) -> f64 {
    let mut g = vec![0.0; w.len()];
    let m = loss.batches();
    let sum: f64 = (0..m)
        .map(|k| {
            loss.gradient(k, w, &mut g);
            squared_length(&g)
        })
        .sum();
    sum / m as f64
}
