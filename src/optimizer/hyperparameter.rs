//! Ranges of hyperparameters, checked where a method is made.

use crate::scalar::Ratio;

/// A hyperparameter outside the range in which the method is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {value} is out of range: {wanted}")]
pub struct OutOfRange {
    /// The hyperparameter.
    pub name: &'static str,
    /// The value given.
    pub value: Ratio,
    /// What would be accepted.
    pub wanted: &'static str,
}

/// The coefficient of a memory that fades: in [0, 1).
pub(super) fn fading(name: &'static str, value: Ratio) -> Result<Ratio, OutOfRange> {
    let fades = value >= Ratio::new(0, 1) && value < Ratio::new(1, 1);
    let wanted = "at least 0 and below 1, so that memory fades";
    if fades { Ok(value) } else { Err(OutOfRange { name, value, wanted }) }
}

/// Above 0.
pub(super) fn positive(name: &'static str, value: Ratio) -> Result<Ratio, OutOfRange> {
    let wanted = "above 0";
    if value > Ratio::new(0, 1) { Ok(value) } else { Err(OutOfRange { name, value, wanted }) }
}
