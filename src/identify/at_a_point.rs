//! The modified field of a black box at a point, measured from its iterates.
//!
//! With a step size ε and a memory that has settled, the iterates about a point w lie on one curve, and the field of
//! that curve at w is f(ε) = f₀ + ε f₁ + ε² f₂ + …: differences of the iterates around w give it up to ε⁸, and several ε
//! tell the powers apart. A bar has two parts that are told apart: what one power more changes, and what
//! the round-off of iterates does, which smaller steps magnify; of several scales of step sizes each power is taken
//! from where its bar is least.
//!
//! The iterates about w are those of an orbit with its past: the points that it came through are found from w backwards,
//! as the steps from them lead from one to the next, again and again until they do not move.
//!
//! Whether a memory settles is seen first, with the parameters held where they are: two runs that differ in their
//! first gradients alone must take the same steps in the end, and each of them the same step again and again.

use nalgebra::DMatrix;

use super::black_box::{AnyBox, BlackBox, Gradient, Running};
use super::experiment::{curvature, distance};
use super::field::interpolated;
use super::watch::mean_gradient;
use crate::flow::power_of_step;
use crate::loss::{Oracle, Problem};
use crate::measure::norm;
use crate::theorem::caught;

/// A modified field f₀ + ε f₁ + … at a point, with bars.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredField {
    /// f₀, f₁, …: one entry a parameter.
    pub fields: Vec<Vec<f64>>,
    /// By how much each entry may be off: round-off and truncation together.
    pub bars: Vec<Vec<f64>>,
    /// The part of each bar that is round-off; the rest of it is truncation.
    pub rounding: Vec<Vec<f64>>,
    /// The steps after which its memory has faded.
    pub burn_in: usize,
}

impl MeasuredField {
    /// The field for reading: a line a power of ε, with its largest bar, and a line a component where there are few.
    pub fn table(&self, method: &str, loss: &str, point: &[f64]) -> String {
        let at: Vec<String> = point.iter().take(SHOWN).map(f64::to_string).collect();
        let more = if point.len() > SHOWN { ", …" } else { "" };
        let mut text = format!(
            "modified field of {method}, in t = nε\non {loss} at w = ({}{more}), measured from iterates after {} steps\n\n",
            at.join(", "),
            self.burn_in
        );
        for (j, (field, bars)) in self.fields.iter().zip(&self.bars).enumerate() {
            let entries = field.iter().zip(bars).take(SHOWN);
            let entries: Vec<String> =
                entries.map(|(f, bar)| format!("{f:.12} ± {bar:.0e}")).collect();
            let power = if j == 0 { "1".to_owned() } else { power_of_step(j as u32) };
            text += &format!("{power:<4} {}{more}\n", entries.join("  "));
        }
        text
    }
}

/// Components that are shown.
const SHOWN: usize = 4;

/// Why a black box has no field at a point that iterates show.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NoField {
    /// A point of another space.
    #[error("the point has {given} coordinates, and the loss has {dim} parameters")]
    Point {
        /// Its coordinates.
        given: usize,
        /// The parameters.
        dim: usize,
    },
    /// More powers than step sizes tell apart.
    #[error(
        "{terms} terms are more than iterates in f64 tell apart; from 1 to {most} can be asked for"
    )]
    Terms {
        /// What was asked for.
        terms: usize,
        /// The most there can be.
        most: usize,
    },
    /// Memory that stays.
    #[error(
        "the memory does not fade: what the gradient was {steps} steps ago still changes a step by {by:.0e} of its \
         length, so that no one field is followed"
    )]
    Lasting {
        /// The steps waited.
        steps: usize,
        /// By how much it changes a step.
        by: f64,
    },
    /// Steps that go on changing.
    #[error(
        "under the same gradient at the same point its steps go on changing, after {steps} steps by {by:.0e} of their \
         length: it counts its steps, or its memory grows, so that no one field is followed"
    )]
    Changing {
        /// The steps waited.
        steps: usize,
        /// By how much the next ones differ.
        by: f64,
    },
    /// A gradient of no length.
    #[error("the gradient at the point is 0: nothing moves there")]
    AtRest,
    /// No step size at which it could be measured.
    #[error(
        "at none of the step sizes tried did its iterates come to pass through the point: {last}"
    )]
    NoOrbit {
        /// What happened at the smallest.
        last: String,
    },
    /// It panicked.
    #[error("it panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
}

/// The most terms that are told apart.
const MOST_TERMS: usize = 3;
/// Iterates on either side of the point.
const ARM: usize = 4;
/// Gradients that one of two runs has turned around and doubled.
const KICK: usize = 4;
/// What a memory may leave in a step, relative to its length: a little above round-off.
const FADED: f64 = 1e-14;
/// Steps in a row that must agree.
const STEADY: usize = 8;
/// The longest memory.
const LONGEST: usize = 32_768;
/// Step sizes, in units of the largest of a scale.
const SIZES: [f64; 7] = [1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.125];
/// The largest step sizes of each scale, times the curvature.
const SCALES: [f64; 4] = [0.12, 0.04, 0.013, 0.0043];
/// How far the burn-in may lead, as the product of its time and the curvature.
const FURTHEST: f64 = 3.0;
/// Corrections of the past.
const CORRECTIONS: usize = 100;
/// Round-off of a difference of iterates, in units of the last place.
const ROUNDING: f64 = 6.0;
/// What a past may still move, relative to its points, where round-off keeps it from coming to rest.
const SETTLED: f64 = 1e-13;
/// How far from the point its past is followed, in lengths of its parameters, or in ones where these are less.
const REACH: f64 = 0.5;
/// How many times what one power more changes the truncation may be.
const SAFETY: f64 = 3.0;

/// f₀ … f_{terms−1} of the flow that `black_box` follows on the whole loss of `problem`, at `point`.
///
/// # Errors
/// [`NoField`] with the reason, if there is none, or none that iterates show.
pub fn measured_field(
    black_box: &dyn AnyBox,
    problem: &Problem,
    point: &[f64],
    terms: usize,
) -> Result<MeasuredField, NoField> {
    if point.len() != problem.dim() {
        return Err(NoField::Point { given: point.len(), dim: problem.dim() });
    }
    if terms == 0 || terms > MOST_TERMS {
        return Err(NoField::Terms { terms, most: MOST_TERMS });
    }
    let loss = problem.float();
    caught(|| Asked { black_box, loss: &*loss, point, terms }.measured())
        .unwrap_or_else(|message| Err(NoField::Panicked { message }))
}

/// The steps after which nothing is left of what the first gradients were, with the parameters held at `point`.
///
/// # Errors
/// [`NoField`] if there is no such number.
pub fn fading(black_box: &dyn AnyBox, problem: &Problem, point: &[f64]) -> Result<usize, NoField> {
    if point.len() != problem.dim() {
        return Err(NoField::Point { given: point.len(), dim: problem.dim() });
    }
    let loss = problem.float();
    caught(|| Asked { black_box, loss: &*loss, point, terms: 1 }.fading())
        .unwrap_or_else(|message| Err(NoField::Panicked { message }))
}

struct Asked<'a> {
    black_box: &'a dyn AnyBox,
    loss: &'a dyn Oracle<f64>,
    point: &'a [f64],
    terms: usize,
}

impl Asked<'_> {
    fn measured(&self) -> Result<MeasuredField, NoField> {
        let burn_in = self.fading()?;
        let curvature = curvature(self.loss, self.point);
        let mut best: Option<MeasuredField> = None;
        let mut last = String::new();
        for scale in SCALES {
            let largest = scale.min(FURTHEST / (burn_in + 2 * ARM) as f64) / curvature;
            let found = match self.at_scale(largest, burn_in) {
                Ok(found) => found,
                Err(why) => {
                    last = why;
                    continue;
                }
            };
            let Some(known) = &mut best else {
                best = Some(found);
                continue;
            };
            for j in 0..self.terms {
                if norm(&found.bars[j]) < norm(&known.bars[j]) {
                    known.fields[j].clone_from(&found.fields[j]);
                    known.bars[j].clone_from(&found.bars[j]);
                    known.rounding[j].clone_from(&found.rounding[j]);
                }
            }
        }
        best.ok_or(NoField::NoOrbit { last })
    }

    fn all(&self) -> Vec<usize> {
        (0..self.loss.batches()).collect()
    }

    /// The steps after which nothing is left of what the first gradients were.
    fn fading(&self) -> Result<usize, NoField> {
        let g = mean_gradient(self.loss, &self.all(), self.point);
        if norm(&g) <= 0.0 {
            return Err(NoField::AtRest);
        }
        let (mut one, mut other) = (Held::new(self, &g), Held::new(self, &g));
        let (mut faded, mut steady) = (0, 0);
        let (mut by, mut change) = (f64::INFINITY, f64::INFINITY);
        let mut before: Option<Vec<f64>> = None;
        for n in 1..=LONGEST {
            let step = one.step(1.0);
            let kicked = other.step(if n <= KICK { -2.0 } else { 1.0 });
            let length = norm(&step).max(f64::MIN_POSITIVE);
            // What is added to the parameters is rounded there.
            let open = FADED * length.max(norm(self.point));
            let apart = distance(&step, &kicked);
            by = apart / length;
            faded = if apart <= open && n > KICK { faded + 1 } else { 0 };
            change = before.map_or(f64::INFINITY, |before| distance(&step, &before) / length);
            steady = if change * length <= open { steady + 1 } else { 0 };
            before = Some(step);
            if faded >= STEADY && steady >= STEADY {
                return Ok(n);
            }
        }
        if faded < STEADY {
            return Err(NoField::Lasting { steps: LONGEST, by });
        }
        Err(NoField::Changing { steps: LONGEST, by: change })
    }

    /// The fields from step sizes up to `largest`.
    fn at_scale(&self, largest: f64, burn_in: usize) -> Result<MeasuredField, String> {
        let (dim, count) = (self.point.len(), SIZES.len());
        let mut values = DMatrix::zeros(count, dim);
        for (row, size) in SIZES.iter().enumerate() {
            let eps = largest * size;
            let field = interpolated(&self.around(eps, burn_in)?, eps);
            for (i, f) in field.into_iter().enumerate() {
                values[(row, i)] = f;
            }
        }
        let apart = "its step sizes are not told apart";
        let (full, fewer) =
            (powers(largest, count).ok_or(apart)?, powers(largest, count - 1).ok_or(apart)?);
        let (mut fields, mut bars, mut rounding) = (Vec::new(), Vec::new(), Vec::new());
        let size = self.point.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
        for j in 0..self.terms {
            // What the last place of iterates does to this power, independently for each step size.
            let noise = |k: usize| ROUNDING * f64::EPSILON * size / (largest * SIZES[k]);
            let round = (0..count).map(|k| (full[(j, k)] * noise(k)).powi(2)).sum::<f64>().sqrt();
            let of = |weights: &DMatrix<f64>, i: usize| -> f64 {
                let used = weights.ncols();
                (0..used).map(|k| weights[(j, k)] * values[(count - used + k, i)]).sum()
            };
            let field: Vec<f64> = (0..dim).map(|i| of(&full, i)).collect();
            let bar = |i: usize| SAFETY * (field[i] - of(&fewer, i)).abs() + round;
            bars.push((0..dim).map(bar).collect());
            rounding.push(vec![round; dim]);
            fields.push(field);
        }
        Ok(MeasuredField { fields, bars, rounding, burn_in })
    }

    /// The iterates around the point, on the orbit through it.
    fn around(&self, eps: f64, burn_in: usize) -> Result<Vec<Vec<f64>>, String> {
        let all = self.all();
        let step = |running: &mut Box<dyn Running + '_>, w: &mut [f64]| {
            let mut gradient = |of: &[usize], at: &[f64]| mean_gradient(self.loss, of, at);
            running.step(eps, &all, &mut gradient, w);
        };
        let begin = |w: &[f64]| self.black_box.begin(w);
        let steps = burn_in.max(2 * ARM);
        // What lies further back has faded but for the last digits.
        let (mut around, mut running) = past(self.point, steps, 3 * steps / 4, begin, step)
            .ok_or_else(|| format!("steps of size {eps:.1e} come from nowhere"))?;
        let _ = around.drain(..around.len() - ARM - 1);
        let mut w = self.point.to_vec();
        for _ in 0..ARM {
            step(&mut running, &mut w);
            around.push(w.clone());
        }
        match around.iter().flatten().all(|x| x.is_finite()) {
            true => Ok(around),
            false => Err(format!("steps of size {eps:.1e} leave the numbers")),
        }
    }
}

/// The points of an orbit before it comes to `point`, which is the last of them, and the state there, `burn_in` steps after
/// it was begun; none if there is no such orbit in numbers, or if it is known for fewer than the `least` last steps.
///
/// The past is a fixed point: the steps from its points, put one behind the other so that they end at `point`, are its
/// points. What is wrong in it counts for as much as the time that it lies back, so that it settles like an exponential
/// series.
fn past<S>(
    point: &[f64],
    burn_in: usize,
    least: usize,
    begin: impl Fn(&[f64]) -> S,
    step: impl Fn(&mut S, &mut [f64]),
) -> Option<(Vec<Vec<f64>>, S)> {
    let mut path = vec![point.to_vec(); burn_in + 1];
    let reach = REACH * norm(point).max(1.0);
    let mut stands = 0;
    let mut last = f64::INFINITY;
    for _ in 0..CORRECTIONS {
        let mut state = begin(&path[0]);
        let mut steps = Vec::with_capacity(burn_in);
        for from in &path[..burn_in] {
            let mut w = from.clone();
            step(&mut state, &mut w);
            if w.len() != from.len() {
                return None;
            }
            w.iter_mut().zip(from).for_each(|(w, from)| *w -= from);
            steps.push(w);
        }
        let (mut moved, mut size) = (0.0_f64, norm(point));
        for k in (0..burn_in).rev() {
            let (before, after) = path.split_at_mut(k + 1);
            let mut next: Vec<f64> =
                after[0].iter().zip(&steps[k]).map(|(w, step)| w - step).collect();
            // Backwards in time it may run off to where there are no numbers: before that it stands still.
            if k < stands || distance(&next, point) > reach {
                stands = stands.max(k + 1);
                next.clone_from(&after[0]);
            }
            moved = moved.max(distance(&next, &before[k]));
            size = size.max(norm(&next));
            before[k] = next;
        }
        // The state is that of the points before they moved by so little.
        let resting = moved <= 4.0 * f64::EPSILON * size;
        if resting || (moved <= SETTLED * size && moved >= last) {
            return (burn_in - stands >= least).then_some((path, state));
        }
        last = moved;
    }
    None
}

/// A run whose parameters are put back after every step.
struct Held<'a> {
    running: Box<dyn Running + 'a>,
    asked: &'a Asked<'a>,
    gradient: &'a [f64],
}

impl<'a> Held<'a> {
    fn new(asked: &'a Asked<'a>, gradient: &'a [f64]) -> Self {
        Held { running: asked.black_box.begin(asked.point), asked, gradient }
    }

    /// How far a step of size 1 goes with the gradient times `factor`, wherever it is asked for.
    fn step(&mut self, factor: f64) -> Vec<f64> {
        let mut w = self.asked.point.to_vec();
        let mut gradient =
            |_: &[usize], _: &[f64]| self.gradient.iter().map(|g| factor * g).collect();
        self.running.step(1.0, &self.asked.all(), &mut gradient, &mut w);
        w.iter().zip(self.asked.point).map(|(w, from)| w - from).collect()
    }
}

/// Weights that give the coefficient of each power of ε from the values at the last `count` step sizes.
fn powers(largest: f64, count: usize) -> Option<DMatrix<f64>> {
    let sizes = &SIZES[SIZES.len() - count..];
    // In units of the largest, which keeps the numbers near 1.
    let matrix = DMatrix::from_fn(count, count, |k, j| sizes[k].powi(j as i32));
    let mut weights = matrix.try_inverse()?;
    for (j, mut row) in weights.row_iter_mut().enumerate() {
        row /= largest.powi(j as i32);
    }
    Some(weights)
}

/// The state of a black box as if it had run for ever with the step size `eps` on the whole loss and had come to `point` just
/// now, its memory fading within `burn_in` steps; none if there is no such past.
pub fn settled<B: BlackBox>(
    black_box: &B,
    loss: &dyn Oracle<f64>,
    point: &[f64],
    eps: f64,
    burn_in: usize,
) -> Option<B::State> {
    let all: Vec<usize> = (0..loss.batches()).collect();
    let step = |state: &mut B::State, w: &mut [f64]| {
        let mut gradient = |of: &[usize], at: &[f64]| mean_gradient(loss, of, at);
        let gradient: &mut Gradient = &mut gradient;
        black_box.step(eps, &all, gradient, w, state);
    };
    // Only large steps come from so far that less is known of it, and their own errors are larger still.
    past(point, burn_in, 2 * burn_in / 5, |w| black_box.init(w), step).map(|(_, state)| state)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test fails
mod tests {
    use super::*;

    fn polynomial(coefficients: &[f64], eps: f64) -> f64 {
        coefficients.iter().rev().fold(0.0, |sum, c| sum * eps + c)
    }

    #[test]
    fn powers_are_told_apart() {
        let truth = [2.0, -3.0, 0.5, 7.0];
        let largest = 0.1;
        let weights = powers(largest, SIZES.len()).unwrap();
        for (j, wanted) in truth.iter().enumerate() {
            let found: f64 = (SIZES.iter().enumerate())
                .map(|(k, s)| weights[(j, k)] * polynomial(&truth, largest * s))
                .sum();
            assert!((found - wanted).abs() < 1e-6, "{j}: {found}");
        }
    }
}
