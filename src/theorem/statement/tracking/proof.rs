//! The proof of a tracked optimizer, in exact series.

use std::any::TypeId;
use std::sync::Arc;

use super::{Tracking, Twin};
use crate::arithmetic::maps::Direction;
use crate::expansion::Expander;
use crate::flow::{BatchPenalty, Flow, Ordered, Penalties, ShuffledMap, ShuffledNext, Term};
use crate::leg::{Sabotage, Variant};
use crate::loss::preset;
use crate::method::ByBatches;
use crate::optimizer::{
    Adam, Directed, ExplicitRegularization, GradientDescent, Implicit, Momentum, RungeKutta,
    SharpnessAware, Substeps,
};
use crate::sampling::{FlipFlop, FullBatch, KeptOrder, RandomReshuffling, Sampling};
use crate::scalar::{DoubleDouble, Ratio, Scalar};
use crate::series::{
    Claim, Derived, ExactFlow, ExactOptimizer, Looked, MapSide, Proof, ProofStatus, ProvedBatches,
    Series, SeriesFault, count_trees, derive_exactly, prove_alone, prove_coloured,
};

/// Both sides once more, in series: what a proof compares.
#[derive(Clone)]
pub(super) struct Exact {
    pub(super) optimizer: Arc<dyn ExactOptimizer>,
    pub(super) flow: ByBatches<Arc<dyn ExactFlow>>,
    pub(super) uniformity: Uniformity,
    /// Whether the optimizer is one of this crate's, none of which minds which minibatch it is handed.
    pub(super) shipped: bool,
}

/// Whether an optimizer of the type `O` treats every minibatch alike: one from outside may do otherwise with
/// the seventh.
pub(super) fn treats_batches_alike<O: 'static>() -> bool {
    let alike = [
        TypeId::of::<GradientDescent>(),
        TypeId::of::<Substeps<GradientDescent>>(),
        TypeId::of::<Momentum>(),
        TypeId::of::<RungeKutta>(),
        TypeId::of::<Implicit>(),
        TypeId::of::<SharpnessAware>(),
        TypeId::of::<ExplicitRegularization>(),
        TypeId::of::<Adam>(),
        TypeId::of::<Directed>(),
    ];
    alike.contains(&TypeId::of::<O>())
}

/// How a flow may depend on the number of minibatches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Uniformity {
    /// It is one flow of this crate, written in sums over the minibatches alike for every number.
    Shipped,
    /// It is one flow, whose field may ask how many there are.
    One,
    /// It is chosen by their number.
    Chosen,
}

impl Uniformity {
    /// That of one flow of the type `F`.
    pub(super) fn of<F: 'static>() -> Self {
        let alike = [
            TypeId::of::<BatchPenalty>(),
            TypeId::of::<Ordered>(),
            TypeId::of::<Penalties>(),
            TypeId::of::<ShuffledMap<Direction>>(),
            TypeId::of::<ShuffledNext>(),
        ];
        if alike.contains(&TypeId::of::<F>()) { Uniformity::Shipped } else { Uniformity::One }
    }
}

/// Whether a sampling of the type `P` cannot depend on the number of minibatches otherwise than as this
/// crate has written it: it has nothing that a closure could choose.
pub(super) fn is_uniform<P: 'static>() -> bool {
    let alike = [
        TypeId::of::<FullBatch>(),
        TypeId::of::<RandomReshuffling>(),
        TypeId::of::<KeptOrder>(),
        TypeId::of::<FlipFlop>(),
    ];
    alike.contains(&TypeId::of::<P>())
}

/// Minibatches for which a proof is made: a coefficient depends only on which nodes share a colour,
/// so as many colours as nodes cover every number of minibatches (see the proof documents).
const PROVED_BATCHES: usize = 4;
/// Why there is no proof, unless said otherwise.
pub(super) const COORDINATE_WISE: &str = "it looks at coordinates otherwise than through a smooth map, and has no \
                               exact series";
/// Why a claim that is true in numbers is not proved with maps.
const AN_IDENTITY_OF_MAPS: &str = "not proved: it agrees with the method in numbers, but not for all smooth \
                                   maps in the place of its own; state it in the maps that the method applies";
/// Why a claim about draws that are kept is not proved beyond the second order.
const A_KEPT_ORDER: &str = "what is proved is the mean over one block, and the mean of runs that keep their draws is that \
                            of it up to ε² only";
/// The relative difference of fields below which they are equal in double-double.
const AGREES: f64 = 1e-18;
/// Where only some numbers of components are admitted, those up to this one are proved.
const PROVED_COMPONENTS: usize = 6;
/// The most trees, and the most steps times trees, that the number of minibatches of one loss takes:
/// about a second.
const TREES: u128 = 20_000;
const WORK: f64 = 4.0e6;

/// What a comparison may take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    /// What it takes.
    Any,
    /// About a second.
    ASecond,
}

/// A comparison for some numbers of minibatches, so far.
struct Progress {
    proof: Option<Proof>,
    batches: Vec<usize>,
    looked: Looked,
}

impl Tracking {
    /// The numbers of minibatches for which a proof is made, whatever the loss.
    fn proved_batches(&self) -> Vec<usize> {
        let most = self.admit.map_or(PROVED_BATCHES, |_| PROVED_COMPONENTS);
        (1..=most).filter(|m| self.admits(*m)).collect()
    }

    /// The twin of this name.
    fn twin(&self, asked: &str) -> Option<&Twin> {
        self.twins.iter().find(|(name, _)| name == asked).map(|(_, twin)| twin)
    }

    fn start_order(&self, local: usize) -> usize {
        self.local.or(self.global).map_or(local, |order| order as usize)
    }

    fn admits(&self, batches: usize) -> bool {
        self.admit.is_none_or(|admit| admit(batches).is_ok())
    }

    /// The controls that change what a proof compares.
    pub(super) fn controls_in_series(&self) -> Option<Vec<Sabotage>> {
        let exact = self.exact.as_ref()?;
        let mut controls = Sabotage::of_terms(&terms_of(&*(exact.flow)(PROVED_BATCHES)));
        controls.push(Sabotage::Clock(Ratio::new(101, 100)));
        let twins = self.twins.iter().filter(|(_, twin)| matches!(twin, Twin::Sampling(_)));
        controls.extend(twins.map(|(name, _)| Sabotage::Twin(name.to_string())));
        Some(controls)
    }

    /// The proof, for the numbers of minibatches that are proved for every loss, and for `components` if
    /// they do not include it and series can hold it.
    pub(super) fn compared_in_series(
        &self,
        sabotage: Option<&Sabotage>,
        components: Option<usize>,
    ) -> Option<Result<Proof, SeriesFault>> {
        let Some(exact) = &self.exact else {
            return Some(Ok(Proof::unprovable(self.unprovable.clone())));
        };
        let local = self.formal.or(self.local)? as usize;
        if let Some(Sabotage::Twin(name)) = sabotage
            && matches!(self.twin(name), Some(Twin::Optimizer(_)))
        {
            return Some(Ok(Proof::not_applicable()));
        }
        if self.global.is_some_and(|order| order > 2) && self.sampling(PROVED_BATCHES).is_kept() {
            return Some(Ok(Proof::unprovable(A_KEPT_ORDER)));
        }
        let compared =
            Compared { tracking: self, exact, sabotage, local, start: self.start_order(local) };
        let proof = compared.over(&self.proved_batches(), components);
        Some(proof.map(|proof| {
            let contested = proof.status == ProofStatus::Refuted && proof.with_maps;
            let stated = sabotage.is_none();
            if contested && stated && self.agrees_in_numbers(local) {
                return Proof::unprovable(AN_IDENTITY_OF_MAPS);
            }
            proof
        }))
    }

    /// Whether the claimed field is that of the method at three points of two losses, to the digits of
    /// double-double. Differentials that differ are independent over all maps; those of the maps at hand may
    /// be equal all the same.
    fn agrees_in_numbers(&self, local: usize) -> bool {
        ["factorisation", "mlp"].iter().all(|loss| {
            let Ok(problem) = preset(loss, None, None, 1) else { return false };
            let m = problem.batches();
            let Ok(expander) = Expander::new(&self.optimizer, self.sampling(m), &problem) else {
                return false;
            };
            let flow = (self.flow)(m);
            let terms = flow.float().terms();
            [1.0, 0.75, 1.5].iter().all(|scale| {
                let at = |&x: &f64| DoubleDouble::from_f64(scale * x);
                let point: Vec<DoubleDouble> = problem.start().iter().map(at).collect();
                let gap = expander.compare(&flow, &terms, &point, local.saturating_sub(1));
                gap.is_ok_and(|gap| gap.worst() < AGREES)
            })
        })
    }

    /// The field that the proof finds.
    pub(super) fn found_in_series(&self) -> Option<Result<Derived, SeriesFault>> {
        let exact = self.exact.as_ref()?;
        let local = self.formal.or(self.local)? as usize;
        let nodes = local.saturating_sub(1);
        let batches = self.proved_batches();
        let compared = Compared {
            tracking: self,
            exact,
            sabotage: None,
            local,
            start: self.start_order(local),
        };
        let mut looked = Looked::default();
        // Whether there is anything to compare does not matter here, only who looks.
        let seen = |m: &usize, looked: &mut Looked| {
            let _ = compared.with(*m, Effort::Any, looked);
            looked.sampling || looked.optimizer
        };
        let several = batches.iter().take(2).any(|m| seen(m, &mut looked));
        // As many colours as nodes show every pattern.
        let enough = if several {
            batches.iter().copied().find(|&m| m >= nodes).or(batches.last().copied())?
        } else {
            *batches.first()?
        };
        Some(derive_exactly(&*exact.optimizer, &*self.sampling(enough), nodes, enough))
    }
}

/// One claim, as stated or sabotaged, to be compared for one number of minibatches after another.
struct Compared<'a> {
    tracking: &'a Tracking,
    exact: &'a Exact,
    sabotage: Option<&'a Sabotage>,
    local: usize,
    /// The order to which the first steps are those that series describe: that of one block, or, where that
    /// has no leg, that at a fixed time, by when what a start leaves has faded.
    start: usize,
}

/// The terms of a flow, which are the same in every arithmetic.
fn terms_of(flow: &dyn ExactFlow) -> Vec<Term> {
    Flow::<Series>::terms(flow)
}

impl Compared<'_> {
    /// The comparisons for `standard` numbers of minibatches, then for `own`.
    fn over(&self, standard: &[usize], own: Option<usize>) -> Result<Proof, SeriesFault> {
        let mut so_far = Progress { proof: None, batches: Vec::new(), looked: Looked::default() };
        for &m in standard {
            if let Some(end) = so_far.add(self, m, Effort::Any) {
                return end;
            }
            if self.is_alike(so_far.looked) && !so_far.looked.anybody() {
                return so_far.end(true);
            }
        }
        if self.is_alike(so_far.looked) && self.shows_every_pattern() {
            return so_far.end(true);
        }
        let own = own.filter(|m| !so_far.batches.contains(m) && self.tracking.admits(*m));
        if let Some(end) = own.and_then(|m| so_far.add(self, m, Effort::ASecond)) {
            return end;
        }
        so_far.end(false)
    }

    /// The sampling over `batches`: that of the claim, or of the twin that is asked for.
    fn sampling(&self, batches: usize) -> Arc<dyn Sampling> {
        let twin = match self.sabotage {
            Some(Sabotage::Twin(asked)) => self.tracking.twin(asked),
            _ => None,
        };
        match twin {
            Some(Twin::Sampling(twin)) => self.tracking.in_periods(twin(batches), batches),
            _ => self.tracking.sampling(batches),
        }
    }

    /// The comparison for `batches` minibatches; `None` if it would take more than `most`.
    fn with(
        &self,
        batches: usize,
        most: Effort,
        looked: &mut Looked,
    ) -> Option<Result<Proof, SeriesFault>> {
        let flow = (self.exact.flow)(batches);
        let mut variant = Variant::stated(terms_of(&*flow));
        if let Some(sabotage) = self.sabotage {
            variant.apply(sabotage);
        }
        let claim = Claim {
            flow: &*flow,
            terms: &variant.terms,
            clock: variant.clock,
            local_order: self.local,
            start_order: self.start,
        };
        let (optimizer, sampling) = (&*self.exact.optimizer, self.sampling(batches));
        let maps = Some(MapSide { optimizer, flow: &*flow });
        let mut seen = Looked::default();
        let alone = prove_alone(optimizer, &*sampling, &claim, maps, batches, &mut seen);
        let proof = alone.or_else(|| {
            let held = most == Effort::Any || self.can_be_held(&*sampling, batches);
            held.then(|| prove_coloured(optimizer, &*sampling, &claim, maps, batches, &mut seen))
        });
        *looked = looked.or(seen);
        proof
    }

    /// Whether what was compared cannot treat one number of minibatches otherwise than another.
    fn is_alike(&self, looked: Looked) -> bool {
        let flow = match self.exact.uniformity {
            Uniformity::Shipped => true,
            Uniformity::One => !looked.flow,
            Uniformity::Chosen => false,
        };
        let twin = matches!(self.sabotage, Some(Sabotage::Twin(_)));
        let optimizer = !looked.optimizer && (self.exact.shipped || !looked.sampling);
        flow && self.tracking.uniform && !twin && optimizer && self.tracking.admit.is_none()
    }

    /// Whether the numbers that are proved for every loss settle all others: as many colours as nodes, and
    /// for independent draws, where coefficients are polynomials in 1/m, one less than twice as many.
    fn shows_every_pattern(&self) -> bool {
        let nodes = self.local.saturating_sub(1);
        let independent = self.sampling(PROVED_BATCHES).is_independent();
        let enough = if independent { (2 * nodes).saturating_sub(1) } else { nodes };
        enough <= PROVED_BATCHES
    }

    /// Whether `batches` colours take no more than about a second.
    fn can_be_held(&self, sampling: &dyn Sampling, batches: usize) -> bool {
        let trees = (count_trees(self.local.saturating_sub(1), batches).iter())
            .fold(0, |sum: u128, n| sum.saturating_add(*n));
        trees <= TREES && steps_walked(sampling, batches) * trees as f64 <= WORK
    }
}

impl Progress {
    /// Adds the comparison for `batches`, if it takes no more than `most`; an end, if it does not prove the
    /// claim.
    fn add(
        &mut self,
        compared: &Compared<'_>,
        batches: usize,
        most: Effort,
    ) -> Option<Result<Proof, SeriesFault>> {
        let proof = match compared.with(batches, most, &mut self.looked)? {
            Ok(proof) if proof.status == ProofStatus::Proved => proof,
            other => return Some(other),
        };
        self.batches.push(batches);
        if self.proof.as_ref().is_none_or(|known| known.trees < proof.trees) {
            self.proof = Some(proof);
        }
        None
    }

    /// The proof for all that was compared, or, if that settles the others, for `all`.
    fn end(self, all: bool) -> Result<Proof, SeriesFault> {
        let proof = self.proof.ok_or(SeriesFault::NoBatches { most: PROVED_COMPONENTS })?;
        let batches = if all { ProvedBatches::All } else { ProvedBatches::Listed(self.batches) };
        Ok(Proof { batches, ..proof })
    }
}

/// The steps that a walk over all paths of one block takes.
fn steps_walked(sampling: &dyn Sampling, batches: usize) -> f64 {
    let (mut path, mut level, mut steps) = (Vec::new(), 1.0, 0.0);
    loop {
        let mut next = sampling.continuations(&path, batches);
        if next.is_empty() {
            return steps;
        }
        level *= next.len() as f64;
        steps += level;
        if steps > WORK {
            return steps;
        }
        path.push(next.swap_remove(0));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // the claims of this file have a proof

    use super::Tracking;
    use crate::arithmetic::Arithmetic;
    use crate::flow::{Flow, GradientPenalty, Term};
    use crate::optimizer::{GradientDescent, RungeKutta};
    use crate::sampling::IndependentDraws;
    use crate::scalar::Ratio;
    use crate::series::ProvedBatches;

    /// w′ = 0.
    struct Nothing;

    impl<A: Arithmetic> Flow<A> for Nothing {
        fn terms(&self) -> Vec<Term> {
            Vec::new()
        }
        fn field(&self, a: &mut A, _: &[A::Number], _: &A::Number, _: &A::Vector) -> A::Vector {
            a.zero()
        }
    }

    /// With three nodes coefficients are polynomials of degree two in 1/m, from m = 3 on: five values.
    #[test]
    fn independent_draws_need_more_minibatches_than_orders_do() {
        let drawn = |tracking: Tracking, local| {
            let drawn = tracking.local(local).sampled_alike(|m| IndependentDraws { steps: m });
            drawn.compared_in_series(None, None).unwrap().unwrap().batches
        };
        let listed = ProvedBatches::Listed(vec![1, 2, 3, 4]);
        let descent = || Tracking::new(GradientDescent, GradientPenalty::default());
        assert_eq!(drawn(descent(), 3), ProvedBatches::All);
        // A method of this crate that does not move.
        let idle = || RungeKutta { stages: vec![vec![]], weights: vec![Ratio::new(0, 1)] };
        assert_eq!(drawn(Tracking::new(idle(), Nothing), 3), ProvedBatches::All);
        assert_eq!(drawn(Tracking::new(idle(), Nothing), 4), listed);
        assert_eq!(drawn(descent().flow_for(|_| GradientPenalty::default()), 3), listed);
    }
}
