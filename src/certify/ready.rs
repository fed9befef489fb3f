//! What a proof starts from: a claim that exact series have proved, in all that it needs.

use rayon::prelude::*;

use super::cell::Cell;
use super::enclosed::Enclosed;
use super::guide::Guide;
use super::{CellBound, Request, check, nodes};
use crate::loss::Problem;
use crate::scalar::interval::reads_wide_intervals;
use crate::scalar::{Enclosure, Interval};
use crate::series::{Proof, ProofStatus, SeriesFault};
use crate::theorem::MethodAndFlow;

/// The highest order that fits into the series that defects are computed in.
const HIGHEST_ORDER: u32 = 5;

/// That exact series prove one step, for as many minibatches as `problem` has, to an order that carries `order` at a
/// fixed time.
pub(super) fn proved(
    proof: &Result<Proof, SeriesFault>,
    order: u32,
    problem: &Problem,
) -> Result<(), String> {
    let proof = proof.as_ref().map_err(|fault| fault.to_string())?;
    if proof.status != ProofStatus::Proved {
        let why = proof.unprovable.as_deref().unwrap_or("the claim disagrees with the method");
        return Err(format!("it is not proved in exact series: {why}"));
    }
    if !proof.batches.contains(problem.batches()) {
        return Err(format!("it is not proved for {} minibatches", problem.batches()));
    }
    if proof.order <= order as usize {
        return Err(format!(
            "what is proved of one step is order {}, which is too low for order {order} at a fixed time",
            proof.order
        ));
    }
    Ok(())
}

/// A method and the flow that it is claimed to follow, on one loss from one start: in enclosures, and in `f64`
/// as a guide.
pub(super) struct Ready {
    pub(super) claim: Enclosed,
    pub(super) guide: Guide,
    pub(super) start: Vec<f64>,
}

impl Ready {
    /// Whatever exact series say of it.
    pub(super) fn of(tracked: &MethodAndFlow, problem: &Problem) -> Result<Self, String> {
        let order = tracked.order;
        if !(1..=HIGHEST_ORDER).contains(&order) {
            return Err(format!(
                "its order is {order}; orders from 1 to {HIGHEST_ORDER} are certified"
            ));
        }
        let known = "is known in f64 only";
        let loss = problem.seen::<Enclosure>().ok_or_else(|| format!("the loss {known}"))?;
        let optimizer =
            tracked.optimizer.seen::<Enclosure>().ok_or_else(|| format!("the method {known}"))?;
        let flow = tracked.flow.seen::<Enclosure>().ok_or_else(|| format!("the flow {known}"))?;
        if optimizer.memory() > 0 || optimizer.period() != 1 {
            return Err("methods with memory or with phases are not certified".to_owned());
        }
        let float = tracked.flow.float();
        Ok(Ready {
            guide: Guide { loss: problem.float(), terms: float.terms(), flow: float },
            claim: Enclosed { loss, optimizer, terms: flow.terms(), flow, order: order as usize },
            start: problem.start().as_slice().to_vec(),
        })
    }

    /// That enclosures see the cancellation which series prove, and read no number that has no value.
    pub(super) fn tied(&self, up_to: f64) -> Result<(), String> {
        let (tied, reads) = reads_wide_intervals(|| tie(&self.claim, &self.start, up_to));
        tied?;
        if reads { Err(BRANCHES.to_owned()) } else { Ok(()) }
    }

    /// The bounds of all cells.
    pub(super) fn bounds(&self, request: &Request) -> Result<Vec<CellBound>, String> {
        check(request)?;
        let Ready { claim, guide, start } = self;
        self.tied(request.up_to)?;
        let times = nodes(request.horizon, request.slices);
        let edges = nodes(request.up_to, request.cells);
        let one = |at: usize| {
            let step_sizes = Interval::new(edges[at], edges[at + 1]);
            let cell = Cell { claim, guide, start, times: &times, step_sizes };
            let (found, reads) = reads_wide_intervals(|| cell.bound());
            let place = format!(
                "cell {} of {}, step sizes {:?} to {:?}",
                at + 1,
                request.cells,
                edges[at],
                edges[at + 1]
            );
            match found {
                Ok(bound) if !reads && bound.constant.is_finite() => Ok(bound),
                Ok(_) => Err(format!("{BRANCHES} ({place})")),
                Err(broken) => {
                    let slice = broken.slice.map_or(String::new(), |k| {
                        format!(
                            ", slice {} of {}, times {:?} to {:?}",
                            k + 1,
                            request.slices,
                            times[k],
                            times[k + 1]
                        )
                    });
                    Err(format!(
                        "{} ({place}{slice}); more slices, more cells, a smaller largest step size or a shorter horizon may help",
                        broken.why
                    ))
                }
            }
        };
        (0..request.cells).into_par_iter().map(one).collect::<Vec<_>>().into_iter().collect()
    }
}

const BRANCHES: &str = "the loss, the method or the flow branches on data, or leaves the numbers";

/// That the cancellation which series prove is that of this code: the coefficients of ε⁰, …, εᵖ, enclosed at the start,
/// contain 0, and the flow starts where the method does.
pub(super) fn tie(claim: &Enclosed, start: &[f64], up_to: f64) -> Result<(), String> {
    if !claim.starts_at(start, up_to) {
        return Err("the claimed flow starts elsewhere than the method".to_owned());
    }
    let point: Vec<Interval> = start.iter().map(|&w| Interval::from(w)).collect();
    let zero = Interval::from(0.0);
    let gap = claim.gap(zero, &point, claim.order + 2).map_err(|broken| broken.why)?;
    for power in 0..=claim.order {
        for (i, gap) in gap.iter().enumerate() {
            let found = gap.coefficient(power);
            if !found.is_finite() || !found.contains(0.0) {
                return Err(format!(
                    "the step and the claimed flow differ at ε^{power}: component {i} by {:?} to {:?} at the start",
                    found.lo(),
                    found.hi()
                ));
            }
        }
    }
    Ok(())
}
