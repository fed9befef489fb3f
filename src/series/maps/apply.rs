//! The one operation of series with maps: a function at series, and its derivatives.

use num_traits::One;

use super::arena::{Arena, Direction, Function, NodeId, POINT};
use super::coefficient::{Coefficient, StepPolynomial, accumulate};
use std::collections::{BTreeMap, HashMap};

/// Σ_j ε^j Σ_τ c_j(τ) τ(w) over elementary differentials τ, truncated by powers of ε: a vector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapVector {
    /// By the power of ε; no coefficient is zero.
    powers: Vec<BTreeMap<NodeId, Coefficient>>,
}

impl MapVector {
    /// c ε^`power` τ.
    pub(super) fn monomial(node: NodeId, c: Coefficient, power: usize) -> Self {
        let mut vector = MapVector::default();
        vector.add(power, node, &c, &Coefficient::one());
        vector
    }

    /// The sum at ε^`power`.
    pub(super) fn at(&self, power: usize) -> impl Iterator<Item = (NodeId, &Coefficient)> {
        self.powers.get(power).into_iter().flatten().map(|(node, c)| (*node, c))
    }

    /// The coefficient of one differential at ε^`power`.
    pub(super) fn coefficient(&self, power: usize, node: NodeId) -> Coefficient {
        self.powers.get(power).and_then(|sum| sum.get(&node)).cloned().unwrap_or_default()
    }

    /// Whether nothing comes with ε^`power`.
    pub(super) fn is_zero_at(&self, power: usize) -> bool {
        self.powers.get(power).is_none_or(BTreeMap::is_empty)
    }

    /// The powers of ε that may occur: below this.
    pub(super) fn len(&self) -> usize {
        self.powers.len()
    }

    /// Whether the sum at ε⁰ is w.
    pub(super) fn is_at_the_point(&self) -> bool {
        self.at(0).map(|(node, c)| node == POINT && c.is_one()).eq([true])
    }

    pub(super) fn add(&mut self, power: usize, node: NodeId, a: &Coefficient, b: &Coefficient) {
        if self.powers.len() <= power {
            self.powers.resize_with(power + 1, BTreeMap::new);
        }
        accumulate(&mut self.powers[power], node, a, b);
    }

    /// Adds c x up to ε^`top`.
    pub(super) fn add_scaled(&mut self, c: &StepPolynomial, x: &MapVector, top: usize) {
        for (shift, c) in c.terms() {
            for power in 0..x.len().min((top + 1).saturating_sub(shift)) {
                for (node, x) in x.at(power) {
                    self.add(power + shift, node, c, x);
                }
            }
        }
    }

    /// Without the powers of ε above `top`.
    #[must_use]
    pub(super) fn truncated(mut self, top: usize) -> Self {
        self.powers.truncate(top + 1);
        self
    }

    /// The same at the time 0, if it is defined there.
    pub(super) fn at_time_zero(&self, arena: &mut Arena) -> Option<Self> {
        let mut still = MapVector::default();
        for power in 0..self.len() {
            for (node, c) in self.at(power) {
                let node = arena.at_time_zero(node)?;
                still.add(power, node, &c.at_time_zero()?, &Coefficient::one());
            }
        }
        Some(still)
    }

    fn base(&self) -> Vec<(NodeId, Coefficient)> {
        self.at(0).map(|(node, c)| (node, c.clone())).collect()
    }

    /// All terms from ε^`from` to ε^`top`, ascending in the power.
    fn items(&self, from: usize, top: usize) -> Vec<Item> {
        (from..self.len().min(top + 1))
            .flat_map(|power| {
                self.at(power).map(move |(node, c)| Item { power, node, c: c.clone() })
            })
            .collect()
    }
}

struct Item {
    power: usize,
    node: NodeId,
    c: Coefficient,
}

/// What may be put on one slot, and how much of it must.
struct Slot {
    items: Vec<Item>,
    exactly: Option<usize>,
}

impl Arena {
    /// The differential at the time 0, where what its maps are taken at may depend on the time; `None` if that is not
    /// defined.
    fn at_time_zero(&mut self, node: NodeId) -> Option<NodeId> {
        let parts = self.get(node).clone();
        let mut bases = Vec::with_capacity(parts.bases.len());
        for &base in &parts.bases {
            let mut sum: BTreeMap<NodeId, Coefficient> = BTreeMap::new();
            for (part, c) in self.base_at(base).clone().iter() {
                let part = self.at_time_zero(*part)?;
                accumulate(&mut sum, part, &c.at_time_zero()?, &Coefficient::one());
            }
            bases.push(self.base(sum.into_iter().collect()));
        }
        let mut children = Vec::with_capacity(parts.children.len());
        for (slot, child) in parts.children.iter() {
            children.push((*slot, self.at_time_zero(*child)?));
        }
        Some(self.node(parts.function, bases.into_boxed_slice(), children))
    }

    /// Whether a constant of its own stands anywhere in the sum.
    pub(super) fn holds_a_probe(&self, sum: &MapVector) -> bool {
        let mut met = HashMap::new();
        (0..sum.len()).any(|power| sum.at(power).any(|(node, _)| self.is_of_probes(node, &mut met)))
    }

    fn is_of_probes(&self, node: NodeId, met: &mut HashMap<NodeId, bool>) -> bool {
        if let Some(&known) = met.get(&node) {
            return known;
        }
        let parts = self.get(node);
        let is = matches!(self.function(parts.function), Function::Probe(_))
            || parts.children.iter().any(|(_, child)| self.is_of_probes(*child, met))
            || parts.bases.iter().any(|&base| {
                self.base_at(base).iter().any(|(part, _)| self.is_of_probes(*part, met))
            });
        let _ = met.insert(node, is);
        is
    }

    /// D^q φ(x₁, x₂, …)[v₁, …, v_q] up to ε^`top`, each direction with its slot.
    ///
    /// φ(b + δ) = Σ φ⁽ᵏ⁾(b)[δᵏ]/k! with δ = Σ c_i τ_i has the coefficients Π c_i^{k_i}/k_i!, in each slot for
    /// itself. A slot of degree d is based at 0 and has d children, the parts at ε⁰ included: the same rule.
    pub(super) fn apply(
        &mut self,
        function: usize,
        inputs: &[&MapVector],
        directions: &[(usize, &MapVector)],
        top: usize,
    ) -> MapVector {
        let mut bases = Vec::with_capacity(inputs.len());
        let mut slots = Vec::with_capacity(inputs.len());
        for (slot, input) in inputs.iter().enumerate() {
            let taken = directions.iter().filter(|(of, _)| *of == slot).count();
            match self.degree(function, slot) {
                Some(degree) if degree < taken => return MapVector::default(),
                Some(degree) => {
                    bases.push(self.base(Vec::new()));
                    slots.push(Slot { items: input.items(0, top), exactly: Some(degree - taken) });
                }
                None => {
                    bases.push(self.base(input.base()));
                    slots.push(Slot { items: input.items(1, top), exactly: None });
                }
            }
        }
        let directions =
            directions.iter().map(|(slot, v)| (*slot as u8, v.items(0, top))).collect();
        let mut walk = Walk {
            arena: self,
            function,
            bases: bases.into_boxed_slice(),
            slots,
            directions,
            top,
            children: Vec::new(),
            sum: MapVector::default(),
        };
        walk.directed(0, top, &Coefficient::one());
        walk.sum
    }

    /// Σ c_τ τ(w₊) up to ε^`top` for a series w₊ that is w at ε⁰, `elapsed` steps later.
    pub(super) fn substituted(
        &mut self,
        vector: &MapVector,
        (point, elapsed): (&MapVector, usize),
        top: usize,
    ) -> MapVector {
        let mut substitution = Substitution { point, elapsed, known: HashMap::new() };
        let mut sum = MapVector::default();
        for power in 0..vector.len().min(top + 1) {
            for (node, c) in vector.at(power) {
                let moved = substitution.of(self, node, top - power);
                let c = StepPolynomial::monomial(Coefficient::one(), power)
                    * c.after(elapsed, top - power);
                sum.add_scaled(&c, &moved, top);
            }
        }
        sum
    }

    /// Dv(w)[ε f(w)] + ε `steps` ∂v/∂t up to ε^`top`.
    pub(super) fn along_field(
        &mut self,
        v: &MapVector,
        (f, steps): (&MapVector, &Coefficient),
        top: usize,
    ) -> MapVector {
        let mut sum = MapVector::default();
        for p in 0..v.len().min(top) {
            for (node, c) in v.at(p) {
                sum.add(p + 1, node, &c.drift(), steps);
                let weight = c.clone() * steps.clone();
                for (moved, share) in self.along(node, Direction::Time).iter() {
                    sum.add(p + 1, *moved, &weight, share);
                }
            }
        }
        for p in 0..v.len() {
            for q in 0..f.len().min(top.saturating_sub(p)) {
                for (node, c) in v.at(p) {
                    for (direction, d) in f.at(q) {
                        let weight = c.clone() * d.clone();
                        for (moved, share) in self.along(node, Direction::Node(direction)).iter() {
                            sum.add(p + q + 1, *moved, &weight, share);
                        }
                    }
                }
            }
        }
        sum
    }
}

/// A walk over all ways to put children on a node, depth first, that stops where ε is spent.
struct Walk<'a> {
    arena: &'a mut Arena,
    function: usize,
    bases: Box<[usize]>,
    slots: Vec<Slot>,
    directions: Vec<(u8, Vec<Item>)>,
    top: usize,
    children: Vec<(u8, NodeId)>,
    sum: MapVector,
}

impl Walk<'_> {
    /// A child for each direction from the one at `at` on.
    fn directed(&mut self, at: usize, left: usize, c: &Coefficient) {
        let Some((slot, items)) = self.directions.get_mut(at) else {
            return self.filled(0, 0, (0, 0), left, c);
        };
        let (slot, items) = (*slot, std::mem::take(items));
        for item in items.iter().take_while(|item| item.power <= left) {
            self.children.push((slot, item.node));
            self.directed(at + 1, left - item.power, &(c.clone() * item.c.clone()));
            let _ = self.children.pop();
        }
        self.directions[at].1 = items;
    }

    /// Children on `slot`, of which `chosen` are there, from the item at `from.0` on, which is there `from.1`
    /// times.
    fn filled(
        &mut self,
        slot: usize,
        chosen: usize,
        from: (usize, usize),
        left: usize,
        c: &Coefficient,
    ) {
        let Some(Slot { exactly, items }) = self.slots.get(slot) else {
            let node = self.arena.node(self.function, self.bases.clone(), self.children.clone());
            self.sum.add(self.top - left, node, c, &Coefficient::one());
            return;
        };
        let (exactly, count) = (*exactly, items.len());
        if exactly.is_none_or(|exactly| exactly == chosen) {
            self.filled(slot + 1, 0, (0, 0), left, c);
        }
        if exactly.is_some_and(|exactly| exactly == chosen) {
            return;
        }
        for at in from.0..count {
            let Item { power, node, c: own } = &self.slots[slot].items[at];
            let (power, node) = (*power, *node);
            if power > left {
                break;
            }
            let times = if at == from.0 { from.1 + 1 } else { 1 };
            let weight = (c.clone() * own.clone()).divided(times as u64);
            self.children.push((slot as u8, node));
            self.filled(slot, chosen + 1, (at, times), left - power, &weight);
            let _ = self.children.pop();
        }
    }
}

/// Differentials at another point.
struct Substitution<'a> {
    point: &'a MapVector,
    elapsed: usize,
    /// What is known of each: no power of ε is asked for that is higher than one before.
    known: HashMap<NodeId, MapVector>,
}

impl Substitution<'_> {
    /// τ(w₊) up to ε^`top`.
    fn of(&mut self, arena: &mut Arena, node: NodeId, top: usize) -> MapVector {
        if top == 0 {
            return MapVector::monomial(node, Coefficient::one(), 0);
        }
        if node == POINT {
            return self.point.clone().truncated(top);
        }
        if let Some(moved) = self.known.get(&node) {
            return moved.clone().truncated(top);
        }
        let parts = arena.get(node).clone();
        let mut inputs = Vec::with_capacity(parts.bases.len());
        for &base in &parts.bases {
            let mut input = MapVector::default();
            for (part, c) in arena.base_at(base).clone().iter() {
                let moved = self.of(arena, *part, top);
                input.add_scaled(&c.after(self.elapsed, top), &moved, top);
            }
            inputs.push(input);
        }
        let children: Vec<(usize, MapVector)> = (parts.children.iter())
            .map(|(slot, child)| (usize::from(*slot), self.of(arena, *child, top)))
            .collect();
        let inputs: Vec<&MapVector> = inputs.iter().collect();
        let children: Vec<(usize, &MapVector)> = children.iter().map(|(s, v)| (*s, v)).collect();
        let moved = arena.apply(parts.function, &inputs, &children, top);
        let _ = self.known.insert(node, moved.clone());
        moved
    }
}
