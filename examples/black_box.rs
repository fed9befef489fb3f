//! Is it the optimizer it says it is? Three programs, and what they are.

use shadowflow::identify::{BlackBox, Gradient, black_box, identify, problems};
use shadowflow::prelude::*;

/// Somebody's Adam: m and v, corrected, and 1e-8 against division by zero, inside of the root.
struct MyAdam;

#[derive(Default)]
struct Moments {
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: i32,
}

impl BlackBox for MyAdam {
    type State = Moments;

    fn init(&self, w: &[f64]) -> Moments {
        Moments { mean: vec![0.0; w.len()], square: vec![0.0; w.len()], steps: 0 }
    }

    fn step(
        &self,
        eps: f64,
        batch: &[usize],
        gradient: &mut Gradient,
        w: &mut [f64],
        s: &mut Moments,
    ) {
        let g = gradient(batch, w);
        s.steps += 1;
        for i in 0..w.len() {
            s.mean[i] = 0.9 * s.mean[i] + 0.1 * g[i];
            s.square[i] = 0.999 * s.square[i] + 0.001 * g[i] * g[i];
            let mean = s.mean[i] / (1.0 - 0.9_f64.powi(s.steps));
            let square = s.square[i] / (1.0 - 0.999_f64.powi(s.steps));
            w[i] -= eps * mean / (square + 1e-8).sqrt();
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (problems, register) = (problems()?, Methods::standard());
    println!("My Adam is {}\n", identify(&MyAdam, &problems, &register)?);

    // Momentum that is looked at half a step ahead, and never taken back.
    let hurried = black_box(
        |w: &[f64]| vec![0.0; w.len()],
        |eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64], v: &mut Vec<f64>| {
            w.iter_mut().zip(v.iter()).for_each(|(w, v)| *w += 0.5 * v);
            let g = gradient(batch, w);
            for i in 0..w.len() {
                v[i] = 0.5 * v[i] - eps * g[i];
                w[i] += v[i];
            }
        },
    );
    println!("Hurried momentum is {}\n", identify(&hurried, &problems, &register)?);

    // Ralston's method, which the register does not have.
    let stranger = black_box(
        |_: &[f64]| (),
        |eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64], _: &mut ()| {
            let here = gradient(batch, w);
            let ahead: Vec<f64> =
                w.iter().zip(&here).map(|(w, g)| w - eps * 2.0 / 3.0 * g).collect();
            let there = gradient(batch, &ahead);
            for i in 0..w.len() {
                w[i] -= eps * (0.25 * here[i] + 0.75 * there[i]);
            }
        },
    );
    println!("The stranger: {}", identify(&stranger, &problems, &register)?);
    Ok(())
}
