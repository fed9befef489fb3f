//! The same question twice, and whether the answer is a number.

use super::flaw::{Entry, Flaw, Quantity};
use super::survey::Survey;
use crate::loss::place::Place;

impl Survey<'_> {
    /// Values, gradients and Hessian–vector products give the same bits twice, at each of `points`.
    pub(super) fn repeatable(&self, points: &[Vec<f64>]) -> Result<(), Flaw> {
        for w in points {
            for &k in &self.batches {
                self.same_twice(Quantity::Value, k, w, || vec![self.loss.value(k, w)])?;
                self.same_twice(Quantity::Gradient, k, w, || self.gradient(k, w))?;
                self.same_twice(Quantity::HessianVector, k, w, || {
                    self.hessian_vector(k, w, &self.directions[0])
                })?;
            }
        }
        Ok(())
    }

    fn same_twice(
        &self,
        quantity: Quantity,
        batch: usize,
        w: &[f64],
        ask: impl Fn() -> Vec<f64>,
    ) -> Result<(), Flaw> {
        let (first, second) = (ask(), ask());
        // Two NaN are the same answer, whatever their bits.
        let differ = |a: f64, b: f64| a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan());
        match first.iter().zip(&second).position(|(&a, &b)| differ(a, b)) {
            None => Ok(()),
            Some(component) => Err(Flaw::NotRepeatable {
                entry: self.entry(quantity, component, batch, w),
                first: first[component],
                second: second[component],
            }),
        }
    }

    /// Values, where they are known, and gradients are finite at the start.
    pub(super) fn finite(&self) -> Result<(), Flaw> {
        let w = &self.points[0];
        for &k in &self.batches {
            let value = if self.problem.has_value() { self.loss.value(k, w) } else { 0.0 };
            if !value.is_finite() {
                return Err(Flaw::NotFinite { entry: self.entry(Quantity::Value, 0, k, w), value });
            }
            let g = self.gradient(k, w);
            if let Some(component) = g.iter().position(|x| !x.is_finite()) {
                let entry = self.entry(Quantity::Gradient, component, k, w);
                return Err(Flaw::NotFinite { entry, value: g[component] });
            }
        }
        Ok(())
    }

    pub(super) fn entry(
        &self,
        quantity: Quantity,
        component: usize,
        batch: usize,
        w: &[f64],
    ) -> Entry {
        Entry { quantity, component, batch, place: Place(w.to_vec()) }
    }
}
