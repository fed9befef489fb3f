//! What a black box is run on: starts, step sizes and minibatches.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::IdentifyError;
use super::black_box::AnyBox;
use super::watch::{self, Feeding, Watched};
use crate::loss::{Oracle, Problem};
use crate::measure::norm;

/// The seed of the starts.
const SEED: u64 = 20_241;
/// Steps of a run that settings are fitted to.
const FITTED: usize = 12;
/// Steps of a run that is held out.
const HELD_OUT: usize = 60;
/// Steps of the one long run that is held out.
const LONG: usize = 400;
/// Step sizes of fitted runs, times the curvature at the start.
pub(super) const FITTED_SIZES: [f64; 2] = [0.06, 0.17];
/// Step sizes of held out runs, times the curvature at the start.
const HELD_OUT_SIZES: [f64; 3] = [0.11, 0.023, 0.19];
/// How far the starts of held out runs are from that of the problem.
const AWAY: [f64; 3] = [0.5, 2.0, 0.02];
/// How often a step size is halved where iterates leave the numbers.
const HALVINGS: usize = 12;
/// Problems that settings are fitted on.
const MOST_FITTED: usize = 3;
/// Blocks of a run that shows which minibatches a box takes of its own accord.
const EPOCHS: usize = 120;

/// The number of minibatches of a problem, and those that a box took step by step.
pub(super) type Taken = (usize, Vec<Vec<usize>>);

/// One run of a black box.
#[derive(Clone)]
pub(super) struct Experiment {
    /// Which problem.
    pub(super) problem: usize,
    /// The step size.
    pub(super) eps: f64,
    /// The minibatches of each step: those that were given, or those that it took.
    pub(super) batches: Vec<Vec<usize>>,
    /// w₀, w₁, ….
    pub(super) iterates: Vec<Vec<f64>>,
    /// The largest distance from the start.
    pub(super) scale: f64,
}

/// All that is known of a black box: what settings are fitted to, and what is held out.
pub(super) struct Data {
    pub(super) problems: Vec<Problem>,
    pub(super) losses: Vec<Arc<dyn Oracle<f64>>>,
    pub(super) fitted: Vec<Experiment>,
    pub(super) held_out: Vec<Experiment>,
    /// For each problem with several minibatches the ones that it took, where it does not take what it is given.
    pub(super) taken: Option<Vec<Taken>>,
}

impl Data {
    /// Runs the box.
    pub(super) fn of(black_box: &dyn AnyBox, problems: &[Problem]) -> Result<Self, IdentifyError> {
        if problems.is_empty() {
            return Err(IdentifyError::NoProblems);
        }
        let mut data = Data {
            problems: problems.to_vec(),
            losses: problems.iter().map(Problem::float).collect(),
            fitted: Vec::new(),
            held_out: Vec::new(),
            taken: None,
        };
        data.expect_a_question(black_box)?;
        data.taken = data.own_batches(black_box)?;
        let given = data.taken.is_none();
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        // The last problem of several is one that no setting has seen.
        let seen = (problems.len() - 1).clamp(1, MOST_FITTED);
        for at in 0..seen {
            for size in FITTED_SIZES {
                let start = data.start(at);
                data.fitted.push(data.run(black_box, at, &start, size, FITTED, given)?);
            }
        }
        for at in 0..problems.len() {
            for (size, away) in HELD_OUT_SIZES.into_iter().zip(AWAY) {
                let mut start = data.start(at);
                for w in &mut start {
                    *w += away * random.random_range(-1.0..1.0);
                }
                let run = data.run(black_box, at, &start, size, HELD_OUT, given);
                match run {
                    // Far from its start a loss may be too steep for any step.
                    Err(IdentifyError::NotFinite { .. }) => {}
                    run => data.held_out.push(run?),
                }
            }
        }
        let last = problems.len() - 1;
        let start = data.start(last);
        data.held_out.push(data.run(black_box, last, &start, 0.05, LONG, given)?);
        Ok(data)
    }

    pub(super) fn start(&self, at: usize) -> Vec<f64> {
        self.problems[at].start().iter().copied().collect()
    }

    /// All minibatches of a problem.
    pub(super) fn all(&self, at: usize) -> Vec<usize> {
        (0..self.losses[at].batches()).collect()
    }

    /// The minibatches of a run: first all of them, which a memory may start from, then some.
    fn given(&self, at: usize, steps: usize) -> Vec<Vec<usize>> {
        let m = self.losses[at].batches();
        (0..steps)
            .map(|n| match n % 4 {
                _ if m == 1 => vec![0],
                0 => self.all(at),
                1 => vec![n % m],
                2 => vec![(n / 4) % m, (n / 4 + 1) % m],
                _ => vec![(2 * n + 1) % m],
            })
            .map(|mut batch: Vec<usize>| {
                batch.sort_unstable();
                batch.dedup();
                batch
            })
            .collect()
    }

    /// The curvature of a problem along its gradient.
    pub(super) fn curvature(&self, at: usize, w: &[f64]) -> f64 {
        curvature(&*self.losses[at], w)
    }

    /// A run of `steps` steps, at `size` over the curvature or at a half of it, a quarter, … where that diverges.
    fn run(
        &self,
        black_box: &dyn AnyBox,
        at: usize,
        start: &[f64],
        size: f64,
        steps: usize,
        given: bool,
    ) -> Result<Experiment, IdentifyError> {
        let batches = if given { self.given(at, steps) } else { vec![self.all(at); steps] };
        let (eps, watched) = self.halved(size / self.curvature(at, start), |eps| {
            self.watched(black_box, at, start, eps, &batches, 1.0)
        })?;
        let batches = if given { batches } else { watched.draws(self.problems[at].name())? };
        Ok(Experiment::new(at, eps, batches, watched.iterates))
    }

    /// What `run` gives at the step size `eps`, or at a half of it, a quarter, … where iterates leave the numbers.
    pub(super) fn halved(
        &self,
        mut eps: f64,
        run: impl Fn(f64) -> Result<Watched, IdentifyError>,
    ) -> Result<(f64, Watched), IdentifyError> {
        for _ in 0..HALVINGS {
            match run(eps) {
                Err(IdentifyError::NotFinite { .. }) => eps *= 0.5,
                other => return Ok((eps, other?)),
            }
        }
        run(eps).map(|watched| (eps, watched))
    }

    /// A run with every gradient multiplied by `factor`.
    pub(super) fn watched(
        &self,
        black_box: &dyn AnyBox,
        at: usize,
        start: &[f64],
        eps: f64,
        batches: &[Vec<usize>],
        factor: f64,
    ) -> Result<Watched, IdentifyError> {
        let feeding = Feeding { loss: &*self.losses[at], name: self.problems[at].name(), factor };
        watch::watch(black_box, &feeding, start, eps, batches)
    }

    /// # Errors
    /// [`IdentifyError`] for a box that repeats nothing or looks at nothing.
    fn expect_a_question(&self, black_box: &dyn AnyBox) -> Result<(), IdentifyError> {
        let (name, start) = (self.problems[0].name(), self.start(0));
        let batches = vec![self.all(0); FITTED];
        let (eps, run) = self.halved(FITTED_SIZES[0] / self.curvature(0, &start), |eps| {
            self.watched(black_box, 0, &start, eps, &batches, 1.0)
        })?;
        let again = self.watched(black_box, 0, &start, eps, &batches, 1.0)?;
        let differs =
            |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).any(|(a, b)| a.to_bits() != b.to_bits());
        let same = |other: &Watched| {
            run.iterates.iter().zip(&other.iterates).position(|(a, b)| differs(a, b))
        };
        if let Some(step) = same(&again) {
            return Err(IdentifyError::NotRepeatable { problem: name.to_owned(), step });
        }
        match self.watched(black_box, 0, &start, eps, &batches, -2.0) {
            Ok(turned) if same(&turned).is_none() => {
                Err(IdentifyError::IgnoresGradient { problem: name.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// The minibatches that the box takes when it is given all of them, where these are others.
    fn own_batches(&self, black_box: &dyn AnyBox) -> Result<Option<Vec<Taken>>, IdentifyError> {
        let several = (0..self.losses.len()).filter(|&at| self.losses[at].batches() > 1);
        let mut taken = Vec::new();
        let mut own = false;
        for at in several {
            let (start, m) = (self.start(at), self.losses[at].batches());
            let batches = vec![self.all(at); 2 * m];
            let (eps, watched) = self.halved(1e-3 / self.curvature(at, &start), |eps| {
                self.watched(black_box, at, &start, eps, &batches, 1.0)
            })?;
            if !watched.takes_what_it_is_given(&self.all(at)) {
                own = true;
                let batches = vec![self.all(at); EPOCHS * m];
                let long = self.watched(black_box, at, &start, eps * 1e-3, &batches, 1.0)?;
                taken.push((m, long.draws(self.problems[at].name())?));
            }
        }
        Ok(own.then_some(taken))
    }
}

impl Experiment {
    fn new(
        problem: usize,
        eps: f64,
        batches: Vec<Vec<usize>>,
        iterates: Vec<Vec<f64>>,
    ) -> Experiment {
        let from = iterates.first().cloned().unwrap_or_default();
        let scale = iterates.iter().map(|w| distance(w, &from)).fold(f64::MIN_POSITIVE, f64::max);
        Experiment { problem, eps, batches, iterates, scale }
    }
}

/// The norm of the Hessian of the whole loss along its gradient at `w`, or a little above 0.
pub(super) fn curvature(loss: &dyn Oracle<f64>, w: &[f64]) -> f64 {
    let all: Vec<usize> = (0..loss.batches()).collect();
    let g = watch::mean_gradient(loss, &all, w);
    let size = norm(&g);
    if !(size > 0.0 && size.is_finite()) {
        return 1.0;
    }
    let by = 1e-4 * norm(w).max(1.0) / size;
    let moved: Vec<f64> = w.iter().zip(&g).map(|(w, g)| w + by * g).collect();
    let there = watch::mean_gradient(loss, &all, &moved);
    let apart: Vec<f64> = there.iter().zip(&g).map(|(a, b)| a - b).collect();
    let curvature = norm(&apart) / (by * size);
    if curvature.is_finite() { curvature.max(0.2) } else { 1.0 }
}

/// The largest difference of two vectors' entries; infinite if it is no number.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, |most: f64, x| if x.is_nan() { f64::INFINITY } else { most.max(x) })
}
