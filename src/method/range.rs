//! The values that a setting may have.

use std::fmt;

use crate::scalar::Ratio;

/// An interval of ratios, open or closed at either end, or unbounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The least value.
    pub at_least: Option<Ratio>,
    /// What is below every value.
    pub above: Option<Ratio>,
    /// The largest value.
    pub at_most: Option<Ratio>,
    /// What is above every value.
    pub below: Option<Ratio>,
}

impl Range {
    /// Every ratio.
    pub const fn any() -> Self {
        Range { at_least: None, above: None, at_most: None, below: None }
    }

    /// From 0 on, below 1: the coefficient of a memory that fades.
    pub const fn fading() -> Self {
        let (zero, one) = (Ratio::new(0, 1), Ratio::new(1, 1));
        Range { at_least: Some(zero), below: Some(one), ..Range::any() }
    }

    /// Above 0.
    pub const fn positive() -> Self {
        Range { above: Some(Ratio::new(0, 1)), ..Range::any() }
    }

    /// From 0 on.
    pub const fn not_negative() -> Self {
        Range { at_least: Some(Ratio::new(0, 1)), ..Range::any() }
    }

    /// From `least` to `most`, both included.
    pub const fn within(least: i64, most: i64) -> Self {
        let (least, most) = (Ratio::new(least, 1), Ratio::new(most, 1));
        Range { at_least: Some(least), at_most: Some(most), ..Range::any() }
    }

    /// Whether `value` is in it.
    pub fn contains(&self, value: Ratio) -> bool {
        value.is_defined()
            && self.at_least.is_none_or(|least| value >= least)
            && self.above.is_none_or(|bound| value > bound)
            && self.at_most.is_none_or(|most| value <= most)
            && self.below.is_none_or(|bound| value < bound)
    }

    /// The bounds it has, each by its name.
    pub fn bounds(&self) -> Vec<(&'static str, Ratio)> {
        let named = [
            ("at_least", self.at_least),
            ("above", self.above),
            ("at_most", self.at_most),
            ("below", self.below),
        ];
        named.into_iter().filter_map(|(name, bound)| Some((name, bound?))).collect()
    }
}

impl fmt::Display for Range {
    /// "at least 0 and below 1".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = (self.bounds().into_iter())
            .map(|(name, bound)| format!("{} {bound}", name.replace('_', " ")))
            .collect();
        f.write_str(&parts.join(" and "))
    }
}
