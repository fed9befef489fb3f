//! An optimizer that this crate does not know, measured, proved and derived by its one `step`.
//! Two more methods, `terms` and `field`, claim a flow for it.

use shadowflow::prelude::*;

/// w ← w − ε g(w + (ε/2) g(w)): sharpness-aware descent, climbing half a step first.
struct SharpnessAware;

impl<A: Arithmetic> Optimizer<A> for SharpnessAware {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut ahead = s.w.clone();
        let uphill = a.gradient(batch, &s.w);
        a.axpy(&(eps.clone() * a.fraction(1, 2)), &uphill, &mut ahead);
        let g = a.gradient(batch, &ahead);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

/// w′ = −∇(C + (ε/2)‖g‖²) = −g − ε H g: a quarter is descent's own, a quarter the climb's.
struct DoublePenalty;

impl<A: Arithmetic> Flow<A> for DoublePenalty {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 2, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.axpy(&(a.fraction(2, 1) * c[0].clone()), &bend, &mut field);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let theorem = Theorem::tracks("sharpness-aware", SharpnessAware, DoublePenalty, 3, 2);
    let problem = preset("factorisation", None, None, 1)?;
    let outcome = check(&theorem, &problem, &Settings::default())?;
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

    let proof = theorem.proof(None)?;
    println!("{:?} on {} trees, local order {}", proof.status, proof.trees, proof.order);
    let (forest, rows) = derive(&SharpnessAware, &FullBatch, 4, 1)?;
    for row in &rows {
        println!("{:<10} {}", forest.show(row.tree), row.coefficient);
    }
    Ok(())
}
