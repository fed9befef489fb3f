//! Polynomials in the step size ε over exact rationals.

use std::collections::BTreeMap;
use std::ops::{Add, Mul, Neg, Sub};

use num_traits::{One, Zero};

use super::Rational;
use super::composition::Ring;
use crate::scalar::Ratio;

/// Σ_p c_p εᵖ with exact rational c_p, none of them zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Polynomial {
    coefficients: BTreeMap<u32, Rational>,
}

impl Polynomial {
    /// `coefficient` · ε^`power`.
    pub fn monomial(coefficient: Rational, power: u32) -> Self {
        let mut polynomial = Polynomial::default();
        polynomial.accumulate(power, &coefficient);
        polynomial
    }

    /// The constant `r`.
    pub fn constant(r: Ratio) -> Self {
        Polynomial::monomial(Rational::new(r.numer().into(), r.denom().into()), 0)
    }

    /// The coefficient of ε^`power`.
    pub fn coefficient(&self, power: u32) -> Rational {
        self.coefficients.get(&power).cloned().unwrap_or_else(Rational::zero)
    }

    /// The powers with a coefficient other than zero, ascending.
    pub fn powers(&self) -> impl Iterator<Item = u32> + '_ {
        self.coefficients.keys().copied()
    }

    /// This polynomial divided by ε^`power`; `None` if it has a lower power.
    pub fn divided(&self, power: u32) -> Option<Self> {
        let shifted =
            self.coefficients.iter().map(|(&p, c)| Some((p.checked_sub(power)?, c.clone())));
        Some(Polynomial { coefficients: shifted.collect::<Option<_>>()? })
    }

    fn accumulate(&mut self, power: u32, c: &Rational) {
        if c.is_zero() {
            return;
        }
        let entry = self.coefficients.entry(power).or_insert_with(Rational::zero);
        *entry += c;
        if entry.is_zero() {
            let _ = self.coefficients.remove(&power);
        }
    }
}

impl Add for Polynomial {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        for (power, c) in &other.coefficients {
            self.accumulate(*power, c);
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
        for (p, a) in &self.coefficients {
            for (q, b) in &other.coefficients {
                product.accumulate(p + q, &(a * b));
            }
        }
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
        for (p, a) in &a.coefficients {
            for (q, b) in &b.coefficients {
                self.accumulate(p + q, &(a * b));
            }
        }
    }
    fn scaled(&self, by: &Rational) -> Self {
        let mut scaled = Polynomial::default();
        for (p, c) in &self.coefficients {
            scaled.accumulate(*p, &(c * by));
        }
        scaled
    }
}
