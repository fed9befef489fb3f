//! The named problems.

use nalgebra::{DMatrix, DVector};

use crate::loss::{
    Examples, Factorisation, LinearRegression, LogisticRegression, Mlp, Problem, ProblemError,
    Quadratic, Table, TwoMinima, Valley, nearest,
};

/// The ridge of the named regressions: enough for a finite minimum and a bounded condition number.
pub const RIDGE: f64 = 0.05;

/// Rows of a table that are used: a claim is about a loss, not about the size of its data, and
/// minibatches of many rows hardly differ.
const ROWS: usize = 30;

const NAMES: &[(&str, &str)] = &[
    ("quadratic", "a convex quadratic in 4 dimensions, minibatch Hessians that do not commute"),
    ("quadratic-ill-conditioned", "a convex quadratic in 4 dimensions with condition number 1000"),
    ("quadratic-indefinite", "a quadratic saddle in 4 dimensions"),
    ("factorisation", "½(y − abx)² in two parameters, one data point a minibatch"),
    ("linear", "ridge regression on 30 rows of a table (without one: of the irises)"),
    (
        "logistic",
        "logistic regression with a ridge on 30 rows of a table (without one: of two iris species)",
    ),
    ("mlp", "a tanh net with two hidden layers on 30 rows of a table (without one: 24 irises)"),
    ("two-minima", "two equal minima in one dimension; the minibatches disagree at the right one"),
    ("valley", "a flat valley in two dimensions; the minibatches agree at its middle"),
    ("tiny-net", "a tanh net with 4 parameters and 2 minibatches, for enumerating paths"),
    (
        "wide-net",
        "a two-layer tanh net on 6 points; the kernel limit widens it from 32 to 2048 units",
    ),
    ("quadratic-examples", "a quadratic of 6 one-example components, for new batches every epoch"),
    (
        "net-examples",
        "a tanh net with 7 parameters on 6 single examples, for new batches every epoch",
    ),
];

/// How many of a table's `rows` the named problems use, for `batches` minibatches.
pub fn rows_used(rows: usize, batches: Option<usize>) -> usize {
    rows.min(ROWS.max(batches.unwrap_or(1)))
}

/// The names of all problems, each with a line of description.
pub fn names() -> &'static [(&'static str, &'static str)] {
    NAMES
}

/// The problem `name` with `batches` minibatches (by default what suits it), on `table` where it
/// uses one (by default the irises), everything random in it drawn from `seed`.
///
/// Starts are where gradients and curvatures are of order 1 and the minibatch gradients differ.
///
/// # Errors
/// [`ProblemError`] if there is no such problem, or `batches` or `table` does not suit it.
pub fn preset(
    name: &str,
    batches: Option<usize>,
    table: Option<&Table>,
    seed: u64,
) -> Result<Problem, ProblemError> {
    let known = NAMES.iter().map(|&(known, _)| known);
    if !known.clone().any(|known| known == name) {
        return Err(ProblemError::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, known.clone()).to_owned(),
            known: known.collect::<Vec<_>>().join(", "),
        });
    }
    if table.is_some() && !matches!(name, "linear" | "logistic" | "mlp") {
        return Err(ProblemError::TakesNoTable { name: name.to_owned() });
    }
    let m = |default| batches.unwrap_or(default);
    match name {
        "quadratic" => quadratic(name, &[0.3, 0.7, 1.2, 2.0], m(3), seed),
        "quadratic-ill-conditioned" => quadratic(name, &[0.002, 0.02, 0.2, 2.0], m(3), seed),
        "quadratic-indefinite" => quadratic(name, &[-0.5, 0.4, 1.0, 1.6], m(3), seed),
        "quadratic-examples" => quadratic(name, &[0.5, 1.0, 1.8], m(6), seed),
        "factorisation" => factorisation(name, m(3)),
        "linear" => linear(name, m(3), table, seed),
        "logistic" => logistic(name, m(3), table, seed),
        "mlp" => mlp(name, m(3), table, seed),
        "two-minima" => Ok(Problem::new(name, TwoMinima::new(m(4))?, DVector::from_vec(vec![1.5]))),
        "valley" => Ok(Problem::new(name, Valley::new(m(4))?, DVector::from_vec(vec![0.8, 0.4]))),
        "tiny-net" => {
            let start = vec![-0.375, 0.375, -1.125, 1.25];
            small_net(name, &[1, 1, 1], start, m(2))
        }
        "wide-net" => {
            let start = (0..97).map(|i| f64::from(i * 37 % 97 - 48) / 144.0).collect();
            small_net(name, &[1, 32, 1], start, m(3))
        }
        _ => {
            let start = vec![-1.0, 0.625, 0.375, 0.125, -0.375, -0.25, 0.875];
            small_net(name, &[1, 2, 1], start, m(6))
        }
    }
}

fn quadratic(
    name: &str,
    spectrum: &[f64],
    batches: usize,
    seed: u64,
) -> Result<Problem, ProblemError> {
    let loss = Quadratic::random(spectrum, batches, 0.5, seed)?;
    let start = DVector::from_fn(spectrum.len(), |i, _| if i % 2 == 0 { 1.0 } else { -0.75 });
    Ok(Problem::new(name, loss, start))
}

/// Points on the falling line y = 1 − 0.4 x, x between ½ and 1½, which no line through the origin
/// fits; the start lies above the valley.
fn factorisation(name: &str, batches: usize) -> Result<Problem, ProblemError> {
    let gaps = batches.saturating_sub(1).max(1) as f64;
    let x: Vec<f64> = (0..batches).map(|k| 0.5 + k as f64 / gaps).collect();
    let y: Vec<f64> = x.iter().map(|x| 1.0 - 0.4 * x).collect();
    Ok(Problem::new(name, Factorisation::new(&x, &y)?, DVector::from_vec(vec![1.25, 0.75])))
}

fn linear(
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

fn logistic(
    name: &str,
    batches: usize,
    table: Option<&Table>,
    seed: u64,
) -> Result<Problem, ProblemError> {
    let iris = Table::iris_pair()?;
    let table = table.unwrap_or(&iris);
    let loss =
        |table: &Table| LogisticRegression::new(Examples::from_table(table, batches, seed)?, RIDGE);
    // The few rows may all be of one class where the table has two: then all rows are needed.
    let loss = match loss(&table.take_spread(ROWS.max(batches))) {
        Err(ProblemError::Classes { .. }) => loss(table)?,
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

fn mlp(
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
fn small_net(
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
