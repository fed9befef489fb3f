//! Rounds on many clients, and steps of which part is taken back.

use crate::flow::{CorrectedRounds, Penalties, RingPenalty};
use crate::optimizer::{Decentralised, GradientDescent, LocalDescent, Lookahead, OutOfRange};
use crate::scalar::Ratio;
use crate::theorem::{Theorem, Tracking};

/// The steps of a round, and those that look ahead.
const LOCAL: u32 = 4;
const CORRECTED: u32 = 3;
const AHEAD: u32 = 5;

/// The clients of a ring.
const RING: u32 = 6;

fn ring(m: usize) -> Result<(), String> {
    if m == RING as usize {
        Ok(())
    } else {
        Err(format!("a ring of {RING} clients has as many components, and not {m}"))
    }
}

fn rounds(steps: u32, corrected: bool) -> LocalDescent {
    LocalDescent { steps, corrected }
}

fn all() -> Result<Vec<Theorem>, OutOfRange> {
    let (half, third) = (Ratio::new(1, 2), Ratio::new(1, 3));
    Ok(vec![
        Theorem::new("local-sgd")
            .stating(
                Tracking::new(rounds(LOCAL, false), Penalties::of_local_steps(LOCAL))
                    .local(3)
                    .global(2)
                    .twin_optimizer("correct the clients", rounds(LOCAL, true)),
            )
            .with_summary("local SGD (K = 4) tracks C + (ε/4)‖∇C‖² − (ε(K−1)/4)⟨‖∇Ĉ_k − ∇C‖²⟩: it rewards disagreement")
            .with_orders("one round 3, fixed time 2")
            .with_source("McMahan et al. 2017, arXiv 1602.05629 (the method); also derived here"),
        Theorem::new("scaffold")
            .stating(
                Tracking::new(rounds(CORRECTED, true), CorrectedRounds { steps: CORRECTED })
                    .local(4)
                    .global(3)
                    .twin_optimizer("do not correct the clients", rounds(CORRECTED, false)),
            )
            .with_summary("SCAFFOLD (K = 3) tracks C + (ε/4)‖∇C‖²: no disagreement but in ε², by ((K−1)(K−2)/6)⟨H_k²⟩g")
            .with_orders("one round 4, fixed time 3")
            .with_losses(["mlp", "net-examples"], "four effects need as many parameters and third derivatives that matter")
            .with_source("Karimireddy et al. 2020, arXiv 1910.06378 (the method); also derived here"),
        Theorem::new("decentralised-descent")
            .stating(
                Tracking::new(Decentralised::new(RING, third)?, RingPenalty { weight: third })
                    .formal(3)
                    .global(2)
                    .twin_optimizer("let everybody hear everybody", GradientDescent)
                    .where_components(ring),
            )
            .with_summary("the mean of m = 6 clients on a ring (weight 1/3) tracks C + (ε/4)‖∇C‖² − (ε/2)⟨γ·Mγ⟩, M = W(I−W)⁺: slow mixing rewards disagreement")
            .with_orders("fixed time 2")
            .with_losses(["quadratic-examples", "net-examples"], "a ring of six clients is a loss of six components")
            .with_source("Lian et al. 2017, arXiv 1705.09056 (the method); also derived here"),
        Theorem::tracks("lookahead", Lookahead::new(AHEAD, half)?, Penalties::of_lookahead(AHEAD, half), 3, 2)
            .with_summary("Lookahead (K = 5, α = ½) tracks −α∇[C + (ε/4)(1 − K(1−α))‖∇C‖²]: its penalty has turned its sign")
            .with_orders("one period 3, fixed time 2")
            .with_source("Zhang, Lucas, Hinton & Ba 2019, arXiv 1907.08610 (the method); also derived here"),
    ])
}

pub(super) fn theorems() -> Vec<Theorem> {
    // Every setting is within its range: a test of the catalogue counts them.
    all().unwrap_or_default()
}
