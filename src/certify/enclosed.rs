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

/// A matrix by rows.
pub(super) type Matrix = Vec<Vec<Interval>>;

/// The optimizer, the claimed flow and the loss, in enclosures.
pub(super) struct Enclosed {
    pub(super) loss: Arc<dyn Oracle<Enclosure>>,
    pub(super) optimizer: Arc<Step>,
    pub(super) flow: Arc<Field>,
    pub(super) terms: Vec<Term>,
    /// The order p of the error at a fixed time.
    pub(super) order: usize,
}

/// A vector that depends on time, on a slice: its value in the middle, and its derivative anywhere.
pub(super) struct Moving {
    pub(super) middle: Vec<Interval>,
    pub(super) drift: Vec<Interval>,
}

/// The step size as the variable of the inner series: `at` + s, known to `len` coefficients.
fn variable(at: Interval, len: usize) -> Inner {
    let mut coefficients = vec![Interval::zero(); len.max(2)];
    coefficients[0] = at;
    coefficients[1] = Interval::one();
    Inner::of_coefficients(&coefficients)
}

/// Coefficients that inner series can hold.
const CAPACITY: usize = 8;

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
    fn time_series(&self, eps: Inner, w: Vec<Enclosure>, count: usize) -> Vec<Vec<Inner>> {
        let mut series = w;
        for j in 0..count.saturating_sub(1) {
            let field = self.field(eps, &series);
            let share = Inner::from_f64((j + 1) as f64);
            for (w, f) in series.iter_mut().zip(field) {
                w.push(f.coefficient(j) / share);
            }
        }
        series.iter().map(|w| (0..count).map(|j| w.coefficient(j)).collect()).collect()
    }

    /// A(ε) = Φ_ε(w) − Σ_{j ≤ p+d} εʲ y_j(w, ε) as a series around ε = `at` with `len` coefficients, d the
    /// [`depth`](Enclosed::depth).
    ///
    /// What is left of one step of the flow is ε^{p+d+1} times y_{p+d+1} at a later point, so the coefficients of ε⁰, …,
    /// εᵖ at ε = 0 are those of the step less the flow.
    pub(super) fn gap(
        &self,
        at: Interval,
        w: &[Interval],
        len: usize,
    ) -> Result<Vec<Inner>, Broken> {
        self.gap_from(variable(at, len), constants(w))
    }

    /// The same around an ε, and a point that may depend on it.
    fn gap_from(&self, eps: Inner, w: Vec<Enclosure>) -> Result<Vec<Inner>, Broken> {
        let series = self.time_series(eps, w.clone(), self.order + self.depth() + 1);
        let step = self.step(eps, w)?;
        let gap = |(step, y): (&Enclosure, &Vec<Inner>)| {
            // Horner in ε: Σ εʲ y_j.
            let flow = y.iter().rev().fold(Inner::zero(), |sum, &y| sum * eps + y);
            step.coefficient(0) - flow
        };
        Ok(step.iter().zip(&series).map(gap).collect())
    }

    /// A_{p+1}, …, A_{p+d} at ε = 0 along the flow, d the [`depth`](Enclosed::depth), on a slice where it is in the box
    /// `w`, in the middle of the slice in the box `middle`, and moves with a velocity in `velocity`.
    ///
    /// In the middle A_k(c) + Σ_i ∂_i A_k(w) (m_i − c_i), c a point; and along the slice Σ_i ∂_i A_k(w) w̃_i′ in time.
    /// The derivatives come without a third variable. At w + ε^m e_i, A has the coefficient A_{m+k}(w) + ∂_i A_k(w) +
    /// ½ ∂_i² A_{k−m}(w) + … at ε^{m+k}, and at w it has A_{m+k}(w). Exact series say that A_0, …, A_p vanish
    /// for all w, so that m ≥ k − p leaves the derivative alone in the difference, as wide as the box makes it;
    /// a small m, because A_{m+k} over a box is the wider the higher its order.
    pub(super) fn leading_gaps(
        &self,
        w: &[Interval],
        middle: &[Interval],
        velocity: &[Interval],
    ) -> Result<Vec<Moving>, Broken> {
        let (zero, p) = (Interval::zero(), self.order);
        let leading = |gap: &[Inner], k: usize| -> Vec<Interval> {
            gap.iter().map(|gap| gap.coefficient(k)).collect()
        };
        // The highest k, and how far a direction is put above it: as far as series reach.
        let last = p + self.depth();
        let shift = (CAPACITY - 1 - last).min(self.depth());
        let len = last + shift + 1;
        let eps = variable(zero, len);
        let plain = self.gap_from(eps, constants(w))?;
        let centre: Vec<Interval> = middle.iter().map(|w| Interval::from(w.middle())).collect();
        let at_centre = self.gap(zero, &centre, last + 1)?;
        // Up to p + m there are derivatives; what is above is put in as it is.
        let with_derivatives = last.min(p + shift);
        let still = |k: usize| {
            let middle = leading(if k > with_derivatives { &plain } else { &at_centre }, k);
            Moving { drift: vec![zero; middle.len()], middle }
        };
        let mut found: Vec<Moving> = (p + 1..=last).map(still).collect();
        for i in 0..w.len() {
            let mut coefficients = vec![zero; len];
            coefficients[0] = w[i];
            coefficients[shift] = Interval::one();
            let mut moved = constants(w);
            moved[i] = Enclosure::of(Inner::of_coefficients(&coefficients));
            let moved = self.gap_from(eps, moved)?;
            for (k, found) in (p + 1..=with_derivatives).zip(&mut found) {
                for j in 0..w.len() {
                    let (moved, plain) =
                        (moved[j].coefficient(shift + k), plain[j].coefficient(shift + k));
                    found.middle[j] += (moved - plain) * (middle[i] - centre[i]);
                    found.drift[j] += (moved - plain) * velocity[i];
                }
            }
        }
        Ok(found)
    }

    /// The orders of a defect that are known at the beginning of a step: what is beyond is enclosed over all of it.
    pub(super) fn depth(&self) -> usize {
        (CAPACITY - 2 - self.order).min(2)
    }

    /// y_n(w, ε) for n one above what [`gap`](Enclosed::gap) takes away: the coefficient that the remainder of the
    /// flow has.
    pub(super) fn remainder(&self, eps: Interval, w: &[Interval]) -> Vec<Interval> {
        let last = self.order + self.depth() + 1;
        let series = self.time_series(Inner::of(eps), constants(w), last + 1);
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
    ) -> Result<Matrix, Broken> {
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
    pub(super) fn jacobian(&self, eps: Interval, w: &[Interval]) -> Result<Matrix, Broken> {
        self.matrix(w, |moved| {
            let field = self.field(Inner::of(eps), &moved);
            Ok(field.iter().map(|f| f.coefficient(1).coefficient(0)).collect())
        })
    }

    /// N₀ and N₁ with Φ_ε′ = I + ε (N₀ + ε N₁) over the box `w`, for ε in `eps`: the derivative's coefficient of ε at 0, and
    /// its coefficient of ε² at any step size up to that.
    pub(super) fn step_matrices(
        &self,
        eps: Interval,
        w: &[Interval],
    ) -> Result<(Matrix, Matrix), Broken> {
        let (thin, wide) = (variable(Interval::zero(), 2), variable(eps.hull(Interval::zero()), 3));
        let read = |step: &[Enclosure], power: usize| {
            step.iter().map(|x| x.coefficient(1).coefficient(power)).collect()
        };
        let first = self.matrix(w, |moved| Ok(read(&self.step(thin, moved)?, 1)))?;
        let second = self.matrix(w, |moved| Ok(read(&self.step(wide, moved)?, 2)))?;
        Ok((first, second))
    }

    /// N₀ over the box `w` alone.
    pub(super) fn first_matrix(&self, w: &[Interval]) -> Result<Matrix, Broken> {
        let eps = variable(Interval::zero(), 2);
        self.matrix(w, |moved| {
            Ok(self.step(eps, moved)?.iter().map(|x| x.coefficient(1).coefficient(1)).collect())
        })
    }

    /// The derivative of N₀(w) z in time, while w is in the box `w` and moves with `velocity` and z moves with `slope`:
    /// D N₀(w)\[w′\] z + N₀(w) z′.
    ///
    /// The step's coefficient of ε is expanded along w + w′ s + z s³ + z′ s⁴; at s⁴ it has this beside what is there
    /// along w + w′ s.
    pub(super) fn drift_of_first(
        &self,
        w: &[Interval],
        velocity: &[Interval],
        z: &[Interval],
        slope: &[Interval],
    ) -> Result<Vec<Interval>, Broken> {
        let (eps, zero) = (variable(Interval::zero(), 2), Interval::zero());
        let along = |with: bool| {
            let curve = |i: usize| {
                let (z, slope) = if with { (z[i], slope[i]) } else { (zero, zero) };
                let coefficients = [w[i], velocity[i], zero, z, slope].map(Inner::of);
                Enclosure::of_coefficients(&coefficients)
            };
            self.step(eps, (0..w.len()).map(curve).collect())
        };
        let (with, without) = (along(true)?, along(false)?);
        let read = |x: &Enclosure| x.coefficient(4).coefficient(1);
        Ok(with.iter().zip(&without).map(|(with, without)| read(with) - read(without)).collect())
    }

    /// f̃(w, ε) over the box `w`.
    pub(super) fn velocity(&self, eps: Interval, w: &[Interval]) -> Vec<Interval> {
        let field = self.field(Inner::of(eps), &constants(w));
        field.iter().map(|f| f.coefficient(0).coefficient(0)).collect()
    }
}
