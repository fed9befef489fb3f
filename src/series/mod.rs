//! Exact series: the same optimizers and flows, for every smooth loss at once.
//!
//! A coloured B-series is a formal sum Σ_τ c(τ)/σ(τ) F(τ)(w) over rooted trees whose nodes are
//! coloured by minibatches. F(τ) is the elementary differential of f_a = −∇Ĉ_a: a node of colour a
//! with k children is the k-th derivative of f_a applied to theirs. [`Series`] is an
//! [`Arithmetic`](crate::arithmetic::Arithmetic), so an optimizer's one `step` and a claim's one
//! `field` run in it unchanged and can be compared tree by tree, in exact rationals.
//!
//! Source: Butcher 2021, B-Series; Hairer, Lubich & Wanner 2006, Geometric numerical integration,
//! chapters III and IX.

mod arithmetic;
mod claimed;
mod composition;
mod derive;
mod effort;
mod exact;
mod fault;
mod gradient;
mod manifold;
pub mod maps;
mod measured;
mod polynomial;
mod proof;
mod prove;
mod start;
mod tree;
mod truncation;
mod watch;

pub use arithmetic::{BSeries, Misuse, Series};
pub use composition::{Composer, Ring};
pub use derive::{Derived, Row, derive, derive_exactly, modified_field};
pub use effort::Effort;
pub use exact::{ExactFlow, ExactOptimizer};
pub use fault::SeriesFault;
pub use gradient::{Contraction, modified_loss};
pub use manifold::slow_manifold;
pub use measured::flow_of;
pub use polynomial::Polynomial;
pub(crate) use proof::disagreement;
pub use proof::{Mismatch, Proof, ProofStatus, ProvedBatches};
pub use prove::{Claim, prove, prove_equal};
pub(crate) use prove::{Looked, MapSide, prove_alone, prove_coloured};
pub use tree::{Forest, Tree, TreeId, count_trees};
pub use watch::looks_at_minibatches;

/// Exact rationals of any size.
pub type Rational = num_rational::BigRational;
