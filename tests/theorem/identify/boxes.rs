//! Optimizers as programs have them, written from the formulas: w, what is remembered, and loops over coordinates.

use shadowflow::identify::{BlackBox, Gradient, black_box};

/// What these programs remember: two vectors and the number of steps.
#[derive(Default)]
pub struct Memory {
    pub a: Vec<f64>,
    pub b: Vec<f64>,
    pub n: i32,
}

/// An optimizer whose memory starts empty.
pub fn from_rest(
    step: impl Fn(f64, &[usize], &mut Gradient, &mut [f64], &mut Memory),
) -> impl BlackBox {
    black_box(
        |w: &[f64]| Memory { a: vec![0.0; w.len()], b: vec![0.0; w.len()], n: 0 },
        move |eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64], s: &mut Memory| {
            s.n += 1;
            step(eps, batch, gradient, w, s);
        },
    )
}

/// w ← w − ε u(g), nothing remembered.
pub fn along(direction: impl Fn(&[f64]) -> Vec<f64>) -> impl BlackBox {
    from_rest(move |eps, batch, gradient, w, _| {
        let u = direction(&gradient(batch, w));
        w.iter_mut().zip(u).for_each(|(w, u)| *w -= eps * u);
    })
}

/// v ← βv − εg, w ← w + v.
pub fn heavy_ball(beta: f64) -> impl BlackBox {
    from_rest(move |eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = beta * s.a[i] - eps * g[i];
            w[i] += s.a[i];
        }
    })
}

/// m ← βm + (1 − β)g, w ← w − εm; undampened: m = g at the first step.
pub fn moving_average(beta: f64, undampened: bool) -> impl BlackBox {
    from_rest(move |eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = match s.n {
                1 if undampened => g[i],
                _ => beta * s.a[i] + (1.0 - beta) * g[i],
            };
            w[i] -= eps * s.a[i];
        }
    })
}

/// Adam as programs have it, with what may be wrong about it.
#[derive(Clone, Copy)]
pub struct Adam {
    pub beta1: f64,
    pub beta2: f64,
    pub e: f64,
    pub inside: bool,
    /// Which means are corrected.
    pub corrected: (bool, bool),
    /// By how much the count of steps is off.
    pub late: i32,
    /// √v + e first, and that corrected.
    pub stabilised_first: bool,
    /// The decay, by which it is multiplied, and where it stands.
    pub decay: f64,
    pub rated: bool,
    pub place: Place,
    /// The power of v.
    pub power: f64,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    Before,
    Within,
    After,
}

pub const ADAM: Adam = Adam {
    beta1: 0.9,
    beta2: 0.99,
    e: 1e-3,
    inside: false,
    corrected: (true, true),
    late: 0,
    stabilised_first: false,
    decay: 0.0,
    rated: true,
    place: Place::Within,
    power: 0.5,
};

impl BlackBox for Adam {
    type State = Memory;

    fn init(&self, w: &[f64]) -> Memory {
        Memory { a: vec![0.0; w.len()], b: vec![0.0; w.len()], n: 0 }
    }

    fn step(
        &self,
        eps: f64,
        batch: &[usize],
        gradient: &mut Gradient,
        w: &mut [f64],
        s: &mut Memory,
    ) {
        s.n += 1;
        let shrink = 1.0 - self.decay * if self.rated { eps } else { 1.0 };
        if self.place == Place::Before {
            w.iter_mut().for_each(|w| *w *= shrink);
        }
        let g = gradient(batch, w);
        let n = s.n + self.late;
        let c1 = if self.corrected.0 { 1.0 - self.beta1.powi(n) } else { 1.0 };
        let c2 = if self.corrected.1 { 1.0 - self.beta2.powi(n) } else { 1.0 };
        for i in 0..w.len() {
            s.a[i] = self.beta1 * s.a[i] + (1.0 - self.beta1) * g[i];
            s.b[i] = self.beta2 * s.b[i] + (1.0 - self.beta2) * g[i] * g[i];
            let root = match (self.stabilised_first, self.inside) {
                (true, _) => (s.b[i].sqrt() + self.e) / c2.sqrt(),
                (_, true) => (s.b[i] / c2 + self.e).powf(self.power),
                (_, false) => (s.b[i] / c2).powf(self.power) + self.e,
            };
            if self.place == Place::Within {
                w[i] *= shrink;
            }
            w[i] -= eps * s.a[i] / c1 / root;
            if self.place == Place::After {
                w[i] *= shrink;
            }
        }
    }
}
