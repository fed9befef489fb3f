//! A sentence computed from numbers, and whether it agrees with what was expected.

use std::fmt;

use crate::measure::Estimate;

/// Whether what was found is what the source reports or the theory predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// It is.
    Agrees,
    /// It is not.
    Disagrees,
    /// The spread over runs is too large to tell.
    Undecided,
    /// Nothing was expected: what was found is only reported.
    Unclaimed,
}

impl Agreement {
    /// Agrees if `holds`, else disagrees: for what has no spread.
    pub fn when(holds: bool) -> Self {
        if holds { Agreement::Agrees } else { Agreement::Disagrees }
    }

    /// Whether `estimate`, with its whole bar, lies above `bound`.
    pub fn above(estimate: Estimate, bound: f64) -> Self {
        let Estimate { value, half_width } = estimate;
        if value - half_width > bound {
            Agreement::Agrees
        } else if value + half_width < bound {
            Agreement::Disagrees
        } else {
            Agreement::Undecided
        }
    }

    /// Whether `estimate`, with its whole bar, lies below `bound`.
    pub fn below(estimate: Estimate, bound: f64) -> Self {
        Self::above(Estimate { value: -estimate.value, ..estimate }, -bound)
    }

    /// Whether `estimate`, with its whole bar, lies within `tolerance` of `expected`.
    pub fn near(estimate: Estimate, expected: f64, tolerance: f64) -> Self {
        let off = (estimate.value - expected).abs();
        if off + estimate.half_width <= tolerance {
            Agreement::Agrees
        } else if off - estimate.half_width > tolerance {
            Agreement::Disagrees
        } else {
            Agreement::Undecided
        }
    }

    /// Agrees if both do, disagrees if either does; what is unclaimed does not count.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Agreement::Agrees, Agreement::Agrees) => Agreement::Agrees,
            (Agreement::Disagrees, _) | (_, Agreement::Disagrees) => Agreement::Disagrees,
            (Agreement::Unclaimed, other) | (other, Agreement::Unclaimed) => other,
            _ => Agreement::Undecided,
        }
    }

    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Agreement::Agrees => "as expected",
            Agreement::Disagrees => "not as expected",
            Agreement::Undecided => "undecided",
            Agreement::Unclaimed => "no claim",
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was expected, in a few words: stated before anything was run.
    pub expected: &'static str,
    /// What was found, in a sentence with its numbers.
    pub found: String,
    /// Whether the one is the other.
    pub agreement: Agreement,
}

impl Finding {
    pub(super) fn new(expected: &'static str, found: String, agreement: Agreement) -> Self {
        Finding { expected, found, agreement }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Expected: {}. Found, {}: {}", self.expected, self.agreement.word(), self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, half_width: f64) -> Estimate {
        Estimate { value, half_width }
    }

    #[test]
    fn bars_decide() {
        assert_eq!(Agreement::above(estimate(0.3, 0.1), 0.1), Agreement::Agrees);
        assert_eq!(Agreement::above(estimate(0.3, 0.3), 0.1), Agreement::Undecided);
        assert_eq!(Agreement::above(estimate(-0.3, 0.1), 0.1), Agreement::Disagrees);
        assert_eq!(Agreement::below(estimate(-0.3, 0.1), 0.0), Agreement::Agrees);
        assert_eq!(Agreement::below(estimate(0.3, 0.1), 0.0), Agreement::Disagrees);
        assert_eq!(Agreement::near(estimate(1.05, 0.05), 1.0, 0.15), Agreement::Agrees);
        assert_eq!(Agreement::near(estimate(1.1, 0.1), 1.0, 0.15), Agreement::Undecided);
        assert_eq!(Agreement::near(estimate(1.5, 0.1), 1.0, 0.15), Agreement::Disagrees);
        for undefined in [estimate(f64::NAN, 0.1), estimate(1.0, f64::INFINITY)] {
            assert_eq!(Agreement::near(undefined, 1.0, 0.15), Agreement::Undecided);
            assert_eq!(Agreement::above(undefined, 0.0), Agreement::Undecided);
        }
    }

    #[test]
    fn one_disagreement_is_enough() {
        use Agreement::{Agrees, Disagrees, Unclaimed, Undecided};
        assert_eq!(Agrees.and(Disagrees), Disagrees);
        assert_eq!(Undecided.and(Disagrees), Disagrees);
        assert_eq!(Agrees.and(Undecided), Undecided);
        assert_eq!(Agrees.and(Unclaimed), Agrees);
        assert_eq!(Agrees.and(Agrees), Agrees);
    }

    #[test]
    fn a_finding_that_does_not_agree_says_so() {
        let finding = Finding::new("it falls", "it rose".to_owned(), Agreement::Disagrees);
        assert_eq!(finding.to_string(), "Expected: it falls. Found, not as expected: it rose");
    }
}
