//! What a reader of the papers on modified losses concludes: spread, generalization, long times, many minibatches.

use super::SMITH;
use crate::theorem::{
    BatchSize, CriticalPointsMove, EqualCurvature, Fisher, GeneralizationGap, LongTimes,
    SpreadAtFixedTime, SpreadOfOneEpoch, Theorem, UniformInBatches, ValleyDrift,
};

pub(super) fn theorems() -> Vec<Theorem> {
    vec![
        Theorem::new("spread")
            .stating(SpreadOfOneEpoch)
            .stating_where_measurable(SpreadAtFixedTime)
            .with_summary("reshuffled runs spread by ε⁴K in an epoch and by ε³S at a fixed time, S′ = −HS − SH + K/m, K of the brackets [∇Ĉ_j, ∇Ĉ_k]")
            .with_orders("error of the covariance after one epoch 5, at a fixed time 4")
            .with_losses(["quadratic", "factorisation", "logistic", "mlp"], "")
            .with_source("derived here; the brackets: Smith, Dherin, Barrett & De 2021, arXiv 2101.12176"),
        Theorem::new("fisher")
            .stating(Fisher)
            .with_summary("Γ = tr F_emp − ‖∇C‖², and over all deals into batches of B the mean of ⟨‖∇Ĉ_k − ∇C‖²⟩ is ((N−B)/(B(N−1))) Γ")
            .with_orders("identity")
            .with_losses(["quadratic-examples", "net-examples"],
                "every deal is listed, so the loss must consist of 4 or 6 examples",
            )
            .with_source("Cochran 1977, Sampling techniques (the variance of a mean without replacement); Smith, Dherin, Barrett & De 2021, arXiv 2101.12176"),
        Theorem::new("batch-size")
            .stating(BatchSize)
            .with_summary("with ε = ηB the penalty of dealt batches is (η/4)[B‖∇C‖² + ((N−B)/(N−1)) Γ]: the second part depends on ε/B alone, up to (N−B)/(N−1)")
            .with_orders("difference of two sizes: one epoch 3, fixed time 2")
            .with_losses(["quadratic-examples", "net-examples"],
                "every deal is enumerated, so the loss must consist of 4 or 6 examples",
            )
            .with_source(SMITH),
        Theorem::new("critical-points-move")
            .stating(CriticalPointsMove)
            .with_summary("under C̃_SGD saddles and basin boundaries move like minima, by −(ε/4) H⁻¹∇⟨‖∇Ĉ_k − ∇C‖²⟩ + O(ε²)")
            .with_orders("distance of the points of rest 2")
            .with_losses(["quadratic-indefinite", "two-minima"],
                "there must be a nondegenerate saddle or maximum at which the minibatches disagree",
            )
            .with_source("derived here from the modified loss of Smith, Dherin, Barrett & De 2021, arXiv 2101.12176"),
        Theorem::new("generalization-gap")
            .stating(GeneralizationGap)
            .stating_where_measurable(EqualCurvature)
            .with_summary("weight δ taken from a minibatch raises its loss by δ g_kᵀH⁻¹g_k, in the mean δ tr(H⁻¹Σ); where H = cI by δ⟨‖∇Ĉ_k − ∇C‖²⟩/c")
            .with_orders("in the weight 2")
            .with_losses(["quadratic", "logistic", "two-minima"],
                "the minimum must be nondegenerate: the factorisation's is a valley, the net's is not reached",
            )
            .with_source("derived here; influence functions: Koh & Liang 2017, arXiv 1703.04730"),
        Theorem::new("long-times")
            .stating(LongTimes)
            .with_summary("towards a nondegenerate minimum descent stays within O(ε²) of the flow of C̃_GD, and its reshuffled mean of that of C̃_SGD, for all times at once")
            .with_orders("all times 2")
            .with_losses(["quadratic", "logistic", "two-minima"],
                "the minimum must be nondegenerate: the factorisation's is a valley, the net's is not reached",
            )
            .with_source("derived here from the local order and the contraction near the minimum"),
        Theorem::new("uniform-in-m")
            .stating(UniformInBatches)
            .with_summary("one reshuffled epoch is within Aε(mε)² of the flow of C̃_SGD, with A independent of the number m of minibatches")
            .with_orders("one epoch: 1 in ε at fixed mε, 4 in mε with ε ~ (mε)²")
            .with_losses(["quadratic", "quadratic-ill-conditioned"],
                "the mean over the orders of hundreds of minibatches has a recursion only where steps are affine",
            )
            .with_source("derived here with exact series and the hook-length formula"),
        Theorem::new("valley-drift")
            .stating(ValleyDrift)
            .with_summary("along a valley of minima single reshuffled runs follow x′ = −¼P∇⟨‖∇Ĉ_k − ∇C‖²⟩ over times τ/ε, and spread by ε²S there")
            .with_orders("at the slow time εt: root mean square distance 1, covariance 3")
            .with_losses(["two-profile-valley"],
                "a statement about a straight valley of minima",
            )
            .with_source("derived here; for label noise: Li, Wang & Arora 2022, arXiv 2110.06914"),
    ]
}
