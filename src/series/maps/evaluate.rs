//! Elementary differentials with maps as a flow in numbers.

use std::collections::HashMap;

use num_traits::ToPrimitive;

use super::apply::MapVector;
use super::arena::{Arena, Function, NodeId, POINT};
use super::coefficient::Coefficient;
use crate::arithmetic::AnyMap;
use crate::flow::{MapFlow, MapNode, Weight};
use crate::scalar::Ratio;

/// Σ_j ε^j Σ c_j(τ)/`steps` τ(w) as a flow.
pub(super) fn flow_of(arena: &Arena, field: &MapVector, steps: usize) -> Option<MapFlow> {
    let mut placing = Placing { arena, flow: MapFlow::default(), places: HashMap::new() };
    for power in 0..field.len() {
        for (node, c) in field.at(power) {
            let at = placing.place(node)?;
            let share = Ratio::new(1, steps as i64);
            for Weight { coefficient, time } in weights(c)? {
                let weight = Weight { coefficient: coefficient * share, time };
                placing.flow.add(at, power as u32, weight);
            }
        }
    }
    Some(placing.flow)
}

struct Placing<'a> {
    arena: &'a Arena,
    flow: MapFlow,
    places: HashMap<NodeId, usize>,
}

impl Placing<'_> {
    fn place(&mut self, id: NodeId) -> Option<usize> {
        if let Some(&known) = self.places.get(&id) {
            return Some(known);
        }
        let node = self.arena.get(id);
        let mut children = Vec::new();
        for (slot, child) in &node.children {
            children.push((usize::from(*slot), self.place(*child)?));
        }
        let mut bases = Vec::new();
        for &base in &node.bases {
            let mut sum = Vec::new();
            for (part, c) in self.arena.base_at(base).iter() {
                let at = self.place(*part)?;
                sum.extend(weights(c)?.into_iter().map(|weight| (at, weight)));
            }
            bases.push(sum);
        }
        let several = self.arena.batches > 1;
        let at = match self.arena.function(node.function) {
            _ if id == POINT => self.flow.node(MapNode::Point),
            Function::Gradient(k) => self.flow.node(MapNode::Loss {
                batch: several.then_some(*k),
                at: bases.swap_remove(0),
                directions: children.into_iter().map(|(_, child)| child).collect(),
            }),
            Function::Map(symbol) => {
                let map = AnyMap::Everywhere(symbol.map.clone());
                self.flow.node(MapNode::Map { map, at: bases, directions: children })
            }
            Function::Point | Function::Probe(_) => return None,
        };
        let _ = self.places.insert(id, at);
        Some(at)
    }
}

/// The powers of the time in a coefficient; `None` if one is negative, or another symbol stands in it.
fn weights(c: &Coefficient) -> Option<Vec<Weight>> {
    let weight = |&power: &i8| {
        let coefficient = small(&c.at_power_of_time(power))?;
        Some(Weight { coefficient, time: u32::try_from(power).ok()? })
    };
    c.powers_of_time().iter().map(weight).collect()
}

fn small(c: &Coefficient) -> Option<Ratio> {
    let r = c.constant()?;
    let ratio = Ratio::wide(r.numer().to_i128()?, r.denom().to_i128()?);
    ratio.is_defined().then_some(ratio)
}
