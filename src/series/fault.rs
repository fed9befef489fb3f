//! Why a series cannot be had, or a claim not be proved by one.

use super::Misuse;

/// Why a series could not be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesFault {
    /// Too many trees.
    #[error(
        "order {order} with {} needs about {} GB for {} trees, and {allowed} GB are allowed; take a lower \
         order or fewer batches",
        counted(*colours), rounded(*gigabytes), rounded(*trees as f64)
    )]
    TooLarge {
        /// The order asked for.
        order: usize,
        /// The number of colours.
        colours: usize,
        /// The number of trees.
        trees: u128,
        /// The memory they would need.
        gigabytes: f64,
        /// The memory they may take.
        allowed: f64,
    },
    /// The memory of the optimizer determines no slow manifold.
    #[error(
        "the optimizer's memory determines no slow manifold: it does not forget at a fixed rate \
         (momentum needs β other than 1)"
    )]
    NoSlowManifold,
    /// The optimizer moves w at ε = 0, or has series that mean nothing.
    #[error("the optimizer has no series: {0}")]
    NoSeries(&'static str),
    /// A step of size 0 moves the parameters.
    #[error("a step of size ε = 0 moves the parameters, so that no flow in t = nε is followed")]
    MovesAtZero,
    /// Memory over random minibatches.
    #[error(
        "the method remembers, and its minibatches are random: its memory is random too and lies on no slow \
         manifold. For the heavy ball over reshuffled epochs it is known to multiply the penalty on the \
         minibatches' disagreement by κ = 1 − 2S/(m(m − 1)), S = mβ/(1 − β) − β(1 − βᵐ)/(1 − β)²"
    )]
    RandomMemory,
    /// Memory over a block of several steps, which trees of the loss alone do not hold.
    #[error("the method remembers over a block of several steps")]
    BlockMemory,
    /// The optimizer does what series do not follow.
    #[error(transparent)]
    Misused(#[from] Misuse),
    /// Coefficients mix powers of ε.
    #[error("the coefficient of {tree} mixes powers of ε; give hyperparameters in units of ε")]
    Mixed {
        /// The tree.
        tree: String,
    },
    /// Too many paths.
    #[error("{paths:.1e} orders of {batches} batches are too many to average; take fewer batches")]
    TooManyPaths {
        /// The number of paths.
        paths: f64,
        /// The number of batches.
        batches: usize,
    },
    /// The claimed field is none, or has no series.
    #[error("the claimed field is no vector field")]
    NoField,
    /// What an author wrote panicked.
    #[error("it panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// A coefficient of the claim is no ratio of integers.
    #[error("a coefficient of the claim divides by zero, or needs integers beyond 128 bits")]
    Undefined,
    /// The claimed field depends on the time.
    #[error("the claimed field depends on time")]
    Timed,
    /// The claimed flow starts at another point than the iterates.
    #[error("the flow starts elsewhere than the iterates")]
    StartsElsewhere,
    /// The method starts away from where its series describes it.
    #[error("it does not start on its slow manifold, and a shifted start is no field")]
    StartsOffManifold,
    /// The claimed field may have a low power of ε with trees larger than any looked at.
    #[error(
        "the claimed field may have terms with more than {nodes} nodes at a power of ε that the claim \
         speaks of"
    )]
    TooDeep {
        /// The nodes of the largest trees looked at.
        nodes: usize,
    },
    /// Every number of minibatches that the claim admits is too large.
    #[error("it admits no number of minibatches up to {most}, the most that are proved")]
    NoBatches {
        /// The most minibatches that are proved.
        most: usize,
    },
}

impl SeriesFault {
    /// Whether there may be a series with maps where trees of the loss alone fail like this.
    pub(crate) fn may_have_maps(&self) -> bool {
        let finite = matches!(
            self,
            SeriesFault::NoSeries(_)
                | SeriesFault::NoField
                | SeriesFault::NoSlowManifold
                | SeriesFault::Mixed { .. }
        );
        self.applies_maps() || finite
    }

    /// Whether it is maps, the time, or what is done with their help, that trees of the loss alone do not hold.
    pub(super) fn applies_maps(&self) -> bool {
        let needs =
            matches!(self, SeriesFault::Misused(Misuse::Map | Misuse::Inverse | Misuse::Time));
        needs
            || matches!(
                self,
                SeriesFault::Timed | SeriesFault::BlockMemory | SeriesFault::RandomMemory
            )
    }

    /// What a report says of a claim that this keeps from being proved.
    pub fn reason(&self) -> String {
        format!("not proved: {self}")
    }
}

/// "1 minibatch", "2 minibatches".
fn counted(batches: usize) -> String {
    format!("{batches} minibatch{}", if batches == 1 { "" } else { "es" })
}

/// A large number as people read it.
fn rounded(x: f64) -> String {
    if x < 1e7 { format!("{x:.0}") } else { format!("{x:.1e}") }
}
