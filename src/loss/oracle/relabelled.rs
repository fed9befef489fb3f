//! A loss in eight lanes, its minibatches named differently in each.

use std::sync::Arc;

use super::{Oracle, lane_by_lane};
use crate::scalar::Lanes;

/// The loss whose minibatch k is, in lane l, minibatch `labels[k][l]` of another.
///
/// Walking the orders of its minibatches once walks eight different sets of orders of the other's.
pub struct Relabelled {
    loss: Arc<dyn Oracle<f64>>,
    labels: Vec<[usize; Lanes::COUNT]>,
}

impl Relabelled {
    /// `loss` with its minibatches renamed.
    ///
    /// # Panics
    /// If a label names no minibatch of `loss`: that is a fault in the calling program.
    pub fn new(loss: Arc<dyn Oracle<f64>>, labels: Vec<[usize; Lanes::COUNT]>) -> Self {
        let known = loss.batches();
        assert!(labels.iter().flatten().all(|&k| k < known), "a label names no minibatch");
        Relabelled { loss, labels }
    }
}

impl Oracle<Lanes> for Relabelled {
    fn dim(&self) -> usize {
        self.loss.dim()
    }

    fn batches(&self) -> usize {
        self.labels.len()
    }

    fn is_quadratic(&self) -> bool {
        self.loss.is_quadratic()
    }

    fn value(&self, batch: usize, w: &[Lanes]) -> Lanes {
        let mut values = Lanes([0.0; Lanes::COUNT]);
        let vectors = [Lanes::numbers(w)];
        lane_by_lane(&self.labels[batch], vectors, &mut values.0, |batch, [w], out| {
            out[0] = self.loss.value(batch, w);
        });
        values
    }

    fn gradient(&self, batch: usize, w: &[Lanes], out: &mut [Lanes]) {
        let (w, out) = (Lanes::numbers(w), Lanes::numbers_mut(out));
        self.loss.gradient_in_lanes(&self.labels[batch], w, out);
    }

    fn derivative(&self, batch: usize, w: &[Lanes], directions: &[&[Lanes]], out: &mut [Lanes]) {
        let (labels, out) = (&self.labels[batch], Lanes::numbers_mut(out));
        let w = Lanes::numbers(w);
        let of_lane = |all: &[Lanes], lane: usize| -> Vec<f64> {
            all.iter().map(|lanes| lanes.0[lane]).collect()
        };
        let mut lane = 0;
        lane_by_lane(labels, [w], out, |batch, [w], out| {
            let own: Vec<Vec<f64>> = directions.iter().map(|v| of_lane(v, lane)).collect();
            let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
            self.loss.derivative(batch, w, &own, out);
            lane += 1;
        });
    }
}
