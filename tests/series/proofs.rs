//! Claims compared in exact series: those that hold, and those that do not.

use std::sync::Arc;

use shadowflow::arithmetic::{Arithmetic, Batch};
use shadowflow::flow::{
    BatchPenalty, Flow, GradientPenalty, MomentumPenalty, Ordered, ThreeTerms, TreeFlow,
};
use shadowflow::leg::Sabotage;
use shadowflow::optimizer::{
    GradientDescent, Implicit, Momentum, Optimizer, RungeKutta, SharpnessAware, State, Substeps,
};
use shadowflow::sampling::{
    FixedOrder, FlipFlop, FullBatch, IndependentDraws, RandomReshuffling, Sampling,
};
use shadowflow::scalar::Ratio;
use shadowflow::series::{
    BSeries, Claim, Composer, Forest, Polynomial, ProofStatus, Row, Series, SeriesFault, flow_of,
    modified_field, prove, slow_manifold,
};
use shadowflow::theorem::Catalogue;

use super::{derived, rational};

fn status(
    optimizer: &dyn Optimizer<Series>,
    sampling: &dyn Sampling,
    flow: &dyn Flow<Series>,
    local_order: usize,
    batches: usize,
) -> ProofStatus {
    let terms = flow.terms();
    let claim = Claim {
        flow,
        terms: &terms,
        clock: Ratio::new(1, 1),
        local_order,
        start_order: local_order,
    };
    prove(optimizer, sampling, &claim, batches).unwrap().status
}

#[test]
fn claims_about_minibatches_hold_exactly_at_their_order_and_not_beyond() {
    use ProofStatus::{Proved, Refuted};
    let sgd = &GradientDescent;
    for m in 1..=4 {
        let more = if m == 1 { Proved } else { Refuted };
        let (shuffled, penalised) = (&RandomReshuffling, &BatchPenalty::default());
        assert_eq!(status(sgd, shuffled, penalised, 3, m), Proved);
        assert_eq!(status(sgd, shuffled, penalised, 4, m), Refuted);
        assert_eq!(status(sgd, shuffled, &GradientPenalty::default(), 3, m), more);
        assert_eq!(status(sgd, &FixedOrder::ascending(m), &Ordered, 3, m), Proved);
        assert_eq!(status(sgd, &FixedOrder::descending(m), &Ordered, 3, m), more);
        assert_eq!(status(sgd, &FlipFlop, penalised, 3, m), Proved);
        let drawn = IndependentDraws { steps: m };
        assert_eq!(status(sgd, &drawn, &GradientPenalty::default(), 3, m), Proved);
        assert_eq!(status(sgd, &drawn, penalised, 3, m), more);
        let halved = Substeps { inner: GradientDescent, count: 2 };
        assert_eq!(status(&halved, shuffled, &BatchPenalty { substeps: 2 }, 3, m), Proved);
        assert_eq!(status(&halved, shuffled, penalised, 3, m), Refuted);
    }
    assert_eq!(status(sgd, &FullBatch, &ThreeTerms::descent(), 4, 1), Proved);
    assert_eq!(status(sgd, &FullBatch, &ThreeTerms::descent(), 5, 1), Refuted);
}

/// A field with a term that is out of place: ε g or ε H²g beside the right ones.
struct Stray {
    derivatives: usize,
}

impl<A: Arithmetic> Flow<A> for Stray {
    fn terms(&self) -> Vec<shadowflow::flow::Term> {
        vec![
            shadowflow::flow::Term::new("gradient penalty", 1, 4, 1),
            shadowflow::flow::Term::new("stray", 1, 1, 1),
        ]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let full = shadowflow::arithmetic::Batch::Full;
        let mut field = GradientPenalty::default().field(a, &c[..1], t, w);
        let mut stray = a.gradient(full, w);
        for _ in 0..self.derivatives {
            stray = a.hessian_vector(full, w, &stray);
        }
        a.axpy(&c[1], &stray, &mut field);
        field
    }
}

#[test]
fn a_term_with_the_wrong_power_of_the_step_size_is_refuted() {
    for derivatives in [0, 2, 3] {
        let found = status(&GradientDescent, &FullBatch, &Stray { derivatives }, 3, 1);
        assert_eq!(found, ProofStatus::Refuted, "{derivatives} Hessians");
    }
}

/// The lemma behind proofs for every m: a coefficient of the mean map depends only on which nodes share
/// a colour, so adding batches that do not occur in a tree changes nothing.
#[test]
fn a_coefficient_of_the_mean_depends_only_on_which_nodes_share_a_colour() {
    let field = |m: usize| {
        let (forest, rows) = derived(&GradientDescent, &RandomReshuffling, 3, m);
        // Over a whole epoch the clock is m ε: coefficients are those of the sum over batches.
        let scaled = |row: &Row| (forest.show(row.tree), &row.coefficient * rational(m as i64, 1));
        rows.iter().map(scaled).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (three, four) = (field(3), field(4));
    assert!(three.len() > 30);
    for (tree, c) in &three {
        assert_eq!(four.get(tree), Some(c), "{tree}");
    }
    // Renaming colours changes nothing either.
    for (tree, c) in &three {
        let renamed: String = tree
            .chars()
            .map(|x| match x {
                'a' => 'c',
                'c' => 'a',
                other => other,
            })
            .collect();
        let children_sorted = three.contains_key(&renamed);
        if children_sorted {
            assert_eq!(three[&renamed], *c, "{tree} and {renamed}");
        }
    }
}

/// Momentum started on its slow manifold up to trees of a given order, where a first step is like any other.
struct Settled {
    method: Momentum,
    velocity: TreeFlow,
}

impl Settled {
    fn of(method: Momentum, order: usize) -> Self {
        let forest = Arc::new(Forest::new(order, 1).unwrap());
        let a = Series::new(Arc::clone(&forest));
        let memory = slow_manifold(&a, &Composer::new(&forest), &method).unwrap();
        let rows = modified_field(&forest, &memory[0].coefficients, 1).unwrap();
        Settled { method, velocity: flow_of(&forest, &rows).unwrap() }
    }
}

impl Optimizer<Series> for Settled {
    fn step(&self, a: &mut Series, eps: &Polynomial, batch: Batch, s: &mut State<BSeries>) {
        self.method.step(a, eps, batch, s);
    }
    fn memory(&self) -> usize {
        1
    }
    fn initial_memory(&self, a: &mut Series, eps: &Polynomial, w: &BSeries) -> Vec<BSeries> {
        let flow: &dyn Flow<Series> = &self.velocity;
        let power = |p: u32| (0..p).fold(a.fraction(1, 1), |x, _| x * eps.clone());
        let c: Vec<Polynomial> = flow.terms().iter().map(|term| power(term.power)).collect();
        let mut velocity = flow.field(a, &c, &Polynomial::default(), w);
        a.scale(eps, &mut velocity);
        vec![velocity]
    }
}

/// From rest the first steps are those of the slow manifold to no order, and started on it up to ε² to
/// local order 3.
#[test]
fn momentum_is_proved_where_it_starts_on_its_slow_manifold() {
    let half = Ratio::new(1, 2);
    let flow = MomentumPenalty { beta: half, ahead: false, from_rest: false };
    let claimed = |optimizer: &dyn Optimizer<Series>, local_order| {
        let terms = Flow::<Series>::terms(&flow);
        let claim = Claim {
            flow: &flow,
            terms: &terms,
            clock: Ratio::new(1, 1),
            local_order,
            start_order: local_order,
        };
        prove(optimizer, &FullBatch, &claim, 1)
    };
    let ball = Momentum::heavy_ball(half).unwrap();
    assert_eq!(claimed(&ball.settled(), 3).unwrap().status, ProofStatus::Proved);
    assert_eq!(claimed(&ball, 3), Err(SeriesFault::StartsOffManifold));
    assert_eq!(claimed(&ball, 2), Err(SeriesFault::StartsOffManifold));
    assert_eq!(claimed(&ball.settled(), 4), Err(SeriesFault::StartsOffManifold));
    assert_eq!(claimed(&Settled::of(ball, 3), 4).unwrap().status, ProofStatus::Refuted);
}

/// A claim that is the derived field with one coefficient off by a hundredth fails at that very tree.
#[test]
fn a_sabotaged_coefficient_is_refuted_at_its_own_tree() {
    let sixth = Ratio::new(1, 6);
    let cases: [(&dyn Optimizer<Series>, &dyn Sampling, usize, usize); 8] = [
        (&GradientDescent, &FullBatch, 5, 1),
        (&RungeKutta::rk4(), &FullBatch, 5, 1),
        (&Implicit::midpoint(), &FullBatch, 4, 1),
        (&Settled::of(Momentum::nesterov(sixth).unwrap(), 4), &FullBatch, 4, 1),
        (&SharpnessAware::new(sixth), &FullBatch, 4, 1),
        (&GradientDescent, &RandomReshuffling, 3, 2),
        (&GradientDescent, &FixedOrder { order: vec![2, 0, 1] }, 2, 3),
        (&GradientDescent, &IndependentDraws { steps: 2 }, 3, 2),
    ];
    for (optimizer, sampling, nodes, batches) in cases {
        let (forest, rows) = derived(optimizer, sampling, nodes, batches);
        let proof = |rows: &[Row]| {
            let flow = flow_of(&forest, rows).unwrap();
            let flow: &dyn Flow<Series> = &flow;
            let terms = flow.terms();
            let (clock, local_order) = (Ratio::new(1, 1), nodes + 1);
            let claim = Claim { flow, terms: &terms, clock, local_order, start_order: local_order };
            prove(optimizer, sampling, &claim, batches).unwrap()
        };
        assert_eq!(proof(&rows).status, ProofStatus::Proved);
        for at in 0..rows.len() {
            let mut changed = rows.clone();
            changed[at].coefficient *= rational(101, 100);
            let (proof, tree) = (proof(&changed), forest.show(rows[at].tree));
            assert_eq!(proof.status, ProofStatus::Refuted, "{tree}");
            let failure = proof.first_failure.unwrap();
            assert_eq!(failure.tree, tree);
            assert_eq!(failure.actual, rows[at].coefficient, "{tree}");
            assert_eq!(failure.claimed, changed[at].coefficient, "{tree}");
        }
    }
}

/// Every theorem with a proof is proved, and every control of its coefficients and clock refuted with
/// a tree named.
#[test]
fn the_catalogue_is_proved_and_its_sabotage_refuted() {
    let mut proved = 0;
    for theorem in Catalogue::standard().theorems() {
        let proof = theorem.proof(None).unwrap();
        if proof.status == ProofStatus::NotApplicable {
            assert!(theorem.series_controls().is_empty());
            continue;
        }
        assert_eq!(proof.status, ProofStatus::Proved, "{}: {proof:?}", theorem.id());
        proved += 1;
        for control in theorem.series_controls() {
            let sabotaged = theorem.proof(Some(&control)).unwrap();
            let name = control.name();
            assert_eq!(sabotaged.status, ProofStatus::Refuted, "{}, {name}", theorem.id());
            assert!(!sabotaged.first_failure.unwrap().tree.is_empty());
        }
        let missing = Sabotage::Omit("no such term".to_owned());
        assert_eq!(theorem.proof(Some(&missing)).unwrap().status, ProofStatus::Proved);
    }
    assert!(proved >= 17, "only {proved} theorems have a proof");
}
