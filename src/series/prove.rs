//! Proofs: an optimizer's map against the flow of a claimed field, tree by tree.

use std::fmt;
use std::sync::Arc;

use super::composition::Ring;
use super::derive::log_of_map;
use super::{BSeries, Composer, Forest, Polynomial, Rational, Series, SeriesFault};
use num_traits::{One, Zero};

use crate::flow::{Flow, Term};
use crate::optimizer::Optimizer;
use crate::sampling::Sampling;
use crate::scalar::Ratio;

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

/// The first tree on which the two sides disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The number of minibatches.
    pub batches: usize,
    /// The tree.
    pub tree: String,
    /// The coefficient of the optimizer's modified field, as a [`Row`](super::Row) gives it.
    pub actual: Rational,
    /// The coefficient of the claimed field.
    pub claimed: Rational,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Mismatch { batches, tree, actual, claimed } = self;
        let plural = if *batches == 1 { "" } else { "es" };
        write!(
            f,
            "the tree {tree} has coefficient {actual}, not {claimed}, with {batches} batch{plural}"
        )
    }
}

/// The result of an exact comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What it says.
    pub status: ProofStatus,
    /// The local order up to which the identity holds: trees with fewer nodes agree.
    pub order: usize,
    /// The number of trees compared.
    pub trees: usize,
    /// The first disagreement below the claimed order.
    pub first_failure: Option<Mismatch>,
    /// Why a claim about iterates and a flow has no proof in series.
    pub unprovable: Option<&'static str>,
}

impl Proof {
    /// A claim that is not about series.
    pub fn not_applicable() -> Self {
        Proof {
            status: ProofStatus::NotApplicable,
            order: 0,
            trees: 0,
            first_failure: None,
            unprovable: None,
        }
    }

    /// A claim about iterates and a flow that is beyond these series, and why.
    pub fn unprovable(why: &'static str) -> Self {
        Proof { unprovable: Some(why), ..Proof::not_applicable() }
    }
}

/// What is claimed of an optimizer.
pub struct Claim<'a> {
    /// The claimed flow.
    pub flow: &'a dyn Flow<Series>,
    /// Its terms, as stated or sabotaged.
    pub terms: &'a [Term],
    /// The factor on time: 1 for a claim as stated.
    pub clock: Ratio,
    /// The claimed order of the error of one block.
    pub local_order: usize,
}

/// Compares log Φ of the optimizer's mean map with the claimed field. For local order p all trees with
/// fewer nodes than p must agree exactly, so the identity holds for every smooth loss with `batches`
/// minibatches.
///
/// # Errors
/// [`SeriesFault`] if either side has no series.
pub fn prove(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    claim: &Claim<'_>,
    batches: usize,
) -> Result<Proof, SeriesFault> {
    let forest = Arc::new(Forest::new(claim.local_order.saturating_sub(1), batches)?);
    let composer = Composer::new(&forest);
    let mut a = Series::new(Arc::clone(&forest));
    let steps = sampling.steps(batches);
    let actual = log_of_map(&mut a, &composer, optimizer, sampling)?;

    let claimed = claimed_field(&mut a, claim)?;
    if let Some(mismatch) = out_of_place(claim, batches)? {
        return Ok(Proof {
            status: ProofStatus::Refuted,
            order: mismatch.0,
            trees: 0,
            first_failure: Some(mismatch.1),
            unprovable: None,
        });
    }
    let clock = Rational::new(claim.clock.numer().into(), claim.clock.denom().into());
    let time = Rational::from_integer((steps as u64).into()) * clock;
    let said: Vec<Polynomial> =
        claimed.coefficients.iter().map(|c| c.scaled(&time) * power_of_step(1)).collect();
    let compared = Compared { forest: &forest, steps, local_order: claim.local_order };
    Ok(compared.proof(&actual, &said))
}

fn power_of_step(power: u32) -> Polynomial {
    Polynomial::monomial(Rational::one(), power)
}

/// The claimed field at the point w.
fn claimed_field(a: &mut Series, claim: &Claim<'_>) -> Result<BSeries, SeriesFault> {
    let point = a.identity();
    let coefficients: Vec<Polynomial> = (claim.terms.iter())
        .map(|t| Polynomial::constant(t.coefficient) * power_of_step(t.power))
        .collect();
    let field = claim.flow.field(a, &coefficients, &Polynomial::zero(), &point);
    if a.was_misused() || !field.identity.is_zero() {
        return Err(SeriesFault::NoSeries("the claimed field is no vector field"));
    }
    Ok(field)
}

/// A term of the claimed field that no optimizer's map has: in dw/dt a tree with n nodes comes with
/// ε^(n−1) and nothing else. Looked for in trees larger than those compared, because a term such as
/// ε H²g spoils a low order with a large tree: in two colours, unless the claim names more minibatches.
fn out_of_place(
    claim: &Claim<'_>,
    batches: usize,
) -> Result<Option<(usize, Mismatch)>, SeriesFault> {
    let in_colours = |colours| {
        let forest = Arc::new(Forest::new(claim.local_order + LARGER, colours)?);
        let field = claimed_field(&mut Series::new(Arc::clone(&forest)), claim)?;
        Ok((forest, field))
    };
    let few = batches.min(2);
    let (forest, field) = match in_colours(few) {
        Err(_) if few < batches => in_colours(batches)?,
        found => found?,
    };
    for id in forest.ids() {
        let coefficient = &field.coefficients[id.index()];
        let nodes = forest.tree(id).order;
        let stray = |power: &u32| {
            let order = *power as usize + 1;
            order != nodes && order < claim.local_order
        };
        if let Some(power) = coefficient.powers().find(stray) {
            let mismatch = Mismatch {
                batches: forest.colours(),
                tree: forest.show(id),
                actual: Rational::zero(),
                claimed: coefficient.coefficient(power),
            };
            return Ok(Some((power as usize + 1, mismatch)));
        }
    }
    Ok(None)
}

/// How many more nodes than compared trees have those in which stray terms are looked for.
const LARGER: usize = 2;

/// Compares two vector fields, both functions of the same point, in all trees that come with ε to a
/// power below `local_order` − 1.
pub fn prove_equal(
    forest: &Forest,
    actual: &BSeries,
    claimed: &BSeries,
    local_order: usize,
) -> Proof {
    let eps = Polynomial::monomial(Rational::one(), 1);
    let over_a_step = |field: &BSeries| -> Vec<Polynomial> {
        field.coefficients.iter().map(|c| c.clone() * eps.clone()).collect()
    };
    let compared = Compared { forest, steps: 1, local_order };
    compared.proof(&over_a_step(actual), &over_a_step(claimed))
}

/// What two lists of coefficients are compared over.
struct Compared<'a> {
    forest: &'a Forest,
    steps: usize,
    local_order: usize,
}

impl Compared<'_> {
    /// Tree by tree, at the powers of ε up to the one that a tree of that many nodes comes with.
    fn proof(&self, actual: &[Polynomial], said: &[Polynomial]) -> Proof {
        let Compared { forest, steps, local_order } = *self;
        let batches = forest.colours();
        for id in forest.ids() {
            let tree = forest.tree(id);
            let power = tree.order as u32;
            let (done, said) = (&actual[id.index()], &said[id.index()]);
            if (0..local_order as u32).all(|p| said.coefficient(p) == done.coefficient(p)) {
                continue;
            }
            let share = Rational::from_integer((steps as u64 * tree.symmetry).into());
            return Proof {
                status: ProofStatus::Refuted,
                order: tree.order,
                trees: id.index() + 1,
                first_failure: Some(Mismatch {
                    batches,
                    tree: forest.show(id),
                    actual: done.coefficient(power) / &share,
                    claimed: said.coefficient(power) / share,
                }),
                unprovable: None,
            };
        }
        Proof {
            status: ProofStatus::Proved,
            order: local_order,
            trees: forest.len(),
            first_failure: None,
            unprovable: None,
        }
    }
}
