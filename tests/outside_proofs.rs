//! What a proof in exact series must not say of methods, flows and samplings from outside: every claim here is
//! written through the public interface, the false one that would slip through beside the true one that
//! would be refused.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

use shadowflow::flow::{BatchPenalty, GradientFlow, GradientPenalty, Integrable};
use shadowflow::optimizer::{GradientDescent, Momentum};
use shadowflow::prelude::*;
use shadowflow::sampling::Draw;
use shadowflow::series::{Proof, ProofStatus, ProvedBatches, Series, SeriesFault};
use shadowflow::theorem::Outcome;

const PROVED: ProofStatus = ProofStatus::Proved;
const REFUTED: ProofStatus = ProofStatus::Refuted;

/// Σ coefficient · (−H)^k f with its power of ε, one entry a k, and the coefficient 1 of f: a field in
/// powers of the Hessian, each of the entries a term.
#[derive(Clone)]
struct Powers(Vec<(usize, Ratio, u32)>);

impl Powers {
    fn of(terms: &[(usize, (i64, i64), u32)]) -> Self {
        Powers(terms.iter().map(|&(k, c, p)| (k, c.into(), p)).collect())
    }
}

const NAMES: [&str; 8] = ["g", "Hg", "H²g", "H³g", "H⁴g", "H⁵g", "H⁶g", "H⁷g"];

impl<A: Arithmetic> Flow<A> for Powers {
    fn terms(&self) -> Vec<Term> {
        let term = |&(k, coefficient, power): &(usize, Ratio, u32)| Term {
            name: NAMES[k],
            coefficient,
            power,
        };
        self.0.iter().map(term).collect()
    }

    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = a.gradient(Batch::Full, w);
        a.scale(&a.fraction(-1, 1), &mut field);
        for (&(k, ..), c) in self.0.iter().zip(c) {
            let mut v = a.gradient(Batch::Full, w);
            for _ in 0..k {
                v = a.hessian_vector(Batch::Full, w, &v);
            }
            a.axpy(c, &v, &mut field);
        }
        field
    }
}

fn claimed<O, F>(optimizer: O, flow: F, local: u32) -> Theorem
where
    O: shadowflow::optimizer::Runnable + Optimizer<Series> + 'static,
    F: Integrable + Flow<Series> + 'static,
{
    Theorem::tracks("claimed", optimizer, flow, local, local - 1)
}

/// Without controls and powers of its own: what the proof and the measured legs say.
fn checked(theorem: &Theorem, loss: &str, batches: Option<usize>) -> Outcome {
    let problem = preset(loss, batches, None, 1).unwrap();
    let settings = Settings { controls: false, ..Settings::default() };
    check(theorem, &problem, &settings).unwrap()
}

fn assert_refuted_at(proof: &Proof, tree: &str, batches: usize) {
    assert_eq!(proof.status, REFUTED, "{proof:?}");
    let failure = proof.first_failure.as_ref().unwrap();
    assert_eq!((failure.tree.as_str(), failure.batches), (tree, batches), "{failure}");
    assert_eq!(proof.batches, ProvedBatches::Listed(Vec::new()));
}

fn listed(batches: &[usize]) -> ProvedBatches {
    ProvedBatches::Listed(batches.to_vec())
}

// ---- Steps -------------------------------------------------------------------------------------------

/// w ← w − ε (1 + `late` [n ≥ `after`]) g: another method from some step on.
struct Changing {
    after: usize,
    late: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Changing {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let late = a.count(s.steps) >= self.after;
        let speed = if late { Ratio::new(1, 1) + self.late } else { Ratio::new(1, 1) };
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(a.ratio(speed) * eps.clone()), &g, &mut s.w);
    }
}

/// w ← w − ε g − `share` βⁿ ε^`power` (−H)^(power−1) g: what its first steps have more fades.
struct Fading {
    beta: Ratio,
    share: Ratio,
    power: usize,
}

impl<A: Arithmetic> Optimizer<A> for Fading {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let mut c = a.faded(self.beta, s.steps) * a.ratio(self.share);
        let mut more = g.clone();
        for n in 0..self.power {
            c = c * eps.clone();
            if n > 0 {
                more = a.hessian_vector(batch, &s.w, &more);
            }
        }
        a.axpy(&-eps.clone(), &g, &mut s.w);
        a.axpy(&-c, &more, &mut s.w);
    }
}

#[test]
fn a_method_that_counts_its_steps_is_measured_and_not_proved() {
    let half = Ratio::new(1, 2);
    for after in [0, 1, 20, 1_000_000] {
        let theorem = claimed(Changing { after, late: half }, GradientPenalty::default(), 3);
        assert_eq!(theorem.proof(None).unwrap_err().to_string(), "it counts its steps");
    }
    // The first step is the claim's, the others are not: nothing but the fixed time shows it.
    let late = claimed(Changing { after: 20, late: half }, GradientPenalty::default(), 3);
    assert_ne!(checked(&late, "factorisation", None).verdict, Verdict::Confirmed);
    // A method that only looks is as true as before, and says what evidence it lacks.
    let idle =
        claimed(Changing { after: 20, late: Ratio::new(0, 1) }, GradientPenalty::default(), 3);
    let outcome = checked(&idle, "factorisation", None);
    outcome.assert_confirmed();
    assert_eq!(outcome.reason.as_deref(), Some("not proved: it counts its steps"));
    assert_eq!(outcome.proof.unprovable.as_deref(), Some("it counts its steps"));
}

#[test]
fn what_fades_is_proved_where_the_first_steps_do_not_show_it() {
    let fading =
        |power, beta: (i64, i64)| Fading { beta: beta.into(), share: (1, 3).into(), power };
    for power in 1..5 {
        let theorem = claimed(fading(power, (1, 2)), GradientPenalty::default(), 3);
        let proof = theorem.proof(None);
        if power < 3 {
            assert_eq!(proof, Err(SeriesFault::StartsOffManifold), "{power}");
        } else {
            assert_eq!(proof.unwrap().status, PROVED, "{power}");
        }
    }
    let seen =
        checked(&claimed(fading(1, (1, 2)), GradientPenalty::default(), 3), "logistic", None);
    assert_eq!(seen.verdict, Verdict::Refuted);
    for beta in [(1, 1), (-1, 1), (3, 2)] {
        let fault =
            claimed(fading(3, beta), GradientPenalty::default(), 3).proof(None).unwrap_err();
        assert!(fault.to_string().contains("does not fade"), "{fault}");
    }
    // On the manifold it has faded, so a wrong field is still refuted where it can be.
    let wrong = claimed(fading(3, (1, 2)), GradientFlow, 3).proof(None).unwrap();
    assert_refuted_at(&wrong, "a[a]", 1);
}

// ---- Time --------------------------------------------------------------------------------------------

/// w ← w − ε s(nε) g with s(t) = 1 − t/4.
struct Scheduled;

impl<A: Arithmetic> Optimizer<A> for Scheduled {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let taken = a.count(s.steps) as i64;
        let time = a.fraction(taken, 4) * eps.clone();
        let speed = a.fraction(1, 1) - time;
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(speed * eps.clone()), &g, &mut s.w);
    }
}

/// w′ = −s g − c s² H g + `turn` c ṡ g with s = 1 − t/4 and c = ε/2.
struct ScheduledFlow {
    turn: i64,
}

impl<A: Arithmetic> Flow<A> for ScheduledFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("schedule", 1, 2, 1)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let s = a.fraction(1, 1) - a.fraction(1, 4) * t.clone();
        let mut field = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &field);
        a.scale(&(a.fraction(-self.turn, 4) * c[0].clone() - s.clone()), &mut field);
        a.axpy(&-(c[0].clone() * s.clone() * s), &bend, &mut field);
        field
    }
}

/// w′ = −g − (ε/2) H g + c tᵖ (−H)^k g.
struct Drifting {
    derivatives: usize,
    power: u32,
    time: u32,
}

impl<A: Arithmetic> Flow<A> for Drifting {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1), Term::new("drift", -1, 1, self.power)]
    }

    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let mut field = GradientPenalty::default().field(a, &c[..1], t, w);
        let mut drift = a.gradient(Batch::Full, w);
        for _ in 0..self.derivatives {
            drift = a.hessian_vector(Batch::Full, w, &drift);
        }
        let weight = (0..self.time).fold(c[1].clone(), |x, _| x * t.clone());
        a.axpy(&weight, &drift, &mut field);
        field
    }
}

#[test]
fn a_field_that_depends_on_time_is_measured_and_neither_proved_nor_refuted() {
    for turn in [0, 1] {
        let theorem = claimed(Scheduled, ScheduledFlow { turn }, 3);
        assert_eq!(theorem.proof(None), Err(SeriesFault::Timed));
    }
    let outcome = checked(&claimed(Scheduled, ScheduledFlow { turn: 1 }, 3), "logistic", None);
    outcome.assert_confirmed();
    assert_eq!(
        outcome.reason.as_deref(),
        Some("not provable yet: the claimed field depends on time")
    );
    let without = checked(&claimed(Scheduled, ScheduledFlow { turn: 0 }, 3), "logistic", None);
    assert_eq!(without.verdict, Verdict::Refuted, "{:?}", without.reason);
}

#[test]
fn time_is_seen_wherever_it_stands_in_a_field() {
    // Beside a tree that is compared, in a higher power, and in trees beyond those compared.
    for (derivatives, time) in [(0, 1), (1, 1), (1, 3), (4, 1), (7, 2)] {
        let flow = Drifting { derivatives, power: 1, time };
        let proof = claimed(GradientDescent, flow, 3).proof(None);
        assert_eq!(proof, Err(SeriesFault::Timed), "{derivatives} {time}");
    }
    let measured = claimed(GradientDescent, Drifting { derivatives: 1, power: 1, time: 1 }, 3);
    assert_eq!(checked(&measured, "logistic", None).verdict, Verdict::Refuted);
    // At a power of ε that is part of the error claimed it is none of the claim's business.
    let beyond = claimed(GradientDescent, Drifting { derivatives: 1, power: 2, time: 1 }, 3);
    assert_eq!(beyond.proof(None).unwrap().status, PROVED);
    assert_ne!(checked(&beyond, "logistic", None).verdict, Verdict::Refuted);
}

#[test]
fn time_that_cancels_is_no_time() {
    struct Cancelling;
    impl<A: Arithmetic> Flow<A> for Cancelling {
        fn terms(&self) -> Vec<Term> {
            vec![Term::new("gradient", 1, 1, 0)]
        }
        fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
            let mut field = a.gradient(Batch::Full, w);
            a.scale(&(t.clone() - c[0].clone() - t.clone()), &mut field);
            field
        }
    }
    assert_eq!(claimed(GradientDescent, Cancelling, 2).proof(None).unwrap().status, PROVED);
}

// ---- Start -------------------------------------------------------------------------------------------

/// w′ = −g − (ε/2) H g, started at w + c g.
struct Displaced {
    power: u32,
}

impl<A: Arithmetic> Flow<A> for Displaced {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1), Term::new("start", 1, 1, self.power)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        GradientPenalty::default().field(a, &c[..1], t, w)
    }
    fn start(&self, a: &mut A, c: &[A::Number], mut w: A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, &w);
        a.axpy(&c[1], &g, &mut w);
        w
    }
}

/// w′ = −g − (ε/2) H g, started at 2w.
struct Doubled;

impl<A: Arithmetic> Flow<A> for Doubled {
    fn terms(&self) -> Vec<Term> {
        Flow::<A>::terms(&GradientPenalty::default())
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        GradientPenalty::default().field(a, c, t, w)
    }
    fn start(&self, a: &mut A, _c: &[A::Number], mut w: A::Vector) -> A::Vector {
        a.scale(&a.fraction(2, 1), &mut w);
        w
    }
}

#[test]
fn a_flow_that_starts_elsewhere_is_not_proved_to_follow_the_iterates() {
    for power in 0..3 {
        let proof = claimed(GradientDescent, Displaced { power }, 3).proof(None);
        assert_eq!(proof, Err(SeriesFault::StartsElsewhere), "{power}");
    }
    assert_eq!(claimed(GradientDescent, Doubled, 3).proof(None), Err(SeriesFault::StartsElsewhere));
    let outcome = checked(&claimed(GradientDescent, Displaced { power: 1 }, 3), "logistic", None);
    assert_eq!(outcome.verdict, Verdict::Refuted);
    // Off by no more than the error claimed it starts where it should.
    let near = claimed(GradientDescent, Displaced { power: 3 }, 3);
    assert_eq!(near.proof(None).unwrap().status, PROVED);
}

/// The heavy ball that starts with `share` of the velocity of its slow manifold up to O(ε²).
struct Pushed {
    ball: Momentum,
    share: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Pushed {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        self.ball.step(a, eps, batch, s);
    }
    fn memory(&self) -> usize {
        1
    }
    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let mut memory = self.ball.settled().initial_memory(a, eps, w);
        memory.iter_mut().for_each(|v| a.scale(&a.ratio(self.share), v));
        memory
    }
}

#[test]
fn memory_is_proved_only_where_it_starts_on_its_slow_manifold() {
    use shadowflow::flow::MomentumPenalty;
    let beta = Ratio::new(1, 2);
    let flow = || MomentumPenalty { beta, ahead: false, from_rest: false };
    let pushed = |share| Pushed { ball: Momentum::heavy_ball(beta), share };
    assert_eq!(claimed(pushed((1, 1).into()), flow(), 3).proof(None).unwrap().status, PROVED);
    for share in [(0, 1), (1, 2), (101, 100)] {
        let proof = claimed(pushed(share.into()), flow(), 3).proof(None);
        assert_eq!(proof, Err(SeriesFault::StartsOffManifold), "{share:?}");
    }
    let nudged = checked(&claimed(pushed((1, 2).into()), flow(), 3), "factorisation", None);
    assert_eq!(nudged.verdict, Verdict::Refuted);
    // A wrong field is refuted all the same where the start is right.
    let wrong = MomentumPenalty { beta: (1, 3).into(), ahead: false, from_rest: false };
    assert_refuted_at(&claimed(pushed((1, 1).into()), wrong, 3).proof(None).unwrap(), "a", 1);
}

/// u ← u/2 − ε g that nothing reads, and v ← v, w ← w − ε g + v/2 where v starts at `kick` ε g in the second
/// step only: memory whose start shows late.
struct Late {
    kick: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Late {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let [first, second] = s.memory.as_mut_slice() else { return };
        a.axpy(&-eps.clone(), &g, &mut s.w);
        a.axpy(&a.fraction(1, 1), second, &mut s.w);
        // What the first holds reaches the parameters one step later, and is gone after that.
        std::mem::swap(first, second);
        a.scale(&a.fraction(0, 1), first);
    }
    fn memory(&self) -> usize {
        2
    }
    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        let mut first = a.gradient(Batch::Full, w);
        a.scale(&(a.ratio(self.kick) * eps.clone()), &mut first);
        vec![first, a.zero()]
    }
}

#[test]
fn a_start_that_shows_in_the_second_step_is_seen() {
    let still = claimed(Late { kick: (0, 1).into() }, GradientPenalty::default(), 3);
    assert_eq!(still.proof(None).unwrap().status, PROVED);
    let kicked = claimed(Late { kick: (1, 1).into() }, GradientPenalty::default(), 3);
    assert_eq!(kicked.proof(None), Err(SeriesFault::StartsOffManifold));
    assert_eq!(checked(&kicked, "logistic", None).verdict, Verdict::Refuted);
}

// ---- Truncation --------------------------------------------------------------------------------------

/// w ← w − ε g(w + ρ g), with ρ not in units of ε.
struct Ahead {
    rho: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Ahead {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let mut ahead = s.w.clone();
        a.axpy(&a.ratio(self.rho), &g, &mut ahead);
        let g = a.gradient(batch, &ahead);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

/// w′ = −g(w + ρ g).
struct AheadFlow {
    rho: Ratio,
}

impl<A: Arithmetic> Flow<A> for AheadFlow {
    fn terms(&self) -> Vec<Term> {
        vec![Term { name: "climb", coefficient: self.rho, power: 0 }]
    }
    fn field(&self, a: &mut A, c: &[A::Number], _t: &A::Number, w: &A::Vector) -> A::Vector {
        let g = a.gradient(Batch::Full, w);
        let mut ahead = w.clone();
        a.axpy(&c[0], &g, &mut ahead);
        let mut field = a.gradient(Batch::Full, &ahead);
        a.scale(&a.fraction(-1, 1), &mut field);
        field
    }
}

#[test]
fn a_method_not_in_units_of_the_step_size_is_neither_proved_nor_refuted() {
    let mixed = |proof: Result<Proof, SeriesFault>| {
        let fault = proof.unwrap_err();
        assert!(matches!(fault, SeriesFault::Mixed { .. }), "{fault}");
        assert!(fault.to_string().ends_with("give hyperparameters in units of ε"), "{fault}");
    };
    let fifth = Ratio::new(1, 5);
    for local in 2..5 {
        mixed(claimed(Ahead { rho: fifth }, AheadFlow { rho: fifth }, local).proof(None));
        mixed(claimed(Ahead { rho: fifth }, GradientFlow, local).proof(None));
        mixed(claimed(Regularised { mu: fifth }, GradientPenalty::default(), local).proof(None));
    }
    let theorem = claimed(Ahead { rho: fifth }, AheadFlow { rho: fifth }, 2);
    let outcome = checked(&theorem, "logistic", None);
    outcome.assert_confirmed();
    assert!(outcome.reason.unwrap().contains("mixes powers of ε"));
    let wrong = claimed(Ahead { rho: fifth }, AheadFlow { rho: (1, 4).into() }, 2);
    assert_eq!(checked(&wrong, "logistic", None).verdict, Verdict::Refuted);
    // Without a climb it is gradient descent, and a field with one is refuted by its first tree.
    let still = Ahead { rho: (0, 1).into() };
    assert_refuted_at(&claimed(still, AheadFlow { rho: fifth }, 2).proof(None).unwrap(), "a[a]", 1);
}

/// Descent on C + μ‖g‖² with μ not in units of ε: finitely many trees, whose logarithm has all.
struct Regularised {
    mu: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Regularised {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut g = a.gradient(batch, &s.w);
        let bend = a.hessian_vector(batch, &s.w, &g);
        a.axpy(&a.ratio(self.mu), &bend, &mut g);
        a.axpy(&-eps.clone(), &g, &mut s.w);
    }
}

/// w ← w − ε g + c ε² (−H)^k g.
struct Deep {
    derivatives: usize,
    c: Ratio,
}

impl<A: Arithmetic> Optimizer<A> for Deep {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let mut g = a.gradient(batch, &s.w);
        let w = s.w.clone();
        a.axpy(&-eps.clone(), &g, &mut s.w);
        for _ in 0..self.derivatives {
            g = a.hessian_vector(batch, &w, &g);
        }
        a.axpy(&(a.ratio(self.c) * eps.clone() * eps.clone()), &g, &mut s.w);
    }
}

#[test]
fn a_term_of_a_field_in_a_large_tree_is_found_however_large() {
    for derivatives in 2..8 {
        let flow = Powers::of(&[(1, (-1, 2), 1), (derivatives, (1, 9), 1)]);
        let proof = claimed(GradientDescent, flow, 3).proof(None).unwrap();
        let tall = (0..derivatives).fold("a".to_owned(), |tree, _| format!("a[{tree}]"));
        assert_refuted_at(&proof, &tall, 1);
        let sign = if derivatives % 2 == 0 { "-" } else { "" };
        assert_eq!(proof.first_failure.unwrap().claimed.to_string(), format!("{sign}1/9"));
        // The same at a power of ε that is part of the error claimed.
        let flow = Powers::of(&[(1, (-1, 2), 1), (derivatives, (1, 9), 2)]);
        assert_eq!(claimed(GradientDescent, flow, 3).proof(None).unwrap().status, PROVED);
    }
    let measured = claimed(GradientDescent, Powers::of(&[(1, (-1, 2), 1), (6, (1, 9), 1)]), 3);
    assert_eq!(checked(&measured, "logistic", None).verdict, Verdict::Refuted);
}

#[test]
fn a_term_of_a_method_in_a_large_tree_is_never_taken_for_absent() {
    for derivatives in 2..8 {
        let deep = || Deep { derivatives, c: (1, 9).into() };
        // Without its term the claim is false; with it, true; neither is decided in series.
        let without = claimed(deep(), GradientPenalty::default(), 3).proof(None);
        let with = Powers::of(&[(1, (-1, 2), 1), (derivatives, (1, 9), 1)]);
        let with = claimed(deep(), with, 3).proof(None);
        for proof in [without, with] {
            assert!(matches!(proof, Err(SeriesFault::Mixed { .. })), "{derivatives}: {proof:?}");
        }
        // At local order 2 the term belongs to the error.
        assert_eq!(claimed(deep(), GradientFlow, 2).proof(None).unwrap().status, PROVED);
        let fault = derive(&deep(), &FullBatch, 2, 1).unwrap_err();
        assert!(matches!(fault, SeriesFault::Mixed { .. }), "{fault}");
    }
    let measured =
        claimed(Deep { derivatives: 3, c: (1, 2).into() }, GradientPenalty::default(), 3);
    assert_eq!(checked(&measured, "logistic", None).verdict, Verdict::Refuted);
}

/// w ← w − ε (1 + c ε^p) g.
struct Faster {
    c: Ratio,
    power: u32,
}

impl<A: Arithmetic> Optimizer<A> for Faster {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let more = (0..self.power).fold(a.ratio(self.c), |x, _| x * eps.clone());
        let g = a.gradient(batch, &s.w);
        a.axpy(&-(eps.clone() * (a.fraction(1, 1) + more)), &g, &mut s.w);
    }
}

#[test]
fn small_trees_are_compared_at_every_power_of_the_step_size() {
    let faster = |power| Faster { c: (1, 2).into(), power };
    let claim = |c: (i64, i64)| Powers::of(&[(0, (-c.0, c.1), 1), (1, (-1, 2), 1)]);
    let right = claimed(faster(1), claim((1, 2)), 3);
    assert_eq!(right.proof(None).unwrap().status, PROVED);
    checked(&right, "logistic", None).assert_confirmed();
    for wrong in [(0, 1), (-1, 2), (51, 100)] {
        let proof = claimed(faster(1), claim(wrong), 3).proof(None).unwrap();
        assert_refuted_at(&proof, "a", 1);
        let failure = proof.first_failure.unwrap();
        assert_eq!((failure.power, failure.actual.to_string().as_str()), (1, "1/2"), "{failure}");
        assert!(failure.to_string().contains("at ε^1"), "{failure}");
    }
    // One power higher it is the error of local order 3, and the business of local order 4.
    assert_eq!(claimed(faster(2), claim((0, 1)), 3).proof(None).unwrap().status, PROVED);
    let next = |c: (i64, i64)| {
        // On the way of descent's next terms, −(1/3) H²g − (1/12) T[g, g], quadratics have the first only.
        Powers::of(&[(0, (-c.0, c.1), 2), (1, (-1, 2), 1), (2, (-1, 3), 2)])
    };
    let proof = claimed(faster(2), next((1, 2)), 4).proof(None).unwrap();
    assert_refuted_at(&proof, "a[a,a]", 1);
    let proof = claimed(faster(2), next((1, 3)), 4).proof(None).unwrap();
    assert_refuted_at(&proof, "a", 1);
}

/// A mean of gradients that steps are taken along, m ← m/2 + g/2, w ← w − ε m: memory one power of ε ahead
/// of its trees.
struct Averaged;

impl<A: Arithmetic> Optimizer<A> for Averaged {
    fn step(&self, a: &mut A, eps: &A::Number, batch: Batch, s: &mut State<A::Vector>) {
        let g = a.gradient(batch, &s.w);
        let [mean] = s.memory.as_mut_slice() else { return };
        a.scale(&a.fraction(1, 2), mean);
        a.axpy(&a.fraction(1, 2), &g, mean);
        a.axpy(&-eps.clone(), mean, &mut s.w);
    }
    fn memory(&self) -> usize {
        1
    }
    fn initial_memory(&self, a: &mut A, eps: &A::Number, w: &A::Vector) -> Vec<A::Vector> {
        // One step earlier the gradient was g + ε H g, so the mean is g + ε H g (½ + 2/4 + 3/8 + …)/2 ….
        let mut mean = a.gradient(Batch::Full, w);
        let bend = a.hessian_vector(Batch::Full, w, &mean);
        a.axpy(&(a.fraction(2, 1) * eps.clone()), &bend, &mut mean);
        vec![mean]
    }
}

#[test]
fn truncation_of_memory_loses_no_true_claim() {
    // ½ (1 + β)/(1 − β) with β = ½: the lag of the mean and half a step.
    let flow = |c: (i64, i64)| Powers::of(&[(1, (-c.0, c.1), 1)]);
    let right = claimed(Averaged, flow((3, 2)), 3);
    assert_eq!(right.proof(None).unwrap().status, PROVED);
    checked(&right, "logistic", None).assert_confirmed();
    assert_refuted_at(&claimed(Averaged, flow((1, 2)), 3).proof(None).unwrap(), "a[a]", 1);
    let (forest, rows) = derive(&Averaged, &FullBatch, 4, 1).unwrap();
    assert_eq!(forest.show(rows[1].tree), "a[a]");
    assert_eq!(rows[1].coefficient.to_string(), "-3/2");
}

// ---- Minibatches -------------------------------------------------------------------------------------

/// Gradient descent on a whole loss that it adds up itself, dividing by m or not.
#[derive(Clone, Copy)]
struct Accumulated {
    divides: bool,
}

impl<A: Arithmetic> Optimizer<A> for Accumulated {
    fn step(&self, a: &mut A, eps: &A::Number, _batch: Batch, s: &mut State<A::Vector>) {
        let m = a.batches();
        let mut sum = a.zero();
        for k in 0..m {
            let g = a.gradient(Batch::One(k), &s.w);
            a.axpy(&a.fraction(1, 1), &g, &mut sum);
        }
        let share = if self.divides { a.fraction(1, m as i64) } else { a.fraction(1, 1) };
        a.axpy(&-(share * eps.clone()), &sum, &mut s.w);
    }
}

/// The same claim with a flow that adds up the loss itself, wrong for one number of minibatches.
#[derive(Clone, Copy)]
struct Summed {
    wrong_at: usize,
}

impl<A: Arithmetic> Flow<A> for Summed {
    fn terms(&self) -> Vec<Term> {
        vec![Term::new("gradient penalty", 1, 4, 1)]
    }
    fn field(&self, a: &mut A, c: &[A::Number], t: &A::Number, w: &A::Vector) -> A::Vector {
        let m = a.batches();
        let mut field = GradientPenalty::default().field(a, c, t, w);
        if m == self.wrong_at {
            a.scale(&a.fraction(2, 1), &mut field);
        }
        field
    }
}

/// Every step on the whole loss; with `wrong_at` components on the first alone.
struct FirstAt {
    wrong_at: usize,
}

impl Sampling for FirstAt {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        match path {
            [] if components == self.wrong_at => vec![Draw::One(0)],
            [] => vec![Draw::Full],
            _ => Vec::new(),
        }
    }
    fn is_balanced(&self) -> bool {
        true
    }
}

#[test]
fn one_step_a_block_is_not_one_minibatch() {
    let whole = claimed(GradientDescent, BatchPenalty::default(), 3);
    assert_refuted_at(&whole.proof(None).unwrap(), "a[a]", 2);
    assert_eq!(checked(&whole, "logistic", Some(3)).verdict, Verdict::Refuted);
    // One draw a block follows the penalty of the whole loss in the mean, and not that of each minibatch.
    let drawn = |flow| {
        let tracking: Tracking = flow;
        let drawn = tracking.local(3).sampled(|_| IndependentDraws { steps: 1 });
        Theorem::new("drawn").stating(drawn).proof(None).unwrap()
    };
    let each = drawn(Tracking::new(GradientDescent, BatchPenalty::default()));
    assert_refuted_at(&each, "a[a]", 2);
    let mean = drawn(Tracking::new(GradientDescent, GradientPenalty::default()));
    assert_eq!((mean.status, mean.batches), (PROVED, listed(&[1, 2, 3, 4])));
}

#[test]
fn a_method_that_adds_up_minibatches_itself_is_compared_with_several() {
    let forgets = claimed(Accumulated { divides: false }, GradientPenalty::default(), 3);
    assert_refuted_at(&forgets.proof(None).unwrap(), "a", 2);
    assert_eq!(checked(&forgets, "logistic", Some(3)).verdict, Verdict::Refuted);
    let divides = claimed(Accumulated { divides: true }, GradientPenalty::default(), 3);
    let proof = divides.proof(None).unwrap();
    assert_eq!((proof.status, proof.batches), (PROVED, listed(&[1, 2, 3, 4])));
    let outcome = checked(&divides, "quadratic", Some(6));
    outcome.assert_confirmed();
    assert_eq!((outcome.proof.batches, outcome.reason), (listed(&[1, 2, 3, 4, 6]), None));
}

#[test]
fn what_is_chosen_by_the_number_of_minibatches_is_compared_for_that_of_the_loss() {
    let penalty = |c: (i64, i64)| GradientPenalty { coefficient: c.into() };
    let chosen = move |m: usize| if m == 7 { penalty((1, 3)) } else { penalty((1, 4)) };
    let flow = Tracking::new(GradientDescent, penalty((1, 4))).flow_for(chosen).local(3).global(2);
    let sampling = Tracking::new(GradientDescent, penalty((1, 4)))
        .sampled(|_| FirstAt { wrong_at: 7 })
        .local(3)
        .global(2);
    let field = Tracking::new(GradientDescent, Summed { wrong_at: 7 }).local(3).global(2);
    for (statement, tree) in [(flow, "a[a]"), (sampling, "a"), (field, "a")] {
        let theorem = Theorem::new("wrong at seven").stating(statement);
        let proof = theorem.proof(None).unwrap();
        assert_eq!((proof.status, proof.batches), (PROVED, listed(&[1, 2, 3, 4])));
        let proof = theorem.proof_for(None, Some(5)).unwrap();
        assert_eq!((proof.status, proof.batches), (PROVED, listed(&[1, 2, 3, 4, 5])));
        assert_refuted_at(&theorem.proof_for(None, Some(7)).unwrap(), tree, 7);
        let outcome = checked(&theorem, "quadratic", Some(7));
        assert_eq!(outcome.verdict, Verdict::Refuted, "{:?}", outcome.reason);
        checked(&theorem, "quadratic", Some(5)).assert_confirmed();
    }
}

/// A sampling that is this crate's own in all but its type.
struct Wrapped;

impl Sampling for Wrapped {
    fn continuations(&self, path: &[Draw], components: usize) -> Vec<Draw> {
        RandomReshuffling.continuations(path, components)
    }
    fn is_random_order(&self) -> bool {
        true
    }
    fn is_balanced(&self) -> bool {
        true
    }
}

#[test]
fn a_loss_of_more_minibatches_than_series_hold_is_measured_and_says_so() {
    let shuffled = Tracking::new(GradientDescent, BatchPenalty::default())
        .local(3)
        .global(2)
        .sampled(|_| Wrapped);
    let theorem = Theorem::new("shuffled").stating(shuffled);
    let outcome = checked(&theorem, "quadratic", Some(12));
    outcome.assert_confirmed();
    assert_eq!((outcome.proof.status, outcome.proof.batches), (PROVED, listed(&[1, 2, 3, 4])));
    let said = "proved for m = 1 … 4, not for this loss's m = 12";
    assert_eq!(outcome.reason.as_deref(), Some(said));
    // With few enough of them it is held.
    let held = checked(&theorem, "quadratic", Some(5));
    assert_eq!((held.proof.batches, held.reason), (listed(&[1, 2, 3, 4, 5]), None));
    // The sampling itself, and not a closure's choice of it, is proved for all.
    let all = Tracking::new(GradientDescent, BatchPenalty::default())
        .local(3)
        .global(2)
        .sampled(|_| RandomReshuffling);
    let outcome = checked(&Theorem::new("shuffled").stating(all), "quadratic", Some(12));
    outcome.assert_confirmed();
    assert_eq!((outcome.proof.batches, outcome.reason), (ProvedBatches::All, None));
}

#[test]
fn every_number_of_minibatches_is_settled_only_where_nothing_can_tell_them_apart() {
    let range = |tracking: Tracking| {
        Theorem::new("range").stating(tracking.local(3).global(2)).proof(None).unwrap().batches
    };
    let penalty = GradientPenalty::default;
    // An own method and an own flow that look at the whole loss only.
    let own = Tracking::new(Faster { c: (0, 1).into(), power: 1 }, Powers::of(&[(1, (-1, 2), 1)]));
    assert_eq!(range(own), ProvedBatches::All);
    // An own method that takes the minibatch it is handed, under this crate's orders and flow.
    let handed = Faster { c: (0, 1).into(), power: 1 };
    let handed = Tracking::new(handed, BatchPenalty::default()).sampled(|_| RandomReshuffling);
    assert_eq!(range(handed), ProvedBatches::All);
    // An own flow that asks how many there are, an own method that does, what a closure chooses.
    let few = listed(&[1, 2, 3, 4]);
    assert_eq!(range(Tracking::new(GradientDescent, Summed { wrong_at: 0 })), few);
    assert_eq!(range(Tracking::new(Accumulated { divides: true }, penalty())), few);
    assert_eq!(range(Tracking::new(GradientDescent, penalty()).flow_for(move |_| penalty())), few);
    let sampled = Tracking::new(GradientDescent, penalty()).sampled(|_| FirstAt { wrong_at: 0 });
    assert_eq!(range(sampled), few);
    let drawn = Tracking::new(GradientDescent, penalty());
    assert_eq!(range(drawn.sampled(|m| IndependentDraws { steps: m })), few);
    // Where only some are admitted, those.
    let even = |m: usize| if m % 2 == 0 { Ok(()) } else { Err(format!("{m} is odd")) };
    let admitted = Tracking::new(GradientDescent, penalty()).where_components(even);
    assert_eq!(range(admitted.clone()), listed(&[2, 4, 6]));
    let theorem = Theorem::new("even").stating(admitted.local(3).global(2));
    assert_eq!(theorem.proof_for(None, Some(8)).unwrap().batches, listed(&[2, 4, 6, 8]));
    let many = |m: usize| if m > 9 { Ok(()) } else { Err(format!("{m} are few")) };
    let many = Tracking::new(GradientDescent, penalty()).where_components(many).local(3).global(2);
    let theorem = Theorem::new("many").stating(many);
    assert!(matches!(theorem.proof(None), Err(SeriesFault::NoBatches { .. })));
    assert_eq!(theorem.proof_for(None, Some(10)).unwrap().batches, listed(&[10]));
}

/// The heavy ball handed one component a step, drawn anew every time: no map of w alone.
#[test]
fn memory_and_draws_are_not_proved_as_if_every_step_saw_the_whole_loss() {
    use shadowflow::flow::MomentumPenalty;
    let beta = Ratio::new(1, 2);
    let tracking = Tracking::new(
        Momentum::heavy_ball(beta).settled(),
        MomentumPenalty { beta, ahead: false, from_rest: false },
    );
    let drawn = tracking.clone().local(3).sampled(|_| IndependentDraws { steps: 1 });
    let fault = Theorem::new("drawn").stating(drawn).proof(None).unwrap_err();
    assert!(fault.to_string().contains("no slow manifold"), "{fault}");
    let whole = Theorem::new("whole").stating(tracking.local(3)).proof(None).unwrap();
    assert_eq!((whole.status, whole.batches), (PROVED, ProvedBatches::All));
}
