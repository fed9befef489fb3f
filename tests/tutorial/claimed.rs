use shadowflow::prelude::*;

/// w ← w − ε [(1 − a) g(w) + a g(w − ε g(w))]: a share a of the gradient is taken one step ahead.
struct Glance {
    ahead: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Glance {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let here = a.gradient(batch, &s.w);
        let mut next = s.w.clone();
        a.axpy(&-eps.clone(), &here, &mut next);
        let there = a.gradient(batch, &next);
        let ahead = eps.clone() * a.ratio(self.ahead);
        a.axpy(&(ahead.clone() - eps.clone()), &here, &mut s.w);
        a.axpy(&-ahead, &there, &mut s.w);
    }
}

use shadowflow::flow::GradientPenalty;

/// C + ε (¼ − a/2) ‖∇C‖²: what a glance of the share a is claimed to descend.
fn milder(ahead: Ratio) -> GradientPenalty {
    GradientPenalty { coefficient: Ratio::new(1, 4) - ahead / Ratio::new(2, 1) }
}

fn main() -> Result<std::process::ExitCode, NameTaken> {
    let ahead = Setting::ratio("ahead", (1, 4), Range::within(0, 1));
    let glance =
        Method::new("glance", [ahead], |values| Ok(Glance { ahead: values.ratio("ahead") }))
            .claiming(Some(3), 2, |values, _| milder(values.ratio("ahead")));
    let mut methods = Methods::standard();
    methods.push(glance)?;
    Ok(shadowflow::cli::run(Catalogue::standard(), methods))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER: Glance = Glance { ahead: Ratio::new(1, 4) };

    fn verdict(theorem: &Theorem) -> Verdict {
        let problem = preset("factorisation", None, None, 1).expect("a loss of the crate");
        check(theorem, &problem, &Settings::default()).expect("it can be measured").verdict
    }

    #[test]
    fn it_follows_the_flow_of_its_own_step() {
        assert_eq!(verdict(&Theorem::derived("glance", QUARTER, 2)), Verdict::Confirmed);
    }

    #[test]
    fn it_follows_the_milder_penalty() {
        let theorem = Theorem::tracks("glance", QUARTER, milder(Ratio::new(1, 4)), 3, 2);
        assert_eq!(verdict(&theorem), Verdict::Confirmed);
    }

    #[test]
    fn it_does_not_follow_that_of_gradient_descent() {
        let theorem = Theorem::tracks("glance", QUARTER, GradientPenalty::default(), 3, 2);
        assert_eq!(verdict(&theorem), Verdict::Refuted);
    }
}
