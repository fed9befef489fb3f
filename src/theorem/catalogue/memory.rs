//! Methods with memory: momentum, and means of the gradient and its square.

use crate::flow::{Adaptive, MomentumPenalty};
use crate::optimizer::{Adam, Decayed, Kin, Momentum};
use crate::scalar::Ratio;
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
type Scaled = (Adam, Adaptive);

/// β₂ = ¾ and e = ⅕ inside the root.
fn inside(beta1: Ratio) -> Scaled {
    let (beta2, stabiliser) = (Ratio::new(3, 4), Ratio::new(1, 5));
    let optimizer =
        Adam { beta1, beta2, stabiliser, inside: true, corrected: true, kin: Kin::Adam };
    let decay = Ratio::new(0, 1);
    (optimizer, Adaptive { beta1, beta2, stabiliser, inside: true, decay })
}

/// β₂ = ¾ and e = ⅕ outside the root.
fn outside(beta1: Ratio) -> Scaled {
    let (optimizer, flow) = inside(beta1);
    (Adam { inside: false, ..optimizer }, Adaptive { inside: false, ..flow })
}

/// Adam or, without memory of the mean, RMSProp.
fn adaptive(id: &str, (optimizer, flow): Scaled) -> Theorem {
    let tracking = Tracking::new(optimizer, flow)
        .formal(3)
        .global(2)
        .twin_optimizer("do not correct the means", optimizer.uncorrected());
    Theorem::new(id)
        .stating(tracking)
        .with_orders("fixed time 2, with uncorrected means 1")
        .with_source(ADAPTIVE)
}

/// Adam with decoupled decay.
pub(super) fn decayed_adam(id: &str, decay: Ratio) -> Theorem {
    let (inner, flow) = inside(half());
    let uncorrected = Decayed { inner: inner.uncorrected(), decay };
    let tracking = Tracking::new(Decayed { inner, decay }, Adaptive { decay, ..flow })
        .formal(3)
        .global(2)
        .twin_optimizer("do not correct the means", uncorrected);
    Theorem::new(id).stating(tracking).with_orders("fixed time 2, with uncorrected means 1")
}

pub(super) fn theorems() -> Vec<Theorem> {
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
