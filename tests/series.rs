//! Exact series: counts, coefficients that books print, and the same identities in floating point.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

use std::sync::Arc;

use num_traits::{One, Zero};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use shadowflow::arithmetic::Arithmetic;
use shadowflow::flow::{BatchPenalty, Flow, GradientPenalty, Ordered, ThreeTerms};
use shadowflow::optimizer::{
    ExplicitRegularization, GradientDescent, Implicit, Momentum, Optimizer, RungeKutta,
    SharpnessAware, Substeps,
};
use shadowflow::sampling::{
    FixedOrder, FlipFlop, FullBatch, IndependentDraws, RandomReshuffling, Sampling,
};
use shadowflow::scalar::Ratio;
use shadowflow::series::{
    Claim, Composer, Forest, ProofStatus, Rational, Row, Series, SeriesFault, count_trees, derive,
    flow_of, modified_loss, prove,
};
use shadowflow::theorem::{Catalogue, Sabotage};

fn rational(n: i64, d: i64) -> Rational {
    Rational::new(n.into(), d.into())
}

fn derived(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    order: usize,
    batches: usize,
) -> (Arc<Forest>, Vec<Row>) {
    derive(optimizer, sampling, order, batches).unwrap()
}

/// The coefficient of a tree by its name, 0 if it has no row.
fn coefficient((forest, rows): &(Arc<Forest>, Vec<Row>), tree: &str) -> Rational {
    let found = rows.iter().find(|row| forest.show(row.tree) == tree);
    found.map_or_else(Rational::zero, |row| row.coefficient.clone())
}

/// The numbers of rooted trees with 1 to 10 nodes: sequence A000081 of the OEIS.
#[test]
fn there_are_as_many_trees_as_in_the_books() {
    let known = [1, 1, 2, 4, 9, 20, 48, 115, 286, 719];
    assert_eq!(count_trees(10, 1), known);
    for (order, colours) in [(7, 1), (4, 2), (4, 4), (3, 6)] {
        let forest = Forest::new(order, colours).unwrap();
        for (n, count) in count_trees(order, colours).iter().enumerate() {
            assert_eq!(forest.of_order(n + 1).count() as u128, *count);
        }
    }
}

/// Σ over trees with n nodes of n!/(σ γ) is the number (n − 1)! of increasing labellings.
#[test]
fn symmetries_and_densities_count_labellings() {
    let forest = Forest::new(8, 1).unwrap();
    let mut factorial = Rational::one();
    for n in 1..=8 {
        let n_factorial = factorial.clone() * rational(n as i64, 1);
        let sum: Rational = (forest.of_order(n))
            .map(|id| {
                let tree = forest.tree(id);
                n_factorial.clone() / rational((tree.symmetry * tree.density) as i64, 1)
            })
            .sum();
        assert_eq!(sum, factorial, "{n} nodes");
        factorial = n_factorial;
    }
}

/// Bushy trees carry Bernoulli numbers B_k/k!, tall ones (−1)ⁿ⁻¹/n (Hairer, Lubich & Wanner IX.9).
#[test]
fn gradient_descent_has_the_modified_equation_of_the_explicit_euler_method() {
    let gd = derived(&GradientDescent, &FullBatch, 7, 1);
    let bushy = [("a[a]", -1, 2), ("a[a,a]", 1, 12), ("a[a,a,a]", 0, 1), ("a[a,a,a,a]", -1, 720)];
    for (tree, n, d) in bushy {
        assert_eq!(coefficient(&gd, tree), rational(n, d), "{tree}");
    }
    assert_eq!(coefficient(&gd, "a[a,a,a,a,a,a]"), rational(1, 30240));
    let mut tall = "a".to_owned();
    for n in 1..=7 {
        let sign = if n % 2 == 0 { -1 } else { 1 };
        assert_eq!(coefficient(&gd, &tall), rational(sign, n), "{tall}");
        tall = format!("a[{tall}]");
    }
    // Order 4 is sparse, order 5 has all nine trees.
    assert_eq!(gd.1.iter().filter(|row| row.order == 4).count(), 3);
    assert_eq!(gd.1.iter().filter(|row| row.order == 5).count(), 9);
}

#[test]
fn methods_have_the_orders_and_terms_they_are_known_for() {
    let first_error = |optimizer: &dyn Optimizer<Series>| {
        let field = derived(optimizer, &FullBatch, 5, 1);
        field.1.iter().find(|row| row.order > 1).map(|row| row.order)
    };
    assert_eq!(first_error(&GradientDescent), Some(2));
    assert_eq!(first_error(&RungeKutta::heun()), Some(3));
    assert_eq!(first_error(&RungeKutta::explicit_midpoint()), Some(3));
    assert_eq!(first_error(&RungeKutta::rk4()), Some(5));
    let midpoint = derived(&Implicit::midpoint(), &FullBatch, 3, 1);
    assert_eq!(coefficient(&midpoint, "a[a]"), Rational::zero());
    assert_eq!(coefficient(&midpoint, "a[a[a]]"), rational(1, 12));
    assert_eq!(coefficient(&midpoint, "a[a,a]"), rational(-1, 24));
    // The implicit Euler method is the explicit one with ε → −ε.
    let (explicit, implicit) = (
        derived(&GradientDescent, &FullBatch, 6, 1),
        derived(&Implicit::euler(), &FullBatch, 6, 1),
    );
    for row in &explicit.1 {
        let sign = if row.order % 2 == 0 { -1 } else { 1 };
        let tree = explicit.0.show(row.tree);
        assert_eq!(coefficient(&implicit, &tree), &row.coefficient * rational(sign, 1), "{tree}");
    }
    let cancelled = ExplicitRegularization { mu: Ratio::new(-1, 4) };
    assert_eq!(coefficient(&derived(&cancelled, &FullBatch, 2, 1), "a[a]"), Rational::zero());
    let sam = SharpnessAware { rho: Ratio::new(1, 3) };
    assert_eq!(coefficient(&derived(&sam, &FullBatch, 2, 1), "a[a]"), rational(-5, 6));
}

#[test]
fn momentum_has_the_slow_flow_of_the_papers() {
    for (n, d) in [(1, 2), (9, 10), (-1, 3), (0, 1), (2, 1)] {
        let beta = rational(n, d);
        let one = Rational::one();
        let a = one.clone() / (one.clone() - &beta);
        let ball = derived(&Momentum::heavy_ball(Ratio::new(n, d)), &FullBatch, 2, 1);
        let ahead = derived(&Momentum::nesterov(Ratio::new(n, d)), &FullBatch, 2, 1);
        // −a∇[C + (ε/4)κ‖g‖²] has −a κ/2 at a[a].
        let expected =
            |kappa: Rational| -(a.clone() * kappa * a.clone() * a.clone()) / rational(2, 1);
        assert_eq!(coefficient(&ball, "a"), a);
        assert_eq!(coefficient(&ball, "a[a]"), expected(one.clone() + &beta));
        let kappa = one.clone() - &beta + rational(2, 1) * &beta * &beta;
        assert_eq!(coefficient(&ahead, "a[a]"), expected(kappa));
    }
    let stuck = derive(&Momentum::heavy_ball(Ratio::new(1, 1)), &FullBatch, 2, 1);
    assert_eq!(stuck.unwrap_err(), SeriesFault::NoSlowManifold);
}

/// Two velocities, u ← αu − εg and v ← βv + u with w ← w + v, and a mean m ← m/2 + w/2 of the iterates
/// that the gradient is taken at, if `lagging`.
struct TwoVelocities {
    alpha: Ratio,
    beta: Ratio,
    lagging: bool,
}

impl<A: Arithmetic> Optimizer<A> for TwoVelocities {
    fn step(
        &self,
        a: &mut A,
        eps: &A::Number,
        batch: shadowflow::arithmetic::Batch,
        s: &mut shadowflow::optimizer::State<A::Vector>,
    ) {
        let (one, half) = (a.fraction(1, 1), a.fraction(1, 2));
        let g = a.gradient(batch, if self.lagging { &s.memory[2] } else { &s.w });
        let mut mean = s.memory[2].clone();
        a.scale(&half, &mut mean);
        a.axpy(&half, &s.w, &mut mean);
        let (mut u, mut v) = (s.memory[0].clone(), s.memory[1].clone());
        a.scale(&a.ratio(self.alpha), &mut u);
        a.axpy(&-eps.clone(), &g, &mut u);
        a.scale(&a.ratio(self.beta), &mut v);
        a.axpy(&one, &u, &mut v);
        a.axpy(&one, &v, &mut s.w);
        s.memory = vec![u, v, mean];
    }

    fn memory(&self) -> usize {
        3
    }
}

#[test]
fn slow_manifolds_are_found_for_several_memory_vectors() {
    let zero = Ratio::new(0, 1);
    let (alpha, beta) = (Ratio::new(1, 3), Ratio::new(1, 2));
    let rows = |alpha, beta, lagging| {
        let field = derived(&TwoVelocities { alpha, beta, lagging }, &FullBatch, 4, 1);
        ["a", "a[a]", "a[a,a]", "a[a[a]]", "a[a[a],a]"].map(|tree| coefficient(&field, tree))
    };
    // One velocity that does not last leaves the heavy ball.
    let ball = derived(&Momentum::heavy_ball(alpha), &FullBatch, 4, 1);
    let heavy = ["a", "a[a]", "a[a,a]", "a[a[a]]", "a[a[a],a]"].map(|t| coefficient(&ball, t));
    assert_eq!(rows(alpha, zero, false), heavy);
    assert_eq!(rows(zero, alpha, false), heavy);
    // On a quadratic slow iterates μⁿ solve (μ − α)(μ − β)(μ − 1) = −rμ² with r = ελ. The powers r and r²
    // give μ = 1 − 3r − (27/2) r² + …, so ln μ = −3r − 18 r² + ….
    let both = rows(alpha, beta, false);
    assert_eq!((both[0].clone(), both[1].clone()), (rational(3, 1), rational(-18, 1)));
    // A gradient at the mean of the iterates sees w + 2εg: −½Hg − 2Hg.
    let lagging = rows(zero, zero, true);
    assert_eq!((lagging[0].clone(), lagging[1].clone()), (rational(1, 1), rational(-5, 2)));
    let stuck = TwoVelocities { alpha, beta: Ratio::new(1, 1), lagging: false };
    let fault = derive(&stuck, &FullBatch, 2, 1).unwrap_err();
    assert_eq!(fault, SeriesFault::NoSlowManifold);
}

fn status(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    flow: &dyn Flow<Series>,
    local_order: usize,
    batches: usize,
) -> ProofStatus {
    let terms = flow.terms();
    let claim = Claim { flow, terms: &terms, clock: Ratio::new(1, 1), local_order };
    prove(optimizer, sampling, &claim, batches).unwrap().status
}

#[test]
fn claims_about_minibatches_hold_exactly_at_their_order_and_not_beyond() {
    use ProofStatus::{Proved, Refuted};
    let sgd = &GradientDescent;
    for m in 1..=4 {
        let more = if m == 1 { Proved } else { Refuted };
        let (shuffled, penalised) = (&RandomReshuffling, &BatchPenalty::default());
        assert_eq!(status(sgd, shuffled, penalised, 3, m), Proved);
        assert_eq!(status(sgd, shuffled, penalised, 4, m), Refuted);
        assert_eq!(status(sgd, shuffled, &GradientPenalty::default(), 3, m), more);
        assert_eq!(status(sgd, &FixedOrder::ascending(m), &Ordered, 3, m), Proved);
        assert_eq!(status(sgd, &FixedOrder::descending(m), &Ordered, 3, m), more);
        assert_eq!(status(sgd, &FlipFlop, penalised, 3, m), Proved);
        let drawn = IndependentDraws { steps: m };
        assert_eq!(status(sgd, &drawn, &GradientPenalty::default(), 3, m), Proved);
        assert_eq!(status(sgd, &drawn, penalised, 3, m), more);
        let halved = Substeps { inner: GradientDescent, count: 2 };
        assert_eq!(status(&halved, shuffled, &BatchPenalty { substeps: 2 }, 3, m), Proved);
        assert_eq!(status(&halved, shuffled, penalised, 3, m), Refuted);
    }
    assert_eq!(status(sgd, &FullBatch, &ThreeTerms, 4, 1), Proved);
    assert_eq!(status(sgd, &FullBatch, &ThreeTerms, 5, 1), Refuted);
}

/// A field with a term that is out of place: ε g or ε H²g beside the right ones.
struct Stray {
    derivatives: usize,
}

impl<A: Arithmetic> Flow<A> for Stray {
    fn terms(&self) -> Vec<shadowflow::flow::Term> {
        vec![
            shadowflow::flow::Term::new("gradient penalty", 1, 4, 1),
            shadowflow::flow::Term::new("stray", 1, 1, 1),
        ]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let full = shadowflow::arithmetic::Batch::Full;
        let mut field = GradientPenalty::default().field(a, &c[..1], t, w);
        let mut stray = a.gradient(full, w);
        for _ in 0..self.derivatives {
            stray = a.hessian_vector(full, w, &stray);
        }
        a.axpy(&c[1], &stray, &mut field);
        field
    }
}

#[test]
fn a_term_with_the_wrong_power_of_the_step_size_is_refuted() {
    for derivatives in [0, 2, 3] {
        let found = status(&GradientDescent, &FullBatch, &Stray { derivatives }, 3, 1);
        assert_eq!(found, ProofStatus::Refuted, "{derivatives} Hessians");
    }
}

/// The lemma behind proofs for every m: a coefficient of the mean map depends only on which nodes share
/// a colour, so adding batches that do not occur in a tree changes nothing.
#[test]
fn a_coefficient_of_the_mean_depends_only_on_which_nodes_share_a_colour() {
    let field = |m: usize| {
        let (forest, rows) = derived(&GradientDescent, &RandomReshuffling, 3, m);
        // Over a whole epoch the clock is m ε: coefficients are those of the sum over batches.
        let scaled = |row: &Row| (forest.show(row.tree), &row.coefficient * rational(m as i64, 1));
        rows.iter().map(scaled).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (three, four) = (field(3), field(4));
    assert!(three.len() > 30);
    for (tree, c) in &three {
        assert_eq!(four.get(tree), Some(c), "{tree}");
    }
    // Renaming colours changes nothing either.
    for (tree, c) in &three {
        let renamed: String = tree
            .chars()
            .map(|x| match x {
                'a' => 'c',
                'c' => 'a',
                other => other,
            })
            .collect();
        let children_sorted = three.contains_key(&renamed);
        if children_sorted {
            assert_eq!(three[&renamed], *c, "{tree} and {renamed}");
        }
    }
}

/// A claim that is the derived field with one coefficient off by a hundredth fails at that very tree.
#[test]
fn a_sabotaged_coefficient_is_refuted_at_its_own_tree() {
    let sixth = Ratio::new(1, 6);
    let cases: [(&dyn Optimizer<Series>, &dyn Sampling, usize, usize); 8] = [
        (&GradientDescent, &FullBatch, 5, 1),
        (&RungeKutta::rk4(), &FullBatch, 5, 1),
        (&Implicit::midpoint(), &FullBatch, 4, 1),
        (&Momentum::nesterov(sixth), &FullBatch, 4, 1),
        (&SharpnessAware { rho: sixth }, &FullBatch, 4, 1),
        (&GradientDescent, &RandomReshuffling, 3, 2),
        (&GradientDescent, &FixedOrder { order: vec![2, 0, 1] }, 2, 3),
        (&GradientDescent, &IndependentDraws { steps: 2 }, 3, 2),
    ];
    for (optimizer, sampling, nodes, batches) in cases {
        let (forest, rows) = derived(optimizer, sampling, nodes, batches);
        let proof = |rows: &[Row]| {
            let flow = flow_of(&forest, rows).unwrap();
            let flow: &dyn Flow<Series> = &flow;
            let terms = flow.terms();
            let (clock, local_order) = (Ratio::new(1, 1), nodes + 1);
            let claim = Claim { flow, terms: &terms, clock, local_order };
            prove(optimizer, sampling, &claim, batches).unwrap()
        };
        assert_eq!(proof(&rows).status, ProofStatus::Proved);
        for at in 0..rows.len() {
            let mut changed = rows.clone();
            changed[at].coefficient *= rational(101, 100);
            let (proof, tree) = (proof(&changed), forest.show(rows[at].tree));
            assert_eq!(proof.status, ProofStatus::Refuted, "{tree}");
            let failure = proof.first_failure.unwrap();
            assert_eq!(failure.tree, tree);
            assert_eq!(failure.actual, rows[at].coefficient, "{tree}");
            assert_eq!(failure.claimed, changed[at].coefficient, "{tree}");
        }
    }
}

/// Every theorem with a proof is proved, and every control of its coefficients and clock refuted with
/// a tree named.
#[test]
fn the_catalogue_is_proved_and_its_sabotage_refuted() {
    let mut proved = 0;
    for theorem in Catalogue::standard().theorems() {
        let proof = theorem.proof(None).unwrap();
        if proof.status == ProofStatus::NotApplicable {
            assert!(theorem.series_controls().is_empty());
            continue;
        }
        assert_eq!(proof.status, ProofStatus::Proved, "{}: {proof:?}", theorem.id());
        proved += 1;
        for control in theorem.series_controls() {
            let sabotaged = theorem.proof(Some(&control)).unwrap();
            let name = control.name();
            assert_eq!(sabotaged.status, ProofStatus::Refuted, "{}, {name}", theorem.id());
            assert!(!sabotaged.first_failure.unwrap().tree.is_empty());
        }
        let missing = Sabotage::Omit("no such term".to_owned());
        assert_eq!(theorem.proof(Some(&missing)).unwrap().status, ProofStatus::Proved);
    }
    assert!(proved >= 17, "only {proved} theorems have a proof");
}

#[test]
fn a_modified_loss_is_found_where_there_is_one() {
    let gd = derived(&GradientDescent, &FullBatch, 2, 1);
    let loss = modified_loss(&gd.0, &gd.1).unwrap();
    let found: Vec<Rational> = loss.iter().map(|term| term.coefficient.clone()).collect();
    assert_eq!(found, [rational(1, 1), rational(1, 4)]);
    let shuffled = derived(&GradientDescent, &RandomReshuffling, 2, 3);
    let penalties: Vec<Rational> = (modified_loss(&shuffled.0, &shuffled.1).unwrap().iter())
        .filter(|term| term.order == 2)
        .map(|term| term.coefficient.clone())
        .collect();
    assert_eq!(penalties, vec![rational(1, 12); 3]); // ε/(4m) Σ‖g_k‖² with m = 3
    let one_order = derived(&GradientDescent, &FixedOrder::ascending(2), 2, 2);
    assert!(modified_loss(&one_order.0, &one_order.1).is_err());
}

#[test]
fn orders_beyond_memory_are_refused_with_what_they_would_need() {
    let fault = derive(&GradientDescent, &FullBatch, 30, 1).unwrap_err();
    assert!(matches!(fault, SeriesFault::TooLarge { .. }), "{fault}");
    assert!(fault.to_string().contains("GB"), "{fault}");
    let paths = derive(&GradientDescent, &RandomReshuffling, 2, 12).unwrap_err();
    assert!(matches!(paths, SeriesFault::TooManyPaths { .. }), "{paths}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        rng_seed: RngSeed::Fixed(20_210_901),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn exponential_and_logarithm_undo_each_other(
        numerators in proptest::collection::vec(-9_i64..10, 200),
        colours in 1_usize..3,
    ) {
        let forest = Forest::new(if colours == 1 { 6 } else { 3 }, colours).unwrap();
        let composer = Composer::new(&forest);
        let field: Vec<Rational> =
            (0..forest.len()).map(|i| rational(numerators[i], 1 + i as i64 % 7)).collect();
        let map = composer.exponential(&field);
        prop_assert_eq!(composer.logarithm(&map), field.clone());
        // Two half times make one: exp(b) = exp(b/2) after exp(b/2), by composing the maps' parts.
        let half: Vec<Rational> = field.iter().map(|c| c * rational(1, 2)).collect();
        let halfway = composer.exponential(&half);
        let mut twice = composer.compose(&halfway, &halfway);
        twice.iter_mut().zip(&halfway).for_each(|(sum, first)| *sum += first);
        prop_assert_eq!(twice, map);
    }

    #[test]
    fn the_exponential_of_f_alone_is_the_exact_solution(order in 1_usize..8) {
        // e(τ) = 1/γ(τ).
        let forest = Forest::new(order, 1).unwrap();
        let mut field = vec![Rational::zero(); forest.len()];
        field[0] = Rational::one();
        let map = Composer::new(&forest).exponential(&field);
        for id in forest.ids() {
            let tree = forest.tree(id);
            prop_assert_eq!(map[id.index()].clone(), rational(1, tree.density as i64));
        }
    }
}

/// A linear method changes nothing when it is written twice: the arithmetic's own consistency.
#[test]
fn derivatives_in_series_are_derivatives_of_the_gradient() {
    let forest = Arc::new(Forest::new(5, 2).unwrap());
    let mut a = Series::new(forest);
    let eps = a.step_size();
    let w = a.identity();
    // g(w + εu) − g(w) − εHu − (ε²/2)T[u,u] starts with trees that have three u's at one node.
    let u = a.gradient(shadowflow::arithmetic::Batch::One(1), &w);
    let mut ahead = w.clone();
    a.axpy(&eps, &u, &mut ahead);
    let full = shadowflow::arithmetic::Batch::Full;
    let mut rest = a.gradient(full, &ahead);
    let (g, hu, tuu) = (
        a.gradient(full, &w),
        a.hessian_vector(full, &w, &u),
        a.third_derivative(full, &w, &u, &u),
    );
    let half = a.fraction(1, 2) * eps.clone() * eps.clone();
    a.axpy(&a.fraction(-1, 1), &g, &mut rest);
    a.axpy(&-eps.clone(), &hu, &mut rest);
    a.axpy(&-half, &tuu, &mut rest);
    assert!(!a.was_misused());
    let left: Vec<String> = (a.forest().ids())
        .filter(|id| !rest.coefficients[id.index()].is_zero())
        .map(|id| a.forest().show(id))
        .collect();
    assert_eq!(left, ["a[b,b,b]", "b[b,b,b]", "a[b,b,b,b]", "b[b,b,b,b]"]);
}
