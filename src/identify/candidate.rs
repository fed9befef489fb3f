//! A method with its settings open, fitted to a black box and held against what was kept from the fit.

use super::change::{Change, DECAY, Start};
use super::experiment::{Data, Experiment, FITTED_SIZES, distance};
use super::fit::{Fit, least_squares, with_bars};
use super::fraction::simplest;
use super::model::{Model, Variation};
use super::parameter::{Parameter, near};
use crate::arithmetic::Numeric;
use crate::method::Method;
use crate::scalar::Ratio;
use crate::theorem::caught;

/// Steps of the first, cheap fit.
const FIRST_STEPS: usize = 3;
/// What the first fit must come to for a second one: of a method as it stands, whose settings a few steps may hardly
/// tell apart, and of one with a change, of which there are many.
const PROMISING: (f64, f64) = (1e-2, 1e-5);
/// The residual of what is the same but for round-off, relative to how far a run goes.
pub(super) const SAME: f64 = 1e-9;
/// How much more than a last digit of the start round-off on the way may grow to.
const ROUND_OFF_GROWS: f64 = 1e3;
/// Points from which a search may begin, of all combinations.
const MOST_STARTS: usize = 192;
/// Points from which it does begin, those of least residual: of a method as it stands, which is what most boxes are,
/// and of one with a change, of which there are many.
const BEST_STARTS: (usize, usize) = (16, 4);
/// How many bars away a simple fraction may be, first and at last.
const WIDENED: [f64; 3] = [3.0, 300.0, 3e4];
/// A bar above which a number is not determined.
const OPEN_BAR: f64 = 1e-6;

/// A method, what is chosen about it, and the numbers to be found.
#[derive(Clone)]
pub(super) struct Candidate<'a> {
    pub(super) method: &'a Method,
    /// Settings that are no ratios, as they are written.
    pub(super) choices: Vec<(String, String)>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) variation: Variation,
}

/// A number that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) ratio: Ratio,
    /// Whether it is a simple fraction.
    pub(super) simple: bool,
    pub(super) bar: f64,
}

/// A candidate that does what the box does.
#[derive(Clone)]
pub(super) struct Found<'a> {
    pub(super) candidate: Candidate<'a>,
    /// The number of each parameter.
    pub(super) numbers: Vec<Number>,
    /// The largest distance on what was held out, relative to how far the run goes.
    pub(super) error: f64,
}

/// How far a candidate came.
pub(super) struct Attempt<'a> {
    /// The residual of the first fit.
    pub(super) first: f64,
    /// Where that fit ended.
    pub(super) at: Vec<f64>,
    pub(super) found: Option<Found<'a>>,
}

impl<'a> Candidate<'a> {
    pub(super) fn new(
        method: &'a Method,
        mut choices: Vec<(String, String)>,
        variation: Variation,
    ) -> Self {
        let displaced = variation.changes.iter().any(|c| matches!(c, Change::Decay { .. }));
        let mut parameters: Vec<Parameter> =
            method.settings().iter().filter_map(Parameter::of_setting).collect();
        if displaced && let Some(at) = parameters.iter().position(|p| p.name == DECAY) {
            // The decay stands elsewhere: the method itself has none.
            let _ = parameters.remove(at);
            choices.push((DECAY.to_owned(), "0".to_owned()));
        }
        parameters.extend(variation.changes.iter().filter_map(|&c| Parameter::of_change(c)));
        Candidate { method, choices, parameters, variation }
    }

    /// The method with these numbers on `batches` minibatches.
    fn model(&self, numbers: &[Ratio], batches: usize) -> Option<Model<'_>> {
        let choices = self.choices.iter().map(|(name, text)| format!("{name}={text}"));
        let settings = (self.parameters.iter().zip(numbers))
            .filter(|(parameter, _)| parameter.of_method)
            .map(|(parameter, number)| format!("{}={number}", parameter.name));
        let texts: Vec<String> = choices.chain(settings).collect();
        let made = self.method.made(&self.method.values(&texts).ok()?, Some(batches)).ok()?;
        let mut numbers = (self.parameters.iter().zip(numbers))
            .filter(|(parameter, _)| !parameter.of_method)
            .map(|(_, number)| number.to_f64());
        let extra = |change: &Change| match change.extra() {
            Some(_) => numbers.next().unwrap_or(0.0),
            None => 0.0,
        };
        let extras = self.variation.changes.iter().map(extra).collect();
        Some(Model {
            optimizer: made.optimizer.float(),
            ridge: made.ridge.to_f64(),
            variation: &self.variation,
            extras,
        })
    }

    /// w₀, …, w_`steps` of a run.
    pub(super) fn iterates(
        &self,
        numbers: &[Ratio],
        data: &Data,
        run: &Experiment,
        steps: usize,
    ) -> Option<Vec<Vec<f64>>> {
        let loss = &data.losses[run.problem];
        self.model(numbers, loss.batches())?.iterates(loss, run, steps)
    }

    /// How far `steps` steps are off, on every run or on one of each problem.
    fn residual(&self, at: &[f64], data: &Data, steps: usize, every: usize) -> Option<Vec<f64>> {
        let numbers: Vec<Ratio> =
            at.iter().zip(&self.parameters).map(|(&x, p)| near(p.value(x))).collect();
        self.residual_of(&numbers, data, steps, every)
    }

    fn residual_of(
        &self,
        numbers: &[Ratio],
        data: &Data,
        steps: usize,
        every: usize,
    ) -> Option<Vec<f64>> {
        let mut residual = Vec::new();
        // One model for each number of minibatches: making one costs more than a few steps.
        let mut models: Vec<(usize, Model)> = Vec::new();
        for run in data.fitted.iter().step_by(every) {
            let loss = &data.losses[run.problem];
            let m = loss.batches();
            let at = match models.iter().position(|(known, _)| *known == m) {
                Some(at) => at,
                None => {
                    models.push((m, self.model(numbers, m)?));
                    models.len() - 1
                }
            };
            let model = models[at].1.iterates(loss, run, steps)?;
            for (mine, seen) in model.iter().zip(&run.iterates).skip(1) {
                residual.extend(mine.iter().zip(seen).map(|(a, b)| (a - b) / run.scale));
            }
        }
        Some(residual)
    }

    /// Whether everything that is changed about it changes what it does.
    fn is_another(&self, data: &Data) -> bool {
        let Some(run) = data.fitted.first() else { return false };
        let m = data.losses[run.problem].batches();
        let typical: Vec<Ratio> = (self.parameters.iter())
            .map(|p| p.levels.get(p.levels.len() / 2).map_or(Ratio::new(0, 1), |&x| near(x)))
            .collect();
        let Some(model) = self.model(&typical, m) else { return false };
        let slots = model.optimizer.memory();
        for change in &self.variation.changes {
            let acts = match *change {
                Change::Filled { slot } => {
                    slots > slot.unwrap_or(0) && (slot.is_none() || slots > 1)
                }
                Change::SeenAhead | Change::MomentumKept => slots > 0,
                Change::Uncorrected { .. }
                | Change::CorrectedLate { .. }
                | Change::StabilisedFirst => model
                    .reads_fading(&data.losses[run.problem], run)
                    .is_some_and(|reads| match change {
                        Change::Uncorrected { mean: Some(which) }
                        | Change::CorrectedLate { mean: Some(which) } => {
                            reads > 1 && *which < reads
                        }
                        Change::StabilisedFirst => reads == 2,
                        _ => reads > 0,
                    }),
                Change::Summed => {
                    data.fitted.iter().any(|run| run.batches.iter().any(|b| b.len() > 1))
                }
                _ => true,
            };
            if !acts {
                return false;
            }
        }
        if self.variation.start == Start::Rest {
            let loss = &data.losses[run.problem];
            let a = &mut Numeric::new(std::sync::Arc::clone(loss));
            let memory = model.optimizer.initial_memory(a, &run.eps, &run.iterates[0]);
            return memory.iter().flatten().any(|x| x.abs() > 0.0);
        }
        true
    }

    /// Fits it; a panic in a method of somebody else's is no match.
    pub(super) fn attempt(&self, data: &Data) -> Option<Attempt<'a>> {
        caught(|| self.attempted(data)).ok().flatten()
    }

    fn attempted(&self, data: &Data) -> Option<Attempt<'a>> {
        if !self.is_another(data) {
            return None;
        }
        let steps = data.fitted.iter().map(|run| run.batches.len()).max()?;
        let bounds: Vec<(f64, f64)> = self.parameters.iter().map(Parameter::range).collect();
        let short = |at: &[f64]| self.residual(at, data, FIRST_STEPS, FITTED_SIZES.len());
        let whole = |at: &[f64]| self.residual(at, data, steps, 1);
        let mut starts: Vec<(f64, Vec<f64>)> = (self.starts().into_iter())
            .filter_map(|at| Some((short(&at)?.iter().map(|r| r * r).sum::<f64>(), at)))
            .filter(|(cost, _)| cost.is_finite())
            .collect();
        starts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut best: Option<Fit> = None;
        let plain = self.variation.changes.is_empty();
        let (begun, promising, limit) = match plain {
            true => (BEST_STARTS.0, PROMISING.0, 100),
            false => (BEST_STARTS.1, PROMISING.1, 30),
        };
        for (_, start) in starts.iter().take(begun) {
            let Some(fit) = least_squares(&short, start, &bounds, limit) else { continue };
            if best.as_ref().is_none_or(|best| fit.worst < best.worst) {
                best = Some(fit);
            }
            if best.as_ref().is_some_and(|best| best.worst < SAME * 1e-3) {
                break;
            }
        }
        let best = best?;
        let (first, at) = (best.worst, best.at);
        let found = (first < promising)
            .then(|| least_squares(&whole, &at, &bounds, 100))
            .flatten()
            .filter(|fit| fit.worst < SAME)
            .and_then(|fit| self.found(with_bars(&whole, fit, &bounds), data, steps));
        Some(Attempt { first, at, found })
    }

    /// The numbers that come nearest in all fitted steps, and the largest residual that they leave.
    pub(super) fn nearest(&self, at: &[f64], data: &Data) -> Option<(Vec<Number>, f64)> {
        let steps = data.fitted.iter().map(|run| run.batches.len()).max()?;
        let bounds: Vec<(f64, f64)> = self.parameters.iter().map(Parameter::range).collect();
        let whole = |at: &[f64]| self.residual(at, data, steps, 1);
        let fit = with_bars(&whole, least_squares(&whole, at, &bounds, 40)?, &bounds);
        let number = |(parameter, (&x, &bar)): (&Parameter, (&f64, &f64))| Number {
            ratio: near(parameter.value(x)),
            simple: false,
            bar: parameter.bar(x, bar),
        };
        let numbers = self.parameters.iter().zip(fit.at.iter().zip(&fit.bars)).map(number);
        Some((numbers.collect(), fit.worst))
    }

    /// Combinations of levels, evenly chosen if there are many.
    fn starts(&self) -> Vec<Vec<f64>> {
        let all: usize = self.parameters.iter().map(|p| p.levels.len()).product();
        let some = all.min(MOST_STARTS);
        (0..some)
            .map(|n| {
                let mut at = n * all / some.max(1);
                (self.parameters.iter())
                    .map(|p| {
                        let level = p.levels[at % p.levels.len()];
                        at /= p.levels.len();
                        p.coordinate(level)
                    })
                    .collect()
            })
            .collect()
    }

    /// What was found, in its simplest numbers, if it does on what was held out what the box does.
    fn found(&self, fit: Fit, data: &Data, steps: usize) -> Option<Found<'a>> {
        let count = self.parameters.len();
        let mut fixed: Vec<Option<Ratio>> = vec![None; count];
        let mut fit = fit;
        for i in (0..count).rev() {
            let parameter = &self.parameters[i];
            let value = parameter.value(fit.at[i]);
            let bar = parameter.bar(fit.at[i], fit.bars[i]);
            let zero = Some(Ratio::new(0, 1)).filter(|_| parameter.admits(0.0));
            for simple in [parameter.default, zero].into_iter().flatten() {
                let open = bar > OPEN_BAR * value.abs().max(OPEN_BAR);
                if !open && (simple.to_f64() - value).abs() > 30.0 * bar {
                    continue;
                }
                let mut tried = fixed.clone();
                tried[i] = Some(simple);
                if let Some(refit) = self.refit(&fit, &tried, data, steps)
                    && refit.worst < SAME
                {
                    (fixed, fit) = (tried, refit);
                    break;
                }
            }
        }
        let numbers = |widened: Option<f64>| -> Vec<Number> {
            let number = |i: usize| {
                let parameter = &self.parameters[i];
                let value = parameter.value(fit.at[i]);
                let bar = parameter.bar(fit.at[i], fit.bars[i]);
                let fraction = || {
                    let by = (widened? * bar).max(2.0 * f64::EPSILON * value.abs());
                    simplest(value - by, value + by).filter(|r| parameter.admits(r.to_f64()))
                };
                let simple = fixed[i].or_else(fraction);
                Number {
                    ratio: simple.unwrap_or_else(|| near(value)),
                    simple: simple.is_some(),
                    bar,
                }
            };
            (0..count).map(number).collect()
        };
        // At the end of the range of a search a setting stands for its limit, which is another method.
        let as_fitted = numbers(None);
        if as_fitted.iter().zip(&self.parameters).any(|(n, p)| p.is_at_an_end(n.ratio.to_f64())) {
            return None;
        }
        // Fractions first, and where two settings do almost the same, further away than the bars say; what they
        // do not reproduce has none.
        WIDENED.into_iter().map(Some).chain([None]).find_map(|widened| {
            let numbers = numbers(widened);
            let ratios: Vec<Ratio> = numbers.iter().map(|n| n.ratio).collect();
            let error = self.held_out(&ratios, data)?;
            Some(Found { candidate: self.clone(), numbers, error })
        })
    }

    /// The fit with some numbers fixed: their bars are those that they have alone.
    fn refit(&self, fit: &Fit, fixed: &[Option<Ratio>], data: &Data, steps: usize) -> Option<Fit> {
        let free: Vec<usize> = (0..fixed.len()).filter(|&i| fixed[i].is_none()).collect();
        let full = |at: &[f64]| -> Vec<f64> {
            let mut all: Vec<f64> = (fixed.iter().zip(&self.parameters).zip(&fit.at))
                .map(|((fixed, p), &x)| fixed.map_or(x, |r| p.coordinate(r.to_f64())))
                .collect();
            free.iter().zip(at).for_each(|(&i, &x)| all[i] = x);
            all
        };
        let residual = |at: &[f64]| {
            let all = full(at);
            let numbers: Vec<Ratio> = (fixed.iter().zip(&self.parameters).zip(&all))
                .map(|((fixed, p), &x)| fixed.unwrap_or_else(|| near(p.value(x))))
                .collect();
            self.residual_of(&numbers, data, steps, 1)
        };
        let start: Vec<f64> = free.iter().map(|&i| fit.at[i]).collect();
        let bounds: Vec<(f64, f64)> = free.iter().map(|&i| self.parameters[i].range()).collect();
        let inner = least_squares(&residual, &start, &bounds, 40)?;
        let inner = with_bars(&residual, inner, &bounds);
        let mut bars = fit.bars.clone();
        free.iter().zip(&inner.bars).for_each(|(&i, &bar)| bars[i] = bar);
        Some(Fit { at: full(&inner.at), bars, worst: inner.worst })
    }

    /// The largest distance on everything that was run, relative to how far a run goes, if it is round-off.
    fn held_out(&self, numbers: &[Ratio], data: &Data) -> Option<f64> {
        let mut worst: f64 = 0.0;
        for run in data.fitted.iter().chain(&data.held_out) {
            let steps = run.batches.len();
            let mine = self.iterates(numbers, data, run, steps)?;
            let apart =
                |mine: &[Vec<f64>], n: usize| distance(&mine[n], &run.iterates[n]) / run.scale;
            let same = |n: usize| apart(&mine, n) < SAME;
            if let Some(first) = (0..=steps).find(|&n| !same(n)) {
                // Round-off grows where the method is unstable: as much as a last digit of the start does.
                let mut moved = run.clone();
                for (i, w) in moved.iterates[0].iter_mut().enumerate() {
                    let digit = 2.0 * f64::EPSILON * w.abs().max(1e-3 * run.scale);
                    *w += if i % 2 == 0 { digit } else { -digit };
                }
                let beside = self.iterates(numbers, data, &moved, steps)?;
                let grown = |n: usize| {
                    (0..=n).map(|n| distance(&mine[n], &beside[n]) / run.scale).fold(0.0, f64::max)
                };
                if (first..=steps).any(|n| apart(&mine, n) > SAME + ROUND_OFF_GROWS * grown(n)) {
                    return None;
                }
            }
            worst =
                (0..=steps).filter(|&n| same(n)).fold(worst, |worst, n| worst.max(apart(&mine, n)));
        }
        Some(worst)
    }

    /// How many settings stand away from what they are by default; what is switched on counts twice.
    pub(super) fn distance_from_defaults(&self, numbers: &[Number]) -> usize {
        let off = |ratio: Ratio| ratio.is_zero();
        let of = |name: &str, ratio: Option<Ratio>, text: &str| {
            let setting = self.method.settings().iter().find(|s| s.name() == name);
            let Some(default) = setting.and_then(crate::method::Setting::default) else { return 0 };
            match (ratio, crate::method::exact(&default)) {
                (Some(ratio), Some(default)) if ratio == default => 0,
                (Some(_), Some(default)) if off(default) => 2,
                (Some(_), _) => 1,
                (None, _) => usize::from(text != default),
            }
        };
        let moved = self.variation.changes.iter().any(|c| matches!(c, Change::Decay { .. }));
        let choices: usize = (self.choices.iter())
            .filter(|(name, _)| !(moved && name == DECAY))
            .map(|(name, text)| of(name, None, text))
            .sum();
        let numbers: usize = (self.parameters.iter().zip(numbers))
            .filter(|(p, _)| p.of_method || p.name == DECAY)
            .map(|(p, n)| of(&p.name, Some(n.ratio), ""))
            .sum();
        choices + numbers
    }
}
