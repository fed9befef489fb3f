//! Coefficients of series with maps: Laurent polynomials in a few symbols over exact rationals.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use num_traits::{One, Zero};

use crate::scalar::Ratio;
use crate::series::Rational;

/// The symbols that there are.
pub const SYMBOLS: usize = 8;

/// The symbol that stands for the time.
const TIME: usize = SYMBOLS - 1;

/// The powers of the symbols in one term.
type Powers = [i8; SYMBOLS];

/// Σ c_p x₀^{p₀} x₁^{p₁} ⋯ with exact rational c_p, none of them zero, and whole p of any sign.
///
/// A rate of fading is β = 1 − 1/a with the symbol a, so that what a memory multiplies, 1 − β = 1/a, can be
/// divided by. What holds with symbols holds for all values at which it is defined.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coefficient {
    /// Ascending in the powers.
    terms: Vec<(Powers, Rational)>,
}

impl Coefficient {
    /// The constant `r`.
    pub fn rational(r: Rational) -> Self {
        let terms = if r.is_zero() { Vec::new() } else { vec![([0; SYMBOLS], r)] };
        Coefficient { terms }
    }

    /// The constant `r`, which is defined.
    pub fn ratio(r: Ratio) -> Self {
        Coefficient::rational(Rational::new(r.numer().into(), r.denom().into()))
    }

    /// The symbol x_`at`; the last one of [`SYMBOLS`] is kept for the time.
    pub fn symbol(at: usize) -> Self {
        let mut powers = [0; SYMBOLS];
        powers[at.min(TIME)] = 1;
        Coefficient { terms: vec![(powers, Rational::one())] }
    }

    /// The time t.
    pub(super) fn time() -> Self {
        Coefficient::symbol(TIME)
    }

    /// Whether the time occurs.
    fn is_timed(&self) -> bool {
        self.terms.iter().any(|(powers, _)| powers[TIME] != 0)
    }

    /// The powers of the time that occur, ascending.
    pub(super) fn powers_of_time(&self) -> Vec<i8> {
        let mut powers: Vec<i8> = self.terms.iter().map(|(powers, _)| powers[TIME]).collect();
        powers.sort_unstable();
        powers.dedup();
        powers
    }

    /// What comes with t^`power`, without it.
    #[must_use]
    pub(super) fn at_power_of_time(&self, power: i8) -> Self {
        let own = self.terms.iter().filter(|(powers, _)| powers[TIME] == power);
        let without = |(powers, c): &(Powers, Rational)| {
            let mut powers = *powers;
            powers[TIME] = 0;
            (powers, c.clone())
        };
        Coefficient { terms: own.map(without).collect() }
    }

    /// The same at the time 0, if it is defined there.
    pub(super) fn at_time_zero(&self) -> Option<Self> {
        let negative = self.powers_of_time().first().is_some_and(|least| *least < 0);
        (!negative).then(|| self.at_power_of_time(0))
    }

    /// The derivative by the time.
    #[must_use]
    pub(super) fn drift(&self) -> Self {
        let mut drift = Coefficient::default();
        for (powers, c) in self.terms.iter().filter(|(powers, _)| powers[TIME] != 0) {
            let mut lower = *powers;
            lower[TIME] = lower[TIME].saturating_sub(1);
            drift.accumulate(lower, c * Rational::from_integer(i64::from(powers[TIME]).into()));
        }
        drift
    }

    /// The same at the time t + `elapsed` ε, up to ε^`top`.
    pub(super) fn after(&self, elapsed: usize, top: usize) -> StepPolynomial {
        if !self.is_timed() {
            return StepPolynomial::monomial(self.clone(), 0);
        }
        let elapsed = Coefficient::rational(Rational::from_integer((elapsed as u64).into()));
        let mut powers = vec![self.clone()];
        let mut derivative = self.clone();
        for power in 1..=top as u64 {
            derivative = (derivative.drift() * elapsed.clone()).divided(power);
            powers.push(derivative.clone());
        }
        StepPolynomial { powers }.trimmed()
    }

    /// The value, if there is no symbol in it.
    pub fn constant(&self) -> Option<Rational> {
        match self.terms.as_slice() {
            [] => Some(Rational::zero()),
            [(powers, c)] if *powers == [0; SYMBOLS] => Some(c.clone()),
            _ => None,
        }
    }

    /// 1/x, if x is one term.
    pub(super) fn inverse(&self) -> Option<Self> {
        let [(powers, c)] = self.terms.as_slice() else { return None };
        Some(Coefficient { terms: vec![(powers.map(|p| -p), c.recip())] })
    }

    /// `self` + `a` · `b` in the place of `self`.
    pub(super) fn add_product(&mut self, a: &Self, b: &Self) {
        if let ([(p, x)], [(q, y)]) = (a.terms.as_slice(), b.terms.as_slice()) {
            let product = if x.is_one() {
                y.clone()
            } else if y.is_one() {
                x.clone()
            } else {
                x * y
            };
            self.accumulate(sum_of(p, q), product);
            return;
        }
        for (p, x) in &a.terms {
            for (q, y) in &b.terms {
                self.accumulate(sum_of(p, q), x * y);
            }
        }
    }

    fn accumulate(&mut self, powers: Powers, c: Rational) {
        match self.terms.binary_search_by(|(own, _)| own.cmp(&powers)) {
            Ok(at) => {
                self.terms[at].1 += c;
                if self.terms[at].1.is_zero() {
                    let _ = self.terms.remove(at);
                }
            }
            Err(at) if !c.is_zero() => self.terms.insert(at, (powers, c)),
            Err(_) => {}
        }
    }

    /// `self` divided by a whole number that is not 0.
    #[must_use]
    pub(super) fn divided(&self, by: u64) -> Self {
        if by == 1 {
            return self.clone();
        }
        let by = Rational::from_integer(by.into());
        let terms = self.terms.iter().map(|(powers, c)| (*powers, c / &by)).collect();
        Coefficient { terms }
    }
}

fn sum_of(p: &Powers, q: &Powers) -> Powers {
    let mut sum = *p;
    sum.iter_mut().zip(q).for_each(|(sum, q)| *sum = sum.saturating_add(*q));
    sum
}

impl Add for Coefficient {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        other.terms.into_iter().for_each(|(powers, c)| self.accumulate(powers, c));
        self
    }
}

impl Sub for Coefficient {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Coefficient {
    type Output = Self;
    fn neg(mut self) -> Self {
        for (_, c) in &mut self.terms {
            *c = -std::mem::replace(c, Rational::zero());
        }
        self
    }
}

impl Mul for Coefficient {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let mut product = Coefficient::default();
        product.add_product(&self, &other);
        product
    }
}

impl Zero for Coefficient {
    fn zero() -> Self {
        Coefficient::default()
    }
    fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }
}

impl One for Coefficient {
    fn one() -> Self {
        Coefficient::rational(Rational::one())
    }
}

impl fmt::Display for Coefficient {
    /// "3/2", "-x₀ + 1/2 x₀² t".
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        for (at, (powers, c)) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_str(" + ")?;
            }
            let met = || powers.iter().enumerate().filter(|(_, power)| **power != 0);
            let mut blank = met().next().is_none() || !c.is_one();
            if blank {
                write!(f, "{c}")?;
            }
            for (symbol, power) in met() {
                let name = if symbol == TIME { "t".to_owned() } else { format!("x{symbol}") };
                let exponent = if *power == 1 { String::new() } else { format!("^{power}") };
                write!(f, "{}{name}{exponent}", if blank { " " } else { "" })?;
                blank = true;
            }
        }
        Ok(())
    }
}

/// Σ_p c_p ε^p: a number of series with maps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepPolynomial {
    /// By the power of ε; the last is not zero.
    powers: Vec<Coefficient>,
}

impl StepPolynomial {
    /// c ε^`power`.
    pub fn monomial(c: Coefficient, power: usize) -> Self {
        let mut powers = vec![Coefficient::zero(); power];
        powers.push(c);
        StepPolynomial { powers }.trimmed()
    }

    /// The coefficient of ε^`power`.
    pub fn coefficient(&self, power: usize) -> Coefficient {
        self.powers.get(power).cloned().unwrap_or_default()
    }

    /// The coefficients that are not zero, with their powers of ε.
    pub(super) fn terms(&self) -> impl Iterator<Item = (usize, &Coefficient)> {
        self.powers.iter().enumerate().filter(|(_, c)| !c.is_zero())
    }

    /// The same without the powers of ε above `top`.
    #[must_use]
    pub(super) fn truncated(mut self, top: usize) -> Self {
        self.powers.truncate(top + 1);
        self.trimmed()
    }

    /// 1/x up to ε^`top`, if the coefficient of ε⁰ is one term.
    pub(super) fn inverse(&self, top: usize) -> Option<Self> {
        let lead = self.coefficient(0).inverse()?;
        let mut powers: Vec<Coefficient> = vec![lead.clone()];
        for power in 1..=top {
            let mut sum = Coefficient::zero();
            for (below, known) in powers.iter().enumerate() {
                sum.add_product(&self.coefficient(power - below), known);
            }
            powers.push(-(sum * lead.clone()));
        }
        Some(StepPolynomial { powers }.trimmed())
    }

    fn trimmed(mut self) -> Self {
        while self.powers.last().is_some_and(Zero::is_zero) {
            let _ = self.powers.pop();
        }
        self
    }
}

impl Add for StepPolynomial {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        let len = self.powers.len().max(other.powers.len());
        self.powers.resize(len, Coefficient::zero());
        for (own, other) in self.powers.iter_mut().zip(other.powers) {
            *own = std::mem::take(own) + other;
        }
        self.trimmed()
    }
}

impl Sub for StepPolynomial {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for StepPolynomial {
    type Output = Self;
    fn neg(mut self) -> Self {
        self.powers.iter_mut().for_each(|c| *c = -std::mem::take(c));
        self
    }
}

impl Mul for StepPolynomial {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let len = (self.powers.len() + other.powers.len()).saturating_sub(1);
        let mut powers = vec![Coefficient::zero(); len];
        for (p, x) in self.terms() {
            for (q, y) in other.terms() {
                powers[p + q].add_product(x, y);
            }
        }
        StepPolynomial { powers }.trimmed()
    }
}

/// A sparse sum with coefficients, by key.
pub(super) fn accumulate<K: Ord + Copy>(
    sum: &mut BTreeMap<K, Coefficient>,
    key: K,
    a: &Coefficient,
    b: &Coefficient,
) {
    let entry = sum.entry(key).or_default();
    entry.add_product(a, b);
    if entry.is_zero() {
        let _ = sum.remove(&key);
    }
}
