//! Expansions: the modified flow of any method at a point, from its step alone.
//!
//! Numbers are truncated power series in the step size ε. Let w₀, w₁, … be the iterates of a map
//! w ↦ w + ε φ₁(w) + ε² φ₂(w) + …; as formal series they are the values at t = nε of one flow
//! dw/dt = f₀ + ε f₁ + ε² f₂ + …, so the forward difference Δᵏw₀ is O(εᵏ), and
//!
//! ```text
//! f(w₀) = (1/ε) ln(1 + Δ) w₀ = (1/ε) Σ_{k=1}^K ((−1)^{k−1}/k) Δᵏw₀   mod ε^K,
//! ```
//!
//! exactly: no formula, no finite difference in w, no tree. It holds for whatever a method does, as long as
//! its step is smooth at the point. A block of s steps counts as the time sε; where it is drawn at random the
//! map is the mean over the block's paths, iterated from its own mean.
//!
//! A method with memory has such a flow on its slow manifold, where memory is a function of w. The memory
//! at the start is found by shooting. Every expansion is guarded by one iterate more
//! than it needs: Δᵏw₀ must have no power below εᵏ.
//!
//! Source: Hairer, Lubich & Wanner, *Geometric Numerical Integration*, ch. IX, for the modified equation;
//! the differences are its Lie logarithm, read off one orbit.

mod claim;
mod manifold;
mod refusal;
mod symmetry;

use std::sync::Arc;

pub use claim::{Discrepancy, Restated};
pub use refusal::Refusal;

use crate::arithmetic::Numeric;
use crate::loss::{Oracle, Problem};
use crate::optimizer::{AnyOptimizer, Optimizer, State, Steps};
use crate::sampling::{Sampling, followed, in_periods, mean_state};
use crate::scalar::{CAPACITY, DoubleDouble, Jet, Ratio, Real, Scalar};

/// A truncated power series in ε.
type Series = Jet<DoubleDouble>;

/// A state whose numbers are series in ε.
type Expanded = State<Vec<Series>>;

/// The most paths of a block that a mean is taken over.
const PATH_LIMIT: f64 = 5040.0;

/// What differences that must vanish may leave, relative to what they are differences of: round-off, as
/// a long memory amplifies it, is far below, and what does not vanish far above.
const VANISHES: f64 = 1e-12;

/// A field this small beside the largest one may be round-off alone.
const NOTHING: f64 = 1e-20;

/// The unit of the second run.
const OTHER_UNIT: Ratio = Ratio::new(3, 7);

/// How much larger than the gap between two runs the error may be.
const SAFETY: f64 = 8.0;

/// The significant digits at which agreement stops counting: double-double has 31.
const MOST_DIGITS: u32 = 28;

/// The coefficients of a modified field at a point.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// f₀, f₁, …: `fields[j]` is the coefficient of εʲ in dw/dt, one entry a parameter.
    pub fields: Vec<Vec<DoubleDouble>>,
    /// The significant digits of its largest component that are known of every f_j: to which two runs agree
    /// that have no round-off in common, in two units of ε, one with an iterate more, less a factor of safety.
    pub digits: u32,
}

/// The fields at a point, and whether they are others at another time.
pub(crate) struct Fields {
    /// The coefficient of each power of ε.
    pub(crate) fields: Vec<Vec<DoubleDouble>>,
    /// Whether the method asked for the time.
    pub(crate) timed: bool,
}

/// A method on a loss, ready to be expanded at any point.
pub struct Expander {
    optimizer: Arc<dyn Optimizer<Numeric<Series>>>,
    sampling: Arc<dyn Sampling>,
    loss: Arc<dyn Oracle<Series>>,
    /// The number of steps a block.
    steps: usize,
}

impl Expander {
    /// `optimizer` fed by `sampling`, on the loss of `problem`.
    ///
    /// # Errors
    /// [`Refusal`] if the method or the loss is known in `f64` only, if a block has too many paths, or if
    /// it is random and the method has memory.
    pub fn new(
        optimizer: &AnyOptimizer,
        sampling: Arc<dyn Sampling>,
        problem: &Problem,
    ) -> Result<Self, Refusal> {
        let optimizer = optimizer.seen::<Series>().ok_or(Refusal::MethodInFloats)?;
        let loss = problem.seen::<Series>().ok_or(Refusal::LossInFloats)?;
        let sampling = in_periods(sampling, optimizer.period(), loss.batches());
        let paths = sampling.paths(loss.batches());
        if paths > PATH_LIMIT {
            return Err(Refusal::TooManyPaths { paths, limit: PATH_LIMIT });
        }
        let steps = sampling.steps(loss.batches());
        let expander = Expander { optimizer, sampling, loss, steps };
        if paths > 1.0 && !expander.forgets(problem.start().as_slice()) {
            return Err(Refusal::RandomMemory);
        }
        Ok(expander)
    }

    /// Whether a block from `start` leaves nothing of the memory it begins with, so that it does not matter on which
    /// path that was come by.
    fn forgets(&self, start: &[f64]) -> bool {
        let time = DoubleDouble::zero();
        let mut run = Run::new(self, time, CAPACITY - 1, DoubleDouble::one());
        let w: Vec<Series> =
            start.iter().map(|&x| Jet::constant(DoubleDouble::from_f64(x))).collect();
        let memory = self.optimizer.initial_memory(&mut run.a, &run.eps, &w);
        if memory.is_empty() {
            return true;
        }
        let mut other = memory.clone();
        let entries = other.iter_mut().flatten().enumerate();
        entries.for_each(|(n, x)| *x += Jet::constant(DoubleDouble::from_f64(1.0 + n as f64)));
        let mut end = |memory| {
            let state = State { w: w.clone(), memory, steps: Steps::settled() };
            run.block(run.eps, &state)
        };
        match (end(memory), end(other)) {
            (Ok(one), Ok(other)) => one.w == other.w && one.memory == other.memory,
            // What fails does so again where it is asked for, with its reason.
            (one, other) => one.is_err() && other.is_err(),
        }
    }

    /// f₀ … f_{terms−1} at `point` and at the time 0, with the digits that are known of them.
    ///
    /// # Errors
    /// [`Refusal`] if there is no such expansion, with the reason.
    pub fn expand(&self, point: &[DoubleDouble], terms: usize) -> Result<Expansion, Refusal> {
        let start = DoubleDouble::zero();
        let mut fields = self.fields(point, terms)?;
        let again = self.rescaled(point, start, terms + 1, OTHER_UNIT)?.fields;
        let scale = fields.iter().flatten().fold(0.0_f64, |most, x| most.max(x.leading().abs()));
        let mut digits = MOST_DIGITS;
        for (field, other) in fields.iter_mut().zip(&again) {
            let (size, gap) = sizes(field, other);
            if size <= NOTHING * scale && size <= 100.0 * gap {
                // Nothing but round-off.
                field.fill(DoubleDouble::zero());
            } else if gap > 0.0 {
                let known =
                    (size / (SAFETY * gap)).log10().floor().clamp(0.0, f64::from(MOST_DIGITS));
                digits = digits.min(known as u32);
            }
        }
        Ok(Expansion { fields, digits })
    }

    /// f₀ … f_{terms−1} at `point` and at the time 0 from one run.
    ///
    /// # Errors
    /// As [`expand`](Expander::expand).
    pub fn fields(
        &self,
        point: &[DoubleDouble],
        terms: usize,
    ) -> Result<Vec<Vec<DoubleDouble>>, Refusal> {
        Ok(self.fields_at(point, DoubleDouble::zero(), terms)?.fields)
    }

    /// The same at another time, which makes a difference to methods with a schedule alone.
    ///
    /// # Errors
    /// As [`expand`](Expander::expand).
    pub(crate) fn fields_at(
        &self,
        point: &[DoubleDouble],
        time: DoubleDouble,
        terms: usize,
    ) -> Result<Fields, Refusal> {
        self.rescaled(point, time, terms, Ratio::new(1, 1))
    }

    /// The same with the series in ε/`unit`: all round-off is another one.
    fn rescaled(
        &self,
        point: &[DoubleDouble],
        time: DoubleDouble,
        terms: usize,
        unit: Ratio,
    ) -> Result<Fields, Refusal> {
        if point.len() != self.loss.dim() {
            return Err(Refusal::Point { given: point.len(), dim: self.loss.dim() });
        }
        if terms + 1 > CAPACITY {
            return Err(Refusal::TooManyTerms { terms, most: CAPACITY - 1 });
        }
        let unit = DoubleDouble::from_ratio(unit);
        let mut run = Run::new(self, time, terms, unit);
        let w: Vec<Series> = point.iter().map(|&x| Jet::constant(x)).collect();
        let memory = manifold::settled(&mut run, &w)?;
        let orbit = run.orbit(State { w, memory, steps: Steps::settled() }, terms + 1)?;
        let iterates: Vec<&[Series]> = orbit.iter().map(|state| &*state.w).collect();
        guard(&iterates, terms)?;
        let steps = DoubleDouble::from_f64(self.steps as f64);
        let field = |j: usize| -> Vec<DoubleDouble> {
            let share = (0..=j).fold(steps, |share, _| share * unit);
            (0..point.len())
                .map(|i| {
                    let values: Vec<DoubleDouble> =
                        iterates.iter().map(|w| w[i].coefficient(j + 1)).collect();
                    let differences = differences(&values);
                    let mut sum = DoubleDouble::zero();
                    for (k, &difference) in differences.iter().enumerate().take(terms + 1).skip(1) {
                        let sign = if k % 2 == 1 { 1 } else { -1 };
                        sum += difference * DoubleDouble::from_ratio(Ratio::new(sign, k as i64));
                    }
                    sum / share
                })
                .collect()
        };
        Ok(Fields { fields: (0..terms).map(field).collect(), timed: run.a.timed() })
    }

    /// The memory of the method on its slow manifold at `point`, for the step size `eps`: its series up to
    /// ε^`terms`, one vector a slot.
    ///
    /// # Errors
    /// As [`expand`](Expander::expand).
    pub fn memory<S: Scalar>(
        &self,
        point: &[DoubleDouble],
        terms: usize,
        eps: S,
    ) -> Result<Vec<Vec<S>>, Refusal> {
        let mut run = Run::new(self, DoubleDouble::zero(), terms, DoubleDouble::one());
        let w: Vec<Series> = point.iter().map(|&x| Jet::constant(x)).collect();
        let memory = manifold::settled(&mut run, &w)?;
        let both = |c: DoubleDouble| {
            let lead = c.leading();
            S::from_f64(lead) + S::from_f64((c - DoubleDouble::from_f64(lead)).leading())
        };
        let value = |x: &Series| {
            (0..x.len()).rev().fold(S::zero(), |sum, k| sum * eps + both(x.coefficient(k)))
        };
        Ok(memory.iter().map(|v| v.iter().map(value).collect()).collect())
    }

    /// The number d of parameters.
    pub fn dim(&self) -> usize {
        self.loss.dim()
    }
}

/// A method in series of a certain length.
struct Run<'a> {
    expander: &'a Expander,
    a: Numeric<Series>,
    /// ε, with its trailing zeros: what is multiplied by it keeps them.
    eps: Series,
    /// The number of coefficients that are kept: ε⁰ … ε^terms.
    len: usize,
}

impl<'a> Run<'a> {
    fn new(expander: &'a Expander, time: DoubleDouble, terms: usize, unit: DoubleDouble) -> Self {
        let mut coefficients = vec![DoubleDouble::zero(); terms + 1];
        coefficients[1.min(terms)] = unit;
        let eps = Jet::from_coefficients(&coefficients);
        let a = Numeric::new(Arc::clone(&expander.loss)).beginning_at(Jet::constant(time));
        Run { expander, a, eps, len: terms + 1 }
    }

    /// The (mean) state one block after `state` at the step size `eps`.
    fn block(&mut self, eps: Series, state: &Expanded) -> Result<Expanded, Refusal> {
        let Expander { optimizer, sampling, .. } = self.expander;
        let next = mean_state(&mut self.a, &**optimizer, &**sampling, eps, state);
        if self.a.counted() {
            return Err(Refusal::CountsSteps);
        }
        let (read, period) = (self.a.periods(), followed(optimizer.period()));
        if !period.is_multiple_of(read) {
            return Err(Refusal::Phase { read, period });
        }
        if let Some(fault) = self.a.fault() {
            return Err(Refusal::Implicit(fault));
        }
        let finite = |v: &[Series]| v.iter().all(|x| x.is_finite());
        if !finite(&next.w) || !next.memory.iter().all(|v| finite(v)) {
            return Err(Refusal::NotSmooth);
        }
        if next.memory.len() != state.memory.len()
            || next.memory.iter().any(|v| v.len() != state.w.len())
        {
            return Err(Refusal::MemoryShape);
        }
        Ok(next)
    }

    /// `start` and the `blocks` states that follow it.
    fn orbit(&mut self, start: Expanded, blocks: usize) -> Result<Vec<Expanded>, Refusal> {
        let mut orbit = vec![start];
        for n in 0..blocks {
            let next = self.block(self.eps, &orbit[n])?;
            orbit.push(next);
        }
        Ok(orbit)
    }
}

/// Δ⁰, Δ¹, …, each at the first of `values`.
fn differences(values: &[DoubleDouble]) -> Vec<DoubleDouble> {
    let mut row = values.to_vec();
    let mut first = Vec::with_capacity(values.len());
    while let Some(&head) = row.first() {
        first.push(head);
        row = row.windows(2).map(|pair| pair[1] - pair[0]).collect();
    }
    first
}

/// Whether the iterates are those of a flow: Δᵏ has no power below εᵏ, for one iterate more than is used.
fn guard(iterates: &[&[Series]], terms: usize) -> Result<(), Refusal> {
    let mut scale = 0.0_f64;
    for power in 0..=terms {
        let values = |i: usize| -> Vec<DoubleDouble> {
            iterates.iter().map(|w| w[i].coefficient(power)).collect()
        };
        let dim = iterates.first().map_or(0, |w| w.len());
        let columns: Vec<Vec<DoubleDouble>> = (0..dim).map(values).collect();
        scale = columns.iter().flatten().fold(scale, |most, x| most.max(x.leading().abs()));
        for column in &columns {
            let stray = differences(column)[power + 1..].iter().any(|difference| {
                difference.abs().leading() > VANISHES * scale.max(f64::MIN_POSITIVE)
            });
            if stray && power == 0 {
                return Err(Refusal::MovesAtZero);
            }
            if stray {
                return Err(Refusal::NoFlow { power });
            }
        }
    }
    Ok(())
}

/// The largest component of a vector, and of its difference from another.
fn sizes(one: &[DoubleDouble], other: &[DoubleDouble]) -> (f64, f64) {
    let largest = |v: &mut dyn Iterator<Item = DoubleDouble>| {
        v.fold(0.0_f64, |most, x| most.max(x.leading().abs()))
    };
    let size = largest(&mut one.iter().copied());
    (size, largest(&mut one.iter().zip(other).map(|(&a, &b)| a - b)))
}

#[cfg(test)]
mod tests;
