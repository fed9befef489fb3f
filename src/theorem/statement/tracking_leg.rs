//! One leg of a tracked optimizer: its (mean) iterates beside the claimed flow.

use std::sync::Arc;

use crate::arithmetic::Numeric;
use crate::flow::{Along, Flow, Integrable, Term};
use crate::integrate::{Dop853, Taylor};
use crate::loss::Problem;
use crate::measure::norm;
use crate::optimizer::{Optimizer, Runnable, State};
use crate::sampling::{MeanMethod, Sampling, backward_mean, block_means, reversed_pairs};
use crate::scalar::{DoubleDouble, Jet, Ratio, Scalar};
use crate::theorem::Pace;
use crate::theorem::comparison::{
    Certificate, Comparison, LegKind, Observation, Obstacle, Rung, exact,
};

/// A sampling with the way its mean is taken.
pub(super) struct Fed {
    pub(super) sampling: Arc<dyn Sampling>,
    pub(super) method: MeanMethod,
}

/// One block, or a fixed time, of a tracked optimizer.
pub(super) struct TrackingLeg {
    pub(super) problem: Problem,
    pub(super) optimizer: Arc<dyn Runnable>,
    pub(super) flow: Arc<dyn Integrable>,
    pub(super) fed: Fed,
    pub(super) twin: Option<(&'static str, Fed)>,
    /// Wrong optimizers, for controls.
    pub(super) rivals: Vec<(&'static str, Arc<dyn Runnable>)>,
    pub(super) pace: Result<Pace, Obstacle>,
    pub(super) horizon: Option<f64>,
    pub(super) order: u32,
    pub(super) global: bool,
}

/// Iterates this much larger than the start have diverged.
const DIVERGED: f64 = 1e6;
/// The error DOP853 is allowed a step: the round-off of one step.
const TOLERANCE: f64 = 1e-14;
/// The looser tolerance that stands in for a second integrator where there is none.
const SECOND_TOLERANCE: f64 = 1e-12;
/// The order of the certifying Taylor integrator.
const TAYLOR_ORDER: usize = 16;

impl TrackingLeg {
    fn steps(&self) -> usize {
        self.fed.sampling.steps(self.problem.batches())
    }

    /// The state that a run with steps of size `eps` starts from.
    fn initial(&self, optimizer: &dyn Optimizer<Numeric<f64>>, eps: f64) -> State<Vec<f64>> {
        let w = self.problem.start().as_slice().to_vec();
        let memory = optimizer.initial_memory(&mut Numeric::new(self.problem.float()), &eps, &w);
        State { w, memory, steps: 0 }
    }

    fn run(
        &self,
        rung: &Rung,
        optimizer: &dyn Optimizer<Numeric<f64>>,
        fed: &Fed,
    ) -> Result<Vec<f64>, Obstacle> {
        let mut a = Numeric::new(self.problem.float());
        let state = self.initial(optimizer, rung.step_size);
        let size = norm(&state.w);
        let diverged = || Obstacle::Diverged {
            step_size: rung.step_size,
            limit: self.pace.as_ref().map_or(f64::NAN, |pace| 2.0 / pace.rate),
        };
        let sampled = fed.sampling.paths(self.problem.batches()) > 1.0;
        let true_mean = sampled && fed.method == MeanMethod::Tree && state.w.len() == 1;
        // A twin may have longer blocks; it must run for the same time.
        let steps = fed.sampling.steps(self.problem.batches());
        let blocks = (rung.blocks * self.steps()).div_ceil(steps);
        let end = if true_mean && state.memory.is_empty() && blocks > 1 {
            backward_mean(&mut a, optimizer, &*fed.sampling, rung.step_size, state.w[0], blocks)
                .map(|w| vec![w])
        } else {
            block_means(
                &mut a,
                optimizer,
                &*fed.sampling,
                fed.method,
                rung.step_size,
                state,
                blocks,
            )
            .map(|state| state.w)
        };
        if let Some(fault) = a.fault() {
            return Err(Obstacle::Implicit { step_size: rung.step_size, fault });
        }
        end.filter(|w| norm(w) <= DIVERGED * (1.0 + size)).ok_or_else(diverged)
    }

    /// What is lacking where orders are sampled instead of enumerated.
    fn sampled_mean(&self, rung: &Rung) -> Option<String> {
        let MeanMethod::ReversedPairs { count, seed } = self.fed.method else { return None };
        let mut a = Numeric::new(self.problem.float());
        let eps = rung.step_size;
        let optimizer: &dyn Optimizer<Numeric<f64>> = &*self.optimizer;
        let state = self.initial(optimizer, eps);
        let mean = reversed_pairs(&mut a, optimizer, eps, &state, count, seed);
        Some(format!(
            "the mean of an epoch is over {count} random orders with their reverses, not over all: \
             its standard error at step size {eps:.2e} is {:.1e}",
            mean.standard_error
        ))
    }

    fn coefficients<S: Scalar>(terms: &[Term], eps: f64) -> Vec<S> {
        let power = |p: u32| (0..p).fold(S::one(), |x, _| x.scale(eps));
        terms.iter().map(|t| S::from_ratio(t.coefficient) * power(t.power)).collect()
    }

    fn time(&self, rung: &Rung) -> f64 {
        rung.step_size * (rung.blocks * self.steps()) as f64
    }

    fn dop853(
        &self,
        rung: &Rung,
        terms: &[Term],
        clock: Ratio,
        tolerance: f64,
    ) -> Result<Vec<f64>, Obstacle> {
        let flow: &dyn Flow<Numeric<f64>> = &*self.flow;
        let loss = self.problem.float();
        let start = self.problem.start().as_slice().to_vec();
        let coefficients = Self::coefficients(terms, rung.step_size);
        let start = flow.start(&mut Numeric::new(loss.clone()), &coefficients, start);
        let mut rhs = Along::new(flow, loss, coefficients, f64::from_ratio(clock));
        Ok(Dop853 { tolerance }.integrate(&mut rhs, &start, self.time(rung))?)
    }

    fn taylor(&self, rung: &Rung, terms: &[Term]) -> Result<Option<Vec<f64>>, Obstacle> {
        let Some(loss) = self.problem.jet() else {
            return Ok(None);
        };
        let flow: &dyn Flow<Numeric<f64>> = &*self.flow;
        let start = self.problem.start().as_slice().to_vec();
        let coefficients: Vec<f64> = Self::coefficients(terms, rung.step_size);
        let start = flow.start(&mut Numeric::new(self.problem.float()), &coefficients, start);
        let flow: &dyn Flow<Numeric<Jet<f64>>> = &*self.flow;
        let coefficients = Self::coefficients(terms, rung.step_size);
        let mut rhs = Along::new(flow, loss, coefficients, Jet::one());
        let solver = Taylor { order: TAYLOR_ORDER, tolerance: 0.0 };
        Ok(Some(solver.integrate(&mut rhs, &start, self.time(rung))?))
    }
}

impl Comparison for TrackingLeg {
    fn kind(&self) -> LegKind {
        match (self.global, self.steps()) {
            (true, _) => LegKind::Global,
            (false, 1) => LegKind::Step,
            (false, _) => LegKind::Epoch,
        }
    }

    fn claimed_order(&self) -> f64 {
        f64::from(self.order)
    }

    fn terms(&self) -> Vec<Term> {
        let flow: &dyn Flow<Numeric<f64>> = &*self.flow;
        flow.terms()
    }

    fn rungs(&self) -> Vec<Rung> {
        // Without a pace nothing can be measured; the obstacle is reported by `observe`.
        let pace = self.pace.clone().unwrap_or_default();
        let steps = self.steps();
        if self.global {
            pace.global_ladder(steps, pace.horizon(self.horizon))
        } else {
            pace.local_ladder(steps)
        }
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let _ = self.pace.clone()?;
        let fed = match (&self.twin, twin) {
            (Some((name, fed)), Some(asked)) if *name == asked => fed,
            _ => &self.fed,
        };
        let rival = self.rivals.iter().find(|(name, _)| twin == Some(*name));
        let optimizer = rival.map_or(&self.optimizer, |(_, rival)| rival);
        let values = self.run(rung, &**optimizer, fed)?;
        let steps = (rung.blocks * self.steps()) as f64;
        let floor = f64::EPSILON * norm(&values).max(f64::MIN_POSITIVE) * steps.sqrt();
        Ok(Observation { values: exact(&values), floor })
    }

    fn predict(
        &self,
        rung: &Rung,
        terms: &[Term],
        clock: Ratio,
    ) -> Result<Vec<DoubleDouble>, Obstacle> {
        Ok(exact(&self.dop853(rung, terms, clock, TOLERANCE)?))
    }

    fn certify(&self, rung: &Rung, terms: &[Term]) -> Result<Certificate, Obstacle> {
        let one = Ratio::new(1, 1);
        let first = self.dop853(rung, terms, one, TOLERANCE)?;
        let (second, lacking) = match self.taylor(rung, terms)? {
            Some(second) => (second, self.sampled_mean(rung)),
            None => {
                let looser = self.dop853(rung, terms, one, SECOND_TOLERANCE)?;
                let lacking = "the loss is known in f64 only: the reference flow is certified by \
                               DOP853 at two tolerances, not by a Taylor integration in jets";
                (looser, Some(lacking.to_owned()))
            }
        };
        let gap: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a - b).collect();
        Ok(Certificate { disagreement: norm(&gap), lacking })
    }

    fn twins(&self) -> Vec<&'static str> {
        let rivals = self.rivals.iter().map(|(name, _)| *name);
        self.twin.iter().map(|(name, _)| *name).chain(rivals).collect()
    }
}
