//! The claimed field in series: what it depends on, where it starts, what it has beyond the trees compared.

use std::sync::Arc;

use num_traits::{One, Zero};

use super::{
    BSeries, Claim, Forest, Mismatch, Misuse, Polynomial, Rational, Series, SeriesFault,
    count_trees,
};
use crate::arithmetic::Arithmetic;
use crate::sampling::Draw;

/// The field of a claim at the point w.
pub(super) struct Claimed {
    pub(super) field: BSeries,
}

impl Claimed {
    /// That of `claim` in the trees of `forest`; `looks` is set if it looks at minibatches.
    ///
    /// # Errors
    /// [`SeriesFault`] if it is no field, depends on the time at a power of ε that the claim speaks of, or
    /// starts elsewhere than the iterates.
    pub(super) fn of(
        claim: &Claim<'_>,
        forest: &Arc<Forest>,
        looks: &mut bool,
    ) -> Result<Self, SeriesFault> {
        let mut a = Series::new(Arc::clone(forest));
        let point = a.identity();
        let coefficients: Vec<Polynomial> =
            (claim.terms.iter()).map(|t| a.ratio(t.coefficient) * power_of_step(t.power)).collect();
        a.watch.begin(Draw::Full);
        let field = claim.flow.field(&mut a, &coefficients, &Polynomial::time(), &point);
        let start = claim.flow.start(&mut a, &coefficients, point);
        a.watch.end();
        *looks |= a.watch.looked();
        if a.misuse() == Some(Misuse::Undefined) {
            return Err(SeriesFault::Undefined);
        }
        if let Some(misuse @ (Misuse::Map | Misuse::Inverse)) = a.misuse() {
            return Err(SeriesFault::Misused(misuse));
        }
        if a.was_misused() || !field.identity.is_zero() {
            return Err(SeriesFault::NoField);
        }
        let timed = |c: &Polynomial| c.timed_powers().any(|power| claim.speaks_of(power));
        if field.coefficients.iter().any(timed) {
            return Err(SeriesFault::Timed);
        }
        // What the start is off by is an error of one block itself.
        let shifted = |c: &Polynomial| c.powers().any(|power| (power as usize) < claim.local_order);
        let moved = start.identity != Polynomial::one()
            || start.coefficients.iter().any(shifted)
            || (start.lost as usize) < claim.local_order;
        if moved {
            return Err(SeriesFault::StartsElsewhere);
        }
        Ok(Claimed { field })
    }

    /// A term beyond the trees of `forest` at a power of ε that the claim speaks of, which a method that
    /// has none there does not have: looked for in larger and larger trees, until truncation drops nothing
    /// that the claim speaks of.
    ///
    /// # Errors
    /// [`SeriesFault::TooDeep`] if the trees become too many.
    pub(super) fn stray(
        &self,
        claim: &Claim<'_>,
        forest: &Forest,
    ) -> Result<Option<Mismatch>, SeriesFault> {
        let (mut lost, mut order) = (self.field.lost, forest.order());
        while claim.speaks_of(lost) {
            order += 1;
            let trees: u128 = count_trees(order, forest.colours()).iter().sum();
            if trees > LARGEST {
                return Err(SeriesFault::TooDeep { nodes: order - 1 });
            }
            let larger = Arc::new(Forest::new(order, forest.colours())?);
            let field = Claimed::of(claim, &larger, &mut false)?.field;
            for id in larger.of_order(order) {
                let coefficient = &field.coefficients[id.index()];
                let Some(power) = coefficient.powers().find(|power| claim.speaks_of(*power)) else {
                    continue;
                };
                let tree = larger.tree(id);
                let symmetry = Rational::from_integer(tree.symmetry.into());
                return Ok(Some(Mismatch {
                    batches: forest.colours(),
                    tree: larger.show(id),
                    power: power as usize,
                    nodes: tree.order,
                    actual: Rational::zero(),
                    claimed: coefficient.coefficient(power) / symmetry,
                }));
            }
            lost = field.lost;
        }
        Ok(None)
    }
}

/// The most trees in which terms are looked for that no method has.
const LARGEST: u128 = 30_000;

fn power_of_step(power: u32) -> Polynomial {
    Polynomial::monomial(Rational::one(), power)
}
