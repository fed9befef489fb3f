//! Series with maps: against rooted trees, against power series in ε, and against what they must refuse.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use shadowflow::expansion::Expander;
use shadowflow::flow::MapFlow;
use shadowflow::loss::preset;
use shadowflow::optimizer::{Averaged, GradientDescent, Momentum, RungeKutta};
use shadowflow::prelude::*;
use shadowflow::scalar::DoubleDouble;
use shadowflow::series::looks_at_minibatches;
use shadowflow::series::maps::{MapRow, derive_with_maps};
use shadowflow::series::{ExactOptimizer, Forest, TreeId};

/// x, said to be linear in x.
#[derive(Clone, Debug, PartialEq)]
struct Same;

impl Map for Same {
    fn name(&self) -> Cow<'static, str> {
        "P".into()
    }
    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        out.copy_from_slice(inputs[0]);
    }
    fn degree(&self, _slot: usize) -> Option<usize> {
        Some(1)
    }
}

/// w ← w − ε P g(w).
struct ThroughAMap;

impl<A: Arithmetic> Optimizer<A> for ThroughAMap {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let moved = a.apply(&Same, &[&g]);
        a.axpy(&-eps.clone(), &moved, &mut s.w);
    }
}

/// The derivatives of the loss in a tree, larger ones first.
fn in_derivatives(forest: &Forest, id: TreeId) -> (usize, String) {
    let tree = forest.tree(id);
    let batch = match forest.colours() {
        1 => String::new(),
        _ => format!("_{}", char::from(b'a' + tree.colour as u8)),
    };
    let mut inner: Vec<(usize, String)> =
        tree.children.iter().map(|&child| in_derivatives(forest, child)).collect();
    inner.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let inner: Vec<String> = inner.into_iter().map(|(_, text)| text).collect();
    let text = match inner.as_slice() {
        [] => format!("g{batch}"),
        [one] => format!("H{batch} {one}"),
        [_, _] => format!("T{batch}[{}]", inner.join(", ")),
        more => {
            let power = ["⁴", "⁵", "⁶", "⁷"][more.len() - 3];
            format!("D{power}C{batch}[{}]", inner.join(", "))
        }
    };
    (tree.order, text)
}

/// The terms of the field in rooted trees, and of the field with maps, in one form.
fn both(
    optimizer: &dyn ExactOptimizer,
    sampling: &dyn Sampling,
    order: usize,
    batches: usize,
) -> [Vec<(usize, String, String)>; 2] {
    let (forest, rows) = derive(optimizer, sampling, order, batches).unwrap();
    let mut trees: Vec<_> = (rows.iter())
        .map(|row| {
            let odd = row.order % 2 == 1;
            let c = if odd { -row.coefficient.clone() } else { row.coefficient.clone() };
            (row.order, in_derivatives(&forest, row.tree).1, c.to_string())
        })
        .collect();
    let field = derive_with_maps(optimizer, sampling, order, batches).unwrap();
    let mut maps: Vec<_> = (field.rows().unwrap().into_iter())
        .map(|MapRow { tree, order, coefficient }| (order, tree, coefficient.to_string()))
        .collect();
    trees.sort();
    maps.sort();
    [trees, maps]
}

#[test]
fn without_maps_they_are_the_rooted_trees() {
    let ratio = |n, d| Ratio::new(n, d);
    let settled = Momentum::heavy_ball(ratio(1, 3)).unwrap();
    let nesterov = Momentum::nesterov(ratio(9, 10)).unwrap();
    let averaged = Averaged::quasi_hyperbolic(ratio(1, 2), ratio(7, 10)).unwrap();
    let cases: [(&dyn ExactOptimizer, &dyn Sampling, usize, usize); 9] = [
        (&GradientDescent, &FullBatch, 7, 1),
        (&RungeKutta::rk4(), &FullBatch, 6, 1),
        (&shadowflow::optimizer::Implicit::midpoint(), &FullBatch, 5, 1),
        (&settled, &FullBatch, 5, 1),
        (&nesterov, &FullBatch, 4, 1),
        (&averaged, &FullBatch, 5, 1),
        (&GradientDescent, &RandomReshuffling, 4, 3),
        (&GradientDescent, &FlipFlop, 4, 2),
        (&GradientDescent, &IndependentDraws { steps: 2 }, 4, 2),
    ];
    for (optimizer, sampling, order, batches) in cases {
        let [trees, maps] = both(optimizer, sampling, order, batches);
        assert!(trees.len() >= 2);
        assert_eq!(trees, maps);
    }
}

#[test]
fn descent_through_a_linear_map_is_descent_with_it_at_every_gradient() {
    let (forest, rows) = derive(&GradientDescent, &FullBatch, 7, 1).unwrap();
    let mut trees: Vec<_> = (rows.iter())
        .map(|row| {
            let odd = row.order % 2 == 1;
            let c = if odd { -row.coefficient.clone() } else { row.coefficient.clone() };
            (in_derivatives(&forest, row.tree).1, c.to_string())
        })
        .collect();
    let field = derive_with_maps(&ThroughAMap, &FullBatch, 7, 1).unwrap();
    let rows = field.rows().unwrap();
    assert!(rows.iter().all(|row| row.tree.matches('P').count() == row.order));
    let bare = |tree: &str| -> String {
        // P(x) is x: what is in its brackets.
        let mut out = String::new();
        let mut round: Vec<bool> = Vec::new();
        let mut chars = tree.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                'P' => {
                    let _ = chars.next();
                    round.push(true);
                }
                ')' if round.last() == Some(&true) => {
                    let _ = round.pop();
                }
                other => out.push(other),
            }
        }
        out
    };
    let mut maps: Vec<_> =
        rows.iter().map(|row| (bare(&row.tree), row.coefficient.to_string())).collect();
    trees.sort();
    maps.sort();
    assert_eq!(trees, maps);
    // Of the 1 + 1 + 2 + 4 + 9 + 20 + 48 trees five have the coefficient 0.
    assert_eq!(trees.len(), 80);
}

/// The fields f₀, f₁, … of a flow given by powers of ε, at a point.
fn fields_of(
    flow: &MapFlow,
    problem: &Problem,
    point: &[DoubleDouble],
    terms: usize,
) -> Vec<Vec<DoubleDouble>> {
    let mut a = Numeric::new(problem.seen::<DoubleDouble>().unwrap());
    let powers: Vec<u32> =
        Flow::<Numeric<DoubleDouble>>::terms(flow).iter().map(|term| term.power).collect();
    let zero = DoubleDouble::zero();
    let mut at = |c: &[DoubleDouble]| flow.field(&mut a, c, &zero, &point.to_vec());
    let leading = at(&vec![zero; powers.len()]);
    (0..terms)
        .map(|j| {
            if j == 0 {
                return leading.clone();
            }
            let of = |p: &u32| if *p as usize == j { DoubleDouble::one() } else { zero };
            let c: Vec<DoubleDouble> = powers.iter().map(of).collect();
            at(&c).iter().zip(&leading).map(|(&x, &y)| x - y).collect()
        })
        .collect()
}

/// Every method of the register, from its elementary differentials and from power series in ε: two
/// derivations that share the step and nothing else.
#[test]
fn every_method_of_the_register_has_the_field_of_its_expansion() {
    let given: [(&str, &[&str]); 12] = [
        ("adam", &["beta1=2/3", "decay=1/7"]),
        ("adam", &["beta2=0.999"]),
        ("adamw", &["inside=false", "beta1=0"]),
        ("rmsprop", &["decay=1/10", "l2=1/5"]),
        ("nadam", &["beta1=3/4"]),
        ("adabelief", &["beta1=2/3", "beta2=4/5"]),
        ("lion", &["beta1=9/10", "beta2=3/4", "decay=1/10"]),
        ("sam", &["rho=1/3", "rho-fixed=1/5"]),
        ("sam", &["rho=0", "rho-fixed=1/5", "decay=1/4"]),
        ("muon", &["beta=3/5", "decay=1/9"]),
        ("clipping", &["threshold=1/2", "l2=1/10"]),
        ("heavy-ball", &["beta=4/5", "decay=1/10", "l2=1/3"]),
    ];
    let methods = Methods::standard();
    let plain = methods.iter().map(|method| (method.name(), &[] as &[&str]));
    let mut seen = 0;
    for (name, set) in plain.chain(given) {
        let method = methods.method(name).unwrap();
        let values = method.values(set).unwrap();
        for loss in ["factorisation", "logistic"] {
            let problem = preset(loss, None, None, 1).unwrap();
            let made = method.made(&values, Some(problem.batches())).unwrap();
            if made.sampling.paths(problem.batches()) > 200.0 {
                continue;
            }
            let problem =
                if made.ridge.is_zero() { problem } else { problem.ridged(made.ridge).unwrap() };
            let start: Vec<DoubleDouble> =
                problem.start().iter().map(|&x| DoubleDouble::from_f64(x)).collect();
            let terms = 3;
            let began = Instant::now();
            let exact = made.series.as_ref().unwrap();
            // On the whole loss nobody sees its minibatches.
            let whole = method.sampling() == "full-batch" && !looks_at_minibatches(&**exact);
            let colours = if whole { 1 } else { problem.batches() };
            let field = derive_with_maps(&**exact, &*made.sampling, terms, colours).unwrap();
            let derived = began.elapsed();
            let from_trees = fields_of(&field.flow().unwrap(), &problem, &start, terms);
            let expander =
                Expander::new(&made.optimizer, Arc::clone(&made.sampling), &problem).unwrap();
            let from_jets = expander.fields(&start, terms).unwrap();
            for (j, (trees, jets)) in from_trees.iter().zip(&from_jets).enumerate() {
                let size = |x: DoubleDouble| x.leading().abs();
                let scale = jets.iter().map(|&x| size(x)).fold(1e-3, f64::max);
                let gap = trees.iter().zip(jets).map(|(&x, &y)| size(x - y)).fold(0.0, f64::max);
                println!(
                    "{name} {set:?} {loss} f{j}: {:.1e} in {derived:.1?}, {:?} differentials",
                    gap / scale,
                    field.counts()
                );
                assert!(
                    gap <= 1e-20 * scale,
                    "{name} {set:?} {loss} f{j}: {gap:.1e} of {scale:.1e}"
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 60);
}
