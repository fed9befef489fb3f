//! Twenty planted variants of eight methods and more are named rightly, their settings recovered to three digits and
//! far beyond.

use shadowflow::identify::AnyBox;

use super::boxes::{ADAM, Adam, Place, along, from_rest, heavy_ball, moving_average};
use super::{asked, expect};

fn check(black_box: &dyn AnyBox, method: &str, settings: &[(&str, f64)]) {
    expect(&asked(black_box), true, method, settings);
}

fn soft_sign(c: f64, e: f64) -> f64 {
    c / (c * c + e).sqrt()
}

#[test]
fn descent_and_its_kin() {
    check(&along(|g| g.to_vec()), "gradient-descent", &[]);
    check(
        &along(|g| g.iter().map(|&g| soft_sign(g, 0.04)).collect()),
        "sign-descent",
        &[("stabiliser", 0.04)],
    );
    let length = |g: &[f64]| g.iter().map(|g| g * g).sum::<f64>();
    let unit = move |g: &[f64]| g.iter().map(|x| x / (length(g) + 0.3).sqrt()).collect();
    check(&along(unit), "normalised-descent", &[("stabiliser", 0.3)]);
    let clipped = move |g: &[f64]| g.iter().map(|x| x / (1.0 + length(g) / 0.49).sqrt()).collect();
    check(&along(clipped), "clipping", &[("threshold", 0.7)]);
}

#[test]
fn gradients_elsewhere() {
    let climbing = |by: f64| {
        from_rest(move |eps, batch, gradient, w, _| {
            let g = gradient(batch, w);
            let ahead: Vec<f64> = w.iter().zip(&g).map(|(w, g)| w + by * eps * g).collect();
            let there = gradient(batch, &ahead);
            w.iter_mut().zip(there).for_each(|(w, g)| *w -= eps * g);
        })
    };
    check(&climbing(0.3), "sam", &[("rho", 0.3)]);
    check(&climbing(-1.0), "extragradient", &[]);
    let optimistic = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            let last = if s.n == 1 { g[i] } else { s.a[i] };
            w[i] -= eps * (2.0 * g[i] - last);
        }
        s.a = g;
    });
    check(&optimistic, "optimistic-gradient", &[]);
}

#[test]
fn momentum_in_its_forms() {
    check(&heavy_ball(0.9), "heavy-ball", &[("beta", 0.9)]);
    check(&heavy_ball(0.37), "heavy-ball", &[("beta", 0.37)]);
    check(&moving_average(0.8, false), "ema-momentum", &[("beta", 0.8)]);
    let quasi = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = 0.95 * s.a[i] + 0.05 * g[i];
            w[i] -= eps * (0.35 * g[i] + 0.65 * s.a[i]);
        }
    });
    check(&quasi, "quasi-hyperbolic-momentum", &[("beta", 0.95), ("nu", 0.65)]);
    let nesterov = from_rest(|eps, batch, gradient, w, s| {
        let ahead: Vec<f64> = w.iter().zip(&s.a).map(|(w, v)| w + 0.75 * v).collect();
        let g = gradient(batch, &ahead);
        for i in 0..w.len() {
            s.a[i] = 0.75 * s.a[i] - eps * g[i];
            w[i] += s.a[i];
        }
    });
    check(&nesterov, "nesterov", &[("beta", 0.75)]);
}

#[test]
fn adam_and_its_kin() {
    let adam = [("beta1", 0.9), ("beta2", 0.99), ("stabiliser", 1e-3)];
    check(&ADAM, "adam", &adam);
    check(&Adam { inside: true, ..ADAM }, "adam", &adam);
    // As it is by default where people train.
    let usual = [("beta1", 0.9), ("beta2", 0.999), ("stabiliser", 1e-8)];
    check(&Adam { beta2: 0.999, e: 1e-8, ..ADAM }, "adam", &usual);
    check(&Adam { beta1: 0.0, ..ADAM }, "rmsprop", &adam[1..]);
    let decaying = |by: f64| [adam[0], adam[1], adam[2], ("decay", by)];
    check(&Adam { decay: 0.1, ..ADAM }, "adamw", &decaying(0.1));
    check(&Adam { decay: 0.013, place: Place::Within, ..ADAM }, "adamw", &decaying(0.013));
    let nadam = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = 0.9 * s.a[i] + 0.1 * g[i];
            s.b[i] = 0.99 * s.b[i] + 0.01 * g[i] * g[i];
            let (now, next) = (1.0 - 0.9_f64.powi(s.n), 1.0 - 0.9_f64.powi(s.n + 1));
            let mean = 0.9 * s.a[i] / next + 0.1 * g[i] / now;
            w[i] -= eps * mean / (s.b[i] / (1.0 - 0.99_f64.powi(s.n)) + 0.01).sqrt();
        }
    });
    check(&nadam, "nadam", &[("beta1", 0.9), ("beta2", 0.99), ("stabiliser", 0.01)]);
    let belief = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = 0.8 * s.a[i] + 0.2 * g[i];
            s.b[i] = 0.9 * s.b[i] + 0.1 * (g[i] - s.a[i]).powi(2);
            let mean = s.a[i] / (1.0 - 0.8_f64.powi(s.n));
            w[i] -= eps * mean / (s.b[i] / (1.0 - 0.9_f64.powi(s.n)) + 0.02).sqrt();
        }
    });
    check(&belief, "adabelief", &[("beta1", 0.8), ("beta2", 0.9), ("stabiliser", 0.02)]);
}

#[test]
fn lion_and_signum_from_rest_with_decay() {
    let lion = |beta1: f64, beta2: f64| {
        from_rest(move |eps, batch, gradient, w, s| {
            let g = gradient(batch, w);
            for i in 0..w.len() {
                let c = beta1 * s.a[i] + (1.0 - beta1) * g[i];
                w[i] -= eps * (soft_sign(c, 0.01) + 0.2 * w[i]);
                s.a[i] = beta2 * s.a[i] + (1.0 - beta2) * g[i];
            }
        })
    };
    let decay = [("stabiliser", 0.01), ("decay", 0.2)];
    let betas = [("beta1", 0.9), ("beta2", 0.99), decay[0], decay[1]];
    check(&lion(0.9, 0.99), "lion", &betas);
    check(&lion(0.6, 0.6), "signum", &[("beta", 0.6), decay[0], decay[1]]);
}

#[test]
fn numbers_that_are_no_fractions_have_bars_that_hold() {
    let (beta1, e) = (0.876_543_21_f64.sqrt(), 1e-3 * std::f64::consts::E);
    let answer = asked(&Adam { beta1, e, ..ADAM });
    expect(&answer, true, "adam", &[("beta1", beta1), ("stabiliser", e)]);
    for (name, wanted) in [("beta1", beta1), ("stabiliser", e)] {
        let found = answer.setting(name).unwrap();
        let off = (found.value.unwrap() - wanted).abs();
        assert!(found.exact.is_none() && found.bar < 1e-9, "{answer}");
        assert!(off <= found.bar + 1e-15, "{name}: {off:e} beyond {:e}", found.bar);
    }
}
