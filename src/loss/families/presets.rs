//! How the named problems are made.

use nalgebra::{DMatrix, DVector};

use crate::loss::{
    Examples, Factorisation, LinearRegression, LogisticRegression, Mlp, Problem, ProblemError,
    Quadratic, Table,
};

/// The ridge of the named regressions: enough for a finite minimum and a bounded condition number.
pub const RIDGE: f64 = 0.05;

/// Rows of a table that are used: a claim is about a loss, not about the size of its data, and
/// minibatches of many rows hardly differ.
const ROWS: usize = 30;
/// The most rows of a table that are all used, where a few do not do.
const ALL_ROWS: usize = 10 * ROWS;

/// How many of a table's `rows` the named problems use, for `batches` minibatches.
pub fn rows_used(rows: usize, batches: Option<usize>) -> usize {
    rows.min(ROWS.max(batches.unwrap_or(1)))
}

/// Minibatches that have one Hessian, and differ in their minima.
pub(super) fn quadratic_of_one_hessian(
    name: &str,
    spectrum: &[f64],
    batches: usize,
    seed: u64,
) -> Result<Problem, ProblemError> {
    spread_quadratic(name, spectrum, batches, 0.0, seed)
}

pub(super) fn quadratic(
    name: &str,
    spectrum: &[f64],
    batches: usize,
    seed: u64,
) -> Result<Problem, ProblemError> {
    spread_quadratic(name, spectrum, batches, 0.5, seed)
}

fn spread_quadratic(
    name: &str,
    spectrum: &[f64],
    batches: usize,
    spread: f64,
    seed: u64,
) -> Result<Problem, ProblemError> {
    let loss = Quadratic::random(spectrum, batches, spread, seed)?;
    let start = DVector::from_fn(spectrum.len(), |i, _| if i % 2 == 0 { 1.0 } else { -0.75 });
    Ok(Problem::new(name, loss, start))
}

/// Whether the loss `name` takes all rows of `table`: those that are used otherwise are of one class.
pub fn needs_all_rows(name: &str, table: &Table, batches: Option<usize>) -> bool {
    let some = table.take_spread(rows_used(table.rows(), batches));
    let targets = some.targets();
    let alike = targets.iter().all(|y| y.to_bits() == targets[0].to_bits());
    let vanished = table.target_values() == 2 && alike;
    name == "logistic" && vanished && table.rows() <= ALL_ROWS
}

/// Points on the falling line y = 1 − 0.4 x, x between ½ and 1½, which no line through the origin
/// fits; the start lies above the valley.
pub(super) fn factorisation(name: &str, batches: usize) -> Result<Problem, ProblemError> {
    let gaps = batches.saturating_sub(1).max(1) as f64;
    let x: Vec<f64> = (0..batches).map(|k| 0.5 + k as f64 / gaps).collect();
    let y: Vec<f64> = x.iter().map(|x| 1.0 - 0.4 * x).collect();
    Ok(Problem::new(name, Factorisation::new(&x, &y)?, DVector::from_vec(vec![1.25, 0.75])))
}

pub(super) fn linear(
    name: &str,
    batches: usize,
    table: Option<&Table>,
    seed: u64,
) -> Result<Problem, ProblemError> {
    let iris = Table::iris()?;
    let table = table.unwrap_or(&iris).take_spread(ROWS.max(batches));
    let examples = Examples::from_table(&table, batches, seed)?;
    let start = misfit(examples.features() + 1);
    Ok(Problem::new(name, LinearRegression::new(examples, RIDGE)?, start))
}

pub(super) fn logistic(
    name: &str,
    batches: usize,
    table: Option<&Table>,
    seed: u64,
) -> Result<Problem, ProblemError> {
    let iris = Table::iris_pair()?;
    let table = table.unwrap_or(&iris);
    // Of the whole table: a third class may be missing from the few rows, or one of two.
    if table.target_values() != 2 {
        return Err(ProblemError::Classes { found: table.target_values() });
    }
    let some = table.take_spread(ROWS.max(batches));
    let loss = match LogisticRegression::new(Examples::from_table(&some, batches, seed)?, RIDGE) {
        // The few rows may be of one class by accident: then all are needed, if there are not too many.
        Err(ProblemError::Classes { .. }) if table.rows() <= ALL_ROWS => {
            LogisticRegression::new(Examples::from_table(table, batches, seed)?, RIDGE)?
        }
        Err(ProblemError::Classes { .. }) => {
            return Err(ProblemError::ClassNotUsed { used: some.rows(), rows: table.rows() });
        }
        other => other?,
    };
    let start = misfit(table.features().len() + 1);
    Ok(Problem::new(name, loss, start))
}

/// A start of length 2 that predicts badly: there the minibatch gradients differ most.
fn misfit(dim: usize) -> DVector<f64> {
    let size = 2.0 / (dim as f64).sqrt();
    DVector::from_fn(dim, |i, _| if i % 2 == 0 { size } else { -size })
}

pub(super) fn mlp(
    name: &str,
    batches: usize,
    table: Option<&Table>,
    seed: u64,
) -> Result<Problem, ProblemError> {
    let table = match table {
        Some(table) => table.take_spread(ROWS.max(batches)),
        None => Table::iris()?.take_spread(24.max(batches)),
    };
    let examples = Examples::from_table(&table, batches, seed)?;
    let loss = Mlp::new(&[examples.features(), 5, 5, 1], examples)?;
    let start = loss.initial(seed);
    Ok(Problem::new(name, loss, start))
}

/// A net on six points that no line fits, dealt in turn.
pub(super) fn small_net(
    name: &str,
    layers: &[usize],
    start: Vec<f64>,
    batches: usize,
) -> Result<Problem, ProblemError> {
    let inputs = DMatrix::from_column_slice(6, 1, &[-2.0, -1.25, -0.5, 0.25, 1.0, 1.75]);
    let targets = DMatrix::from_column_slice(6, 1, &[-1.5, -0.25, -1.0, 0.75, 1.5, 0.5]);
    let rows = inputs.nrows();
    if batches == 0 {
        return Err(ProblemError::NoBatches);
    }
    if batches > rows {
        return Err(ProblemError::TooManyBatches { batches, rows });
    }
    let groups: Vec<Vec<usize>> =
        (0..batches).map(|k| (k..rows).step_by(batches).collect()).collect();
    let loss = Mlp::new(layers, Examples::new(&inputs, &targets, &groups)?)?;
    Ok(Problem::new(name, loss, DVector::from_vec(start)))
}
