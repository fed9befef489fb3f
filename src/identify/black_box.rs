//! What is asked: an optimizer of which nothing is known but what it does.

/// The gradient as a call: ∇ of the mean of the listed minibatches' losses, at a point.
///
/// It may be called as often as a step needs, at any points, and on other minibatches than the step was given.
pub type Gradient<'a> = dyn FnMut(&[usize], &[f64]) -> Vec<f64> + 'a;

/// An optimizer known in `f64` alone, by what it does.
///
/// ```
/// use shadowflow::identify::{BlackBox, Gradient};
///
/// /// v ← 9/10 v + g, w ← w − ε v.
/// struct Mine;
///
/// impl BlackBox for Mine {
///     type State = Vec<f64>;
///
///     fn init(&self, w: &[f64]) -> Vec<f64> {
///         vec![0.0; w.len()]
///     }
///
///     fn step(&self, eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64], v: &mut Vec<f64>) {
///         let g = gradient(batch, w);
///         for i in 0..w.len() {
///             v[i] = 0.9 * v[i] + g[i];
///             w[i] -= eps * v[i];
///         }
///     }
/// }
/// ```
///
/// What is hidden in it beside its state, such as a generator of random numbers, belongs in the state: a run that
/// is repeated must repeat itself.
pub trait BlackBox {
    /// What it carries from step to step beside the parameters.
    type State;

    /// The state before the first step from `w`.
    fn init(&self, w: &[f64]) -> Self::State;

    /// One step of size `eps` on the minibatches `batch`, counted from 0: `w` and `state` are changed in place.
    fn step(
        &self,
        eps: f64,
        batch: &[usize],
        gradient: &mut Gradient,
        w: &mut [f64],
        state: &mut Self::State,
    );
}

/// A [`BlackBox`] without the type of its state; every one is one.
pub trait AnyBox {
    /// A run from `w`.
    fn begin<'a>(&'a self, w: &[f64]) -> Box<dyn Running + 'a>;
}

/// A run of a [`BlackBox`], its state inside.
pub trait Running {
    /// One step of size `eps` on the minibatches `batch`.
    fn step(&mut self, eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64]);
}

struct Run<'a, B: BlackBox> {
    of: &'a B,
    state: B::State,
}

impl<B: BlackBox> Running for Run<'_, B> {
    fn step(&mut self, eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64]) {
        self.of.step(eps, batch, gradient, w, &mut self.state);
    }
}

impl<B: BlackBox> AnyBox for B {
    fn begin<'a>(&'a self, w: &[f64]) -> Box<dyn Running + 'a> {
        Box::new(Run { of: self, state: self.init(w) })
    }
}

/// A black box from two closures: the state before the first step from w, and a step.
///
/// ```
/// use shadowflow::identify::{Gradient, black_box};
///
/// let descent = black_box(
///     |_w: &[f64]| (),
///     |eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64], _: &mut ()| {
///         let g = gradient(batch, w);
///         w.iter_mut().zip(g).for_each(|(w, g)| *w -= eps * g);
///     },
/// );
/// # let _ = descent;
/// ```
pub fn black_box<S>(
    init: impl Fn(&[f64]) -> S,
    step: impl Fn(f64, &[usize], &mut Gradient, &mut [f64], &mut S),
) -> impl BlackBox<State = S> {
    Closures { init, step, state: std::marker::PhantomData }
}

struct Closures<I, F, S> {
    init: I,
    step: F,
    state: std::marker::PhantomData<fn() -> S>,
}

impl<S, I, F> BlackBox for Closures<I, F, S>
where
    I: Fn(&[f64]) -> S,
    F: Fn(f64, &[usize], &mut Gradient, &mut [f64], &mut S),
{
    type State = S;

    fn init(&self, w: &[f64]) -> S {
        (self.init)(w)
    }

    fn step(
        &self,
        eps: f64,
        batch: &[usize],
        gradient: &mut Gradient,
        w: &mut [f64],
        state: &mut S,
    ) {
        (self.step)(eps, batch, gradient, w, state);
    }
}
