//! A loss that this crate does not know, against a theorem from its catalogue.
//!
//! Only the value is written; the gradient comes from a tape, everything else from the gradient.

use shadowflow::prelude::*;

/// Ĉ_k(w) = √(1 + r²) − 1 with r = w₀ + w₁ x_k − y_k: a line fitted robustly, one point a minibatch.
struct RobustLine {
    points: Vec<(f64, f64)>,
}

impl Loss for RobustLine {
    fn dim(&self) -> usize {
        2
    }

    fn batches(&self) -> usize {
        self.points.len()
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let (x, y) = self.points[batch];
        let residual = w[0] + w[1].scale(x) - S::from_f64(y);
        (S::one() + residual.square()).sqrt() - S::one()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let points = vec![(-1.0, 0.5), (-0.25, -0.75), (0.5, 1.5), (1.25, 0.25)];
    let start = DVector::from_vec(vec![1.0, -0.75]);
    let problem = Problem::new("robust line", RobustLine { points }, start);

    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("random-reshuffling").ok_or("the catalogue has it")?;
    let outcome = check(theorem, &problem, &Settings::default())?;
    for leg in &outcome.legs {
        if let Some(fit) = &leg.fit {
            println!("{}: order {:.3} ± {:.3}", leg.kind.name(), fit.order, fit.half_width);
        }
    }
    for c in &outcome.coefficients {
        if let Some(e) = c.estimate {
            println!("{}: {:.6} ± {:.0e}, claimed {}", c.term, e.value, e.half_width, c.claimed);
        }
    }
    println!("{} on {}: {:?}", outcome.theorem, outcome.loss, outcome.verdict);
    Ok(())
}
