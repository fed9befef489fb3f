//! Coloured B-series as an arithmetic.

use std::sync::Arc;

use num_traits::{One, Zero};

use super::composition::Ring;
use super::{Forest, Polynomial, TreeId};
use crate::arithmetic::{Arithmetic, Batch, NotContracting};
use crate::scalar::Ratio;

/// c(∅) w + Σ_τ c(τ)/σ(τ) F(τ)(w), with coefficients that are polynomials in ε.
///
/// A point has c(∅) = 1, a direction 0.
#[derive(Clone, Debug, PartialEq)]
pub struct BSeries {
    /// c(∅).
    pub identity: Polynomial,
    /// c(τ), one a tree of the forest.
    pub coefficients: Vec<Polynomial>,
}

/// The arithmetic of coloured B-series, truncated at the order of a forest; colours are minibatches.
#[derive(Clone, Debug)]
pub struct Series {
    forest: Arc<Forest>,
    misuse: bool,
}

impl Series {
    /// The arithmetic over the trees of `forest`.
    pub fn new(forest: Arc<Forest>) -> Self {
        Series { forest, misuse: false }
    }

    /// The forest.
    pub fn forest(&self) -> &Forest {
        &self.forest
    }

    /// The point w itself.
    pub fn identity(&self) -> BSeries {
        let coefficients = vec![Polynomial::zero(); self.forest.len()];
        BSeries { identity: Polynomial::one(), coefficients }
    }

    /// The step size ε.
    pub fn step_size(&self) -> Polynomial {
        Polynomial::monomial(super::Rational::one(), 1)
    }

    /// Whether a derivative was ever taken at a vector that is no point (c(∅) ≠ 1), in a direction that
    /// is none, or of a minibatch there is not: the series means nothing, and the first two happen where
    /// a method is not affine-equivariant.
    pub fn was_misused(&self) -> bool {
        self.misuse
    }

    /// The colours of a batch, each weighing the same.
    fn colours(&self, batch: Batch) -> Vec<usize> {
        match batch {
            Batch::Full => (0..self.forest.colours()).collect(),
            Batch::One(k) => vec![k],
            Batch::Mean(parts) => parts.to_vec(),
        }
    }

    /// Minus the mean over the colours of `batch` of the trees whose root carries `at_root` of its
    /// subtrees: g = −f and its derivatives.
    fn graft(&self, batch: Batch, at_root: impl Fn(&[TreeId]) -> Polynomial) -> BSeries {
        let colours = self.colours(batch);
        let mut weights = vec![0_i64; self.forest.colours()];
        for &k in &colours {
            if let Some(weight) = weights.get_mut(k) {
                *weight += 1;
            }
        }
        let coefficient = |id: TreeId| {
            let tree = self.forest.tree(id);
            match weights[tree.colour] {
                0 => Polynomial::zero(),
                weight => {
                    let share = Polynomial::constant(Ratio::new(-weight, colours.len() as i64));
                    at_root(&tree.children) * share
                }
            }
        };
        BSeries {
            identity: Polynomial::zero(),
            coefficients: self.forest.ids().map(coefficient).collect(),
        }
    }

    fn expect_colours(&mut self, batch: Batch) {
        let there = self.forest.colours();
        self.misuse |= match batch {
            Batch::Full => false,
            Batch::One(k) => k >= there,
            Batch::Mean(parts) => parts.iter().any(|&k| k >= there),
        };
    }

    fn expect_point(&mut self, w: &BSeries) {
        self.misuse |= w.identity != Polynomial::one();
    }

    fn expect_direction(&mut self, v: &BSeries) {
        self.misuse |= !v.identity.is_zero();
    }
}

fn product<'a>(factors: impl Iterator<Item = &'a Polynomial>) -> Polynomial {
    let mut product = Polynomial::one();
    for factor in factors {
        if factor.is_zero() {
            return Polynomial::zero();
        }
        product = product * factor.clone();
    }
    product
}

/// The sum over all ways to place the directions on children that are still free, the other children
/// going to `w`.
fn placed(
    children: &[TreeId],
    w: &BSeries,
    directions: &[&BSeries],
    taken: &mut Vec<bool>,
) -> Polynomial {
    let Some((first, rest)) = directions.split_first() else {
        let free = children.iter().zip(taken.iter()).filter(|(_, taken)| !**taken);
        return product(free.map(|(t, _)| &w.coefficients[t.index()]));
    };
    let mut sum = Polynomial::zero();
    for at in 0..children.len() {
        let here = &first.coefficients[children[at].index()];
        if taken[at] || here.is_zero() {
            continue;
        }
        taken[at] = true;
        sum.add_product(here, &placed(children, w, rest, taken));
        taken[at] = false;
    }
    sum
}

impl Arithmetic for Series {
    type Number = Polynomial;
    type Vector = BSeries;

    fn ratio(&self, r: Ratio) -> Polynomial {
        Polynomial::constant(r)
    }

    fn batches(&self) -> usize {
        self.forest.colours()
    }

    fn zero(&mut self) -> BSeries {
        let coefficients = vec![Polynomial::zero(); self.forest.len()];
        BSeries { identity: Polynomial::zero(), coefficients }
    }

    /// f(B(c)) has the coefficient Π c(τ_i) at [τ_1, …, τ_k].
    fn gradient(&mut self, batch: Batch, w: &BSeries) -> BSeries {
        self.expect_point(w);
        self.expect_colours(batch);
        self.graft(batch, |children| product(children.iter().map(|t| &w.coefficients[t.index()])))
    }

    /// f^(q)(B(c))(B(d₁), …, B(d_q)) has the coefficient Σ d₁(τ_{i₁}) ⋯ d_q(τ_{i_q}) Π_{others} c(τ_i)
    /// over different i₁, …, i_q.
    fn derivative(&mut self, batch: Batch, w: &BSeries, directions: &[&BSeries]) -> BSeries {
        self.expect_point(w);
        self.expect_colours(batch);
        directions.iter().for_each(|v| self.expect_direction(v));
        self.graft(batch, |children| {
            placed(children, w, directions, &mut vec![false; children.len()])
        })
    }

    fn axpy(&mut self, c: &Polynomial, x: &BSeries, y: &mut BSeries) {
        y.identity.add_product(c, &x.identity);
        for (y, x) in y.coefficients.iter_mut().zip(&x.coefficients) {
            y.add_product(c, x);
        }
    }

    fn scale(&mut self, c: &Polynomial, x: &mut BSeries) {
        x.identity = c.clone() * std::mem::take(&mut x.identity);
        for x in &mut x.coefficients {
            *x = c.clone() * std::mem::take(x);
        }
    }

    /// In a truncated series a contracting iteration is stationary after one round an order.
    fn fixed_point(
        &mut self,
        start: BSeries,
        mut map: impl FnMut(&mut Self, &BSeries) -> BSeries,
    ) -> Result<BSeries, NotContracting> {
        let mut x = start;
        let rounds = self.forest.order() + 2;
        for _ in 0..rounds {
            let next = map(self, &x);
            if next == x {
                return Ok(x);
            }
            x = next;
        }
        Err(NotContracting { iterations: rounds, change: f64::NAN })
    }

    fn note(&mut self, _fault: NotContracting) {
        self.misuse = true;
    }
}
