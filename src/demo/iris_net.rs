//! The net of the papers' experiments: tanh units on one half of the irises, the other half held
//! out.

use std::sync::Arc;

use super::DemoError;
use crate::loss::{Examples, Mlp, Oracle, Table};

/// A net with one layer of tanh units, its loss on the training rows, and where training starts.
pub(super) struct IrisNet {
    /// ½(f − y)² on the training rows, in minibatches.
    pub(super) loss: Arc<dyn Oracle<f64>>,
    /// The same on the rows held out, in one.
    pub(super) held_out: Arc<dyn Oracle<f64>>,
    /// Random start weights.
    pub(super) start: Vec<f64>,
}

/// The number of training rows.
pub(super) const ROWS: usize = 75;

impl IrisNet {
    /// A net of `width` units on 75 irises dealt into `batches` minibatches; weights and
    /// minibatches are drawn from `seed`.
    pub(super) fn new(width: usize, batches: usize, seed: u64) -> Result<Self, DemoError> {
        let (training, held_out) = Table::iris()?.halves();
        let net = |table: &Table, batches| -> Result<Mlp, DemoError> {
            let layers = [table.features().len(), width, 1];
            Ok(Mlp::new(&layers, Examples::from_table(table, batches, seed)?)?)
        };
        let trained = net(&training, batches)?;
        let start = trained.initial(seed).as_slice().to_vec();
        Ok(IrisNet { loss: Arc::new(trained), held_out: Arc::new(net(&held_out, 1)?), start })
    }
}
