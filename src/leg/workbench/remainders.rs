//! What a claim leaves of the error below its order.

use super::{Effects, Errors, Workbench, difference};
use crate::leg::{Remainder, Variant};
use crate::measure::{Estimate, extrapolate_vector, norm};
use crate::scalar::{Ratio, Scalar};

/// The clock by which the effect of time is measured.
const FASTER: Ratio = Ratio::new(101, 100);

impl Workbench<'_> {
    /// The limit of ‖e‖/ε^q for every power q below the order that the claim is judged by.
    pub(super) fn remainders(
        &mut self,
        variant: &Variant,
        (errors, floors): &Errors,
        effects: &[Effects],
    ) -> Vec<Remainder> {
        let finite: Vec<usize> = (0..errors.len())
            .filter(|&rung| floors[rung].is_finite() && errors[rung].iter().all(|x| x.is_finite()))
            .collect();
        let step_sizes: Vec<f64> = finite.iter().map(|&rung| self.rungs[rung].step_size).collect();
        let below = self.leg.claimed_order().ceil() as u32;
        let highest = variant.terms.iter().map(|term| term.power).max().unwrap_or(0);
        let highest = highest + self.leg.kind().power_of_a_block();
        let mut remainders = Vec::new();
        for power in 0..below {
            let over = |rung: usize| self.rungs[rung].step_size.powi(-(power as i32));
            let values: Vec<Vec<f64>> = (finite.iter())
                .map(|&rung| errors[rung].iter().map(|e| e * over(rung)).collect())
                .collect();
            let noise: Vec<f64> = finite.iter().map(|&rung| floors[rung] * over(rung)).collect();
            let Some((limit, half_width)) = extrapolate_vector(&step_sizes, &values, &noise) else {
                continue;
            };
            let Some(unit) = self.unit(variant, effects, power) else { continue };
            let estimate = Estimate { value: norm(&limit) / unit, half_width: half_width / unit };
            if estimate.half_width.is_finite() {
                remainders.push(Remainder { power, of_highest_term: power == highest, estimate });
            }
        }
        remainders
    }

    /// What a remainder at this power is measured by: the largest effect of the terms that come with
    /// it, else that of time over the coarsest rung, both divided by ε^`power`.
    fn unit(&mut self, variant: &Variant, effects: &[Effects], power: u32) -> Option<f64> {
        let finest = self.rungs.len().checked_sub(1)?;
        let over = |rung: usize| self.rungs[rung].step_size.powi(-(power as i32));
        let within = self.leg.kind().power_of_a_block();
        let declared = (variant.terms.iter().zip(&effects[finest]))
            .filter(|(term, _)| term.power + within == power)
            .map(|(_, effect)| norm(effect) * over(finest))
            .fold(0.0, f64::max);
        if declared > 0.0 {
            return Some(declared).filter(|unit| unit.is_finite());
        }
        let coarsest = self.rungs[0];
        let size = if self.leg.has_clock() {
            let plain = Variant::plain(self.leg.terms());
            let faster = plain.clone().at_pace(FASTER);
            let ends = (self.leg.predict(&coarsest, &plain), self.leg.predict(&coarsest, &faster));
            let (Ok(plain), Ok(faster)) = ends else { return None };
            norm(&difference(&plain, &faster)) / (f64::from_ratio(FASTER) - 1.0)
        } else {
            norm(&difference(&self.leg.predict(&coarsest, variant).ok()?, &[]))
        };
        let time = coarsest.step_size * coarsest.blocks as f64;
        let unit = size * time.powi(-(power as i32));
        (unit > 0.0 && unit.is_finite()).then_some(unit)
    }
}
