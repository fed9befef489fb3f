//! Recovered coefficients with their bars, as figures.

use super::record::{CoefficientRecord, Record};
use crate::figure::{Axis, Figure, Layer, Mark, Panel, Role, Scale};

/// One panel for every term of a theorem, with one bar a loss; `None` if nothing was recovered.
///
/// Deviations of what the errors alone say from the claim are in units of each bar's half-width, for they differ by decades.
pub fn coefficient_plots(theorem: &str, records: &[&Record]) -> Option<Figure> {
    let mut terms: Vec<&CoefficientRecord> = Vec::new();
    for coefficient in records.iter().flat_map(|record| &record.coefficients) {
        if terms.iter().all(|known| known.term != coefficient.term) {
            terms.push(coefficient);
        }
    }
    let panels: Vec<Panel> = terms.iter().filter_map(|term| panel(term, records)).collect();
    (!panels.is_empty()).then(|| Figure {
        id: format!("coefficients-{theorem}"),
        title: format!("Coefficients of {theorem}"),
        caption:
            "What the errors alone say each coefficient is, less the claim, in units of the bar it \
                  is known to lie in: a bar that crosses the line contains the claim."
                .to_owned(),
        panels,
    })
}

fn panel(term: &CoefficientRecord, records: &[&Record]) -> Option<Panel> {
    let name = &term.term;
    let found = |record: &&&Record| {
        let coefficient = record.coefficients.iter().find(|c| c.term == *name)?;
        Some((record.loss.clone(), deviation(coefficient)?))
    };
    let bars: Vec<(String, f64)> = records.iter().filter_map(|r| found(&r)).collect();
    let last = bars.len().checked_sub(1)? as f64;
    // Longer on the left, where its label stands.
    let zero = vec![[-1.0, 0.0], [last + 0.5, 0.0]];
    let claim = Some(format!("claimed {}", term.claimed));
    let mut layers =
        vec![Layer { label: claim, role: Role::Reference, mark: Mark::Line, points: zero }];
    for (at, (loss, deviation)) in bars.into_iter().enumerate() {
        let points = vec![[at as f64, deviation]];
        let bar = Mark::Bars(vec![1.0]);
        layers.push(Layer { label: None, role: Role::Mean, mark: bar, points: points.clone() });
        layers.push(Layer { label: Some(loss), role: Role::Mean, mark: Mark::Dots, points });
    }
    Some(Panel {
        title: name.clone(),
        x: Axis { label: String::new(), scale: Scale::Row },
        y: Axis {
            label: "(recovered − claimed) / half-width of the bar".to_owned(),
            scale: Scale::Linear,
        },
        equal_units: false,
        layers,
    })
}

/// The distance from the claim in half-widths.
fn deviation(coefficient: &CoefficientRecord) -> Option<f64> {
    let (recovered, half_width) = (coefficient.recovered?, coefficient.half_width?);
    let deviation = (recovered - coefficient.claimed_value()?) / half_width;
    deviation.is_finite().then_some(deviation)
}
