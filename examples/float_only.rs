//! An optimizer, a flow, a sampling and a loss that are known in f64 only, as what lives in another program
//! is: measured like any other, and the verdict says what it lacks.

use shadowflow::prelude::*;

/// ln cosh(w − b) with b = ±½: two minibatches.
fn loss() -> Closures {
    let off = |batch: usize| if batch == 0 { 0.5 } else { -0.5 };
    Closures::new(
        1,
        2,
        move |batch, w, g| g[0] = (w[0] - off(batch)).tanh(),
        move |batch, w, v, image| image[0] = v[0] / (w[0] - off(batch)).cosh().powi(2),
    )
    .with_value(move |batch, w| (w[0] - off(batch)).cosh().ln())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // w ← w − ε g, on whatever minibatch comes.
    let descent = AnyOptimizer::closure(|a, eps, batch, s| {
        let g = a.gradient(batch, &s.w);
        s.w[0] -= eps * g[0];
    });
    // w′ = −∇(C + (ε/4m) Σ‖∇Ĉ_k‖²).
    let flow = AnyFlow::closure(vec![Term::new("batch penalty", 1, 4, 1)], |a, c, _, w| {
        let mut field = a.gradient(Batch::Full, w);
        for k in 0..a.batches() {
            let g = a.gradient(Batch::One(k), w);
            let bend = a.hessian_vector(Batch::One(k), w, &g);
            field[0] += 2.0 * c[0] * bend[0] / a.batches() as f64;
        }
        vec![-field[0]]
    });
    // Each minibatch once an epoch, in any order.
    let shuffled = |path: &[Draw], m: usize| -> Vec<Draw> {
        (0..m).map(Draw::One).filter(|draw| !path.contains(draw)).collect()
    };
    let theorem = Theorem::new("shuffled descent")
        .stating(Tracking::measured(descent, flow).local(3).global(2).sampled(move |_| shuffled));

    let start = DVector::from_vec(vec![1.25]);
    let problem = Problem::from_closures("log cosh", loss(), start);
    let outcome = check(&theorem, &problem, &Settings::default())?;
    for c in &outcome.coefficients {
        if let Some(e) = c.estimate {
            println!("{}: {:.6} ± {:.0e}, claimed {}", c.term, e.value, e.half_width, c.claimed);
        }
    }
    println!("{} on {}: {:?}", outcome.theorem, outcome.loss, outcome.verdict);
    println!("{}", outcome.reason.unwrap_or_default());
    Ok(())
}
