//! Points and numbers as sentences show them.

use std::fmt::{Display, Formatter};

/// Coordinates that a sentence shows of a point.
const SHOWN: usize = 3;

/// A point of parameter space, shown by its first three coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Place(pub Vec<f64>);

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("w = (")?;
        for (i, &x) in self.0.iter().take(SHOWN).enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            // Six digits tell places apart; a rounded number that does not read back is no number.
            let rounded = format!("{x:.5e}").parse().unwrap_or(x);
            Digits(rounded).fmt(f)?;
        }
        f.write_str(if self.0.len() > SHOWN { ", …)" } else { ")" })
    }
}

/// A number with every digit it has, in powers of ten where it is very large or very small.
pub(super) struct Digits(pub(super) f64);

impl Display for Digits {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let size = self.0.abs();
        let plain = size <= 0.0 || !size.is_finite() || (1e-4..1e7).contains(&size);
        if plain { write!(f, "{}", self.0) } else { write!(f, "{:e}", self.0) }
    }
}
