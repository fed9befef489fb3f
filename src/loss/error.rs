//! What can be wrong with the ingredients of a loss.

use super::TableError;

/// Why a loss or a named problem could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// A loss without minibatches.
    #[error("a loss needs at least 1 minibatch, but 0 were asked for")]
    NoBatches,
    /// More minibatches than rows to share among them.
    #[error("{rows} rows cannot be dealt into {batches} minibatches; ask for at most {rows}")]
    TooManyBatches {
        /// The number of minibatches asked for.
        batches: usize,
        /// The number of rows there are.
        rows: usize,
    },
    /// Two ways to disagree need at least three minibatches.
    #[error(
        "the minibatches of this problem differ in two ways, so it needs at least 3; {batches} was asked for"
    )]
    FewerThanThree {
        /// The number of minibatches asked for.
        batches: usize,
    },
    /// Disagreement among minibatches needs at least two of them.
    #[error(
        "the minibatches of this problem differ by construction, so it needs at least 2; {batches} was asked for"
    )]
    TooFewBatches {
        /// The number of minibatches asked for.
        batches: usize,
    },
    /// Two ingredients whose sizes do not fit together.
    #[error("{what} has size {found}, but {expected} is needed")]
    Size {
        /// The ingredient.
        what: String,
        /// Its size.
        found: usize,
        /// The size that fits.
        expected: usize,
    },
    /// A Hessian that is not symmetric.
    #[error(
        "the Hessian of minibatch {batch} is not symmetric: entry ({row}, {column}) is {above:?}, entry ({column}, {row}) is {below:?}"
    )]
    NotSymmetric {
        /// The minibatch, counted from 0.
        batch: usize,
        /// The row, counted from 0.
        row: usize,
        /// The column, counted from 0.
        column: usize,
        /// The entry (row, column).
        above: f64,
        /// The entry (column, row).
        below: f64,
    },
    /// An infinite or undefined number.
    #[error("{what} contains {value:?}; every number must be finite")]
    NotFinite {
        /// Where the number stands.
        what: String,
        /// The number.
        value: f64,
    },
    /// Minibatches that are not a partition of the rows.
    #[error("row {row} is in {times} minibatches; every row must be in exactly one")]
    NotAPartition {
        /// The row, counted from 0.
        row: usize,
        /// The number of minibatches it is in.
        times: usize,
    },
    /// A minibatch that names a row that is not there.
    #[error("minibatch {batch} names row {row}, but there are {rows} rows, counted from 0")]
    NoSuchRow {
        /// The minibatch, counted from 0.
        batch: usize,
        /// The row it names.
        row: usize,
        /// The number of rows.
        rows: usize,
    },
    /// A minibatch without rows.
    #[error("minibatch {batch} is empty; give every minibatch at least one row")]
    EmptyBatch {
        /// The minibatch, counted from 0.
        batch: usize,
    },
    /// A penalty that would make the loss unbounded below.
    #[error("the ridge is {ridge:?}; it must be finite and not negative")]
    Ridge {
        /// The ridge given.
        ridge: f64,
    },
    /// A target that is not one of two classes.
    #[error(
        "logistic regression needs a target with exactly 2 distinct values, but this one has {found}"
    )]
    Classes {
        /// The number of distinct values.
        found: usize,
    },
    /// Rows of one class, of a table that has both.
    #[error(
        "the target has 2 distinct values, but the {used} rows used of {rows}, spread evenly, have only one of them; give fewer rows, as many of either"
    )]
    ClassNotUsed {
        /// The number of rows used.
        used: usize,
        /// The number of rows of the table.
        rows: usize,
    },
    /// Layer sizes that do not make a net.
    #[error(
        "the layer sizes {layers:?} do not make a net: at least an input and an output layer, none of size 0"
    )]
    Layers {
        /// The layer sizes given.
        layers: Vec<usize>,
    },
    /// A problem that has no use for a table.
    #[error("the problem '{name}' uses no table; those that do are {known}")]
    TakesNoTable {
        /// The problem.
        name: String,
        /// Those that use one.
        known: String,
    },
    /// A name that no problem has.
    #[error("there is no problem '{name}'; {hint}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// A known name that is near, or all of them.
        hint: String,
    },
    /// A table that cannot be used.
    #[error(transparent)]
    Table(#[from] TableError),
}
