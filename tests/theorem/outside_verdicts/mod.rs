//! Claims of outside authors, false ones that must not pass and true ones that must not be refused:
//! verdicts about what a claim leaves out, claims too little of, or cannot show.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

mod broken;
mod partial;
mod remainders;
mod terms;
mod twins;

use nalgebra::DVector;
use shadowflow::flow::{BatchPenalty, GradientFlow, GradientPenalty, MomentumPenalty};
use shadowflow::leg::{LegKind, Sabotage};
use shadowflow::optimizer::{GradientDescent, Momentum, RungeKutta};
use shadowflow::prelude::*;
use shadowflow::theorem::Outcome;

fn on(theorem: &Theorem, loss: &str) -> Outcome {
    check(theorem, &preset(loss, None, None, 1).unwrap(), &Settings::default()).unwrap()
}

fn reason(outcome: &Outcome) -> &str {
    outcome.reason.as_deref().unwrap_or("none")
}
