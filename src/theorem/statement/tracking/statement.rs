//! What a tracked optimizer states of a loss: its legs, what of the claim has none, and what is examined.

use std::sync::Arc;

use super::fed::Fed;
use super::leg::{Observed, Tracked};
use super::scale::Scaled;
use super::{Mistake, Trace, TraceError, Tracking, Twin};
use crate::arithmetic::{Batch, Numeric};
use crate::leg::{Leg, LegKind, Pace, Sabotage};
use crate::loss::Problem;
use crate::optimizer::{AnyOptimizer, State, Steps, Tempo};
use crate::sampling::{self, Draw, LONGEST_PERIOD, MeanMethod, Sampling, followed, is_affine};
use crate::series::{Derived, Proof, SeriesFault};
use crate::theorem::statement::{Gaps, MethodAndFlow, NotApplicable, Statement};
use crate::theorem::{Expanded, LeftOut, Missing, Settings, caught};

impl Tracking {
    fn tempo(&self) -> Tempo {
        self.optimizer.float().tempo()
    }

    /// Whether the method repeats as it says.
    fn examine_period(&self, problem: &Problem) -> Result<(), String> {
        let (optimizer, mut a) = (self.optimizer.float(), Numeric::new(problem.float()));
        let period = followed(optimizer.period());
        let (eps, w) = (0.0, problem.start().as_slice().to_vec());
        let memory = optimizer.initial_memory(&mut a, &eps, &w);
        let mut state = State { w, memory, steps: Steps::default() };
        // A phase may be read in some of them only.
        for _ in 0..period {
            optimizer.step(&mut a, &eps, Batch::Full, &mut state);
            state.steps.advance();
        }
        let read = a.periods();
        if period.is_multiple_of(read) {
            return Ok(());
        }
        Err(format!(
            "the method reads the phase of {read} steps, and is followed over periods of {period}: it must say \
             that it repeats after as many, and at most {LONGEST_PERIOD}"
        ))
    }

    /// Whether the mean at a fixed time can be had: elsewhere the covariance of the iterates feeds back
    /// on it.
    fn settles(&self, problem: &Problem) -> bool {
        let m = problem.batches();
        let own = self.sampling(m);
        problem.dim() == 1 || self.is_affine_on(problem) || own.is_balanced() || own.paths(m) <= 1.0
    }

    /// Whether every step is affine on `problem`, those of the twins included, so that it commutes with means: on a
    /// quadratic alone, and tried only where means are taken.
    pub(super) fn is_affine_on(&self, problem: &Problem) -> bool {
        let (m, loss) = (problem.batches(), problem.float());
        let random = self.sampling(m).paths(m) > 1.0
            || self.twins.iter().any(|(_, twin)| matches!(twin, Twin::Sampling(_)));
        if !loss.is_quadratic() || !random {
            return loss.is_quadratic();
        }
        let twins = self.twins.iter().filter_map(|(_, twin)| match twin {
            Twin::Optimizer(other) => Some(other),
            Twin::Sampling(_) => None,
        });
        let start = problem.start().as_slice();
        let affine = |optimizer: &AnyOptimizer| {
            caught(|| is_affine(&*optimizer.float(), &loss, start)).unwrap_or(false)
        };
        std::iter::once(&self.optimizer).chain(twins).all(affine)
    }
}

impl Statement for Tracking {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let m = problem.batches();
        if let Some(admit) = self.admit {
            admit(m).map_err(NotApplicable)?;
        }
        let loss = problem.float();
        let own = self.sampling(m);
        if own.steps(m) == 0 {
            return Err(NotApplicable(format!("the sampling draws nothing from {m} components")));
        }
        let settles = self.settles(problem);
        if self.local.is_none() && !settles {
            return Err(NotApplicable(unbalanced(problem)));
        }
        let affine = self.is_affine_on(problem);
        let tempo = self.tempo();
        let (optimizer, flow) = (self.optimizer.float(), (self.flow)(m).float());
        let scaled = Scaled { problem, optimizer: &*optimizer, flow: &*flow, sampling: &*own };
        let pace = Pace::of(problem).and_then(|pace| pace.with(tempo));
        let small = pace.and_then(|pace| Ok((scaled.pace(pace)?, pace)));
        let mut legs: Vec<Box<dyn Leg>> = Vec::new();
        for (order, global) in [(self.local, false), (self.global, true)] {
            let Some(order) = order else { continue };
            if global && !settles {
                continue;
            }
            let blocks = blocks(global, tempo);
            let feed = |sampling: Arc<dyn Sampling>| {
                let method = MeanMethod::choose(&*sampling, &*loss, affine, blocks, settings.seed)?;
                Some(Fed { sampling, method })
            };
            let Some(fed) = feed(self.sampling(m)) else {
                return Err(if own.paths(m) > 1.0 {
                    NotApplicable::too_many_orders(problem)
                } else {
                    NotApplicable::too_many_blocks(blocks, tempo.memory)
                });
            };
            // A twin too large to enumerate is left out of this leg; the shorter leg has it.
            let observed = |twin: &Twin| match twin {
                Twin::Sampling(wrong) => feed(self.in_periods(wrong(m), m)).map(Observed::Fed),
                Twin::Optimizer(wrong) => Some(Observed::Optimizer(wrong.clone())),
            };
            let twins = self.twins.iter();
            let twins = twins.filter_map(|(name, twin)| Some((name.clone(), observed(twin)?)));
            let tracked = Tracked {
                problem: problem.clone(),
                optimizer: self.optimizer.clone(),
                flow: (self.flow)(m),
                fed,
                twins: twins.collect(),
                pace: small.clone().and_then(|(small, pace)| match settings.horizon {
                    // The horizon that is taken otherwise is as short as steps are small.
                    Some(chosen) if global && small.rate > pace.rate => {
                        scaled.reaches(small, chosen).map(|()| small)
                    }
                    _ => Ok(small),
                }),
                horizon: settings.horizon,
                order,
                global,
                taylor: settings.taylor,
            };
            legs.push(tracked.leg());
        }
        Ok(legs)
    }

    fn gaps(&self, problem: &Problem, settings: &Settings) -> Gaps {
        let m = problem.batches();
        let (settles, affine) = (self.settles(problem), self.is_affine_on(problem));
        let mut gaps = Gaps::default();
        if self.global.is_some() && !settles {
            let missing = Missing { leg: Some(LegKind::Global), reason: unbalanced(problem) };
            gaps.missing.push(missing);
        }
        for (name, twin) in &self.twins {
            let Twin::Sampling(wrong) = twin else { continue };
            let (sampling, loss) = (self.in_periods(wrong(m), m), problem.float());
            let fits = |global| {
                let blocks = blocks(global, self.tempo());
                MeanMethod::choose(&*sampling, &*loss, affine, blocks, settings.seed).is_some()
            };
            let tried = self.local.is_some() && fits(false)
                || self.global.is_some() && settles && fits(true);
            if !tried {
                let reason = format!(
                    "its {:.1e} paths a block over {m} components are too many to walk",
                    sampling.paths(m)
                );
                gaps.left_out.push(LeftOut { name: name.to_string(), reason });
            }
        }
        gaps
    }

    fn examine(&self, problem: &Problem, settings: &Settings) -> Result<(), String> {
        let m = problem.batches();
        sampling::examine(&*self.sampling(m), m, settings.seed).map_err(|flag| flag.to_string())?;
        self.examine_period(problem)?;
        // Controls, coefficients and reasons go by the names of terms.
        let terms = (self.flow)(m).float().terms();
        let again = terms
            .iter()
            .enumerate()
            .find(|(at, term)| terms[..*at].iter().any(|earlier| earlier.name == term.name));
        match again {
            Some((_, term)) => {
                Err(format!("two terms of the flow are called '{}'; give each its name", term.name))
            }
            None => Ok(()),
        }
    }

    fn mistaken(&self, mistake: &Mistake) -> Option<Arc<dyn Statement>> {
        Some(Arc::new(self.with_mistake(mistake)))
    }

    fn series_controls(&self) -> Option<Vec<Sabotage>> {
        self.controls_in_series()
    }

    fn proof(
        &self,
        sabotage: Option<&Sabotage>,
        components: Option<usize>,
    ) -> Option<Result<Proof, SeriesFault>> {
        self.compared_in_series(sabotage, components)
    }

    fn tracked(&self, problem: &Problem) -> Option<MethodAndFlow> {
        let m = problem.batches();
        let (sampling, order) = (self.sampling(m), self.global?);
        let admitted = self.admit.is_none_or(|admit| admit(m).is_ok());
        let whole =
            sampling.steps(m) == 1 && matches!(sampling.continuations(&[], m)[..], [Draw::Full]);
        if !(admitted && whole) {
            return None;
        }
        Some(MethodAndFlow {
            optimizer: self.optimizer.clone(),
            flow: (self.flow)(m),
            order,
            proof: self.compared_in_series(None, Some(m))?,
        })
    }

    fn expanded(&self, sabotage: Option<&Sabotage>, problem: Option<&Problem>) -> Option<Expanded> {
        self.expanded_in_numbers(sabotage, problem)
    }

    fn derived_field(&self) -> Option<Result<Derived, SeriesFault>> {
        self.found_in_series()
    }

    fn trace(
        &self,
        problem: &Problem,
        settings: &Settings,
        step_size: f64,
    ) -> Option<Result<Trace, TraceError>> {
        Some(self.curves(problem, settings, step_size))
    }
}

/// The blocks of all rungs of a leg together.
fn blocks(global: bool, tempo: Tempo) -> usize {
    if global { Pace::GLOBAL_BLOCKS.saturating_mul(tempo.memory) } else { Pace::LOCAL_BLOCKS }
}

fn unbalanced(problem: &Problem) -> String {
    format!(
        "at a fixed time the mean of this sampling feels its own covariance, which is not followed \
         on {} (it is in one parameter and on quadratics)",
        problem.name()
    )
}
