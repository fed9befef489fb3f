//! Checked theorems about optimizers.
//!
//! An optimizer is a map. Backward error analysis says that a differential equation other than the
//! one it discretises, the *modified flow*, passes through its iterates: gradient descent with step
//! ε follows −∇(C + (ε/4)‖∇C‖²), shuffled SGD follows, in the mean, −∇(C + (ε/4m) Σ_k ‖∇Ĉ_k‖²). This
//! crate compares the two sides of such statements: orders over a ladder of step sizes,
//! coefficients recovered from the errors, sabotaged twins that must be refuted, and a verdict.
//!
//! One decision makes it simple: every optimizer and every flow is written once over an abstract
//! [`arithmetic`], and the arithmetic decides what running it means: measuring in numbers, expanding in
//! power series of ε, proving in [`series`].
//!
//! ```
//! use shadowflow::prelude::*;
//!
//! let catalogue = Catalogue::standard();
//! let theorem = catalogue.theorem("random-reshuffling").ok_or("it is in the catalogue")?;
//! let problem = preset("quadratic", None, None, 1)?;
//! let outcome = check(theorem, &problem, &Settings::default())?;
//!
//! assert_eq!(outcome.verdict, Verdict::Confirmed);
//! let penalty = outcome.coefficients[0].estimate.ok_or("it was recovered")?;
//! assert!((penalty.value - 0.25).abs() < 1e-6); // the ¼ of (ε/4m) Σ‖∇Ĉ_k‖², from iterates alone
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The rooms, from the ground up
//!
//! * [`scalar`]: numbers a loss can be evaluated in, from `f64` to Taylor jets and a reverse-mode tape.
//! * [`loss`]: finite sums over minibatches, named problems, data tables.
//! * [`arithmetic`]: the operations optimizers and flows are built from.
//! * [`optimizer`]: one step of a method.
//! * [`sampling`]: which minibatch when, and exact means over it.
//! * [`flow`]: claimed differential equations with named coefficients.
//! * [`integrate`]: independent high-order integrators that check each other.
//! * [`measure`]: ladders, order fits, extrapolated coefficients.
//! * [`expansion`]: series in the step size: the modified field of any method at a point, from its step alone.
//! * [`series`]: the same optimizers and flows in exact B-series: modified fields derived, claims proved.
//! * [`leg`]: what is observed beside what is predicted, measured, sabotaged and judged.
//! * [`theorem`]: what is compared with what, verdicts, the catalogue, the audit.
//! * [`certify`]: a rigorous constant for one loss and all small steps at once, in interval arithmetic.
//! * [`identify`]: whether a black box is the optimizer it says it is.
//! * [`figure`]: what a figure shows, as data.
//! * [`demo`]: pictures of the theory from real runs, and small versions of the papers' experiments.
//! * [`record`]: what a check found, as it is stored: JSON, CSV, and how numbers are written.
//! * [`sweep`]: many checks, as tasks with stable indices over threads.
//! * [`report`] and [`cli`]: tables, figures, pages, and the command over any catalogue.
#![cfg_attr(
    feature = "proofs",
    doc = "* [`proofs`]: what is claimed and why it is true, one document a theorem."
)]

pub mod arithmetic;
pub mod certify;
#[cfg(feature = "command")]
pub mod cli;
#[cfg(feature = "command")]
pub mod demo;
pub mod expansion;
#[cfg(feature = "command")]
pub mod figure;
pub mod flow;
pub mod identify;
pub mod integrate;
mod kernel;
pub mod leg;
pub mod loss;
pub mod measure;
pub mod method;
pub mod optimizer;
pub mod prelude;
#[cfg(feature = "proofs")]
pub mod proofs;
pub mod record;
#[cfg(feature = "command")]
pub mod report;
pub mod sampling;
pub mod scalar;
pub mod series;
pub mod sweep;
pub mod theorem;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
