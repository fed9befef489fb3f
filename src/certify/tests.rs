//! Certificates against what is known otherwise, and against claims that are false.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::{DMatrix, DVector};

use super::attack::{Attack, Attacks, attack};
use super::cell::Cell;
use super::curve::{Curve, slope, value};
use super::enclosed::Enclosed;
use super::guide::Guide;
use super::ready::tie;
use super::{Certified, Request, Status, certify, nodes, rounded_up};
use crate::flow::{Continued, GradientFlow, GradientPenalty, Integrable, ThreeTerms};
use crate::loss::{Factorisation, Loss, Problem, Quadratic, preset};
use crate::optimizer::GradientDescent;
use crate::scalar::{Enclosure, Interval, Ratio, Scalar};
use crate::series::ExactFlow;
use crate::theorem::{Catalogue, MethodAndFlow, Theorem};

fn of_descent<F: Integrable + ExactFlow + 'static>(flow: F, order: u32) -> Theorem {
    Theorem::tracks("descent", GradientDescent, flow, order + 1, order)
}

fn penalty(coefficient: Ratio) -> GradientPenalty {
    GradientPenalty { coefficient }
}

fn regularised() -> Theorem {
    of_descent(GradientPenalty::default(), 2)
}

/// ½(1 − ab)² from (1.4, 0.3).
fn one_point() -> Problem {
    let loss = Factorisation::new(&[1.0], &[1.0]).unwrap();
    Problem::new("one-point", loss, DVector::from_vec(vec![1.4, 0.3]))
}

fn coarse() -> Request {
    Request { up_to: 0.05, horizon: 1.0, cells: 4, slices: 32 }
}

fn constant(found: &Certified) -> f64 {
    assert_eq!(found.status, Status::Certified, "{:?}", found.reason);
    found.constant.unwrap()
}

fn failed(found: &Certified) -> &str {
    assert_eq!(found.status, Status::Failed, "{:?}", found.constant);
    assert_eq!((found.constant, found.ratio), (None, None));
    found.reason.as_deref().unwrap()
}

/// A cell of a claim on a problem.
fn with_cell<T>(
    theorem: &Theorem,
    problem: &Problem,
    step_sizes: (f64, f64),
    times: &[f64],
    look: impl FnOnce(&Cell, &MethodAndFlow) -> T,
) -> T {
    let tracked = theorem.tracked(problem).unwrap();
    let flow = tracked.flow.seen::<Enclosure>().unwrap();
    let claim = Enclosed {
        loss: problem.seen().unwrap(),
        optimizer: tracked.optimizer.seen().unwrap(),
        terms: flow.terms(),
        flow,
        order: tracked.order as usize,
    };
    let float = tracked.flow.float();
    let guide = Guide { loss: problem.float(), terms: float.terms(), flow: float };
    let start = problem.start().as_slice();
    let step_sizes = Interval::new(step_sizes.0, step_sizes.1);
    look(&Cell { claim: &claim, guide: &guide, start, times, step_sizes }, &tracked)
}

#[test]
fn the_constant_is_above_what_is_sampled_and_near_it() {
    for (theorem, most) in [
        (of_descent(GradientFlow, 1), 1.5),
        (regularised(), 2.0),
        (of_descent(ThreeTerms::descent(), 3), 4.0),
    ] {
        let found = certify(&theorem, &one_point(), &coarse());
        let (k, sampled) = (constant(&found), found.sampled.unwrap());
        assert!(sampled > 0.0 && k >= sampled, "{} {k} {sampled}", found.order);
        assert!(k <= most * sampled, "{} {k} {sampled}", found.order);
        found.assert_certified(k);
        assert!(std::panic::catch_unwind(|| found.assert_certified(0.999 * sampled)).is_err());
    }
}

/// On λw²/2 iterates and flow are known: (1 − ελ)ⁿ and exp(−(λ + ελ²/2) nε).
#[test]
fn the_constant_is_above_the_truth_where_that_is_known() {
    for lambda in [2.0_f64, -1.5] {
        let loss =
            Quadratic::new(vec![DMatrix::from_element(1, 1, lambda)], vec![DVector::zeros(1)])
                .unwrap();
        let problem = Problem::new("parabola", loss, DVector::from_vec(vec![1.0]));
        for up_to in [0.05, 0.3] {
            let request = Request { up_to, ..coarse() };
            let k = constant(&certify(&regularised(), &problem, &request));
            let mut truth = 0.0_f64;
            for j in 1..=300 {
                let eps = up_to * f64::from(j) / 300.0;
                for n in 1..=(1.0 / eps) as i32 {
                    let flow = (-(lambda + eps * lambda * lambda / 2.0) * f64::from(n) * eps).exp();
                    truth = truth.max(((1.0 - eps * lambda).powi(n) - flow).abs() / (eps * eps));
                }
            }
            assert!(k >= truth, "{lambda} {up_to}: {k} {truth}");
            assert!(k <= 4.0 * truth, "{lambda} {up_to}: {k} {truth}");
        }
    }
}

#[test]
fn false_claims_have_no_certificate() {
    let off = Ratio::new(250_001, 1_000_000);
    for wrong in [off, Ratio::new(-1, 4), Ratio::new(0, 1), Ratio::new(1, 2)] {
        let found = certify(&of_descent(penalty(wrong), 2), &one_point(), &coarse());
        assert!(failed(&found).contains("series"), "{:?}", found.reason);
    }
    let undefined = of_descent(penalty(Ratio::UNDEFINED), 2);
    let _ = failed(&certify(&undefined, &one_point(), &coarse()));
    let found = certify(&of_descent(GradientFlow, 2), &one_point(), &coarse());
    assert!(failed(&found).contains("series"), "{:?}", found.reason);
    let found = certify(&of_descent(GradientPenalty::default(), 3), &one_point(), &coarse());
    assert!(failed(&found).contains("series"), "{:?}", found.reason);
}

/// The same without the exact series: enclosures alone see that ε² does not cancel.
#[test]
fn enclosures_see_a_coefficient_that_is_off() {
    let tied = |coefficient: Ratio| {
        with_cell(&regularised(), &one_point(), (0.0, 0.05), &[0.0, 1.0], |cell, _| {
            let flow = penalty(coefficient);
            let claim = Enclosed {
                loss: cell.claim.loss.clone(),
                optimizer: cell.claim.optimizer.clone(),
                terms: crate::flow::Flow::<crate::arithmetic::Numeric<f64>>::terms(&flow),
                flow: std::sync::Arc::new(flow),
                order: 2,
            };
            tie(&claim, cell.start, 0.05)
        })
    };
    assert_eq!(tied(Ratio::new(1, 4)), Ok(()));
    for wrong in [Ratio::new(250_001, 1_000_000), Ratio::new(249_999, 1_000_000), Ratio::new(0, 1)]
    {
        assert!(tied(wrong).unwrap_err().contains("differ at ε^2"));
    }
}

#[test]
fn the_residual_is_above_that_at_every_point() {
    let problem = preset("logistic", None, None, 1).unwrap();
    let times = [0.0, 1.5, 4.0];
    with_cell(&regularised(), &problem, (0.04, 0.05), &times, |cell, _| {
        let path = cell.guide.solution(&times, cell.start, 0.045);
        for k in 0..2 {
            let bound = cell.residual(&path, k);
            let (piece, h) = (path.piece(k), times[k + 1] - times[k]);
            for eps in [0.04, 0.045, 0.05] {
                let coefficients: Vec<f64> = cell.guide.terms.iter().map(|t| t.at(eps)).collect();
                let mut a = crate::arithmetic::Numeric::new(cell.guide.loss.clone());
                for j in 0..=40 {
                    let s = Interval::from(h * f64::from(j) / 40.0);
                    let w: Vec<f64> = piece.iter().map(|c| value(c, s).middle()).collect();
                    let f = cell.guide.flow.field(&mut a, &coefficients, &0.0, &w);
                    let missed: f64 =
                        piece.iter().zip(f).map(|(c, f)| (slope(c, s).middle() - f).powi(2)).sum();
                    assert!(
                        missed.sqrt() <= bound + 1e-13,
                        "{k} {eps} {j}: {} {bound}",
                        missed.sqrt()
                    );
                }
            }
        }
    });
}

/// w′ = w² from 1 and the first terms of its solution: they miss the equation by 4s³ + 3s⁴ + 2s⁵ + s⁶, of which only the
/// Lagrange coefficient knows what is beyond s³.
#[test]
fn the_residual_has_what_is_beyond_the_series() {
    struct Cube;
    impl Loss for Cube {
        fn dim(&self) -> usize {
            1
        }
        fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
            -(w[0].square() * w[0]) / S::from_f64(3.0)
        }
    }
    let problem = Problem::new("cube", Cube, DVector::from_vec(vec![1.0]));
    let times = [0.0, 0.5];
    let path = Curve {
        times: times.to_vec(),
        values: vec![vec![1.0], vec![1.875]],
        slopes: vec![vec![1.0], vec![2.75]],
    };
    let bound =
        with_cell(&of_descent(GradientFlow, 1), &problem, (0.05, 0.05), &times, |cell, _| {
            cell.residual(&path, 0)
        });
    assert!((0.765_625..2.0).contains(&bound), "{bound}");
}

#[test]
fn tubes_and_defects_contain_what_they_are_of() {
    let problem = preset("tiny-net", None, None, 1).unwrap();
    let times = nodes(0.25, 16);
    for theorem in [regularised(), of_descent(ThreeTerms::descent(), 3)] {
        with_cell(&theorem, &problem, (0.045, 0.05), &times, |cell, tracked| {
            let eps = cell.step_sizes;
            let path = cell.guide.solution(&times, cell.start, eps.middle());
            let tubes = cell.tubes(&path).unwrap();
            let flow = tracked.flow.float();
            for eps in [0.045, 0.0475, 0.05] {
                let from = |w: &[f64]| {
                    Continued::claimed(&*flow, problem.float(), eps, w.to_vec())
                        .with_tolerance(1e-14)
                };
                let mut solution = from(cell.start);
                for (k, tube) in tubes.iter().enumerate() {
                    let w = solution.at(times[k]).unwrap();
                    // A solver's last digits are not the tube's.
                    let inside =
                        |(x, &w): (&Interval, &f64)| x.lo() - 1e-12 <= w && w <= x.hi() + 1e-12;
                    assert!(tube.iter().zip(&w).all(inside), "{eps} {k}");
                    if times[k] > 0.15 {
                        continue;
                    }
                    let delta = cell.defect(&tubes, k).unwrap();
                    let end = from(&w).at(eps).unwrap();
                    let mut g = vec![0.0; w.len()];
                    let mut mean = vec![0.0; w.len()];
                    for batch in 0..problem.batches() {
                        problem.float().gradient(batch, &w, &mut g);
                        mean.iter_mut()
                            .zip(&g)
                            .for_each(|(m, g)| *m += g / problem.batches() as f64);
                    }
                    for i in 0..w.len() {
                        let found =
                            (w[i] - eps * mean[i] - end[i]) / eps.powi(tracked.order as i32 + 1);
                        let near = 1e-7; // what the solver's error is after dividing by ε^{p+1}
                        assert!(
                            delta[i].lo() - near <= found && found <= delta[i].hi() + near,
                            "{eps} {k} {i}: {found} {:?}",
                            delta[i]
                        );
                    }
                }
            }
        });
    }
}

/// On a slice that is almost a point, with one step size, the defect is known to five digits: nothing may be missing.
#[test]
fn the_defect_has_its_higher_orders() {
    let problem = preset("tiny-net", None, None, 1).unwrap();
    let times: Vec<f64> =
        [0.0, 1e-7].into_iter().chain((1..=30).map(|k| 0.002 * f64::from(k))).collect();
    with_cell(&regularised(), &problem, (0.05, 0.05), &times, |cell, tracked| {
        let path = cell.guide.solution(&times, cell.start, 0.05);
        let delta = cell.defect(&cell.tubes(&path).unwrap(), 0).unwrap();
        let flow = tracked.flow.float();
        let mut solution = Continued::claimed(&*flow, problem.float(), 0.05, cell.start.to_vec())
            .with_tolerance(1e-14);
        let end = solution.at(0.05).unwrap();
        let mut a = crate::arithmetic::Numeric::new(problem.float());
        let w = cell.start.to_vec();
        let g = crate::arithmetic::Arithmetic::gradient(&mut a, crate::arithmetic::Batch::Full, &w);
        for i in 0..w.len() {
            let found = (w[i] - 0.05 * g[i] - end[i]) / 0.05_f64.powi(3);
            assert!(
                delta[i].lo() - 1e-8 <= found && found <= delta[i].hi() + 1e-8,
                "{found} {:?}",
                delta[i]
            );
        }
    });
}

/// A step reaches every slice up to ε_b beyond the slice it begins on.
#[test]
fn steps_reach_beyond_their_slice() {
    let times = nodes(1.0, 8);
    with_cell(&regularised(), &one_point(), (0.1, 0.3), &times, |cell, _| {
        assert_eq!(cell.window(0), 0..=3); // 0.125 + 0.3 lies on the slice from 0.375 to 0.5
        assert_eq!(cell.window(6), 6..=7);
        assert_eq!(cell.reaching(0), 0..=0);
        assert_eq!(cell.reaching(3), 0..=3);
        assert_eq!(cell.reaching(5), 2..=5);
    });
}

/// A loss with a branch: x⁴ on one side, x² on the other.
struct Branching;

impl Loss for Branching {
    fn dim(&self) -> usize {
        1
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        let x = w[0] - S::one();
        if x.leading() > 0.5 { x.square() } else { x.square().square() }
    }
}

#[test]
fn losses_that_branch_have_no_certificate() {
    let problem = Problem::new("branching", Branching, DVector::from_vec(vec![1.75]));
    let found = certify(&of_descent(GradientFlow, 1), &problem, &coarse());
    assert!(failed(&found).contains("branches"), "{:?}", found.reason);
}

#[test]
fn what_cannot_be_bounded_fails_with_a_place() {
    // The flow of −x⁴ from 1 blows up at t = 1/8.
    struct Falling;
    impl Loss for Falling {
        fn dim(&self) -> usize {
            1
        }
        fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
            -w[0].square().square()
        }
    }
    let problem = Problem::new("falling", Falling, DVector::from_vec(vec![1.0]));
    let found = certify(&of_descent(GradientFlow, 1), &problem, &coarse());
    assert!(failed(&found).contains("slice"), "{:?}", found.reason);
    let huge = one_point().started_at("huge", DVector::from_vec(vec![1e200, 1e200]));
    let _ = failed(&certify(&regularised(), &huge, &coarse()));
}

#[test]
fn requests_that_ask_nothing_are_turned_down() {
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = coarse();
        change(&mut request);
        let found = certify(&regularised(), &one_point(), &request);
        failed(&found).to_owned()
    };
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(with(&|r| r.up_to = bad).contains("the largest step size"));
        assert!(with(&|r| r.horizon = bad).contains("the horizon"));
    }
    assert!(with(&|r| r.cells = 0).contains("cells"));
    assert!(with(&|r| r.slices = usize::MAX).contains("slices"));
    assert!(with(&|r| r.horizon = 1e-323).contains("too short"));
}

#[test]
fn the_bits_are_the_same_on_any_number_of_threads() {
    let request = Request { slices: 8, horizon: 0.25, ..coarse() };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| certify(&regularised(), &one_point(), &request))
    };
    assert_eq!(constant(&on(1)).to_bits(), constant(&on(3)).to_bits());
    assert_eq!(on(1).bounds, on(3).bounds);
}

#[test]
fn constants_are_printed_rounded_up() {
    for (x, shown) in
        [(0.241_632, "0.2417"), (0.2417, "0.2417"), (11.930_1, "11.94"), (9.999_6, "10")]
    {
        assert_eq!(rounded_up(x), shown);
    }
    for k in 1..2000 {
        let x = f64::from(k).sqrt() * 1e-3;
        assert!(rounded_up(x).parse::<f64>().unwrap() >= x);
    }
}

#[test]
fn fifty_attacks_find_nothing() {
    let standard = Catalogue::standard();
    let mut catalogue = Catalogue::default();
    for id in [
        "gradient-flow",
        "implicit-gradient-regularization",
        "three-terms",
        "sam",
        "extragradient",
        "explicit-midpoint",
        "natural-gradient",
    ] {
        catalogue.push(standard.theorem(id).unwrap().clone()).unwrap();
    }
    let found = attack(&catalogue, 50, 7, &|_| ());
    assert_eq!(found.attacks.len(), 62);
    assert_eq!(found.wrong().next(), None, "{found}");
    // Most of them are certified, or nothing was attacked.
    assert!(found.ratios().len() >= 45, "{found}");
    let families: std::collections::BTreeSet<&str> =
        found.attacks.iter().map(|attack| attack.loss.as_str()).collect();
    assert!(families.len() >= 4, "{families:?}");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let alone = pool.install(|| attack(&catalogue, 7, 7, &|_| ()));
    assert_eq!(alone.attacks[..7], found.attacks[..7]);
    assert_eq!(attack(&Catalogue::default(), 4, 7, &|_| ()), Attacks::default());
}

#[test]
fn attacks_are_wrong_if_a_constant_is_too_small_or_too_much_was_proved() {
    let made = |sabotage: Option<&str>, constant, sampled| Attack {
        theorem: "descent".to_owned(),
        loss: "quadratic".to_owned(),
        seed: 1,
        horizon: 1.0,
        up_to: 0.05,
        sabotage: sabotage.map(str::to_owned),
        constant,
        sampled,
        reason: None,
    };
    for (sabotage, constant, sampled, wrong) in [
        (None, Some(0.3), Some(0.2), false),
        (None, Some(0.2), Some(0.2), false),
        (None, Some(0.2), Some(0.2_f64.next_up()), true),
        (None, Some(f64::NAN), Some(0.2), true),
        (None, None, None, false),
        (None, Some(0.2), None, false),
        (Some("omit term"), None, None, false),
        (Some("omit term"), Some(9.0), None, true),
        (Some("omit term"), Some(f64::NAN), None, true),
    ] {
        let attack = made(sabotage, constant, sampled);
        assert_eq!(attack.is_wrong(), wrong, "{attack}");
        let all = Attacks { attacks: vec![attack] };
        assert_eq!(all.to_string().contains("WRONG"), wrong, "{all}");
        assert_eq!(all.wrong().count(), usize::from(wrong));
    }
}
