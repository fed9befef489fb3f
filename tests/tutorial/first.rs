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

fn main() -> Result<std::process::ExitCode, NameTaken> {
    let ahead = Setting::ratio("ahead", (1, 4), Range::within(0, 1));
    let glance =
        Method::new("glance", [ahead], |values| Ok(Glance { ahead: values.ratio("ahead") }));
    let mut methods = Methods::standard();
    methods.push(glance)?;
    Ok(shadowflow::cli::run(Catalogue::standard(), methods))
}
