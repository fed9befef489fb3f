//! Other geometries than the Euclidean one.

use crate::arithmetic::maps::{FromDual, InverseMetric};
use crate::flow::{GroupedFlow, MirrorFlow, NaturalFlow};
use crate::optimizer::{Grouped, MirrorDescent, MirrorSteps, NaturalGradient, OutOfRange};
use crate::scalar::Ratio;
use crate::theorem::{Theorem, Tracking};

fn mirrored() -> Result<Theorem, OutOfRange> {
    let optimizer = MirrorDescent::new(Ratio::new(1, 1))?;
    let tracking = Tracking::new(optimizer, MirrorFlow { mirror: optimizer.mirror() })
        .local(3)
        .global(2)
        .twin_optimizer("take natural gradient steps", optimizer.natural());
    Ok(Theorem::new("mirror-descent")
        .stating(tracking)
        .with_summary("mirror descent tracks −P[g + (ε/2) H P g], P = (∇²φ)⁻¹: the mirror's own turning leaves nothing")
        .with_orders("one step 3, fixed time 2")
        .with_source("Nemirovski & Yudin 1983; Ghai, Hazan & Singer 2020, arXiv 1902.01903 (the mirror); also derived here"))
}

pub(super) fn theorems() -> Vec<Theorem> {
    let (one, half, none) = (Ratio::new(1, 1), Ratio::new(1, 2), Ratio::new(0, 1));
    let metric = InverseMetric::Hyperbolic { scale: one };
    let natural = Tracking::new(NaturalGradient { metric }, NaturalFlow { metric })
        .local(3)
        .global(2)
        .twin_optimizer(
            "take mirror descent steps",
            MirrorSteps { mirror: FromDual { scale: one } },
        );
    let grouped = Grouped::new([one, half], [Ratio::new(1, 5), none]);
    // Every setting is within its range: a test of the catalogue counts them.
    let mut theorems: Vec<Theorem> = mirrored().into_iter().collect();
    theorems.extend([
        Theorem::new("natural-gradient")
            .stating(natural)
            .with_summary("the natural gradient tracks −Pg − (ε/2)[P H P g + (∂P[Pg]) g]: the metric's turning counts")
            .with_orders("one step 3, fixed time 2")
            .with_source("Amari 1998, Natural gradient works efficiently in learning (the method); also derived here"),
        Theorem::tracks(
            "parameter-groups",
            grouped,
            GroupedFlow { rates: grouped.rates, decays: grouped.decays },
            3,
            2,
        )
        .with_summary("rates D and decays Λ by groups of parameters: −u − (ε/2)(D H u + Λ u), u = D g + Λ w")
        .with_orders("one step 3, fixed time 2")
        .with_source("Barrett & Dherin 2021, arXiv 2009.11162, in the metric of the rates; derived here"),
    ]);
    theorems
}
