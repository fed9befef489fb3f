//! Order plots: the errors of a check over their step sizes, as figures.

use crate::figure::{Axis, Figure, Layer, Mark, Panel, Role, Scale};
use crate::leg::LegKind;
use crate::record::{LegRecord, Record, RungRecord, typeset};

/// How far below the measured points the triangle of the claimed slope lies, as a share of the
/// ladder's whole range of errors.
const TRIANGLE_BELOW: f64 = 0.1;

/// One panel for every leg of every record: all of one theorem.
pub fn order_plots(theorem: &str, records: &[&Record]) -> Figure {
    let panels = records.iter().flat_map(|record| {
        let measured = |leg: &&LegRecord| leg.ladder.iter().any(|rung| positive(rung).is_some());
        record.legs.iter().filter(measured).map(|leg| panel(record, leg))
    });
    let mut legs = records.iter().flat_map(|record| &record.legs);
    let caption = if legs.all(|leg| leg.kind.is_equality()) {
        "The difference of the two sides wherever they were compared."
    } else {
        "Errors over the ladder of step sizes; the shaded line is the fit, the triangle the claimed slope."
    };
    Figure {
        id: format!("orders-{theorem}"),
        title: format!("Errors of {theorem}"),
        caption: caption.to_owned(),
        panels: panels.collect(),
    }
}

fn panel(record: &Record, leg: &LegRecord) -> Panel {
    let equality = leg.kind.is_equality();
    let role = claim_role(record);
    let mut layers = Vec::new();
    layers.extend(band(leg, role));
    layers.extend(triangle(leg));
    layers.extend(beside(leg, equality));
    layers.extend(envelope(record, leg));
    layers.extend(fitted(leg, role));
    layers.extend(points(leg, role, true));
    layers.extend(points(leg, role, false));
    let claim = layers.iter_mut().rev().find(|layer| equality && layer.role == role);
    if let Some(claim) = claim {
        claim.label = Some("the claim".to_owned());
    }
    let claimed = leg.claimed_order.map(|order| format!(", claimed order {}", order.value()));
    Panel {
        title: format!("{}: {}{}", record.loss, in_words(leg.kind), claimed.unwrap_or_default()),
        x: axis(match leg.kind {
            LegKind::Bound => "1/h, h the width",
            LegKind::Threshold => "momentum β",
            LegKind::Uniform => "time h = mε of the epoch",
            LegKind::Removal => "weight δ taken away",
            _ => "step size ε",
        }),
        y: axis(match leg.kind {
            LegKind::Identity | LegKind::Threshold => "norm of the difference of the two sides",
            LegKind::Bound => "root mean square of the difference, over seeds",
            LegKind::Equilibrium => "distance from the predicted point",
            LegKind::Removal => "distance of observed and predicted rise of the loss",
            _ => "distance of observed and predicted, in units of w",
        }),
        equal_units: false,
        layers,
    }
}

fn axis(label: &str) -> Axis {
    Axis { label: label.to_owned(), scale: Scale::Logarithmic }
}

fn in_words(kind: LegKind) -> &'static str {
    match kind {
        LegKind::Step => "one step",
        LegKind::Epoch => "one epoch",
        LegKind::Global => "fixed time",
        LegKind::Equilibrium => "points of rest",
        LegKind::Bound => "bound",
        LegKind::Identity => "identity",
        LegKind::Threshold => "threshold",
        LegKind::Long => "long times",
        LegKind::Uniform => "one epoch, any number of minibatches",
        LegKind::Removal => "weight taken away",
    }
}

/// The flow that is claimed decides the colour, as in every other figure.
fn claim_role(record: &Record) -> Role {
    let has = |part: &str| record.coefficients.iter().any(|c| c.term.contains(part));
    if has("batch") || has("disagreement") {
        Role::ShuffledFlow
    } else if record.coefficients.iter().all(|c| c.term == "gradient") {
        Role::GradientFlow
    } else {
        Role::ModifiedFlow
    }
}

fn positive(rung: &RungRecord) -> Option<[f64; 2]> {
    let error = rung.error.filter(|error| *error > 0.0)?;
    Some([rung.step_size, error])
}

fn points(leg: &LegRecord, role: Role, used: bool) -> Option<Layer> {
    let chosen = leg.ladder.iter().filter(|rung| rung.used == used);
    let points: Vec<[f64; 2]> = chosen.filter_map(positive).collect();
    let label = (!used).then(|| "dropped".to_owned());
    let mark = if used { Mark::Dots } else { Mark::Hollow };
    (!points.is_empty()).then_some(Layer { label, role, mark, points })
}

/// ln e of the fit at the used rungs, with the half-width of its band.
fn fit(leg: &LegRecord) -> Option<Vec<(f64, f64, f64)>> {
    let (order, intercept) = (leg.measured_order?, leg.intercept?);
    let next = leg.next_term.unwrap_or(0.0);
    let used = leg.ladder.iter().filter(|rung| rung.used).map(|rung| rung.step_size);
    let band = leg.band.iter().map(|half| half.unwrap_or(0.0)).chain(std::iter::repeat(0.0));
    let curve =
        used.zip(band).map(|(eps, half)| (eps, intercept + order * eps.ln() + next * eps, half));
    Some(curve.collect())
}

fn fitted(leg: &LegRecord, role: Role) -> Option<Layer> {
    let points = fit(leg)?.into_iter().map(|(eps, ln, _)| [eps, ln.exp()]).collect();
    let label = Some(format!("the claim: order {}", typeset(&leg.found()?)));
    Some(Layer { label, role, mark: Mark::Line, points })
}

fn band(leg: &LegRecord, role: Role) -> Option<Layer> {
    let curve = fit(leg)?;
    let points = curve.iter().map(|(eps, ln, half)| [*eps, (ln - half).exp()]).collect();
    let upper = curve.iter().map(|(_, ln, half)| (ln + half).exp()).collect();
    Some(Layer { label: None, role, mark: Mark::Band(upper), points })
}

/// The claimed slope as a right triangle below the middle of the ladder.
fn triangle(leg: &LegRecord) -> Option<Layer> {
    let order = leg.claimed_order?.value();
    let used: Vec<[f64; 2]> =
        leg.ladder.iter().filter(|rung| rung.used).filter_map(positive).collect();
    let (&[coarse, top], &[_, bottom]) = (used.first()?, used.last()?);
    let (near, far) = (used.get(used.len() / 4)?[0], used.get(used.len() * 5 / 8)?[0]);
    let ratio = (top / bottom).max(1.0).powf(TRIANGLE_BELOW) * 1.6;
    let height = |eps: f64| top * (eps / coarse).powf(order) / ratio;
    let points =
        vec![[far, height(far)], [near, height(far)], [near, height(near)], [far, height(far)]];
    let label = Some(format!("slope {order}"));
    Some(Layer { label, role: Role::Reference, mark: Mark::Line, points })
}

/// What is proved of the error at a fixed time for all small steps at once: K εᵖ, as far as it is proved.
fn envelope(record: &Record, leg: &LegRecord) -> Option<Layer> {
    let certificate = record.certificate.as_ref().filter(|_| leg.kind == LegKind::Global)?;
    let (constant, most) = (certificate.constant?, certificate.up_to);
    let sizes = leg.ladder.iter().map(|rung| rung.step_size).filter(|eps| *eps < most);
    // From where the proof begins to the finest rung, also if no rung lies beyond.
    let coarsest = leg.ladder.iter().map(|rung| rung.step_size).fold(0.0, f64::max);
    let bound = |eps: f64| [eps, constant * eps.powi(certificate.order as i32)];
    let points: Vec<[f64; 2]> =
        std::iter::once(most.min(coarsest)).chain(sizes).map(bound).collect();
    let label = Some(format!("proved: at most {}", typeset(&certificate.bound()?)));
    (points.len() > 1).then_some(Layer { label, role: Role::Reference, mark: Mark::Dashes, points })
}

/// The plain gradient flow, where it is not the claim. Controls are numbers in their table: their curves hide what they
/// lie on.
fn beside(leg: &LegRecord, scattered: bool) -> Option<Layer> {
    let points: Vec<[f64; 2]> = leg.plain.as_ref()?.ladder.iter().filter_map(positive).collect();
    let claimed: Vec<[f64; 2]> = leg.ladder.iter().filter_map(positive).collect();
    let mark = if scattered { Mark::Dots } else { Mark::Line };
    (!points.is_empty() && !coincide(&claimed, &points)).then(|| Layer {
        label: Some("gradient flow".to_owned()),
        role: Role::GradientFlow,
        mark,
        points,
    })
}

fn coincide(a: &[[f64; 2]], b: &[[f64; 2]]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(p, q)| (p[1] / q[1]).ln().abs() < 1e-3 && p[0].total_cmp(&q[0]).is_eq())
}

#[cfg(test)]
mod tests {
    use super::{envelope, panel};
    use crate::certify::{Certified, Status};
    use crate::figure::Mark;
    use crate::leg::LegKind;
    use crate::record::Record;

    /// The first record of the sample, its first leg at a fixed time, with a certificate up to `up_to`.
    fn certified(up_to: f64) -> Record {
        let text = include_str!("../../tests/shown/report/result.json");
        let mut records: Vec<Record> = serde_json::from_str(text).unwrap_or_default();
        let mut record = records.remove(0);
        record.legs[0].kind = LegKind::Global;
        record.with_certificate(Certified {
            theorem: "small".to_owned(),
            loss: "tiny".to_owned(),
            start: vec![0.5],
            horizon: 1.0,
            up_to,
            order: 2,
            leg: "global".to_owned(),
            constant: Some(0.3),
            sampled: Some(0.25),
            ratio: Some(1.2),
            slices: 64,
            cells: 8,
            status: Status::Certified,
            reason: None,
            bounds: Vec::new(),
        })
    }

    #[test]
    fn what_is_proved_is_drawn_as_far_as_it_is_proved() {
        let all = certified(1e3);
        let sizes: Vec<f64> = all.legs[0].ladder.iter().map(|rung| rung.step_size).collect();
        let coarsest = sizes.iter().copied().fold(0.0, f64::max);
        let finest = sizes.iter().copied().fold(f64::INFINITY, f64::min);
        for up_to in [1e3, 0.75 * coarsest] {
            let record = certified(up_to);
            let Some(layer) = envelope(&record, &record.legs[0]) else {
                panic!("nothing is drawn up to {up_to}");
            };
            assert_eq!(layer.mark, Mark::Dashes);
            assert!(layer.label.is_some_and(|label| label.starts_with("proved: at most 0.3 ε²")));
            let drawn = |eps: f64| layer.points.iter().any(|p| p[0].total_cmp(&eps).is_eq());
            assert!(drawn(finest) && drawn(up_to.min(coarsest)), "{:?}", layer.points);
            for [eps, bound] in layer.points.iter().copied() {
                assert!(eps <= up_to && (bound / (0.3 * eps * eps) - 1.0).abs() < 1e-12);
            }
            assert_eq!(
                panel(&record, &record.legs[0])
                    .layers
                    .iter()
                    .filter(|l| l.mark == Mark::Dashes)
                    .count(),
                1
            );
        }
    }

    #[test]
    fn nothing_is_drawn_that_is_not_proved() {
        let mut other = certified(1e3);
        other.legs[0].kind = LegKind::Step;
        assert!(envelope(&other, &other.legs[0]).is_none());
        let mut failed = certified(1e3);
        if let Some(certificate) = &mut failed.certificate {
            certificate.constant = None;
        }
        assert!(envelope(&failed, &failed.legs[0]).is_none());
        let none = Record { certificate: None, ..certified(1e3) };
        assert!(envelope(&none, &none.legs[0]).is_none());
    }
}
