//! What a search has found, put into an answer: names, settings, and where a box parts from its namesake.

use super::answer::{Alias, Answer, Found as Shown, Parting, Resembling};
use super::candidate::{Attempt, Candidate, Found, Number, SAME};
use super::change::{Change, DECAY, Start};
use super::experiment::distance;
use super::feed::Departure;
use super::model::Variation;
use super::search::Register;
use crate::method::{FULL_BATCH, Method, exact as exactly};
use crate::scalar::Ratio;

/// The most methods that are fitted to all steps to find the nearest.
const RESEMBLING: usize = 6;

impl<'a> Register<'a> {
    pub(super) fn answer(&self, best: &Found<'a>, found: &[&Found<'a>]) -> Answer {
        let candidate = &best.candidate;
        let mut aliases: Vec<Alias> = Vec::new();
        let mut others: Vec<&&Found> = found.iter().collect();
        others.sort_by_cached_key(|found| self.rank(found));
        for other in others {
            let name = other.candidate.method.name();
            let known = name == candidate.method.name() || aliases.iter().any(|a| a.method == name);
            let others = other.candidate.variation.changes != candidate.variation.changes;
            if known || others || (self.out_of_place(other) && !self.out_of_place(best)) {
                continue;
            }
            aliases.push(Alias { method: name.to_owned(), settings: self.settings(other) });
        }
        let (method, settings) = (candidate.method.name().to_owned(), self.settings(best));
        let (start, error) = (candidate.variation.start, best.error);
        let own = candidate.method.sampling() != FULL_BATCH;
        let sampling = self.fed.filter(|_| !own).and_then(|fed| fed.name.clone());
        let changes = self.changes(best);
        let odd = self.fed.filter(|fed| fed.name.is_none()).and_then(|fed| fed.parts.as_ref());
        if let Some(departure) = odd {
            let parts_at = self.parting_of_batches(best, departure);
            return Answer::Nearest {
                method,
                settings,
                sampling,
                start,
                changes,
                parts_at,
                aliases,
                error,
            };
        }
        if changes.is_empty() {
            let parts_at = self.parting_by_default(best);
            return Answer::Named { method, settings, sampling, start, aliases, parts_at, error };
        }
        let term = self.term(&changes);
        let parts_at = self.parting(&self.namesake(best), term.clone()).unwrap_or(Parting {
            // It has the same first steps, and parts later.
            from: method.clone(),
            step: self.data.fitted.iter().map(|run| run.batches.len() + 1).max().unwrap_or(1),
            term,
            by: f64::NAN,
        });
        Answer::Nearest { method, settings, sampling, start, changes, parts_at, aliases, error }
    }

    fn term(&self, changes: &[(Change, Option<Shown>)]) -> String {
        let one = |(change, number): &(Change, Option<Shown>)| match number {
            Some(number) if number.name != DECAY => {
                format!("{}: {change}, {} = {}", change.part(), number.name, number.text)
            }
            _ => format!("{}: {change}", change.part()),
        };
        changes.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    /// The method without its changes, its decay where it belongs.
    fn namesake(&self, found: &Found<'a>) -> (Candidate<'a>, Vec<Ratio>) {
        let start = found.candidate.variation.start;
        let choices =
            (found.candidate.choices.iter()).filter(|(name, _)| name != DECAY).cloned().collect();
        let variation = Variation { start, changes: Vec::new() };
        let namesake = Candidate::new(found.candidate.method, choices, variation);
        let numbers = (namesake.parameters.iter())
            .map(|wanted| {
                let at = found.candidate.parameters.iter().position(|p| p.name == wanted.name);
                let found = at.and_then(|at| found.numbers.get(at)).map(|number| number.ratio);
                found.or(wanted.default).unwrap_or(Ratio::new(0, 1))
            })
            .collect();
        (namesake, numbers)
    }

    /// Where a box that is named parts from the method as it is unless it is told otherwise.
    fn parting_by_default(&self, found: &Found<'a>) -> Option<Parting> {
        if let Some(departure) = self.fed.and_then(|fed| fed.parts.as_ref()) {
            return Some(self.parting_of_batches(found, departure));
        }
        let (mut usual, numbers) = self.namesake(found);
        let mut terms = Vec::new();
        for (name, text) in &mut usual.choices {
            let setting = usual.method.settings().iter().find(|s| s.name() == name);
            let default = setting.and_then(crate::method::Setting::default);
            if let Some(default) = default.filter(|default| default != text) {
                terms.push(format!("{name} = {text}, not {default}"));
                *text = default;
            }
        }
        if usual.variation.start == Start::Rest {
            usual.variation.start = Start::Registered;
            terms.push("its memory starts empty, not as in the register".to_owned());
        }
        if terms.is_empty() {
            return None;
        }
        let from = usual.method.name().to_owned() + " by default";
        self.parting(&(usual, numbers), terms.join("; ")).map(|parting| Parting { from, ..parting })
    }

    /// The first step after which the box and another method differ, on any run.
    pub(super) fn parting(
        &self,
        (other, numbers): &(Candidate, Vec<Ratio>),
        term: String,
    ) -> Option<Parting> {
        let mut first: Option<(usize, f64)> = None;
        for run in &self.data.fitted {
            let steps = run.batches.len();
            let Some(theirs) = other.iterates(numbers, self.data, run, steps) else { continue };
            let gap = |n: usize| {
                let apart = distance(&theirs[n], &run.iterates[n]);
                let step = distance(&run.iterates[n], &run.iterates[n - 1]);
                (apart / run.scale, apart / step.max(f64::MIN_POSITIVE))
            };
            let Some(step) = (1..=steps).find(|&n| gap(n).0 > SAME) else { continue };
            if first.is_none_or(|(known, _)| step < known) {
                first = Some((step, gap(step).1));
            }
        }
        let from = other.method.name().to_owned();
        first.map(|(step, by)| Parting { from, step, term, by })
    }

    /// Where the minibatches part from those of another sampling.
    fn parting_of_batches(&self, found: &Found<'a>, departure: &Departure) -> Parting {
        let (from, term) = (departure.from.clone(), format!("minibatches: {}", departure.why));
        let numbers: Vec<Ratio> = found.numbers.iter().map(|number| number.ratio).collect();
        let by = self.data.fitted.iter().chain(&self.data.held_out).find_map(|run| {
            let m = self.data.losses[run.problem].batches();
            let n = departure.step;
            if m < 2 || run.batches.len() < n {
                return None;
            }
            let mut other = run.clone();
            // One that may come there, by the sampling it parts from.
            let next = run.batches[n - 1].first().map_or(0, |k| (k + 1) % m);
            other.batches[n - 1] = match departure.instead.is_empty() {
                true => vec![next],
                false => departure.instead.clone(),
            };
            let theirs = found.candidate.iterates(&numbers, self.data, &other, n)?;
            let step = distance(&run.iterates[n], &run.iterates[n - 1]);
            Some(distance(&theirs[n], &run.iterates[n]) / step.max(f64::MIN_POSITIVE))
        });
        Parting { from, step: departure.step, term, by: by.unwrap_or(f64::NAN) }
    }

    fn changes(&self, found: &Found) -> Vec<(Change, Option<Shown>)> {
        let mut extras = (found.candidate.parameters.iter().zip(&found.numbers))
            .filter(|(parameter, _)| !parameter.of_method)
            .map(|(parameter, number)| shown(&parameter.name, number, None));
        let with = |&change: &Change| (change, change.extra().and_then(|_| extras.next()));
        found.candidate.variation.changes.iter().map(with).collect()
    }

    /// The settings of what was found, in the order of the method.
    fn settings(&self, found: &Found) -> Vec<Shown> {
        let Candidate { method, choices, parameters, .. } = &found.candidate;
        settings_of(method, choices, parameters.iter().map(|p| p.name.as_str()), &found.numbers)
            .into_iter()
            .chain(self.order())
            .collect()
    }

    /// The order of the minibatches, for a sampling that keeps one.
    fn order(&self) -> Option<Shown> {
        let (name, order) = self.fed?.order.as_ref()?;
        let text = order.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        Some(Shown { name: name.clone(), text, value: None, bar: 0.0, exact: None, usual: false })
    }

    /// The plain method that comes nearest, with its best numbers.
    pub(super) fn resembling(
        &self,
        attempts: &[(&Candidate<'a>, Attempt<'a>)],
    ) -> Option<Resembling> {
        let mut nearest: Vec<&(&Candidate, Attempt)> =
            attempts.iter().filter(|(_, a)| a.first.is_finite()).collect();
        nearest.sort_by(|a, b| a.1.first.total_cmp(&b.1.first));
        // The first steps say which come near, all of them which is nearest.
        let fitted = nearest.iter().take(RESEMBLING).filter_map(|(candidate, attempt)| {
            let (numbers, left) = candidate.nearest(&attempt.at, self.data)?;
            let open = numbers.iter().any(|number| number.bar.is_infinite());
            Some((open, left, *candidate, numbers))
        });
        let order = |a: &(bool, f64, &Candidate, Vec<Number>),
                     b: &(bool, f64, &Candidate, Vec<Number>)| {
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        };
        let (_, _, candidate, numbers) = fitted.min_by(order)?;
        let names = candidate.parameters.iter().map(|p| p.name.as_str());
        let settings = settings_of(candidate.method, &candidate.choices, names, &numbers);
        let ratios: Vec<Ratio> = numbers.iter().map(|number| number.ratio).collect();
        let term = "something that no change tried explains".to_owned();
        let parts_at = self.parting(&(candidate.clone(), ratios), term)?;
        Some(Resembling { method: candidate.method.name().to_owned(), settings, parts_at })
    }
}

fn settings_of<'b>(
    method: &Method,
    choices: &[(String, String)],
    names: impl Iterator<Item = &'b str> + Clone,
    numbers: &[Number],
) -> Vec<Shown> {
    (method.settings().iter())
        .filter_map(|setting| {
            let name = setting.name();
            let number = names.clone().zip(numbers).find(|(known, _)| *known == name);
            let default = setting.default();
            let usual = default.as_deref();
            let number = number.map(|(_, number)| shown(name, number, usual));
            let chosen = choices.iter().find(|(known, _)| known == name);
            let chosen = chosen.map(|(_, text)| Shown {
                name: name.to_owned(),
                text: text.clone(),
                value: None,
                bar: 0.0,
                exact: None,
                usual: usual == Some(text),
            });
            number.or(chosen)
        })
        .collect()
}

/// A number as it is written, beside its default.
fn shown(name: &str, number: &Number, default: Option<&str>) -> Shown {
    let value = number.ratio.to_f64();
    let exact = number.simple.then_some(number.ratio);
    let text = exact.map_or_else(|| written(value, number.bar), |ratio| ratio.to_string());
    let usual = exact.is_some() && exact == default.and_then(exactly);
    Shown { name: name.to_owned(), text, value: Some(value), bar: number.bar, exact, usual }
}

/// To one digit beyond the bar, at most 15.
fn written(value: f64, bar: f64) -> String {
    let size = value.abs().max(f64::MIN_POSITIVE);
    if value.abs() <= bar {
        return "0".to_owned();
    }
    if !(bar > 0.0 && bar.is_finite()) {
        return format!("{value}");
    }
    let digits = (size / bar).log10().ceil().clamp(0.0, 14.0) as usize;
    if (1e-4..1e6).contains(&size) {
        let decimals = (digits as f64 - size.log10().floor()).max(0.0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.digits$e}")
    }
}
