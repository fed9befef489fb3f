//! What truncation may have dropped, against larger forests that have it.

use std::sync::Arc;

use num_traits::One;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use shadowflow::arithmetic::{Arithmetic, Batch};
use shadowflow::optimizer::{Momentum, Optimizer, State};
use shadowflow::scalar::Ratio;
use shadowflow::series::{BSeries, Composer, Forest, Polynomial, Rational, Series, slow_manifold};

/// One operation on the points and directions there are so far: which one, on which of them, in which
/// minibatch, with which power of ε and numerator of its coefficient.
type Operation = (u8, usize, usize, usize, u32, i64);

/// All points and directions that a program makes.
fn run(forest: &Arc<Forest>, program: &[Operation]) -> Vec<BSeries> {
    let mut a = Series::new(Arc::clone(forest));
    let mut points = vec![a.identity()];
    let mut directions = vec![a.gradient(Batch::One(0), &points[0])];
    for &(what, i, j, batch, power, numerator) in program {
        let c = Polynomial::monomial(Rational::new(numerator.into(), 2.into()), power);
        let batch = match batch {
            2 => Batch::Full,
            k => Batch::One(k),
        };
        let at = points[i % points.len()].clone();
        let (u, v) =
            (directions[i % directions.len()].clone(), directions[j % directions.len()].clone());
        match what {
            0 => directions.push(a.gradient(batch, &at)),
            1 => directions.push(a.hessian_vector(batch, &at, &u)),
            2 => directions.push(a.third_derivative(batch, &at, &u, &v)),
            3 => {
                let mut moved = at;
                a.axpy(&c, &v, &mut moved);
                points.push(moved);
            }
            4 => {
                let mut sum = u;
                a.axpy(&c, &v, &mut sum);
                directions.push(sum);
            }
            _ => {
                let mut scaled = u;
                a.scale(&c, &mut scaled);
                directions.push(scaled);
            }
        }
    }
    assert!(!a.was_misused());
    points.into_iter().chain(directions).collect()
}

/// The least power of ε in the trees that are in `large` and not in `small`.
fn beyond(small: &Forest, large: &Forest, series: &BSeries) -> Option<u32> {
    (small.order() + 1..=large.order())
        .flat_map(|order| large.of_order(order))
        .filter_map(|id| series.coefficients[id.index()].powers().next())
        .min()
}

/// Trees keep their places when larger ones are added, and no tree beyond comes earlier than was said.
fn assert_bounded(small: &Forest, large: &Forest, truncated: &BSeries, whole: &BSeries) {
    let kept = truncated.coefficients.len();
    assert_eq!(truncated.coefficients, whole.coefficients[..kept]);
    assert!(truncated.lost <= whole.lost);
    if let Some(power) = beyond(small, large, whole) {
        assert!(truncated.lost <= power, "said {}, found {power}", truncated.lost);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        rng_seed: RngSeed::Fixed(20_261_125),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_program_drops_a_tree_at_a_lower_power_than_it_says(
        program in proptest::collection::vec(
            (0_u8..6, 0_usize..9, 0_usize..9, 0_usize..3, 0_u32..3, -3_i64..4), 1..9),
        order in 0_usize..4,
    ) {
        let small = Arc::new(Forest::new(order, 2).unwrap());
        let large = Arc::new(Forest::new(5, 2).unwrap());
        for (truncated, whole) in run(&small, &program).iter().zip(&run(&large, &program)) {
            assert_bounded(&small, &large, truncated, whole);
        }
    }
}

/// m ← βm + c εᵖ g, w ← w − ε^q m: memory whose trees come with more or fewer powers of ε than nodes.
struct Mean {
    beta: Ratio,
    memory_power: u32,
    step_power: u32,
}

impl Optimizer<Series> for Mean {
    fn step(&self, a: &mut Series, eps: &Polynomial, batch: Batch, s: &mut State<BSeries>) {
        let power = |p: u32| (0..p).fold(Polynomial::one(), |x, _| x * eps.clone());
        let g = a.gradient(batch, &s.w);
        let [mean] = s.memory.as_mut_slice() else { return };
        a.scale(&a.ratio(self.beta), mean);
        a.axpy(&power(self.memory_power), &g, mean);
        a.axpy(&-power(self.step_power), mean, &mut s.w);
    }
    fn memory(&self) -> usize {
        1
    }
}

#[test]
fn memory_on_its_slow_manifold_drops_no_tree_at_a_lower_power_than_it_says() {
    let beta = Ratio::new(1, 2);
    let mean = |memory_power, step_power| Mean { beta, memory_power, step_power };
    let cases: [(&dyn Optimizer<Series>, [u32; 3]); 6] = [
        (&Momentum::heavy_ball(beta).unwrap(), [2, 3, 4]),
        (&Momentum::nesterov(beta).unwrap(), [2, 3, 4]),
        (&mean(0, 1), [1, 2, 3]),
        (&mean(1, 1), [3, 5, 7]),
        (&mean(0, 2), [2, 4, 6]),
        (&mean(2, 0), [4, 6, 8]),
    ];
    let large = Arc::new(Forest::new(6, 1).unwrap());
    for (optimizer, known) in cases {
        let manifold = |forest: &Arc<Forest>| {
            let a = Series::new(Arc::clone(forest));
            slow_manifold(&a, &Composer::new(forest), optimizer).unwrap().remove(0)
        };
        let whole = manifold(&large);
        for (order, lost) in (1..4).zip(known) {
            let small = Arc::new(Forest::new(order, 1).unwrap());
            let truncated = manifold(&small);
            assert_bounded(&small, &large, &truncated, &whole);
            // A tree with n nodes comes with ε^(p + (n − 1)(p + q)): the bound is sharp here.
            assert_eq!(truncated.lost, lost, "{order}");
        }
    }
}

/// m₁ ← ½m₁ + ε³g + εH⁴g, m₂ ← ½m₂ + Hm₁, w ← w − εm₂: the second knows of the low power only by the
/// first.
struct Relay;

impl Optimizer<Series> for Relay {
    fn step(&self, a: &mut Series, eps: &Polynomial, batch: Batch, s: &mut State<BSeries>) {
        let (one, half) = (a.fraction(1, 1), a.fraction(1, 2));
        let g = a.gradient(batch, &s.w);
        let mut tall = g.clone();
        for _ in 0..4 {
            tall = a.hessian_vector(batch, &s.w, &tall);
        }
        let [first, second] = s.memory.as_mut_slice() else { return };
        let bend = a.hessian_vector(batch, &s.w, first);
        a.scale(&half, second);
        a.axpy(&one, &bend, second);
        a.scale(&half, first);
        a.axpy(&(eps.clone() * eps.clone() * eps.clone()), &g, first);
        a.axpy(eps, &tall, first);
        a.axpy(&-eps.clone(), second, &mut s.w);
    }
    fn memory(&self) -> usize {
        2
    }
}

#[test]
fn what_one_memory_vector_drops_another_one_drops_too() {
    let manifold = |order| {
        let forest = Arc::new(Forest::new(order, 1).unwrap());
        let a = Series::new(Arc::clone(&forest));
        (slow_manifold(&a, &Composer::new(&forest), &Relay).unwrap(), forest)
    };
    let (whole, large) = manifold(6);
    for order in 1..5 {
        let (truncated, small) = manifold(order);
        for (truncated, whole) in truncated.iter().zip(&whole) {
            assert_bounded(&small, &large, truncated, whole);
            assert_eq!(truncated.lost, 1);
        }
    }
}
