//! Methods without memory on the whole loss.

use super::BARRETT;
use crate::flow::{
    DecayedPenalty, GradientFlow, GradientPenalty, ThreeTerms, five_terms, four_terms, rk4_terms,
};
use crate::optimizer::{
    Decayed, ExplicitRegularization, GradientDescent, Implicit, RungeKutta, SharpnessAware,
};
use crate::scalar::Ratio;
use crate::theorem::Theorem;

const HAIRER: &str = "Hairer, Lubich & Wanner 2006, Geometric numerical integration, chapter IX";

fn penalty(numerator: i64, denominator: i64) -> GradientPenalty {
    GradientPenalty { coefficient: Ratio::new(numerator, denominator) }
}

pub(super) fn theorems() -> Vec<Theorem> {
    vec![
        Theorem::tracks("gradient-flow", GradientDescent, GradientFlow, 2, 1)
            .with_summary("gradient descent tracks the gradient flow w' = −∇C")
            .with_orders("one step 2, fixed time 1")
            .with_source("Euler's method; see Hairer, Lubich & Wanner 2006, Geometric numerical integration"),
        Theorem::tracks("implicit-gradient-regularization", GradientDescent, GradientPenalty::default(), 3, 2)
            .with_summary("gradient descent tracks the gradient flow of C + (ε/4)‖∇C‖²")
            .with_orders("one step 3, fixed time 2")
            .with_source(BARRETT),
        Theorem::tracks("three-terms", GradientDescent, ThreeTerms::descent(), 4, 3)
            .with_summary("gradient descent tracks −∇C̃_GD − ε²(⅓H²g + (1/12)T[g,g])")
            .with_orders("one step 4, fixed time 3")
            .with_losses(["mlp", "logistic", "tiny-net"],
                "on quadratics the third derivative vanishes; three effects cannot be told apart in two parameters",
            )
            .with_source(HAIRER),
        Theorem::tracks("four-terms", GradientDescent, four_terms(), 5, 4)
            .with_summary("gradient descent tracks its modified flow with four terms, up to ε³")
            .with_orders("one step 5, fixed time 4")
            .with_losses(["tiny-net", "net-examples"],
                "three effects need three parameters and third derivatives, double-double a small loss",
            )
            .with_source(HAIRER),
        Theorem::tracks("five-terms", GradientDescent, five_terms(), 6, 5)
            .with_summary("gradient descent tracks its modified flow with five terms, up to ε⁴")
            .with_orders("one step 6, fixed time 5")
            .with_losses(["tiny-net"],
                "four effects need four parameters and third derivatives, double-double a small loss",
            )
            .with_source(HAIRER),
        Theorem::tracks("rk4", RungeKutta::rk4(), rk4_terms(), 6, 5)
            .with_summary("Kutta's method of order 4 tracks the gradient flow with nine terms in ε⁴")
            .with_orders("one step 6, fixed time 5")
            .with_losses(["factorisation", "tiny-net"], "double-double needs a small loss")
            .with_source(HAIRER),
        Theorem::tracks("heun", RungeKutta::heun(), GradientFlow, 3, 2)
            .with_summary("Heun's method tracks the gradient flow itself")
            .with_orders("one step 3, fixed time 2")
            .with_source(HAIRER),
        Theorem::tracks("explicit-midpoint", RungeKutta::explicit_midpoint(), GradientFlow, 3, 2)
            .with_summary("the explicit midpoint method tracks the gradient flow itself")
            .with_orders("one step 3, fixed time 2")
            .with_source(HAIRER),
        Theorem::tracks("implicit-euler", Implicit::euler(), penalty(-1, 4), 3, 2)
            .with_summary("the implicit Euler method tracks the gradient flow of C − (ε/4)‖∇C‖²")
            .with_orders("one step 3, fixed time 2")
            .with_source(HAIRER),
        Theorem::tracks("implicit-midpoint", Implicit::midpoint(), GradientFlow, 3, 2)
            .with_summary("the implicit midpoint rule tracks the gradient flow itself")
            .with_orders("one step 3, fixed time 2")
            .with_source(HAIRER),
        Theorem::tracks("sam", SharpnessAware::new(Ratio::new(1, 2)), penalty(1, 2), 3, 2)
            .with_summary("unnormalised SAM (ρ = ε/2) tracks the gradient flow of C + (ε/4 + ρ/2)‖∇C‖²")
            .with_orders("one step 3, fixed time 2")
            .with_source("Foret et al. 2021, Sharpness-aware minimization, arXiv 2010.01412 (the method)"),
        Theorem::tracks(
            "weight-decay",
            Decayed { inner: GradientDescent, decay: Ratio::new(1, 5) },
            DecayedPenalty { decay: Ratio::new(1, 5) },
            3,
            2,
        )
        .with_summary("descent with decay λ = 1/5 tracks the gradient flow of C_λ + (ε/4)‖∇C_λ‖², C_λ = C + (λ/2)‖w‖²")
        .with_orders("one step 3, fixed time 2")
        .with_source("Loshchilov & Hutter 2019, arXiv 1711.05101 (the method); Barrett & Dherin 2021, arXiv 2009.11162"),
        Theorem::tracks("extragradient", RungeKutta::extragradient(), ThreeTerms::extragradient(), 4, 3)
            .with_summary("the extragradient tracks C − (ε/4)‖∇C‖², and in ε² (2/3) H²g − (1/12) T[g,g]")
            .with_orders("one step 4, fixed time 3")
            .with_losses(["mlp", "logistic", "tiny-net"],
                "on quadratics the third derivative vanishes; three effects cannot be told apart in two parameters",
            )
            .with_source("Korpelevich 1976 (the method); also derived here"),
        Theorem::tracks(
            "explicit-gradient-regularization",
            ExplicitRegularization { mu: Ratio::new(1, 4) },
            penalty(1, 2),
            3,
            2,
        )
        .with_summary("descent on C + μ‖∇C‖² (μ = ε/4) tracks the gradient flow of C + (μ + ε/4)‖∇C‖²")
        .with_orders("one step 3, fixed time 2")
        .with_source(BARRETT),
        Theorem::tracks(
            "penalty-cancellation",
            ExplicitRegularization { mu: Ratio::new(-1, 4) },
            penalty(0, 1),
            3,
            2,
        )
        .with_summary("descent on C + μ‖∇C‖² with μ = −ε/4 tracks the gradient flow itself: no penalty is left")
        .with_orders("one step 3, fixed time 2")
        .with_source(BARRETT),
    ]
}
