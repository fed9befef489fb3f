//! What can be wrong with a loss before anything is measured on it.

use std::fmt::{Display, Formatter};

use crate::loss::place::{Digits, Place};

/// What a loss computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Ĉ_k(w).
    Value,
    /// g_k(w).
    Gradient,
    /// H_k(w) v.
    HessianVector,
    /// T_k(w)[u, v].
    ThirdDerivative,
    /// g_k + c H_k g_k.
    PenalizedGradient,
    /// ⟨g_k + c H_k g_k⟩.
    MeanPenalizedGradient,
    /// g_k, eight at once.
    GradientInLanes,
}

impl Display for Quantity {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Quantity::Value => "value",
            Quantity::Gradient => "gradient",
            Quantity::HessianVector => "Hessian–vector product",
            Quantity::ThirdDerivative => "third derivative",
            Quantity::PenalizedGradient => "penalised gradient",
            Quantity::MeanPenalizedGradient => "mean penalised gradient",
            Quantity::GradientInLanes => "gradient at many points at once",
        })
    }
}

/// One entry of what a loss computes: of which quantity, which component, which minibatch, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The quantity.
    pub quantity: Quantity,
    /// The component, counted from 0; 0 for a value.
    pub component: usize,
    /// The minibatch, counted from 0.
    pub batch: usize,
    /// The point.
    pub place: Place,
}

impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Entry { quantity, component, batch, place } = self;
        match quantity {
            Quantity::Value => write!(f, "the value of minibatch {batch} at {place}"),
            Quantity::MeanPenalizedGradient => {
                write!(f, "component {component} of the {quantity} at {place}")
            }
            _ => {
                write!(f, "component {component} of the {quantity} of minibatch {batch} at {place}")
            }
        }
    }
}

/// Why nothing can be measured on a loss: it is not what it says it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// Two calls with the same arguments give two answers.
    #[error("{entry} is {} at one call and {} at the next; a loss must give the same answer every time", Digits(*.first), Digits(*.second))]
    NotRepeatable {
        /// What was computed.
        entry: Entry,
        /// What the first call gave.
        first: f64,
        /// What the second call gave.
        second: f64,
    },
    /// A value or a gradient that is no number at the start.
    #[error("{entry} is {value}; every number must be finite at the start")]
    NotFinite {
        /// What was computed.
        entry: Entry,
        /// The number.
        value: f64,
    },
    /// A gradient that is not the derivative of its value, or another derivative that is not that of
    /// the one below it.
    #[error("{entry} is {}, but the {of} changes there at the rate {}{}", Digits(*.claimed), Digits(*.found), show_bar(*.bar))]
    NotTheDerivative {
        /// What was computed.
        entry: Entry,
        /// What it is said to be the derivative of.
        of: Quantity,
        /// What was computed.
        claimed: f64,
        /// The derivative of `of`.
        found: f64,
        /// The bar of `found`; 0 where it comes from automatic differentiation.
        bar: f64,
    },
    /// A value whose automatic derivative is not how it changes.
    #[error("{entry} changes along its gradient at the rate {}, but its derivative in jets is {}; it is computed by way of a bare number, which carries no derivatives", Digits(*.found), Digits(*.in_jets))]
    Detached {
        /// The value.
        entry: Entry,
        /// How it changes, by differences.
        found: f64,
        /// What jets say.
        in_jets: f64,
    },
    /// Code for `f64` that does not compute what the generic code does.
    #[error("{entry} is {} in f64, but computed otherwise it is {}", Digits(*.found), Digits(*.expected))]
    OtherCode {
        /// What was computed.
        entry: Entry,
        /// What the code for `f64` gives.
        found: f64,
        /// What it should give.
        expected: f64,
    },
    /// Numbers that are as coarse as single precision.
    #[error("the {}s carry about {digits} digits: {entry} is {} where {} is expected; compute them in f64", .entry.quantity, Digits(*.found), Digits(*.expected))]
    FewDigits {
        /// What was computed.
        entry: Entry,
        /// The digits that it carries.
        digits: u32,
        /// The number.
        found: f64,
        /// A better one.
        expected: f64,
    },
    /// A Hessian that is not symmetric: the gradient is that of no function.
    #[error("the Hessian of minibatch {batch} at {place} is not symmetric: entry ({row}, {column}) is {}, entry ({column}, {row}) is {}; the gradient is that of no function", Digits(*.above), Digits(*.below))]
    NotSymmetric {
        /// The minibatch, counted from 0.
        batch: usize,
        /// The point.
        place: Place,
        /// The row, counted from 0.
        row: usize,
        /// The column, counted from 0.
        column: usize,
        /// The entry (row, column).
        above: f64,
        /// The entry (column, row).
        below: f64,
    },
    /// As [`NotSymmetric`](Flaw::NotSymmetric), where there are too many entries to look for the worst.
    #[error("the Hessian H of minibatch {batch} at {place} is not symmetric: ⟨u, H v⟩ is {}, ⟨v, H u⟩ is {} for two random directions; the gradient is that of no function", Digits(*.above), Digits(*.below))]
    NotSymmetricAlong {
        /// The minibatch, counted from 0.
        batch: usize,
        /// The point.
        place: Place,
        /// ⟨u, H v⟩.
        above: f64,
        /// ⟨v, H u⟩.
        below: f64,
    },
    /// A value that is not continuous.
    #[error("the value of minibatch {batch} jumps near {place}: there it changes by {}, but the integral of its gradient is {}", Digits(*.change), Digits(*.integral))]
    Jump {
        /// The minibatch, counted from 0.
        batch: usize,
        /// Where.
        place: Place,
        /// What the value changes by.
        change: f64,
        /// What it should change by.
        integral: f64,
    },
    /// A loss that claims to be quadratic and is not.
    #[error("is_quadratic is claimed, but {entry} is {}, not 0, in random directions", Digits(*.third))]
    NotQuadratic {
        /// The third derivative.
        entry: Entry,
        /// Its value.
        third: f64,
    },
}

fn show_bar(bar: f64) -> String {
    if bar > 0.0 { format!(" ± {bar:.0e}") } else { String::new() }
}
