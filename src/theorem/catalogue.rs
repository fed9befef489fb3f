//! The catalogue: every theorem that is checked.

use super::{
    CovarianceFeedback, KernelLimit, Minima, MinimaMove, StochasticModifiedEquation, Theorem,
    Tracking, VarianceDecomposition, WIDE_NET,
};
use crate::flow::{
    BatchPenalty, GradientFlow, GradientPenalty, MomentumPenalty, Ordered, Repartitioned,
    ShuffledNext, ThreeTerms,
};
use crate::loss::Problem;
use crate::optimizer::{
    ExplicitRegularization, GradientDescent, Implicit, Momentum, RungeKutta, SharpnessAware,
    Substeps,
};
use crate::sampling::{FixedOrder, FlipFlop, IndependentDraws, RandomReshuffling, Repartition};
use crate::scalar::Ratio;

/// Theorems and the problems they are checked on, as plain values that a program extends.
#[derive(Clone, Default)]
pub struct Catalogue {
    theorems: Vec<Theorem>,
    problems: Vec<Problem>,
}

impl Catalogue {
    /// A catalogue with nothing in it.
    pub fn empty() -> Self {
        Catalogue::default()
    }

    /// The theorems this crate ships.
    pub fn standard() -> Self {
        Catalogue { theorems: standard_theorems(), problems: Vec::new() }
    }

    /// Adds a theorem.
    pub fn push(&mut self, theorem: Theorem) {
        self.theorems.push(theorem);
    }

    /// Adds a problem, which can then be named like the built-in ones.
    pub fn push_problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The theorems, in the order they are listed in.
    pub fn theorems(&self) -> &[Theorem] {
        &self.theorems
    }

    /// The problems a program added.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The theorem with this identifier.
    pub fn theorem(&self, id: &str) -> Option<&Theorem> {
        self.theorems.iter().find(|theorem| theorem.id() == id)
    }
}

const BARRETT: &str = "Barrett & Dherin 2021, Implicit gradient regularization, arXiv 2009.11162";
const SMITH: &str = "Smith, Dherin, Barrett & De 2021, On the origin of implicit regularization in \
                     stochastic gradient descent, arXiv 2101.12176";

const HAIRER: &str = "Hairer, Lubich & Wanner 2006, Geometric numerical integration, chapter IX";
const MOMENTUM: &str = "Kovachki & Stuart 2021, Continuous time analysis of momentum methods, arXiv \
                        1906.04285; Ghosh et al. 2023, arXiv 2302.00849";

fn half() -> Ratio {
    Ratio::new(1, 2)
}

fn penalty(numerator: i64, denominator: i64) -> GradientPenalty {
    GradientPenalty { coefficient: Ratio::new(numerator, denominator) }
}

/// Momentum from rest: the flow starts where the iterates settle, so a first step has no order.
fn momentum(id: &str, ahead: bool) -> Theorem {
    let optimizer = Momentum { beta: half(), ahead };
    let flow = MomentumPenalty { beta: half(), ahead };
    Theorem::new(id)
        .stating(Tracking::new(optimizer, flow).global(2).formal(3))
        .orders("fixed time 2, on the slow manifold one step 3")
}

fn standard_theorems() -> Vec<Theorem> {
    vec![
        Theorem::tracks("gradient-flow", GradientDescent, GradientFlow, 2, 1)
            .summary("gradient descent tracks the gradient flow w' = -∇C")
            .orders("one step 2, fixed time 1")
            .source("Euler's method; see Hairer, Lubich & Wanner 2006, Geometric numerical integration"),
        Theorem::tracks("implicit-gradient-regularization", GradientDescent, GradientPenalty::default(), 3, 2)
            .summary("gradient descent tracks the gradient flow of C + (ε/4)‖∇C‖²")
            .orders("one step 3, fixed time 2")
            .source(BARRETT),
        Theorem::tracks("three-terms", GradientDescent, ThreeTerms, 4, 3)
            .summary("gradient descent tracks -∇C̃_GD - ε²(⅓H²g + (1/12)T[g,g])")
            .orders("one step 4, fixed time 3")
            .on(
                &["mlp", "logistic", "tiny-net"],
                "on quadratics T = 0, and three effects cannot be told apart in two parameters",
            )
            .source(HAIRER),
        Theorem::tracks("heun", RungeKutta::heun(), GradientFlow, 3, 2)
            .summary("Heun's method tracks the gradient flow itself")
            .orders("one step 3, fixed time 2")
            .source(HAIRER),
        Theorem::tracks("explicit-midpoint", RungeKutta::explicit_midpoint(), GradientFlow, 3, 2)
            .summary("the explicit midpoint method tracks the gradient flow itself")
            .orders("one step 3, fixed time 2")
            .source(HAIRER),
        Theorem::tracks("implicit-euler", Implicit::euler(), penalty(-1, 4), 3, 2)
            .summary("the implicit Euler method tracks the gradient flow of C - (ε/4)‖∇C‖²")
            .orders("one step 3, fixed time 2")
            .source(HAIRER),
        Theorem::tracks("implicit-midpoint", Implicit::midpoint(), GradientFlow, 3, 2)
            .summary("the implicit midpoint rule tracks the gradient flow itself")
            .orders("one step 3, fixed time 2")
            .source(HAIRER),
        momentum("heavy-ball", false)
            .summary("the heavy ball (β = ½) tracks -a∇[C + (ε/4)((1+β)/(1-β)²)‖∇C‖²], a = 1/(1-β)")
            .source(MOMENTUM),
        momentum("nesterov", true)
            .summary("Nesterov's method (β = ½) tracks -a∇[C + (ε/4)((1-β+2β²)/(1-β)²)‖∇C‖²]")
            .source(MOMENTUM),
        Theorem::tracks("sam", SharpnessAware { rho: half() }, penalty(1, 2), 3, 2)
            .summary("unnormalised SAM (ρ = ε/2) tracks the gradient flow of C + (ε/4 + ρ/2)‖∇C‖²")
            .orders("one step 3, fixed time 2")
            .source("Foret et al. 2021, Sharpness-aware minimization, arXiv 2010.01412 (the method)"),
        Theorem::tracks(
            "explicit-gradient-regularization",
            ExplicitRegularization { mu: Ratio::new(1, 4) },
            penalty(1, 2),
            3,
            2,
        )
        .summary("descent on C + μ‖∇C‖² (μ = ε/4) tracks the gradient flow of C + (μ + ε/4)‖∇C‖²")
        .orders("one step 3, fixed time 2")
        .source(BARRETT),
        Theorem::new("random-reshuffling")
            .stating(
                Tracking::new(GradientDescent, BatchPenalty::default())
                    .local(3)
                    .global(2)
                    .sampled(|_| RandomReshuffling)
                    .twin("sample with replacement", |m| IndependentDraws { steps: m }),
            )
            .summary("the mean of reshuffled SGD tracks the gradient flow of C + (ε/4m) Σ‖∇Ĉ_k‖²")
            .orders("one epoch 3, fixed time 2")
            .on(&["quadratic", "factorisation", "mlp", "logistic", "two-minima"], "")
            .source(SMITH),
        Theorem::new("random-reshuffling-next-term")
            .stating(
                Tracking::new(GradientDescent, ShuffledNext)
                    .local(4)
                    .sampled(|_| RandomReshuffling)
                    .twin("sample with replacement", |m| IndependentDraws { steps: m }),
            )
            .summary("the mean of reshuffled SGD with its ε² terms; those of three different minibatches cancel")
            .orders("one epoch 4")
            .source("derived here with exact series"),
        Theorem::new("variance-decomposition")
            .stating(VarianceDecomposition)
            .summary("C̃_SGD = C̃_GD + (ε/4m) Σ‖∇Ĉ_k - ∇C‖²")
            .orders("identity")
            .source(SMITH),
        Theorem::new("minima")
            .stating(Minima)
            .summary("every minimum of C is one of C̃_GD; there a curvature ℓ becomes ℓ(1 + εℓ/2)")
            .orders("identity")
            .on(
                &["quadratic", "factorisation", "logistic"],
                "the net's minima are not reached from its start",
            )
            .source(BARRETT),
        Theorem::new("minima-move")
            .stating(MinimaMove)
            .summary("under C̃_SGD a nondegenerate minimum moves by -(ε/4) H⁻¹∇⟨‖∇Ĉ_k - ∇C‖²⟩ + O(ε²)")
            .orders("distance of the points of rest 2")
            .on(
                &["quadratic", "logistic"],
                "the minimum must be nondegenerate: the factorisation's is a valley, the net's is not reached",
            )
            .source(SMITH),
        Theorem::new("single-order")
            .stating(
                Tracking::new(GradientDescent, Ordered)
                    .local(3)
                    .global(2)
                    .sampled(FixedOrder::ascending)
                    .twin("reverse the order", FixedOrder::descending),
            )
            .summary("SGD in one fixed order tracks -∇C̃_SGD + (ε/2m) Σ_{a<b} [∇Ĉ_a, ∇Ĉ_b]")
            .orders("one epoch 3, fixed time 2")
            .source(SMITH),
        Theorem::new("flip-flop")
            .stating(
                Tracking::new(GradientDescent, BatchPenalty::default())
                    .local(3)
                    .global(2)
                    .sampled(|_| FlipFlop)
                    .twin("never reverse", FixedOrder::ascending),
            )
            .summary("one order and then its reverse tracks the flow of C + (ε/4m) Σ‖∇Ĉ_k‖², without a mean")
            .orders("two epochs 3, fixed time 2")
            .source("Rajput, Lee & Papailiopoulos 2021, Permutation-based SGD, arXiv 2102.09718 (the scheme)"),
        Theorem::new("with-replacement")
            .stating(
                Tracking::new(GradientDescent, GradientPenalty::default())
                    .local(3)
                    .sampled(|m| IndependentDraws { steps: m })
                    .twin("reshuffle", |_| RandomReshuffling),
            )
            .stating(CovarianceFeedback)
            .summary("the mean of SGD with replacement tracks C̃_GD over one epoch, with -(ε/2) T:S at a fixed time")
            .orders("one epoch 3, fixed time 2")
            .on(
                &["quadratic", "factorisation", "mlp", "logistic", "two-minima", "tiny-net"],
                "",
            )
            .source("Smith, Dherin, Barrett & De 2021, arXiv 2101.12176; Li, Tai & E 2017, arXiv 1511.06251"),
        Theorem::new("stochastic-modified-equation")
            .stating(StochasticModifiedEquation)
            .summary("dX = -∇C dt + √ε Σ^½ dW has weak order 1, with C + (ε/4)‖∇C‖² weak order 2")
            .orders("fixed time 1 and 2, in E[w] and E[wwᵀ]")
            .on(
                &["quadratic", "quadratic-ill-conditioned"],
                "the moment equations close only on quadratics",
            )
            .source("Li, Tai & E 2017, Stochastic modified equations, arXiv 1511.06251"),
        Theorem::new("repartition")
            .stating(
                Tracking::new(GradientDescent, GradientPenalty::default())
                    .flow_for(|n| Repartitioned { examples: n, batch_size: 2 })
                    .local(3)
                    .global(2)
                    .sampled(|_| Repartition { batch_size: 2 })
                    .twin("visit single examples in a fixed order", FixedOrder::ascending)
                    .where_components(|n| match n {
                        4 | 6 => Ok(()),
                        _ => Err(format!("batches of 2 are dealt from 4 or 6 components, not from {n}")),
                    }),
            )
            .summary("examples dealt into new batches of B every epoch track C + (ε/4)‖∇C‖² + (ε/4B)((N-B)/(N-1)) Γ")
            .orders("one epoch 3, fixed time 2")
            .on(
                &["quadratic-examples", "net-examples"],
                "every partition is enumerated, so the loss must consist of 4 or 6 examples",
            )
            .source(SMITH),
        Theorem::new("substeps")
            .stating(
                Tracking::new(
                    Substeps { inner: GradientDescent, count: 3 },
                    BatchPenalty { substeps: 3 },
                )
                .local(3)
                .global(2)
                .sampled(|_| RandomReshuffling)
                .twin("sample with replacement", |m| IndependentDraws { steps: m }),
            )
            .summary("n steps of size ε/n on each minibatch track C + (ε/4mn) Σ‖∇Ĉ_k‖² (here n = 3)")
            .orders("one epoch 3, fixed time 2")
            .source(SMITH),
        Theorem::new("neural-tangent-kernel")
            .stating(KernelLimit)
            .summary("a two-layer net of width h trains like its linearisation up to O(h^(-1/2))")
            .orders("a bound: exponent at least 1/2 in 1/h")
            .on(&[WIDE_NET], "a statement about nets of growing width, on a net of its own")
            .source(
                "Jacot, Gabriel & Hongler 2018, arXiv 1806.07572; Lee et al. 2019, Wide neural \
                 networks of any depth evolve as linear models, arXiv 1902.06720",
            ),
    ]
}
