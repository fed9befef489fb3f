//! Step size and batch size in a picture: against ε batch sizes part, against ε/B they meet.

use super::{BATCH_SIZES, Grid, RATIOS, SEEDS, Trial, finite_population};
use crate::demo::sketch::{layer, logarithmic, panel, unnamed};
use crate::figure::{Figure, Layer, Mark, Role};

/// The coefficient of Γ against the step size and against the ratio.
pub(super) fn figure(grid: &Grid) -> Figure {
    let panel_of = |title: &str, x: &str, across: &dyn Fn(f64, usize) -> f64, theory: Layer| {
        let mut layers = vec![theory.clone()];
        for batch_size in BATCH_SIZES {
            let cells = || Grid::cells().filter(|(_, b, _)| *b == batch_size);
            let at = |place| grid.spread(place, |t: &Trial| t.coefficients[1]);
            let points: Vec<[f64; 2]> =
                cells().map(|(ratio, b, place)| [across(ratio, b), at(place).mean]).collect();
            let bars = cells().map(|(_, _, place)| at(place).deviation).collect();
            layers.push(unnamed(Role::Iterates, Mark::Bars(bars), points.clone()));
            if theory.points.is_empty() {
                layers.push(unnamed(Role::Iterates, Mark::Line, points.clone()));
            }
            layers.push(layer(&format!("B = {batch_size}"), Role::Iterates, Mark::Dots, points));
        }
        panel(title, logarithmic(x), logarithmic("coefficient of Γ"), layers)
    };
    let ends = [0.8 * RATIOS[0], 1.2 * RATIOS[RATIOS.len() - 1]];
    let quarter = ends.map(|ratio| [ratio, 0.25 * ratio]).to_vec();
    let name = "¼ (ε/B)(N − B)/(N − 1)";
    let theory = layer(name, Role::ShuffledFlow, Mark::Line, quarter);
    let nothing = unnamed(Role::Reference, Mark::Line, Vec::new());
    Figure {
        id: "batch-size".to_owned(),
        title: "Step size over batch size".to_owned(),
        caption: format!(
            "The coefficient of Γ, the disagreement of the examples, read off the mean over \
             orders, against the step size and against (ε/B)(N − B)/(N − 1); relative to the \
             theory, a quarter of that, {}. Mean over {SEEDS} seeds, bars one standard deviation.",
            grid.off()
        ),
        panels: vec![
            panel_of("Against the step size", "step size ε", &|ratio, b| ratio * b as f64, nothing),
            panel_of(
                "Against the ratio",
                "(ε/B)(N − B)/(N − 1)",
                &|ratio, b| ratio * finite_population(b),
                theory,
            ),
        ],
    }
}
