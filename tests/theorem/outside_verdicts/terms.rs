//! Terms that cannot be told apart, bear one name, or have no coefficient.

use super::*;

/// −g − ε H g/2 written with terms of the given kinds: their coefficients add up to the right field.
#[derive(Clone, Copy)]
enum Listing {
    /// ε H g, ε T[g, g] and ε H² g, the last two with the coefficient 0.
    ThreeEffects,
    /// The penalty, and a term that the field does not use.
    Unused,
    /// The penalty as two equal halves, and a rotated direction.
    Halves,
}

impl<A: Arithmetic> Flow<A> for Listing {
    fn terms(&self) -> Vec<Term> {
        let penalty = Term::new("penalty", 1, 2, 1);
        match self {
            Listing::ThreeEffects => {
                vec![penalty, Term::new("curl", 0, 1, 1), Term::new("turn", 0, 1, 1)]
            }
            Listing::Unused => vec![penalty, Term::new("nothing", 1, 1, 1)],
            Listing::Halves => vec![
                Term::new("first half", 1, 4, 1),
                Term::new("second half", 1, 4, 1),
                Term::new("other", 0, 1, 1),
            ],
        }
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &g);
        let twice = a.hessian_vector(Batch::Full, w, &bend);
        let curl = a.third_derivative(Batch::Full, w, &g, &g);
        let mut field = g;
        a.axpy(&c[0], &bend, &mut field);
        match self {
            Listing::ThreeEffects => {
                a.axpy(&c[1], &twice, &mut field);
                a.axpy(&c[2], &curl, &mut field);
            }
            Listing::Unused => {}
            Listing::Halves => {
                a.axpy(&c[1], &bend, &mut field);
                a.axpy(&c[2], &twice, &mut field);
            }
        }
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

#[test]
fn effects_that_cannot_be_told_apart_are_named_and_the_others_kept() {
    let claim = |listing| Theorem::tracks("listed", GradientDescent, listing, 3, 2);
    let hidden = |outcome: &Outcome, term: &str| {
        let found = outcome.coefficients.iter().find(|c| c.term == term).unwrap();
        found.hidden.clone().unwrap_or_default()
    };
    let value = |outcome: &Outcome, term: &str| {
        let found = outcome.coefficients.iter().find(|c| c.term == term).unwrap();
        found.estimate.map_or(f64::NAN, |e| e.value)
    };
    let three = on(&claim(Listing::ThreeEffects), "factorisation");
    assert_eq!(three.verdict, Verdict::Inconclusive);
    assert!(reason(&three).contains("three effects cannot be told apart in two parameters"));
    assert!(reason(&three).contains("curl") && reason(&three).contains("turn"));
    // In more parameters they can.
    on(&claim(Listing::ThreeEffects), "tiny-net").assert_confirmed();

    let unused = on(&claim(Listing::Unused), "tiny-net");
    assert_eq!(unused.verdict, Verdict::Inconclusive);
    assert!(hidden(&unused, "nothing").contains("no effect"), "{}", reason(&unused));
    assert!((value(&unused, "penalty") - 0.5).abs() < 1e-6);

    let halves = on(&claim(Listing::Halves), "tiny-net");
    assert_eq!(halves.verdict, Verdict::Inconclusive);
    assert!(hidden(&halves, "first half").contains("the same effect as the second half"));
    assert!(value(&halves, "other").abs() < 1e-5, "{}", value(&halves, "other"));
}

/// Two terms of one name: what would be said of one would be said of both.
struct Namesakes;

impl<A: Arithmetic> Flow<A> for Namesakes {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("penalty", 1, 4, 1), Term::new("penalty", 0, 1, 1)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        GradientPenalty::default().field(a, c, t, w)
    }
}

#[test]
fn terms_of_one_name_are_refused() {
    let outcome = on(&Theorem::tracks("twice", GradientDescent, Namesakes, 3, 2), "tiny-net");
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(reason(&outcome).contains("called 'penalty'"), "{}", reason(&outcome));
}

#[test]
fn hyperparameters_of_many_digits_are_exact_or_refused() {
    let claim = |beta: Ratio| {
        let flow = MomentumPenalty { beta, ahead: false, from_rest: false };
        Theorem::tracks("ball", Momentum::heavy_ball(beta).unwrap().settled(), flow, 3, 2)
    };
    for beta in [Ratio::new(70_710_678, 100_000_000), Ratio::new(1_234_567, 9_999_991)] {
        let outcome = on(&claim(beta), "factorisation");
        outcome.assert_confirmed();
    }
    // (1 − β)² has 38 digits: times 1.01 it leaves 128 bits, and that control is not tried.
    let fine = Ratio::new(7_071_067_811_865_475_244, 9_223_372_036_854_775_807);
    let outcome = on(&claim(fine), "factorisation");
    outcome.assert_confirmed();
    assert!(outcome.left_out.iter().any(|out| out.name == "gradient penalty ×1.01"));
    // With 31 digits in β the claim itself cannot be written, and is refused instead of being wrong.
    let finer = Ratio::wide(7_071_067_811_865_475_244_008_443_621_049, 10_i128.pow(31) + 3);
    let outcome = on(&claim(finer), "factorisation");
    assert_eq!(outcome.verdict, Verdict::Inconclusive, "{}", reason(&outcome));
    assert!(reason(&outcome).contains("undefined"), "{}", reason(&outcome));
}

/// 1/(1 − β) at β = 1 is no coefficient, and no panic.
struct Undamped;

impl<A: Arithmetic> Flow<A> for Undamped {
    fn terms(&self) -> Vec<Term> {
        let rest = Ratio::new(1, 1) - Ratio::new(1, 1);
        vec![Term { name: "speed".into(), coefficient: rest.recip(), power: 0 }]
    }
    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        a.scale(&-c[0].clone(), &mut field);
        field
    }
}

#[test]
fn a_division_by_zero_in_a_claim_is_named() {
    let outcome =
        on(&Theorem::tracks("undamped", GradientDescent, Undamped, 2, 1), "factorisation");
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(reason(&outcome).contains("speed is undefined"), "{}", reason(&outcome));
}
