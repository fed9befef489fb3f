//! Series in two variables with enclosures as coefficients: what certificates are computed in.

use super::{Interval, Jet};

/// Coefficients in either variable: orders 0 to 7.
const SHORT: usize = 8;

/// A series in the inner variable.
pub type Inner = Jet<Interval, SHORT>;

/// A series in an outer variable (time, or a direction) whose coefficients are series in an inner one (the step
/// size). One scalar serves for all of them, because jets know their lengths at run time.
pub type Enclosure = Jet<Inner, SHORT>;
