//! Certificates against what is known otherwise, and against claims that are false.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use nalgebra::{DMatrix, DVector};

use super::attack::{Attack, Attacks, attack};
use super::cell::Cell;
use super::curve::{Curve, slope, value};
use super::enclosed::{Enclosed, Moving};
use super::guide::Guide;
use super::ready::tie;
use super::{Certified, Request, Status, certify, nodes, rounded_down, rounded_up};
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

/// Its values at the times `off` the middle of the slice.
fn at(moving: &Moving, off: Interval) -> Vec<Interval> {
    moving.middle.iter().zip(&moving.drift).map(|(&x, &v)| x + off * v).collect()
}

fn sum(x: &[Interval], y: &[Interval]) -> Vec<Interval> {
    x.iter().zip(y).map(|(&x, &y)| x + y).collect()
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
            let found = certify(&regularised(), &problem, &request);
            let (k, sampled) = (constant(&found), found.sampled.unwrap());
            let mut truth = 0.0_f64;
            for j in 1..=300 {
                let eps = up_to * f64::from(j) / 300.0;
                for n in 1..=(1.0 / eps) as i32 {
                    let flow = (-(lambda + eps * lambda * lambda / 2.0) * f64::from(n) * eps).exp();
                    truth = truth.max(((1.0 - eps * lambda).powi(n) - flow).abs() / (eps * eps));
                }
            }
            assert!(k >= truth, "{lambda} {up_to}: {k} {truth}");
            let seen = sampled / truth;
            assert!((0.95..1.0 + 1e-6).contains(&seen), "{lambda} {up_to}: {sampled} {truth}");
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
            let eps_cell = cell.step_sizes;
            let path = cell.guide.solution(&times, cell.start, eps_cell.middle());
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
                    assert!(tube.whole.iter().zip(&w).all(inside), "{eps} {k}");
                    let half = 0.5 * (times[k + 1] - times[k]);
                    let w_middle = solution.at(times[k] + half).unwrap();
                    assert!(tube.middle.iter().zip(&w_middle).all(inside), "{eps} {k}");
                    if times[k] > 0.15 {
                        continue;
                    }
                    let velocity = cell.claim.velocity(eps_cell, &tube.whole);
                    let delta = cell.defect(&tubes, k, &velocity).unwrap();
                    let half = Interval::from(0.5 * (times[k + 1] - times[k]));
                    // The slice begins half its length before its middle.
                    let delta = sum(&at(&delta.moving, -half), &delta.rest);
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
        let tubes = cell.tubes(&path).unwrap();
        let velocity = cell.claim.velocity(cell.step_sizes, &tubes[0].whole);
        let delta = cell.defect(&tubes, 0, &velocity).unwrap();
        let half = Interval::from(0.5e-7);
        let delta = sum(&at(&delta.moving, -half), &delta.rest);
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

/// The flow of −x⁴ from 1 blows up at t = 1/8.
struct Falling;
impl Loss for Falling {
    fn dim(&self) -> usize {
        1
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        -w[0].square().square()
    }
}

#[test]
fn what_cannot_be_bounded_fails_with_a_place() {
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
        assert!(rounded_down(x).parse::<f64>().unwrap() <= x);
        assert!(rounded_down(x).len() < 11, "{x}");
    }
    for (x, shown) in [(0.05, "0.05"), (0.010_112_92, "0.01011"), (0.161_89, "0.1618"), (1.0, "1")]
    {
        assert_eq!(rounded_down(x), shown);
    }
}

#[test]
fn a_certificate_that_is_foreseen_to_take_too_long_is_not_begun() {
    let (theorem, problem) = (
        of_descent(GradientPenalty::default(), 2),
        preset("factorisation", None, None, 1).unwrap(),
    );
    let request = Request { cells: 2, slices: 32, ..Request::default() };
    let within = |budget| super::certify_within(&theorem, &problem, &request, budget);
    for budget in [None, Some(1000.0)] {
        assert_eq!(within(budget).status, Status::Certified, "{budget:?}");
    }
    let endless = Request { cells: 1 << 20, slices: 1 << 20, ..request.clone() };
    let began = std::time::Instant::now();
    let found = super::certify_within(&theorem, &problem, &endless, Some(1.0));
    assert!(began.elapsed().as_secs() < 30);
    assert_eq!((found.status, found.constant), (Status::Failed, None));
    assert!(found.reason.unwrap().contains("more than the 1 s of the budget"));
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

/// A step from w̃(t) + εᵖ (z(t) + x), for any curve z, leaves x_{n+1} = x + ε (N x + B) behind: B is in the source, and
/// |x + ε N x| ≤ (1 + ε μ)|x|.
#[test]
fn sources_and_rates_are_above_what_steps_do() {
    let bumpy = |times: &[f64], dim: usize| {
        let at = |of: &dyn Fn(f64) -> f64| -> Vec<Vec<f64>> {
            times.iter().map(|&t| (0..dim).map(|i| of(t + 0.3 * i as f64)).collect()).collect()
        };
        let (values, slopes) = (at(&|t| 4.0 * (5.0 * t).sin()), at(&|t| 20.0 * (5.0 * t).cos()));
        Curve { times: times.to_vec(), values, slopes }
    };
    let narrow = (0.0495, 0.05);
    for (theorem, slices, sizes) in [
        (of_descent(GradientFlow, 1), 16, narrow),
        (regularised(), 60, narrow),
        (regularised(), 6, narrow),
        (regularised(), 240, (0.02, 0.05)),
        (heun(), 60, narrow),
    ] {
        let times = nodes(0.3, slices);
        with_cell(&theorem, &one_point(), sizes, &times, |cell, tracked| {
            let eps = cell.step_sizes;
            let path = cell.guide.solution(&times, cell.start, eps.middle());
            let tubes = cell.tubes(&path).unwrap();
            let z = bumpy(&times, 2);
            let power = |eps: f64| eps.powi(tracked.order as i32);
            let reach = power(0.05) * 7.0;
            let (flow, optimizer) = (tracked.flow.float(), tracked.optimizer.float());
            let step = |eps: f64, w: Vec<f64>| {
                let mut a = crate::arithmetic::Numeric::new(one_point().float());
                let steps = crate::optimizer::Steps::default();
                let mut state = crate::optimizer::State { w, memory: Vec::new(), steps };
                optimizer.step(&mut a, &eps, crate::arithmetic::Batch::Full, &mut state);
                state.w
            };
            let shown = |t: f64| {
                let k = times.windows(2).position(|pair| t <= pair[1]).unwrap();
                let s = Interval::from(t - times[k]);
                z.piece(k).iter().map(|c| value(c, s).middle()).collect::<Vec<f64>>()
            };
            for k in (0..slices * 3 / 4).step_by(slices / 6) {
                let slice = cell.slice(&tubes, k, 6.0).unwrap();
                let (rate, source) = cell.step_parts(&z, &slice, k, reach).unwrap();
                for eps in [sizes.0, sizes.1] {
                    for share in [0.0, 0.5, 1.0] {
                        let t = times[k] + share * (times[k + 1] - times[k]);
                        let mut solution = Continued::claimed(
                            &*flow,
                            one_point().float(),
                            eps,
                            cell.start.to_vec(),
                        )
                        .with_tolerance(1e-14);
                        let (w, later) = (solution.at(t).unwrap(), solution.at(t + eps).unwrap());
                        let (z, ahead) = (shown(t), shown(t + eps));
                        let from = |x: &[f64]| -> Vec<f64> {
                            (0..2).map(|i| w[i] + power(eps) * (z[i] + x[i])).collect()
                        };
                        let next = step(eps, from(&[0.0, 0.0]));
                        for i in 0..2 {
                            let left = ((next[i] - later[i]) / power(eps) - ahead[i]) / eps;
                            assert!(
                                source[i].lo() - 1e-6 <= left && left <= source[i].hi() + 1e-6,
                                "{} {k} {eps} {share} {i}: {left} {:?}",
                                tracked.order,
                                source[i]
                            );
                        }
                        // Steps from two points as far apart as they may be.
                        for turn in 0..12 {
                            let angle = f64::from(turn) * std::f64::consts::PI / 6.0;
                            let e = [0.99 * reach * angle.cos(), 0.99 * reach * angle.sin()];
                            for across in [[1e-6, 0.0], [0.0, 1e-6], [7e-7, 7e-7], [7e-7, -7e-7]] {
                                let point = |sign: f64| {
                                    (0..2).map(|i| w[i] + e[i] + sign * across[i]).collect()
                                };
                                let (a, b) = (step(eps, point(1.0)), step(eps, point(-1.0)));
                                let far = |x: [f64; 2]| x[0].hypot(x[1]);
                                let grown = far([a[0] - b[0], a[1] - b[1]]);
                                let limit = (1.0 + eps * rate) * 2.0 * far(across);
                                assert!(grown <= limit * (1.0 + 1e-8), "{k} {eps} {turn}: {rate}");
                            }
                        }
                    }
                }
            }
        });
    }
}

fn heun() -> Theorem {
    Catalogue::standard().theorem("heun").unwrap().clone()
}

/// On λw²/2 all is known: a step of the flow multiplies by e^{−λε}, its Taylor coefficients have one term each and nothing
/// blurs the remainder, which is less than it is where the step begins.
#[test]
fn the_remainder_of_the_flow_is_taken_from_all_of_the_step() {
    let (lambda, eps) = (2.0_f64, 0.3_f64);
    let loss =
        Quadratic::new(vec![DMatrix::from_element(1, 1, lambda)], vec![DVector::zeros(1)]).unwrap();
    let problem = Problem::new("parabola", loss, DVector::from_vec(vec![1.0]));
    let times: Vec<f64> =
        [0.0, 1e-6].into_iter().chain((1..=400).map(|k| 0.001 * f64::from(k))).collect();
    for (theorem, order) in [(of_descent(GradientFlow, 1), 1), (regularised(), 2)] {
        with_cell(&theorem, &problem, (eps, eps), &times, |cell, _| {
            let path = cell.guide.solution(&times, cell.start, eps);
            let tubes = cell.tubes(&path).unwrap();
            let velocity = cell.claim.velocity(cell.step_sizes, &tubes[0].whole);
            let delta = cell.defect(&tubes, 0, &velocity).unwrap();
            let found = sum(&at(&delta.moving, Interval::from(-0.5e-6)), &delta.rest)[0];
            let rate = if order == 1 { lambda } else { lambda + eps * lambda * lambda / 2.0 };
            let exact = (1.0 - eps * lambda - (-rate * eps).exp()) / eps.powi(order + 1);
            assert!(found.lo() - 1e-9 <= exact && exact <= found.hi() + 1e-9, "{exact} {found:?}");
            // Wide enough for where the step ends, and not for the other sign.
            let fourth = eps * eps * lambda.powi(4) / 24.0;
            assert!(order == 2 || found.width() < fourth, "{found:?}");
        });
    }
}

/// w′ = 1 + w + (w/g)⁶⁴/100 from 0, g = 9/16, is tame up to g and blows up before t = 1/2. A first guess of the radius
/// around the curve that stays at 0 is about g.
#[test]
fn a_tube_that_is_left_is_none() {
    struct Explosive;
    impl Loss for Explosive {
        fn dim(&self) -> usize {
            1
        }
        fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
            let x = w[0].scale(16.0 / 9.0);
            let high = (0..6).fold(x, |power, _| power.square()) * x;
            -(w[0] + w[0].square().scale(0.5) + high.scale(0.01 * 9.0 / 16.0 / 65.0))
        }
    }
    let problem = Problem::new("explosive", Explosive, DVector::from_vec(vec![0.0]));
    let along = |end: f64| {
        let times = [0.0, end];
        let stays = Curve {
            times: times.to_vec(),
            values: vec![vec![0.0], vec![0.0]],
            slopes: vec![vec![0.0], vec![0.0]],
        };
        with_cell(&of_descent(GradientFlow, 1), &problem, (0.01, 0.01), &times, |cell, _| {
            cell.tubes(&stays).map(|tubes| tubes[0].whole[0])
        })
    };
    assert!(along(0.25).is_ok_and(|tube| tube.contains(0.25_f64.exp() - 1.0)));
    assert!(along(0.5).is_err());
}

#[test]
fn the_reach_is_that_of_the_largest_step() {
    for (theorem, order) in [(of_descent(GradientFlow, 1), 1), (regularised(), 2)] {
        with_cell(&theorem, &one_point(), (0.1, 0.3), &[0.0, 1.0], |cell, _| {
            let reach = cell.reach(Interval::from(5.0));
            assert!((5.0 * 0.3_f64.powi(order)..1.6).contains(&reach), "{reach}");
        });
    }
}

/// What the mean-value form says of A_{p+1} and A_{p+2} holds at points of the box and along lines through it.
#[test]
fn leading_coefficients_are_enclosed_in_boxes_and_along_the_flow() {
    for (theorem, depth) in [
        (of_descent(GradientFlow, 1), 2),
        (regularised(), 2),
        (of_descent(ThreeTerms::descent(), 3), 2),
    ] {
        with_cell(&theorem, &one_point(), (0.04, 0.05), &[0.0, 1.0], |cell, tracked| {
            let near = |x: f64, r: f64| Interval::new(x - r, x + r);
            let (whole, middle) =
                ([near(1.4, 2e-3), near(0.3, 2e-3)], [near(1.4, 1e-3), near(0.3, 1e-3)]);
            let velocity = [Interval::from(0.5), Interval::from(-2.0)];
            let found = cell.claim.leading_gaps(&whole, &middle, &velocity).unwrap();
            assert_eq!(found.len(), depth);
            let order = tracked.order as usize;
            let exact = |w: [f64; 2], k: usize, i: usize| {
                let point = w.map(Interval::from);
                let gap = cell.claim.gap(Interval::from(0.0), &point, order + 3).unwrap();
                gap[i].coefficient(k).middle()
            };
            for (k, found) in (order + 1..).zip(&found) {
                for (x, y) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (0.0, 0.3)] {
                    let w = [1.4 + 9.9e-4 * x, 0.3 + 9.9e-4 * y];
                    let moved = |s: f64| [w[0] + 0.5 * s, w[1] - 2.0 * s];
                    for i in 0..2 {
                        let here = exact(w, k, i);
                        let rate = (exact(moved(1e-5), k, i) - exact(moved(-1e-5), k, i)) / 2e-5;
                        let Moving { middle, drift } = found;
                        let in_middle =
                            middle[i].lo() - 1e-9 <= here && here <= middle[i].hi() + 1e-9;
                        assert!(in_middle, "{order} {k} {i}: {here} {:?}", middle[i]);
                        let in_drift = drift[i].lo() - 1e-5 <= rate && rate <= drift[i].hi() + 1e-5;
                        assert!(in_drift, "{order} {k} {i}: {rate} {:?}", drift[i]);
                    }
                }
            }
        });
    }
}

#[test]
fn means_of_second_derivatives_are_within_what_is_said_of_them() {
    let times = nodes(1.0, 40);
    let on = |of: &dyn Fn(f64) -> f64| times.iter().map(|&t| vec![of(t)]).collect::<Vec<_>>();
    let z = Curve {
        times: times.clone(),
        values: on(&|t| (7.0 * t).sin()),
        slopes: on(&|t| 7.0 * (7.0 * t).cos()),
    };
    let show = |t: f64, of: &dyn Fn(&super::curve::Cubic, Interval) -> Interval| {
        let k = times.windows(2).position(|pair| t <= pair[1]).unwrap();
        of(&z.piece(k)[0], Interval::from(t - times[k])).middle()
    };
    with_cell(&regularised(), &one_point(), (0.02, 0.1), &times, |cell, _| {
        for k in [0, 3, 17, 30] {
            let (rate, left) = cell.bends(&z, k, 0);
            let here = 0.5 * (times[k] + times[k + 1]);
            for (share, eps) in [(0.0, 0.02), (0.0, 0.1), (1.0, 0.1), (1.0, 0.02), (0.4, 0.07)] {
                let t = times[k] + share * (times[k + 1] - times[k]);
                let ahead = show(t + eps, &value) - show(t, &value) - eps * show(t, &slope);
                let mean = 2.0 * ahead / (eps * eps) - rate.middle() * (t + eps / 3.0 - here);
                assert!(left.lo() - 1e-8 <= mean && mean <= left.hi() + 1e-8, "{k} {eps} {left:?}");
            }
            // Narrow, because the straight part is taken out: z‴ is 343.
            assert!(left.width() < 20.0, "{left:?}");
        }
    });
}
