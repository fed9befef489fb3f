//! Step sizes that change with the time.

use super::memory::remembering;
use crate::arithmetic::maps::{Direction, Schedule};
use crate::flow::{ScheduledFlow, mean_age};
use crate::optimizer::{Directed, GradientDescent, OutOfRange, Scheduled};
use crate::scalar::Ratio;
use crate::theorem::{Theorem, Tracking};

const COSINE: Schedule = Schedule::Cosine { horizon: Ratio::new(6, 1) };

fn cosine(midpoint: bool) -> Theorem {
    let optimizer = Scheduled { inner: GradientDescent, schedule: COSINE, midpoint };
    let flow = ScheduledFlow { schedule: COSINE, along: None, midpoint };
    let twin = Scheduled { midpoint: !midpoint, ..optimizer };
    let name = if midpoint {
        "read it where the step begins"
    } else {
        "read it in the middle of the step"
    };
    let tracking = Tracking::new(optimizer, flow).local(3).global(2).twin_optimizer(name, twin);
    Theorem::new(if midpoint { "cosine-schedule-midpoint" } else { "cosine-schedule" })
        .stating(tracking)
        .with_orders("one step 3, fixed time 2")
        .with_source(
            "Loshchilov & Hutter 2017, SGDR, arXiv 1608.03983 (the schedule); also derived here",
        )
}

/// Signum with a linear warm-up: a memory that sees steps of other sizes than the present one.
fn warm_up() -> Result<Theorem, OutOfRange> {
    let (beta, stabiliser) = (Ratio::new(1, 2), Ratio::new(1, 5));
    let schedule = Schedule::WarmUp { horizon: Ratio::new(6, 1), from: Ratio::new(1, 4) };
    let signum = Directed::signum(beta, stabiliser)?;
    let with = |inner| Scheduled { inner, schedule, midpoint: false };
    let along = Some((Direction::Sign { stabiliser }, mean_age(beta)));
    let flow = ScheduledFlow { schedule, along, midpoint: false };
    let from_zero = ("start the mean at zero", with(signum.from_zero()));
    Ok(remembering("warm-up", with(signum), flow, from_zero)
        .with_summary(
            "Signum with a linear warm-up s tracks −sσ(g) − ε(½+ℓ) s σ′(g)H sσ(g) + (ε/2) ṡ σ(g)",
        )
        .with_orders("fixed time 2, with a mean from zero 1")
        .with_source("Goyal et al. 2017, arXiv 1706.02677 (the warm-up); also derived here"))
}

pub(super) fn theorems() -> Vec<Theorem> {
    let mut theorems = vec![
        cosine(false).with_summary(
            "descent with step sizes ε s(nε), s a cosine, tracks −sg − (ε/2) s²Hg + (ε/2) ṡ g",
        ),
        cosine(true).with_summary(
            "with s read in the middle of each step the term in ṡ goes away: −sg − (ε/2) s²Hg",
        ),
    ];
    // Every setting is within its range: a test of the catalogue counts them.
    theorems.extend(warm_up());
    theorems
}
