//! A claimed field beside the one that a method has.

use super::{Expander, Refusal, Series};
use crate::arithmetic::{Arithmetic, Numeric};
use crate::flow::{AnyFlow, Term};
use crate::scalar::{DoubleDouble, Jet, Ratio, Scalar};

/// How far a claimed field is from the expansion of the method, at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Discrepancy {
    /// For each power of ε the largest difference of a component, relative to the largest component of the
    /// expansion there, or of the claim where the expansion has none.
    pub relative: Vec<f64>,
}

impl Discrepancy {
    /// The largest of all powers.
    pub fn worst(&self) -> f64 {
        // What is not a number is no agreement.
        self.relative.iter().fold(0.0, |most, &x| if x > most || x.is_nan() { x } else { most })
    }

    /// The first power of ε at which it is above `tolerance`.
    pub fn first_above(&self, tolerance: f64) -> Option<usize> {
        self.relative.iter().position(|&x| x > tolerance || x.is_nan())
    }
}

/// The times at which a claimed field is evaluated: what depends on time is no expansion of one step.
const TIMES: [Ratio; 3] = [Ratio::new(0, 1), Ratio::new(1, 3), Ratio::new(7, 5)];

/// A claimed flow with terms in the place of its own, and a factor on its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Restated {
    /// The terms.
    pub terms: Vec<Term>,
    /// The factor on time: 1 for a claim as stated.
    pub clock: Ratio,
}

impl Expander {
    /// How far the claimed flow, with these terms in the place of its own, is from f₀ … f_{powers−1} at
    /// `point`: the worst over three times.
    ///
    /// # Errors
    /// [`Refusal`] if the method has no expansion there, if the flow is known in `f64` only, or if it starts
    /// elsewhere than the iterates.
    pub fn compare(
        &self,
        flow: &AnyFlow,
        terms: &[Term],
        point: &[DoubleDouble],
        powers: usize,
    ) -> Result<Discrepancy, Refusal> {
        let stated = Restated { terms: terms.to_vec(), clock: Ratio::new(1, 1) };
        let mut found = self.compare_each(flow, &[stated], point, powers)?;
        Ok(found.swap_remove(0))
    }

    /// The same for several variants of the claim at once, beside one expansion.
    ///
    /// # Errors
    /// As [`compare`](Expander::compare).
    pub fn compare_each(
        &self,
        flow: &AnyFlow,
        variants: &[Restated],
        point: &[DoubleDouble],
        powers: usize,
    ) -> Result<Vec<Discrepancy>, Refusal> {
        let flow = flow.seen::<Series>().ok_or(Refusal::FlowInFloats)?;
        // One expansion for all times, unless the method has a schedule.
        let mut expansions =
            vec![self.fields_at(point, DoubleDouble::from_ratio(TIMES[0]), powers)?];
        if expansions[0].timed {
            for &time in &TIMES[1..] {
                expansions.push(self.fields_at(point, DoubleDouble::from_ratio(time), powers)?);
            }
        }
        let w: Vec<Series> = point.iter().map(|&x| Jet::constant(x)).collect();
        let mut a = Numeric::new(std::sync::Arc::clone(&self.loss));
        (variants.iter())
            .map(|Restated { terms, clock }| {
                let c = coefficients(&a, terms, powers);
                let start = flow.start(&mut a, &c, w.clone());
                let shifted = |(moved, x): (&Series, &DoubleDouble)| {
                    (0..powers).any(|j| {
                        let still = if j == 0 { *x } else { DoubleDouble::zero() };
                        moved.coefficient(j) != still
                    })
                };
                if start.iter().zip(point).any(shifted) {
                    return Err(Refusal::StartsElsewhere);
                }
                let clock = DoubleDouble::from_ratio(*clock);
                let mut found = Discrepancy { relative: vec![0.0; powers] };
                for (time, at) in TIMES.into_iter().zip(0..) {
                    let time = a.ratio(time);
                    let claimed = flow.field(&mut a, &c, &time, &w);
                    if !claimed.iter().all(|x| x.is_finite()) || a.met_undefined() {
                        return Err(Refusal::FlowNotFinite);
                    }
                    let own = expansions.get(at).unwrap_or(&expansions[0]);
                    found.add(&own.fields, &claimed, clock);
                }
                Ok(found)
            })
            .collect()
    }
}

/// The coefficients of `terms` as series in ε.
fn coefficients(a: &Numeric<Series>, terms: &[Term], powers: usize) -> Vec<Series> {
    let power_of_step = |power: usize| {
        let mut coefficients = vec![DoubleDouble::zero(); powers.max(power + 1)];
        coefficients[power] = DoubleDouble::one();
        Jet::from_coefficients(&coefficients)
    };
    terms
        .iter()
        .map(|term| a.ratio(term.coefficient) * power_of_step(term.power as usize))
        .collect()
}

impl Discrepancy {
    /// Adds what `clock` times the claimed field differs from these by.
    fn add(&mut self, fields: &[Vec<DoubleDouble>], claimed: &[Series], clock: DoubleDouble) {
        let size = |x: DoubleDouble| x.leading().abs();
        let scale = fields.iter().flatten().fold(0.0_f64, |most, &x| most.max(size(x)));
        for (j, relative) in self.relative.iter_mut().enumerate() {
            let said = || claimed.iter().map(|x| x.coefficient(j) * clock);
            let own = fields[j].iter().fold(0.0_f64, |most, &x| most.max(size(x)));
            let largest = said().fold(0.0_f64, |most, x| most.max(size(x)));
            // A field that is round-off alone is measured by those beside it.
            let most = own.max(largest);
            let unit = if most <= super::NOTHING * scale { scale } else { most };
            let unit = unit.max(f64::MIN_POSITIVE);
            for (x, &f) in said().zip(&fields[j]) {
                let gap = size(x - f) / unit;
                if gap > *relative || gap.is_nan() {
                    *relative = gap;
                }
            }
        }
    }
}
