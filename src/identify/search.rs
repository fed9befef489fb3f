//! The search of a register for what does the same as a black box.

use rayon::prelude::*;

use super::answer::{Answer, Resembling};
use super::candidate::{Attempt, Candidate, Found};
use super::change::{Change, DECAY, Start};
use super::experiment::Data;
use super::feed::Fed;
use super::model::Variation;
use crate::method::{FULL_BATCH, Method, Methods};

/// The most combinations of switches and whole numbers that are tried of one method.
const MOST_CHOICES: usize = 128;
/// The same where changes are tried.
const MOST_CHANGED: usize = 4;
/// The most methods for which pairs of changes are tried.
const PAIRED: usize = 3;

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
    pub(super) fn out_of_place(&self, found: &Found) -> bool {
        self.fed.is_none() && found.candidate.method.sampling() != FULL_BATCH
    }

    /// By what one of several names is chosen: the least.
    pub(super) fn rank(&self, found: &Found<'a>) -> (bool, bool, usize, usize, bool, bool, usize) {
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
    pub(super) fn is_degenerate(&self, found: &Found<'a>) -> bool {
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
}
