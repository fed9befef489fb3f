//! A black box, run and watched: what it makes of w, and which gradients it asks for.

use super::IdentifyError;
use super::black_box::AnyBox;
use crate::loss::Oracle;
use crate::theorem::caught;

/// What a box is fed with.
pub(super) struct Feeding<'a> {
    pub(super) loss: &'a dyn Oracle<f64>,
    /// The name of the problem.
    pub(super) name: &'a str,
    /// What every gradient is multiplied by.
    pub(super) factor: f64,
}

/// What was seen.
pub(super) struct Watched {
    /// w₀, w₁, ….
    pub(super) iterates: Vec<Vec<f64>>,
    /// The minibatches asked for in each step, each list once.
    asked: Vec<Vec<Vec<usize>>>,
}

/// The mean of the gradients of these minibatches.
pub(super) fn mean_gradient(loss: &dyn Oracle<f64>, batch: &[usize], w: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; w.len()];
    let mut part = vec![0.0; w.len()];
    for &k in batch {
        loss.gradient(k, w, &mut part);
        sum.iter_mut().zip(&part).for_each(|(sum, part)| *sum += part);
    }
    if batch.len() > 1 {
        let share = (batch.len() as f64).recip();
        sum.iter_mut().for_each(|sum| *sum *= share);
    }
    sum
}

/// What is often the matter with a first step that is no number.
const FIRST_STEP: &str = "; at the first step this is often a division by 1 − β⁰ in a bias correction that \
counts from 0";

/// Runs the box from `start` over these minibatches.
///
/// # Errors
/// [`IdentifyError`] for a panic, a gradient of what there is not, or iterates that are no numbers.
pub(super) fn watch(
    black_box: &dyn AnyBox,
    feeding: &Feeding,
    start: &[f64],
    eps: f64,
    batches: &[Vec<usize>],
) -> Result<Watched, IdentifyError> {
    let run = || watched(black_box, feeding, start, eps, batches);
    caught(run).unwrap_or_else(|message| {
        Err(IdentifyError::Panicked { problem: feeding.name.to_owned(), message })
    })
}

fn watched(
    black_box: &dyn AnyBox,
    feeding: &Feeding,
    start: &[f64],
    eps: f64,
    batches: &[Vec<usize>],
) -> Result<Watched, IdentifyError> {
    let problem = || feeding.name.to_owned();
    let mut w = start.to_vec();
    let mut running = black_box.begin(&w);
    let mut seen = Watched { iterates: vec![w.clone()], asked: Vec::new() };
    let mut fault = None;
    for (step, batch) in batches.iter().enumerate() {
        let mut asked: Vec<Vec<usize>> = Vec::new();
        let mut gradient = |of: &[usize], at: &[f64]| -> Vec<f64> {
            let (dim, m) = (feeding.loss.dim(), feeding.loss.batches());
            if at.len() != dim {
                let given = at.len();
                let _ = fault.get_or_insert(IdentifyError::Dimension {
                    problem: problem(),
                    given,
                    dim,
                });
                return vec![f64::NAN; dim];
            }
            if of.is_empty() || of.iter().any(|&k| k >= m) {
                let (given, batches) = (of.to_vec(), m);
                let _ = fault.get_or_insert(IdentifyError::Batch {
                    problem: problem(),
                    given,
                    batches,
                });
                return vec![f64::NAN; dim];
            }
            if !asked.iter().any(|known| known == of) {
                asked.push(of.to_vec());
            }
            let mut g = mean_gradient(feeding.loss, of, at);
            g.iter_mut().for_each(|g| *g *= feeding.factor);
            g
        };
        running.step(eps, batch, &mut gradient, &mut w);
        if let Some(fault) = fault {
            return Err(fault);
        }
        if !w.iter().all(|x| x.is_finite()) {
            let hint = if step == 0 { FIRST_STEP } else { "" };
            return Err(IdentifyError::NotFinite { problem: problem(), step: step + 1, eps, hint });
        }
        seen.iterates.push(w.clone());
        seen.asked.push(asked);
    }
    Ok(seen)
}

impl Watched {
    /// Whether every step that takes gradients takes them of all of the minibatches it is given, together or
    /// one by one.
    pub(super) fn takes_what_it_is_given(&self, given: &[usize]) -> bool {
        self.asked
            .iter()
            .filter(|asked| !asked.is_empty())
            .all(|asked| given.iter().all(|k| asked.iter().any(|of| of.contains(k))))
    }

    /// The minibatch of each step, for a box that takes its own.
    ///
    /// # Errors
    /// [`IdentifyError::SeveralBatches`] if a step takes several.
    pub(super) fn draws(&self, problem: &str) -> Result<Vec<Vec<usize>>, IdentifyError> {
        let mut draws: Vec<Vec<usize>> = Vec::new();
        for (n, asked) in self.asked.iter().enumerate() {
            match asked.as_slice() {
                [one] => draws.push(one.clone()),
                // A step without a gradient goes on with that of the step before.
                [] => draws.push(draws.last().cloned().unwrap_or_else(|| vec![0])),
                several => {
                    return Err(IdentifyError::SeveralBatches {
                        problem: problem.to_owned(),
                        step: n + 1,
                        asked: several.to_vec(),
                    });
                }
            }
        }
        Ok(draws)
    }
}
