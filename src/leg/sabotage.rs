//! One way to falsify a claim on purpose.

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

    /// Each term omitted, negated and multiplied by 1.01, or, if it is claimed to be absent, inserted.
    pub fn of_terms(terms: &[Term]) -> Vec<Sabotage> {
        let mut controls = Vec::new();
        for term in terms {
            let name = term.name.to_string();
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
}

fn decimal(r: Ratio) -> f64 {
    use crate::scalar::Scalar;
    f64::from_ratio(r)
}
