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

mod attack;
mod cell;
mod curve;
mod enclosed;
mod foreseen;
mod growth;
mod guide;
mod ready;
mod sampled;
#[cfg(test)]
mod tests;
mod vectors;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::attack::{Attack, Attacks, attack};
pub use self::foreseen::{certify_within, foreseen};
use self::ready::Ready;
use crate::flow::power_of_step;
use crate::loss::Problem;
use crate::theorem::{Theorem, caught};

/// The most slices and cells.
const MOST: usize = 1 << 16;

/// The step sizes at which the error is seen, beside what is proved of it.
const SAMPLES: usize = 40;

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
        Request { up_to: 0.05, horizon: 1.0, cells: 8, slices: 128 }
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
    /// Nothing proved so far.
    fn open(theorem: &Theorem, problem: &Problem, request: &Request, order: u32) -> Self {
        Certified {
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
        }
    }

    /// What is proved, in a few words: "0.2417 ε² for ε ≤ 0.05, t ≤ 1"; nothing without a proof.
    pub fn bound(&self) -> Option<String> {
        let constant = self.constant.filter(|_| self.status == Status::Certified)?;
        let (constant, power) = (rounded_up(constant), power_of_step(self.order));
        let (up_to, horizon) = (rounded_down(self.up_to), rounded_down(self.horizon));
        Some(format!("{constant} {power} for ε ≤ {up_to}, t ≤ {horizon}"))
    }

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
    rounded(x, 1.0, |short| short >= x)
}

/// `x` > 0 to four significant digits, never above it.
fn rounded_down(x: f64) -> String {
    rounded(x, -1.0, |short| short <= x)
}

/// `x` > 0 to four significant digits: the nearest such number, or that beside it in a direction, on the wanted side.
fn rounded(x: f64, direction: f64, wanted: impl Fn(f64) -> bool) -> String {
    let digits = |x: f64| {
        let text = format!("{x:.3e}");
        text.parse::<f64>().map_or(text, |short| short.to_string())
    };
    let fits = |text: &String| text.parse::<f64>().is_ok_and(&wanted);
    // Half a unit of the last digit, so that rounding to nearest rounds that way.
    let half = 0.5 * direction * 10_f64.powi(x.log10().floor() as i32 - 3);
    [digits(x), digits(x + half)].into_iter().find(fits).unwrap_or_else(|| x.to_string())
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
    certified(theorem, problem, request, SAMPLES)
}

/// The same, compared with the errors at as many step sizes as `samples`.
fn certified(theorem: &Theorem, problem: &Problem, request: &Request, samples: usize) -> Certified {
    let tracked = caught(|| theorem.tracked(problem))
        .unwrap_or_else(|message| Err(format!("it panicked: {message}")));
    let order = tracked.as_ref().map_or(0, |tracked| tracked.order);
    let mut certified = Certified::open(theorem, problem, request, order);
    let found = tracked.and_then(|tracked| {
        let bounds = caught(|| {
            ready::proved(&tracked.proof, tracked.order, problem)?;
            Ready::of(&tracked, problem)?.bounds(request)
        })
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
                caught(|| sampled::largest(&tracked, problem, request, samples)).unwrap_or(None);
            certified.ratio = certified.sampled.map(|sampled| constant / sampled);
            certified.bounds = bounds;
        }
    }
    certified
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
