//! With replacement, noise carries runs over the hill at every step size; shuffled runs stay until
//! the hill is gone. Two mechanisms with two dependences on the step size.

use super::crossing_rate::crossing_rate;
use super::descent::Descent;
use super::sketch::{layer, logarithmic, panel};
use super::tilted_wells::TiltedWells;
use super::wording::digits;
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::figure::{Figure, Mark, Role};
use crate::measure::Spread;
use crate::optimizer::GradientDescent;

/// The step sizes: at all but the last the mean flow has a right minimum.
const STEP_SIZES: [f64; 9] = [0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16, 0.20, 0.24];
/// The number of seeds, and of runs a seed and step size.
const SEEDS: usize = 12;
const RUNS: usize = 20;
/// The longest time a run is watched.
const TIME: f64 = 3000.0;
/// All runs start at the right minimum of C …
const START: f64 = 1.0;
/// … and have crossed where C leads down to the left one and the noise is small.
const CROSSED: f64 = -0.5;
/// The noise of the stochastic modified equation only resembles that of steps this small.
const SMALL: f64 = 0.06;
/// How far the measured rate may be from the predicted one there, as a factor.
const FACTOR: f64 = 1.5;
/// Pieces of the predicted curve.
const FINE: u32 = 80;

/// Crossings and the time that was watched.
#[derive(Clone, Copy)]
struct Watched {
    crossings: usize,
    time: f64,
}

impl Watched {
    /// The rate of an exponential waiting time of which some ends were not seen.
    fn rate(self) -> f64 {
        self.crossings as f64 / self.time
    }
}

/// What was found at one step size, by seed.
struct Hops {
    step_size: f64,
    predicted: f64,
    independent: Vec<Watched>,
    reshuffled: Vec<Watched>,
}

fn together(seeds: &[Watched]) -> Watched {
    Watched {
        crossings: seeds.iter().map(|w| w.crossings).sum(),
        time: seeds.iter().map(|w| w.time).sum(),
    }
}

impl Hops {
    /// The rate with replacement, of all seeds together: the mean of the seeds' own rates would be
    /// too high, as 1 over a mean of few times is.
    fn rate(&self) -> f64 {
        together(&self.independent).rate()
    }

    fn deviation(&self) -> f64 {
        Spread::of(&self.independent.iter().map(|w| w.rate()).collect::<Vec<_>>()).deviation
    }
}

fn hops(session: &Session<'_>, wells: &TiltedWells) -> Result<Vec<Hops>, DemoError> {
    let columns = 2 * SEEDS;
    let found = session.map(STEP_SIZES.len() * columns, |run| {
        let (step_size, column) = (STEP_SIZES[run / columns], run % columns);
        let mut random = session.random(run);
        let mut watched = Watched { crossings: 0, time: 0.0 };
        let epochs = (TIME / step_size).round() as usize / wells.batches();
        for _ in 0..RUNS {
            let mut descent = Descent::new(wells.loss(), &GradientDescent, step_size, vec![START]);
            let mut epoch = 0;
            while epoch < epochs && descent.w()[0] > CROSSED {
                if column < SEEDS {
                    (0..wells.batches()).for_each(|_| descent.independent_step(&mut random));
                } else {
                    descent.reshuffled_epoch(&mut random);
                }
                epoch += 1;
            }
            watched.crossings += usize::from(descent.w()[0] <= CROSSED);
            watched.time += (epoch * wells.batches()) as f64 * step_size;
            let _ = descent.end("a run on the two minima")?;
        }
        Ok(watched)
    })?;
    Ok((STEP_SIZES.iter().zip(found.chunks(columns)))
        .map(|(&step_size, found)| Hops {
            step_size,
            predicted: crossing_rate(wells, step_size, [START, CROSSED]),
            independent: found[..SEEDS].to_vec(),
            reshuffled: found[SEEDS..].to_vec(),
        })
        .collect())
}

/// The rates of crossing, with replacement and shuffled.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let wells = TiltedWells::new()?;
    let last = wells.next_last_step_size();
    let found = hops(session, &wells)?;
    let mut measurements = Measurements::of(&[
        ("step_size", "the step size ε"),
        ("predicted_rate", "1 over the mean crossing time of the stochastic modified equation"),
        ("independent_rate", "crossings a unit of time with replacement, of all seeds together"),
        ("independent_deviation", "the standard deviation over seeds of each seed's own rate"),
        ("independent_crossings", "the number of crossings with replacement"),
        ("independent_time", "the time watched with replacement"),
        ("reshuffled_crossings", "the number of crossings under random reshuffling"),
        ("reshuffled_time", "the time watched under random reshuffling"),
        ("runs", "the number of runs of either kind"),
    ]);
    measurements.rows = (found.iter())
        .map(|h| {
            let (drawn, shuffled) = (together(&h.independent), together(&h.reshuffled));
            vec![
                h.step_size,
                h.predicted,
                h.rate(),
                h.deviation(),
                drawn.crossings as f64,
                drawn.time,
                shuffled.crossings as f64,
                shuffled.time,
                (SEEDS * RUNS) as f64,
            ]
        })
        .collect();
    Ok(Content {
        source: "Kramers 1940, Brownian motion in a field of force, Physica 7, and Freidlin & \
                 Wentzell, Random perturbations of dynamical systems, for escape times; Li, Tai & E \
                 2017, arXiv 1511.06251, for the diffusion of draws with replacement",
        claim: Claim::Theory(
            "With replacement, descent is a diffusion whose noise carries it over a hill \
                   after a time that grows like the exponential of 1/ε: no modified loss is needed.",
        ),
        setting: format!(
            "The two-minima loss from its right minimum w = 1 until w < {} or time {TIME}; \
             {SEEDS} seeds with {RUNS} runs each, ε from {} to {}.",
            digits(CROSSED, 1),
            STEP_SIZES[0],
            STEP_SIZES[STEP_SIZES.len() - 1]
        ),
        findings: findings(&found, last),
        figure: figure(&wells, &found, last),
        measurements,
    })
}

fn findings(found: &[Hops], last: f64) -> Vec<Finding> {
    let small = found.iter().filter(|h| h.step_size <= SMALL);
    let factors: Vec<(f64, f64)> = small.map(|h| (h.step_size, h.rate() / h.predicted)).collect();
    let listed = (factors.iter())
        .map(|(eps, factor)| format!("{} (ε = {eps})", digits(*factor, 3)))
        .collect::<Vec<_>>();
    let within = factors.iter().all(|(_, f)| *f < FACTOR && *f > 1.0 / FACTOR);
    let coarse: Vec<String> = (found.iter().filter(|h| h.step_size > SMALL))
        .map(|h| format!("{} (ε = {})", digits(h.rate() / h.predicted, 2), h.step_size))
        .collect();
    let below: Vec<&Hops> = found.iter().filter(|h| h.step_size < last).collect();
    let shuffled = below
        .iter()
        .map(|h| together(&h.reshuffled))
        .fold((0, 0.0), |(n, time), w| (n + w.crossings, time + w.time));
    let drawn = below.iter().map(|h| together(&h.independent));
    let least = drawn.map(|w| w.crossings).min().unwrap_or(0);
    let beyond: Vec<&Hops> = found.iter().filter(|h| h.step_size >= last).collect();
    let crossed: usize = beyond.iter().map(|h| together(&h.reshuffled).crossings).sum();
    let runs = SEEDS * RUNS;
    vec![
        Finding::new(
            "with replacement runs cross at every step size, at the rate of the stochastic \
             modified equation, within a factor of 1.5 for ε up to 0.06",
            format!("measured over predicted: {}", listed.join(", ")),
            Agreement::when(within && least > 0),
        ),
        Finding::new(
            "nothing at larger steps, where the equation is no longer claimed",
            format!("measured over predicted: {}", coarse.join(", ")),
            Agreement::Unclaimed,
        ),
        Finding::new(
            "shuffled runs do not cross as long as their mean flow has the right minimum",
            format!(
                "{} of {} runs crossed below {}, where its next term ends that, in a total time of \
                 {}; with replacement at least {least} of {runs} did at every step size",
                shuffled.0,
                below.len() * runs,
                digits(last, 4),
                digits(shuffled.1, 3)
            ),
            Agreement::when(shuffled.0 == 0),
        ),
        Finding::new(
            "beyond that all shuffled runs cross",
            format!("{crossed} of {} did", beyond.len() * runs),
            Agreement::when(crossed == beyond.len() * runs),
        ),
    ]
}

fn figure(wells: &TiltedWells, found: &[Hops], last: f64) -> Figure {
    let rates: Vec<[f64; 2]> =
        (found.iter()).map(|h| [h.step_size, h.rate()]).filter(|[_, rate]| *rate > 0.0).collect();
    let [finest, .., coarsest] = STEP_SIZES;
    let predicted = (0..=FINE)
        .map(|i| finest * (coarsest / finest).powf(f64::from(i) / f64::from(FINE)))
        .map(|eps| [eps, crossing_rate(wells, eps, [START, CROSSED])])
        .collect();
    let shuffled = || found.iter().map(|h| (h.step_size, together(&h.reshuffled)));
    let crossed = shuffled().filter(|(_, w)| w.crossings > 0).map(|(eps, w)| [eps, w.rate()]);
    // None in a time t excludes, at 95 %, rates above 3/t.
    let bounds = shuffled().filter(|(_, w)| w.crossings == 0).map(|(eps, w)| [eps, 3.0 / w.time]);
    let (crossed, bounds): (Vec<_>, Vec<_>) = (crossed.collect(), bounds.collect());
    let low = bounds.iter().chain(&rates).map(|[_, rate]| *rate).fold(f64::INFINITY, f64::min);
    let high = rates.iter().chain(&crossed).map(|[_, rate]| *rate).fold(low, f64::max);
    let layers = vec![
        layer("minimum lost", Role::Reference, Mark::Dashes, vec![[last, low], [last, high]]),
        layer("diffusion", Role::Reference, Mark::Line, predicted),
        layer("with replacement", Role::Control, Mark::Dots, rates),
        layer("shuffled: none crossed, rate below", Role::Iterates, Mark::Hollow, bounds),
        layer("shuffled", Role::Iterates, Mark::Dots, crossed),
    ];
    Figure {
        id: "noise-hopping".to_owned(),
        title: "Crossing the hill by noise and by tilt".to_owned(),
        caption: "The rate at which runs leave the right minimum. With replacement they do at \
                  every step size, as the stochastic modified equation predicts for small ones; \
                  shuffled runs only once their mean flow has no minimum there. Open circles: no run \
                  crossed, so the rate is below this with 95 % confidence."
            .to_owned(),
        panels: vec![panel(
            "",
            logarithmic("step size ε"),
            logarithmic("crossings a unit time"),
            layers,
        )],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One crossing in the time 1 and one in the time 3 are two in 4, not 2/3 a unit of time.
    #[test]
    fn rates_are_those_of_all_seeds_together() {
        let independent = [1.0, 3.0].map(|time| Watched { crossings: 1, time }).to_vec();
        let hops = Hops { step_size: 0.1, predicted: 0.5, independent, reshuffled: Vec::new() };
        assert!((hops.rate() - 0.5).abs() < 1e-15, "{}", hops.rate());
    }
}
