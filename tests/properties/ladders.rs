//! The one rule that chooses ladders: its rate against the eigenvalues of another library, its rungs
//! against what the theorems need.

use proptest::prelude::*;
use shadowflow::arithmetic::Numeric;
use shadowflow::leg::Pace;
use shadowflow::optimizer::{Momentum, Optimizer};
use shadowflow::scalar::Ratio;

use super::config;
use super::problems::{log_uniform, problems, quadratics};

proptest! {
    #![proptest_config(config(64, 701))]

    #[test]
    fn the_rate_of_a_quadratic_is_its_largest_curvature(raw in quadratics(1..5)) {
        let (p, loss) = (raw.problem(), raw.quadratic());
        let largest = |k| loss.hessian(k).clone().symmetric_eigenvalues().amax();
        let known: f64 = (0..p.batches()).map(largest).fold(0.0, f64::max);
        let rate = Pace::of(&p).unwrap().rate;
        // Close eigenvalues, or a start that hardly sees the largest, slow a power iteration down.
        prop_assert!(rate <= 1.000_001 * known && rate >= 0.7 * known, "{rate} {known}");
    }

    #[test]
    fn ladders_halve_and_end_at_the_same_time(
        raw in problems(1..4),
        steps in 1..9_usize,
        time in log_uniform(1e-3, 1e3),
    ) {
        let pace = Pace::of(&raw.problem()).unwrap();
        let global = pace.global_ladder(steps, time);
        prop_assert!(global.len() >= 6);
        for rung in &global {
            let reached = rung.step_size * (rung.blocks * steps) as f64;
            prop_assert!((reached / time - 1.0).abs() < 1e-14, "{rung:?}");
        }
        let local = pace.local_ladder(steps);
        prop_assert!(local.len() >= 6);
        prop_assert!(local[0].step_size * steps as f64 * pace.rate < 0.5);
        for pair in local.windows(2).chain(global.windows(2)) {
            prop_assert!((pair[0].step_size / pair[1].step_size - 2.0).abs() < 1e-14);
        }
        prop_assert!(local.iter().all(|rung| rung.blocks == 1));
    }

    /// Beyond ε λ = (1 − √β)², or ((1 − β)/(1 + β))² for Nesterov's method, there is no slow manifold.
    #[test]
    fn ladders_of_momentum_start_below_the_threshold_for_every_beta(
        raw in quadratics(1..4),
        percent in 0..100_i64,
        ahead: bool,
    ) {
        let beta = Ratio::new(percent, 100);
        let method = if ahead { Momentum::nesterov(beta) } else { Momentum::heavy_ball(beta) }.unwrap().settled();
        let optimizer: &dyn Optimizer<Numeric<f64>> = &method;
        let pace = Pace::of(&raw.problem()).unwrap();
        let own = pace.with(optimizer.tempo()).unwrap();
        let global = own.global_ladder(1, own.horizon(None));
        let b = percent as f64 / 100.0;
        let threshold =
            if ahead { ((1.0 - b) / (1.0 + b)).powi(2) } else { (1.0 - b.sqrt()).powi(2) };
        for rung in own.local_ladder(1).iter().chain(&global) {
            prop_assert!(rung.step_size * pace.rate < threshold, "{rung:?} {threshold}");
        }
        // And not needlessly far below.
        prop_assert!(global[0].step_size * pace.rate > threshold / 100.0);
    }
}
