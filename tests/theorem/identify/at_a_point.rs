//! Fields that are measured from the iterates of a black box, beside those that the same method has in exact series.

use shadowflow::expansion::Expander;
use shadowflow::identify::{AnyBox, NoField, measured_field};
use shadowflow::prelude::*;
use shadowflow::scalar::DoubleDouble;

use super::boxes::{ADAM, Adam, along, from_rest, heavy_ball};

/// The first two terms of a method of the register.
fn exact(method: &str, settings: &[&str], problem: &Problem) -> Vec<Vec<f64>> {
    let methods = Methods::standard();
    let method = methods.method(method).unwrap();
    let made = method.made(&method.values(settings).unwrap(), Some(problem.batches())).unwrap();
    let expander = Expander::new(&made.optimizer, made.sampling.clone(), problem).unwrap();
    let point: Vec<DoubleDouble> =
        problem.start().iter().map(|&x| DoubleDouble::from_f64(x)).collect();
    let fields = expander.expand(&point, 2).unwrap().fields;
    fields.iter().map(|f| f.iter().map(|x| x.leading()).collect()).collect()
}

/// Asserts that both terms lie within their bars, and to 1e-6 of the field.
#[track_caller]
fn agrees(black_box: &dyn AnyBox, method: &str, settings: &[&str]) {
    for loss in ["factorisation", "tiny-net", "quadratic"] {
        let problem = preset(loss, None, None, 1).unwrap();
        let found = measured_field(black_box, &problem, problem.start().as_slice(), 2).unwrap();
        let exact = exact(method, settings, &problem);
        for (j, (field, wanted)) in found.fields.iter().zip(&exact).enumerate() {
            let size = wanted.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
            for (i, (x, y)) in field.iter().zip(wanted).enumerate() {
                let (off, bar) = ((x - y).abs(), found.bars[j][i]);
                assert!(
                    off <= bar,
                    "{method} on {loss}, f{j}[{i}] = {x}, not {y}: {off:e} > {bar:e}"
                );
                assert!(off <= 1e-6 * size, "{method} on {loss}, f{j}[{i}] is off by {off:e}");
                assert!(bar <= 1e-5 * size, "{method} on {loss}: the bar of f{j} is {bar:e}");
                assert!(found.rounding[j][i] <= bar);
            }
        }
    }
}

#[test]
fn descent_and_the_heavy_ball_have_their_fields() {
    agrees(&along(<[f64]>::to_vec), "gradient-descent", &[]);
    agrees(&heavy_ball(0.5), "heavy-ball", &["beta=1/2"]);
}

#[test]
fn adam_has_its_field() {
    let mine = Adam { beta1: 0.5, beta2: 0.75, inside: false, e: 0.2, ..ADAM };
    agrees(&mine, "adam", &["beta1=1/2", "beta2=3/4", "inside=false", "stabiliser=1/5"]);
}

fn refused(black_box: &dyn AnyBox) -> NoField {
    let problem = preset("factorisation", None, None, 1).unwrap();
    measured_field(black_box, &problem, problem.start().as_slice(), 2).unwrap_err()
}

#[test]
fn a_memory_that_stays_is_refused() {
    // The largest square that there was.
    let largest = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = (0.9 * s.a[i] + 0.1 * g[i] * g[i]).max(s.a[i]);
            w[i] -= eps * g[i] / (s.a[i].sqrt() + 0.1);
        }
    });
    let why = refused(&largest);
    assert!(matches!(why, NoField::Lasting { .. } | NoField::Changing { .. }), "{why}");
    // The sum of all squares.
    let sum = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] += g[i] * g[i];
            w[i] -= eps * g[i] / s.a[i].sqrt();
        }
    });
    let why = refused(&sum);
    assert!(matches!(why, NoField::Lasting { .. } | NoField::Changing { .. }), "{why}");
}

#[test]
fn steps_that_go_on_changing_are_refused() {
    let warm = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        let share = f64::from(s.n) / (10_000.0 + f64::from(s.n));
        w.iter_mut().zip(g).for_each(|(w, g)| *w -= eps * share * g);
    });
    let why = refused(&warm);
    assert!(matches!(why, NoField::Changing { .. }), "{why}");
}

#[test]
fn what_is_no_question_is_said() {
    let descent = along(<[f64]>::to_vec);
    let problem = preset("factorisation", None, None, 1).unwrap();
    let asked =
        |point: &[f64], terms| measured_field(&descent, &problem, point, terms).unwrap_err();
    assert_eq!(asked(&[1.0], 2), NoField::Point { given: 1, dim: 2 });
    assert_eq!(asked(&[1.0, 2.0], 0), NoField::Terms { terms: 0, most: 3 });
    assert_eq!(asked(&[1.0, 2.0], 4), NoField::Terms { terms: 4, most: 3 });
    let broken = along(|_| panic!("out of order"));
    assert_eq!(refused(&broken), NoField::Panicked { message: "out of order".to_owned() });
}
