//! A claim as it is checked: as stated, or sabotaged.

use super::sabotage::Sabotage;
use crate::flow::Term;
use crate::scalar::Ratio;

/// A claim as it is checked: as stated, or sabotaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The terms with the coefficients to be checked.
    pub terms: Vec<Term>,
    /// The factor on time.
    pub clock: Ratio,
    /// The share of a foreign term: 0 for a claim as stated.
    pub foreign: Ratio,
    /// The twin observed in place of the claim's subject.
    pub twin: Option<String>,
}

impl Variant {
    /// The claim without the terms that come with a power of ε: of a modified flow that leaves
    /// the plain gradient flow.
    pub fn plain(terms: Vec<Term>) -> Self {
        let mut variant = Variant::stated(terms);
        for term in variant.terms.iter_mut().filter(|term| term.power > 0) {
            term.coefficient = Ratio::new(0, 1);
        }
        variant
    }

    /// A claim with these terms, as stated.
    pub fn stated(terms: Vec<Term>) -> Self {
        Variant { terms, clock: Ratio::new(1, 1), foreign: Ratio::new(0, 1), twin: None }
    }

    /// What is predicted by it: the same for variants that differ only in what is observed.
    pub fn predicted(&self) -> String {
        let coefficients: Vec<String> =
            self.terms.iter().map(|t| t.coefficient.to_string()).collect();
        format!("{} @ {} + {}", coefficients.join(" "), self.clock, self.foreign)
    }

    /// The same claim with time running `factor` times as fast.
    #[must_use]
    pub fn at_pace(mut self, factor: Ratio) -> Self {
        self.clock = factor;
        self
    }

    /// The claim with these terms after `sabotage`.
    pub fn sabotaged(terms: Vec<Term>, sabotage: &Sabotage) -> Self {
        let mut variant = Variant::stated(terms);
        variant.apply(sabotage);
        variant
    }

    /// Changes what `sabotage` names.
    pub fn apply(&mut self, sabotage: &Sabotage) {
        let mut change = |name: &str, to: &dyn Fn(Ratio) -> Ratio| {
            for term in self.terms.iter_mut().filter(|t| t.name == name) {
                term.coefficient = to(term.coefficient);
            }
        };
        match sabotage {
            Sabotage::Omit(term) => change(term, &|_| Ratio::new(0, 1)),
            Sabotage::Negate(term) => change(term, &|c| -c),
            Sabotage::Scale(term, factor) => change(term, &|c| c * *factor),
            Sabotage::Insert(term) => change(term, &|_| Ratio::new(1, 1)),
            Sabotage::Clock(factor) => self.clock = *factor,
            Sabotage::Foreign(share) => self.foreign = *share,
            Sabotage::Twin(name) => self.twin = Some(name.clone()),
        }
    }
}
