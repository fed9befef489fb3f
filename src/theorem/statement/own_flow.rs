//! A method against its own flow: the first terms of the field that its step has.

use std::sync::Arc;

use super::{Gaps, NotApplicable, Statement, Trace, TraceError, Tracking};
use crate::arithmetic::{Arithmetic, Batch, Numeric};
use crate::expansion::{Expander, Fields, Refusal};
use crate::flow::{AnyFlow, MapFlow, Term, power_of_step};
use crate::leg::Leg;
use crate::loss::Problem;
use crate::method::{ByBatches, Made, Method, SettingError, Values};
use crate::optimizer::{
    AnyOptimizer, Decayed, GradientDescent, Optimizer, Runnable, State, Stepped, Tempo,
};
use crate::sampling::{Draw, FullBatch, Sampling, in_periods};
use crate::scalar::{DoubleDouble, Ratio, Scalar};
use crate::series::maps::derive_with_maps;
use crate::series::{ExactOptimizer, Proof, SeriesFault};
use crate::theorem::{Settings, Theorem};

/// `optimizer` tracks f₀ + ε f₁ + … + ε^{K−1} f_{K−1}, K = `terms`, as its own step has them, with local order
/// K + 1 and global order K.
///
/// It is circular by nature: it says that the expansion holds on this loss over these step sizes, and
/// nothing of what anybody claims. A method with memory starts on its slow manifold.
#[derive(Clone)]
pub struct OwnFlow {
    optimizer: AnyOptimizer,
    /// The same in exact series, if it has them.
    exact: Option<Arc<dyn ExactOptimizer>>,
    sampling: ByBatches<Arc<dyn Sampling>>,
    /// The ridge l that the method adds to the loss.
    ridge: Ratio,
    terms: usize,
}

impl OwnFlow {
    /// The statement about one loss, as one that compares iterates with a flow known at every point.
    fn tracking(&self, problem: &Problem) -> Result<(Tracking, Problem), NotApplicable> {
        let inapplicable = |why: Refusal| NotApplicable(why.to_string());
        let problem = if self.ridge.is_zero() {
            problem.clone()
        } else {
            problem.ridged(self.ridge).ok_or(Refusal::LossInFloats).map_err(inapplicable)?
        };
        let sampling = (self.sampling)(problem.batches());
        let expander = Expander::new(&self.optimizer, sampling, &problem).map_err(inapplicable)?;
        let expander = Arc::new(expander);
        let start = wide(problem.start().as_slice());
        let expansion = expander.expand(&start, self.terms).map_err(inapplicable)?;
        let vanishes = |f: &Vec<DoubleDouble>| f.iter().all(|x| x.leading() == 0.0);
        let powers: Vec<usize> =
            (1..self.terms).filter(|&j| !vanishes(&expansion.fields[j])).collect();
        let named = |&power: &usize| {
            let name = format!("{} terms", power_of_step(power as u32));
            Term::new(name, 1, 1, power as u32)
        };
        let terms: Vec<Term> = powers.iter().map(named).collect();
        let flow = if let Some(flow) = self.in_differentials(&problem) {
            // A power of ε that does nothing on this loss is no term there.
            flow.keeping(&powers).into()
        } else {
            let (expander, count) = (Arc::clone(&expander), self.terms);
            AnyFlow::closure(terms, move |_, c, t, w| {
                let time = DoubleDouble::from_f64(t);
                let Ok(Fields { fields, .. }) = expander.fields_at(&wide(w), time, count) else {
                    return vec![f64::NAN; w.len()];
                };
                let mut sum: Vec<f64> = fields[0].iter().map(|x| x.leading()).collect();
                for (&power, &weight) in powers.iter().zip(c) {
                    for (sum, x) in sum.iter_mut().zip(&fields[power]) {
                        *sum += weight * x.leading();
                    }
                }
                sum
            })
        };
        let settled = Settled { inner: self.optimizer.clone(), expander, terms: self.terms + 1 };
        let twin = if is_descent(&problem, &start, &expansion.fields[0]) {
            let twin = Decayed { inner: GradientDescent, decay: Ratio::new(1, 10) };
            ("gradient descent with decay", AnyOptimizer::from(twin))
        } else {
            ("gradient descent", AnyOptimizer::from(GradientDescent))
        };
        let order = self.terms as u32;
        let tracking = Tracking::measured(settled, flow)
            .fed_by(Arc::clone(&self.sampling))
            .local(order + 1)
            .global(order)
            .twin_optimizer(twin.0, twin.1);
        Ok((tracking, problem))
    }
}

impl OwnFlow {
    /// The flow from the elementary differentials of the method, if there are few enough: exact in its
    /// coefficients, and thousands of times faster than a series in ε at every point.
    fn in_differentials(&self, problem: &Problem) -> Option<MapFlow> {
        let exact = self.exact.as_ref()?;
        let m = problem.batches();
        let period = self.optimizer.float().period();
        let sampling = in_periods((self.sampling)(m), period, m);
        // On the whole loss nobody sees its minibatches.
        let whole = matches!(sampling.continuations(&[], m).as_slice(), [Draw::Full]);
        let colours = if whole { 1 } else { m };
        let patterns = (colours as f64).powi(self.terms as i32);
        if patterns > PATTERNS || sampling.paths(m) > PATTERNS {
            return None;
        }
        derive_with_maps(&**exact, &*sampling, self.terms, colours).ok()?.flow()
    }
}

impl OwnFlow {
    /// Fed the whole loss, without a ridge.
    fn on_the_whole_loss(
        optimizer: AnyOptimizer,
        exact: Option<Arc<dyn ExactOptimizer>>,
        terms: usize,
    ) -> Self {
        let sampling: ByBatches<Arc<dyn Sampling>> = Arc::new(|_| Arc::new(FullBatch));
        OwnFlow { optimizer, exact, sampling, ridge: Ratio::new(0, 1), terms }
    }
}

impl Theorem {
    /// The method against its own flow: the first `terms` terms of the field that its step has, found on each
    /// loss from the step alone. Circular by nature: see [`OwnFlow`].
    pub fn derived<O>(id: impl Into<String>, optimizer: O, terms: usize) -> Self
    where
        O: Runnable + ExactOptimizer + 'static,
    {
        let optimizer = Arc::new(optimizer);
        let erased = AnyOptimizer::Everywhere(optimizer.clone());
        let statement = OwnFlow::on_the_whole_loss(erased, Some(optimizer), terms);
        Theorem::of_own_flow(id.into(), statement, "the method")
    }

    /// The same for a method that branches on data: its field is found at each point from its step.
    pub fn derived_measured(
        id: impl Into<String>,
        optimizer: impl Into<AnyOptimizer>,
        terms: usize,
    ) -> Self {
        let statement = OwnFlow::on_the_whole_loss(optimizer.into(), None, terms);
        Theorem::of_own_flow(id.into(), statement, "the method")
    }

    /// The same for a method of a register with these values.
    ///
    /// # Errors
    /// [`SettingError`] if the method turns a value down.
    pub fn derived_of(
        id: impl Into<String>,
        method: &Method,
        values: &Values,
        terms: usize,
    ) -> Result<Self, SettingError> {
        let Made { optimizer, series: exact, ridge, .. } = method.made(values, None)?;
        let statement = OwnFlow { optimizer, exact, sampling: method.fed(values), ridge, terms };
        Ok(Theorem::of_own_flow(id.into(), statement, method.name()))
    }

    fn of_own_flow(id: String, statement: OwnFlow, name: &str) -> Self {
        let terms = statement.terms;
        Theorem::new(id)
            .stating(statement)
            .with_summary(format!(
                "{name} tracks its own flow to {terms} terms, found from its step"
            ))
            .with_source("the method's own step: no claim of anybody")
            .with_orders(format!("one block {}, fixed time {terms}", terms + 1))
            .with_losses(["factorisation", "logistic", "tiny-net"], "")
    }
}

/// The most patterns of minibatches over the largest differentials, and the most paths, that are derived.
const PATTERNS: f64 = 200.0;

fn wide(x: &[f64]) -> Vec<DoubleDouble> {
    x.iter().map(|&x| DoubleDouble::from_f64(x)).collect()
}

/// Whether f₀ = −g at the point: descent then has the same leading field and is no control.
fn is_descent(problem: &Problem, point: &[DoubleDouble], field: &[DoubleDouble]) -> bool {
    let w: Vec<f64> = point.iter().map(|x| x.leading()).collect();
    let g = Numeric::new(problem.float()).gradient(Batch::Full, &w);
    let size = g.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    field.iter().zip(&g).all(|(f, g)| (f.leading() + g).abs() <= 1e-2 * size)
}

/// A method started on its slow manifold, as if it had run for ever; it has an expansion, so it is known in all
/// scalars.
struct Settled {
    inner: AnyOptimizer,
    expander: Arc<Expander>,
    /// The powers of ε that the memory at the start is right to.
    terms: usize,
}

impl<S: Stepped> Optimizer<Numeric<S>> for Settled {
    fn step(&self, a: &mut Numeric<S>, eps: &S, batch: Batch, s: &mut State<Vec<S>>) {
        s.steps = s.steps.as_settled();
        if let Some(inner) = self.inner.seen::<S>() {
            inner.step(a, eps, batch, s);
        }
    }

    fn memory(&self) -> usize {
        self.inner.float().memory()
    }

    fn initial_memory(&self, _: &mut Numeric<S>, eps: &S, w: &Vec<S>) -> Vec<Vec<S>> {
        let point: Vec<DoubleDouble> =
            w.iter().map(|x| DoubleDouble::from_f64(x.leading())).collect();
        let slots = Optimizer::<Numeric<S>>::memory(self);
        let unknown = || vec![vec![S::from_f64(f64::NAN); w.len()]; slots];
        self.expander.memory(&point, self.terms, *eps).unwrap_or_else(|_| unknown())
    }

    fn period(&self) -> usize {
        self.inner.float().period()
    }

    fn tempo(&self) -> Tempo {
        self.inner.float().tempo()
    }
}

impl Statement for OwnFlow {
    fn legs(
        &self,
        problem: &Problem,
        settings: &Settings,
    ) -> Result<Vec<Box<dyn Leg>>, NotApplicable> {
        let (tracking, problem) = self.tracking(problem)?;
        tracking.legs(&problem, settings)
    }

    fn gaps(&self, problem: &Problem, settings: &Settings) -> Gaps {
        self.tracking(problem).map_or_else(
            |_| Gaps::default(),
            |(tracking, problem)| tracking.gaps(&problem, settings),
        )
    }

    fn examine(&self, problem: &Problem, settings: &Settings) -> Result<(), String> {
        match self.tracking(problem) {
            Ok((tracking, problem)) => tracking.examine(&problem, settings),
            Err(_) => Ok(()),
        }
    }

    fn proof(
        &self,
        _: Option<&crate::leg::Sabotage>,
        _: Option<usize>,
    ) -> Option<Result<Proof, SeriesFault>> {
        Some(Ok(Proof::unprovable(
            "it is the method's own flow, found from its step: there is no claim",
        )))
    }

    fn trace(
        &self,
        problem: &Problem,
        settings: &Settings,
        step_size: f64,
    ) -> Option<Result<Trace, TraceError>> {
        let (tracking, problem) = self.tracking(problem).ok()?;
        tracking.trace(&problem, settings, step_size)
    }
}

#[cfg(test)]
mod tests;
