//! Which sampling a black box follows that takes minibatches of its own accord.

use std::sync::Arc;

use super::experiment::Taken;
use crate::method::{FULL_BATCH, Method, Methods, samplings};
use crate::optimizer::GradientDescent;
use crate::sampling::{Draw, Sampling};

/// The sampling that a box follows.
pub(super) struct Fed {
    /// Its name; none if none that is known takes these minibatches.
    pub(super) name: Option<String>,
    /// The order it keeps, with the name of that setting.
    pub(super) order: Option<(String, Vec<usize>)>,
    /// Where it parts from the sampling that comes nearest among the others.
    pub(super) parts: Option<Departure>,
}

/// Where minibatches part from a sampling.
pub(super) struct Departure {
    /// The step, counted from 1.
    pub(super) step: usize,
    /// The sampling from which they part.
    pub(super) from: String,
    /// What the sampling might have taken there instead.
    pub(super) instead: Vec<usize>,
    pub(super) why: String,
}

/// The sampling for so many minibatches, given the first epoch that was taken.
type Make = dyn Fn(usize, &[Vec<usize>]) -> Option<Arc<dyn Sampling>>;

/// A sampling that may be the one.
struct Known {
    name: String,
    make: Box<Make>,
    /// The setting that is its order, if it has one.
    order: Option<String>,
}

/// How a sampling stands to what was taken.
enum Match {
    /// It takes these with this logarithm of a probability.
    Possible(f64),
    /// It does not.
    Departs(Departure),
}

/// How many standard deviations a count may be off.
const SIGMAS: f64 = 5.0;

/// The samplings of a register, those by name first.
fn known(register: &Methods) -> Vec<Known> {
    let bare = Method::new("descent", [], |_| Ok(GradientDescent));
    let mut all = Vec::new();
    for name in samplings().filter(|&name| name != FULL_BATCH) {
        let Ok(method) = bare.fed_by(name) else { continue };
        all.push(Known::of(name.to_owned(), method));
    }
    for method in register.iter().filter(|method| method.sampling() != FULL_BATCH) {
        if all.iter().all(|known| known.name != method.sampling()) {
            all.push(Known::of(method.sampling().to_owned(), method.clone()));
        }
    }
    all
}

impl Known {
    fn of(name: String, method: Method) -> Known {
        let order = (method.settings().iter())
            .find(|setting| setting.is_order())
            .map(|setting| setting.name().to_owned());
        let kept = order.clone();
        let make = move |m: usize, first: &[Vec<usize>]| -> Option<Arc<dyn Sampling>> {
            let mut given = Vec::new();
            if let Some(order) = &kept {
                let order_kept: Vec<String> = first
                    .iter()
                    .map(|one| one.first().map(ToString::to_string))
                    .collect::<Option<_>>()?;
                given.push(format!("{order}={}", order_kept.join(",")));
            }
            let values = method.values(&given).ok()?;
            Some(method.made(&values, Some(m)).ok()?.sampling)
        };
        Known { name, make: Box::new(make), order }
    }

    fn matched(&self, m: usize, taken: &[Vec<usize>]) -> Option<Match> {
        let epoch = taken.get(..m)?;
        let Some(sampling) = (self.make)(m, epoch) else {
            // An order must be one: these are none.
            let from = self.name.clone();
            let why = "the first epoch is no order of all minibatches".to_owned();
            return Some(Match::Departs(Departure { step: 1, from, instead: Vec::new(), why }));
        };
        let fitted = if self.order.is_some() { -ln_factorial(m) } else { 0.0 };
        let (mut path, mut paths): (Vec<Draw>, Vec<Vec<Draw>>) = (Vec::new(), Vec::new());
        let mut likelihood = fitted;
        for (n, batch) in taken.iter().enumerate() {
            let mut next = sampling.continuations(&path, m);
            if next.is_empty() {
                paths.push(std::mem::take(&mut path));
                next = sampling.continuations(&path, m);
            }
            let Some(draw) = next.iter().find(|draw| draws(draw, batch, m)) else {
                let instead = next.first().map(|draw| listed(draw, m)).unwrap_or_default();
                return Some(Match::Departs(Departure {
                    step: n + 1,
                    from: self.name.clone(),
                    why: format!("it takes {batch:?}, where {} would take {instead:?}", self.name),
                    instead,
                }));
            };
            likelihood -= (next.len() as f64).ln();
            path.push(draw.clone());
        }
        match uneven(&paths, sampling.paths(m)) {
            Some((step, why)) => {
                let instead = Vec::new();
                Some(Match::Departs(Departure { step, from: self.name.clone(), instead, why }))
            }
            None => Some(Match::Possible(likelihood)),
        }
    }
}

fn ln_factorial(m: usize) -> f64 {
    (2..=m).map(|k| (k as f64).ln()).sum()
}

fn listed(draw: &Draw, m: usize) -> Vec<usize> {
    match draw {
        Draw::Full => (0..m).collect(),
        Draw::One(k) => vec![*k],
        Draw::Mean(parts) => parts.clone(),
    }
}

fn draws(draw: &Draw, batch: &[usize], m: usize) -> bool {
    let mut sorted = batch.to_vec();
    sorted.sort_unstable();
    let mut of = listed(draw, m);
    of.sort_unstable();
    of == sorted
}

/// Why these blocks are not equally likely paths, independent of each other, with the step from which on that shows:
/// some come too often, or too often after themselves or their reverse.
fn uneven(blocks: &[Vec<Draw>], paths: f64) -> Option<(usize, String)> {
    let (count, steps) = (blocks.len(), blocks.first().map_or(1, Vec::len));
    if paths < 1.5 || count < 2 {
        return None;
    }
    let off = |seen: usize, of: usize, share: f64| {
        let expected = of as f64 * share;
        (seen as f64 - expected).abs() > SIGMAS * (expected * (1.0 - share)).sqrt() + 1.0
    };
    let again = |turned: bool| {
        let same = |pair: &[Vec<Draw>]| {
            let mut before = pair[0].clone();
            if turned {
                before.reverse();
            }
            before == pair[1]
        };
        let seen = blocks.windows(2).filter(|pair| same(pair)).count();
        let first = blocks.windows(2).position(same).unwrap_or(0) + 1;
        (seen, first * steps + 1)
    };
    for (turned, what) in [(false, "as it was before"), (true, "turned around")] {
        let (seen, step) = again(turned);
        if off(seen, count - 1, paths.recip()) {
            return Some((
                step,
                format!("an epoch comes {what} {seen} times in {}, which is not chance", count - 1),
            ));
        }
    }
    let often = blocks.iter().map(|block| blocks.iter().filter(|other| *other == block).count());
    let most = often.max().unwrap_or(0);
    (off(most, count, paths.recip()) && most as f64 > 3.0 * count as f64 / paths).then(|| {
        (
            steps + 1,
            format!("one order of an epoch comes {most} times in {count}, which is not chance"),
        )
    })
}

/// The sampling that these minibatches are taken by, on problems with m minibatches each: the one under which
/// they are least of an accident.
pub(super) fn recognise(taken: &[Taken], register: &Methods) -> Fed {
    let mut possible: Vec<(f64, Known)> = Vec::new();
    let mut departures: Vec<Departure> = Vec::new();
    for known in known(register) {
        let matches: Option<Vec<Match>> =
            taken.iter().map(|(m, taken)| known.matched(*m, taken)).collect();
        let Some(matches) = matches else { continue };
        let mut likelihood = 0.0;
        let mut departs = None;
        for one in matches {
            match one {
                Match::Possible(by) => likelihood += by,
                Match::Departs(where_to) => departs = Some(where_to),
            }
        }
        match departs {
            Some(departure) => departures.push(departure),
            None => possible.push((likelihood, known)),
        }
    }
    possible.sort_by(|a, b| b.0.total_cmp(&a.0));
    // The one that goes along for longest.
    let parts = departures.into_iter().rev().max_by_key(|departure| departure.step);
    let Some((_, known)) = possible.into_iter().next() else {
        return Fed { name: None, order: None, parts };
    };
    let first = taken.first().and_then(|(m, taken)| taken.get(..*m));
    let order = known.order.zip(first).map(|(name, first)| (name, first.concat()));
    // Only an order that is kept is a bug of something.
    let parts = parts.filter(|_| order.is_some());
    Fed { name: Some(known.name), order, parts }
}
