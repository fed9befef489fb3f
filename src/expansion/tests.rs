//! Expansions against closed forms, and what has to be refused.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::arithmetic::{Arithmetic, Batch, Pointwise};
use crate::loss::{Closures, preset};
use crate::optimizer::{Adam, GradientDescent, Implicit, Momentum, RungeKutta, Substeps};
use crate::sampling::{FixedOrder, FlipFlop, FullBatch, IndependentDraws, RandomReshuffling};
use nalgebra::DVector;

fn factorisation() -> Problem {
    preset("factorisation", None, None, 1).unwrap()
}

fn point() -> Vec<DoubleDouble> {
    [Ratio::new(11, 10), Ratio::new(-3, 5)].map(DoubleDouble::from_ratio).to_vec()
}

fn expand(
    optimizer: impl Into<AnyOptimizer>,
    sampling: impl Sampling + 'static,
    terms: usize,
) -> Result<Expansion, Refusal> {
    let problem = factorisation();
    Expander::new(&optimizer.into(), Arc::new(sampling), &problem)?.expand(&point(), terms)
}

/// g, H v and T[u, v] of the whole loss at the point.
struct Derivatives {
    a: Numeric<DoubleDouble>,
    w: Vec<DoubleDouble>,
}

impl Derivatives {
    fn new() -> Self {
        Derivatives { a: Numeric::new(factorisation().seen().unwrap()), w: point() }
    }

    fn at(&mut self, batch: Batch, directions: &[&Vec<DoubleDouble>]) -> Vec<DoubleDouble> {
        self.a.derivative(batch, &self.w, directions)
    }
}

fn combined(parts: &[(i64, i64, &Vec<DoubleDouble>)]) -> Vec<DoubleDouble> {
    let share = |&(n, d, v): &(i64, i64, &Vec<DoubleDouble>), i: usize| {
        DoubleDouble::from_ratio(Ratio::new(n, d)) * v[i]
    };
    (0..2).map(|i| parts.iter().fold(DoubleDouble::zero(), |sum, p| sum + share(p, i))).collect()
}

fn times(ratio: Ratio, v: &[DoubleDouble]) -> Vec<DoubleDouble> {
    v.iter().map(|&x| DoubleDouble::from_ratio(ratio) * x).collect()
}

fn near(found: &[DoubleDouble], known: &[DoubleDouble]) {
    within(1e-26, found, known);
}

fn within(tolerance: f64, found: &[DoubleDouble], known: &[DoubleDouble]) {
    let size = known.iter().fold(1e-9_f64, |most, x| most.max(x.leading().abs()));
    for (found, known) in found.iter().zip(known) {
        assert!((*found - *known).abs().leading() <= tolerance * size, "{found} is not {known}");
    }
}

#[test]
fn descent_has_the_fields_of_its_modified_equation() {
    let expansion = expand(GradientDescent, FullBatch, 3).unwrap();
    let mut d = Derivatives::new();
    let g = d.at(Batch::Full, &[]);
    let hg = d.at(Batch::Full, &[&g]);
    let hhg = d.at(Batch::Full, &[&hg]);
    let tgg = d.at(Batch::Full, &[&g, &g]);
    near(&expansion.fields[0], &combined(&[(-1, 1, &g)]));
    near(&expansion.fields[1], &combined(&[(-1, 2, &hg)]));
    near(&expansion.fields[2], &combined(&[(-1, 3, &hhg), (-1, 12, &tgg)]));
    assert!(expansion.digits >= 27, "{}", expansion.digits);
}

#[test]
fn a_method_of_order_p_has_no_field_below_it() {
    let zero = |f: &[DoubleDouble]| f.iter().all(|x| x.leading() == 0.0);
    let rk4 = expand(RungeKutta::rk4(), FullBatch, 5).unwrap();
    assert!(rk4.fields[1..4].iter().all(|f| zero(f)) && !zero(&rk4.fields[4]), "{rk4:?}");
    // Implicit stages converge in every power of ε, not only in the leading one.
    let midpoint = expand(Implicit::midpoint(), FullBatch, 3).unwrap();
    assert!(zero(&midpoint.fields[1]) && !zero(&midpoint.fields[2]), "{midpoint:?}");
}

/// Polynomials in 1/(1 − β): a long memory costs no more than a short one, and few digits.
#[test]
fn memory_settles_however_long_it_is() {
    let mut d = Derivatives::new();
    let g = d.at(Batch::Full, &[]);
    let hg = d.at(Batch::Full, &[&g]);
    for (n, m) in [(0, 1), (1, 2), (9, 10), (999, 1000), (-1, 2)] {
        let beta = Ratio::new(n, m);
        let Ok(heavy) = Momentum::heavy_ball(beta) else { continue };
        let found = expand(heavy, FullBatch, 2).unwrap();
        assert!(found.digits >= 20, "{beta}: {}", found.digits);
        let known = f64::powi(10.0, -(found.digits as i32));
        let a = Ratio::new(1, 1) / (Ratio::new(1, 1) - beta);
        within(known, &found.fields[0], &times(-a, &g));
        // −(ε/2) a² (1 + β)/(1 − β) H g.
        let c = a * a * (Ratio::new(1, 1) + beta) * a / Ratio::new(2, 1);
        within(known, &found.fields[1], &times(-c, &hg));
        // Where it starts does not matter.
        let settled = expand(heavy.settled(), FullBatch, 2).unwrap();
        within(known, &settled.fields[1], &found.fields[1]);
    }
}

#[test]
fn a_block_counts_as_all_its_steps() {
    let mut d = Derivatives::new();
    let g: Vec<_> = (0..3).map(|k| d.at(Batch::One(k), &[])).collect();
    let mean = combined(&[(1, 3, &g[0]), (1, 3, &g[1]), (1, 3, &g[2])]);
    let h_mean = d.at(Batch::Full, &[&mean]);
    let own: Vec<_> = (0..3).map(|k| d.at(Batch::One(k), &[&g[k]])).collect();
    let own = combined(&[(1, 3, &own[0]), (1, 3, &own[1]), (1, 3, &own[2])]);
    // −g − (ε/2) ⟨H_k g_k⟩ in the mean over orders (Smith et al. 2021); m ε a block.
    for found in [
        expand(GradientDescent, RandomReshuffling, 2).unwrap(),
        expand(GradientDescent, FlipFlop, 2).unwrap(),
    ] {
        near(&found.fields[0], &combined(&[(-1, 1, &mean)]));
        near(&found.fields[1], &combined(&[(-1, 2, &own)]));
    }
    // m independent draws: the mean step is one of descent, whose flow has −(ε/2) H g.
    let draws = expand(GradientDescent, IndependentDraws { steps: 3 }, 2).unwrap();
    near(&draws.fields[1], &combined(&[(-1, 2, &h_mean)]));
    // Three inner steps of a third of ε.
    let substeps = expand(Substeps { inner: GradientDescent, count: 3 }, FullBatch, 2).unwrap();
    near(&substeps.fields[1], &combined(&[(-1, 6, &h_mean)]));
    // Memory over a fixed order is a state like any other.
    let order = FixedOrder { order: vec![2, 0, 1] };
    let heavy = Momentum::heavy_ball(Ratio::new(1, 2)).unwrap();
    let found = expand(heavy, order, 3).unwrap();
    near(&found.fields[0], &combined(&[(-2, 1, &mean)]));
    assert!(found.digits >= 25);
}

#[test]
fn symmetric_jacobians_are_told_from_others() {
    let problem = factorisation();
    let gradients = |optimizer: AnyOptimizer| {
        let expander = Expander::new(&optimizer, Arc::new(FullBatch), &problem).unwrap();
        expander.gradients(&point(), 3).unwrap()
    };
    // Descent: gradients up to ε, and H²g/3 + T[g, g]/12 is none (Rosca et al. 2021).
    assert_eq!(gradients(GradientDescent.into()), [true, true, false]);
    let adam = Adam::new(Ratio::new(1, 2), Ratio::new(3, 4), Ratio::new(1, 5), true).unwrap();
    assert_eq!(gradients(adam.into()), [false, false, false]);
    assert_eq!(gradients(RungeKutta::heun().into())[..2], [true, true]);
}

/// What it does at the ε⁰ of its memory m, with the gradient g and the number of steps.
struct Odd(Kind);

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// m ← factor · m + g.
    Keeps(i64, i64),
    /// w moves along m, which does not vanish with ε.
    Jumps,
    /// The step is divided by the number of steps.
    Counts,
    /// The step is √|g₁|-like at a point where g₁ vanishes.
    Root,
    /// Memory is turned by a matrix that mixes coordinates: [[0, 1/2], [−1/2, 0]].
    Turns,
    /// m ← m²/2 + g/10: memory that acts on itself.
    Squares,
}

impl<A: Pointwise> Optimizer<A> for Odd {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let kind = self.0;
        let g = a.gradient(batch, &s.w);
        let mut moved = g.clone();
        if let ([m], Kind::Jumps | Kind::Counts | Kind::Root) = (&mut *s.memory, kind) {
            a.scale(&a.fraction(0, 1), m);
        }
        if let [m] = s.memory.as_mut_slice() {
            match kind {
                Kind::Keeps(n, d) => {
                    a.scale(&a.fraction(n, d), m);
                    a.axpy(&a.fraction(1, 1), &g, m);
                    moved = m.clone();
                }
                Kind::Jumps => {
                    a.axpy(&a.fraction(1, 1), &g, &mut s.w);
                }
                Kind::Counts => {
                    let share = a.count(s.steps.next());
                    a.scale(&a.fraction(1, share.min(1000) as i64), &mut moved);
                }
                Kind::Root => moved = a.map(&g, |x| (x * A::Number::zero()).sqrt()),
                Kind::Turns => {
                    let mut entries = Vec::new();
                    let _ = a.map(m, |x| {
                        entries.push(x);
                        x
                    });
                    let half = a.fraction(1, 2);
                    let mut turned = [entries[1] * half, -(entries[0] * half)].into_iter();
                    *m = a.map(m, |x| turned.next().unwrap_or(x));
                    a.axpy(&a.fraction(1, 1), &g, m);
                    moved = m.clone();
                }
                Kind::Squares => {
                    let (half, tenth) = (a.fraction(1, 2), a.fraction(1, 10));
                    *m = a.zip(m, &g, |m, g| m * m * half + g * tenth);
                    moved = m.clone();
                }
            }
        }
        a.axpy(&-*eps, &moved, &mut s.w);
    }

    fn memory(&self) -> usize {
        1
    }
}

#[test]
fn what_follows_no_field_is_refused_with_the_reason() {
    let refused = |kind: Kind| expand(Odd(kind), FullBatch, 2).unwrap_err();
    for lasting in [Kind::Keeps(1, 1), Kind::Keeps(-1, 1), Kind::Keeps(2, 1)] {
        assert!(matches!(refused(lasting), Refusal::Lasting { factor } if factor >= 1.0 - 1e-9));
    }
    assert_eq!(refused(Kind::Counts), Refusal::CountsSteps);
    assert_eq!(refused(Kind::Root), Refusal::NotSmooth);
    assert!(matches!(refused(Kind::Jumps), Refusal::MovesAtZero | Refusal::Unsettled));
    let outside = Adam::new(Ratio::new(1, 2), Ratio::new(3, 4), Ratio::new(1, 5), false).unwrap();
    assert_eq!(expand(outside.belief(), FullBatch, 2).unwrap_err(), Refusal::NotSmooth);
    let heavy = Momentum::heavy_ball(Ratio::new(1, 2)).unwrap();
    assert_eq!(expand(heavy, RandomReshuffling, 2).unwrap_err(), Refusal::RandomMemory);
    let float = AnyOptimizer::closure(|_, _, _, _| {});
    assert_eq!(expand(float, FullBatch, 2).unwrap_err(), Refusal::MethodInFloats);
    let many = expand(GradientDescent, FullBatch, 40).unwrap_err();
    assert_eq!(many, Refusal::TooManyTerms { terms: 40, most: CAPACITY - 1 });
    let problem = preset("factorisation", Some(9), None, 1).unwrap();
    let crowded = Expander::new(&GradientDescent.into(), Arc::new(RandomReshuffling), &problem);
    assert!(matches!(crowded.err(), Some(Refusal::TooManyPaths { .. })));
    let expander = |problem: &Problem| {
        Expander::new(&GradientDescent.into(), Arc::new(FullBatch), problem).unwrap()
    };
    let short = expander(&factorisation()).expand(&point()[..1], 2).unwrap_err();
    assert_eq!(short, Refusal::Point { given: 1, dim: 2 });
    let closures = Closures::new(1, 1, |_, w, out| out[0] = w[0], |_, _, v, out| out[0] = v[0]);
    let float = Problem::from_closures("float", closures, DVector::from_vec(vec![1.0]));
    let refused = Expander::new(&GradientDescent.into(), Arc::new(FullBatch), &float);
    assert_eq!(refused.err(), Some(Refusal::LossInFloats));
}

/// Memory whose coordinates mix, that changes sign, or that acts on itself, is settled as well.
#[test]
fn memory_of_any_shape_is_settled() {
    let alternating = expand(Odd(Kind::Keeps(-1, 2)), FullBatch, 3).unwrap();
    let mut d = Derivatives::new();
    let g = d.at(Batch::Full, &[]);
    near(&alternating.fields[0], &combined(&[(-2, 3, &g)]));
    // (I − R)⁻¹ g with R = [[0, ½], [−½, 0]].
    let turning = expand(Odd(Kind::Turns), FullBatch, 3).unwrap();
    let (x, y) = (g[0], g[1]);
    let fifth = DoubleDouble::from_ratio(Ratio::new(1, 5));
    let known =
        vec![-(x.scale(4.0) + y.scale(2.0)) * fifth, -(y.scale(4.0) - x.scale(2.0)) * fifth];
    near(&turning.fields[0], &known);
    assert!(turning.digits >= 25, "{}", turning.digits);
    // m = 1 − √(1 − g/5), the small root of m = m²/2 + g/10.
    let squares = expand(Odd(Kind::Squares), FullBatch, 3).unwrap();
    let one = DoubleDouble::one();
    let known: Vec<_> = g.iter().map(|&g| (one - g * fifth).sqrt() - one).collect();
    near(&squares.fields[0], &known);
    assert!(squares.digits >= 25, "{}", squares.digits);
}
