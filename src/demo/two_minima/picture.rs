//! Two minima in pictures: slopes, losses, and where a thousand starts end.

use super::{FARTHEST, SEEDS, STARTS, Shares};
use crate::demo::DemoError;
use crate::demo::sketch::{layer, linear, named_at_end, panel, unnamed};
use crate::demo::tilted_wells::TiltedWells;
use crate::demo::wording::digits;
use crate::figure::{Figure, Layer, Mark, Panel, Role};

/// The step size of the modified loss in the picture.
const SHOWN: f64 = 0.15;

/// The picture of the losses alone.
pub(in crate::demo) fn picture() -> Result<Figure, DemoError> {
    let wells = TiltedWells::new()?;
    Ok(Figure {
        id: "two-minima-losses".to_owned(),
        title: "Two minima that C cannot tell apart".to_owned(),
        caption: landscape_caption(&wells),
        panels: landscape(&wells),
    })
}

/// Left: the slopes of the minibatches, which agree at one minimum. Right: C and C̃_SGD.
fn landscape(wells: &TiltedWells) -> Vec<Panel> {
    let grid: Vec<f64> = (0..=136).map(|i| -1.7 + 0.025 * f64::from(i)).collect();
    let curve = |of: &dyn Fn(f64) -> f64| grid.iter().map(|&w| [w, of(w)]).collect::<Vec<_>>();
    let mut slopes: Vec<Layer> = (0..wells.batches())
        .map(|k| {
            let curve = curve(&|w| wells.batch_slope(k, w));
            match k {
                0 => layer("minibatches", Role::Sample, Mark::Line, curve),
                _ => unnamed(Role::Sample, Mark::Line, curve),
            }
        })
        .collect();
    slopes.push(layer("mean", Role::GradientFlow, Mark::Line, curve(&|w| wells.slope(w))));
    let minima = vec![[-1.0, 0.0], [1.0, 0.0]];
    slopes.push(layer("minima of C", Role::Reference, Mark::Dots, minima));
    let (last, lost) = wells.last_step_size();
    let name = |eps: f64| format!("C̃_SGD, ε = {}", digits(eps, 3));
    let (shown, at_last) = (name(SHOWN), name(last));
    let mut losses: Vec<Layer> = [
        ("C", Role::GradientFlow, Mark::Line, curve(&|w| wells.value(w))),
        (&*shown, Role::ShuffledFlow, Mark::Line, curve(&|w| wells.shuffled_value(SHOWN, w))),
        (&*at_last, Role::ShuffledFlow, Mark::Dashes, curve(&|w| wells.shuffled_value(last, w))),
    ]
    .into_iter()
    .flat_map(|(label, role, mark, curve)| named_at_end(label, role, mark, curve))
    .collect();
    let lost = vec![[lost, wells.shuffled_value(last, lost)]];
    losses.push(layer("minimum lost", Role::Reference, Mark::Hollow, lost));
    vec![
        panel("Slopes of the minibatches", linear("w"), linear("slope"), slopes),
        panel("Losses", linear("w"), linear("loss"), losses),
    ]
}

fn landscape_caption(wells: &TiltedWells) -> String {
    format!(
        "The minibatches agree at the left minimum and disagree at the right one, so C̃_SGD tilts \
         to the left; at ε* = {} it loses the right minimum.",
        digits(wells.last_step_size().0, 4)
    )
}

pub(super) fn figure(wells: &TiltedWells, found: &[Shares]) -> Figure {
    let (last, _) = wells.last_step_size();
    // The share of a continuum of starts, without the grain of a thousand, while there is a hill.
    let curve = |hill: &dyn Fn(f64) -> Option<f64>| -> Vec<[f64; 2]> {
        let fine = (0..=290).map(|i| 0.001 * f64::from(i));
        let tops = fine.map_while(|eps| hill(eps).map(|top| (eps, top)));
        tops.map(|(eps, top)| [eps, (top + FARTHEST) / (2.0 * FARTHEST)]).collect()
    };
    let (theory, next) = (curve(&|eps| wells.hill(eps)), curve(&|eps| wells.next_hill(eps)));
    let measured: Vec<[f64; 2]> = found.iter().map(|s| [s.step_size, s.reshuffled.mean]).collect();
    let bars = found.iter().map(|s| s.reshuffled.deviation).collect();
    let descent = found.iter().map(|s| [s.step_size, s.descent]).collect();
    let layers = vec![
        layer("ε*", Role::Reference, Mark::Dashes, vec![[last, 0.5], [last, 1.0]]),
        layer("C̃_SGD", Role::ShuffledFlow, Mark::Line, theory),
        layer("with its next term", Role::ShuffledFlow, Mark::Dashes, next),
        unnamed(Role::Iterates, Mark::Bars(bars), measured.clone()),
        layer("random reshuffling", Role::Iterates, Mark::Dots, measured),
        layer("gradient descent", Role::Control, Mark::Dots, descent),
    ];
    let mut panels = landscape(wells);
    let share = linear("share ending left");
    panels.push(panel("Where a thousand starts end", linear("step size ε"), share, layers));
    Figure {
        id: "two-minima".to_owned(),
        title: "Two equal minima, told apart by shuffling".to_owned(),
        caption: format!(
            "{} Last: {STARTS} starts equally spaced on [−2, 2]: the share left of the hill of \
             C̃_SGD, and without and with shuffling the share that ended left (mean over {SEEDS} \
             seeds, bars one standard deviation).",
            landscape_caption(wells)
        ),
        panels,
    }
}
