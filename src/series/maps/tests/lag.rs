//! The lag theorems, for arbitrary smooth maps and observables, every rate, blend, weight and decay a symbol.

use std::borrow::Cow;

use num_traits::{One, Zero};

use crate::arithmetic::{Arithmetic, Batch, Map};
use crate::optimizer::{Optimizer, State, Steps};
use crate::sampling::FullBatch;
use crate::scalar::Scalar;
use crate::series::Rational;
use crate::series::maps::apply::MapVector;
use crate::series::maps::field::{Fed, expect_use};
use crate::series::maps::{Coefficient, MapSeries, StepPolynomial};

/// An observable X_i: any smooth map of w.
#[derive(Clone, Debug, PartialEq)]
struct Observable(usize);

impl Map for Observable {
    fn name(&self) -> Cow<'static, str> {
        format!("X{}", self.0 + 1).into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, &x) in out.iter_mut().zip(inputs[0]) {
            *out = (x + S::from_f64(self.0 as f64)).tanh();
        }
    }
}

/// ψ: any smooth map of as many slots as there are observables.
#[derive(Clone, Debug, PartialEq)]
struct Psi;

impl Map for Psi {
    fn name(&self) -> Cow<'static, str> {
        "ψ".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = inputs.iter().fold(S::one(), |product, x| product * x[i].exp());
        }
    }
}

/// What a slot remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Nothing: the present value.
    Present,
    /// A running mean after its update.
    Mean,
    /// A running mean before its update.
    MeanBefore,
    /// A blend of a running mean before its update with the present value.
    Blend,
    /// A running mean after its update, blended with the present value at its own rate.
    Ahead,
    /// A window over three values.
    Window,
    /// A running mean of a running mean.
    MeanOfMean,
}

const KINDS: [Kind; 7] = [
    Kind::Present,
    Kind::Mean,
    Kind::MeanBefore,
    Kind::Blend,
    Kind::Ahead,
    Kind::Window,
    Kind::MeanOfMean,
];

/// The symbols: two a slot, the decay λ, the rate and the weight of a memory after ψ.
const DECAY: usize = 4;
const AFTER: usize = 5;
const WEIGHT: usize = 6;

fn symbol(at: usize) -> Coefficient {
    Coefficient::symbol(at)
}

fn whole(n: i64) -> Coefficient {
    Coefficient::rational(Rational::from_integer(n.into()))
}

/// 1/a, the share of the present value in a running mean of rate β = 1 − 1/a.
fn share(at: usize) -> Coefficient {
    symbol(at).inverse().unwrap()
}

impl Kind {
    /// The mean and the mean square of the lag.
    fn moments(self, slot: usize) -> (Coefficient, Coefficient) {
        let (x, y) = (symbol(2 * slot), symbol(2 * slot + 1));
        let (one, two) = (Coefficient::one(), whole(2));
        let mean = |a: &Coefficient| a.clone() - Coefficient::one();
        let square = |a: &Coefficient| {
            (a.clone() - Coefficient::one()) * (whole(2) * a.clone() - Coefficient::one())
        };
        match self {
            Kind::Present => (Coefficient::zero(), Coefficient::zero()),
            Kind::Mean => (mean(&x), square(&x)),
            Kind::MeanBefore => (x.clone(), x.clone() * (two * x - one)),
            Kind::Blend => (y.clone() * x.clone(), y * x.clone() * (two * x - one)),
            Kind::Ahead => {
                let beta = one - share(2 * slot);
                (beta.clone() * mean(&x), beta * square(&x))
            }
            Kind::Window => (x.clone() + two * y.clone(), x + whole(4) * y),
            Kind::MeanOfMean => {
                let sum = mean(&x) + mean(&y);
                let variance = x.clone() * mean(&x) + y.clone() * mean(&y);
                (sum.clone(), variance + sum.clone() * sum)
            }
        }
    }
}

/// w ← w − ε [ψ(x₁, …) + λ w], ψ before or after a memory of its own.
struct Remembering {
    kinds: Vec<Kind>,
    after: bool,
}

/// x ← c x + d y.
fn blend(a: &mut MapSeries, x: &mut MapVector, c: Coefficient, d: Coefficient, y: &MapVector) {
    let (c, d) = (a.number(c), a.number(d));
    a.scale(&c, x);
    a.axpy(&d, y, x);
}

impl Optimizer<MapSeries> for Remembering {
    fn step(&self, a: &mut MapSeries, eps: &StepPolynomial, _: Batch, s: &mut State<MapVector>) {
        let one = Coefficient::one;
        let mut seen = Vec::new();
        for (slot, kind) in self.kinds.iter().enumerate() {
            let x = a.apply(&Observable(slot), &[&s.w]);
            let (p, q) = (2 * slot, 2 * slot + 1);
            let (left, right) = s.memory.split_at_mut(q);
            let (first, second) = (&mut left[p], &mut right[0]);
            let beta = |at: usize| one() - share(at);
            let shown = match kind {
                Kind::Present => x.clone(),
                Kind::Mean | Kind::Ahead => {
                    blend(a, first, beta(p), share(p), &x);
                    let mut shown = first.clone();
                    if *kind == Kind::Ahead {
                        blend(a, &mut shown, beta(p), share(p), &x);
                    }
                    shown
                }
                Kind::MeanBefore | Kind::Blend => {
                    let mut shown = first.clone();
                    if *kind == Kind::Blend {
                        blend(a, &mut shown, symbol(q), one() - symbol(q), &x);
                    }
                    blend(a, first, beta(p), share(p), &x);
                    shown
                }
                Kind::Window => {
                    let mut shown = x.clone();
                    let rest = one() - symbol(p) - symbol(q);
                    blend(a, &mut shown, rest, symbol(p), first);
                    blend(a, &mut shown, one(), symbol(q), second);
                    *second = std::mem::replace(first, x.clone());
                    shown
                }
                Kind::MeanOfMean => {
                    blend(a, first, beta(p), share(p), &x);
                    blend(a, second, beta(q), share(q), first);
                    second.clone()
                }
            };
            // What a kind does not use is forgotten.
            if *kind == Kind::Present {
                *first = MapVector::default();
            }
            if !matches!(kind, Kind::Window | Kind::MeanOfMean) {
                *second = MapVector::default();
            }
            seen.push(shown);
        }
        let inputs: Vec<&MapVector> = seen.iter().collect();
        let mut moved = a.apply(&Psi, &inputs);
        if self.after {
            let memory = s.memory.last_mut().unwrap();
            blend(a, memory, one() - share(AFTER), share(AFTER), &moved);
            moved = memory.clone();
            a.scale(&a.number(symbol(WEIGHT)), &mut moved);
        }
        let decay = a.number(symbol(DECAY));
        let before = s.w.clone();
        a.axpy(&-(eps.clone() * decay), &before, &mut s.w);
        a.axpy(&-eps.clone(), &moved, &mut s.w);
    }

    fn memory(&self) -> usize {
        2 * self.kinds.len() + usize::from(self.after)
    }
}

/// The field of a method up to ε^(terms − 1), and the arithmetic that it stands in.
fn derived(method: &Remembering, terms: usize) -> (MapSeries, MapVector) {
    let mut a = MapSeries::new(1, terms);
    let fed = Fed { optimizer: method, sampling: &FullBatch };
    let memory = fed.manifold(&mut a).unwrap();
    let field = fed.field(&mut a, &memory).unwrap();
    expect_use(&a).unwrap();
    (a, field)
}

/// What a claim is made of: X_i, DX_i[f₀], f₀ = −aψ(X) − λ w.
struct Parts {
    seen: Vec<MapVector>,
    moved: Vec<MapVector>,
    f0: MapVector,
}

fn parts(a: &mut MapSeries, method: &Remembering) -> Parts {
    let w = a.point();
    let slots = 0..method.kinds.len();
    let seen: Vec<MapVector> = slots.clone().map(|i| a.apply(&Observable(i), &[&w])).collect();
    let inputs: Vec<&MapVector> = seen.iter().collect();
    let mut f0 = a.apply(&Psi, &inputs);
    let weight = if method.after { symbol(WEIGHT) } else { Coefficient::one() };
    a.scale(&a.number(-weight), &mut f0);
    a.axpy(&a.number(-symbol(DECAY)), &w, &mut f0);
    let moved = slots.map(|i| a.apply_derivative(&Observable(i), &[&w], &[(0, &f0)])).collect();
    Parts { seen, moved, f0 }
}

/// f₁ = a Σ_i (½ + ℓ_i + ℓ₀) ∂_iψ · DX_i[f₀] + (λ/2) f₀, with what is added to each ℓ_i.
fn first(a: &mut MapSeries, method: &Remembering, p: &Parts, off: &Coefficient) -> MapVector {
    let inputs: Vec<&MapVector> = p.seen.iter().collect();
    let half = Coefficient::rational(Rational::new(1.into(), 2.into()));
    let (weight, after) = if method.after {
        (symbol(WEIGHT), symbol(AFTER) - Coefficient::one())
    } else {
        (Coefficient::one(), Coefficient::zero())
    };
    let mut f1 = p.f0.clone();
    a.scale(&a.number(half.clone() * symbol(DECAY)), &mut f1);
    for (slot, kind) in method.kinds.iter().enumerate() {
        let lag = half.clone() + kind.moments(slot).0 + after.clone() + off.clone();
        let bend = a.apply_derivative(&Psi, &inputs, &[(slot, &p.moved[slot])]);
        a.axpy(&a.number(weight.clone() * lag), &bend, &mut f1);
    }
    f1
}

fn agrees(field: &MapVector, power: usize, claimed: &MapVector) -> bool {
    !field.is_zero_at(power) && field.at(power).eq(claimed.at(0))
}

/// All kinds alone, and all pairs of them, each with and without a memory after ψ.
fn cases() -> Vec<Remembering> {
    let alone = KINDS.iter().map(|&kind| vec![kind]);
    let pairs = KINDS.iter().flat_map(|&one| KINDS.iter().map(move |&two| vec![one, two]));
    (alone.chain(pairs))
        .flat_map(|kinds| [false, true].map(|after| Remembering { kinds: kinds.clone(), after }))
        .collect()
}

#[test]
fn the_lag_theorem_holds_for_every_map_observable_rate_blend_and_decay() {
    let cases = cases();
    assert_eq!(cases.len(), 112);
    let twin = Coefficient::rational(Rational::new(1.into(), 100.into()));
    for method in &cases {
        let (mut a, field) = derived(method, 2);
        let p = parts(&mut a, method);
        let said = (&method.kinds, method.after);
        assert!(agrees(&field, 0, &p.f0), "{said:?}");
        let f1 = first(&mut a, method, &p, &Coefficient::zero());
        assert!(agrees(&field, 1, &f1), "{said:?}");
        // A hundredth of a step more is another flow.
        let off = first(&mut a, method, &p, &twin);
        assert!(!agrees(&field, 1, &off), "{said:?}");
    }
}

/// Df[v], both at one power of ε.
fn along(a: &mut MapSeries, f: &MapVector, v: &MapVector) -> MapVector {
    let moved = a.arena.along_field(f, (v, &Coefficient::one()), 1);
    let mut down = MapVector::default();
    for (node, c) in moved.at(1) {
        down.add(0, node, c, &Coefficient::one());
    }
    down
}

/// f₂ = −½(f₀′f₁ + f₁′f₀) − ⅙(f₀′f₀)′f₀ + Σℓ_iψ_iX_i′f₁ − ½Σμ_iψ_i(X_i′f₀′f₀ + X_i″[f₀, f₀])
/// − ½Σℓ_iℓ_jψ_ij[X_i′f₀, X_j′f₀], with what is added to each μ_i.
fn second(a: &mut MapSeries, method: &Remembering, p: &Parts, off: &Coefficient) -> MapVector {
    let ratio = |n: i64, d: i64| Coefficient::rational(Rational::new(n.into(), d.into()));
    let w = a.point();
    let inputs: Vec<&MapVector> = p.seen.iter().collect();
    let f1 = first(a, method, p, &Coefficient::zero());
    let f00 = along(a, &p.f0, &p.f0);
    let mut f2 = MapVector::default();
    let mut add = |a: &mut MapSeries, c: Coefficient, v: &MapVector| {
        let c = a.number(c);
        a.axpy(&c, v, &mut f2);
    };
    let (one, two, three) = (along(a, &p.f0, &f1), along(a, &f1, &p.f0), along(a, &f00, &p.f0));
    add(a, ratio(-1, 2), &one);
    add(a, ratio(-1, 2), &two);
    add(a, ratio(-1, 6), &three);
    let moments: Vec<_> =
        method.kinds.iter().enumerate().map(|(slot, kind)| kind.moments(slot)).collect();
    for (i, (lag, square)) in moments.iter().enumerate() {
        let x = Observable(i);
        let moved = a.apply_derivative(&x, &[&w], &[(0, &f1)]);
        let bend = a.apply_derivative(&Psi, &inputs, &[(i, &moved)]);
        add(a, lag.clone(), &bend);
        let mut turned = a.apply_derivative(&x, &[&w], &[(0, &f00)]);
        let curved = a.apply_derivative(&x, &[&w], &[(0, &p.f0), (0, &p.f0)]);
        a.axpy(&a.number(Coefficient::one()), &curved, &mut turned);
        let bend = a.apply_derivative(&Psi, &inputs, &[(i, &turned)]);
        add(a, ratio(-1, 2) * (square.clone() + off.clone()), &bend);
        for (j, (other, _)) in moments.iter().enumerate() {
            let pair = a.apply_derivative(&Psi, &inputs, &[(i, &p.moved[i]), (j, &p.moved[j])]);
            add(a, ratio(-1, 2) * lag.clone() * other.clone(), &pair);
        }
    }
    f2
}

#[test]
fn the_second_lag_theorem_needs_two_moments_of_each_lag() {
    let twin = Coefficient::rational(Rational::new(1.into(), 100.into()));
    for method in cases().iter().filter(|method| !method.after) {
        let (mut a, field) = derived(method, 3);
        let p = parts(&mut a, method);
        let f2 = second(&mut a, method, &p, &Coefficient::zero());
        assert!(agrees(&field, 2, &f2), "{:?}", method.kinds);
        let off = second(&mut a, method, &p, &twin);
        assert!(!agrees(&field, 2, &off), "{:?}", method.kinds);
    }
}

/// Memory whose settling is none: it starts where it is not, or never forgets.
#[test]
fn a_memory_that_does_not_fade_has_no_manifold() {
    struct Keeps;
    impl Optimizer<MapSeries> for Keeps {
        fn step(
            &self,
            a: &mut MapSeries,
            eps: &StepPolynomial,
            _: Batch,
            s: &mut State<MapVector>,
        ) {
            let x = a.gradient(Batch::Full, &s.w);
            a.axpy(&a.number(Coefficient::one()), &x, &mut s.memory[0]);
            let moved = s.memory[0].clone();
            a.axpy(&-eps.clone(), &moved, &mut s.w);
            s.steps = Steps::default();
        }
        fn memory(&self) -> usize {
            1
        }
    }
    let mut a = MapSeries::new(1, 3);
    let fed = Fed { optimizer: &Keeps, sampling: &FullBatch };
    assert!(fed.manifold(&mut a).is_err());
}
