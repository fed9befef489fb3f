//! Ladders in one line of text.

use crate::record::{LegRecord, RungRecord};

/// From the smallest error to the largest.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A point that the fit does not use.
const DROPPED: char = '·';

/// The errors of each leg from the coarsest step size to the finest, on a logarithmic scale, with
/// the range of those used: `epoch █▆▅▃▁ 2e-3…5e-7`. Dropped points are dots.
pub(super) fn sparklines(legs: &[LegRecord]) -> String {
    let lines: Vec<String> = legs.iter().filter_map(sparkline).collect();
    lines.join("  ")
}

/// `None` where nothing was fitted: there is no ladder to show.
fn sparkline(leg: &LegRecord) -> Option<String> {
    let fitted = |rung: &RungRecord| rung.error.filter(|_| rung.used);
    let used = || leg.ladder.iter().filter_map(fitted);
    let (least, most) = (used().reduce(f64::min)?, used().reduce(f64::max)?);
    let range = (most / least).ln();
    if leg.kind.is_equality() || !range.is_finite() {
        return None;
    }
    let level = |error: f64| {
        let share = if range > 0.0 { (error / least).ln() / range } else { 0.0 };
        LEVELS[(share * (LEVELS.len() - 1) as f64).round() as usize]
    };
    let bars: String = leg.ladder.iter().map(|rung| fitted(rung).map_or(DROPPED, level)).collect();
    Some(format!("{} {bars} {most:.0e}…{least:.0e}", leg.kind.name()))
}
