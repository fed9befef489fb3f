//! A claim on one loss, evaluated in enclosures: steps, fields, their Taylor series and their derivatives.

use std::sync::Arc;

use super::Broken;
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::flow::{Flow, Term};
use crate::loss::Oracle;
use crate::optimizer::{Optimizer, State, Steps};
use crate::scalar::{Enclosure, Inner, Interval, Scalar};

type Field = dyn Flow<Numeric<Enclosure>>;
type Step = dyn Optimizer<Numeric<Enclosure>>;

/// The optimizer, the claimed flow and the loss, in enclosures.
pub(super) struct Enclosed {
    pub(super) loss: Arc<dyn Oracle<Enclosure>>,
    pub(super) optimizer: Arc<Step>,
    pub(super) flow: Arc<Field>,
    pub(super) terms: Vec<Term>,
    /// The order p of the error at a fixed time.
    pub(super) order: usize,
}

/// The step size as the variable of the inner series: `at` + s, known to `len` coefficients.
fn variable(at: Interval, len: usize) -> Inner {
    let mut coefficients = vec![Interval::zero(); len.max(2)];
    coefficients[0] = at;
    coefficients[1] = Interval::one();
    Inner::of_coefficients(&coefficients)
}

fn constants(w: &[Interval]) -> Vec<Enclosure> {
    w.iter().map(|&w| Enclosure::of(Inner::of(w))).collect()
}

impl Enclosed {
    /// f̃(w, ε) of the claim. The time is anything: a field that asks for it is not bounded.
    fn field(&self, eps: Inner, w: &Vec<Enclosure>) -> Vec<Enclosure> {
        let mut a = Numeric::new(Arc::clone(&self.loss));
        let eps = Enclosure::of(eps);
        let coefficient = |term: &Term| {
            (0..term.power).fold(Enclosure::from_ratio(term.coefficient), |c, _| c * eps)
        };
        let coefficients: Vec<Enclosure> = self.terms.iter().map(coefficient).collect();
        let time = Enclosure::of(Inner::of(Interval::WHOLE));
        self.flow.field(&mut a, &coefficients, &time, w)
    }

    /// Φ_ε(w), one step on the whole loss.
    fn step(&self, eps: Inner, w: Vec<Enclosure>) -> Result<Vec<Enclosure>, Broken> {
        let mut a = Numeric::new(Arc::clone(&self.loss));
        let mut state = State { w, memory: Vec::new(), steps: Steps::default() };
        self.optimizer.step(&mut a, &Enclosure::of(eps), Batch::Full, &mut state);
        let faded = a.begin_step() > 0;
        if a.counted() || a.timed() || a.periods() > 1 || faded || !state.memory.is_empty() {
            return Err(Broken::new("its steps are not all alike"));
        }
        if a.fault().is_some() || a.met_undefined() {
            return Err(Broken::new("a stage of its step has no enclosure"));
        }
        Ok(state.w)
    }

    /// Whether the claimed flow starts where the iterates do, for all step sizes up to `up_to`.
    pub(super) fn starts_at(&self, w: &[f64], up_to: f64) -> bool {
        let mut a = Numeric::new(Arc::clone(&self.loss));
        let eps = Enclosure::of(Inner::of(Interval::new(0.0, up_to)));
        let coefficient = |term: &Term| {
            (0..term.power).fold(Enclosure::from_ratio(term.coefficient), |c, _| c * eps)
        };
        let coefficients: Vec<Enclosure> = self.terms.iter().map(coefficient).collect();
        let points: Vec<Interval> = w.iter().map(|&w| Interval::from(w)).collect();
        let mut begun = a.zero();
        begun.copy_from_slice(&constants(&points));
        let start = self.flow.start(&mut a, &coefficients, begun);
        let same = |(found, &w): (&Enclosure, &Interval)| {
            found.len() == 1
                && found.coefficient(0).len() == 1
                && found.coefficient(0).coefficient(0) == w
        };
        start.len() == points.len() && start.iter().zip(&points).all(same)
    }

    /// The coefficients y₀, …, y_{count − 1} of the solution through `w` in time, each a series in the inner
    /// variable of `eps`: y_{j+1} = [f̃(y₀ + y₁ t + … + y_j tʲ)]_j/(j + 1). By components.
    fn time_series(&self, eps: Inner, w: &[Interval], count: usize) -> Vec<Vec<Inner>> {
        let mut series = constants(w);
        for j in 0..count.saturating_sub(1) {
            let field = self.field(eps, &series);
            let share = Inner::from_f64((j + 1) as f64);
            for (w, f) in series.iter_mut().zip(field) {
                w.push(f.coefficient(j) / share);
            }
        }
        series.iter().map(|w| (0..count).map(|j| w.coefficient(j)).collect()).collect()
    }

    /// A(ε) = Φ_ε(w) − Σ_{j ≤ p+1} εʲ y_j(w, ε) as a series around ε = `at` with `len` coefficients.
    ///
    /// What is left of one step of the flow is ε^{p+2} times y_{p+2} at a later point, so the coefficients of ε⁰, …,
    /// εᵖ at ε = 0 are those of the step less the flow.
    pub(super) fn gap(
        &self,
        at: Interval,
        w: &[Interval],
        len: usize,
    ) -> Result<Vec<Inner>, Broken> {
        let eps = variable(at, len);
        let series = self.time_series(eps, w, self.order + 2);
        let step = self.step(eps, constants(w))?;
        let gap = |(step, y): (&Enclosure, &Vec<Inner>)| {
            // Horner in ε: Σ εʲ y_j.
            let flow = y.iter().rev().fold(Inner::zero(), |sum, &y| sum * eps + y);
            step.coefficient(0) - flow
        };
        Ok(step.iter().zip(&series).map(gap).collect())
    }

    /// y_{p+2}(w, ε), the coefficient that the remainder of the flow has.
    pub(super) fn remainder(&self, eps: Interval, w: &[Interval]) -> Vec<Interval> {
        let last = self.order + 2;
        let series = self.time_series(Inner::of(eps), w, last + 1);
        series.iter().map(|y| y[last].coefficient(0)).collect()
    }

    /// The coefficients of f̃(w(s), ε) in s, along the curve whose coefficients are given by components.
    pub(super) fn along(&self, eps: Interval, w: &[Vec<Interval>]) -> Vec<Vec<Interval>> {
        let curve = |w: &Vec<Interval>| {
            let inner: Vec<Inner> = w.iter().map(|&w| Inner::of(w)).collect();
            Enclosure::of_coefficients(&inner)
        };
        let len = w.iter().map(Vec::len).max().unwrap_or(1);
        let field = self.field(Inner::of(eps), &w.iter().map(curve).collect());
        let read = |f: &Enclosure| (0..len).map(|j| f.coefficient(j).coefficient(0)).collect();
        field.iter().map(read).collect()
    }

    /// The matrix, by rows, whose column i is `column(w + s eᵢ)`.
    fn matrix(
        &self,
        w: &[Interval],
        mut column: impl FnMut(Vec<Enclosure>) -> Result<Vec<Interval>, Broken>,
    ) -> Result<Vec<Vec<Interval>>, Broken> {
        let mut rows = vec![Vec::with_capacity(w.len()); w.len()];
        for i in 0..w.len() {
            let mut moved = constants(w);
            moved[i].push(Inner::one());
            for (row, entry) in rows.iter_mut().zip(column(moved)?) {
                row.push(entry);
            }
        }
        Ok(rows)
    }

    /// The Jacobian of f̃ over the box `w`.
    pub(super) fn jacobian(
        &self,
        eps: Interval,
        w: &[Interval],
    ) -> Result<Vec<Vec<Interval>>, Broken> {
        self.matrix(w, |moved| {
            let field = self.field(Inner::of(eps), &moved);
            Ok(field.iter().map(|f| f.coefficient(1).coefficient(0)).collect())
        })
    }

    /// N with Φ_ε′ = I + ε N over the box `w`, for ε in `eps`: the derivative's coefficient of ε at 0, and its
    /// coefficient of ε² at any step size up to that.
    pub(super) fn step_matrix(
        &self,
        eps: Interval,
        w: &[Interval],
    ) -> Result<Vec<Vec<Interval>>, Broken> {
        let (thin, wide) = (variable(Interval::zero(), 2), variable(eps.hull(Interval::zero()), 3));
        self.matrix(w, |moved| {
            let first = self.step(thin, moved.clone())?;
            let second = self.step(wide, moved)?;
            let entry = |(first, second): (&Enclosure, &Enclosure)| {
                first.coefficient(1).coefficient(1) + eps * second.coefficient(1).coefficient(2)
            };
            Ok(first.iter().zip(&second).map(entry).collect())
        })
    }
}
