//! Epochs of minibatches, of other methods than descent or of other kinds than whole and in fresh orders.

use crate::arithmetic::maps::{Direction, Scaled};
use crate::flow::{BatchPenalty, Penalties, ShuffledAdaptive, ShuffledMap};
use crate::optimizer::{
    Accumulated, Adam, CentredMomentum, Directed, GradientDescent, OutOfRange, Restarted,
    SharpnessAware, VarianceReduced,
};
use crate::sampling::{
    Draw, FixedOrder, IndependentDraws, KeptOrder, RandomReshuffling, Sampling, WithoutReplacement,
};
use crate::scalar::Ratio;
use crate::theorem::{Theorem, Tracking};

const ONE: Ratio = Ratio::new(1, 1);
const QUARTER: Ratio = Ratio::new(1, 4);
/// The minibatches of an epoch where a method is made for a number of them.
const EPOCH: u32 = 3;

fn of_an_epoch(m: usize) -> Result<(), String> {
    if m == EPOCH as usize {
        return Ok(());
    }
    Err(format!(
        "a method of periods of {EPOCH} steps fits epochs of as many minibatches, not of {m}"
    ))
}

/// As many steps on the whole loss as there are minibatches.
fn whole_loss(m: usize) -> impl Sampling {
    move |path: &[Draw], _: usize| if path.len() < m { vec![Draw::Full] } else { Vec::new() }
}

fn theorem(id: &str) -> Theorem {
    Theorem::new(id).with_orders("one epoch 3, fixed time 2")
}

/// One order for ever, and epochs that are not whole.
fn other_orders() -> Vec<Theorem> {
    vec![
        theorem("shuffle-once")
            .stating(
                Tracking::new(GradientDescent, BatchPenalty::default())
                    .local(3)
                    .global(2)
                    .sampled(|_| KeptOrder)
                    .twin_sampling("keep the order that is given", FixedOrder::ascending),
            )
            .with_summary("one random order kept for all epochs: the mean over the orders still tracks C + (ε/4m) Σ‖∇Ĉ_k‖²")
            .with_losses(["quadratic", "factorisation", "mlp", "logistic", "two-minima"], "")
            .with_source("Smith, Dherin, Barrett & De 2021, arXiv 2101.12176 (fresh orders); also derived here"),
        Theorem::new("drop-last")
            .stating(
                Tracking::new(GradientDescent, Penalties::of_dropping_the_last(3))
                    .flow_for(Penalties::of_dropping_the_last)
                    .local(3)
                    .sampled(|_| WithoutReplacement { left_out: 1 })
                    .twin_sampling("drop nothing", |_| RandomReshuffling)
                    .where_components(|m| match m {
                        0 | 1 => Err(format!("of {m} minibatches none can be dropped")),
                        _ => Ok(()),
                    }),
            )
            .with_summary("epochs that drop the last of m minibatches track C + (ε/4)‖∇C‖² + (ε/4)((m−2)/(m−1))⟨‖∇Ĉ_k − ∇C‖²⟩")
            .with_orders("one epoch 3")
            .with_source("Smith, Dherin, Barrett & De 2021, arXiv 2101.12176 (whole epochs); also derived here"),
    ]
}

/// Methods with a memory of the minibatches.
fn with_memory() -> Result<Vec<Theorem>, OutOfRange> {
    let beta = Ratio::new(1, 2);
    Ok(vec![
        theorem("svrg")
            .stating(
                Tracking::new(VarianceReduced::new(EPOCH)?, Penalties::undisturbed(ONE))
                    .local(3)
                    .global(2)
                    .sampled(|_| RandomReshuffling)
                    .twin_optimizer("never correct the gradients", GradientDescent)
                    .where_components(of_an_epoch),
            )
            .with_summary("SVRG over reshuffled epochs tracks C + (ε/4)‖∇C‖²: the penalty on disagreement is gone")
            .with_source("Johnson & Zhang 2013, Accelerating SGD using predictive variance reduction (the method); also derived here"),
        Theorem::new("heavy-ball-reshuffled")
            .stating(
                Tracking::measured(CentredMomentum::new(beta)?, Penalties::of_shuffled_momentum(beta, 3))
                    .measured_flow_for(move |m| Penalties::of_shuffled_momentum(beta, m))
                    .unprovable("its memory is random from epoch to epoch, and lies on no slow manifold")
                    .global(2)
                    .sampled(|_| RandomReshuffling)
                    .twin_sampling("sample with replacement", |m| IndependentDraws { steps: m })
                    .twin_optimizer("take the momentum out", GradientDescent),
            )
            .with_summary("over reshuffled epochs the heavy ball (β = ½) amplifies ‖∇C‖² but not ⟨‖∇Ĉ_k − ∇C‖²⟩, which κ multiplies")
            .with_orders("fixed time 2, of z = w + βv/(1−β)")
            .with_source("Ghosh et al. 2023, arXiv 2302.00849 (the averaged iterate); also derived here"),
        theorem("gradient-accumulation")
            .stating(
                Tracking::new(
                    Accumulated::new(EPOCH)?,
                    Penalties::undisturbed(Ratio::new(1, i64::from(EPOCH))),
                )
                .local(3)
                .global(2)
                .sampled(|_| RandomReshuffling)
                .twin_optimizer(
                    "weigh the gradients by 1 % too much",
                    Accumulated::weighted(EPOCH, Ratio::new(101, 100))?,
                )
                .twin_optimizer("step on every minibatch", GradientDescent)
                .where_components(of_an_epoch),
            )
            .with_summary("a step an epoch on accumulated gradients tracks (1/m)[C + (ε/4)‖∇C‖²], on every order of the minibatches")
            .with_source("Barrett & Dherin 2021, arXiv 2009.11162 (the flow of what is left); derived here"),
    ])
}

/// Why Adam over random orders is not among the proofs.
const MANY: &str = "its field has thousands of elementary differentials for three minibatches; a test proves it for two and three";

/// Adam, begun anew at every epoch.
fn adam() -> Result<Vec<Theorem>, OutOfRange> {
    let (beta1, beta2, stabiliser) = (Ratio::new(1, 2), Ratio::new(3, 4), Ratio::new(1, 5));
    let inner = Adam::new(beta1, beta2, stabiliser, true)?;
    let restarted = |inner| Restarted { inner, every: EPOCH };
    let flow = ShuffledAdaptive { beta1, beta2, psi: Scaled { stabiliser, inside: true } };
    Ok(vec![
        Theorem::new("adam-reshuffled")
            .stating(
                Tracking::measured(restarted(inner), flow)
                    .unprovable(MANY)
                    .local(3)
                    .sampled(|_| RandomReshuffling)
                    .twin_sampling("sample with replacement", |m| IndependentDraws { steps: m })
                    .twin_sampling("take the whole loss", whole_loss)
                    .twin_optimizer("do not correct the means", restarted(inner.uncorrected()))
                    .where_components(of_an_epoch),
            )
            .with_summary("the mean over all orders of an epoch of Adam from fresh means tracks −(1/m) E Σψ(M_i, V_i) + ε F₁: a field of its own, no penalty")
            .with_orders("one epoch 3")
            .with_losses(["quadratic", "factorisation", "logistic"], "a step of the flow takes all orders of the epoch, with Hessians")
            .with_source("Cattaneo, Klusowski & Shigida 2024, arXiv 2309.00079 (a given order); the mean over orders is derived here"),
    ])
}

/// Methods that make something else of each minibatch gradient than a step along it.
fn of_each_minibatch() -> Result<Vec<Theorem>, OutOfRange> {
    let (rho, threshold) = (Ratio::new(1, 2), ONE);
    // −∇[C + ε(¼ + ρ/2)(‖g‖² + ⟨‖g_k − g‖²⟩)], ρ in units of ε.
    let both = QUARTER + rho * Ratio::new(1, 2);
    let shuffled = |tracking: Tracking| {
        tracking
            .local(3)
            .global(2)
            .sampled(|_| RandomReshuffling)
            .twin_sampling("take the whole loss", whole_loss)
    };
    let clipped = ShuffledMap { psi: Direction::Clipped { threshold } };
    Ok(vec![
        theorem("m-sam")
            .stating(shuffled(Tracking::new(SharpnessAware::new(rho), Penalties::of_each(both))))
            .with_summary("SAM on reshuffled minibatches (ρ = ε/2), ascent on the same one, tracks C + (ε/4 + ρ/2)⟨‖∇Ĉ_k‖²⟩")
            .with_source("Foret et al. 2021, arXiv 2010.01412 (the method, m-sharpness); also derived here"),
        theorem("shuffled-clipping")
            .stating(shuffled(Tracking::new(Directed::clipped(threshold)?, clipped)))
            .with_summary("clipping every minibatch gradient tracks −⟨ψ(g_k)⟩ − (ε/2)⟨ψ′(g_k)H_kψ(g_k)⟩: ψ stays under the mean")
            .with_source("Pascanu et al. 2013, arXiv 1211.5063 (clipping); also derived here"),
    ])
}

pub(super) fn theorems() -> Vec<Theorem> {
    // Every setting is within its range: a test of the catalogue counts them.
    let methods = [of_each_minibatch(), with_memory(), adam()]
        .into_iter()
        .flat_map(Result::unwrap_or_default);
    other_orders().into_iter().chain(methods).collect()
}
