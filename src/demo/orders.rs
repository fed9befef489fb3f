//! Means over random orders of many epochs.

use std::sync::Arc;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::DemoError;
use super::descent::{Descent, distance};
use crate::arithmetic::{Batch, Numeric};
use crate::loss::Oracle;
use crate::optimizer::Optimizer;

/// What is run over random orders: a method on a loss, from a start.
pub(super) struct Epochs<'a> {
    pub(super) loss: &'a Arc<dyn Oracle<f64>>,
    pub(super) optimizer: &'a dyn Optimizer<Numeric<f64>>,
    pub(super) step_size: f64,
    pub(super) start: &'a [f64],
    /// The number B of components a step; it divides their number.
    pub(super) batch_size: usize,
}

/// What the runs over random orders found.
pub(super) struct OverOrders {
    /// The mean iterate after each of the asked numbers of epochs.
    pub(super) means: Vec<Vec<f64>>,
    /// The root mean square distance of single ends from their mean.
    pub(super) scatter: f64,
}

impl Epochs<'_> {
    /// The mean after each of `epochs` (ascending) over `pairs` random sequences of orders, each
    /// paired with the sequence of the reversed orders: the leading deviation of an order and that
    /// of its reverse cancel, so a few pairs show the mean.
    ///
    /// # Errors
    /// [`DemoError::Astray`] if a run leaves the finite numbers.
    pub(super) fn over_orders(
        &self,
        epochs: &[usize],
        pairs: usize,
        random: &mut ChaCha8Rng,
    ) -> Result<OverOrders, DemoError> {
        let mut means = vec![vec![0.0; self.start.len()]; epochs.len()];
        let mut ends = Vec::new();
        let mut order: Vec<usize> = (0..self.loss.batches()).collect();
        for _ in 0..pairs {
            let mut both = [(); 2].map(|()| {
                let loss = Arc::clone(self.loss);
                Descent::new(loss, self.optimizer, self.step_size, self.start.to_vec())
            });
            let mut done = 0;
            for (&until, mean) in epochs.iter().zip(&mut means) {
                for _ in done..until {
                    order.shuffle(random);
                    for batch in order.chunks(self.batch_size) {
                        both[0].step(self.batch(batch));
                    }
                    for batch in order.chunks(self.batch_size).rev() {
                        both[1].step(self.batch(batch));
                    }
                }
                done = until;
                for descent in &both {
                    for (mean, w) in mean.iter_mut().zip(descent.w()) {
                        *mean += w / (2 * pairs) as f64;
                    }
                }
            }
            for descent in both {
                ends.push(descent.end("a run over random orders")?);
            }
        }
        let squares =
            ends.iter().map(|end| means.last().map_or(0.0, |mean| distance(end, mean).powi(2)));
        // The pairs are independent, the two of a pair are not: their deviations are opposite.
        let scatter = (squares.sum::<f64>() / (2 * pairs) as f64).sqrt();
        Ok(OverOrders { means, scatter })
    }

    fn batch<'b>(&self, components: &'b [usize]) -> Batch<'b> {
        match components {
            [k] => Batch::One(*k),
            several => Batch::Mean(several),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use rand::SeedableRng;

    use super::*;
    use crate::loss::Quadratic;
    use crate::optimizer::GradientDescent;
    use crate::sampling::{MeanMethod, RandomReshuffling, block_mean};

    fn epochs<'a>(loss: &'a Arc<dyn Oracle<f64>>, start: &'a [f64]) -> Epochs<'a> {
        Epochs { loss, optimizer: &GradientDescent, step_size: 0.05, start, batch_size: 1 }
    }

    /// Pairs come far closer to the mean over all orders than single orders scatter.
    #[test]
    fn reversed_pairs_show_the_mean_over_all_orders() {
        let loss = Quadratic::random(&[0.3, 0.8, 1.5], 5, 0.5, 3).unwrap();
        let loss: Arc<dyn Oracle<f64>> = Arc::new(loss);
        let start = [1.0, -0.75, 0.5];
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let found = epochs(&loss, &start).over_orders(&[1], 60, &mut random).unwrap();
        let mut a = Numeric::new(Arc::clone(&loss));
        let state = crate::optimizer::State {
            w: start.to_vec(),
            memory: Vec::new(),
            steps: crate::optimizer::Steps::default(),
        };
        let exact = block_mean(
            &mut a,
            &GradientDescent.into(),
            &RandomReshuffling,
            MeanMethod::Tree,
            0.05,
            &state,
        );
        let off = distance(&found.means[0], &exact.w);
        assert!(off < 0.02 * found.scatter, "{off}, {}", found.scatter);
    }

    /// Batches of all components are full gradient steps, whatever the order.
    #[test]
    fn batches_of_everything_leave_no_scatter() {
        let loss = Quadratic::random(&[0.3, 0.8], 4, 0.5, 3).unwrap();
        let loss: Arc<dyn Oracle<f64>> = Arc::new(loss);
        let start = [1.0, -0.75];
        let whole = Epochs { batch_size: 4, ..epochs(&loss, &start) };
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let found = whole.over_orders(&[0, 3], 2, &mut random).unwrap();
        assert!(found.scatter < 1e-15, "{}", found.scatter);
        assert!(distance(&found.means[0], &start) < 1e-15);
        let mut descent = Descent::new(Arc::clone(&loss), &GradientDescent, 0.05, start.to_vec());
        (0..3).for_each(|_| descent.step(Batch::Full));
        assert!(distance(&found.means[1], descent.w()) < 1e-15);
    }
}
