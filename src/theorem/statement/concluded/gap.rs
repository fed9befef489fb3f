//! The generalization gap of leaving a minibatch out, and what of it the disagreement of the minibatches tells.

use std::borrow::Cow;

use nalgebra::{DMatrix, DVector};

use super::super::minima::{CriticalPoint, dense_hessian};
use super::super::{NotApplicable, Statement};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::Term;
use crate::leg::{Leg, LegKind, Observation, Obstacle, Rung, Variant, exact};
use crate::loss::Problem;
use crate::measure::norm;
use crate::scalar::{DoubleDouble, Scalar};
use crate::theorem::Settings;

/// At a nondegenerate minimum w* of C take the weight δ from the minibatch k, C − δĈ_k, and minimise again: its
/// own loss Ĉ_k rises by δ g_kᵀH⁻¹g_k + O(δ²), in the mean over k by δ tr(H⁻¹Σ) + O(δ²), with
/// Σ = ⟨(g_k − g)(g_k − g)ᵀ⟩ and everything at w*.
///
/// Source: derived here; the response of a minimum to a weight is the influence function of Cook & Weisberg
/// 1982, and of Koh & Liang 2017, arXiv 1703.04730.
#[derive(Clone, Copy, Debug, Default)]
pub struct GeneralizationGap;

/// Of several minima with one Hessian H = cI that gap is δ V/c + O(δ²) with V = ⟨‖g_k − g‖²⟩ = tr Σ, so that the one
/// with the smaller V has the smaller gap. For another H it is false; it holds wherever the covariances are
/// ordered.
#[derive(Clone, Copy, Debug, Default)]
pub struct EqualCurvature;

const RISE: &str = "rise of the loss left out";
const STAYING: &str = "stay at the old minimum";
const GIVING: &str = "give the weight instead of taking it";
const EXCHANGED: &str = "exchange the minima";
/// The most that the weight taken may change of the Hessian, relative to it, on the coarsest rung.
const COARSEST: f64 = 0.2;
/// Rungs of the ladder in δ.
const RUNGS: usize = 8;
/// The most parameters whose Hessians are formed.
const LARGEST: usize = 120;
/// Steps of the search for the new minimum.
const ITERATIONS: usize = 200;
/// Curvatures this near to each other, relative to their size, are one.
const EQUAL: f64 = 1e-9;

fn examined(problem: &Problem) -> Result<(), NotApplicable> {
    if !problem.has_value() {
        let name = problem.name();
        return Err(NotApplicable(format!("the value of {name} is not known, so no rise of it")));
    }
    if problem.dim() > LARGEST {
        return Err(NotApplicable(format!(
            "Hessians are formed for at most {LARGEST} parameters, not for {}",
            problem.dim()
        )));
    }
    if problem.batches() < 2 {
        return Err(NotApplicable("there is no minibatch besides the one left out".to_owned()));
    }
    Ok(())
}

/// Why it has no proof in series.
const UNPROVABLE: &str = "it is about minima of other losses, not about a field";

impl Statement for GeneralizationGap {
    fn legs(
        &self,
        problem: &Problem,
        _settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        examined(problem)?;
        let minima = CriticalPoint::minimum_of(problem).map(|minimum| vec![minimum]);
        Ok(vec![Box::new(LeftOut { problem: problem.clone(), minima, one_curvature: None })])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(UNPROVABLE)
    }
}

impl Statement for EqualCurvature {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        examined(problem)?;
        let mut minima =
            problem.once(settings.seed, || CriticalPoint::about(problem, settings.seed));
        minima.retain(|point| point.index() == 0);
        let curvatures = || minima.iter().flat_map(|point| point.hessian.eigenvalues.iter());
        let least = curvatures().copied().fold(f64::INFINITY, f64::min);
        let most = curvatures().copied().fold(0.0, f64::max);
        if minima.len() < 2 || most - least > EQUAL * most {
            return Err(NotApplicable(format!(
                "{} has no two minima found whose Hessian is one multiple of the identity",
                problem.name()
            )));
        }
        let one_curvature = Some(0.5 * (least + most));
        Ok(vec![Box::new(LeftOut { problem: problem.clone(), minima: Ok(minima), one_curvature })])
    }

    fn unprovable(&self) -> Option<&'static str> {
        Some(UNPROVABLE)
    }
}

/// The rise of every minibatch's loss and their mean at one minimum, or the mean rises at several of one
/// curvature.
struct LeftOut {
    problem: Problem,
    minima: Result<Vec<CriticalPoint>, Obstacle>,
    one_curvature: Option<f64>,
}

impl LeftOut {
    /// The rises of Ĉ_k at `point` where the weight `delta` is taken from it, for every k, and their round-off.
    fn rises(
        &self,
        point: &CriticalPoint,
        delta: f64,
        twin: Option<&str>,
    ) -> Result<(Vec<f64>, f64), Obstacle> {
        let mut a = Numeric::new(self.problem.float());
        let taken = if twin == Some(GIVING) { -delta } else { delta };
        let (mut rises, mut floor) = (Vec::new(), 0.0);
        for k in 0..a.batches() {
            let before = a.value(Batch::One(k), &point.w);
            let pull = norm(&a.gradient(Batch::One(k), &point.w));
            let (w, placed) = if twin == Some(STAYING) {
                (point.w.clone(), f64::EPSILON * norm(&point.w))
            } else {
                minimised(&mut a, point, k, taken)?
            };
            let after = a.value(Batch::One(k), &w);
            rises.push(after - before);
            floor += f64::EPSILON * (before.abs() + after.abs()) + pull * placed;
        }
        Ok((rises, floor))
    }
}

/// The minimum of C − δĈ_k next to `point`, with the round-off of its place.
fn minimised(
    a: &mut Numeric<f64>,
    point: &CriticalPoint,
    k: usize,
    delta: f64,
) -> Result<(Vec<f64>, f64), Obstacle> {
    let mut w = point.w.clone();
    let mut last = f64::INFINITY;
    for _ in 0..ITERATIONS {
        let mut pull = a.gradient(Batch::Full, &w);
        let own = a.gradient(Batch::One(k), &w);
        a.axpy(&-delta, &own, &mut pull);
        let step = point.solve(&pull);
        let moved = norm(&step);
        if !moved.is_finite() {
            break;
        }
        a.axpy(&-1.0, &step, &mut w);
        // At the round-off level the correction no longer shrinks.
        if moved >= 0.5 * last && moved < 1e-9 * (1.0 + norm(&w)) {
            let pulls = point.residual + f64::EPSILON * (1.0 + norm(&w));
            return Ok((w, moved + pulls / point.softest()));
        }
        last = moved;
    }
    Err(Obstacle::NoEquilibrium { what: "minimum without the minibatch", residual: last })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Σ = ⟨(g_k − g)(g_k − g)ᵀ⟩ at `w`.
fn covariance(a: &mut Numeric<f64>, w: &Vec<f64>) -> DMatrix<f64> {
    let m = a.batches();
    let g = DVector::from_vec(a.gradient(Batch::Full, w));
    let mut sum = DMatrix::zeros(w.len(), w.len());
    for k in 0..m {
        let gap = DVector::from_vec(a.gradient(Batch::One(k), w)) - &g;
        sum.ger(1.0 / m as f64, &gap, &gap, 1.0);
    }
    sum
}

/// ‖H⁻¹A‖ in the Frobenius norm, H at `point`.
fn relative(point: &CriticalPoint, matrix: &DMatrix<f64>) -> f64 {
    let columns = matrix.column_iter().map(|column| norm(&point.solve(column.as_slice())));
    columns.map(|length| length * length).sum::<f64>().sqrt()
}

/// T[v, ·] at `w`.
fn bend(a: &mut Numeric<f64>, w: &Vec<f64>, v: &Vec<f64>) -> DMatrix<f64> {
    let d = w.len();
    let mut bend = DMatrix::zeros(d, d);
    for j in 0..d {
        let axis: Vec<f64> = (0..d).map(|i| if i == j { 1.0 } else { 0.0 }).collect();
        let column = a.third_derivative(Batch::Full, w, v, &axis);
        bend.set_column(j, &DVector::from_vec(column));
    }
    bend
}

impl Leg for LeftOut {
    fn kind(&self) -> LegKind {
        LegKind::Removal
    }

    fn claimed_order(&self) -> f64 {
        2.0
    }

    fn terms(&self) -> Vec<Term> {
        vec![Term::new(RISE, 1, 1, 1)]
    }

    /// The ladder is in the weight δ: at its coarsest the Hessian changes by about a fifth, by δH_k and by where
    /// the minimum moves.
    fn rungs(&self) -> Vec<Rung> {
        let mut a = Numeric::new(self.problem.float());
        let mut largest: f64 = 1.0;
        for point in self.minima.iter().flatten() {
            for k in 0..a.batches() {
                let own = dense_hessian(&mut a, Batch::One(k), &point.w);
                let moves = point.solve(&a.gradient(Batch::One(k), &point.w));
                let bends = if self.problem.has_third() {
                    bend(&mut a, &point.w, &moves)
                } else {
                    DMatrix::zeros(moves.len(), moves.len())
                };
                largest = largest.max(relative(point, &own) + relative(point, &bends));
            }
        }
        (0..RUNGS)
            .map(|j| Rung { step_size: COARSEST / largest * 0.5_f64.powi(j as i32), blocks: 1 })
            .collect()
    }

    fn observe(&self, rung: &Rung, twin: Option<&str>) -> Result<Observation, Obstacle> {
        let minima = self.minima.as_ref().map_err(Clone::clone)?;
        let (mut values, mut floor) = (Vec::new(), 0.0);
        for point in minima {
            let (rises, rounded) = self.rises(point, rung.step_size, twin)?;
            if self.one_curvature.is_none() {
                values.extend(&rises);
            }
            values.push(mean(&rises));
            floor += rounded;
        }
        if twin == Some(EXCHANGED) {
            values.reverse();
        }
        Ok(Observation { values: exact(&values), floor })
    }

    fn predict(&self, rung: &Rung, claim: &Variant) -> Result<Vec<DoubleDouble>, Obstacle> {
        let minima = self.minima.as_ref().map_err(Clone::clone)?;
        let mut a = Numeric::new(self.problem.float());
        let c = f64::from_ratio(claim.terms[0].coefficient) * rung.step_size;
        let mut values = Vec::new();
        for point in minima {
            let spread = covariance(&mut a, &point.w);
            if let Some(curvature) = self.one_curvature {
                values.push(c * spread.trace() / curvature);
                continue;
            }
            for k in 0..a.batches() {
                let g = a.gradient(Batch::One(k), &point.w);
                let turned = point.solve(&g);
                values.push(c * g.iter().zip(&turned).map(|(x, y)| x * y).sum::<f64>());
            }
            let columns = spread.column_iter().enumerate();
            let trace: f64 = columns.map(|(j, column)| point.solve(column.as_slice())[j]).sum();
            values.push(c * trace);
        }
        Ok(exact(&values))
    }

    fn has_clock(&self) -> bool {
        false
    }

    fn twins(&self) -> Vec<Cow<'static, str>> {
        if self.one_curvature.is_some() {
            vec![EXCHANGED.into()]
        } else {
            vec![STAYING.into(), GIVING.into()]
        }
    }
}

#[cfg(test)]
mod tests;
