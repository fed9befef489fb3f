//! Methods with memory: momentum, and means of the gradient and its square.

use crate::arithmetic::maps::{Factored, Scaled};
use crate::flow::{
    Adaptive, DecayedMomentum, GradientPenalty, Integrable, Lagged, MomentumPenalty, Observable,
    Slot, mean_age,
};
use crate::optimizer::{
    Adam, AnyOptimizer, Averaged, Decayed, Extrapolated, Kin, Momentum, OutOfRange, Runnable,
    WeightAverage,
};
use crate::scalar::Ratio;
use crate::series::{ExactFlow, ExactOptimizer};
use crate::theorem::{MomentumThreshold, Theorem, Tracking};

const MOMENTUM: &str = "Kovachki & Stuart 2021, Continuous time analysis of momentum methods, arXiv \
                        1906.04285; Ghosh et al. 2023, arXiv 2302.00849";
const ADAPTIVE: &str =
    "Cattaneo, Klusowski & Shigida 2024, On the implicit bias of Adam, arXiv 2309.00079";

/// Losses on which no component of the gradient changes its sign within the horizon.
const SIGNS_KEPT: [&str; 3] = ["quadratic", "factorisation", "logistic"];
const SIGNS_CHANGE: &str =
    "|g| has a kink where a component of the gradient changes its sign, as some of a net do";
const A_START: &str = "a shifted start is no field, and the field is that of the method on its slow \
                       manifold, proved there";

pub(super) fn half() -> Ratio {
    Ratio::new(1, 2)
}

/// A method of momentum, started on its slow manifold, with its modified flow.
type Moving = (Momentum, MomentumPenalty);

fn heavy_ball(beta: Ratio) -> Moving {
    let optimizer = Momentum { beta, ahead: false, settled: true };
    (optimizer, MomentumPenalty { beta, ahead: false, from_rest: false })
}

fn nesterov(beta: Ratio) -> Moving {
    let (optimizer, flow) = heavy_ball(beta);
    (Momentum { ahead: true, ..optimizer }, MomentumPenalty { ahead: true, ..flow })
}

/// Momentum started on its slow manifold, where it is a map of w alone.
fn momentum(id: &str, (optimizer, flow): Moving) -> Theorem {
    Theorem::tracks(id, optimizer, flow, 3, 2)
        .with_orders("one step 3, fixed time 2")
        .with_source(MOMENTUM)
}

/// Momentum from rest: a first step has no order, and the flow starts where the iterates settle.
fn from_rest(id: &str, (optimizer, flow): Moving) -> Theorem {
    let optimizer = Momentum { settled: false, ..optimizer };
    let flow = MomentumPenalty { from_rest: true, ..flow };
    Theorem::new(id)
        .stating(Tracking::measured(optimizer, flow).unprovable(A_START).global(2))
        .with_orders("fixed time 2, without the shift 1")
        .with_source(MOMENTUM)
}

/// A method with running means, corrected, with its modified flow.
type Adapting = (Adam, Adaptive);

/// β₂ = ¾ and e = ⅕ inside the root.
fn inside(beta1: Ratio) -> Adapting {
    let (beta2, stabiliser) = (Ratio::new(3, 4), Ratio::new(1, 5));
    let optimizer = Adam {
        beta1,
        beta2,
        stabiliser,
        inside: true,
        corrected: true,
        kin: Kin::Adam,
        even: false,
    };
    let decay = Ratio::new(0, 1);
    (optimizer, Adaptive { beta1, beta2, stabiliser, inside: true, decay })
}

/// β₂ = ¾ and e = ⅕ outside the root.
fn outside(beta1: Ratio) -> Adapting {
    let (optimizer, flow) = inside(beta1);
    (Adam { inside: false, ..optimizer }, Adaptive { inside: false, ..flow })
}

/// Adam or, without memory of the mean, RMSProp.
fn adaptive(id: &str, (optimizer, flow): Adapting) -> Theorem {
    remembering(id, optimizer, flow, ("do not correct the means", optimizer.uncorrected()))
        .with_orders("fixed time 2, with uncorrected means 1")
        .with_source(ADAPTIVE)
}

/// Adam with decoupled decay.
pub(super) fn decayed_adam(id: &str, decay: Ratio) -> Theorem {
    let (inner, flow) = inside(half());
    let uncorrected = ("do not correct the means", Decayed { inner: inner.uncorrected(), decay });
    remembering(id, Decayed { inner, decay }, Adaptive { decay, ..flow }, uncorrected)
        .with_orders("fixed time 2, with uncorrected means 1")
}

/// A method without a first step of its own: fixed time 2, and 1 from the start that the twin has.
pub(super) fn remembering<O, F>(
    id: &str,
    optimizer: O,
    flow: F,
    (twin, wrong): (&'static str, impl Into<AnyOptimizer>),
) -> Theorem
where
    O: Runnable + ExactOptimizer + 'static,
    F: Integrable + ExactFlow + 'static,
{
    let tracking = Tracking::new(optimizer, flow).formal(3).global(2).twin_optimizer(twin, wrong);
    Theorem::new(id).stating(tracking)
}

/// Methods along combinations of present and past gradients, and the mean of past parameters.
fn combined() -> Result<Vec<Theorem>, OutOfRange> {
    let quarter = Ratio::new(1, 4);
    let penalty = |coefficient| GradientPenalty { coefficient };
    let from_zero =
        |method: Extrapolated| ("take the gradient before the first for zero", method.from_zero());
    let (optimistic, adams) = (Extrapolated::optimistic(), Extrapolated::adams_bashforth());
    let (beta, nu) = (half(), Ratio::new(7, 10));
    let hyperbolic = Averaged::quasi_hyperbolic(beta, nu)?;
    // ¼ + νβ/(2(1 − β)).
    let lagging = quarter + half() * nu * mean_age(beta);
    let mean = WeightAverage::new(half())?;
    Ok(vec![
        remembering("optimistic-gradient", optimistic, penalty(-quarter), from_zero(optimistic))
            .with_summary("the optimistic gradient 2g_n − g_{n−1} tracks C − (ε/4)‖∇C‖², as the extragradient does")
            .with_orders("fixed time 2, with no gradient before the first 1")
            .with_source("Popov 1980; Daskalakis et al. 2018, arXiv 1711.00141 (the method); also derived here"),
        remembering("adams-bashforth", adams, penalty(Ratio::new(0, 1)), from_zero(adams))
            .with_summary("Adams–Bashforth, 3/2 g_n − ½ g_{n−1}, tracks the gradient flow itself: one gradient a step")
            .with_orders("fixed time 2, with no gradient before the first 1")
            .with_source("Hairer, Nørsett & Wanner 1993, Solving ordinary differential equations I, chapter III"),
        remembering(
            "quasi-hyperbolic-momentum",
            hyperbolic.begun(),
            penalty(lagging),
            ("start the mean at zero", hyperbolic),
        )
        .with_summary("(1−ν)g + νm (β = ½, ν = 7/10) tracks C + (ε/2)(½ + νβ/(1−β))‖∇C‖²: the share ν of the lag")
        .with_orders("fixed time 2, with a mean from zero 1")
        .with_losses(["quadratic", "logistic", "mlp", "tiny-net"],
            "on the factorisation the errors of half a step and of the lag nearly cancel on coarse rungs",
        )
        .with_source("Ma & Yarats 2019, arXiv 1810.06801 (the method); also derived here"),
        remembering(
            "weight-averaging",
            mean,
            GradientPenalty::default(),
            ("begin both at one point", mean.together()),
        )
        .with_summary("the running mean (γ = ½) of descent's iterates tracks descent's own flow, γ/(1−γ) steps late")
        .with_orders("fixed time 2, from a common start 1")
        .with_source("Polyak & Juditsky 1992; Tarvainen & Valpola 2017, arXiv 1703.01780 (the mean); also derived here"),
    ])
}

/// Kin of Adam: a mean looked at a step ahead, and the variance in the place of the square.
fn kin_of_adam() -> Result<Vec<Theorem>, OutOfRange> {
    let (beta1, beta2, stabiliser) = (half(), Ratio::new(3, 4), Ratio::new(1, 5));
    let adam = Adam::new(beta1, beta2, stabiliser, true)?;
    let slot = |observable, lag, name| Slot { observable, lag, name };
    let psi = Scaled { stabiliser, inside: true };
    let kin = |id: &str, optimizer: Adam, lag: Ratio, seen: Slot| {
        let first = slot(Observable::Gradient, lag, "lag of the mean gradient");
        let flow = Lagged { psi, slots: vec![first, seen], decay: Ratio::new(0, 1) };
        remembering(id, optimizer.even(), flow, ("correct the means as published", optimizer))
            .with_orders("fixed time 2, corrected as published 1")
    };
    let square = slot(Observable::SquaredGradient, mean_age(beta2), "lag of the mean square");
    let nothing = slot(Observable::Nothing, Ratio::new(0, 1), "variance");
    Ok(vec![
        kin("nadam", adam.nesterov(), beta1 * mean_age(beta1), square)
            .with_summary("Nadam (β₁ = ½, β₂ = ¾): Adam whose mean gradient has the lag β₁²/(1−β₁), younger by β₁")
            .with_source("Dozat 2016, Incorporating Nesterov momentum into Adam (the method); also derived here"),
        kin("adabelief", adam.belief(), mean_age(beta1), nothing)
            .with_summary("AdaBelief (β₁ = ½) tracks −(1/√e)[g + (ε/√e)(½+ℓ) H g]: momentum, as the variance it sees is O(ε²)")
            .with_source("Zhuang et al. 2020, arXiv 2010.07468 (the method); also derived here"),
    ])
}

/// Momentum with decay: in the gradient, where the mean sees it, and beside it.
fn decaying_momentum() -> Result<Vec<Theorem>, OutOfRange> {
    let (beta, decay) = (half(), Ratio::new(1, 5));
    let mean = Averaged::moving(beta)?.begun();
    let coupled = mean.coupled(decay);
    let decoupled = Decayed { inner: mean, decay };
    let flow = |coupled| DecayedMomentum { lag: mean_age(beta), decay, coupled, from_zero: false };
    let losses = ["quadratic", "logistic", "mlp", "tiny-net"];
    let elsewhere = "two effects that pull nearly one way are not told apart in two parameters";
    Ok(vec![
        remembering("momentum-coupled-decay", coupled, flow(true), ("decouple the decay", decoupled))
            .with_summary("momentum (β = ½) with λw in the gradient (λ = 1/5) tracks C_λ + (ε/2)(½+ℓ)‖∇C_λ‖²: the decay lags with the gradient")
            .with_orders("fixed time 2, with decoupled decay 1")
            .with_losses(losses, elsewhere)
            .with_source("Krogh & Hertz 1991 (the decay); Ghosh et al. 2023, arXiv 2302.00849 (momentum); also derived here"),
        remembering("momentum-decoupled-decay", decoupled, flow(false), ("put the decay into the gradient", coupled))
            .with_summary("momentum with decoupled decay tracks f₀ + ε[(½+ℓ)H f₀ + (λ/2) f₀], f₀ = −(g+λw): the coupled flow, slower by 1 − εℓλ")
            .with_orders("fixed time 2, with coupled decay 1")
            .with_losses(losses, elsewhere)
            .with_source("Loshchilov & Hutter 2019, arXiv 1711.05101 (the method); also derived here"),
    ])
}

/// RMSProp that keeps of the mean square what its rows and columns say.
fn adafactor() -> Result<Theorem, OutOfRange> {
    let (beta2, stabiliser) = (Ratio::new(3, 4), Ratio::new(1, 5));
    let none = Ratio::new(0, 1);
    let optimizer = Adam::new(none, beta2, stabiliser, true)?.factored();
    let slot = |observable, lag, name| Slot { observable, lag, name };
    let flow = Lagged {
        psi: Factored { stabiliser },
        slots: vec![
            slot(Observable::Gradient, none, "half a step of the gradient"),
            slot(Observable::SquaredGradient, mean_age(beta2), "lag of the mean square"),
        ],
        decay: none,
    };
    Ok(remembering(
        "adafactor",
        optimizer,
        flow,
        ("do not correct the means", optimizer.uncorrected()),
    )
    .with_summary("Adafactor's factored scale (β₂ = ¾) tracks −ψ(g, g²) + ε[½∂₁ψ·Hf₀ + (½+ℓ)∂₂ψ·2g∘(Hf₀)], ψ mixing rows and columns")
    .with_orders("fixed time 2, with uncorrected means 1")
    .with_losses(["mlp"], "of a matrix with one row or column nothing is factored: there it is RMSProp")
    .with_source("Shazeer & Stern 2018, arXiv 1804.04235 (the method); also derived here, from the lag"))
}

pub(super) fn theorems() -> Vec<Theorem> {
    // Every setting is within its range: a test of the catalogue counts them.
    let factored = adafactor().map(|theorem| vec![theorem]);
    let more = [combined(), decaying_momentum(), kin_of_adam(), factored]
        .into_iter()
        .flat_map(Result::unwrap_or_default);
    momenta().into_iter().chain(more).collect()
}

fn momenta() -> Vec<Theorem> {
    vec![
        momentum("heavy-ball", heavy_ball(half()))
            .with_summary("the heavy ball (β = ½) tracks −a∇[C + (ε/4)((1+β)/(1−β)²)‖∇C‖²], a = 1/(1−β)"),
        momentum("nesterov", nesterov(half()))
            .with_summary("Nesterov's method (β = ½) tracks −a∇[C + (ε/4)((1−β+2β²)/(1−β)²)‖∇C‖²]"),
        from_rest("heavy-ball-from-rest", heavy_ball(half()))
            .with_summary("the heavy ball from rest follows its flow started at w₀ + ε(β/(1−β)²)∇C(w₀)"),
        from_rest("nesterov-from-rest", nesterov(half()))
            .with_summary("Nesterov's method from rest follows its flow started at w₀ + ε(β/(1−β)²)∇C(w₀)"),
        Theorem::new("momentum-threshold")
            .stating(MomentumThreshold)
            .with_summary("momentum follows its flow only for ελ < (1−√β)² (heavy ball), ((1−β)/(1+β))² (Nesterov)")
            .with_orders("thresholds of the largest eigenvalue")
            .with_losses(["quadratic", "quadratic-ill-conditioned"], "the Hessian must be constant")
            .with_source(MOMENTUM),
        adaptive("adam", inside(half()))
            .with_summary("Adam (β₁ = ½, β₂ = ¾), stabiliser inside the root, tracks −{g + (ε/2)[…]∇Σ√(g²+e)}/√(g²+e)"),
        adaptive("adam-outside", outside(half()))
            .with_losses(SIGNS_KEPT, SIGNS_CHANGE)
            .with_summary("Adam, stabiliser outside the root, tracks −(|g|+e)⁻¹{g + (ε/2)[…]∇Σ(|g| − e ln(1+|g|/e))}"),
        adaptive("rmsprop", inside(Ratio::new(0, 1)))
            .with_summary("RMSProp (β₂ = ¾), stabiliser inside the root: Adam with β₁ = 0"),
        adaptive("rmsprop-outside", outside(Ratio::new(0, 1)))
            .with_losses(SIGNS_KEPT, SIGNS_CHANGE)
            .with_summary("RMSProp, stabiliser outside the root: Adam with β₁ = 0"),
    ]
}
