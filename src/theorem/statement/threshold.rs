//! The threshold of momentum: the step size up to which its iterates can follow a slow manifold.

use nalgebra::{DMatrix, DVector};
use std::borrow::Cow;

use super::minima::Minimum;
use super::{NotApplicable, Statement};
use crate::arithmetic::{Batch, Numeric};
use crate::flow::Term;
use crate::leg::{Leg, LegKind, Observation, Obstacle, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::optimizer::{Momentum, Optimizer, State, Steps};
use crate::scalar::{DoubleDouble, Ratio, Scalar};
use crate::theorem::Settings;

/// On a quadratic whose largest eigenvalue is λ the heavy ball follows a slow manifold for
/// ε λ < (1 − √β)², Nesterov's method for ε λ < ((1 − β)/(1 + β))²; beyond, it oscillates.
///
/// The threshold is found in the iterates alone: where, along the eigenvector, they begin to change
/// their sign, and where the recurrence x_{n+1} = p x_n + q x_{n−1} fitted to them has a double root.
#[derive(Clone, Copy, Debug, Default)]
pub struct MomentumThreshold;

/// The momentum coefficients at which it is looked for.
const BETAS: [(i64, i64); 6] = [(1, 4), (1, 3), (1, 2), (2, 3), (4, 5), (9, 10)];
/// The name of the control.
const EXCHANGED: &str = "exchange the methods";
/// Steps are taken until the velocity has faded to this share: then round-off could change signs.
const FADED: f64 = 1e-8;
/// ε λ at which both methods oscillate for all these β: the search goes down from there. (At 1 the
/// gradient of Nesterov's method reaches the minimum in one step.)
const OSCILLATING: f64 = 0.8;
/// How closely the onset of sign changes is bracketed.
const BRACKET: f64 = 1.02;
/// Slow oscillations are not seen in so few steps: the onset lies above the double root, by at most
/// this factor.
const ONSET: f64 = 1.1;
/// Iterates that the recurrence is fitted to.
const FITTED: usize = 8;
/// Bisections for the double root: every bit of a factor 1.2.
const BISECTIONS: usize = 52;

impl Statement for MomentumThreshold {
    fn legs(
        &self,
        problem: &Problem,
        _settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        if !problem.float().is_quadratic() {
            return Err(NotApplicable(format!(
                "the threshold is that of a constant Hessian, on quadratics only, and {} is none",
                problem.name()
            )));
        }
        let minimum = Minimum::of(problem);
        let leg = |ahead: bool| -> Box<dyn Leg> {
            Box::new(Onset { problem: problem.clone(), minimum: minimum.clone(), ahead })
        };
        Ok(vec![leg(false), leg(true)])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some("it is about where roots cease to be real, not about powers of ε")
    }
}

/// One method on one quadratic.
struct Onset {
    problem: Problem,
    minimum: Result<Minimum, Obstacle>,
    ahead: bool,
}

/// One method at one β, started at rest from the minimum displaced along one eigenvector.
struct Run<'a> {
    arithmetic: Numeric<f64>,
    method: Momentum,
    minimum: &'a [f64],
    direction: Vec<f64>,
}

impl Run<'_> {
    /// The components x_0, …, x_steps of the iterates along the eigenvector, up to the first that is
    /// not above `stop`.
    fn components(&mut self, eps: f64, steps: usize, stop: f64) -> Vec<f64> {
        let (a, method) = (&mut self.arithmetic, self.method);
        let w: Vec<f64> = self.minimum.iter().zip(&self.direction).map(|(w, q)| w + q).collect();
        let memory = method.initial_memory(a, &eps, &w);
        let mut state = State { w, memory, steps: Steps::default() };
        let mut components = vec![1.0];
        for _ in 0..steps {
            method.step(a, &eps, Batch::Full, &mut state);
            state.steps.advance();
            let x = (state.w.iter().zip(self.minimum).zip(&self.direction))
                .map(|((w, rest), q)| (w - rest) * q)
                .sum();
            components.push(x);
            if x <= stop || x.is_nan() {
                break;
            }
        }
        components
    }

    fn changes_sign(&mut self, eps: f64, steps: usize) -> bool {
        self.components(eps, steps, 0.0).last().is_none_or(|x| *x <= 0.0 || x.is_nan())
    }

    /// p² + 4q of the recurrence x_{n+1} = p x_n + q x_{n−1} that fits the first iterates best.
    fn discriminant(&mut self, eps: f64) -> Option<f64> {
        let x = self.components(eps, FITTED, f64::NEG_INFINITY);
        let rows = x.len().checked_sub(2)?;
        let design = DMatrix::from_fn(rows, 2, |n, j| x[n + 1 - j]);
        let next = DVector::from_fn(rows, |n, _| x[n + 2]);
        let fit = design.svd(true, true).solve(&next, 0.0).ok()?;
        Some(fit[0] * fit[0] + 4.0 * fit[1])
    }

    /// The step size at which the iterates along an eigenvector of λ begin to oscillate.
    fn threshold(&mut self, lambda: f64) -> Option<f64> {
        let beta = f64::from_ratio(self.method.beta);
        let steps = (2.0 * FADED.ln() / beta.ln()).ceil() as usize;
        let (mut below, mut above) = (OSCILLATING / lambda, OSCILLATING / lambda);
        while self.changes_sign(below, steps) {
            above = below;
            below *= 0.5;
            if below * lambda <= f64::EPSILON || lambda.is_nan() {
                return None;
            }
        }
        while above > BRACKET * below {
            let middle = (above * below).sqrt();
            if self.changes_sign(middle, steps) {
                above = middle;
            } else {
                below = middle;
            }
        }
        below /= ONSET;
        if !(self.discriminant(below)? > 0.0 && self.discriminant(above)? < 0.0) {
            return None;
        }
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (above + below);
            if self.discriminant(middle)? > 0.0 {
                below = middle;
            } else {
                above = middle;
            }
        }
        Some(0.5 * (above + below))
    }
}

impl Leg for Onset {
    fn kind(&self) -> LegKind {
        LegKind::Threshold
    }

    fn claimed_order(&self) -> f64 {
        0.0
    }

    /// The coefficient is the threshold in units of the claimed one.
    fn terms(&self) -> Vec<Term> {
        vec![Term::new(
            if self.ahead { "Nesterov threshold" } else { "heavy-ball threshold" },
            1,
            1,
            0,
        )]
    }

    /// `step_size` carries β.
    fn rungs(&self) -> Vec<Rung> {
        (BETAS.iter().enumerate())
            .map(|(blocks, &(n, d))| Rung { step_size: f64::from_ratio(Ratio::new(n, d)), blocks })
            .collect()
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let minimum = self.minimum.as_ref().map_err(Clone::clone)?;
        let (numerator, denominator) = BETAS[rung.blocks];
        let ahead = self.ahead != (twin == Some(EXCHANGED));
        let method = Momentum { beta: Ratio::new(numerator, denominator), ahead, settled: false };
        let steepest = minimum.hessian.eigenvalues.imax();
        let lambda = minimum.hessian.eigenvalues[steepest];
        let direction = minimum.hessian.eigenvectors.column(steepest).iter().copied().collect();
        let arithmetic = Numeric::new(self.problem.float());
        let mut run = Run { arithmetic, method, minimum: &minimum.w, direction };
        let Some(threshold) = run.threshold(lambda).map(|eps| eps * lambda) else {
            return Err(Obstacle::NoEquilibrium {
                what: "onset of oscillations",
                residual: minimum.residual,
            });
        };
        // Two neighbouring iterates differ by about β ε λ, by which the fit divides their round-off.
        let rounded = f64::EPSILON * (1.0 + norm(&minimum.w)) + minimum.residual / lambda;
        let floor = rounded / (f64::from_ratio(method.beta) * threshold);
        Ok(Observation { values: exact(&[threshold]), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let beta = rung.step_size;
        let root = if self.ahead { (1.0 - beta) / (1.0 + beta) } else { 1.0 - beta.sqrt() };
        Ok(exact(&[f64::from_ratio(claim.terms[0].coefficient) * root * root]))
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        vec![EXCHANGED.into()]
    }
}
