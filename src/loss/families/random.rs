//! How random members of the families are drawn.

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::loss::{
    Examples, Factorisation, LogisticRegression, Mlp, Problem, ProblemError, Quadratic, RIDGE,
    TwoMinima,
};

fn between(random: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * random.random::<f64>()
}

/// A point of length between 1 and 2.
fn start(random: &mut ChaCha8Rng, dim: usize) -> DVector<f64> {
    let direction = DVector::from_fn(dim, |_, _| between(random, -1.0, 1.0));
    let length = between(random, 1.0, 2.0);
    let size = direction.norm();
    if size > 1e-3 { direction * (length / size) } else { DVector::from_element(dim, length) }
}

pub(super) fn quadratic(
    name: &str,
    random: &mut ChaCha8Rng,
    smallest: f64,
    components: Option<usize>,
) -> Result<Problem, ProblemError> {
    let dim = random.random_range(2..=5);
    let batches = components.unwrap_or_else(|| random.random_range(3..=4));
    let spectrum: Vec<f64> =
        (0..dim).map(|_| 3.0 * (smallest / 3.0).powf(random.random::<f64>())).collect();
    let spread = between(random, 0.2, 0.8);
    let loss = Quadratic::random(&spectrum, batches, spread, random.random())?;
    Ok(Problem::new(name, loss, start(random, dim)))
}

pub(super) fn factorisation(name: &str, random: &mut ChaCha8Rng) -> Result<Problem, ProblemError> {
    let batches = random.random_range(3..=4);
    let x: Vec<f64> = (0..batches).map(|_| between(random, 0.4, 1.6)).collect();
    let y: Vec<f64> = (0..batches).map(|_| between(random, -0.5, 1.5)).collect();
    let w = (0..2).map(|_| between(random, 0.5, 1.5)).collect();
    Ok(Problem::new(name, Factorisation::new(&x, &y)?, DVector::from_vec(w)))
}

fn dealt(rows: usize, batches: usize) -> Vec<Vec<usize>> {
    (0..batches).map(|k| (k..rows).step_by(batches).collect()).collect()
}

pub(super) fn logistic(name: &str, random: &mut ChaCha8Rng) -> Result<Problem, ProblemError> {
    let (rows, features) = (12, random.random_range(2..=3));
    let inputs = DMatrix::from_fn(rows, features, |_, _| between(random, -2.0, 2.0));
    let labels = DMatrix::from_fn(rows, 1, |_, _| f64::from(u8::from(random.random::<bool>())));
    let examples = Examples::new(&inputs, &labels, &dealt(rows, 3))?;
    let loss = LogisticRegression::new(examples, RIDGE)?;
    Ok(Problem::new(name, loss, start(random, features + 1)))
}

pub(super) fn net(
    name: &str,
    random: &mut ChaCha8Rng,
    layers: &[usize],
    rows: usize,
    batches: usize,
) -> Result<Problem, ProblemError> {
    let inputs = DMatrix::from_fn(rows, layers[0], |_, _| between(random, -2.0, 2.0));
    let targets = DMatrix::from_fn(rows, 1, |_, _| between(random, -1.5, 1.5));
    let loss = Mlp::new(layers, Examples::new(&inputs, &targets, &dealt(rows, batches))?)?;
    let weights = loss.initial(random.random());
    Ok(Problem::new(name, loss, weights * 1.5))
}

pub(super) fn two_minima(name: &str, random: &mut ChaCha8Rng) -> Result<Problem, ProblemError> {
    let batches = random.random_range(3..=4);
    let w = between(random, -2.0, 2.0);
    Ok(Problem::new(name, TwoMinima::new(batches)?, DVector::from_vec(vec![w])))
}
