//! Claimed flows: the differential equations that are said to pass through an optimizer's iterates.

mod adaptive;
mod batch_penalty;
mod continued;
mod corrected_rounds;
mod decayed;
mod decayed_momentum;
mod differentials;
mod float_only;
mod geometry;
mod gradient_flow;
mod gradient_penalty;
mod higher_terms;
mod lagged;
mod map_flow;
mod modified_loss;
mod momentum;
mod normalised_ascent;
mod ordered;
mod penalties;
mod players;
mod repartition;
mod right_hand_side;
mod ring;
mod scheduled;
mod shuffled_adaptive;
mod shuffled_map;
mod shuffled_next;
mod three_terms;
mod tree_flow;

pub use adaptive::Adaptive;
pub use batch_penalty::BatchPenalty;
pub use continued::Continued;
pub use corrected_rounds::CorrectedRounds;
pub use decayed::DecayedPenalty;
pub use decayed_momentum::DecayedMomentum;
pub use geometry::{GroupedFlow, MirrorFlow, NaturalFlow};
pub use gradient_flow::GradientFlow;
pub use gradient_penalty::GradientPenalty;
pub use higher_terms::{five_terms, four_terms, rk4_terms};
pub use lagged::{Lagged, Observable, Slot, mean_age};
pub use map_flow::MapFlow;
pub(crate) use map_flow::{MapNode, Weight};
pub use modified_loss::ModifiedLoss;
pub use momentum::MomentumPenalty;
pub use normalised_ascent::NormPenalty;
pub use ordered::Ordered;
pub use penalties::Penalties;
pub use players::PlayersFlow;
pub use repartition::Repartitioned;
pub use right_hand_side::{Along, add_foreign_term};
pub use ring::RingPenalty;
pub use scheduled::ScheduledFlow;
pub use shuffled_adaptive::ShuffledAdaptive;
pub use shuffled_map::ShuffledMap;
pub use shuffled_next::ShuffledNext;
pub use three_terms::ThreeTerms;
pub use tree_flow::{Differential, TreeFlow};

use std::borrow::Cow;

use crate::arithmetic::{Arithmetic, Numeric};
use crate::scalar::running::erase;
use crate::scalar::{Ratio, Scalar};

/// One named term of a claimed flow: coefficient · ε^power.
///
/// Where a modified loss exists the coefficient belongs to the penalty in it (¼ of ‖g‖²), and
/// [`Flow::field`] takes the penalty's gradient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What the coefficient multiplies, as reports name it.
    pub name: Cow<'static, str>,
    /// The exact coefficient.
    pub coefficient: Ratio,
    /// The power of the step size ε.
    pub power: u32,
}

impl Term {
    /// `numerator/denominator` · ε^`power` of what `name` says.
    ///
    /// # Panics
    /// If `denominator` is zero.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        numerator: i64,
        denominator: i64,
        power: u32,
    ) -> Self {
        Term { name: name.into(), coefficient: Ratio::new(numerator, denominator), power }
    }

    /// coefficient · `eps`^power: what [`Flow::field`] receives at the step size `eps`.
    pub fn at(&self, eps: f64) -> f64 {
        (0..self.power).fold(f64::from_ratio(self.coefficient), |product, _| product * eps)
    }
}

/// A claimed flow w′ = F(t, w), written once over an arithmetic.
///
/// The coefficients are data: controls edit them, recovery measures them, reports print them. So
/// `field` receives them instead of naming them, already multiplied by their powers of ε.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no flow in the arithmetic `{A}`",
    note = "write `impl<A: Arithmetic> Flow<A> for …` to have it in all of them, or hand over `AnyFlow::float_only(…)` to `Tracking::measured` if it is known in `f64` only"
)]
pub trait Flow<A: Arithmetic>: Send + Sync {
    /// The terms whose coefficients the claim names.
    fn terms(&self) -> Vec<Term>;

    /// F(t, w), with `c[i]` = coefficientᵢ · ε^powerᵢ in the order of [`terms`](Flow::terms).
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector;

    /// Where the flow starts if the iterates start at `w`: elsewhere for optimizers that have to pick
    /// up speed. `c` as in [`field`](Flow::field).
    fn start(&self, _a: &mut A, _c: &[A::Number], w: A::Vector) -> A::Vector {
        w
    }
}

erase! {
    followed:
    /// A flow erased to the arithmetics that run: measured in `f64` and double-double, integrated by
    /// Taylor series in the jets of both.
    Integrable = Flow<Numeric<_>>,
    /// A scalar in which flows are integrated.
    Followed::flow,
    /// A flow, in all scalars that run or in `f64` alone.
    AnyFlow,
}

/// `n` as superscript digits.
pub(crate) fn superscript(n: usize) -> String {
    let digit = |c: char| match c {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' => '⁰',
        other => char::from_u32(0x2070 + other as u32 - '0' as u32).unwrap_or(other),
    };
    n.to_string().chars().map(digit).collect()
}

/// "ε⁰", "ε", "ε²", …
pub(crate) fn power_of_step(power: u32) -> String {
    if power == 1 { "ε".to_owned() } else { format!("ε{}", superscript(power as usize)) }
}
