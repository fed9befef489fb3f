//! Extrapolation: the midpoint rule with ever more substeps, extrapolated to infinitely many.

use super::{Fault, RightHandSide};
use crate::scalar::{Real, Scalar};

/// The method of Gragg, Bulirsch and Stoer, for flows that are wanted to more digits than `f64` has.
///
/// Over a step of length h the explicit midpoint rule with n = 2, 4, 6, … substeps has an error that is
/// a series in (h/n)²; Neville's scheme removes one term of it a column. A step is taken once two
/// neighbouring columns agree to E = tolerance · max(1, ‖y‖), with ‖·‖ the largest component, and the two
/// before agreed to 100 E; it is shortened as soon as their differences foretell that it would take too
/// many columns.
///
/// It needs nothing but values of the right-hand side, and shares nothing with the Taylor method.
///
/// Source: Hairer, Nørsett & Wanner 1993, Solving Ordinary Differential Equations I, §II.9.
#[derive(Clone, Copy, Debug)]
pub struct Extrapolation {
    /// How well two columns must agree, relative to max(1, ‖y‖); never taken below 64 times the
    /// round-off of the scalar that is integrated, so 0 asks for full precision.
    pub tolerance: f64,
}

/// The most columns of a step.
const COLUMNS: usize = 18;
/// The first column from which differences foretell later ones.
const TELLING: usize = 2;
/// The share of the foretold step that is tried, and the least share of the one that failed.
const CAUTION: f64 = 0.9;
const LEAST_SHARE: f64 = 0.2;
/// How much further apart the two columns before may be than the last two.
const BEFORE: f64 = 100.0;
/// More steps than any flow of the catalogue needs; a flow that needs more is stiff or blows up.
const STEP_LIMIT: u32 = 20_000;

impl Extrapolation {
    /// y(`span`) for y′ = f(t, y), y(0) = `start`.
    ///
    /// # Errors
    /// [`Fault`] if the flow cannot be followed to the end.
    pub fn integrate<S: Real>(
        &self,
        rhs: &mut dyn RightHandSide<S>,
        start: &[S],
        span: S,
    ) -> Result<Vec<S>, Fault> {
        let length = span.leading();
        if !(length >= 0.0 && span.is_finite()) {
            return Err(Fault::Span { span: length });
        }
        if start.iter().any(|y| !y.is_finite()) {
            return Err(Fault::NotFinite { time: 0.0 });
        }
        let tolerance = self.tolerance.max(64.0 * S::ROUND_OFF);
        let (mut t, mut y, mut step) = (S::zero(), start.to_vec(), length);
        if length <= 0.0 {
            return Ok(y);
        }
        for _ in 0..STEP_LIMIT {
            let mut slope = vec![S::zero(); y.len()];
            rhs.evaluate(t, &y, &mut slope);
            let time = t.leading();
            if slope.iter().any(|f| !f.is_finite()) {
                return Err(Fault::NotFinite { time });
            }
            let remaining = span - t;
            loop {
                let last = step >= remaining.leading();
                let h = if last { remaining } else { S::from_f64(step) };
                match extrapolated(rhs, t, &y, &slope, h, tolerance) {
                    Ok(end) if last => return Ok(end.values),
                    Ok(end) => {
                        (t, y) = (t + h, end.values);
                        step *= growth(end.columns);
                        break;
                    }
                    Err(excess) => step = share(excess) * h.leading(),
                }
                if step <= S::ROUND_OFF * length {
                    return Err(Fault::StepUnderflow { time });
                }
            }
        }
        Err(Fault::TooManySteps { time: t.leading(), limit: STEP_LIMIT })
    }
}

/// How many times as long the step after one of so many `columns` may be.
fn growth(columns: usize) -> f64 {
    if 2 * columns < COLUMNS { 2.0 } else { 1.0 }
}

/// The share of a step that is tried in its place, if its last difference, of order 2 · 18 in its length,
/// would be `excess` times too large.
fn share(excess: f64) -> f64 {
    let share = CAUTION * excess.powf(-0.5 / COLUMNS as f64);
    // What is not a number is as far off as can be.
    if share > LEAST_SHARE { share.min(CAUTION) } else { LEAST_SHARE }
}

/// Where a step ends, and the columns it took.
struct End<S> {
    values: Vec<S>,
    columns: usize,
}

/// The step from t to t + h; if its columns will not settle, how many times too large their last
/// difference would be.
fn extrapolated<S: Real>(
    rhs: &mut dyn RightHandSide<S>,
    t: S,
    y: &[S],
    slope: &[S],
    h: S,
    tolerance: f64,
) -> Result<End<S>, f64> {
    let allowed = tolerance * largest(y).max(1.0);
    // The last row of Neville's scheme: row[j] has the first j terms of the error removed.
    let mut row: Vec<Vec<S>> = Vec::new();
    let mut before = f64::INFINITY;
    for column in 0..COLUMNS {
        let mut next = vec![midpoint(rhs, t, y, slope, h, substeps(column))];
        for j in 1..=column {
            let (finer, coarser) = (&next[j - 1], &row[j - 1]);
            // The squares are exact, their quotient is not: it is taken in S.
            let (above, below) = (substeps(column).pow(2), substeps(column - j).pow(2));
            let weight = S::from_f64(below as f64) / S::from_f64((above - below) as f64);
            next.push(
                (finer.iter().zip(coarser))
                    .map(|(&finer, &coarser)| finer + (finer - coarser) * weight)
                    .collect(),
            );
        }
        if column > 0 {
            let gap = distance(&next[column], &next[column - 1]);
            // One difference alone may vanish by accident.
            if gap <= allowed && before <= BEFORE * allowed {
                return Ok(End { values: next.swap_remove(column), columns: column + 1 });
            }
            let excess = foretold(gap, gap / before, column) / allowed;
            if excess.is_nan() || column >= TELLING && excess > 1.0 {
                return Err(excess);
            }
            before = gap;
        }
        row = next;
    }
    Err(before / allowed)
}

/// The difference of the last column, where that of `column` is `gap` and `ratio` times the one before:
/// each column multiplies it by a constant over the square of its substeps.
fn foretold(gap: f64, ratio: f64, column: usize) -> f64 {
    let shrink = |later: usize| (substeps(column) as f64 / substeps(later) as f64).powi(2);
    (column + 1..COLUMNS).fold(gap, |gap, later| gap * ratio * shrink(later))
}

/// 2, 4, 6, …
fn substeps(column: usize) -> usize {
    2 * (column + 1)
}

/// The explicit midpoint rule with `count` substeps, the first of them Euler's; `slope` is f(t, y).
fn midpoint<S: Real>(
    rhs: &mut dyn RightHandSide<S>,
    t: S,
    y: &[S],
    slope: &[S],
    h: S,
    count: usize,
) -> Vec<S> {
    let small = h / S::from_f64(count as f64);
    let mut before = y.to_vec();
    let mut now: Vec<S> = y.iter().zip(slope).map(|(&y, &f)| y + small * f).collect();
    let mut field = vec![S::zero(); y.len()];
    for k in 1..count {
        rhs.evaluate(t + small.scale(k as f64), &now, &mut field);
        for (before, &f) in before.iter_mut().zip(&field) {
            *before += (small + small) * f;
        }
        std::mem::swap(&mut before, &mut now);
    }
    now
}

/// The largest difference of two entries.
fn distance<S: Scalar>(a: &[S], b: &[S]) -> f64 {
    largest(&a.iter().zip(b).map(|(&a, &b)| a - b).collect::<Vec<_>>())
}

/// The largest magnitude, NaN if there is one.
fn largest<S: Scalar>(values: &[S]) -> f64 {
    values
        .iter()
        .map(|y| y.leading().abs())
        .fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

#[cfg(test)]
mod tests;
