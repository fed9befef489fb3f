//! Terms that are not declared: refuted where the printed limit says so, at every power below the order.

use super::*;

/// −g − (ε/2) H g − c k ε^power J v: what descent follows, and a term that is not declared, turned out of
/// the direction of the declared one (J a quarter turn, v = H g, or g without the declared term).
#[derive(Clone, Copy)]
struct Planted {
    k: f64,
    power: i32,
    declared: bool,
}

impl<S: Scalar> Flow<Numeric<S>> for Planted {
    fn terms(&self) -> Vec<Term> {
        // The step size reaches the field through the coefficients only.
        if self.declared { vec![Term::new("gradient penalty", 1, 4, 1)] } else { Vec::new() }
    }

    fn field(&self, a: &mut Numeric<S>, c: &[S], _t: &S, w: &Vec<S>) -> Vec<S> {
        let mut field = a.gradient(Batch::Full, w);
        let turned =
            |v: &[S]| -> Vec<S> { v.chunks(2).flat_map(|pair| [-pair[1], pair[0]]).collect() };
        if self.declared {
            let bend = a.hessian_vector(Batch::Full, w, &field);
            let eps = c[0].scale(4.0);
            a.axpy(&eps.scale(0.5), &bend, &mut field);
            let weight = (0..self.power).fold(S::from_f64(self.k), |x, _| x * eps);
            a.axpy(&weight, &turned(&bend), &mut field);
        } else {
            let plain = field.clone();
            a.axpy(&S::from_f64(self.k), &plain, &mut field);
        }
        a.scale(&S::from_f64(-1.0), &mut field);
        field
    }
}

fn planted(k: f64) -> Theorem {
    let flow = Planted { k, power: 1, declared: true };
    Theorem::new("planted").stating(Tracking::measured(GradientDescent, flow).local(3).global(2))
}

/// Heun's method against −(1 + k) g, which names no coefficient at all.
fn bare(k: f64) -> Theorem {
    let flow = Planted { k, power: 0, declared: false };
    let tracking = Tracking::measured(RungeKutta::heun(), flow).local(3).global(2);
    Theorem::new("bare").stating(tracking)
}

#[test]
fn a_term_that_is_not_declared_is_refuted_where_the_printed_limit_says_so() {
    for (claim, name) in [(planted as fn(f64) -> Theorem, "planted"), (bare, "bare")] {
        for loss in ["factorisation", "quadratic"] {
            // What measurements see; an expansion sees more.
            let on = |theorem: &Theorem, loss: &str| {
                let settings = Settings { prove: false, ..Settings::default() };
                check(theorem, &preset(loss, None, None, 1).unwrap(), &settings).unwrap()
            };
            let clean = on(&claim(0.0), loss);
            clean.assert_confirmed();
            let limit = clean.detection_limit;
            assert!(limit > 0.0 && limit < 1e-6, "{name} on {loss}: {limit:e}");
            // The declared effect is ½ H g, the turned one k H g; the bare one k g beside g.
            let unit = if name == "planted" { 0.5 } else { 1.0 };
            on(&claim(0.5 * unit * limit), loss).assert_confirmed();
            let found = on(&claim(2.0 * unit * limit), loss);
            assert_ne!(found.verdict, Verdict::Confirmed, "{name} on {loss}: {limit:e}");
            for k in [1e-6, 1e-5, 1e-3] {
                let found = on(&claim(k), loss);
                assert_eq!(found.verdict, Verdict::Refuted, "{name} {k:e}: {}", reason(&found));
            }
        }
    }
}

#[test]
fn a_term_that_is_not_declared_is_refuted_at_every_power_below_the_order() {
    // At ε⁰ beside declared terms, and at a power above the claimed order, where it is no matter.
    let at = |power, k| {
        let flow = Planted { k, power, declared: true };
        let tracking = Tracking::measured(GradientDescent, flow).local(3).global(2);
        on(&Theorem::new("planted").stating(tracking), "factorisation")
    };
    assert_eq!(at(0, 1e-7).verdict, Verdict::Refuted);
    assert_eq!(at(1, 1e-6).verdict, Verdict::Refuted);
    at(2, 1.0).assert_confirmed();
}

#[test]
fn a_foreign_term_is_a_control_of_every_tracked_flow() {
    for id in ["gradient-flow", "random-reshuffling", "heavy-ball", "rk4", "adam"] {
        let catalogue = Catalogue::standard();
        let outcome = on(catalogue.theorem(id).unwrap(), "factorisation");
        let foreign = outcome.controls.iter().find(|c| c.name == "foreign term of 1 %").unwrap();
        assert_eq!(foreign.verdict, Verdict::Refuted, "{id}");
        let problem = preset("factorisation", None, None, 1).unwrap();
        let sabotage = Some(Sabotage::Foreign(Ratio::new(1, 1000)));
        let settings = Settings { sabotage, ..Settings::default() };
        let found = check(catalogue.theorem(id).unwrap(), &problem, &settings).unwrap();
        assert_eq!(found.verdict, Verdict::Refuted, "{id}: {}", reason(&found));
    }
}
