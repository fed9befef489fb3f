//! Coloured B-series as an arithmetic.

use std::sync::Arc;

use num_traits::{One, Signed, Zero};

use super::composition::Ring;
use super::truncation::{NEVER, Reach, Valuations};
use super::watch::Watch;
use super::{Forest, Polynomial, TreeId};
use crate::arithmetic::{Arithmetic, Batch, Map, NotContracting, Steps};
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
    /// The least power of ε with which truncation may have dropped a tree; the largest there is if it
    /// dropped none.
    pub lost: u32,
}

/// What a method or a field did that series do not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A derivative at a vector with c(∅) ≠ 1, or in a direction with c(∅) ≠ 0.
    #[error("it differentiates the loss away from a point")]
    NoPoint,
    /// A derivative of a minibatch beyond the last.
    #[error("it asks for a minibatch there is not")]
    NoBatch,
    /// A bare count of steps.
    #[error("it counts its steps")]
    CountsSteps,
    /// The time of a step: trees of the loss alone do not hold it.
    #[error("it depends on the time, which trees of the loss alone do not hold")]
    Time,
    /// The time of other steps than those that are taken.
    #[error("it asks for the time with another step size than that of its steps")]
    OtherClock,
    /// A phase that is not within the period of the method.
    #[error(
        "it reads the phase of more steps than it says it repeats after, or than can be followed"
    )]
    Phase,
    /// βⁿ with |β| ≥ 1.
    #[error("it multiplies by a power of its steps that does not fade")]
    DoesNotFade,
    /// A ratio that is undefined.
    #[error("it divides by zero, or needs ratios of integers beyond 128 bits")]
    Undefined,
    /// A map of whole vectors: trees of the loss alone do not hold it.
    #[error("it applies a map, which trees of the loss alone do not hold")]
    Map,
    /// A map that says of a slot what it is not.
    #[error("it applies a map that is not of the degree it says it is")]
    Degree,
    /// A map with a derivative that jumps.
    #[error("it applies a map that is not smooth: a derivative of it jumps")]
    NotSmooth,
    /// The inverse of a number that depends on ε or the time, or of zero.
    #[error("it divides by a number that depends on the step size or the time")]
    Inverse,
    /// An implicit stage.
    #[error("its implicit stage does not settle order by order")]
    NotContracting,
}

/// The arithmetic of coloured B-series, truncated at the order of a forest; colours are minibatches.
#[derive(Clone, Debug)]
pub struct Series {
    forest: Arc<Forest>,
    misuse: Option<Misuse>,
    pub(super) watch: Watch,
    fades: bool,
    /// The number of steps after which the method repeats.
    pub(super) period: usize,
}

impl Series {
    /// The arithmetic over the trees of `forest`.
    pub fn new(forest: Arc<Forest>) -> Self {
        Series { forest, misuse: None, watch: Watch::default(), fades: false, period: 1 }
    }

    /// The forest. A method or a field that reads its colours looks at the minibatches.
    pub fn forest(&self) -> &Forest {
        self.watch.counted();
        &self.forest
    }

    /// The forest, to hold on to; looking at it counts for nothing.
    pub(super) fn shared_forest(&self) -> Arc<Forest> {
        Arc::clone(&self.forest)
    }

    /// The point w itself.
    pub fn identity(&self) -> BSeries {
        BSeries { identity: Polynomial::one(), ..self.nothing() }
    }

    /// The step size ε.
    pub fn step_size(&self) -> Polynomial {
        Polynomial::monomial(super::Rational::one(), 1)
    }

    /// The first thing that was done in it that it does not follow: its series mean nothing.
    pub fn misuse(&self) -> Option<Misuse> {
        self.misuse.or_else(|| self.watch.was_undefined().then_some(Misuse::Undefined))
    }

    /// Whether anything was misused; see [`Misuse`].
    pub fn was_misused(&self) -> bool {
        self.misuse().is_some()
    }

    /// Whether a power of the number of steps was ever read.
    pub(super) fn fades(&self) -> bool {
        self.fades
    }

    fn misused(&mut self, misuse: Misuse, is: bool) {
        if is {
            self.misuse = self.misuse.or(Some(misuse));
        }
    }

    fn nothing(&self) -> BSeries {
        let coefficients = vec![Polynomial::zero(); self.forest.len()];
        BSeries { identity: Polynomial::zero(), coefficients, lost: NEVER }
    }

    /// The colours of a batch, each weighing the same.
    fn colours(&self, batch: Batch) -> Vec<usize> {
        match batch {
            Batch::Full => (0..self.forest.colours()).collect(),
            Batch::One(k) => vec![k],
            Batch::Mean(parts) => parts.to_vec(),
        }
    }

    /// The least power of ε among the trees beyond the forest whose root carries one tree of each
    /// direction and any number of those of `w`.
    fn grown(&self, w: &BSeries, directions: &[&BSeries]) -> u32 {
        let of = |v: &BSeries| Valuations::of(&self.forest, v);
        (directions.iter())
            .fold(Reach::towards(self.forest.order()), |reach, v| reach.with_one_of(&of(v)))
            .with_any_of(&of(w))
            .reached()
    }

    /// Minus the mean over the colours of `batch` of the trees whose root carries `at_root` of its
    /// subtrees: g = −f and its derivatives. Truncation drops ε^`lost`.
    fn graft(&self, batch: Batch, lost: u32, at_root: impl Fn(&[TreeId]) -> Polynomial) -> BSeries {
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
            lost,
        }
    }

    fn expect_colours(&mut self, batch: Batch) {
        self.watch.asked_for(batch);
        let there = self.forest.colours();
        let beyond = match batch {
            Batch::Full => false,
            Batch::One(k) => k >= there,
            Batch::Mean(parts) => parts.iter().any(|&k| k >= there),
        };
        self.misused(Misuse::NoBatch, beyond);
    }

    fn expect_point(&mut self, w: &BSeries) {
        self.misused(Misuse::NoPoint, w.identity != Polynomial::one());
    }

    fn expect_direction(&mut self, v: &BSeries) {
        self.misused(Misuse::NoPoint, !v.identity.is_zero());
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
        if !r.is_defined() {
            self.watch.undefined();
            return Polynomial::zero();
        }
        Polynomial::constant(r)
    }

    fn batches(&self) -> usize {
        self.watch.counted();
        self.forest.colours()
    }

    fn zero(&mut self) -> BSeries {
        self.nothing()
    }

    /// f(B(c)) has the coefficient Π c(τ_i) at [τ_1, …, τ_k].
    fn gradient(&mut self, batch: Batch, w: &BSeries) -> BSeries {
        self.expect_point(w);
        self.expect_colours(batch);
        self.graft(batch, self.grown(w, &[]), |children| {
            product(children.iter().map(|t| &w.coefficients[t.index()]))
        })
    }

    /// f^(q)(B(c))(B(d₁), …, B(d_q)) has the coefficient Σ d₁(τ_{i₁}) ⋯ d_q(τ_{i_q}) Π_{others} c(τ_i)
    /// over different i₁, …, i_q.
    fn derivative(&mut self, batch: Batch, w: &BSeries, directions: &[&BSeries]) -> BSeries {
        self.expect_point(w);
        self.expect_colours(batch);
        directions.iter().for_each(|v| self.expect_direction(v));
        self.graft(batch, self.grown(w, directions), |children| {
            placed(children, w, directions, &mut vec![false; children.len()])
        })
    }

    fn apply_derivative<M: Map>(
        &mut self,
        _map: &M,
        _inputs: &[&BSeries],
        _directions: &[(usize, &BSeries)],
    ) -> BSeries {
        self.misused(Misuse::Map, true);
        self.nothing()
    }

    fn inverse(&mut self, x: &Polynomial) -> Polynomial {
        let constant = x.coefficient(0);
        let exact = !constant.is_zero() && *x == Polynomial::monomial(constant.clone(), 0);
        self.misused(Misuse::Inverse, !exact);
        if exact { Polynomial::monomial(constant.recip(), 0) } else { Polynomial::zero() }
    }

    fn axpy(&mut self, c: &Polynomial, x: &BSeries, y: &mut BSeries) {
        y.lost = y.lost.min(x.lost.saturating_add(c.valuation()));
        y.identity.add_product(c, &x.identity);
        for (y, x) in y.coefficients.iter_mut().zip(&x.coefficients) {
            y.add_product(c, x);
        }
    }

    fn scale(&mut self, c: &Polynomial, x: &mut BSeries) {
        x.lost = x.lost.saturating_add(c.valuation());
        x.identity = c.clone() * std::mem::take(&mut x.identity);
        for x in &mut x.coefficients {
            *x = c.clone() * std::mem::take(x);
        }
    }

    /// In a truncated series a contracting iteration is stationary after one round an order, and what
    /// truncation drops from it after as many more.
    fn fixed_point(
        &mut self,
        start: BSeries,
        mut map: impl FnMut(&mut Self, &BSeries) -> BSeries,
    ) -> Result<BSeries, NotContracting> {
        let mut x = start;
        let rounds = 2 * (self.forest.order() + 2);
        for _ in 0..rounds {
            let next = map(self, &x);
            if next == x {
                return Ok(x);
            }
            x = next;
        }
        Err(NotContracting { iterations: rounds, change: f64::NAN })
    }

    /// On the slow manifold βⁿ has faded where |β| < 1; nowhere else does it forget the start.
    fn faded(&mut self, beta: Ratio, steps: Steps) -> Polynomial {
        let fading = self.ratio(beta);
        self.misused(Misuse::DoesNotFade, fading.coefficient(0).abs() >= super::Rational::one());
        self.fades = true;
        if steps.is_settled() { Polynomial::zero() } else { steps.power(Polynomial::one(), fading) }
    }

    fn time(&mut self, _eps: &Polynomial, _steps: Steps) -> Polynomial {
        self.misused(Misuse::Time, true);
        Polynomial::zero()
    }

    fn phase(&mut self, steps: Steps, period: usize) -> usize {
        let period = period.max(1);
        self.misused(Misuse::Phase, !self.period.is_multiple_of(period));
        steps.taken() % period
    }

    fn count(&mut self, steps: Steps) -> usize {
        self.misused(Misuse::CountsSteps, true);
        steps.taken()
    }

    fn note(&mut self, _fault: NotContracting) {
        self.misused(Misuse::NotContracting, true);
    }
}
