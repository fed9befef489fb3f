//! Methods with memory: momentum, and means of the gradient and its square.

use crate::flow::{Adaptive, MomentumPenalty};
use crate::optimizer::{Adam, Momentum};
use crate::scalar::Ratio;
use crate::theorem::{MomentumThreshold, Theorem, Tracking};

const MOMENTUM: &str = "Kovachki & Stuart 2021, Continuous time analysis of momentum methods, arXiv \
                        1906.04285; Ghosh et al. 2023, arXiv 2302.00849";
const ADAPTIVE: &str =
    "Cattaneo, Klusowski & Shigida 2024, On the implicit bias of Adam, arXiv 2309.00079";

/// Losses on which no component of the gradient changes its sign within the horizon.
const SIGNS_KEPT: &[&str] = &["quadratic", "factorisation", "logistic"];
const SIGNS_CHANGE: &str =
    "|g| has a kink where a component of the gradient changes its sign, as some of a net do";
const A_START: &str = "a shifted start is no field, and the field is that of the method on its slow \
                       manifold, proved there";

fn half() -> Ratio {
    Ratio::new(1, 2)
}

/// Momentum started on its slow manifold, where it is a map of w alone.
fn momentum(id: &str, ahead: bool, beta: Ratio) -> Theorem {
    let optimizer = Momentum { beta, ahead, settled: true };
    let flow = MomentumPenalty { beta, ahead, from_rest: false };
    Theorem::tracks(id, optimizer, flow, 3, 2).orders("one step 3, fixed time 2").source(MOMENTUM)
}

/// Momentum from rest: a first step has no order, and the flow starts where the iterates settle.
fn from_rest(id: &str, ahead: bool) -> Theorem {
    let optimizer = Momentum { beta: half(), ahead, settled: false };
    let flow = MomentumPenalty { beta: half(), ahead, from_rest: true };
    Theorem::new(id)
        .stating(Tracking::measured(optimizer, flow).unprovable(A_START).global(2))
        .orders("fixed time 2, without the shift 1")
        .source(MOMENTUM)
}

/// Adam with e = ¼; RMSProp without memory of the mean.
fn adaptive(id: &str, beta1: Ratio, inside: bool) -> Theorem {
    let (beta2, stabiliser) = (Ratio::new(3, 4), Ratio::new(1, 4));
    let optimizer = Adam { beta1, beta2, stabiliser, inside, corrected: true };
    let uncorrected = Adam { corrected: false, ..optimizer };
    let flow = Adaptive { beta1, beta2, stabiliser, inside };
    Theorem::new(id)
        .stating(
            Tracking::measured(optimizer, flow)
                .global(2)
                .rival("do not correct the means", uncorrected),
        )
        .orders("fixed time 2, with uncorrected means 1")
        .source(ADAPTIVE)
}

pub(super) fn theorems() -> Vec<Theorem> {
    vec![
        momentum("heavy-ball", false, half())
            .summary("the heavy ball (β = ½) tracks −a∇[C + (ε/4)((1+β)/(1−β)²)‖∇C‖²], a = 1/(1−β)"),
        momentum("heavy-ball-nine-tenths", false, Ratio::new(9, 10))
            .summary("the same at β = 9/10: the penalty is 190 times that of gradient descent"),
        momentum("nesterov", true, half())
            .summary("Nesterov's method (β = ½) tracks −a∇[C + (ε/4)((1−β+2β²)/(1−β)²)‖∇C‖²]"),
        momentum("nesterov-nine-tenths", true, Ratio::new(9, 10))
            .summary("the same at β = 9/10: the penalty is 172 times that of gradient descent"),
        from_rest("heavy-ball-from-rest", false)
            .summary("the heavy ball from rest follows its flow started at w₀ + ε(β/(1−β)²)∇C(w₀)"),
        from_rest("nesterov-from-rest", true)
            .summary("Nesterov's method from rest follows its flow started at w₀ + ε(β/(1−β)²)∇C(w₀)"),
        Theorem::new("momentum-threshold")
            .stating(MomentumThreshold)
            .summary("momentum follows its flow only for ελ < (1−√β)² (heavy ball), ((1−β)/(1+β))² (Nesterov)")
            .orders("thresholds of the largest eigenvalue")
            .on(&["quadratic", "quadratic-ill-conditioned"], "the Hessian must be constant")
            .source(MOMENTUM),
        adaptive("adam", half(), true)
            .summary("Adam (β₁ = ½, β₂ = ¾), stabiliser inside the root, tracks −{g + (ε/2)[…]∇Σ√(g²+e)}/√(g²+e)"),
        adaptive("adam-outside", half(), false)
            .on(SIGNS_KEPT, SIGNS_CHANGE)
            .summary("Adam, stabiliser outside the root, tracks −(|g|+e)⁻¹{g + (ε/2)[…]∇Σ(|g| − e ln(1+|g|/e))}"),
        adaptive("rmsprop", Ratio::new(0, 1), true)
            .summary("RMSProp (β₂ = ¾), stabiliser inside the root: Adam with β₁ = 0"),
        adaptive("rmsprop-outside", Ratio::new(0, 1), false)
            .on(SIGNS_KEPT, SIGNS_CHANGE)
            .summary("RMSProp, stabiliser outside the root: Adam with β₁ = 0"),
    ]
}
