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
