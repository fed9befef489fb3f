//! Slow manifolds of optimizers with memory.

use num_traits::One;
use shadowflow::arithmetic::Arithmetic;
use shadowflow::optimizer::{Momentum, Optimizer};
use shadowflow::sampling::FullBatch;
use shadowflow::scalar::Ratio;
use shadowflow::series::{Rational, SeriesFault, derive};

use super::{coefficient, derived, rational};

#[test]
fn momentum_has_the_slow_flow_of_the_papers() {
    for (n, d) in [(1, 2), (9, 10), (1, 3), (0, 1), (2, 7)] {
        let beta = rational(n, d);
        let one = Rational::one();
        let a = one.clone() / (one.clone() - &beta);
        let ball = derived(&Momentum::heavy_ball(Ratio::new(n, d)).unwrap(), &FullBatch, 2, 1);
        let ahead = derived(&Momentum::nesterov(Ratio::new(n, d)).unwrap(), &FullBatch, 2, 1);
        // −a∇[C + (ε/4)κ‖g‖²] has −a κ/2 at a[a].
        let expected =
            |kappa: Rational| -(a.clone() * kappa * a.clone() * a.clone()) / rational(2, 1);
        assert_eq!(coefficient(&ball, "a"), a);
        assert_eq!(coefficient(&ball, "a[a]"), expected(one.clone() + &beta));
        let kappa = one.clone() - &beta + rational(2, 1) * &beta * &beta;
        assert_eq!(coefficient(&ahead, "a[a]"), expected(kappa));
    }
    for beta in [Ratio::new(1, 1), Ratio::new(2, 1), Ratio::new(-1, 2), Ratio::new(1, 0)] {
        let refused = Momentum::heavy_ball(beta).unwrap_err();
        assert_eq!((refused.name, refused.value), ("beta", beta));
        assert!(Momentum::nesterov(beta).is_err());
    }
    assert!(Momentum::heavy_ball(Ratio::new(0, 1)).is_ok());
    let stuck = TwoVelocities { alpha: Ratio::new(1, 1), beta: Ratio::new(1, 2), lagging: false };
    let stuck = derive(&stuck, &FullBatch, 2, 1);
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
    let ball = derived(&Momentum::heavy_ball(alpha).unwrap(), &FullBatch, 4, 1);
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
