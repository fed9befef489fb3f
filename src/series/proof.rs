//! What an exact comparison says.

use std::fmt;

use super::Rational;

/// What an exact comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProofStatus {
    /// Every tree that the claimed order speaks of agrees.
    Proved,
    /// A tree disagrees.
    Refuted,
    /// The claim is not one about series.
    #[serde(rename = "not applicable")]
    NotApplicable,
}

/// The numbers of minibatches for which a claim is proved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(from = "Spelled", into = "Spelled")]
pub enum ProvedBatches {
    /// These, ascending.
    Listed(Vec<usize>),
    /// Every one.
    All,
}

/// As it is stored: a list, or "all".
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
enum Spelled {
    Listed(Vec<usize>),
    Word(Word),
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    All,
}

impl From<Spelled> for ProvedBatches {
    fn from(spelled: Spelled) -> Self {
        match spelled {
            Spelled::Listed(batches) => ProvedBatches::Listed(batches),
            Spelled::Word(Word::All) => ProvedBatches::All,
        }
    }
}

impl From<ProvedBatches> for Spelled {
    fn from(batches: ProvedBatches) -> Self {
        match batches {
            ProvedBatches::Listed(batches) => Spelled::Listed(batches),
            ProvedBatches::All => Spelled::Word(Word::All),
        }
    }
}

impl Default for ProvedBatches {
    /// None.
    fn default() -> Self {
        ProvedBatches::Listed(Vec::new())
    }
}

impl ProvedBatches {
    /// Whether `batches` is one of them.
    pub fn contains(&self, batches: usize) -> bool {
        match self {
            ProvedBatches::Listed(listed) => listed.contains(&batches),
            ProvedBatches::All => true,
        }
    }

    /// Those in both.
    fn and(&self, other: &ProvedBatches) -> ProvedBatches {
        match (self, other) {
            (ProvedBatches::All, both) | (both, ProvedBatches::All) => both.clone(),
            (ProvedBatches::Listed(listed), other) => {
                let both = listed.iter().copied().filter(|&batches| other.contains(batches));
                ProvedBatches::Listed(both.collect())
            }
        }
    }
}

impl fmt::Display for ProvedBatches {
    /// "all", "1 … 4, 7", "–" for none.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let listed = match self {
            ProvedBatches::All => return f.write_str("all"),
            ProvedBatches::Listed(listed) if listed.is_empty() => return f.write_str("–"),
            ProvedBatches::Listed(listed) => listed,
        };
        let runs: Vec<String> = (listed.chunk_by(|a, b| a + 1 == *b))
            .flat_map(|run| match run {
                [first, _, .., last] => vec![format!("{first} … {last}")],
                few => few.iter().map(ToString::to_string).collect(),
            })
            .collect();
        f.write_str(&runs.join(", "))
    }
}

/// The first tree on which the two sides disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The number of minibatches.
    pub batches: usize,
    /// The tree.
    pub tree: String,
    /// The power of ε in dw/dt at which they disagree.
    pub power: usize,
    /// Its number of nodes.
    pub nodes: usize,
    /// The coefficient of the optimizer's modified field, as a [`Row`](super::Row) gives it.
    pub actual: Rational,
    /// The coefficient of the claimed field.
    pub claimed: Rational,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Mismatch { batches, tree, power, nodes, actual, claimed } = self;
        f.write_str(&disagreement(*batches, tree, (*power, *nodes), actual, claimed))
    }
}

/// What two sides disagree on, as a sentence: the tree comes with that power of ε and has that many nodes.
pub(crate) fn disagreement(
    batches: usize,
    tree: &str,
    (power, nodes): (usize, usize),
    actual: &dyn fmt::Display,
    claimed: &dyn fmt::Display,
) -> String {
    let plural = if batches == 1 { "" } else { "es" };
    // A tree usually comes with one power less than it has nodes.
    let at = if power + 1 == nodes { String::new() } else { format!(" at ε^{power}") };
    format!(
        "the tree {tree} has coefficient {actual}, not {claimed}{at}, with {batches} batch{plural}"
    )
}

/// The result of an exact comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What it says.
    pub status: ProofStatus,
    /// The local order up to which the identity holds: what comes with fewer powers of ε agrees.
    pub order: usize,
    /// The number of trees compared.
    pub trees: usize,
    /// The numbers of minibatches it is proved for.
    pub batches: ProvedBatches,
    /// The first disagreement below the claimed order.
    pub first_failure: Option<Mismatch>,
    /// Why a claim about iterates and a flow has no proof in series.
    pub unprovable: Option<String>,
    /// Whether maps are among the symbols: it holds for all smooth ones in their place.
    pub with_maps: bool,
}

impl Proof {
    /// A claim that is not about series.
    pub fn not_applicable() -> Self {
        Proof {
            status: ProofStatus::NotApplicable,
            order: 0,
            trees: 0,
            batches: ProvedBatches::default(),
            first_failure: None,
            unprovable: None,
            with_maps: false,
        }
    }

    /// A claim about iterates and a flow that is beyond these series, and why.
    pub fn unprovable(why: impl Into<String>) -> Self {
        Proof { unprovable: Some(why.into()), ..Proof::not_applicable() }
    }

    /// Two proofs of one theorem as one: refuted if either is, and proved only if both are, for the numbers
    /// of minibatches that both speak of.
    #[must_use]
    pub fn and(self, other: Proof) -> Proof {
        let rank = |proof: &Proof| match proof.status {
            ProofStatus::Refuted => 0,
            ProofStatus::NotApplicable => 1,
            ProofStatus::Proved => 2,
        };
        let order = self.order.min(other.order);
        let trees = self.trees + other.trees;
        let batches = self.batches.and(&other.batches);
        let weaker = if rank(&other) < rank(&self) { other } else { self };
        match weaker.status {
            ProofStatus::Proved => Proof { order, trees, batches, ..weaker },
            ProofStatus::Refuted | ProofStatus::NotApplicable => weaker,
        }
    }

    /// What a proof leaves open about losses with `batches` minibatches, if anything.
    pub fn silence_about(&self, batches: usize) -> Option<String> {
        let silent = self.status == ProofStatus::Proved && !self.batches.contains(batches);
        let proved = &self.batches;
        silent.then(|| format!("proved for m = {proved}, not for this loss's m = {batches}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // what is written here can be read

    use super::ProvedBatches;

    #[test]
    fn numbers_of_minibatches_are_written_as_they_are_read() {
        let cases = [
            (ProvedBatches::All, "all", "\"all\""),
            (ProvedBatches::default(), "–", "[]"),
            (ProvedBatches::Listed(vec![1]), "1", "[1]"),
            (ProvedBatches::Listed(vec![4, 6]), "4, 6", "[4,6]"),
            (ProvedBatches::Listed(vec![1, 2, 7]), "1, 2, 7", "[1,2,7]"),
            (ProvedBatches::Listed(vec![1, 2, 3, 4, 30]), "1 … 4, 30", "[1,2,3,4,30]"),
        ];
        for (batches, shown, stored) in cases {
            assert_eq!(batches.to_string(), shown);
            assert_eq!(serde_json::to_string(&batches).unwrap(), stored);
            let read: ProvedBatches = serde_json::from_str(stored).unwrap();
            assert_eq!(read, batches);
        }
        assert!(serde_json::from_str::<ProvedBatches>("\"some\"").is_err());
    }
}
