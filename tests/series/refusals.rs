//! What has no series is refused with the reason, and what is compared is every power of ε.

use num_traits::Zero;
use shadowflow::arithmetic::{Arithmetic, Batch};
use shadowflow::flow::{Flow, GradientFlow, Term};
use shadowflow::optimizer::{GradientDescent, Momentum, Optimizer, State};
use shadowflow::sampling::{
    Draw, FixedOrder, FullBatch, IndependentDraws, RandomReshuffling, Sampling,
};
use shadowflow::scalar::Ratio;
use shadowflow::series::{
    Claim, Forest, Polynomial, Proof, ProofStatus, Series, SeriesFault, derive, modified_field,
    prove, prove_equal,
};

use super::rational;

/// w ← w − (ε + c ε^power) g: a step size that is no multiple of ε.
struct Uneven {
    c: Ratio,
    power: u32,
}

impl<A: Arithmetic> Optimizer<A> for Uneven {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let more = (0..self.power).fold(a.ratio(self.c), |x, _| x * eps.clone());
        a.axpy(&-(eps.clone() + more), &g, &mut s.w);
    }
}

fn claimed(optimizer: &dyn Optimizer<Series>, clock: Ratio, local_order: usize) -> Proof {
    let flow: &dyn Flow<Series> = &GradientFlow;
    let terms = flow.terms();
    let claim = Claim { flow, terms: &terms, clock, local_order, start_order: local_order };
    prove(optimizer, &FullBatch, &claim, 1).unwrap()
}

/// The order p speaks of all powers of ε below p, in every tree.
#[test]
fn every_power_below_the_order_is_compared() {
    let one = Ratio::new(1, 1);
    for power in 2..6_u32 {
        let uneven = Uneven { c: Ratio::new(1, 3), power };
        for order in 1..3_usize {
            let sees = (power as usize) < order;
            let found = claimed(&uneven, one, order);
            let known = if sees { ProofStatus::Refuted } else { ProofStatus::Proved };
            assert_eq!(found.status, known, "ε^{power}, order {order}");
        }
    }
    // At order 3 the tree a[a] of the Euler method is seen too, so the stray power is added to a flow
    // that has it: the field (1 + ε)(−g) is that of steps ε + ε².
    let two_powers = |order| {
        let uneven = Uneven { c: one, power: 2 };
        let flow: &dyn Flow<Series> = &Stretched;
        let terms = flow.terms();
        let claim =
            Claim { flow, terms: &terms, clock: one, local_order: order, start_order: order };
        prove(&uneven, &FullBatch, &claim, 1).unwrap()
    };
    assert_eq!(two_powers(2).status, ProofStatus::Proved);
    assert_eq!(two_powers(3).status, ProofStatus::Refuted);
}

/// −(1 + ε) g: a term that is out of place in dw/dt.
struct Stretched;

impl<A: Arithmetic> Flow<A> for Stretched {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("stretch", 1, 1, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut g = a.gradient(Batch::Full, w);
        let factor = -(a.fraction(1, 1) + c[0].clone());
        a.scale(&factor, &mut g);
        g
    }
}

#[test]
fn a_wrong_clock_is_refuted_at_the_first_tree() {
    for (n, d) in [(101, 100), (99, 100), (2, 1), (-1, 1)] {
        let found = claimed(&GradientDescent, Ratio::new(n, d), 2);
        assert_eq!((found.status, found.order), (ProofStatus::Refuted, 1), "{n}/{d}");
        let failure = found.first_failure.unwrap();
        assert_eq!((failure.actual, failure.claimed), (rational(1, 1), rational(n, d)));
        assert_eq!((failure.tree.as_str(), failure.batches), ("a", 1));
    }
    let proved = claimed(&GradientDescent, Ratio::new(1, 1), 2);
    assert_eq!((proved.status, proved.order, proved.trees), (ProofStatus::Proved, 2, 1));
}

/// Two fields are equal to an order only if all their powers below it are.
#[test]
fn equal_fields_are_equal_at_every_power() {
    let forest = Forest::new(2, 1).unwrap();
    let field = |strays: &[(usize, u32)]| {
        let mut series = Series::new(std::sync::Arc::new(forest.clone())).zero();
        for (id, tree) in forest.ids().enumerate() {
            let order = forest.tree(tree).order as u32;
            series.coefficients[id] = Polynomial::monomial(rational(1, 2), order - 1);
        }
        for &(tree, power) in strays {
            let own = series.coefficients[tree].clone();
            series.coefficients[tree] = own + Polynomial::monomial(rational(1, 7), power);
        }
        series
    };
    let status = |strays: &[(usize, u32)], order| {
        prove_equal(&forest, &field(strays), &field(&[]), order).status
    };
    assert_eq!(status(&[], 3), ProofStatus::Proved);
    for tree in 0..2 {
        for power in 0..4 {
            for order in 1..5 {
                let sees = (power as usize) + 1 < order;
                let known = if sees { ProofStatus::Refuted } else { ProofStatus::Proved };
                assert_eq!(status(&[(tree, power)], order), known, "{tree} {power} {order}");
            }
        }
    }
}

#[test]
fn a_step_that_mixes_powers_has_no_field_of_trees() {
    let why = |c: Ratio, power: u32| derive(&Uneven { c, power }, &FullBatch, 2, 1);
    let fault = why(Ratio::new(1, 3), 2).unwrap_err();
    assert_eq!(fault, SeriesFault::Mixed { tree: "a".to_owned() });
    assert!(fault.to_string().contains("mixes powers of ε"), "{fault}");
    assert!(why(Ratio::new(0, 1), 2).is_ok());
    // More of the same power is no mixture.
    let (forest, rows) = why(Ratio::new(1, 1), 1).unwrap();
    assert_eq!(rows[0].coefficient, rational(2, 1));
    // A power that is not the tree's own is refused also alone.
    let alone = vec![Polynomial::zero(), Polynomial::monomial(rational(1, 1), 3)];
    let fault = modified_field(&forest, &alone, 1).unwrap_err();
    assert_eq!(fault, SeriesFault::Mixed { tree: "a[a]".to_owned() });
    let own = vec![Polynomial::zero(), Polynomial::monomial(rational(1, 1), 2)];
    let rows = modified_field(&forest, &own, 4).unwrap();
    assert_eq!((rows.len(), rows[0].order), (1, 2));
    assert_eq!(rows[0].coefficient, rational(1, 4));
}

/// A sampling with this many ways to take its only step.
struct Ways(usize);

impl Sampling for Ways {
    fn continuations(&self, path: &[Draw], _components: usize) -> Vec<Draw> {
        if path.is_empty() { vec![Draw::Full; self.0] } else { Vec::new() }
    }
}

#[test]
fn more_than_fifty_thousand_paths_are_not_averaged() {
    let (forest, rows) = derive(&GradientDescent, &Ways(50_000), 1, 1).unwrap();
    assert_eq!((rows.len(), forest.len()), (1, 1));
    assert_eq!(rows[0].coefficient, rational(1, 1));
    let fault = derive(&GradientDescent, &Ways(50_001), 1, 1).unwrap_err();
    assert_eq!(fault, SeriesFault::TooManyPaths { paths: 50_001.0, batches: 1 });
    let draws = IndependentDraws { steps: 5 };
    assert!(derive(&GradientDescent, &draws, 1, 8).is_ok());
    let fault = derive(&GradientDescent, &draws, 1, 9).unwrap_err();
    assert_eq!(fault, SeriesFault::TooManyPaths { paths: 59_049.0, batches: 9 });
}

#[test]
fn a_forest_says_what_it_would_need() {
    let Err(SeriesFault::TooLarge { order, colours, trees, gigabytes, allowed }) =
        Forest::new(12, 4)
    else {
        panic!("that is too large");
    };
    assert_eq!((order, colours), (12, 4));
    let known: u128 = shadowflow::series::count_trees(12, 4).iter().sum();
    assert_eq!(trees, known);
    assert!(gigabytes > allowed && (1.0..64.0).contains(&allowed), "{gigabytes} {allowed}");
    // 300 bytes a tree, 1.3 times as many for every node.
    let needed = 300.0 * 1.3_f64.powi(12) * known as f64 / 1e9;
    assert!((gigabytes / needed - 1.0).abs() < 1e-12, "{gigabytes} {needed}");
}

/// w ← 2w − εg, at ε = 0 no identity; and one whose gradient is taken at 2w.
struct Doubling {
    inside: bool,
}

impl<A: Arithmetic> Optimizer<A> for Doubling {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut twice = s.w.clone();
        let two = a.fraction(2, 1);
        a.scale(&two, &mut twice);
        let g = a.gradient(batch, if self.inside { &twice } else { &s.w });
        if !self.inside {
            s.w = twice;
        }
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

#[test]
fn what_is_no_map_near_the_identity_has_no_series() {
    let why = |inside| derive(&Doubling { inside }, &FullBatch, 2, 1).unwrap_err().to_string();
    assert!(why(false).contains("scales the parameters"), "{}", why(false));
    assert!(why(true).contains("away from a point"), "{}", why(true));
}

#[test]
fn memory_and_minibatches_together_are_refused() {
    let ball = Momentum::heavy_ball(Ratio::new(1, 2)).unwrap();
    let two = FixedOrder::ascending(2);
    let fault = derive(&ball, &two, 2, 2).unwrap_err();
    assert_eq!(fault, SeriesFault::BlockMemory);
    assert_eq!(derive(&ball, &RandomReshuffling, 2, 2).unwrap_err(), SeriesFault::RandomMemory);
    assert!(SeriesFault::RandomMemory.to_string().contains("κ = 1 − 2S/(m(m − 1))"));
    // One step a block is taken as one.
    assert!(derive(&ball, &FixedOrder::ascending(1), 2, 1).is_ok());
}

/// w itself in place of a field, and a gradient at 2w.
struct NoField {
    inside: bool,
}

impl<A: Arithmetic> Flow<A> for NoField {
    fn terms(&self) -> Vec<Term> {
        Vec::new()
    }

    fn field(&self, a: &mut A, _c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut twice = w.clone();
        let two = a.fraction(2, 1);
        a.scale(&two, &mut twice);
        if self.inside { a.gradient(Batch::Full, &twice) } else { twice }
    }
}

#[test]
fn a_claimed_field_that_is_none_is_no_claim_about_series() {
    for inside in [false, true] {
        let claim = Claim {
            flow: &NoField { inside },
            terms: &[],
            clock: Ratio::new(1, 1),
            local_order: 2,
            start_order: 2,
        };
        let fault = prove(&GradientDescent, &FullBatch, &claim, 1).unwrap_err();
        assert_eq!(fault, SeriesFault::NoField, "{inside}");
    }
}
