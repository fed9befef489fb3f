//! What kind of statement a leg makes.

/// What kind of statement a leg makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LegKind {
    /// The error of one step, as a power of the step size.
    Step,
    /// The error of one epoch.
    Epoch,
    /// The error at a fixed time.
    Global,
    /// The distance of two points of rest.
    Equilibrium,
    /// A quantity falls at least as fast as claimed.
    Bound,
    /// Two expressions are equal.
    Identity,
    /// The step size at which the iterates begin to behave differently.
    Threshold,
    /// The error over times without bound: over all times at once, or over one that grows as the step size falls.
    Long,
    /// The error of one epoch of more and more, smaller steps: the ladder is in the time h = mε of the epoch.
    Uniform,
    /// What the loss of a part rises by as weight is taken from it: the ladder is in the weight δ.
    Removal,
}

impl LegKind {
    /// The name in reports and tests.
    pub fn name(self) -> &'static str {
        match self {
            LegKind::Step => "step",
            LegKind::Epoch => "epoch",
            LegKind::Global => "global",
            LegKind::Equilibrium => "equilibrium",
            LegKind::Bound => "bound",
            LegKind::Identity => "identity",
            LegKind::Threshold => "threshold",
            LegKind::Long => "long",
            LegKind::Uniform => "uniform",
            LegKind::Removal => "removal",
        }
    }

    /// The power of ε with which a term ε^0 of a field enters the error: a block takes time ε.
    pub fn power_of_a_block(self) -> u32 {
        u32::from(matches!(self, LegKind::Step | LegKind::Epoch | LegKind::Uniform))
    }

    /// Whether the error is claimed to be a power of the step size with a clean expansion in it.
    pub fn has_power(self) -> bool {
        !self.is_equality() && self != LegKind::Bound
    }

    /// Whether both sides are equal as they stand, at every rung, instead of up to a power of the
    /// step size.
    pub fn is_equality(self) -> bool {
        matches!(self, LegKind::Identity | LegKind::Threshold)
    }
}
