//! Controls: sabotaged twins of a claim that a check with power must refute.

use super::comparison::Comparison;
use crate::flow::Term;
use crate::scalar::Ratio;

/// One way to falsify a claim on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The named term is left out.
    Omit(String),
    /// The named term changes its sign.
    Negate(String),
    /// The coefficient of the named term is multiplied by a factor.
    Scale(String, Ratio),
    /// The named term, claimed to be absent, gets the coefficient 1.
    Insert(String),
    /// Time runs faster by a factor.
    Clock(Ratio),
    /// A term that the claim does not have is added to its field: this share of the field itself, turned
    /// out of its direction, at the first power of ε that the claimed order excludes.
    Foreign(Ratio),
    /// What is observed is replaced by the named twin.
    Twin(String),
}

impl Sabotage {
    /// The name reports show and `--sabotage` takes.
    pub fn name(&self) -> String {
        match self {
            Sabotage::Omit(term) => format!("omit {term}"),
            Sabotage::Negate(term) => format!("negate {term}"),
            Sabotage::Insert(term) => format!("insert {term}"),
            Sabotage::Scale(term, factor) => format!("{term} ×{}", decimal(*factor)),
            Sabotage::Clock(_) => "wrong clock".to_owned(),
            Sabotage::Foreign(share) => format!("foreign term of {} %", 100.0 * decimal(*share)),
            Sabotage::Twin(name) => (*name).clone(),
        }
    }

    /// Whether `name` names this sabotage, as far as a keyboard can tell: capitals, tildes and the
    /// multiplication sign do not matter.
    pub fn is_named(&self, name: &str) -> bool {
        let plain = |name: &str| -> String {
            let folded = name.trim().to_lowercase().replace('\u{303}', "").replace(['×', '*'], "x");
            folded.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        plain(name) == plain(&self.name())
    }

    /// The controls that fit a leg: those of its terms, a clock that runs 1 % fast if it has one, a
    /// foreign term of 1 % if it takes one, and its own twins.
    pub fn controls_of(leg: &dyn Comparison) -> Vec<Sabotage> {
        let mut controls = Sabotage::of_terms(&leg.terms());
        if leg.has_clock() {
            controls.push(Sabotage::Clock(Ratio::new(101, 100)));
        }
        if leg.takes_foreign_term() {
            controls.push(Sabotage::Foreign(Ratio::new(1, 100)));
        }
        controls.extend(leg.twins().into_iter().map(|twin| Sabotage::Twin(twin.to_owned())));
        controls
    }

    /// Each term omitted, negated and multiplied by 1.01, or, if it is claimed to be absent, inserted.
    pub fn of_terms(terms: &[Term]) -> Vec<Sabotage> {
        let mut controls = Vec::new();
        for term in terms {
            let name = term.name.to_owned();
            if term.coefficient == Ratio::new(0, 1) {
                controls.push(Sabotage::Insert(name));
                continue;
            }
            controls.push(Sabotage::Omit(name.clone()));
            controls.push(Sabotage::Negate(name.clone()));
            controls.push(Sabotage::Scale(name, Ratio::new(101, 100)));
        }
        controls
    }

    /// Whether this sabotage changes anything in `leg`.
    pub fn concerns(&self, leg: &dyn Comparison) -> bool {
        match self {
            Sabotage::Omit(term)
            | Sabotage::Negate(term)
            | Sabotage::Scale(term, _)
            | Sabotage::Insert(term) => leg.terms().iter().any(|t| t.name == term),
            Sabotage::Clock(_) => leg.has_clock(),
            Sabotage::Foreign(_) => leg.takes_foreign_term(),
            Sabotage::Twin(name) => leg.twins().iter().any(|twin| twin == name),
        }
    }
}

fn decimal(r: Ratio) -> f64 {
    use crate::scalar::Scalar;
    f64::from_ratio(r)
}

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
    /// The claim of `leg` as stated.
    pub fn stated(leg: &dyn Comparison) -> Self {
        Variant::of(leg.terms())
    }

    /// The claim of `leg` without the terms that come with a power of ε: of a modified flow that leaves
    /// the plain gradient flow.
    pub fn plain(leg: &dyn Comparison) -> Self {
        let mut variant = Variant::stated(leg);
        for term in variant.terms.iter_mut().filter(|term| term.power > 0) {
            term.coefficient = Ratio::new(0, 1);
        }
        variant
    }

    /// A claim with these terms, as stated.
    pub fn of(terms: Vec<Term>) -> Self {
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

    /// The claim of `leg` after `sabotage`.
    pub fn sabotaged(leg: &dyn Comparison, sabotage: &Sabotage) -> Self {
        let mut variant = Variant::stated(leg);
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

#[cfg(test)]
mod tests;
