//! Strangers are never named, and neither is what does the same for a while, here and there, or nearly.

use shadowflow::identify::{Answer, AnyBox};

use super::asked;
use super::boxes::{ADAM, Adam, along, from_rest};

#[track_caller]
fn stranger(black_box: &dyn AnyBox) -> Answer {
    let answer = asked(black_box);
    assert!(answer.name().is_none(), "{answer}");
    answer
}

fn soft_sign(c: f64, e: f64) -> f64 {
    c / (c * c + e).sqrt()
}

#[test]
fn register_methods_with_an_exponent_changed() {
    let unknown = |black_box: &dyn AnyBox| {
        let answer = stranger(black_box);
        assert!(matches!(answer, Answer::Unknown { coefficients: None, .. }), "{answer}");
    };
    unknown(&Adam { power: 0.45, ..ADAM });
    unknown(&Adam { power: 0.45, inside: true, ..ADAM });
    unknown(&along(|g| g.iter().map(|g| g * g * g).collect()));
    unknown(&along(|g| g.iter().map(|g| g / (g * g + 0.04).powf(0.45)).collect()));
}

#[test]
fn methods_that_the_register_has_not() {
    // Adagrad.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.b[i] += g[i] * g[i];
            w[i] -= eps * g[i] / (s.b[i].sqrt() + 1e-3);
        }
    }));
    // Two means, one after the other.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = 0.5 * s.a[i] + 0.5 * g[i];
            s.b[i] = 0.75 * s.b[i] + 0.25 * s.a[i];
            w[i] -= eps * (0.5 * s.b[i] + 0.5 * g[i]);
        }
    }));
    // AMSGrad.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            let v = 0.9 * s.b[i] + 0.1 * g[i] * g[i];
            s.b[i] = v.max(s.b[i]);
            w[i] -= eps * g[i] / (s.b[i] + 1e-3).sqrt();
        }
    }));
    // The other map: tanh is no soft sign.
    let _ = stranger(&along(|g| g.iter().map(|g| (3.0 * g).tanh()).collect()));
    // k/(k + 3).
    let _ = stranger(&from_rest(|eps, batch, gradient, w, s| {
        let beta = f64::from(s.n) / f64::from(s.n + 3);
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = beta * s.a[i] - eps * g[i];
            w[i] += s.a[i];
        }
    }));
}

#[test]
fn what_does_the_same_for_a_while() {
    // Descent that halves its step after 100 of them.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, s| {
        let eps = if s.n > 100 { 0.5 * eps } else { eps };
        let g = gradient(batch, w);
        w.iter_mut().zip(g).for_each(|(w, g)| *w -= eps * g);
    }));
    // Momentum that is forgotten every 50 steps.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, s| {
        if s.n % 50 == 0 {
            s.a.fill(0.0);
        }
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = 0.9 * s.a[i] + g[i];
            w[i] -= eps * s.a[i];
        }
    }));
}

#[test]
fn what_does_the_same_here_and_there() {
    // Clipped, but only where the gradient is large.
    let _ = stranger(&along(|g| {
        let size = g.iter().map(|g| g * g).sum::<f64>().sqrt();
        g.iter().map(|g| g * (4.0 / size).min(1.0)).collect()
    }));
    // Another rate for the last parameter of those that have more than six: of the problem that was held out.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, _| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            w[i] -= eps * if i > 5 { 1.1 } else { 1.0 } * g[i];
        }
    }));
    // Another rate where the step is small.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, _| {
        let rate = if eps < 0.04 { 1.1 * eps } else { eps };
        let g = gradient(batch, w);
        w.iter_mut().zip(g).for_each(|(w, g)| *w -= rate * g);
    }));
    // Minibatches of one alone.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, _| {
        let rate = if batch.len() == 1 { 1.01 * eps } else { eps };
        let g = gradient(batch, w);
        w.iter_mut().zip(g).for_each(|(w, g)| *w -= rate * g);
    }));
}

#[test]
fn what_does_nearly_the_same() {
    // A rate that wanes by a millionth a step.
    let _ = stranger(&from_rest(|eps, batch, gradient, w, s| {
        let rate = eps * (1.0 - 1e-6 * f64::from(s.n));
        let g = gradient(batch, w);
        w.iter_mut().zip(g).for_each(|(w, g)| *w -= rate * g);
    }));
    // Numbers of 24 bits on the way.
    let _ = stranger(&along(|g| g.iter().map(|&g| f64::from(g as f32)).collect()));
    // A sign whose power is off by a millionth.
    let _ = stranger(&along(|g| {
        g.iter().map(|&g| soft_sign(g, 0.04) * (g * g + 0.04).powf(1e-6)).collect()
    }));
}
