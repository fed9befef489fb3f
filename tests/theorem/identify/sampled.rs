//! Boxes that take minibatches of their own accord.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shadowflow::identify::{Answer, BlackBox, Gradient, black_box};

use super::{asked, expect};

/// Descent over minibatches that `next` chooses, given the steps taken and their number.
fn choosing(
    next: impl Fn(usize, usize, &mut ChaCha8Rng, &mut Vec<usize>) -> usize,
) -> impl BlackBox {
    black_box(
        |_: &[f64]| (0, ChaCha8Rng::seed_from_u64(5), Vec::new()),
        move |eps: f64,
              batch: &[usize],
              gradient: &mut Gradient,
              w: &mut [f64],
              s: &mut (usize, ChaCha8Rng, Vec<usize>)| {
            let k = next(s.0, batch.len(), &mut s.1, &mut s.2);
            s.0 += 1;
            let g = gradient(&[k], w);
            w.iter_mut().zip(g).for_each(|(w, g)| *w -= eps * g);
        },
    )
}

fn shuffled(random: &mut ChaCha8Rng, m: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..m).collect();
    order.shuffle(random);
    order
}

#[test]
fn one_order_kept_for_all_epochs_is_told_from_fresh_ones() {
    let kept = choosing(|n, m, random, order| {
        if order.is_empty() {
            *order = shuffled(random, m);
        }
        order[n % m]
    });
    let answer = asked(&kept);
    expect(&answer, true, "single-order", &[]);
    // The first epoch is one that fresh orders might have; the second begins as it did.
    let parting = answer.parts_at().unwrap();
    assert_eq!((parting.from.as_str(), parting.step), ("random-reshuffling", 4), "{answer}");
    assert!(parting.term.starts_with("minibatches") && parting.by > 0.0, "{answer}");
    let order = &answer.setting("order").unwrap().text;
    let mut drawn = shuffled(&mut ChaCha8Rng::seed_from_u64(5), 3);
    assert_eq!(*order, drawn.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    drawn.sort_unstable();
    assert_eq!(drawn, [0, 1, 2]);
}

#[test]
fn fresh_orders_and_independent_draws_are_named() {
    let fresh = choosing(|n, m, random, order| {
        if n % m == 0 {
            *order = shuffled(random, m);
        }
        order[n % m]
    });
    expect(&asked(&fresh), true, "random-reshuffling", &[]);
    let there_and_back =
        choosing(|n, m, _, _| if (n / m) % 2 == 0 { n % m } else { m - 1 - n % m });
    expect(&asked(&there_and_back), true, "flip-flop", &[]);
    let drawn = choosing(|_, m, random, _| random.random_range(0..m));
    let answer = asked(&drawn);
    expect(&answer, true, "gradient-descent", &[]);
    let Answer::Named { sampling, .. } = &answer else { panic!("{answer}") };
    assert_eq!(sampling.as_deref(), Some("with-replacement"));
}

#[test]
fn what_only_looks_shuffled_is_not_named() {
    // Every order comes twice.
    let twice = choosing(|n, m, random, order| {
        if n % (2 * m) == 0 {
            *order = shuffled(random, m);
        }
        order[n % m]
    });
    let answer = asked(&twice);
    assert!(answer.name().is_none(), "{answer}");
    // A minibatch that never comes.
    let lost = choosing(|_, m, random, _| random.random_range(0..m - 1));
    let answer = asked(&lost);
    assert!(answer.name().is_none(), "{answer}");
}
