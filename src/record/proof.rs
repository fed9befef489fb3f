//! A comparison in exact series, as it is stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::series::{Proof, ProofStatus, ProvedBatches, disagreement};
use crate::theorem::Expanded;

/// A comparison in exact series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProofRecord {
    /// What it says.
    pub status: ProofStatus,
    /// The local order up to which the identity holds.
    pub order: Option<usize>,
    /// The number of trees compared.
    pub trees: usize,
    /// The numbers of minibatches it is proved for.
    pub batches: ProvedBatches,
    /// The first tree on which the sides disagree.
    pub first_failure: Option<FailureRecord>,
    /// Why a claim about iterates and a flow has no proof in series.
    pub unprovable: Option<String>,
}

/// A tree on which the sides of a claim disagree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The number of minibatches.
    pub batches: usize,
    /// The tree.
    pub tree: String,
    /// The power of ε in dw/dt at which they disagree.
    pub power: usize,
    /// The number of nodes of the tree.
    pub nodes: usize,
    /// The exact coefficient of the optimizer's modified field.
    pub actual: String,
    /// The exact coefficient of the claimed field.
    pub claimed: String,
}

/// The proof of a theorem, whatever the loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TheoremProof {
    /// The theorem's identifier.
    pub theorem: String,
    /// The comparison in exact series.
    pub proof: ProofRecord,
    /// The claimed field beside the expansions of the method's step, where there is no proof.
    pub expanded: Option<Expanded>,
}

impl ProofRecord {
    /// What is stored of a proof.
    pub fn of(proof: &Proof) -> Self {
        ProofRecord {
            status: proof.status,
            order: (proof.status != ProofStatus::NotApplicable).then_some(proof.order),
            trees: proof.trees,
            batches: proof.batches.clone(),
            first_failure: proof.first_failure.as_ref().map(|failure| FailureRecord {
                batches: failure.batches,
                tree: failure.tree.clone(),
                power: failure.power,
                nodes: failure.nodes,
                actual: failure.actual.to_string(),
                claimed: failure.claimed.to_string(),
            }),
            unprovable: proof.unprovable.clone(),
        }
    }
}

impl fmt::Display for FailureRecord {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let FailureRecord { batches, tree, power, nodes, actual, claimed } = self;
        f.write_str(&disagreement(*batches, tree, (*power, *nodes), actual, claimed))
    }
}
