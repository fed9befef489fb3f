//! The one rule that chooses ladders and horizons from a loss.

use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::leg::{Obstacle, Rung};
use crate::loss::Problem;
use crate::measure::{largest, norm};
use crate::optimizer::{GradientDescent, Optimizer, State, Steps, Tempo};

/// How fast things happen on a loss, near its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// L, in 1/time: the largest |eigenvalue| of any minibatch Hessian or, if larger, the square
    /// root of the largest |eigenvalue| of `T[g]`, the rate at which the Hessian itself turns; times
    /// the speed of the method.
    pub rate: f64,
    /// The number of steps over which the method's memory fades, 1 without memory.
    pub memory: usize,
}

impl Default for Pace {
    /// That of gradient descent on a loss without a time scale of its own.
    fn default() -> Self {
        Pace { rate: 1.0, memory: 1 }
    }
}

/// L times the time of the coarsest block of a local ladder.
const LOCAL_SPAN: f64 = 0.2;
/// Rungs of a local ladder.
const LOCAL_RUNGS: usize = 8;
/// L times the fixed time of a global ladder.
const GLOBAL_SPAN: f64 = 1.0;
/// Blocks on the coarsest rung of a global ladder.
const COARSEST_BLOCKS: usize = 16;
/// Rungs of a global ladder.
const GLOBAL_RUNGS: usize = 6;
/// The reciprocal of a smaller rate, and the step sizes made of it, leave the finite numbers.
const SMALLEST_RATE: f64 = 1e-290;
/// Products with a symmetric matrix in a power iteration. The rate only sets the scale of ladders:
/// ten or twenty percent, where eigenvalues of both signs compete, do not matter.
const POWER_ITERATIONS: usize = 24;

impl Pace {
    /// The blocks of all rungs of a local ladder together.
    pub const LOCAL_BLOCKS: usize = LOCAL_RUNGS;
    /// The blocks of all rungs of a global ladder together, without memory.
    pub const GLOBAL_BLOCKS: usize = COARSEST_BLOCKS * ((1 << GLOBAL_RUNGS) - 1);

    /// The pace of `problem`, the largest found at the start and along gradient descent for the
    /// time 1/L.
    ///
    /// A problem and its clones are paced once.
    ///
    /// # Errors
    /// [`Obstacle::NotFinite`] if the gradient or the Hessian is not finite at the start.
    pub fn of(problem: &Problem) -> Result<Self, Obstacle> {
        problem.once(0, || Pace::found(problem))
    }

    fn found(problem: &Problem) -> Result<Self, Obstacle> {
        let mut a = Numeric::new(problem.float());
        let start = problem.start().as_slice().to_vec();
        let gradient = a.gradient(Batch::Full, &start);
        if gradient.iter().any(|g| !g.is_finite()) {
            return Err(Obstacle::NotFinite { what: "gradient" });
        }
        let mut rate = rate_at(&mut a, &start);
        if !rate.is_finite() {
            return Err(Obstacle::NotFinite { what: "Hessian" });
        }
        if rate * (1.0 + norm(&start)) <= 1e-12 * norm(&gradient) || rate < SMALLEST_RATE {
            // A loss without curvature has no time scale of its own.
            return Ok(Pace::default());
        }
        let eps = 0.1 / rate;
        let mut state = State { w: start, memory: Vec::new(), steps: Steps::default() };
        for step in 1..=10 {
            GradientDescent.step(&mut a, &eps, Batch::Full, &mut state);
            if step % 5 == 0 {
                let here = rate_at(&mut a, &state.w);
                if here.is_finite() {
                    rate = rate.max(here);
                }
            }
        }
        Ok(Pace { rate, memory: 1 })
    }

    /// The pace of a method that moves s times as fast as gradient descent and remembers M steps: the
    /// rate is s L, and a step is to be small against what memory still sees, ε s L ≪ 1/M.
    ///
    /// # Errors
    /// [`Obstacle::NoTempo`] if no finite step size above 0 can be made of that.
    pub fn with(self, tempo: Tempo) -> Result<Self, Obstacle> {
        let Tempo { speed, memory } = tempo;
        let rate = self.rate * speed;
        if !rate.is_finite() || rate < SMALLEST_RATE || memory == 0 {
            return Err(Obstacle::NoTempo { speed, memory });
        }
        Ok(Pace { rate, memory: self.memory.saturating_mul(memory) })
    }

    /// Step sizes for one block of `steps` steps: halvings from ε · steps · L · M = 0.2.
    pub fn local_ladder(self, steps: usize) -> Vec<Rung> {
        let coarsest = LOCAL_SPAN / (self.rate * (steps * self.memory) as f64);
        (0..LOCAL_RUNGS)
            .map(|j| Rung { step_size: coarsest / f64::powi(2.0, j as i32), blocks: 1 })
            .collect()
    }

    /// The fixed time T = 1/L of a global ladder, unless the user chose one.
    pub fn horizon(self, chosen: Option<f64>) -> f64 {
        chosen.unwrap_or(GLOBAL_SPAN / self.rate)
    }

    /// Step sizes that reach `horizon` in 16 M, 32 M, …, 512 M blocks of `steps` steps.
    pub fn global_ladder(self, steps: usize, horizon: f64) -> Vec<Rung> {
        (0..GLOBAL_RUNGS)
            .map(|j| (COARSEST_BLOCKS * self.memory) << j)
            .map(|blocks| Rung { step_size: horizon / (blocks * steps) as f64, blocks })
            .collect()
    }
}

fn rate_at(a: &mut Numeric<f64>, w: &Vec<f64>) -> f64 {
    let g = a.gradient(Batch::Full, w);
    let curvature = largest(
        (0..a.batches()).map(|k| spectral_norm(w.len(), |v| a.hessian_vector(Batch::One(k), w, v))),
    );
    let turning = spectral_norm(w.len(), |v| a.third_derivative(Batch::Full, w, &g, v));
    if turning.is_finite() { f64::max(curvature, turning.sqrt()) } else { curvature }
}

/// The largest |eigenvalue| of a symmetric map, by power iteration from a fixed generic vector.
fn spectral_norm(dim: usize, mut map: impl FnMut(&Vec<f64>) -> Vec<f64>) -> f64 {
    let mut v: Vec<f64> = (0..dim).map(|i| 1.0 + 0.5 * (1.7 * (i + 1) as f64).sin()).collect();
    let mut size = 0.0;
    for _ in 0..POWER_ITERATIONS {
        let length = norm(&v);
        v.iter_mut().for_each(|x| *x /= length);
        v = map(&v);
        size = norm(&v);
        if !(size > 0.0 && size.is_finite()) {
            break;
        }
    }
    size
}

#[cfg(test)]
mod tests;
