//! A method written over an arithmetic, of which nothing is looked at but what it does.

use std::panic::resume_unwind;

use shadowflow::arithmetic::{Arithmetic, Batch, Map, NotContracting};
use shadowflow::identify::{BlackBox, Gradient};
use shadowflow::optimizer::{Optimizer, State, Steps};
use shadowflow::scalar::Ratio;

use crate::written::Written;

/// The arithmetic of `f64` where of the loss nothing is known but a gradient that is called.
struct Called<'a, 'b> {
    gradient: &'a mut Gradient<'b>,
    /// The minibatches of the step.
    drawn: &'a [usize],
    dim: usize,
}

/// Ends the question: the library says so with this sentence.
fn unknown(what: &str) -> ! {
    resume_unwind(Box::new(format!("it asks for {what}, which a gradient alone does not tell")))
}

impl Arithmetic for Called<'_, '_> {
    type Number = f64;
    type Vector = Vec<f64>;

    fn ratio(&self, r: Ratio) -> f64 {
        r.to_f64()
    }

    fn batches(&self) -> usize {
        unknown("the number of minibatches")
    }

    fn zero(&mut self) -> Vec<f64> {
        vec![0.0; self.dim]
    }

    fn gradient(&mut self, batch: Batch, w: &Vec<f64>) -> Vec<f64> {
        match batch {
            Batch::Full => (self.gradient)(self.drawn, w),
            Batch::One(k) => (self.gradient)(&[k], w),
            Batch::Mean(parts) => (self.gradient)(parts, w),
        }
    }

    fn derivative(&mut self, batch: Batch, w: &Vec<f64>, directions: &[&Vec<f64>]) -> Vec<f64> {
        if directions.is_empty() {
            return self.gradient(batch, w);
        }
        unknown("a derivative of the gradient")
    }

    fn apply_derivative<M: Map>(
        &mut self,
        map: &M,
        inputs: &[&Vec<f64>],
        directions: &[(usize, &Vec<f64>)],
    ) -> Vec<f64> {
        if !directions.is_empty() {
            unknown("a derivative of a map");
        }
        let inputs: Vec<&[f64]> = inputs.iter().map(|x| x.as_slice()).collect();
        let mut out = self.zero();
        map.eval_by_blocks(&|| unknown("the matrices of the parameters"), &inputs, &mut out);
        out
    }

    fn inverse(&mut self, x: &f64) -> f64 {
        1.0 / x
    }

    fn axpy(&mut self, c: &f64, x: &Vec<f64>, y: &mut Vec<f64>) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y += c * x);
    }

    fn scale(&mut self, c: &f64, x: &mut Vec<f64>) {
        x.iter_mut().for_each(|x| *x *= c);
    }

    fn fixed_point(
        &mut self,
        _start: Vec<f64>,
        _map: impl FnMut(&mut Self, &Vec<f64>) -> Vec<f64>,
    ) -> Result<Vec<f64>, NotContracting> {
        unknown("an implicit stage")
    }
}

/// What a run carries: memory once it is begun, and the count of steps.
pub(crate) type Carried = (Option<Vec<Vec<f64>>>, Steps);

impl BlackBox for Written {
    type State = Carried;

    fn init(&self, _w: &[f64]) -> Carried {
        // The memory may depend on the step size, which the first step brings.
        (None, Steps::default())
    }

    fn step(
        &self,
        eps: f64,
        batch: &[usize],
        gradient: &mut Gradient<'_>,
        w: &mut [f64],
        state: &mut Carried,
    ) {
        let mut a = Called { gradient, drawn: batch, dim: w.len() };
        let at = w.to_vec();
        let (memory, steps) = (state.0.take(), state.1);
        let memory = memory.unwrap_or_else(|| self.initial_memory(&mut a, &eps, &at));
        let mut s = State { w: at, memory, steps };
        Optimizer::step(self, &mut a, &eps, Batch::Full, &mut s);
        s.steps.advance();
        w.copy_from_slice(&s.w);
        *state = (Some(s.memory), s.steps);
    }
}
