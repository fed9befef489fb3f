//! Polynomials in the step size ε and the time t over exact rationals.

use std::collections::BTreeMap;
use std::ops::{Add, Mul, Neg, Sub};

use num_traits::{One, Zero};

use super::Rational;
use super::composition::Ring;
use super::truncation::NEVER;
use crate::scalar::Ratio;

/// Σ c_{p,q} εᵖ t^q with exact rational c_{p,q}, none of them zero.
///
/// Time is a symbol: a field that depends on it has coefficients in which it stands, whatever it is at
/// t = 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Polynomial {
    coefficients: BTreeMap<Powers, Rational>,
}

/// The powers of ε and of t.
type Powers = (u32, u32);

impl Polynomial {
    /// `coefficient` · ε^`power`.
    pub fn monomial(coefficient: Rational, power: u32) -> Self {
        let mut polynomial = Polynomial::default();
        polynomial.accumulate((power, 0), &coefficient);
        polynomial
    }

    /// The constant `r`, which is defined.
    pub fn constant(r: Ratio) -> Self {
        Polynomial::monomial(Rational::new(r.numer().into(), r.denom().into()), 0)
    }

    /// The time t.
    pub fn time() -> Self {
        Polynomial { coefficients: BTreeMap::from([((0, 1), Rational::one())]) }
    }

    /// The coefficient of ε^`power` at t = 0.
    pub fn coefficient(&self, power: u32) -> Rational {
        self.coefficients.get(&(power, 0)).cloned().unwrap_or_else(Rational::zero)
    }

    /// The powers of ε with a coefficient other than zero, ascending; one that comes with several powers
    /// of t comes several times.
    pub fn powers(&self) -> impl Iterator<Item = u32> + '_ {
        self.coefficients.keys().map(|(power, _)| *power)
    }

    /// The powers of ε at which the time occurs, ascending.
    pub fn timed_powers(&self) -> impl Iterator<Item = u32> + '_ {
        self.coefficients.keys().filter(|(_, time)| *time > 0).map(|(power, _)| *power)
    }

    /// The least power of ε; [`NEVER`] for zero.
    pub(super) fn valuation(&self) -> u32 {
        self.powers().next().unwrap_or(NEVER)
    }

    fn accumulate(&mut self, powers: Powers, c: &Rational) {
        if c.is_zero() {
            return;
        }
        let entry = self.coefficients.entry(powers).or_insert_with(Rational::zero);
        *entry += c;
        if entry.is_zero() {
            let _ = self.coefficients.remove(&powers);
        }
    }
}

impl Add for Polynomial {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        for (powers, c) in &other.coefficients {
            self.accumulate(*powers, c);
        }
        self
    }
}

impl Sub for Polynomial {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Polynomial {
    type Output = Self;
    fn neg(mut self) -> Self {
        for c in self.coefficients.values_mut() {
            *c = -std::mem::replace(c, Rational::zero());
        }
        self
    }
}

impl Mul for Polynomial {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let mut product = Polynomial::default();
        product.add_product(&self, &other);
        product
    }
}

impl Zero for Polynomial {
    fn zero() -> Self {
        Polynomial::default()
    }
    fn is_zero(&self) -> bool {
        self.coefficients.is_empty()
    }
}

impl One for Polynomial {
    fn one() -> Self {
        Polynomial::monomial(Rational::one(), 0)
    }
}

impl Ring for Polynomial {
    fn add_product(&mut self, a: &Self, b: &Self) {
        for ((p, s), a) in &a.coefficients {
            for ((q, t), b) in &b.coefficients {
                self.accumulate((p + q, s + t), &(a * b));
            }
        }
    }
    fn scaled(&self, by: &Rational) -> Self {
        let mut scaled = Polynomial::default();
        for (powers, c) in &self.coefficients {
            scaled.accumulate(*powers, &(c * by));
        }
        scaled
    }
}
