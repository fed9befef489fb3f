//! The proof of a tracked optimizer, in exact series.

use std::sync::Arc;

use super::Tracking;
use super::tracking::For;
use crate::flow::Flow;
use crate::optimizer::Optimizer;
use crate::scalar::Ratio;
use crate::series::{Claim, Derived, Proof, ProofStatus, Series, SeriesFault, derive, prove};
use crate::theorem::{Sabotage, Variant};

/// Both sides once more, in series: what a proof compares.
#[derive(Clone)]
pub(super) struct Exact {
    pub(super) optimizer: Arc<dyn Optimizer<Series>>,
    pub(super) flow: For<dyn Flow<Series>>,
}

/// Minibatches for which a proof is made: a coefficient depends only on which nodes share a colour,
/// so as many colours as nodes cover every number of minibatches (see the proof documents).
const PROVED_BATCHES: usize = 4;
/// Why there is no proof, unless said otherwise.
pub(super) const COORDINATE_WISE: &str = "it scales each coordinate on its own, so it changes under rotations \
                               and has no B-series";
/// Where only some numbers of components are admitted, those up to this one are proved.
const PROVED_COMPONENTS: usize = 6;

impl Tracking {
    /// The numbers of minibatches for which a proof is made.
    fn proved_batches(&self) -> Vec<usize> {
        let deterministic = (self.sampling)(1).steps(1) == 1 && (self.sampling)(2).steps(2) == 1;
        let most = match self.admit {
            Some(_) => PROVED_COMPONENTS,
            None if deterministic => 1,
            None => PROVED_BATCHES,
        };
        (1..=most).filter(|m| self.admit.is_none_or(|admit| admit(*m).is_ok())).collect()
    }

    /// The controls that change what a proof compares.
    pub(super) fn controls_in_series(&self) -> Option<Vec<Sabotage>> {
        let exact = self.exact.as_ref()?;
        let mut controls = Sabotage::of_terms(&(exact.flow)(PROVED_BATCHES).terms());
        controls.push(Sabotage::Clock(Ratio::new(101, 100)));
        controls.extend(self.twin.iter().map(|(name, _)| Sabotage::Twin((*name).to_owned())));
        Some(controls)
    }

    /// The proof, for every number of minibatches that it takes.
    pub(super) fn compared_in_series(
        &self,
        sabotage: Option<&Sabotage>,
    ) -> Option<Result<Proof, SeriesFault>> {
        let Some(exact) = &self.exact else {
            return Some(Ok(Proof::unprovable(self.unprovable)));
        };
        let local = self.formal.or(self.local)?;
        let measured = |name: &String| self.rivals.iter().any(|(rival, _)| rival == name);
        if matches!(sabotage, Some(Sabotage::Twin(name)) if measured(name)) {
            return Some(Ok(Proof::not_applicable()));
        }
        let mut whole: Option<Proof> = None;
        for m in self.proved_batches() {
            let flow = (exact.flow)(m);
            let mut variant = Variant::of(flow.terms());
            if let Some(sabotage) = sabotage {
                variant.apply(sabotage);
            }
            let sampling = match (&self.twin, &variant.twin) {
                (Some((name, twin)), Some(asked)) if name == asked => twin(m),
                _ => (self.sampling)(m),
            };
            let claim = Claim {
                flow: &*flow,
                terms: &variant.terms,
                clock: variant.clock,
                local_order: local as usize,
            };
            match prove(&*exact.optimizer, &*sampling, &claim, m) {
                Ok(proof) if proof.status == ProofStatus::Proved => whole = Some(proof),
                other => return Some(other),
            }
        }
        whole.map(Ok)
    }

    /// The field that the proof finds.
    pub(super) fn found_in_series(&self) -> Option<Result<Derived, SeriesFault>> {
        let exact = self.exact.as_ref()?;
        let nodes = self.formal.or(self.local)?.saturating_sub(1) as usize;
        let batches = self.proved_batches();
        // As many colours as nodes show every pattern.
        let enough = batches.iter().copied().find(|&m| m >= nodes).or(batches.last().copied())?;
        let found = derive(&*exact.optimizer, &*(self.sampling)(enough), nodes, enough);
        Some(found.map(|(forest, rows)| Derived { forest, rows }))
    }
}
