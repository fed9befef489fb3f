//! A method of a register, run with changes.

use std::sync::Arc;

use super::change::{Change, DecayPlace, Start};
use super::experiment::Experiment;
use crate::arithmetic::{Batch, Miscount, Numeric, Steps};
use crate::loss::Oracle;
use crate::optimizer::{Optimizer, State};

type Float = Numeric<f64>;

/// How a method is run: its start, and what is changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variation {
    pub(super) start: Start,
    pub(super) changes: Vec<Change>,
}

/// A method with its settings, and the numbers of the changes.
pub(super) struct Model<'a> {
    pub(super) optimizer: Arc<dyn Optimizer<Float>>,
    /// The ridge that it adds to the loss.
    pub(super) ridge: f64,
    pub(super) variation: &'a Variation,
    /// The number that comes with each change; 0 for those that have none.
    pub(super) extras: Vec<f64>,
}

/// A loss with (l/2)‖w‖² in every minibatch, and its gradients multiplied.
struct Altered {
    loss: Arc<dyn Oracle<f64>>,
    ridge: f64,
    factor: f64,
}

impl Altered {
    fn finish(&self, linear: Option<&[f64]>, out: &mut [f64]) {
        if let Some(linear) = linear {
            out.iter_mut().zip(linear).for_each(|(out, x)| *out += self.ridge * x);
        }
        out.iter_mut().for_each(|out| *out *= self.factor);
    }
}

impl Oracle<f64> for Altered {
    fn dim(&self) -> usize {
        self.loss.dim()
    }

    fn batches(&self) -> usize {
        self.loss.batches()
    }

    fn is_quadratic(&self) -> bool {
        self.loss.is_quadratic()
    }

    fn blocks(&self) -> Vec<(usize, usize)> {
        self.loss.blocks()
    }

    fn value(&self, batch: usize, w: &[f64]) -> f64 {
        let square: f64 = w.iter().map(|x| x * x).sum();
        self.factor * (self.loss.value(batch, w) + 0.5 * self.ridge * square)
    }

    fn gradient(&self, batch: usize, w: &[f64], out: &mut [f64]) {
        self.loss.gradient(batch, w, out);
        self.finish(Some(w), out);
    }

    fn derivative(&self, batch: usize, w: &[f64], directions: &[&[f64]], out: &mut [f64]) {
        self.loss.derivative(batch, w, directions, out);
        let linear = match directions {
            [] => Some(w),
            [v] => Some(*v),
            _ => None,
        };
        self.finish(linear, out);
    }
}

impl Model<'_> {
    /// How often a step asks what is left of a memory, as a bias correction does.
    pub(super) fn reads_fading(
        &self,
        loss: &Arc<dyn Oracle<f64>>,
        run: &Experiment,
    ) -> Option<usize> {
        let a = &mut Numeric::new(Arc::clone(loss));
        let w = run.iterates.first()?.clone();
        let memory = vec![vec![0.0; w.len()]; self.optimizer.memory()];
        let mut s = State { w, memory, steps: Steps::default() };
        let _ = a.begin_step();
        self.optimizer.step(a, &run.eps, Batch::Full, &mut s);
        Some(a.begin_step())
    }

    fn number(&self, wanted: impl Fn(Change) -> bool) -> Option<f64> {
        let at = self.variation.changes.iter().position(|&change| wanted(change))?;
        self.extras.get(at).copied()
    }

    fn has(&self, wanted: Change) -> bool {
        self.variation.changes.contains(&wanted)
    }

    /// The arithmetic over `loss` for minibatches of `len` components.
    fn arithmetic(&self, loss: &Arc<dyn Oracle<f64>>, len: usize) -> Float {
        let factor = if self.has(Change::Summed) { len as f64 } else { 1.0 };
        let plain = self.ridge.abs() <= 0.0 && !self.has(Change::Summed);
        let loss = match plain {
            true => Arc::clone(loss),
            false => Arc::new(Altered { loss: Arc::clone(loss), ridge: self.ridge, factor }),
        };
        let miscount = self.variation.changes.iter().find_map(|change| match *change {
            Change::Uncorrected { mean } => Some(Miscount::Forgotten { which: mean }),
            Change::CorrectedLate { mean } => Some(Miscount::Late { which: mean }),
            Change::StabilisedFirst => Some(Miscount::Forgotten { which: Some(1) }),
            _ => None,
        });
        Numeric::new(loss).miscounting(miscount)
    }

    /// w₀, …, w_`steps` of the same run; none if it cannot be started.
    pub(super) fn iterates(
        &self,
        loss: &Arc<dyn Oracle<f64>>,
        run: &Experiment,
        steps: usize,
    ) -> Option<Vec<Vec<f64>>> {
        let changes = Numbers {
            rate: self.number(|c| c == Change::Rate).unwrap_or(1.0),
            around: self.number(|c| c == Change::MomentumAround),
            kept: self.number(|c| c == Change::MomentumKept),
            seen: self.number(|c| c == Change::SeenAhead),
            decay: self.variation.changes.iter().zip(&self.extras).find_map(|(c, &by)| match *c {
                Change::Decay { place, rated } => Some((place, rated, by)),
                _ => None,
            }),
            stabilised_first: self.has(Change::StabilisedFirst),
        };
        let eps = run.eps * changes.rate;
        let m = loss.batches();
        // One arithmetic for each length of minibatch, as sums differ by it.
        let mut arithmetics: Vec<Option<Float>> = (0..=m).map(|_| None).collect();
        let whole = arithmetics[m].get_or_insert_with(|| self.arithmetic(loss, m));
        let start = run.iterates.first()?.clone();
        let memory = self.memory(whole, eps, &start)?;
        let mut s = State { w: start.clone(), memory, steps: Steps::default() };
        let mut velocity = vec![0.0; start.len()];
        if let (Some(ahead), Some(v)) = (changes.seen, s.memory.first()) {
            // What is seen at first is the start.
            s.w.iter_mut().zip(v).for_each(|(w, v)| *w -= ahead * v);
        }
        let mut iterates = vec![start];
        for batch in run.batches.iter().take(steps) {
            let len = if self.has(Change::Summed) { batch.len() } else { m };
            let a = arithmetics.get_mut(len)?.get_or_insert_with(|| self.arithmetic(loss, len));
            let of = match batch.as_slice() {
                [one] => Batch::One(*one),
                several if several.len() == m => Batch::Full,
                several => Batch::Mean(several),
            };
            self.step(a, eps, of, &changes, &mut s, &mut velocity);
            let mut seen = s.w.clone();
            if let (Some(ahead), Some(v)) = (changes.seen, s.memory.first()) {
                seen.iter_mut().zip(v).for_each(|(w, v)| *w += ahead * v);
            }
            iterates.push(seen);
        }
        Some(iterates)
    }

    fn step(
        &self,
        a: &mut Float,
        eps: f64,
        batch: Batch,
        changes: &Numbers,
        s: &mut State<Vec<f64>>,
        velocity: &mut [f64],
    ) {
        let first = s.w.clone();
        if let (Some(by), Some(v)) = (changes.kept, s.memory.first()) {
            s.w.iter_mut().zip(v).for_each(|(w, v)| *w += by * v);
        }
        let part = |rated: bool, by: f64| if rated { eps * by } else { by };
        if let Some((DecayPlace::Before, rated, by)) = changes.decay {
            s.w.iter_mut().for_each(|w| *w -= part(rated, by) * *w);
        }
        let before = s.w.clone();
        let _ = a.begin_step();
        self.optimizer.step(a, &eps, batch, s);
        if changes.stabilised_first {
            let seen = 1.0 - a.forgotten().unwrap_or(0.0);
            s.w.iter_mut().zip(&before).for_each(|(w, old)| *w = old + (*w - old) * seen.sqrt());
        }
        match changes.decay {
            Some((DecayPlace::Within, rated, by)) => {
                s.w.iter_mut().zip(&before).for_each(|(w, old)| *w -= part(rated, by) * old);
            }
            Some((DecayPlace::After, rated, by)) => {
                s.w.iter_mut().for_each(|w| *w -= part(rated, by) * *w);
            }
            _ => {}
        }
        if let Some(beta) = changes.around {
            for ((w, old), v) in s.w.iter_mut().zip(&first).zip(velocity) {
                *v = beta * *v + (*w - old);
                *w = old + *v;
            }
        }
        s.steps.advance();
    }

    fn memory(&self, a: &mut Float, eps: f64, w: &Vec<f64>) -> Option<Vec<Vec<f64>>> {
        let count = self.optimizer.memory();
        let rest = || vec![vec![0.0; w.len()]; count];
        let mut memory = match self.variation.start {
            Start::Registered => self.optimizer.initial_memory(a, &eps, w),
            Start::Rest => rest(),
        };
        for change in &self.variation.changes {
            if let Change::Filled { slot } = change {
                let full = self.filled(a, eps, w, rest())?;
                for (at, full) in full.into_iter().enumerate() {
                    if slot.is_none_or(|slot| slot == at) {
                        memory[at] = full;
                    }
                }
            }
        }
        Some(memory)
    }

    /// What a memory comes to that stays at w for ever: exactly, where it approaches that by a constant factor.
    fn filled(
        &self,
        a: &mut Float,
        eps: f64,
        w: &Vec<f64>,
        rest: Vec<Vec<f64>>,
    ) -> Option<Vec<Vec<f64>>> {
        let mut passed = vec![rest.clone()];
        let mut s = State { w: w.clone(), memory: rest, steps: Steps::default() };
        for _ in 0..3 {
            let _ = a.begin_step();
            self.optimizer.step(a, &eps, Batch::Full, &mut s);
            s.w.clone_from(w);
            s.steps.advance();
            passed.push(s.memory.clone());
        }
        let [m0, m1, m2, m3] = <[Vec<Vec<f64>>; 4]>::try_from(passed).ok()?;
        let mut full = m0;
        for (slot, full) in full.iter_mut().enumerate() {
            for (i, full) in full.iter_mut().enumerate() {
                let (one, two, three) = (m1[slot][i], m2[slot][i], m3[slot][i]);
                let (first, second, third) = (one - *full, two - one, three - two);
                if first.abs() <= f64::MIN_POSITIVE {
                    continue;
                }
                let left = second / first;
                if (third - left * second).abs() > 1e-6 * first.abs() || left.abs() >= 1.0 {
                    return None;
                }
                *full += first / (1.0 - left);
            }
        }
        Some(full)
    }
}

/// The numbers of the changes that act around a step.
struct Numbers {
    rate: f64,
    around: Option<f64>,
    kept: Option<f64>,
    seen: Option<f64>,
    /// Where, whether times the step size, and how much.
    decay: Option<(DecayPlace, bool, f64)>,
    stabilised_first: bool,
}
