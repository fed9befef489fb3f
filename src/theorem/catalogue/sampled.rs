//! Minibatches, what they do to minima, and wide nets.

use super::{BARRETT, SMITH};
use crate::flow::{BatchPenalty, GradientPenalty, Ordered, Repartitioned, ShuffledNext};
use crate::optimizer::{GradientDescent, Substeps};
use crate::sampling::{FixedOrder, FlipFlop, IndependentDraws, RandomReshuffling, Repartition};
use crate::theorem::{
    CovarianceFeedback, ExactMoments, KernelLimit, Minima, MinimaMove, StochasticModifiedEquation,
    Theorem, Tracking, VarianceDecomposition, WIDE_NET,
};

pub(super) fn theorems() -> Vec<Theorem> {
    vec![
        Theorem::new("random-reshuffling")
            .stating(
                Tracking::new(GradientDescent, BatchPenalty::default())
                    .local(3)
                    .global(2)
                    .sampled(|_| RandomReshuffling)
                    .twin_sampling("sample with replacement", |m| IndependentDraws { steps: m }),
            )
            .with_summary("the mean of reshuffled SGD tracks the gradient flow of C + (ε/4m) Σ‖∇Ĉ_k‖²")
            .with_orders("one epoch 3, fixed time 2")
            .with_losses(["quadratic", "factorisation", "mlp", "logistic", "two-minima"], "")
            .with_source(SMITH),
        Theorem::new("random-reshuffling-next-term")
            .stating(
                Tracking::new(GradientDescent, ShuffledNext)
                    .local(4)
                    .global(3)
                    .sampled(|_| RandomReshuffling)
                    .twin_sampling("sample with replacement", |m| IndependentDraws { steps: m }),
            )
            .with_summary("the mean of reshuffled SGD with its ε² terms; those of three different minibatches cancel")
            .with_orders("one epoch 4, fixed time 3")
            .with_source("derived here with exact series"),
        Theorem::new("variance-decomposition")
            .stating(VarianceDecomposition)
            .with_summary("C̃_SGD = C̃_GD + (ε/4m) Σ‖∇Ĉ_k − ∇C‖²")
            .with_orders("identity")
            .with_source(SMITH),
        Theorem::new("minima")
            .stating(Minima)
            .with_summary("every minimum of C is one of C̃_GD; there a curvature ℓ becomes ℓ(1 + εℓ/2)")
            .with_orders("identity")
            .with_losses(["quadratic", "factorisation", "logistic"],
                "the net's minima are not reached from its start",
            )
            .with_source(BARRETT),
        Theorem::new("minima-move")
            .stating(MinimaMove)
            .with_summary("under C̃_SGD a nondegenerate minimum moves by −(ε/4) H⁻¹∇⟨‖∇Ĉ_k − ∇C‖²⟩ + O(ε²)")
            .with_orders("distance of the points of rest 2")
            .with_losses(["quadratic", "logistic"],
                "the minimum must be nondegenerate: the factorisation's is a valley, the net's is not reached",
            )
            .with_source(SMITH),
        Theorem::new("single-order")
            .stating(
                Tracking::new(GradientDescent, Ordered)
                    .local(3)
                    .global(2)
                    .sampled_alike(FixedOrder::ascending)
                    .twin_sampling("reverse the order", FixedOrder::descending),
            )
            .with_summary("SGD in one fixed order tracks −∇C̃_SGD + (ε/2m) Σ_{a<b} [∇Ĉ_a, ∇Ĉ_b]")
            .with_orders("one epoch 3, fixed time 2")
            .with_source(SMITH),
        Theorem::new("flip-flop")
            .stating(
                Tracking::new(GradientDescent, BatchPenalty::default())
                    .local(3)
                    .global(2)
                    .sampled(|_| FlipFlop)
                    .twin_sampling("never reverse", FixedOrder::ascending),
            )
            .with_summary("one order and then its reverse tracks the flow of C + (ε/4m) Σ‖∇Ĉ_k‖², without a mean")
            .with_orders("two epochs 3, fixed time 2")
            .with_source("Rajput, Lee & Papailiopoulos 2021, Permutation-based SGD, arXiv 2102.09718 (the scheme)"),
        Theorem::new("with-replacement")
            .stating(
                Tracking::new(GradientDescent, GradientPenalty::default())
                    .local(3)
                    .sampled_alike(|m| IndependentDraws { steps: m })
                    .twin_sampling("reshuffle", |_| RandomReshuffling),
            )
            .stating_where_measurable(CovarianceFeedback)
            .with_summary("the mean of SGD with replacement tracks C̃_GD over one epoch, with −(ε/2) T:S at a fixed time")
            .with_orders("one epoch 3, fixed time 2 (tested in one parameter; in several the coefficient of T:S decides)")
            .with_losses(["quadratic", "factorisation", "mlp", "logistic", "two-minima", "tiny-net"],
                "",
            )
            .with_source("Smith, Dherin, Barrett & De 2021, arXiv 2101.12176; Li, Tai & E 2017, arXiv 1511.06251"),
        Theorem::new("stochastic-modified-equation")
            .stating(StochasticModifiedEquation)
            .with_summary("dX = −∇C dt + √(εΣ) dW has weak order 1, with C + (ε/4)‖∇C‖² weak order 2")
            .with_orders("fixed time 1 and 2, in E[w] and E[wwᵀ]")
            .with_losses(["quadratic", "quadratic-ill-conditioned"],
                "the moment equations close only on quadratics",
            )
            .with_source("Li, Tai & E 2017, Stochastic modified equations, arXiv 1511.06251"),
        Theorem::new("exact-moments")
            .stating(ExactMoments)
            .with_summary("on quadratics with one Hessian dX = (1/ε)log(I−εH)(X−w*)dt + Q^½dW has the mean and covariance of SGD at every step")
            .with_orders("identity")
            .with_losses(["quadratic-one-hessian"], "the minibatches must have one Hessian, and Q must be positive semidefinite")
            .with_source("Li, Shen, Zhang & He 2024, arXiv 2405.18373"),
        Theorem::new("repartition")
            .stating(
                Tracking::new(GradientDescent, GradientPenalty::default())
                    .flow_for(|n| Repartitioned { examples: n, batch_size: 2 })
                    .local(3)
                    .global(2)
                    .sampled(|_| Repartition { batch_size: 2 })
                    .twin_sampling("visit single examples in a fixed order", FixedOrder::ascending)
                    .where_components(|n| match n {
                        4 | 6 => Ok(()),
                        _ => Err(format!("batches of 2 are dealt from 4 or 6 components, not from {n}")),
                    }),
            )
            .with_summary("examples dealt into new batches of B every epoch track C + (ε/4)‖∇C‖² + (ε/4B)((N−B)/(N−1)) Γ")
            .with_orders("one epoch 3, fixed time 2")
            .with_losses(["quadratic-examples", "net-examples"],
                "every partition is enumerated, so the loss must consist of 4 or 6 examples",
            )
            .with_source(SMITH),
        Theorem::new("substeps")
            .stating(
                Tracking::new(
                    Substeps { inner: GradientDescent, count: 3 },
                    BatchPenalty { substeps: 3 },
                )
                .local(3)
                .global(2)
                .sampled(|_| RandomReshuffling)
                .twin_sampling("sample with replacement", |m| IndependentDraws { steps: m }),
            )
            .with_summary("n steps of size ε/n on each minibatch track C + (ε/4mn) Σ‖∇Ĉ_k‖² (here n = 3)")
            .with_orders("one epoch 3, fixed time 2")
            .with_source(SMITH),
        Theorem::new("neural-tangent-kernel")
            .stating(KernelLimit)
            .with_summary("a two-layer net of width h trains like its linearisation up to O(1/√h)")
            .with_orders("a bound: exponent at least 1/2 in 1/h")
            .with_losses([WIDE_NET], "a statement about nets of growing width, on a net of its own")
            .with_source(
                "Jacot, Gabriel & Hongler 2018, arXiv 1806.07572; Lee et al. 2019, Wide neural \
                 networks of any depth evolve as linear models, arXiv 1902.06720",
            ),

    ]
}
