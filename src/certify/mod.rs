//! Certificates: |w_n − w̃(nε)| ≤ K εᵖ on one loss, from one start, for **all** real ε ∈ (0, ε₀] and all n ≤ T/ε.
//!
//! A measurement looks at some step sizes and a proof in series speaks of a constant that nobody computes; a certificate
//! has the constant. It runs the same step, the same claimed field and the same loss in one more arithmetic, intervals
//! with outward rounding, and takes from the exact series that the defect of a step has no terms below ε^{p+1}. What is proved, and from what, is in
//! `proofs/certificates.md`.
//!
//! ```
//! use shadowflow::certify::{Request, certify};
//! use shadowflow::prelude::*;
//!
//! let catalogue = Catalogue::standard();
//! let theorem = catalogue.theorem("gradient-flow").ok_or("it is in the catalogue")?;
//! let problem = preset("factorisation", None, None, 1)?;
//! let request = Request { horizon: 0.25, cells: 1, slices: 8, ..Request::default() };
//! let found = certify(theorem, &problem, &request);
//! assert!(found.constant.is_some(), "{:?}", found.reason);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cell;
mod curve;
mod enclosed;
mod growth;
mod guide;
mod sampled;
#[cfg(test)]
mod tests;
mod vectors;

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::cell::Cell;
use self::enclosed::Enclosed;
use self::guide::Guide;
use crate::flow::power_of_step;
use crate::loss::Problem;
use crate::scalar::interval::reads_wide_intervals;
use crate::scalar::{Enclosure, Interval};
use crate::series::ProofStatus;
use crate::theorem::{MethodAndFlow, Theorem, caught};

/// The highest order that fits into the series that defects are computed in.
const HIGHEST_ORDER: usize = 5;
/// The most slices and cells.
const MOST: usize = 1 << 16;

/// The theorems that are certified unless others are asked for.
pub const STANDARD: [&str; 3] =
    ["gradient-flow", "implicit-gradient-regularization", "three-terms"];

/// What is to be certified, and how finely.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The largest step size ε₀.
    pub up_to: f64,
    /// The time T.
    pub horizon: f64,
    /// The number of cells that (0, ε₀] is cut into.
    pub cells: usize,
    /// The number of slices that \[0, T\] is cut into.
    pub slices: usize,
}

impl Default for Request {
    fn default() -> Self {
        Request { up_to: 0.05, horizon: 1.0, cells: 8, slices: 256 }
    }
}

/// Whether a constant was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was.
    Certified,
    /// It was not, for a reason.
    Failed,
}

/// What was proved of the step sizes of one cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellBound {
    /// The smallest and the largest of them.
    pub step_sizes: (f64, f64),
    /// K for them.
    pub constant: f64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certified {
    /// The theorem.
    pub theorem: String,
    /// The loss.
    pub loss: String,
    /// w₀.
    pub start: Vec<f64>,
    /// T.
    pub horizon: f64,
    /// ε₀.
    pub up_to: f64,
    /// p.
    pub order: u32,
    /// What is compared: the error at all times up to T.
    pub leg: String,
    /// K, rounded up.
    pub constant: Option<f64>,
    /// The largest |w_n − w̃(nε)|/εᵖ that was seen at some step sizes, computed afterwards and by other code.
    pub sampled: Option<f64>,
    /// K over that.
    pub ratio: Option<f64>,
    /// The number of slices.
    pub slices: usize,
    /// The number of cells.
    pub cells: usize,
    /// Whether K is proved.
    pub status: Status,
    /// Why not.
    pub reason: Option<String>,
    /// What was proved of each cell.
    #[serde(skip)]
    pub bounds: Vec<CellBound>,
}

impl Certified {
    /// Panics with the reason unless K ≤ `constant` is proved.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn assert_certified(&self, constant: f64) {
        let reason = self.reason.as_deref().unwrap_or("no reason given");
        let Some(found) = self.constant.filter(|_| self.status == Status::Certified) else {
            panic!("{} on {} is not certified: {reason}", self.theorem, self.loss);
        };
        assert!(
            found <= constant,
            "{} on {}: what is proved is {found:?}, not {constant:?}",
            self.theorem,
            self.loss
        );
    }
}

impl fmt::Display for Certified {
    /// The bound in a sentence, its constant rounded up, or why there is none.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Certified { theorem, loss, horizon, up_to, cells, slices, .. } = self;
        let (Some(constant), Status::Certified) = (self.constant, self.status) else {
            let reason = self.reason.as_deref().unwrap_or("no reason given");
            return write!(f, "{theorem} on {loss} is not certified: {reason}");
        };
        let power = power_of_step(self.order);
        write!(
            f,
            "{theorem} on {loss}: |w_n − w̃(nε)| ≤ {} {power} for all ε ≤ {up_to} and n ≤ {horizon}/ε",
            rounded_up(constant)
        )?;
        if let (Some(sampled), Some(ratio)) = (self.sampled, self.ratio) {
            write!(f, " (sampled {sampled:.4}, ratio {ratio:.3}")?;
        } else {
            write!(f, " (nothing sampled")?;
        }
        write!(f, "; {cells} cells, {slices} slices)")
    }
}

/// `x` > 0 to four significant digits, never below it.
fn rounded_up(x: f64) -> String {
    let digits = |x: f64| {
        let text = format!("{x:.3e}");
        text.parse::<f64>().map_or(text, |short| short.to_string())
    };
    let above = |text: &String| text.parse::<f64>().is_ok_and(|short| short >= x);
    // Half a unit of the last digit, so that rounding to nearest rounds up.
    let half = 0.5 * 10_f64.powi(x.log10().floor() as i32 - 3);
    [digits(x), digits(x + half)].into_iter().find(above).unwrap_or_else(|| x.to_string())
}

/// Where a proof broke, and why.
#[derive(Clone, Debug, PartialEq)]
struct Broken {
    slice: Option<usize>,
    why: String,
}

impl Broken {
    fn new(why: &str) -> Self {
        Broken { slice: None, why: why.to_owned() }
    }

    fn on_slice(self, slice: usize) -> Self {
        Broken { slice: Some(slice), ..self }
    }
}

/// Tries to prove a constant for what `theorem` claims of `problem`.
///
/// The result is the same for any number of threads.
pub fn certify(theorem: &Theorem, problem: &Problem, request: &Request) -> Certified {
    let tracked = caught(|| theorem.tracked(problem))
        .unwrap_or_else(|message| Err(format!("it panicked: {message}")));
    let order = tracked.as_ref().map_or(0, |tracked| tracked.order);
    let mut certified = Certified {
        theorem: theorem.id().to_owned(),
        loss: problem.name().to_owned(),
        start: problem.start().as_slice().to_vec(),
        horizon: request.horizon,
        up_to: request.up_to,
        order,
        leg: "global".to_owned(),
        constant: None,
        sampled: None,
        ratio: None,
        slices: request.slices,
        cells: request.cells,
        status: Status::Failed,
        reason: None,
        bounds: Vec::new(),
    };
    let found = tracked.and_then(|tracked| {
        let bounds = caught(|| prove(&tracked, problem, request))
            .unwrap_or_else(|message| Err(format!("it panicked: {message}")))?;
        Ok((tracked, bounds))
    });
    match found {
        Err(reason) => certified.reason = Some(reason),
        Ok((tracked, bounds)) => {
            let constant = bounds.iter().map(|cell| cell.constant).fold(0.0, f64::max);
            certified.constant = Some(constant);
            certified.status = Status::Certified;
            certified.sampled =
                caught(|| sampled::largest(&tracked, problem, request)).unwrap_or(None);
            certified.ratio = certified.sampled.map(|sampled| constant / sampled);
            certified.bounds = bounds;
        }
    }
    certified
}

/// The bounds of all cells.
fn prove(
    tracked: &MethodAndFlow,
    problem: &Problem,
    request: &Request,
) -> Result<Vec<CellBound>, String> {
    check(request)?;
    let order = tracked.order as usize;
    if !(1..=HIGHEST_ORDER).contains(&order) {
        return Err(format!(
            "its order is {order}; orders from 1 to {HIGHEST_ORDER} are certified"
        ));
    }
    let proof = tracked.proof.as_ref().map_err(|fault| fault.to_string())?;
    if proof.status != ProofStatus::Proved {
        let why = proof.unprovable.as_deref().unwrap_or("the claim disagrees with the method");
        return Err(format!("it is not proved in exact series: {why}"));
    }
    if !proof.batches.contains(problem.batches()) {
        return Err(format!("it is not proved for {} minibatches", problem.batches()));
    }
    if proof.order <= order {
        return Err(format!(
            "what is proved of one step is order {}, which is too low for order {order} at a fixed time",
            proof.order
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
    let guide = Guide { loss: problem.float(), terms: float.terms(), flow: float };
    let claim = Enclosed { loss, optimizer, terms: flow.terms(), flow, order };
    let start = problem.start().as_slice();
    let (tied, reads) = reads_wide_intervals(|| tie(&claim, start, request));
    tied?;
    if reads {
        return Err(BRANCHES.to_owned());
    }
    let times = nodes(request.horizon, request.slices);
    let edges = nodes(request.up_to, request.cells);
    let one = |at: usize| {
        let step_sizes = Interval::new(edges[at], edges[at + 1]);
        let cell = Cell { claim: &claim, guide: &guide, start, times: &times, step_sizes };
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

const BRANCHES: &str = "the loss, the method or the flow branches on data, or leaves the numbers";

/// That the cancellation which series prove is that of this code: the coefficients of ε⁰, …, εᵖ, enclosed at the start,
/// contain 0, and the flow starts where the method does.
fn tie(claim: &Enclosed, start: &[f64], request: &Request) -> Result<(), String> {
    if !claim.starts_at(start, request.up_to) {
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

fn check(request: &Request) -> Result<(), String> {
    let Request { up_to, horizon, cells, slices } = request;
    let positive = |x: f64| x > 0.0 && x.is_finite();
    if !positive(*up_to) {
        return Err(format!("the largest step size is {up_to:?}; it is a positive number"));
    }
    if !positive(*horizon) {
        return Err(format!("the horizon is {horizon:?}; it is a positive number"));
    }
    for (what, count) in [("cells", *cells), ("slices", *slices)] {
        if !(1..=MOST).contains(&count) {
            return Err(format!("the number of {what} is {count}; it is between 1 and {MOST}"));
        }
    }
    let increasing =
        |length: f64, parts: usize| nodes(length, parts).windows(2).all(|pair| pair[0] < pair[1]);
    if !(increasing(*horizon, *slices) && increasing(*up_to, *cells)) {
        return Err("the parts are too short to be told apart; take fewer".to_owned());
    }
    Ok(())
}

/// The ends of `parts` parts of [0, `length`]; the first is 0 and the last `length`.
fn nodes(length: f64, parts: usize) -> Vec<f64> {
    let node = |k: usize| if k == parts { length } else { length * (k as f64 / parts as f64) };
    (0..=parts).map(node).collect()
}
