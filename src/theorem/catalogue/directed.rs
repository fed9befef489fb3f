//! Methods along a smooth map of the gradient, or of its running mean: instances of the lag theorem.

use super::memory::{decayed_adam, half, remembering};
use crate::arithmetic::maps::{Direction, Scaled};
use crate::flow::{Lagged, ModifiedLoss, NormPenalty, Observable, mean_age};
use crate::optimizer::{Adam, Decayed, Directed, NormalisedSharpness, OutOfRange, SharpnessAware};
use crate::scalar::Ratio;
use crate::theorem::{Theorem, Tracking};

const LAG: &str = "Cattaneo & Shigida 2025, How memory in optimization algorithms implicitly modifies the \
                   loss, arXiv 2502.02132";
const LION: &str = "Cattaneo & Shigida 2025, arXiv 2502.02132; Chen, Liu, Liang & Liu 2023, Lion secretly \
                    solves constrained optimization, arXiv 2310.05898";
const MODIFIED: &str = "also derived here, from the lag to first order: Cattaneo & Shigida 2025, arXiv 2502.02132; \
                        ∇K as a direction: Chen, Liu, Liang & Liu 2023, arXiv 2310.05898";
const MUON: &str = "Chen, Li & Liu 2025, Muon optimizes under spectral norm constraints, arXiv 2506.15054; \
                    Cattaneo & Shigida 2025, arXiv 2502.02132";

fn stabiliser() -> Ratio {
    Ratio::new(1, 5)
}

fn none() -> Ratio {
    Ratio::new(0, 1)
}

/// Without memory: one step has an order.
fn present(
    id: &str,
    optimizer: Result<Directed, OutOfRange>,
    psi: Direction,
) -> Result<Theorem, OutOfRange> {
    let tracking = Tracking::new(optimizer?, Lagged::along(psi, None, none())).local(3).global(2);
    Ok(Theorem::new(id).stating(tracking).with_orders("one step 3, fixed time 2").with_source(LAG))
}

/// With a mean that starts at the first gradient: the first steps see less of the past than later ones.
fn averaging(
    id: &str,
    optimizer: Result<Directed, OutOfRange>,
    psi: Direction,
    means: (Ratio, Ratio),
    decay: Ratio,
) -> Result<Theorem, OutOfRange> {
    let inner = optimizer?;
    let flow = Lagged::along(psi, Some(means), decay);
    let from_zero = ("start the mean at zero", Decayed { inner: inner.from_zero(), decay });
    Ok(remembering(id, Decayed { inner, decay }, flow, from_zero)
        .with_orders("fixed time 2, with a mean from zero 1"))
}

fn modified_losses() -> Result<Vec<Theorem>, OutOfRange> {
    let (e, one, two, decay) = (stabiliser(), half(), Ratio::new(3, 4), Ratio::new(1, 10));
    let seen = || vec![Observable::Gradient];
    let from_zero =
        |inner: Directed| ("start the mean at zero", Decayed { inner: inner.from_zero(), decay });
    let lion = Directed::lion(one, two, e)?;
    let muon = Directed::muon(one, e, None)?;
    let adam = Adam::new(one, one, e, true)?;
    Ok(vec![
        remembering(
            "lion-penalty",
            Decayed { inner: lion, decay },
            ModifiedLoss {
                psi: Direction::Sign { stabiliser: e },
                seen: seen(),
                lag: one / (Ratio::new(1, 1) - two),
                decay,
                penalty: "1-norm penalty",
            },
            from_zero(lion),
        )
        .with_summary("Lion descends by signs on C + ε(½+ℓ)[Σ√(g²+e) + λ(w·g − C)]: it penalises the 1-norm of the gradient"),
        remembering(
            "muon-penalty",
            Decayed { inner: muon, decay },
            ModifiedLoss {
                psi: Direction::Orthogonalised { stabiliser: e, shape: None },
                seen: seen(),
                lag: mean_age(one),
                decay,
                penalty: "nuclear norm penalty",
            },
            from_zero(muon),
        )
        .with_summary("Muon descends on C + ε(½+ℓ)[tr √(GGᵀ+eI) + λ(w·g − C)]: it penalises the nuclear norm of the gradient"),
        remembering(
            "adam-penalty",
            adam,
            ModifiedLoss {
                psi: Scaled { stabiliser: e, inside: true },
                seen: vec![Observable::Gradient, Observable::SquaredGradient],
                lag: mean_age(one),
                decay: none(),
                penalty: "1-norm penalty",
            },
            ("do not correct the means", adam.uncorrected()),
        )
        .with_summary("Adam with β₁ = β₂ = ½ descends by signs on C + ε(½+ℓ)Σ√(g²+e): with other rates it has no such loss"),
    ]
    .into_iter()
    .map(|theorem| {
        theorem.with_source(MODIFIED).with_orders("fixed time 2, with a mean from zero 1")
    })
    .collect())
}

/// What a step along the unit gradient uphill adds.
fn normalised_sam() -> Result<Theorem, OutOfRange> {
    let (rho, stabiliser) = (half(), stabiliser());
    let optimizer = NormalisedSharpness::new(rho, stabiliser)?;
    Ok(Theorem::new("normalised-sam")
        .stating(
            Tracking::new(optimizer, NormPenalty { rho, stabiliser })
                .local(3)
                .global(2)
                .twin_optimizer("do not normalise", SharpnessAware::new(rho)),
        )
        .with_summary("SAM along the unit gradient (ρ = ε/2) tracks C + ρ√(‖∇C‖²+e) + (ε/4)‖∇C‖²: the norm, not its square")
        .with_orders("one step 3, fixed time 2")
        .with_source("Foret et al. 2021, arXiv 2010.01412 (the method); also derived here"))
}

fn all() -> Result<Vec<Theorem>, OutOfRange> {
    let e = stabiliser();
    let sign = Direction::Sign { stabiliser: e };
    let (one, two, tenth) = (half(), Ratio::new(3, 4), Ratio::new(1, 10));
    Ok(vec![
        present("sign-descent", Directed::sign(e), sign)?
            .with_summary("descent along the smooth sign σ(g) = g/√(g²+e) tracks −σ(g) − (ε/2) σ′(g) H σ(g)"),
        present("normalised-descent", Directed::normalised(e), Direction::Normalised { stabiliser: e })?
            .with_summary("descent along g/√(‖g‖²+e) tracks the flow of the same penalty, of the norm ‖g‖ itself"),
        present("clipping", Directed::clipped(Ratio::new(1, 1)), Direction::Clipped { threshold: Ratio::new(1, 1) })?
            .with_summary("descent along the gradient smoothly clipped at τ = 1 tracks −ψ(g) − (ε/2) ψ′(g) H ψ(g)"),
        averaging("signum", Directed::signum(one, e), sign, (one, one), none())?
            .with_summary("Signum (β = ½) tracks −σ(g) − ε (½ + β/(1−β)) σ′(g) H σ(g)")
            .with_source(LION),
        averaging("lion", Directed::lion(one, two, e), sign, (one, two), tenth)?
            .with_summary("Lion (β₁ = ½, β₂ = ¾, decay 1/10) has the lag β₁/(1−β₂): less than its slow mean, as it blends")
            .with_source(LION),
        averaging(
            "muon",
            Directed::muon(one, e, None),
            Direction::Orthogonalised { stabiliser: e, shape: None },
            (one, one),
            tenth,
        )?
        .with_summary("Muon (β = ½, decay 1/10) by the smooth (MMᵀ+eI)^(−½)M: a penalty on the nuclear norm of the gradient")
        .with_source(MUON),
        normalised_sam()?,
        decayed_adam("adamw", tenth)
            .with_summary("AdamW: Adam with decoupled decay 1/10, which the flow sees at ε as half a step of it")
            .with_losses(["quadratic", "logistic", "mlp"], "three effects cannot be told apart in two parameters")
            .with_source(LAG),
    ])
}

pub(super) fn theorems() -> Vec<Theorem> {
    // Every setting is within its range: a test of the catalogue counts them.
    [all(), modified_losses()].into_iter().flat_map(Result::unwrap_or_default).collect()
}
