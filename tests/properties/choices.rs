//! How the mean over a block is taken, on both sides of every limit, and what the schemes say of
//! themselves.

use shadowflow::leg::Pace;
use shadowflow::loss::{Problem, preset};
use shadowflow::method::Methods;
use shadowflow::sampling::{
    FixedOrder, FlipFlop, FullBatch, IndependentDraws, MeanMethod, RandomReshuffling, Repartition,
    Sampling, is_affine,
};

fn problem(name: &str, m: usize) -> Problem {
    preset(name, Some(m), None, 3).unwrap()
}

fn chosen(p: &Problem, by: &dyn Sampling, blocks: usize) -> Option<MeanMethod> {
    MeanMethod::choose(by, &*p.float(), p.float().is_quadratic(), blocks, 11)
}

const PAIRS: Option<MeanMethod> = Some(MeanMethod::ReversedPairs { count: 64, seed: 11 });
const TREE: Option<MeanMethod> = Some(MeanMethod::Tree);
const SUBSETS: Option<MeanMethod> = Some(MeanMethod::Subsets);

#[test]
fn orders_are_enumerated_up_to_eight_batches_and_a_million_paths() {
    let reshuffled = |m, blocks| chosen(&problem("logistic", m), &RandomReshuffling, blocks);
    assert_eq!(reshuffled(2, 500_000), TREE);
    assert_eq!(reshuffled(2, 500_001), PAIRS);
    assert_eq!(reshuffled(8, 24), TREE);
    assert_eq!(reshuffled(8, 25), PAIRS);
    assert_eq!(reshuffled(9, 1), PAIRS);
}

#[test]
fn over_a_ladder_of_a_fixed_time_orders_are_enumerated_up_to_six_batches() {
    let pace = Pace::of(&problem("logistic", 3)).unwrap();
    let ladder = pace.global_ladder(1, pace.horizon(None));
    let blocks = ladder.iter().map(|rung| rung.blocks).sum();
    assert_eq!(blocks, 1008);
    let reshuffled = |name, m| chosen(&problem(name, m), &RandomReshuffling, blocks);
    assert_eq!((reshuffled("logistic", 6), reshuffled("logistic", 7)), (TREE, PAIRS));
    assert_eq!((reshuffled("quadratic", 13), reshuffled("quadratic", 14)), (SUBSETS, PAIRS));
}

#[test]
fn random_orders_are_drawn_up_to_sixty_four_batches() {
    // One point a batch is enough for the loss of examples.
    for (m, known) in [(64, PAIRS), (65, None)] {
        let p = problem("quadratic", m);
        assert_eq!(chosen(&p, &RandomReshuffling, 1), known, "{m}");
    }
}

#[test]
fn on_quadratics_subsets_are_walked_up_to_sixteen_batches_and_a_milliard_products() {
    for m in [1, 2, 8, 12] {
        assert_eq!(chosen(&problem("quadratic", m), &RandomReshuffling, 8), SUBSETS, "{m}");
    }
    for (m, known) in [(16, SUBSETS), (17, PAIRS)] {
        assert_eq!(chosen(&problem("quadratic", m), &RandomReshuffling, 1), known, "{m}");
    }
    for m in [10, 14] {
        let p = problem("quadratic", m);
        let dim = p.float().dim();
        let most = 1_000_000_000 / (m * (1 << (m - 1)) * dim * dim);
        assert_eq!(chosen(&p, &RandomReshuffling, most), SUBSETS, "{m}");
        assert_eq!(chosen(&p, &RandomReshuffling, most + 1), PAIRS, "{m}");
    }
    // Only for orders: draws with replacement are walked.
    assert_eq!(chosen(&problem("quadratic", 3), &IndependentDraws { steps: 3 }, 1), TREE);
}

#[test]
fn other_schemes_are_walked_whole_or_not_at_all() {
    let p = problem("logistic", 10);
    assert_eq!(chosen(&p, &IndependentDraws { steps: 6 }, 1), TREE);
    assert_eq!(chosen(&p, &IndependentDraws { steps: 6 }, 2), None);
    assert_eq!(chosen(&p, &IndependentDraws { steps: 7 }, 1), None);
    assert_eq!(chosen(&p, &FixedOrder::ascending(10), 20_000_000), TREE);
    assert_eq!(chosen(&p, &FixedOrder::ascending(10), 20_000_001), None);
}

#[test]
fn schemes_say_what_they_are() {
    let of = |by: &dyn Sampling| (by.is_random_order(), by.is_balanced(), by.is_independent());
    assert_eq!(of(&FullBatch), (false, true, false));
    assert_eq!(of(&RandomReshuffling), (true, true, false));
    assert_eq!(of(&FixedOrder::ascending(3)), (false, true, false));
    assert_eq!(of(&FlipFlop), (false, true, false));
    assert_eq!(of(&IndependentDraws { steps: 3 }), (false, false, true));
    assert_eq!(of(&Repartition { batch_size: 2 }), (false, true, false));
    for (by, steps, paths) in [
        (&FullBatch as &dyn Sampling, 1, 1.0),
        (&RandomReshuffling, 4, 24.0),
        (&FixedOrder::descending(4), 4, 1.0),
        (&FlipFlop, 8, 1.0),
        (&IndependentDraws { steps: 3 }, 3, 64.0),
        (&Repartition { batch_size: 2 }, 2, 6.0),
        (&Repartition { batch_size: 0 }, 0, 1.0),
        (&IndependentDraws { steps: 0 }, 0, 1.0),
    ] {
        assert_eq!(by.steps(4), steps);
        assert!((by.paths(4) - paths).abs() < 1e-9, "{steps} steps: {}", by.paths(4));
    }
}

/// Of the register's methods those that are linear in gradients and memory, and on quadratics only.
#[test]
fn linear_methods_are_affine_on_quadratics_and_no_others() {
    let affine = |method: &str, loss: &str| {
        let methods = Methods::standard();
        let method = methods.method(method).unwrap();
        let values = method.values::<&str>(&[]).unwrap();
        let problem = preset(loss, None, None, 1).unwrap();
        let made = method.made(&values, Some(problem.batches())).unwrap();
        let optimizer = made.optimizer.float();
        is_affine(&*optimizer, &problem.float(), problem.start().as_slice())
    };
    let linear = [
        "gradient-descent",
        "heavy-ball",
        "nesterov",
        "lookahead",
        "svrg",
        "sam",
        "cosine-schedule",
    ];
    for linear in linear {
        assert!(affine(linear, "quadratic"), "{linear}");
        assert!(!affine(linear, "logistic"), "{linear}");
    }
    for other in ["adam", "clipping", "signum", "lion", "mirror-descent", "natural-gradient"] {
        assert!(!affine(other, "quadratic"), "{other}");
    }
}

/// What is not affine is walked, quadratic or not: its mean is no recursion.
#[test]
fn orders_of_steps_that_are_not_affine_are_walked_on_quadratics() {
    let p = problem("quadratic", 3);
    let chosen = |affine| MeanMethod::choose(&RandomReshuffling, &*p.float(), affine, 8, 11);
    assert_eq!((chosen(true), chosen(false)), (SUBSETS, TREE));
}
