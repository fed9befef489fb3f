//! Samplings of an outside author, with true flags and with false ones.

use std::sync::atomic::{AtomicUsize, Ordering};

use shadowflow::prelude::*;
use shadowflow::sampling::{Draw, FalseFlag, examine};

use super::schemes::{
    Next, Own, any, fault, forgetful, leaning, once, ones, other, passes, turned,
};

#[test]
fn the_schemes_of_the_house_keep_what_they_claim() {
    for m in [1, 2, 3, 4, 5, 8, 30, 100] {
        passes(FullBatch, m);
        passes(RandomReshuffling, m);
        passes(FixedOrder::ascending(m), m);
        passes(FixedOrder::descending(m), m);
        passes(FlipFlop, m);
        for steps in [0, 1, m, 2 * m, 50] {
            passes(IndependentDraws { steps }, m);
        }
        for batch_size in [0, 1, 2, 5] {
            if batch_size == 0 || m.is_multiple_of(batch_size) && (batch_size < 5 || m < 30) {
                passes(Repartition { batch_size }, m);
            }
        }
    }
}

/// What refuses a number of components draws nothing from it.
#[test]
fn refusing_is_no_fault() {
    passes(Repartition { batch_size: 4 }, 3);
    passes(Own::new(|_, _| Vec::new()).balanced().random_order().independent(), 3);
    let even =
        |path: &[Draw], m: usize| if m.is_multiple_of(2) { once(path, m) } else { Vec::new() };
    for m in 1..6 {
        passes(Own::new(even).random_order().balanced(), m);
    }
}

#[test]
fn own_schemes_that_do_what_they_claim_pass() {
    for m in [1, 2, 3, 4, 6, 20] {
        passes(Own::new(once).random_order().balanced(), m);
        passes(Own::new(any).independent(), m);
        passes(Own::new(turned).balanced(), m);
        passes(Own::new(other), m);
        passes(Own::new(leaning), m);
    }
    // One at a time or all at once, in equal parts; a batch of two and its complement.
    passes(
        Own::new(|path, _| if path.len() < 2 { vec![Draw::Full] } else { vec![] }).balanced(),
        3,
    );
    let halves = |path: &[Draw], _: usize| match path {
        [] => vec![Draw::Mean(vec![0, 1]), Draw::Mean(vec![2, 3])],
        [Draw::Mean(first)] if first[0] == 0 => vec![Draw::Mean(vec![3, 2])],
        [_] => vec![Draw::Mean(vec![0, 1])],
        _ => vec![],
    };
    passes(Own::new(halves).balanced(), 4);
    // Every continuation twice changes no probability.
    let twice = |path: &[Draw], m: usize| {
        let next = once(path, m);
        next.iter().chain(&next).cloned().collect()
    };
    passes(Own::new(twice).random_order().balanced(), 4);
}

#[test]
fn a_false_random_order_is_named_with_its_path() {
    for (next, m) in [
        (turned as Next, 3),
        (turned, 7),
        (turned, 30),
        (any, 2),
        (any, 40),
        (leaning, 3),
        (forgetful, 3),
        (forgetful, 12),
    ] {
        let text = fault(Own::new(next).random_order(), m);
        assert!(text.starts_with("is_random_order is claimed"), "{text}");
        assert!(text.contains(&format!("with {m} components")) && text.contains("path"), "{text}");
    }
    let batches = |path: &[Draw], _: usize| match path.len() {
        0 => vec![Draw::Mean(vec![0, 1]), Draw::Mean(vec![1, 2])],
        _ => vec![],
    };
    let text = fault(Own::new(batches).random_order(), 3);
    assert!(text.contains("draws no single component"), "{text}");
    // An order that ends too soon.
    let short = |path: &[Draw], m: usize| if path.len() + 1 < m { once(path, m) } else { vec![] };
    let text = fault(Own::new(short).random_order(), 4);
    assert!(text.contains("has 3 draws and is no order of 4"), "{text}");
}

/// What goes wrong only far from the first paths is found on random ones.
#[test]
fn what_cannot_be_enumerated_is_sampled() {
    let late = |path: &[Draw], m: usize| match path {
        [Draw::One(first), ..] if *first > 0 => {
            ones((path.len()..m).map(|_| (first + path.len()) % m))
        }
        _ => once(path, m),
    };
    let text = fault(Own::new(late).random_order(), 12);
    assert!(text.starts_with("is_random_order is claimed"), "{text}");
    passes(Own::new(late).balanced(), 12);
}

#[test]
fn a_false_balance_is_named_with_both_counts() {
    for (next, m) in
        [(any as Next, 2), (any, 25), (other, 3), (other, 15), (forgetful, 4), (leaning, 3)]
    {
        let text = fault(Own::new(next).balanced(), m);
        assert!(text.starts_with("is_balanced is claimed"), "{text}");
        assert!(
            text.contains(&format!("with {m} components")) && text.contains("visits"),
            "{text}"
        );
    }
    // A third of a batch of three is not one draw.
    let uneven = |path: &[Draw], _: usize| match path.len() {
        0 => vec![Draw::Mean(vec![0, 1, 2])],
        1 => vec![Draw::One(0)],
        _ => vec![],
    };
    let text = fault(Own::new(uneven).balanced(), 3);
    assert!(text.contains("{0,1,2} 0 visits component 0 1.3333 times"), "{text}");
    let text = fault(Repartition { batch_size: 2 }, 5);
    assert!(text.starts_with("is_balanced"), "{text}");
    let text = fault(FixedOrder { order: vec![0, 1, 1] }, 2);
    assert!(text.contains("component 1 2 times and component 0 1 times"), "{text}");
    assert!(fault(FixedOrder::ascending(3), 4).contains("component 3 0 times"));
}

#[test]
fn a_false_independence_is_named() {
    for (next, m) in
        [(once as Next, 3), (once, 50), (other, 3), (other, 20), (leaning, 2), (turned, 4)]
    {
        let text = fault(Own::new(next).independent(), m);
        assert!(text.starts_with("is_independent is claimed"), "{text}");
    }
    assert!(
        fault(
            Own::new(|p, _| if p.is_empty() { vec![Draw::Full] } else { vec![] }).independent(),
            2
        )
        .contains("draws no single component")
    );
}

#[test]
fn a_contract_that_is_not_kept_is_named() {
    let beyond =
        |path: &[Draw], m: usize| if path.len() < m { ones([path.len() + 1]) } else { vec![] };
    let text = fault(Own::new(beyond), 3);
    assert!(text.contains("the path 1 2 3 draws component 3"), "{text}");
    let empty =
        |path: &[Draw], _: usize| if path.is_empty() { vec![Draw::Mean(vec![])] } else { vec![] };
    assert!(fault(Own::new(empty), 3).contains("a batch of no components"));
    let part = |path: &[Draw], _: usize| {
        if path.is_empty() { vec![Draw::Mean(vec![0, 7])] } else { vec![] }
    };
    assert!(fault(Own::new(part), 3).contains("draws component 7"));
    // Sometimes an end sooner, sometimes more ways on.
    let ends = |path: &[Draw], m: usize| {
        if path.contains(&Draw::One(1)) || path.len() == m { vec![] } else { ones(0..m) }
    };
    assert!(fault(Own::new(ends), 3).contains("may depend on the length only"));
    let widens = |path: &[Draw], m: usize| match path {
        [] => ones(0..m),
        [Draw::One(2)] => ones(0..m),
        [_] => ones(0..m - 1),
        _ => vec![],
    };
    assert!(fault(Own::new(widens), 3).contains("the path 2 has 3 continuations"));
}

#[test]
fn a_block_without_an_end_does_not_hang() {
    let text = fault(Own::new(|_, m| ones(0..m)).independent(), 3);
    assert!(text.contains("has not ended after 10000 steps"), "{text}");
    let one = |_: &[Draw], _: usize| vec![Draw::Full];
    let text = fault(Own { steps: Some(1), ..Own::new(one).balanced() }, 2);
    assert!(text.contains("has not ended"), "{text}");
}

#[test]
fn overridden_counts_are_counted_again() {
    let text = fault(Own { steps: Some(4), ..Own::new(once) }, 3);
    assert!(text.contains("steps says 4 with 3 components") && text.contains("is 3"), "{text}");
    let text = fault(Own { paths: Some(5.0), ..Own::new(once) }, 3);
    assert!(text.contains("paths says 5 with 3 components") && text.contains("is 6"), "{text}");
    passes(Own { steps: Some(3), paths: Some(6.0), ..Own::new(once) }, 3);
    let text = fault(Own { steps: Some(2), ..Own::new(|_, _| vec![]) }, 3);
    assert!(text.contains("steps says 2"), "{text}");

    struct FirstPath;
    impl Sampling for FirstPath {
        fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
            once(path, components)
        }
        fn first_path(&self, components: usize) -> (usize, f64) {
            (components, components as f64)
        }
    }
    assert!(fault(FirstPath, 3).contains("it is 6"));
    // Beyond what f64 counts both are infinite.
    passes(IndependentDraws { steps: 400 }, 30);
}

#[test]
fn a_scheme_that_draws_by_itself_is_not_repeatable() {
    struct Drawn(AtomicUsize);
    impl Sampling for Drawn {
        fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
            let calls = self.0.fetch_add(1, Ordering::Relaxed);
            if path.len() < 3 { ones([calls % components]) } else { Vec::new() }
        }
    }
    let found = examine(&Drawn(AtomicUsize::new(0)), 3, 1);
    assert!(matches!(found, Err(FalseFlag::NotRepeatable { .. })), "{found:?}");
}
