//! The empirical Fisher matrix and the variance of examples, and how dealing them into batches divides it.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::minima::disagreement_gradient;
use super::super::samples::{sampled_point, sampled_rungs};
use super::super::{NotApplicable, Statement};
use super::spread::paths_of;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::Term;
use crate::leg::{Leg, LegKind, Observation, Obstacle, Pace, Rung, Sabotage, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::sampling::{Draw, IndependentDraws, Repartition};
use crate::scalar::{DoubleDouble, Scalar};
use crate::series::{Forest, Proof, ProofStatus, ProvedBatches, Series, SeriesFault, prove_equal};
use crate::theorem::Settings;

/// For a loss of N examples with gradients g_i, F_emp = (1/N) Σ g_ig_iᵀ and Γ = (1/N) Σ ‖g_i − g‖²:
/// Γ = tr F_emp − ‖g‖², and over all deals of the examples into batches of B the mean of
/// V = ⟨‖g_b − g‖²⟩ is ((N − B)/(B(N − 1))) Γ. Both hold with their gradients, at every point.
///
/// Source: the second is the variance of a mean under sampling without replacement (Cochran 1977, Sampling
/// techniques, theorem 2.2), as used by Smith, Dherin, Barrett & De 2021, arXiv 2101.12176.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fisher;

const FISHER: &str = "tr F_emp";
const SQUARED: &str = "‖g‖²";
const DEALT: &str = "Γ";
const DRAWN: &str = "draw the examples of a batch independently";
/// How far samples lie from the start, in every coordinate.
const RADIUS: f64 = 0.5;
/// The most deals that are listed.
const MOST_DEALS: f64 = 200.0;
/// Numbers of examples and of those in a batch for which the law is proved in series.
const PROVED_DEALS: [(usize, usize); 3] = [(4, 2), (6, 2), (6, 3)];
/// Numbers of examples for which Γ = tr F_emp − ‖g‖² is: trees of two nodes show every pattern of colours.
const PROVED_EXAMPLES: usize = 4;

impl Statement for Fisher {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let n = problem.batches();
        let sizes: Vec<usize> =
            (2..n).filter(|b| n.is_multiple_of(*b)).filter(|&b| listed(n, b)).collect();
        if sizes.is_empty() {
            return Err(NotApplicable(format!(
                "{n} components cannot be dealt into equal batches of several in at most {MOST_DEALS} ways"
            )));
        }
        let pace = Pace::of(problem);
        let leg = |batch_size: Option<usize>| -> Box<dyn Leg> {
            let (problem, pace) = (problem.clone(), pace.clone());
            Box::new(Variance { problem, pace, seed: settings.seed, batch_size })
        };
        Ok(std::iter::once(None).chain(sizes.into_iter().map(Some)).map(leg).collect())
    }

    /// The gradients of both sides: for one to four examples, and for batches of 2 and 3 out of 4 and 6.
    fn proof(
        &self,
        sabotage: Option<&Sabotage>,
        _components: Option<usize>,
    ) -> Option<Result<Proof, SeriesFault>> {
        let mut cases: Vec<(usize, Option<usize>)> =
            (1..=PROVED_EXAMPLES).map(|n| (n, None)).collect();
        cases.extend(PROVED_DEALS.map(|(n, b)| (n, Some(b))));
        let mut last = None;
        for (n, batch_size) in cases {
            let proof = match proof_of(n, batch_size, sabotage) {
                Ok(proof) => proof,
                Err(fault) => return Some(Err(fault)),
            };
            if proof.status == ProofStatus::Refuted {
                return Some(Ok(proof));
            }
            last = Some(proof);
        }
        let mut examples: Vec<usize> = PROVED_DEALS.map(|(n, _)| n).to_vec();
        examples.dedup();
        last.map(|proof| Ok(Proof { batches: ProvedBatches::Listed(examples), ..proof }))
    }

    fn series_controls(&self) -> Option<Vec<Sabotage>> {
        let terms: Vec<Term> = terms(4, None).into_iter().chain(terms(4, Some(2))).collect();
        Some(Sabotage::of_terms(&terms))
    }
}

/// Whether all deals of `n` examples into batches of `b` are few enough to be listed.
fn listed(n: usize, b: usize) -> bool {
    let mut deals = 1.0;
    for k in 1..=n {
        // n!/(b!)^(n/b), factor by factor.
        deals *= k as f64 / ((k - 1) % b + 1) as f64;
    }
    deals <= MOST_DEALS
}

fn terms(n: usize, batch_size: Option<usize>) -> Vec<Term> {
    match batch_size {
        None => vec![Term::new(FISHER, 1, 1, 0), Term::new(SQUARED, -1, 1, 0)],
        Some(b) => {
            let (n, b) = (n as i64, b as i64);
            vec![Term::new(DEALT, n - b, b * (n - 1), 0)]
        }
    }
}

/// The field ½∇ of both sides as series, compared tree by tree.
fn proof_of(
    n: usize,
    batch_size: Option<usize>,
    sabotage: Option<&Sabotage>,
) -> Result<Proof, SeriesFault> {
    let forest = Arc::new(Forest::new(2, n)?);
    let mut variant = Variant::stated(terms(n, batch_size));
    if let Some(sabotage) = sabotage {
        variant.apply(sabotage);
    }
    let mut a = Series::new(Arc::clone(&forest));
    let w = a.identity();
    let c: Vec<_> = variant.terms.iter().map(|term| a.ratio(term.coefficient)).collect();
    let mut claimed = a.zero();
    let actual = if let Some(b) = batch_size {
        let half = disagreement_gradient(&mut a, &w);
        a.axpy(&c[0], &half, &mut claimed);
        dealt_disagreement(&mut a, &paths_of(&Repartition { batch_size: b }, n), &w)
    } else {
        let (fisher, squared) = (half_fisher(&mut a, &w), half_squared(&mut a, &w));
        a.axpy(&c[0], &fisher, &mut claimed);
        a.axpy(&c[1], &squared, &mut claimed);
        disagreement_gradient(&mut a, &w)
    };
    Ok(prove_equal(&forest, &actual, &claimed, 3))
}

/// ½∇ tr F_emp = ⟨H_ig_i⟩.
fn half_fisher<A: Arithmetic>(a: &mut A, w: &A::Vector) -> A::Vector {
    let share = a.fraction(1, a.batches() as i64);
    let mut sum = a.zero();
    for i in 0..a.batches() {
        let g = a.gradient(Batch::One(i), w);
        let bend = a.hessian_vector(Batch::One(i), w, &g);
        a.axpy(&share, &bend, &mut sum);
    }
    sum
}

/// ½∇‖g‖² = Hg.
fn half_squared<A: Arithmetic>(a: &mut A, w: &A::Vector) -> A::Vector {
    let g = a.gradient(Batch::Full, w);
    a.hessian_vector(Batch::Full, w, &g)
}

/// ½∇ of the mean over `deals`, all equally likely, of ⟨‖g_b − g‖²⟩ over the batches of a deal.
fn dealt_disagreement<A: Arithmetic>(a: &mut A, deals: &[Vec<Draw>], w: &A::Vector) -> A::Vector {
    let minus = a.fraction(-1, 1);
    let g = a.gradient(Batch::Full, w);
    let mut sum = a.zero();
    for deal in deals {
        let share = a.fraction(1, (deals.len() * deal.len()) as i64);
        for draw in deal {
            let mut gap = a.gradient(draw.batch(), w);
            a.axpy(&minus, &g, &mut gap);
            let own = a.hessian_vector(draw.batch(), w, &gap);
            let mean = a.hessian_vector(Batch::Full, w, &gap);
            a.axpy(&share, &own, &mut sum);
            a.axpy(&-share.clone(), &mean, &mut sum);
        }
    }
    sum
}

fn squared(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum()
}

/// The mean over `deals` of ⟨‖g_b − g‖²⟩.
fn dealt_variance(a: &mut Numeric<f64>, deals: &[Vec<Draw>], w: &Vec<f64>) -> f64 {
    let g = a.gradient(Batch::Full, w);
    let mut sum = 0.0;
    for deal in deals {
        for draw in deal {
            let mut gap = a.gradient(draw.batch(), w);
            a.axpy(&-1.0, &g, &mut gap);
            sum += squared(&gap) / (deals.len() * deal.len()) as f64;
        }
    }
    sum
}

/// Γ against the Fisher matrix, or the mean over deals into batches of one size against Γ.
struct Variance {
    problem: Problem,
    pace: Result<Pace, Obstacle>,
    seed: u64,
    batch_size: Option<usize>,
}

impl Variance {
    fn point(&self, rung: &Rung) -> Vec<f64> {
        sampled_point(self.problem.start().as_slice(), RADIUS, self.seed, rung.blocks)
    }

    /// Γ and ½∇Γ: every example is a batch of its own.
    fn of_examples(a: &mut Numeric<f64>, w: &Vec<f64>) -> Vec<f64> {
        let alone = paths_of(&IndependentDraws { steps: 1 }, a.batches());
        let mut side = vec![dealt_variance(a, &alone, w)];
        side.extend(disagreement_gradient(a, w));
        side
    }
}

/// Every batch of `size` examples drawn one after the other with replacement.
fn drawn(n: usize, size: usize) -> Vec<Vec<Draw>> {
    let parts = |path: &Vec<Draw>| {
        path.iter()
            .filter_map(|draw| if let Draw::One(k) = draw { Some(*k) } else { None })
            .collect()
    };
    let paths = paths_of(&IndependentDraws { steps: size }, n);
    paths.iter().map(|path| vec![Draw::Mean(parts(path))]).collect()
}

impl Leg for Variance {
    fn kind(&self) -> LegKind {
        LegKind::Identity
    }

    fn claimed_order(&self) -> f64 {
        0.0
    }

    fn terms(&self) -> Vec<Term> {
        terms(self.problem.batches(), self.batch_size)
    }

    fn rungs(&self) -> Vec<Rung> {
        sampled_rungs(self.pace.as_ref().map_or(1.0, |pace| pace.rate), self.seed)
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let _ = self.pace.clone()?;
        let mut a = Numeric::new(self.problem.float());
        let w = self.point(rung);
        let n = a.batches();
        let side = match self.batch_size {
            None => Self::of_examples(&mut a, &w),
            Some(b) => {
                let deals = match twin {
                    Some(DRAWN) => drawn(n, b),
                    _ => paths_of(&Repartition { batch_size: b }, n),
                };
                let mut side = vec![dealt_variance(&mut a, &deals, &w)];
                side.extend(dealt_disagreement(&mut a, &deals, &w));
                side
            }
        };
        // The largest of what is added and taken away: tr F_emp with its gradient.
        let fisher: f64 = (0..n).map(|i| squared(&a.gradient(Batch::One(i), &w)) / n as f64).sum();
        let bent = norm(&half_fisher(&mut a, &w)) + norm(&half_squared(&mut a, &w));
        let floor = f64::EPSILON * (norm(&side) + fisher + bent + norm(&w));
        Ok(Observation { values: exact(&side), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let mut a = Numeric::new(self.problem.float());
        let w = self.point(rung);
        let c: Vec<f64> = claim.terms.iter().map(|t| f64::from_ratio(t.coefficient)).collect();
        let side = if self.batch_size.is_some() {
            Self::of_examples(&mut a, &w).iter().map(|x| c[0] * x).collect()
        } else {
            let n = a.batches();
            let trace: f64 =
                (0..n).map(|i| squared(&a.gradient(Batch::One(i), &w)) / n as f64).sum();
            let mut side = vec![c[0] * trace + c[1] * squared(&a.gradient(Batch::Full, &w))];
            let (fisher, bend) = (half_fisher(&mut a, &w), half_squared(&mut a, &w));
            side.extend(fisher.iter().zip(&bend).map(|(x, y)| c[0] * x + c[1] * y));
            side
        };
        Ok(exact(&side))
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        if self.batch_size.is_some() { vec![DRAWN.into()] } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests;
