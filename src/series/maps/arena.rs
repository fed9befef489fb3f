//! Elementary differentials over any smooth maps, interned on demand.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use num_traits::{One, Zero};

use super::coefficient::{Coefficient, accumulate};
use super::examine::{is_of_degree, is_smooth, values_of};
use crate::arithmetic::{Map, Symbol};
use crate::series::Misuse;

/// An elementary differential: a function of w.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// w itself.
pub(super) const POINT: NodeId = NodeId(0);

impl NodeId {
    /// The position in its arena.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A sum Σ c τ of elementary differentials: what a map is taken at.
pub(super) type Base = Vec<(NodeId, Coefficient)>;

/// Which function a node is a derivative of.
#[derive(Clone, Debug)]
pub(super) enum Function {
    /// w ↦ w.
    Point,
    /// w ↦ ∇Ĉ_k(w).
    Gradient(usize),
    /// A map.
    Map(MapSymbol),
    /// A constant that nothing else is.
    Probe(usize),
}

/// A map as a symbol.
#[derive(Clone, Debug)]
pub(super) struct MapSymbol {
    /// The map.
    pub(super) map: Arc<dyn Symbol>,
    /// The degree of each slot in which it is homogeneous.
    pub(super) degrees: Vec<Option<usize>>,
    /// What it yields at seeded points, bit by bit: maps that say they are equal must yield the same.
    values: Vec<u64>,
}

/// D^q φ(b₁, b₂, …)[children]: a function at its bases, with a child for each derivative, in the slot that it
/// is taken in. A slot in which φ is homogeneous of degree d is taken at 0 and has d children.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node {
    /// The function, by its place.
    pub(super) function: usize,
    /// The base of each slot, by its place.
    pub(super) bases: Box<[usize]>,
    /// Ascending.
    pub(super) children: Box<[(u8, NodeId)]>,
}

/// What an elementary differential is differentiated along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    /// Another one.
    Node(NodeId),
    /// The time, at a fixed w.
    Time,
}

/// All that has been met so far.
#[derive(Debug)]
pub(super) struct Arena {
    functions: Vec<Function>,
    nodes: Vec<Node>,
    index: HashMap<Node, NodeId>,
    bases: Vec<Arc<Base>>,
    places: HashMap<Arc<Base>, usize>,
    directional: HashMap<(NodeId, Direction), Arc<Base>>,
    /// The number of minibatches.
    pub(super) batches: usize,
}

impl Arena {
    /// With w and the gradients of `batches` minibatches.
    pub(super) fn new(batches: usize) -> Self {
        let gradients = (0..batches).map(Function::Gradient);
        let mut arena = Arena {
            functions: std::iter::once(Function::Point).chain(gradients).collect(),
            nodes: Vec::new(),
            index: HashMap::new(),
            bases: Vec::new(),
            places: HashMap::new(),
            directional: HashMap::new(),
            batches,
        };
        let _ = arena.base(Vec::new());
        let _ = arena.node(0, Box::default(), Vec::new());
        arena
    }

    /// The gradient of minibatch `k`, by its place.
    pub(super) fn gradient(k: usize) -> usize {
        1 + k
    }

    /// The map, by its place.
    ///
    /// # Errors
    /// [`Misuse`] if it is not smooth, or a slot is not of the degree that the map says it is.
    pub(super) fn map<M: Map>(&mut self, map: &M, slots: usize) -> Result<usize, Misuse> {
        let values = values_of(map, slots);
        let known = |function: &Function| match function {
            Function::Map(known) => {
                known.degrees.len() == slots
                    && known.values == values
                    && known.map.is(map as &dyn Any)
            }
            _ => false,
        };
        if let Some(at) = self.functions.iter().position(known) {
            return Ok(at);
        }
        let degrees: Vec<Option<usize>> = (0..slots).map(|slot| Map::degree(map, slot)).collect();
        for (slot, degree) in degrees.iter().enumerate() {
            if degree.is_some_and(|degree| !is_of_degree(map, slots, slot, degree)) {
                return Err(Misuse::Degree);
            }
        }
        if !is_smooth(map, slots) {
            return Err(Misuse::NotSmooth);
        }
        self.functions.push(Function::Map(MapSymbol {
            map: Arc::new(map.clone()),
            degrees,
            values,
        }));
        Ok(self.functions.len() - 1)
    }

    /// A constant that nothing else is.
    pub(super) fn probe(&mut self, at: usize) -> NodeId {
        let known =
            |function: &Function| matches!(function, Function::Probe(known) if *known == at);
        let place = self.functions.iter().position(known).unwrap_or_else(|| {
            self.functions.push(Function::Probe(at));
            self.functions.len() - 1
        });
        self.node(place, Box::default(), Vec::new())
    }

    /// The function at this place.
    pub(super) fn function(&self, at: usize) -> &Function {
        &self.functions[at]
    }

    /// The degree of a slot of the function, if it is homogeneous in it.
    pub(super) fn degree(&self, function: usize, slot: usize) -> Option<usize> {
        match &self.functions[function] {
            Function::Map(map) => map.degrees.get(slot).copied().flatten(),
            _ => None,
        }
    }

    /// The node.
    pub(super) fn get(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The sum at this place.
    pub(super) fn base_at(&self, at: usize) -> &Arc<Base> {
        &self.bases[at]
    }

    /// The place of a sum, which is sorted by node.
    pub(super) fn base(&mut self, sum: Base) -> usize {
        if let Some(&known) = self.places.get(&sum) {
            return known;
        }
        let sum = Arc::new(sum);
        self.bases.push(Arc::clone(&sum));
        let _ = self.places.insert(sum, self.bases.len() - 1);
        self.bases.len() - 1
    }

    /// The node with these parts.
    pub(super) fn node(
        &mut self,
        function: usize,
        bases: Box<[usize]>,
        mut children: Vec<(u8, NodeId)>,
    ) -> NodeId {
        children.sort_unstable();
        let node = Node { function, bases, children: children.into_boxed_slice() };
        if let Some(&known) = self.index.get(&node) {
            return known;
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        let _ = self.index.insert(node, id);
        id
    }

    /// Dτ(w)[σ(w)], the derivative of one elementary differential along another, or ∂τ/∂t.
    pub(super) fn along(&mut self, node: NodeId, direction: Direction) -> Arc<Base> {
        if let Some(known) = self.directional.get(&(node, direction)) {
            return Arc::clone(known);
        }
        let one = Coefficient::one();
        let mut sum: BTreeMap<NodeId, Coefficient> = BTreeMap::new();
        if node == POINT {
            if let Direction::Node(direction) = direction {
                let _ = sum.insert(direction, one);
            }
        } else {
            let Node { function, bases, children } = self.get(node).clone();
            // Where it is taken moves …
            for (slot, &base) in bases.iter().enumerate() {
                let base = Arc::clone(&self.bases[base]);
                for (part, c) in base.iter() {
                    let drift = c.drift();
                    if direction == Direction::Time && !drift.is_zero() {
                        let mut more = children.to_vec();
                        more.push((slot as u8, *part));
                        let grown = self.node(function, bases.clone(), more);
                        accumulate(&mut sum, grown, &drift, &one);
                    }
                    for (moved, share) in self.along(*part, direction).iter() {
                        let mut more = children.to_vec();
                        more.push((slot as u8, *moved));
                        let grown = self.node(function, bases.clone(), more);
                        accumulate(&mut sum, grown, c, share);
                    }
                }
            }
            // … and so does each of its children.
            for at in 0..children.len() {
                let (slot, child) = children[at];
                for (moved, share) in self.along(child, direction).iter() {
                    let mut other = children.to_vec();
                    other[at] = (slot, *moved);
                    let turned = self.node(function, bases.clone(), other);
                    accumulate(&mut sum, turned, &one, share);
                }
            }
        }
        let found: Arc<Base> = Arc::new(sum.into_iter().collect());
        let _ = self.directional.insert((node, direction), Arc::clone(&found));
        found
    }
}
