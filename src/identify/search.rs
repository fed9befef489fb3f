//! The search of a register for what does the same as a black box.

use rayon::prelude::*;

use super::answer::{Alias, Answer, Found as Shown, Parting, Resembling};
use super::candidate::{Attempt, Candidate, Found, Number, SAME};
use super::change::{Change, DECAY, Start};
use super::experiment::{Data, distance};
use super::feed::{Departure, Fed};
use super::model::Variation;
use crate::method::{FULL_BATCH, Method, Methods, exact as exactly};
use crate::scalar::Ratio;

/// The most combinations of switches and whole numbers that are tried of one method.
const MOST_CHOICES: usize = 128;
/// The same where changes are tried.
const MOST_CHANGED: usize = 4;
/// The most methods for which pairs of changes are tried.
const PAIRED: usize = 3;
/// The most methods that are fitted to all steps to find the nearest.
const RESEMBLING: usize = 6;

/// What a search comes to.
pub(super) enum Search {
    Done(Box<Answer>),
    /// Nothing does the same; what comes nearest, if anything.
    Nothing(Option<Resembling>),
}

/// The search of a register.
pub(super) struct Register<'a> {
    pub(super) methods: &'a Methods,
    pub(super) data: &'a Data,
    pub(super) fed: Option<&'a Fed>,
}

type Choices = Vec<(String, String)>;

impl<'a> Register<'a> {
    /// The methods that are asked.
    fn asked(&self) -> impl Iterator<Item = &'a Method> {
        let known = self.fed.map(|fed| fed.name.clone().unwrap_or_default());
        self.methods.iter().filter(move |method| {
            let own = method.sampling() != FULL_BATCH;
            known.as_ref().is_none_or(|name| !own || method.sampling() == name)
        })
    }

    /// Every choice of what is no ratio, at most so many.
    fn choices(&self, method: &Method, most: usize) -> Vec<Choices> {
        let mut all: Vec<Choices> = vec![Vec::new()];
        for setting in method.settings() {
            let name = setting.name();
            let values: Vec<String> = if let Some(both) = setting.one_of() {
                both.map(str::to_owned).to_vec()
            } else if setting.is_count() {
                let bound = |wanted: &str| {
                    let bounds = setting.bounds();
                    bounds.iter().find(|(name, _)| *name == wanted).map(|(_, r)| r.numer())
                };
                let (least, most_of) =
                    (bound("at_least").unwrap_or(0), bound("at_most").unwrap_or(100));
                let mut counts: Vec<i128> = (least..=most_of.min(least + 100)).collect();
                // The default first, in case not all are tried.
                let usual = setting.default().and_then(|text| text.parse().ok()).unwrap_or(least);
                counts.sort_by_key(|&n| (n - usual).abs());
                counts.iter().map(ToString::to_string).collect()
            } else if setting.is_shape() {
                self.shapes()
            } else {
                continue;
            };
            all = (all.iter())
                .flat_map(|before| {
                    values.iter().map(move |value| {
                        let mut next = before.clone();
                        next.push((name.to_owned(), value.clone()));
                        next
                    })
                })
                .take(most)
                .collect();
        }
        all
    }

    /// The shapes that one matrix of all parameters may have.
    fn shapes(&self) -> Vec<String> {
        let dims: Vec<usize> = self.data.losses.iter().map(|loss| loss.dim()).collect();
        let alike = dims.windows(2).all(|pair| pair[0] == pair[1]);
        let dim = dims.first().copied().filter(|_| alike).unwrap_or(0);
        let divides = |rows: &usize| dim > 0 && dim.is_multiple_of(*rows);
        let own = std::iter::once("loss".to_owned());
        own.chain((1..=dim).filter(divides).map(|rows| format!("{rows}x{}", dim / rows))).collect()
    }

    fn candidates(
        &self,
        method: &'a Method,
        changes: &[Change],
        most: usize,
    ) -> Vec<Candidate<'a>> {
        let mut all = Vec::new();
        for choices in self.choices(method, most) {
            for start in [Start::Registered, Start::Rest] {
                let variation = Variation { start, changes: changes.to_vec() };
                all.push(Candidate::new(method, choices.clone(), variation));
            }
        }
        all
    }

    /// What the box is, if it is anything that is known.
    pub(super) fn search(&self) -> Search {
        let methods: Vec<&Method> = self.asked().collect();
        let plain: Vec<Candidate> =
            methods.iter().flat_map(|method| self.candidates(method, &[], MOST_CHOICES)).collect();
        let attempts = self.attempts(&plain);
        if let Some(answer) = self.settled(&attempts, true) {
            return answer;
        }
        // A memory that starts full is full already where its mean is not corrected.
        let full = [Change::Uncorrected { mean: None }, Change::Filled { slot: None }];
        let singles: Vec<Candidate> = (methods.iter())
            .flat_map(|method| {
                let alone = Change::ALL.iter().map(std::slice::from_ref);
                let changes = alone.chain([full.as_slice()]);
                changes.flat_map(|changes| self.candidates(method, changes, MOST_CHANGED))
            })
            .collect();
        let changed = self.attempts(&singles);
        if let Some(answer) = self.settled(&changed, true) {
            return answer;
        }
        let pairs = self.pairs(&changed);
        let paired = self.attempts(&pairs);
        // At last what does the same although some of its settings have no influence.
        (self.settled(&paired, true))
            .or_else(|| self.settled(&attempts, false))
            .unwrap_or_else(|| Search::Nothing(self.resembling(&attempts)))
    }

    /// The answer, if one of these attempts came to something.
    fn settled(&self, attempts: &[(&Candidate<'a>, Attempt<'a>)], regular: bool) -> Option<Search> {
        let found: Vec<&Found> = attempts.iter().filter_map(|(_, a)| a.found.as_ref()).collect();
        let best = self.best(&found)?;
        (!regular || !self.is_degenerate(best))
            .then(|| Search::Done(Box::new(self.answer(best, &found))))
    }

    /// Pairs of changes, of the methods that come nearest with one, chosen and started as they do there.
    fn pairs(&self, changed: &[(&Candidate<'a>, Attempt<'a>)]) -> Vec<Candidate<'a>> {
        let mut near: Vec<(f64, &Candidate<'a>)> = Vec::new();
        for (candidate, attempt) in changed {
            match near.iter_mut().find(|(_, c)| c.method.name() == candidate.method.name()) {
                Some(known) if known.0 <= attempt.first => {}
                Some(known) => *known = (attempt.first, candidate),
                None => near.push((attempt.first, candidate)),
            }
        }
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        let pairs: Vec<[Change; 2]> = (Change::ALL.iter().enumerate())
            .flat_map(|(at, &one)| {
                let others = Change::ALL.iter().skip(at + 1);
                others.filter(move |other| !one.meets(**other)).map(move |&other| [one, other])
            })
            .collect();
        (near.iter().take(PAIRED))
            .flat_map(|(_, near)| {
                let choices: Choices =
                    near.choices.iter().filter(|(name, _)| name != DECAY).cloned().collect();
                let start = near.variation.start;
                pairs.iter().map(move |pair| {
                    let variation = Variation { start, changes: pair.to_vec() };
                    Candidate::new(near.method, choices.clone(), variation)
                })
            })
            .collect()
    }

    fn attempts<'b>(
        &self,
        candidates: &'b [Candidate<'a>],
    ) -> Vec<(&'b Candidate<'a>, Attempt<'a>)> {
        let attempts: Vec<Option<Attempt>> =
            candidates.par_iter().map(|candidate| candidate.attempt(self.data)).collect();
        candidates.iter().zip(attempts).filter_map(|(c, a)| Some((c, a?))).collect()
    }

    /// A method whose sampling is its own, where the box takes the minibatches that it is given.
    fn out_of_place(&self, found: &Found) -> bool {
        self.fed.is_none() && found.candidate.method.sampling() != FULL_BATCH
    }

    /// By what one of several names is chosen: the least.
    fn rank(&self, found: &Found<'a>) -> (bool, bool, usize, usize, bool, bool, usize) {
        let candidate = &found.candidate;
        let changes = &candidate.variation.changes;
        let method = candidate.method;
        (
            self.is_degenerate(found),
            self.out_of_place(found),
            changes.len(),
            changes.iter().filter(|change| change.extra().is_some()).count()
                + candidate.distance_from_defaults(&found.numbers),
            // Of samplings its own before one that it is fed by.
            self.fed.is_some() && method.sampling() == FULL_BATCH,
            candidate.variation.start != Start::Registered,
            method.settings().len(),
        )
    }

    /// Whether it does the same only because some of its settings have no influence, or a change none.
    fn is_degenerate(&self, found: &Found<'a>) -> bool {
        let variation = &found.candidate.variation;
        let idle = |at: usize| {
            // Without this change it does the same, so that it says nothing.
            let mut without = found.candidate.clone();
            let change = without.variation.changes.remove(at);
            let (mut numbers, mut parameters) = (Vec::new(), Vec::new());
            let mut own = change.extra();
            for (parameter, number) in without.parameters.into_iter().zip(&found.numbers) {
                if !parameter.of_method && own == Some(parameter.name.as_str()) {
                    own = None;
                } else {
                    parameters.push(parameter);
                    numbers.push(number.ratio);
                }
            }
            without.parameters = parameters;
            self.parting(&(without, numbers), String::new()).is_none()
        };
        found.numbers.iter().any(|number| number.bar.is_infinite())
            || (0..variation.changes.len()).any(idle)
    }

    fn best<'b>(&self, found: &[&'b Found<'a>]) -> Option<&'b Found<'a>> {
        found.iter().copied().min_by_key(|found| self.rank(found))
    }

    fn answer(&self, best: &Found<'a>, found: &[&Found<'a>]) -> Answer {
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
    fn parting(&self, (other, numbers): &(Candidate, Vec<Ratio>), term: String) -> Option<Parting> {
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
            .chain(self.order(method))
            .collect()
    }

    /// The order of the minibatches, for a sampling that keeps one.
    fn order(&self, _method: &Method) -> Option<Shown> {
        let (name, order) = self.fed?.order.as_ref()?;
        let text = order.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        Some(Shown { name: name.clone(), text, value: None, bar: 0.0, exact: None, usual: false })
    }

    /// The plain method that comes nearest, with its best numbers.
    fn resembling(&self, attempts: &[(&Candidate<'a>, Attempt<'a>)]) -> Option<Resembling> {
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
