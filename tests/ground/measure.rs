//! The statistics on synthetic data whose truth is known: fitted orders, dropped floors,
//! extrapolated coefficients and the coverage of their bars.

#![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly
#![allow(clippy::float_cmp)] // numbers that are only passed on arrive unchanged

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shadowflow::measure::{
    FLOOR_FACTOR, Hidden, LEAST_POINTS, Model, OrderFit, Point, Spread, Weight,
    extrapolate_to_zero, extrapolate_vector, fit_order, keep_above_floor, norm, project,
};

/// A standard normal number, as the sum of twelve uniform ones.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

fn log_uniform(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    rng.random_range(low.ln()..high.ln()).exp()
}

fn halvings(coarsest: f64, count: usize) -> Vec<f64> {
    (0..count).map(|j| coarsest / f64::powi(2.0, j as i32)).collect()
}

fn points(step_sizes: &[f64], error: impl Fn(f64) -> f64) -> Vec<Point> {
    let point =
        |&step_size: &f64| Point { step_size, error: error(step_size), floor: 0.0, used: true };
    step_sizes.iter().map(point).collect()
}

/// The fit with the next term, which orders of theorems are read from.
fn fit(points: &[Point]) -> Option<OrderFit> {
    fit_order(points, Model::Series)
}

#[test]
fn a_power_law_is_fitted_exactly() {
    for (order, factor) in [(1.0, 3.0), (2.0, 1e-6), (3.5, 40.0), (5.0, 1.0)] {
        let found = fit(&points(&halvings(0.125, 8), |e| factor * e.powf(order))).unwrap();
        assert!((found.order - order).abs() < 1e-10);
        assert!((found.intercept - f64::ln(factor)).abs() < 1e-9, "{found:?}");
        assert!(found.half_width < 1e-9);
        assert_eq!(found.pairwise.len(), 7);
        assert!(found.pairwise.iter().all(|slope| (slope - order).abs() < 1e-9));
    }
}

#[test]
fn the_next_term_is_not_mistaken_for_a_lower_order() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for _ in 0..500 {
        let order = rng.random_range(1.0..5.0);
        let (factor, next) = (log_uniform(&mut rng, 1e-4, 1e4), rng.random_range(-2.0..2.0));
        let law = |e: f64| factor * e.powf(order) * (1.0 + next * e);
        let found = fit(&points(&halvings(0.1, 6), law)).unwrap();
        assert!((found.order - order).abs() < 0.01, "{order}, {factor}, {next}: {found:?}");
        let coarsest = (found.pairwise[0] - order).abs();
        assert!(coarsest < 0.05 || (found.order - order).abs() < 0.5 * coarsest);
    }
}

/// The share of power laws with scattered errors whose interval contains the order.
fn share_inside(count: usize, seed: u64) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let series = 4000;
    let mut inside = 0;
    for _ in 0..series {
        let order = rng.random_range(1.0..4.0);
        let scattered = |step_size: f64| {
            let log = order * step_size.ln() + 1e-3 * normal(&mut rng);
            Point { step_size, error: log.exp(), floor: 0.0, used: true }
        };
        let ladder: Vec<Point> = halvings(0.1, count).into_iter().map(scattered).collect();
        let found = fit_order(&ladder, Model::PowerLaw).unwrap();
        inside += usize::from((found.order - order).abs() <= found.half_width);
    }
    inside as f64 / f64::from(series)
}

#[test]
fn the_half_width_of_scattered_errors_is_a_95_percent_interval() {
    for count in [5, 6, 8, 12, 20] {
        let coverage = share_inside(count, 12);
        println!("{count} points: coverage {coverage:.3}");
        assert!((0.935..0.965).contains(&coverage), "{count}: {coverage}");
    }
}

/// Norms of A εᵖ (v₀ + v₁ ε + v₂ ε² + v₃ ε³) with random vectors in three dimensions, rounded at a floor:
/// the share whose bar contains p, and the median bar.
fn truncated(count: usize, roughness: f64, floor: f64, seed: u64) -> (f64, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut inside = 0_u32;
    let mut bars = Vec::new();
    for _ in 0..2000 {
        let order = f64::from(rng.random_range(1..6));
        let vectors: [[f64; 3]; 4] =
            std::array::from_fn(|_| std::array::from_fn(|_| normal(&mut rng)));
        let step_sizes = halvings(0.1, count);
        let errors: Vec<f64> = step_sizes
            .iter()
            .map(|e| {
                let component = |i: usize| -> f64 {
                    (0..4).map(|k| vectors[k][i] * (roughness * e).powi(k as i32)).sum()
                };
                let size = e.powf(order) * norm(&[component(0), component(1), component(2)]);
                (size + floor * rng.random_range(-1.0..1.0)).abs()
            })
            .collect();
        let ladder = keep_above_floor(&step_sizes, &errors, &vec![floor; count]);
        let Some(found) = fit_order(&ladder, Model::Series) else { continue };
        inside += u32::from((found.order - order).abs() <= found.half_width);
        bars.push(found.half_width);
    }
    bars.sort_by(f64::total_cmp);
    (f64::from(inside) / bars.len() as f64, bars[bars.len() / 2])
}

#[test]
fn the_bar_of_an_order_covers_what_truncation_leaves_of_it() {
    for count in [5, 6, 8, 12] {
        for roughness in [0.1, 1.0, 3.0] {
            for floor in [0.0, 1e-16, 1e-11] {
                let (coverage, median) = truncated(count, roughness, floor, 16);
                println!(
                    "{count} points, {roughness}, {floor}: {coverage:.3}, median {median:.1e}"
                );
                assert!(coverage >= 0.95, "{count}, {roughness}, {floor}: {coverage}");
                assert!(
                    median < 0.02 * f64::max(1.0, roughness),
                    "{count}, {roughness}, {floor}: {median}"
                );
            }
        }
    }
}

#[test]
fn points_near_the_floor_are_dropped_by_rule_and_no_others() {
    let step_sizes = halvings(0.25, 6);
    let floor = 1e-12;
    let errors =
        [1e-3, FLOOR_FACTOR * floor, 0.99 * FLOOR_FACTOR * floor, 0.0, f64::NAN, f64::INFINITY];
    let kept = keep_above_floor(&step_sizes, &errors, &[floor; 6]);
    let used: Vec<bool> = kept.iter().map(|p| p.used).collect();
    assert_eq!(used, [true, true, false, false, false, false]);
    assert!(kept.iter().zip(&step_sizes).all(|(p, &e)| p.step_size == e));
    // A floor that is not known condemns the point.
    assert!(!keep_above_floor(&[0.1], &[1.0], &[f64::NAN])[0].used);
}

#[test]
fn an_error_that_has_no_logarithm_is_not_fitted_even_without_a_floor() {
    for (error, used) in
        [(0.0, false), (f64::MIN_POSITIVE, true), (f64::INFINITY, false), (f64::NAN, false)]
    {
        assert_eq!(keep_above_floor(&[0.1], &[error], &[0.0])[0].used, used, "{error}");
    }
}

#[test]
fn a_fit_sees_only_the_points_kept() {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    let step_sizes = halvings(0.1, 14);
    let floor = 1e-11;
    let noisy = |e: &f64| (0.3 * e.powi(3) + floor * normal(&mut rng)).abs();
    let errors: Vec<f64> = step_sizes.iter().map(noisy).collect();
    let ladder = keep_above_floor(&step_sizes, &errors, &[floor; 14]);
    let kept: Vec<Point> = ladder.iter().copied().filter(|p| p.used).collect();
    assert!((LEAST_POINTS..10).contains(&kept.len()), "{}", kept.len());
    assert_eq!(fit(&ladder), fit(&kept));
    assert!((fit(&ladder).unwrap().order - 3.0).abs() < 0.01);
    // Without the rule the floor would pull a line down.
    let everything: Vec<Point> = ladder.iter().map(|&p| Point { used: true, ..p }).collect();
    assert!((fit_order(&everything, Model::PowerLaw).unwrap().order - 3.0).abs() > 0.05);
}

#[test]
fn fewer_than_five_points_carry_no_order() {
    for count in 0..10 {
        let found = fit(&points(&halvings(0.1, count), |e| e * e));
        assert_eq!(found.is_some(), count >= 5, "{count} points");
    }
    let mut ladder = points(&halvings(0.1, 8), |e| e * e);
    ladder[2..6].iter_mut().for_each(|p| p.used = false);
    assert_eq!(fit(&ladder), None);
}

#[test]
fn a_projection_finds_the_weights_and_bounds_the_noise() {
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    for _ in 0..300 {
        let (dim, terms) = (rng.random_range(3..8), rng.random_range(1..3));
        let mut draw =
            |size: f64| -> Vec<f64> { (0..dim).map(|_| size * normal(&mut rng)).collect() };
        // Effects of very different size: the system is normalised.
        let effects: Vec<Vec<f64>> = (0..terms).map(|k| draw([1e-9, 1e3][k])).collect();
        let weights = draw(1.0);
        let noise = draw(1e-6);
        let combine = |noise: &[f64]| -> Vec<f64> {
            let share = |k: usize, i: usize| weights[k] / norm(&effects[k]) * effects[k][i];
            (0..dim).map(|i| (0..terms).map(|k| share(k, i)).sum::<f64>() + noise[i]).collect()
        };
        let clean = found(&combine(&vec![0.0; dim]), &effects);
        let noisy = found(&combine(&noise), &effects);
        for k in 0..terms {
            let truth = weights[k] / norm(&effects[k]);
            assert!((clean[k].0 - truth).abs() <= 1e-9 * clean[k].1);
            assert!((noisy[k].0 - clean[k].0).abs() <= 1.000_001 * noisy[k].1 * norm(&noise));
        }
    }
}

/// The weights of effects that all have one.
fn found(error: &[f64], effects: &[Vec<f64>]) -> Vec<(f64, f64)> {
    project(error, effects, 0.0).unwrap().iter().map(|w| w.found().unwrap()).collect()
}

#[test]
fn effects_that_cannot_be_told_apart_have_no_weights_and_say_why() {
    let error = [1.0, 2.0, 3.0];
    let v = vec![0.5, -1.0, 2.0];
    let scaled = |c: f64| v.iter().map(|x| c * x).collect::<Vec<f64>>();
    let hidden = |error: &[f64], effects: &[Vec<f64>], noise: f64| -> Vec<Option<Hidden>> {
        (project(error, effects, noise).unwrap().into_iter())
            .map(|weight| match weight {
                Weight::Hidden(why) => Some(why),
                Weight::Found { .. } => None,
            })
            .collect()
    };
    let axis = vec![1.0, 0.0, 0.0];
    assert_eq!(hidden(&error, &[v.clone(), axis.clone()], 0.0), [None, None]);
    for collinear in [scaled(1.0), scaled(-3e7), vec![0.5, -1.0, 2.0 + 1e-6]] {
        let same = [Some(Hidden::Same(vec![1])), Some(Hidden::Same(vec![0]))];
        assert_eq!(hidden(&error, &[v.clone(), collinear.clone()], 0.0), same);
        // A third effect keeps its weight, whichever of the two is meant.
        let effects = [v.clone(), collinear, axis.clone()];
        assert_eq!(hidden(&error, &effects, 0.0)[2], None);
        let alone = found(&error, &[v.clone(), axis.clone()])[1].0;
        let beside = project(&error, &effects, 0.0).unwrap()[2].found().unwrap().0;
        assert!((alone - beside).abs() < 1e-6, "{alone} {beside}");
    }
    // One a little further apart is told apart.
    let apart = vec![0.5, -1.0, 2.0 + 1e-3];
    assert_eq!(hidden(&error, &[v.clone(), apart], 0.0), [None, None]);
    assert_eq!(hidden(&error, &[vec![0.0; 3], v.clone()], 0.0), [Some(Hidden::Nothing), None]);
    // Below the noise there is no effect, above it there is.
    assert_eq!(hidden(&error, &[scaled(1e-9)], norm(&scaled(1.1e-9))), [Some(Hidden::Nothing)]);
    assert_eq!(hidden(&error, &[scaled(1e-9)], norm(&scaled(0.9e-9))), [None]);
    assert_eq!(project(&error, &[vec![f64::NAN, 1.0, 1.0]], 0.0), None);
    assert_eq!(project(&[f64::INFINITY, 0.0, 0.0], std::slice::from_ref(&v), 0.0), None);
    // More terms than coordinates.
    let many = Some(Hidden::TooMany { effects: 2, components: 1 });
    assert_eq!(hidden(&[1.0], &[vec![1.0], vec![2.0]], 0.0), [many.clone(), many]);
    let plane = [vec![1.0, 0.0], vec![1.0, 1.0], vec![-1.0, 2.0]];
    let many = Some(Hidden::TooMany { effects: 3, components: 2 });
    assert_eq!(hidden(&[1.0, 2.0], &plane, 0.0), [many.clone(), many.clone(), many]);
    // A sum of two others.
    let sum: Vec<f64> = v.iter().zip(&axis).map(|(a, b)| a + b).collect();
    let of = |others: [usize; 2]| Some(Hidden::Combination(others.to_vec()));
    let expected = [of([1, 2]), of([0, 2]), of([0, 1])];
    assert_eq!(hidden(&error, &[v.clone(), axis, sum], 0.0), expected);
}

#[test]
fn the_limit_of_a_vector_lies_in_the_bar_of_its_norm() {
    let mut rng = ChaCha8Rng::seed_from_u64(77);
    for dim in [1, 2, 5, 40] {
        let mut misses = 0;
        for _ in 0..500 {
            let mut draw = || -> Vec<f64> { (0..dim).map(|_| normal(&mut rng)).collect() };
            let (limit, slope, bend) = (draw(), draw(), draw());
            let steps = halvings(0.125, 6);
            let at = |eps: f64| -> Vec<f64> {
                (0..dim).map(|i| limit[i] + eps * slope[i] + eps * eps * bend[i]).collect()
            };
            let values: Vec<Vec<f64>> = steps.iter().map(|&eps| at(eps)).collect();
            let (found, bar) = extrapolate_vector(&steps, &values, &[1e-13; 6]).unwrap();
            let off: Vec<f64> = found.iter().zip(&limit).map(|(a, b)| a - b).collect();
            misses += usize::from(norm(&off) > bar);
            assert!(bar < 1e-8, "{bar:e}");
        }
        assert_eq!(misses, 0, "{dim}");
    }
    assert_eq!(extrapolate_vector(&[0.2, 0.1], &[vec![1.0], vec![1.1]], &[0.0; 2]), None);
}

/// The shares of random series whose bar, and twice whose bar, contains the limit, and the median
/// half-width.
fn coverage(seed: u64, step_sizes: &[f64], noise: f64, series: usize) -> ([f64; 2], f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut inside = [0; 2];
    let mut widths = Vec::new();
    for _ in 0..series {
        let limit = rng.random_range(-1.0..1.0);
        let size = log_uniform(&mut rng, 0.01, 10.0);
        let rates: Vec<f64> = (0..8).map(|_| size * normal(&mut rng)).collect();
        let value = |e: f64| limit + rates.iter().rev().fold(0.0, |sum, c| (sum + c) * e);
        // Noise in the errors weighs 1/ε² in a coefficient.
        let bars: Vec<f64> = step_sizes.iter().map(|e| noise / (e * e)).collect();
        let values: Vec<f64> = (step_sizes.iter().zip(&bars))
            .map(|(&e, bar)| value(e) + bar * rng.random_range(-1.0..1.0))
            .collect();
        let found = extrapolate_to_zero(step_sizes, &values, &bars).unwrap();
        let gap = (found.value - limit).abs();
        inside[0] += usize::from(gap <= found.half_width);
        inside[1] += usize::from(gap <= 2.0 * found.half_width);
        widths.push(found.half_width);
    }
    widths.sort_by(f64::total_cmp);
    (inside.map(|n| n as f64 / series as f64), widths[series / 2])
}

#[test]
fn bars_contain_the_limit_and_are_narrow() {
    let by_two: Vec<f64> = [8, 10, 12, 14, 16, 18].iter().map(|&n| 0.8 / f64::from(n)).collect();
    // A claim is refuted beyond two bars, so that is where misses must be rare.
    for (name, step_sizes, noise, least, width) in [
        ("six halvings, clean", halvings(0.125, 6), 0.0, [0.999, 0.9999], 1e-6),
        ("six halvings, noisy", halvings(0.125, 6), 1e-12, [0.999, 0.9999], 1e-5),
        ("eight halvings, noisy", halvings(0.0625, 8), 1e-12, [0.999, 0.9999], 1e-5),
        ("even numbers of steps", by_two, 1e-12, [0.999, 0.9999], 1e-4),
    ] {
        let (shares, median) = coverage(15, &step_sizes, noise, 20_000);
        println!("{name}: coverage {shares:.4?}, median half-width {median:.1e}");
        assert!(shares[0] >= least[0] && shares[1] >= least[1], "{name}: {shares:?}");
        assert!(median <= width, "{name}: {median:.1e}");
    }
}

#[test]
fn fewer_than_three_values_have_no_limit() {
    assert_eq!(extrapolate_to_zero(&[], &[], &[]), None);
    assert_eq!(extrapolate_to_zero(&[0.2, 0.1], &[1.0, 1.1], &[0.0; 2]), None);
    let three = extrapolate_to_zero(&[0.4, 0.2, 0.1], &[1.8, 1.4, 1.2], &[0.0; 3]).unwrap();
    assert!((three.value - 1.0).abs() < 1e-14);
    assert_eq!(extrapolate_to_zero(&[0.4, 0.2, 0.1], &[f64::NAN; 3], &[0.0; 3]), None);
}

#[test]
fn a_norm_neither_overflows_nor_hides_a_nan() {
    assert_eq!(norm(&[3.0, -4.0]), 5.0);
    assert_eq!(norm(&[]), 0.0);
    assert!((norm(&[3e200, 4e200]) / 5e200 - 1.0).abs() < 1e-15);
    assert!((norm(&[3e-200, 4e-200]) / 5e-200 - 1.0).abs() < 1e-15);
    assert!(norm(&[1.0, f64::NAN, 2.0]).is_nan());
    assert_eq!(norm(&[1.0, f64::INFINITY]), f64::INFINITY);
}

/// The mean, the deviation and the ends of a sample with known ones.
#[test]
fn spreads_are_those_of_the_sample() {
    let spread = Spread::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
    assert_eq!((spread.count, spread.mean, spread.least, spread.most), (8, 5.0, 2.0, 9.0));
    assert!((spread.deviation - (32.0_f64 / 7.0).sqrt()).abs() < 1e-14);
    let bar = spread.estimate().half_width;
    assert!((bar - 2.365 * (32.0_f64 / 56.0).sqrt()).abs() < 1e-12, "{bar}");
    assert_eq!(Spread::of(&[3.0]).estimate().half_width, f64::INFINITY);
    assert!(Spread::of(&[]).mean.is_nan());
    // Forty times 0.8, summed and divided, is not 0.8.
    let equal = Spread::of(&[0.8; 40]);
    assert_eq!((equal.mean, equal.deviation), (0.8, 0.0));
}

/// The bar of the mean covers the truth in 95 % of samples, also beyond the table of quantiles.
#[test]
fn bars_of_means_cover_the_truth() {
    let mut rng = ChaCha8Rng::seed_from_u64(41);
    for count in [3, 12, 30] {
        let covers = |rng: &mut ChaCha8Rng| {
            let values: Vec<f64> = (0..count).map(|_| 1.5 + normal(rng)).collect();
            let bar = Spread::of(&values).estimate();
            (bar.value - 1.5).abs() <= bar.half_width
        };
        let covered = (0..4000).filter(|_| covers(&mut rng)).count();
        assert!((3720..=3880).contains(&covered), "{count}: {covered}");
    }
}
