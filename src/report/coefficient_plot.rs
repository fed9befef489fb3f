//! Recovered coefficients with their bars, as figures.

use crate::figure::{Axis, Figure, Layer, Mark, Panel, Role, Row, Scale};
use crate::record::{CoefficientRecord, Record, typeset};

/// One panel for every term of a theorem, with one row a loss; `None` if nothing was recovered.
///
/// Deviations of what the errors alone say from the claim are in units of each bar's half-width, for
/// they differ by decades; the values themselves are written beside them.
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
            "What the errors alone say each coefficient is: the number on the right, its bar in \
                  units of the last digit. The dot is its distance from the claim in half-widths \
                  of that bar; a bar whose dot lies in the shaded band contains the claim."
                .to_owned(),
        panels,
    })
}

fn panel(term: &CoefficientRecord, records: &[&Record]) -> Option<Panel> {
    let name = &term.term;
    let mut rows = Vec::new();
    let mut points = Vec::new();
    for record in records {
        let coefficient = record.coefficients.iter().find(|c| c.term == *name);
        let Some((coefficient, value)) = coefficient.and_then(|c| Some((c, c.found(8)?))) else {
            continue;
        };
        points.extend(deviation(coefficient).map(|deviation| [deviation, rows.len() as f64]));
        rows.push(Row { name: record.loss.clone(), value: typeset(&value) });
    }
    let (top, bottom) = (-0.5, rows.len() as f64 - 0.5);
    let reference = |mark, points| Layer { label: None, role: Role::Reference, mark, points };
    let contained = vec![[-1.0, bottom], [1.0, bottom]];
    let bars = Mark::HorizontalBars(vec![1.0; points.len()]);
    let mean = |mark, points| Layer { label: None, role: Role::Mean, mark, points };
    (!rows.is_empty()).then(|| Panel {
        title: name.clone(),
        x: Axis { label: "(recovered − claimed) / half-width".to_owned(), scale: Scale::Linear },
        y: Axis {
            label: format!("claimed {}; recovered: on the right", typeset(&term.claimed)),
            scale: Scale::Rows(rows),
        },
        equal_units: false,
        layers: vec![
            reference(Mark::Band(vec![top; 2]), contained),
            reference(Mark::Line, vec![[0.0, top], [0.0, bottom]]),
            mean(bars, points.clone()),
            mean(Mark::Dots, points),
        ],
    })
}

/// The distance from the claim in half-widths.
fn deviation(coefficient: &CoefficientRecord) -> Option<f64> {
    let (recovered, half_width) = (coefficient.recovered?, coefficient.half_width?);
    let deviation = (recovered - coefficient.claimed_value()?) / half_width;
    deviation.is_finite().then_some(deviation)
}
