//! Coefficients read off the errors of a leg.

use super::{Effects, Errors, Workbench};
use crate::flow::Term;
use crate::leg::{Recovered, Variant};
use crate::measure::{Estimate, FLOOR_FACTOR, Hidden, Weight, extrapolate_to_zero, norm, project};
use crate::scalar::{Ratio, Scalar};

/// The order of a term's effect has to stay this far below the order of the error.
const EFFECT_GAP: f64 = 0.5;

impl Workbench<'_> {
    /// ĉ_k for each term: the weight of the term's effect in the error, extrapolated to ε = 0.
    pub(super) fn coefficients(
        &self,
        variant: &Variant,
        basis: &[Ratio],
        errors: &Errors,
        effects: &[Effects],
    ) -> Vec<Recovered> {
        let weights = if self.leg.kind().is_equality() {
            self.stacked(variant, basis, errors, effects)
        } else {
            self.limits(variant, basis, errors, effects)
        };
        (variant.terms.iter().zip(weights).enumerate())
            .map(|(k, (term, weight))| Recovered {
                term: term.name.clone(),
                claimed: term.coefficient,
                estimate: weight.as_ref().ok().copied(),
                magnitude: f64::from_ratio(basis[k]).abs(),
                hidden: weight.err(),
            })
            .collect()
    }

    fn limits(
        &self,
        variant: &Variant,
        basis: &[Ratio],
        (errors, floors): &Errors,
        effects: &[Effects],
    ) -> Vec<Result<Estimate, String>> {
        let weights: Vec<Option<Vec<Weight>>> = (errors.iter().zip(effects).zip(floors))
            .map(|((error, effects), &floor)| project(error, effects, floor))
            .collect();
        // The error over the effect must vanish with ε, or the weights tend to something else: the
        // effect, apart from what the others explain, has to be of lower order than the error.
        let most = self.order - EFFECT_GAP;
        let estimate = |k: usize| {
            let found = |rung: usize| weights[rung].as_ref().and_then(|all| all[k].found());
            let kept: Vec<(f64, f64, f64, f64)> = (0..errors.len())
                .filter_map(|rung| {
                    let (value, amplification) = found(rung)?;
                    Some((self.rungs[rung].step_size, value, amplification, floors[rung]))
                })
                .collect();
            let hidden = || {
                let all = weights.iter().rev().flatten().find_map(|all| match &all[k] {
                    Weight::Hidden(why) => Some(why),
                    Weight::Found { .. } => None,
                });
                all.map_or_else(
                    || "fewer than three rungs show it".to_owned(),
                    |why| in_words(why, &variant.terms),
                )
            };
            let shows = kept.windows(2).all(|pair| {
                let [(coarse, _, before, _), (fine, _, after, _)] = pair else { return true };
                (after / before).ln() / (coarse / fine).ln() <= most
            });
            if !shows {
                return Err(format!(
                    "its effect falls as fast as the error, whose order is {}",
                    self.order
                ));
            }
            let (unit, claimed) =
                (f64::from_ratio(basis[k]), f64::from_ratio(variant.terms[k].coefficient));
            let step_sizes: Vec<f64> = kept.iter().map(|(eps, ..)| *eps).collect();
            let values: Vec<f64> =
                kept.iter().map(|(_, weight, ..)| claimed + unit * weight).collect();
            let noise: Vec<f64> = (kept.iter())
                .map(|(_, _, amplification, floor)| unit.abs() * amplification * floor)
                .collect();
            extrapolate_to_zero(&step_sizes, &values, &noise).ok_or_else(hidden)
        };
        (0..basis.len()).map(estimate).collect()
    }

    /// An identity holds at every sample, so one least-squares system over all of them does.
    fn stacked(
        &self,
        variant: &Variant,
        basis: &[Ratio],
        (errors, floors): &Errors,
        effects: &[Effects],
    ) -> Vec<Result<Estimate, String>> {
        let error = errors.concat();
        let stacked: Vec<Vec<f64>> = (0..basis.len())
            .map(|k| effects.iter().flat_map(|sample| sample[k].iter().copied()).collect())
            .collect();
        let floor = norm(floors);
        let weights = project(&error, &stacked, floor);
        let estimate = |k: usize| {
            let unit = f64::from_ratio(basis[k]);
            let claimed = f64::from_ratio(variant.terms[k].coefficient);
            match weights.as_ref().map(|all| &all[k]) {
                Some(Weight::Found { value, amplification }) => Ok(Estimate {
                    value: claimed + unit * value,
                    half_width: FLOOR_FACTOR
                        * (floor * amplification * unit.abs() + f64::EPSILON * unit.abs()),
                }),
                Some(Weight::Hidden(why)) => Err(in_words(why, &variant.terms)),
                None => Err("the sides are not finite at every sample".to_owned()),
            }
        };
        (0..basis.len()).map(estimate).collect()
    }
}

/// Why a term has no coefficient of its own.
pub(super) fn in_words(why: &Hidden, terms: &[Term]) -> String {
    let names = |those: &[usize]| {
        those.iter().map(|&k| &*terms[k].name).collect::<Vec<_>>().join(" and the ")
    };
    match why {
        Hidden::Nothing => "it has no effect".to_owned(),
        Hidden::Same(others) => format!("it has the same effect as the {}", names(others)),
        Hidden::TooMany { effects, components } => format!(
            "{} effects cannot be told apart in {} parameter{}",
            number(*effects),
            number(*components),
            if *components == 1 { "" } else { "s" }
        ),
        Hidden::Combination(others) => {
            format!("its effect is a combination of those of the {}", names(others))
        }
    }
}

pub(super) fn number(n: usize) -> String {
    const WORDS: [&str; 10] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    WORDS.get(n).map_or_else(|| n.to_string(), |&word| word.to_owned())
}
