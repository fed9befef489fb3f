//! Iterates, gradient flow and modified flow at the same times, for plotting.

use super::Tracking;
use crate::arithmetic::Numeric;
use crate::flow::{Continued, Flow, GradientFlow, Term};
use crate::leg::{Obstacle, Pace};
use crate::loss::Problem;
use crate::optimizer::{State, Steps, Tempo};
use crate::sampling::{MeanMethod, Walker, block_means};
use crate::theorem::{NotApplicable, Settings, Theorem};

/// The three curves at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceRow {
    /// The time t = steps · ε.
    pub time: f64,
    /// The number of steps taken.
    pub step: usize,
    /// The iterate; for a random sampling the mean, iterated from its own mean block by block.
    pub iterate: Vec<f64>,
    /// The gradient flow w′ = −∇C from the start.
    pub gradient_flow: Vec<f64>,
    /// The flow that the theorem claims, at this step size.
    pub modified_flow: Vec<f64>,
}

/// The three curves, one row a block of steps (one step, or one epoch), from time 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The rows, in order of time.
    pub rows: Vec<TraceRow>,
}

/// Why there is no trace.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The theorem does not compare trajectories.
    #[error(
        "the theorem '{theorem}' compares no trajectories, so there is nothing to trace; \
         one that does is gradient-flow"
    )]
    NoTrajectories {
        /// The theorem.
        theorem: String,
    },
    /// The theorem says nothing about this loss.
    #[error(transparent)]
    NotApplicable(#[from] NotApplicable),
    /// A step size that is none.
    #[error("the step size {step_size:?} must be finite and above 0")]
    StepSize {
        /// The step size.
        step_size: f64,
    },
    /// A horizon that no whole number of blocks reaches.
    #[error(
        "the horizon {horizon:?} is not a multiple of {block:?}, the time of one block of {steps} \
         step(s); take {nearest}"
    )]
    NotAMultiple {
        /// The horizon.
        horizon: f64,
        /// The time of one block.
        block: f64,
        /// The steps of one block.
        steps: usize,
        /// The nearest multiples, in words.
        nearest: String,
    },
    /// More rows than anybody plots.
    #[error(
        "the horizon {horizon:?} takes {rows:.3e} rows of time {block:?}; at most {limit} are traced: \
         shorten the horizon or take a larger step size"
    )]
    TooManyRows {
        /// The horizon.
        horizon: f64,
        /// The time of one block.
        block: f64,
        /// The number of rows.
        rows: f64,
        /// The most that are traced.
        limit: usize,
    },
    /// The iterates are not finite.
    #[error(
        "the iterates are not finite after step {step} of size {step_size:?}; take a smaller one"
    )]
    Diverged {
        /// The number of steps taken.
        step: usize,
        /// Their size.
        step_size: f64,
    },
    /// A flow could not be followed, or the loss has no pace.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
}

/// The most rows of a trace.
const ROW_LIMIT: usize = 100_000;
/// How far the horizon may be from a multiple of the block, relatively.
const MULTIPLE_TOLERANCE: f64 = 1e-9;
/// The error DOP853 is allowed a step.
const TOLERANCE: f64 = 1e-13;

impl Theorem {
    /// Iterates and flows on `problem` at step size `step_size` up to `horizon`, by default the
    /// multiple of the block nearest to the horizon of the theorem's global leg.
    ///
    /// # Errors
    /// [`TraceError`] with what would do.
    pub fn trace(
        &self,
        problem: &Problem,
        settings: &Settings,
        step_size: f64,
    ) -> Result<Trace, TraceError> {
        (self.statements().find_map(|s| s.trace(problem, settings, step_size)))
            .unwrap_or_else(|| Err(TraceError::NoTrajectories { theorem: self.id.clone() }))
    }
}

impl Tracking {
    /// The curves, each flow continued from row to row.
    pub(super) fn curves(
        &self,
        problem: &Problem,
        settings: &Settings,
        step_size: f64,
    ) -> Result<Trace, TraceError> {
        if !(step_size > 0.0 && step_size.is_finite()) {
            return Err(TraceError::StepSize { step_size });
        }
        let m = problem.batches();
        if let Some(admit) = self.admit {
            admit(m).map_err(NotApplicable)?;
        }
        let mut a = Numeric::new(problem.float());
        let walker = Walker::float(&self.optimizer);
        let optimizer = walker.optimizer();
        let sampling = self.sampling(m);
        // One block first: too many paths are refused before they are counted over all rows.
        let method = MeanMethod::choose(
            &*sampling,
            &*problem.float(),
            self.is_affine_on(problem),
            1,
            settings.seed,
        )
        .ok_or_else(|| NotApplicable::too_many_orders(problem))?;
        let steps = sampling.steps(m);
        let block = step_size * steps as f64;
        let uneven = !sampling.is_balanced() && sampling.paths(m) > 1.0;
        let rows = match settings.horizon {
            // Beyond one epoch the mean feels its covariance, and this flow no longer is the claim.
            None if uneven => 1,
            asked => rows(problem, optimizer.tempo(), asked, block, steps)?,
        };
        if uneven && rows > 1 {
            return Err(TraceError::NotApplicable(NotApplicable(format!(
                "with draws that do not visit all minibatches equally often the mean follows this flow over one epoch only; take \
                 --horizon {} or leave it out",
                short(block)
            ))));
        }

        let flow = (self.flow)(m).float();
        let w = problem.start().as_slice().to_vec();
        let plain: &dyn Flow<Numeric<f64>> = &GradientFlow;
        let weigh = |terms: Vec<Term>| terms.iter().map(|term| term.at(step_size)).collect();
        let coefficients: Vec<f64> = weigh(flow.terms());
        let modified_start = flow.start(&mut a, &coefficients, w.clone());
        let follow = |flow, coefficients, start| {
            Continued::new(flow, problem.float(), coefficients, start).with_tolerance(TOLERANCE)
        };
        let mut modified = follow(&*flow, coefficients, modified_start);
        let mut gradient = follow(plain, weigh(plain.terms()), w.clone());
        let memory = optimizer.initial_memory(&mut a, &step_size, &w);
        let begun = State { w, memory, steps: Steps::default() };
        let mut state = begun.clone();

        let mut trace = Trace { rows: Vec::with_capacity(rows + 1) };
        for n in 0..=rows {
            let (step, time) = (n * steps, (n * steps) as f64 * step_size);
            if n > 0 {
                // Draws that are kept are followed from the start, each path for itself.
                let (from, blocks) =
                    if method == MeanMethod::Kept { (begun.clone(), n) } else { (state, 1) };
                state = block_means(&mut a, &walker, &*sampling, method, step_size, from, blocks)
                    .ok_or(TraceError::Diverged { step, step_size })?;
            }
            trace.rows.push(TraceRow {
                time,
                step,
                iterate: state.w.clone(),
                gradient_flow: gradient.at(time).map_err(Obstacle::from)?,
                modified_flow: modified.at(time).map_err(Obstacle::from)?,
            });
        }
        Ok(trace)
    }
}

/// The number of blocks that reach the horizon.
fn rows(
    problem: &Problem,
    tempo: Tempo,
    horizon: Option<f64>,
    block: f64,
    steps: usize,
) -> Result<usize, TraceError> {
    let asked = match horizon {
        Some(asked) => asked,
        None => Pace::of(problem)?.with(tempo)?.horizon(None),
    };
    let whole = (asked / block).round();
    if horizon.is_some() && (whole * block - asked).abs() > MULTIPLE_TOLERANCE * asked
        || horizon.is_some() && whole < 1.0
    {
        let below = (asked / block).floor();
        let nearest = match below {
            _ if below >= 1.0 => {
                format!("{} or {}", short(below * block), short((below + 1.0) * block))
            }
            _ => short(block),
        };
        return Err(TraceError::NotAMultiple { horizon: asked, block, steps, nearest });
    }
    let whole = whole.max(1.0);
    if whole > ROW_LIMIT as f64 {
        let limit = ROW_LIMIT;
        return Err(TraceError::TooManyRows { horizon: asked, block, rows: whole, limit });
    }
    Ok(whole as usize)
}

/// `x` to twelve significant digits, without trailing zeros.
fn short(x: f64) -> String {
    let x = format!("{x:.11e}").parse::<f64>().unwrap_or(x);
    // Beyond these, digits before or after the point are zeros that nobody counts.
    if (1e-5..1e15).contains(&x) { x.to_string() } else { format!("{x:e}") }
}
