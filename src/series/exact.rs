//! Optimizers and flows in exact series of either kind.

use super::Series;
use super::maps::MapSeries;
use crate::flow::Flow;
use crate::optimizer::Optimizer;

/// An optimizer in exact series: in trees of the loss alone, and with maps.
pub trait ExactOptimizer: Optimizer<Series> + Optimizer<MapSeries> {}

impl<O: Optimizer<Series> + Optimizer<MapSeries>> ExactOptimizer for O {}

/// A flow in exact series: in trees of the loss alone, and with maps.
pub trait ExactFlow: Flow<Series> + Flow<MapSeries> {}

impl<F: Flow<Series> + Flow<MapSeries>> ExactFlow for F {}
