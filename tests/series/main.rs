//! Exact series: counts, coefficients that books print, and the same identities in floating point.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

mod hook_length;
mod maps;
mod memory;
mod orders;
mod outside;
mod proofs;
mod refusals;
mod truncation;

use std::sync::Arc;

use num_traits::{One, Zero};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use shadowflow::arithmetic::Arithmetic;
use shadowflow::optimizer::{
    ExplicitRegularization, GradientDescent, Implicit, Optimizer, RungeKutta, SharpnessAware,
};
use shadowflow::sampling::{FixedOrder, FullBatch, RandomReshuffling, Sampling};
use shadowflow::scalar::Ratio;
use shadowflow::series::{
    Composer, Forest, Rational, Row, Series, SeriesFault, count_trees, derive, modified_loss,
};

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
    let sam = SharpnessAware::new(Ratio::new(1, 3));
    assert_eq!(coefficient(&derived(&sam, &FullBatch, 2, 1), "a[a]"), rational(-5, 6));
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
