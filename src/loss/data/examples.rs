//! Rows of a data table, dealt into fixed minibatches.

use nalgebra::DMatrix;

use crate::loss::{ProblemError, Table};
use crate::scalar::{Ratio, Scalar};

/// N examples (x_i, y_i), every one of them in exactly one of m minibatches.
///
/// Losses on examples weigh each with m/N, Ĉ_k = (m/N) Σ_{i in k} ℓ_i, so that C is the mean over
/// all examples even when the minibatches differ in size.
#[derive(Clone, Debug)]
pub struct Examples {
    /// Rows of `width` entries, one minibatch after the other.
    inputs: Vec<f64>,
    width: usize,
    /// Rows of `outputs` entries, in the order of `inputs`.
    targets: Vec<f64>,
    outputs: usize,
    /// Where each minibatch starts, and N at the end.
    starts: Vec<usize>,
}

impl Examples {
    /// The rows of `inputs` (N × features) and `targets` (N × outputs), minibatch k being the rows
    /// `batches[k]`, counted from 0.
    ///
    /// # Errors
    /// [`ProblemError`] if the numbers of rows differ, a number is not finite, or `batches` is not
    /// a partition of the rows into at least one, none empty.
    pub fn new(
        inputs: &DMatrix<f64>,
        targets: &DMatrix<f64>,
        batches: &[Vec<usize>],
    ) -> Result<Self, ProblemError> {
        let rows = inputs.nrows();
        if targets.nrows() != rows {
            let what = "the list of targets".to_owned();
            return Err(ProblemError::Size { what, found: targets.nrows(), expected: rows });
        }
        if let Some(&value) = inputs.iter().chain(targets).find(|x| !x.is_finite()) {
            let what = "the list of examples".to_owned();
            return Err(ProblemError::NotFinite { what, value });
        }
        partition(batches, rows)?;

        let mut starts = vec![0];
        let mut order = Vec::with_capacity(rows);
        for batch in batches {
            order.extend_from_slice(batch);
            starts.push(order.len());
        }
        let gather = |table: &DMatrix<f64>| -> Vec<f64> {
            order
                .iter()
                .flat_map(|&row| table.row(row).iter().copied().collect::<Vec<_>>())
                .collect()
        };
        Ok(Examples {
            inputs: gather(inputs),
            width: inputs.ncols(),
            targets: gather(targets),
            outputs: targets.ncols(),
            starts,
        })
    }

    /// The rows of `table`, dealt into `batches` minibatches in the random order of `seed`.
    ///
    /// # Errors
    /// [`ProblemError::Table`] if `batches` is 0 or more than the rows.
    pub fn from_table(table: &Table, batches: usize, seed: u64) -> Result<Self, ProblemError> {
        let groups = table.groups(batches, seed)?;
        let targets = DMatrix::from_column_slice(table.rows(), 1, table.targets().as_slice());
        Self::new(table.inputs(), &targets, &groups)
    }

    /// The number N of examples.
    pub fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The number m of minibatches.
    pub fn batches(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of entries of each x_i.
    pub fn features(&self) -> usize {
        self.width
    }

    /// The number of entries of each y_i.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The examples (x_i, y_i) of one minibatch.
    ///
    /// # Panics
    /// If there is no minibatch `batch`.
    pub fn batch(&self, batch: usize) -> impl Iterator<Item = (&[f64], &[f64])> {
        (self.starts[batch]..self.starts[batch + 1]).map(|row| self.row(row))
    }

    /// Example `index` of minibatch `batch`, if there is one.
    pub(in crate::loss) fn example(&self, batch: usize, index: usize) -> Option<(&[f64], &[f64])> {
        let (&start, &end) = (self.starts.get(batch)?, self.starts.get(batch + 1)?);
        (start + index < end).then(|| self.row(start + index))
    }

    /// The first example of all.
    pub(in crate::loss) fn first(&self) -> (&[f64], &[f64]) {
        self.row(0)
    }

    /// The number of examples of the largest minibatch.
    pub(in crate::loss) fn largest_batch(&self) -> usize {
        self.starts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    }

    fn row(&self, row: usize) -> (&[f64], &[f64]) {
        let x = &self.inputs[row * self.width..(row + 1) * self.width];
        (x, &self.targets[row * self.outputs..(row + 1) * self.outputs])
    }

    /// The weight m/N of one example in its minibatch.
    pub fn weight<S: Scalar>(&self) -> S {
        S::from_ratio(Ratio::new(self.batches() as i64, self.rows() as i64))
    }

    /// The same examples with targets 0 and 1 in place of the lower and the higher of the two
    /// values there are.
    ///
    /// # Errors
    /// [`ProblemError::Classes`] if there are not exactly two.
    pub(in crate::loss) fn with_classes(mut self) -> Result<Self, ProblemError> {
        let mut values = self.targets.clone();
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| *a <= *b); // sorted, so "not above" is "equal"
        let [low, _high] = values[..] else {
            return Err(ProblemError::Classes { found: values.len() });
        };
        for y in &mut self.targets {
            *y = if *y > low { 1.0 } else { 0.0 };
        }
        Ok(self)
    }
}

/// Checks that `batches` deals every one of `rows` rows into exactly one minibatch.
fn partition(batches: &[Vec<usize>], rows: usize) -> Result<(), ProblemError> {
    if batches.is_empty() {
        return Err(ProblemError::NoBatches);
    }
    let mut times = vec![0; rows];
    for (k, batch) in batches.iter().enumerate() {
        if batch.is_empty() {
            return Err(ProblemError::EmptyBatch { batch: k });
        }
        for &row in batch {
            match times.get_mut(row) {
                Some(count) => *count += 1,
                None => return Err(ProblemError::NoSuchRow { batch: k, row, rows }),
            }
        }
    }
    match times.iter().position(|&count| count != 1) {
        Some(row) => Err(ProblemError::NotAPartition { row, times: times[row] }),
        None => Ok(()),
    }
}
