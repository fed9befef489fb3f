//! Elementary differentials with maps as a flow in numbers.

use std::collections::HashMap;

use num_traits::ToPrimitive;

use super::apply::MapVector;
use super::arena::{Arena, Function, NodeId, POINT};
use super::coefficient::Coefficient;
use crate::arithmetic::AnyMap;
use crate::flow::{MapFlow, MapNode};
use crate::scalar::Ratio;

/// Σ_j ε^j Σ c_j(τ)/`steps` τ(w) as a flow.
pub(super) fn flow_of(arena: &Arena, field: &MapVector, steps: usize) -> Option<MapFlow> {
    let mut placing = Placing { arena, flow: MapFlow::default(), places: HashMap::new() };
    for power in 0..field.len() {
        for (node, c) in field.at(power) {
            let at = placing.place(node)?;
            let share = Ratio::new(1, steps as i64);
            placing.flow.add(at, power as u32, small(c)? * share);
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
                sum.push((self.place(*part)?, small(c)?));
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

fn small(c: &Coefficient) -> Option<Ratio> {
    let r = c.constant()?;
    let ratio = Ratio::wide(r.numer().to_i128()?, r.denom().to_i128()?);
    ratio.is_defined().then_some(ratio)
}
