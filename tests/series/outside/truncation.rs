//! Terms in trees beyond those compared, and powers of ε beside those of their trees.

use shadowflow::flow::{GradientFlow, GradientPenalty};
use shadowflow::optimizer::GradientDescent;
use shadowflow::prelude::*;
use shadowflow::series::{Proof, SeriesFault};

use super::{Faster, PROVED, Powers, assert_refuted_at, checked, claimed};

/// w ← w − ε g(w + ρ g), with ρ not in units of ε.
struct Ahead {
    rho: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Ahead {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let mut ahead = s.w.clone();
        a.axpy(&a.ratio(self.rho), &g, &mut ahead);
        let g = a.gradient(batch, &ahead);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

/// w′ = −g(w + ρ g).
struct AheadFlow {
    rho: Ratio,
}

impl<A: Arithmetic> Flow<A> for AheadFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term { name: "climb".into(), coefficient: self.rho, power: 0 }]
    }
    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let mut ahead = w.clone();
        a.axpy(&c[0], &g, &mut ahead);
        let mut field = a.gradient(Batch::Full, &ahead);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

#[test]
fn a_method_not_in_units_of_the_step_size_is_proved_where_it_is_right_and_not_refuted_in_trees() {
    let mixed = |proof: Result<Proof, SeriesFault>| {
        let fault = proof.unwrap_err();
        assert!(matches!(fault, SeriesFault::Mixed { .. }), "{fault}");
        assert!(fault.to_string().ends_with("give hyperparameters in units of ε"), "{fault}");
    };
    let fifth = Ratio::new(1, 5);
    let right = claimed(Ahead { rho: fifth }, AheadFlow { rho: fifth }, 2).proof(None).unwrap();
    assert_eq!((right.status, right.with_maps), (PROVED, true));
    for local in 2..5 {
        // Beyond ε⁰ the method has terms that this field has not.
        if local > 2 {
            mixed(claimed(Ahead { rho: fifth }, AheadFlow { rho: fifth }, local).proof(None));
        }
        mixed(claimed(Ahead { rho: fifth }, GradientFlow, local).proof(None));
        mixed(claimed(Regularised { mu: fifth }, GradientPenalty::default(), local).proof(None));
    }
    let theorem = claimed(Ahead { rho: fifth }, AheadFlow { rho: fifth }, 2);
    let outcome = checked(&theorem, "logistic", None);
    outcome.assert_confirmed();
    assert_eq!(outcome.proof.status, PROVED);
    let wrong = claimed(Ahead { rho: fifth }, AheadFlow { rho: (1, 4).into() }, 2);
    assert_eq!(checked(&wrong, "logistic", None).verdict, Verdict::Refuted);
    // Without a climb it is gradient descent, and a field with one is refuted by its first tree.
    let still = Ahead { rho: (0, 1).into() };
    assert_refuted_at(&claimed(still, AheadFlow { rho: fifth }, 2).proof(None).unwrap(), "a[a]", 1);
}

/// Descent on C + μ‖g‖² with μ not in units of ε: finitely many trees, whose logarithm has all.
struct Regularised {
    mu: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Regularised {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut g = a.gradient(batch, &s.w);
        let bend = a.hessian_vector(batch, &s.w, &g);
        a.axpy(&a.ratio(self.mu), &bend, &mut g);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

/// w ← w − ε g + c ε² (−H)^k g.
struct Deep {
    derivatives: usize,
    c: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Deep {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut g = a.gradient(batch, &s.w);
        let w = s.w.clone();
        a.axpy(&-eps.clone(), &g, &mut s.w);
        for _ in 0..self.derivatives {
            g = a.hessian_vector(batch, &w, &g);
        }
        a.axpy(&(a.ratio(self.c) * eps.clone() * eps.clone()), &g, &mut s.w);
    }
}

#[test]
fn a_term_of_a_field_in_a_large_tree_is_found_however_large() {
    for derivatives in 2..8 {
        let flow = Powers::of(&[(1, (-1, 2), 1), (derivatives, (1, 9), 1)]);
        let proof = claimed(GradientDescent, flow, 3).proof(None).unwrap();
        let tall = (0..derivatives).fold("a".to_owned(), |tree, _| format!("a[{tree}]"));
        assert_refuted_at(&proof, &tall, 1);
        let sign = if derivatives.is_multiple_of(2) { "-" } else { "" };
        assert_eq!(proof.first_failure.unwrap().claimed.to_string(), format!("{sign}1/9"));
        // The same at a power of ε that is part of the error claimed.
        let flow = Powers::of(&[(1, (-1, 2), 1), (derivatives, (1, 9), 2)]);
        assert_eq!(claimed(GradientDescent, flow, 3).proof(None).unwrap().status, PROVED);
    }
    let measured = claimed(GradientDescent, Powers::of(&[(1, (-1, 2), 1), (6, (1, 9), 1)]), 3);
    assert_eq!(checked(&measured, "logistic", None).verdict, Verdict::Refuted);
}

#[test]
fn a_term_of_a_method_in_a_large_tree_is_never_taken_for_absent() {
    for derivatives in 2..8 {
        let deep = || Deep { derivatives, c: (1, 9).into() };
        // Without its term the claim is false, which trees do not decide; with it, true, which they need not.
        let without = claimed(deep(), GradientPenalty::default(), 3).proof(None);
        let with = Powers::of(&[(1, (-1, 2), 1), (derivatives, (1, 9), 1)]);
        let with = claimed(deep(), with, 3).proof(None);
        assert!(matches!(without, Err(SeriesFault::Mixed { .. })), "{derivatives}: {without:?}");
        assert_eq!(with.unwrap().status, PROVED, "{derivatives}");
        // At local order 2 the term belongs to the error.
        assert_eq!(claimed(deep(), GradientFlow, 2).proof(None).unwrap().status, PROVED);
        let fault = derive(&deep(), &FullBatch, 2, 1).unwrap_err();
        assert!(matches!(fault, SeriesFault::Mixed { .. }), "{fault}");
    }
    let measured =
        claimed(Deep { derivatives: 3, c: (1, 2).into() }, GradientPenalty::default(), 3);
    assert_eq!(checked(&measured, "logistic", None).verdict, Verdict::Refuted);
}

#[test]
fn small_trees_are_compared_at_every_power_of_the_step_size() {
    let faster = |power| Faster { c: (1, 2).into(), power };
    let claim = |c: (i64, i64)| Powers::of(&[(0, (-c.0, c.1), 1), (1, (-1, 2), 1)]);
    let right = claimed(faster(1), claim((1, 2)), 3);
    assert_eq!(right.proof(None).unwrap().status, PROVED);
    checked(&right, "logistic", None).assert_confirmed();
    for wrong in [(0, 1), (-1, 2), (51, 100)] {
        let proof = claimed(faster(1), claim(wrong), 3).proof(None).unwrap();
        assert_refuted_at(&proof, "a", 1);
        let failure = proof.first_failure.unwrap();
        assert_eq!((failure.power, failure.actual.to_string().as_str()), (1, "1/2"), "{failure}");
        assert!(failure.to_string().contains("at ε^1"), "{failure}");
    }
    // One power higher it is the error of local order 3, and the business of local order 4.
    assert_eq!(claimed(faster(2), claim((0, 1)), 3).proof(None).unwrap().status, PROVED);
    let next = |c: (i64, i64)| {
        // On the way of descent's next terms, −(1/3) H²g − (1/12) T[g, g], quadratics have the first only.
        Powers::of(&[(0, (-c.0, c.1), 2), (1, (-1, 2), 1), (2, (-1, 3), 2)])
    };
    let proof = claimed(faster(2), next((1, 2)), 4).proof(None).unwrap();
    assert_refuted_at(&proof, "a[a,a]", 1);
    let proof = claimed(faster(2), next((1, 3)), 4).proof(None).unwrap();
    assert_refuted_at(&proof, "a", 1);
}

/// A mean of gradients that steps are taken along, m ← m/2 + g/2, w ← w − ε m: memory one power of ε ahead
/// of its trees.
struct Averaged;

impl<A: Arithmetic> Optimizer<A> for Averaged {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let [mean] = s.memory.as_mut_slice() else { return };
        a.scale(&a.fraction(1, 2), mean);
        a.axpy(&a.fraction(1, 2), &g, mean);
        a.axpy(&-eps.clone(), mean, &mut s.w);
    }
    fn memory(&self) -> usize {
        1
    }
    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        // The gradient k steps earlier was g + k ε H g; the mean weighs it by 2^−k, and Σ k 2^−k = 2.
        let mut mean = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &mean);
        a.axpy(&(a.fraction(2, 1) * eps.clone()), &bend, &mut mean);
        vec![mean]
    }
}

#[test]
fn truncation_of_memory_loses_no_true_claim() {
    // ½ (1 + β)/(1 − β) with β = ½: the lag of the mean and half a step.
    let flow = |c: (i64, i64)| Powers::of(&[(1, (-c.0, c.1), 1)]);
    let right = claimed(Averaged, flow((3, 2)), 3);
    assert_eq!(right.proof(None).unwrap().status, PROVED);
    checked(&right, "logistic", None).assert_confirmed();
    assert_refuted_at(&claimed(Averaged, flow((1, 2)), 3).proof(None).unwrap(), "a[a]", 1);
    let (forest, rows) = derive(&Averaged, &FullBatch, 4, 1).unwrap();
    assert_eq!(forest.show(rows[1].tree), "a[a]");
    assert_eq!(rows[1].coefficient.to_string(), "-3/2");
}

/// w′ = −g + c ε ((−H)^k g(w) − (−H)^k g_0): it cancels where there is one minibatch only.
struct Uneven {
    derivatives: usize,
    power: u32,
}

impl<A: Arithmetic> Flow<A> for Uneven {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("unevenness", 1, 9, self.power)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        a.scale(&a.fraction(-1, 1), &mut field);
        for (batch, sign) in [(Batch::Full, 1), (Batch::One(0), -1)] {
            let mut v = a.gradient(batch, w);
            for _ in 0..self.derivatives {
                v = a.hessian_vector(Batch::Full, w, &v);
            }
            a.axpy(&(a.fraction(sign, 1) * c[0].clone()), &v, &mut field);
        }
        field
    }
}

#[test]
fn a_term_in_a_large_tree_is_found_where_only_several_minibatches_show_it() {
    for derivatives in 2..6 {
        let stray = Uneven { derivatives, power: 0 };
        let proof = claimed(GradientDescent, stray, 2).proof(None).unwrap();
        assert_eq!(proof.first_failure.unwrap().batches, 2, "{derivatives}");
        let part_of_the_error = Uneven { derivatives, power: 1 };
        let proof = claimed(GradientDescent, part_of_the_error, 2).proof(None).unwrap();
        assert_eq!(proof.status, PROVED, "{derivatives}");
    }
}

/// w′ = −g + g(w + ρg) − g(w + ρg): trees of every size, of which nothing is left.
struct Vanishing;

impl<A: Arithmetic> Flow<A> for Vanishing {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("climb", 1, 5, 0)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = GradientFlow.field(a, &[a.fraction(1, 1)], t, w);
        let mut ahead = w.clone();
        let g = a.gradient(Batch::Full, w);
        a.axpy(&c[0], &g, &mut ahead);
        let climbed = a.gradient(Batch::Full, &ahead);
        a.axpy(&a.fraction(1, 1), &climbed, &mut field);
        a.axpy(&a.fraction(-1, 1), &climbed, &mut field);
        field
    }
}

#[test]
fn a_field_whose_trees_have_no_end_is_not_proved() {
    let fault = claimed(GradientDescent, Vanishing, 2).proof(None).unwrap_err();
    assert!(matches!(fault, SeriesFault::TooDeep { .. }), "{fault}");
    assert!(fault.reason().starts_with("not proved: the claimed field may have terms"), "{fault}");
}

/// Heun's method, its slopes scaled where they stand.
struct Scaling;

impl<A: Arithmetic> Optimizer<A> for Scaling {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let one = a.fraction(1, 1);
        let mut first = a.gradient(batch, &s.w);
        a.scale(&-eps.clone(), &mut first);
        let mut ahead = s.w.clone();
        a.axpy(&one, &first, &mut ahead);
        let mut second = a.gradient(batch, &ahead);
        a.scale(&-eps.clone(), &mut second);
        for slope in [&mut first, &mut second] {
            a.scale(&a.fraction(1, 2), slope);
            a.axpy(&one, slope, &mut s.w);
        }
    }
}

#[test]
fn a_method_that_scales_its_slopes_is_proved_like_one_that_adds_them_scaled() {
    assert_eq!(claimed(Scaling, GradientFlow, 3).proof(None).unwrap().status, PROVED);
    let wrong = claimed(Scaling, GradientPenalty::default(), 3).proof(None).unwrap();
    assert_refuted_at(&wrong, "a[a]", 1);
}

/// w′ = −g − (ε/2) H g + c (H⁴g − H⁴g) + ε² H³g/3: what cancels has to be looked at, and what stands beside
/// it is part of the error claimed.
struct Distracting;

impl<A: Arithmetic> Flow<A> for Distracting {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1), Term::new("beyond", 1, 3, 2)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = GradientPenalty::default().field(a, &c[..1], t, w);
        let mut v = a.gradient(Batch::Full, w);
        for _ in 0..3 {
            v = a.hessian_vector(Batch::Full, w, &v);
        }
        a.axpy(&c[1], &v, &mut field);
        let fourth = a.hessian_vector(Batch::Full, w, &v);
        a.axpy(&c[0], &fourth, &mut field);
        a.axpy(&-c[0].clone(), &fourth, &mut field);
        field
    }
}

#[test]
fn a_large_tree_that_is_part_of_the_error_refutes_nothing() {
    assert_eq!(claimed(GradientDescent, Distracting, 3).proof(None).unwrap().status, PROVED);
    let next = claimed(GradientDescent, Distracting, 4).proof(None).unwrap();
    assert_refuted_at(&next, "a[a[a[a]]]", 1);
}
