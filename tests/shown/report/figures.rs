//! Figures show the result's numbers, all of them and no others.

use shadowflow::figure::{Layer, Mark, Panel, Role, Scale};
use shadowflow::record::{LegRecord, Record, with_bar};
use shadowflow::report::{coefficient_plots, order_plots, panels};

use super::results;

fn small() -> Vec<Record> {
    results().into_iter().filter(|record| record.theorem == "small").collect()
}

fn plots(records: &[Record]) -> Vec<Panel> {
    order_plots("small", &records.iter().collect::<Vec<_>>()).panels
}

fn points(leg: &LegRecord, used: bool) -> Vec<[f64; 2]> {
    (leg.ladder.iter().filter(|rung| rung.used == used))
        .map(|rung| [rung.step_size, rung.error.expect("an error")])
        .collect()
}

fn only(panel: &Panel, wanted: impl Fn(&Layer) -> bool) -> &Layer {
    let found: Vec<&Layer> = panel.layers.iter().filter(|layer| wanted(layer)).collect();
    assert_eq!(found.len(), 1, "{}: {found:?}", panel.title);
    found[0]
}

#[test]
fn every_rung_is_a_point_and_dropped_ones_are_open() {
    let records = small();
    let panels = plots(&records);
    // The second loss's second leg could not be measured.
    assert_eq!(panels.len(), 3);
    let first = &records[0].legs[0];
    assert_eq!(only(&panels[0], |layer| layer.mark == Mark::Dots).points, points(first, true));
    assert_eq!(only(&panels[0], |layer| layer.mark == Mark::Hollow).points, points(first, false));
    let second = &records[0].legs[1];
    assert_eq!(only(&panels[1], |layer| layer.mark == Mark::Dots).points, points(second, true));
    assert!(panels[1].layers.iter().all(|layer| layer.mark != Mark::Hollow));
}

#[test]
fn the_fitted_line_and_its_band_are_those_of_the_result() {
    let records = small();
    let panel = &plots(&records)[0];
    let leg = &records[0].legs[0];
    let line = only(panel, |layer| layer.role == Role::ShuffledFlow && layer.mark == Mark::Line);
    let label = line.label.as_deref().expect("a label");
    assert!(label.contains("3.000(1)"), "{label}");
    let used = points(leg, true);
    assert_eq!(line.points.len(), used.len());
    for (drawn, measured) in line.points.iter().zip(&used) {
        assert_eq!(drawn[0], measured[0]);
        assert!((drawn[1] / measured[1]).ln().abs() < 1e-3, "{drawn:?} {measured:?}");
    }
    let band = only(panel, |layer| matches!(layer.mark, Mark::Band(_)));
    let Mark::Band(upper) = &band.mark else { panic!("a band") };
    for (at, half) in leg.band.iter().enumerate() {
        let width = (upper[at] / band.points[at][1]).ln();
        assert!((width - 2.0 * half.expect("a half-width")).abs() < 1e-9);
    }
}

#[test]
fn the_triangle_has_the_claimed_slope() {
    for (panel, order) in plots(&small()).iter().zip([3.0, 2.0]) {
        let triangle = only(panel, |layer| layer.role == Role::Reference);
        let [a, b, c, d] = triangle.points[..] else { panic!("a triangle") };
        assert_eq!(a, d);
        assert_eq!((a[1], b[0]), (b[1], c[0]));
        let slope = (c[1] / a[1]).ln() / (c[0] / a[0]).ln();
        assert!((slope - order).abs() < 1e-9, "{slope}");
        // It lies below what was measured, and hides nothing.
        let dots = only(panel, |layer| layer.mark == Mark::Dots);
        let lowest =
            dots.points.iter().filter(|p| p[0] >= c[0]).map(|p| p[1]).fold(f64::MAX, f64::min);
        assert!(c[1] < lowest);
    }
}

#[test]
fn the_plain_flow_stands_beside_the_claim_and_controls_are_numbers() {
    let records = small();
    let panel = &plots(&records)[0];
    let plain = records[0].legs[0].plain.as_ref().expect("the plain flow was measured");
    let drawn = only(panel, |layer| layer.role == Role::GradientFlow);
    assert_eq!(drawn.points, [points(plain, true), points(plain, false)].concat());
    assert_eq!(drawn.label.as_deref(), Some("gradient flow"));
    assert!(panel.layers.iter().all(|layer| layer.role != Role::Control));
    assert!(!records[0].controls.is_empty());
    // Where the claim is the gradient flow there is no other one.
    let mut alike = records.clone();
    let leg = &mut alike[0].legs[0];
    leg.plain = Some(Box::new(leg.clone()));
    let panel = &plots(&alike)[0];
    assert!(panel.layers.iter().all(|layer| layer.role != Role::GradientFlow));
}

#[test]
fn bars_are_those_of_the_coefficients() {
    let records = small();
    let figure = coefficient_plots("small", &records.iter().collect::<Vec<_>>()).expect("one term");
    assert_eq!(figure.panels.len(), 1);
    let coefficient = &records[0].coefficients[0];
    let half_width = coefficient.half_width.expect("a bar");
    let expected = (coefficient.recovered.expect("a value") - 0.25) / half_width;
    let bar = only(&figure.panels[0], |layer| matches!(layer.mark, Mark::HorizontalBars(_)));
    let Mark::HorizontalBars(half_widths) = &bar.mark else { panic!("bars") };
    assert!(half_widths.iter().all(|half_width| *half_width == 1.0));
    assert_eq!(half_widths.len(), bar.points.len());
    assert!((bar.points[0][0] - expected).abs() < 1e-12);
    let Scale::Rows(rows) = &figure.panels[0].y.scale else { panic!("rows") };
    assert_eq!(rows[0].name, records[0].loss);
    let value = with_bar(coefficient.recovered.expect("a value"), half_width, 8);
    assert_eq!(rows[0].value, value);
}

#[test]
fn every_point_is_drawn() {
    let records = small();
    let figure = order_plots("small", &records.iter().collect::<Vec<_>>());
    for (svg, panel) in panels(&figure).expect("it can be drawn").iter().zip(&figure.panels) {
        let circles = |mark: &Mark| match mark {
            Mark::Dots => 1,
            Mark::Hollow => 2,
            _ => 0,
        };
        let expected: usize =
            panel.layers.iter().map(|layer| circles(&layer.mark) * layer.points.len()).sum();
        assert_eq!(svg.matches("<circle").count(), expected, "{}", panel.title);
    }
}
