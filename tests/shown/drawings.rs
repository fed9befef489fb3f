//! Drawings: what is drawn where, and that no label lies on another.
#![allow(clippy::expect_used, clippy::unwrap_used)] // in tests a broken expectation should fail loudly

use shadowflow::figure::{Axis, Figure, Layer, Mark, Panel, Role, Row, Scale};
use shadowflow::report::{dark_style, panels, svg};

fn axis(label: &str, scale: Scale) -> Axis {
    Axis { label: label.to_owned(), scale }
}

fn layer(label: &str, role: Role, mark: Mark, points: Vec<[f64; 2]>) -> Layer {
    let label = (!label.is_empty()).then(|| label.to_owned());
    Layer { label, role, mark, points }
}

/// Errors c εᵖ over a ladder of halvings.
fn ladder(c: f64, p: f64) -> Vec<[f64; 2]> {
    (0..8).map(|k| 0.1 * 0.5f64.powi(k)).map(|eps| [eps, c * eps.powf(p)]).collect()
}

fn orders() -> Panel {
    let fit = ladder(1.0, 3.0);
    let above = fit.iter().map(|[_, y]| 1.3 * y).collect();
    let below = fit.iter().map(|&[x, y]| [x, y / 1.3]).collect();
    Panel {
        title: "one epoch".to_owned(),
        x: axis("step size ε", Scale::Logarithmic),
        y: axis("error (norm of the difference, in units of the parameters)", Scale::Logarithmic),
        equal_units: false,
        layers: vec![
            layer("", Role::ShuffledFlow, Mark::Band(above), below),
            layer("order 3", Role::Reference, Mark::Dashes, ladder(0.3, 3.0)),
            layer("gradient flow", Role::GradientFlow, Mark::Line, ladder(1.2, 2.0)),
            layer("negate penalty", Role::Control, Mark::Line, ladder(2.2, 2.0)),
            layer("penalty ×1.01", Role::Control, Mark::Line, ladder(0.02, 2.1)),
            layer("wrong clock", Role::Control, Mark::Line, ladder(0.1, 1.0)),
            layer("sample with replacement", Role::Control, Mark::Line, ladder(0.8, 2.05)),
            layer("modified flow 3.000(1)", Role::ShuffledFlow, Mark::Line, fit.clone()),
            layer("", Role::ShuffledFlow, Mark::Dots, fit[..7].to_vec()),
            layer("dropped", Role::ShuffledFlow, Mark::Hollow, fit[7..].to_vec()),
        ],
    }
}

fn plane() -> Panel {
    let circle = |r: f64| {
        (0..=60)
            .map(|k| f64::from(k) / 60.0 * std::f64::consts::TAU)
            .map(|a| [r * a.cos(), 0.6 * r * a.sin()])
            .collect()
    };
    let path = |bend: f64| {
        (0..40)
            .map(|k| f64::from(k) / 39.0)
            .map(|s| [1.8 - 1.5 * s, 1.0 - s * s - bend * s])
            .collect()
    };
    Panel {
        title: "the plane of parameters".to_owned(),
        x: axis("w₁", Scale::Linear),
        y: axis("w₂", Scale::Linear),
        equal_units: true,
        layers: vec![
            layer("", Role::Reference, Mark::Line, circle(0.5)),
            layer("", Role::Reference, Mark::Line, circle(1.0)),
            layer("flow of C", Role::GradientFlow, Mark::Line, path(0.0)),
            layer("flow of C̃_GD", Role::ModifiedFlow, Mark::Line, path(0.1)),
            layer("flow of C̃_SGD", Role::ShuffledFlow, Mark::Line, path(0.2)),
            layer("Euler points", Role::Iterates, Mark::Dots, path(0.12)),
            layer("shuffles", Role::Sample, Mark::Dots, circle(0.2)),
            layer("mean", Role::Mean, Mark::Star, vec![[0.3, -0.2]]),
        ],
    }
}

fn shares() -> Panel {
    let at = [0.02, 0.05, 0.1, 0.15];
    let points: Vec<[f64; 2]> = at.iter().map(|&e| [e, 0.5 + 0.5 * e]).collect();
    Panel {
        title: String::new(),
        x: axis("step size ε", Scale::Linear),
        y: axis("share of starts that end left", Scale::Linear),
        equal_units: false,
        layers: vec![
            layer("theory", Role::ShuffledFlow, Mark::Line, points.clone()),
            layer("measured", Role::Iterates, Mark::Dots, points.clone()),
            layer("", Role::Iterates, Mark::Bars(vec![0.01; 4]), points),
            layer("gradient descent", Role::Control, Mark::Dashes, at.map(|e| [e, 0.5]).to_vec()),
        ],
    }
}

/// A value a loss, as of recovered coefficients.
fn table() -> Panel {
    let row = |(name, value): (&str, &str)| Row { name: name.to_owned(), value: value.to_owned() };
    let rows = [
        ("quadratic", "−0.25000000(1)"),
        ("quadratic-examples", "−0.2500(3)"),
        ("net", "2.0 ± 3.4"),
    ];
    let points = vec![[0.1, 0.0], [-0.4, 1.0], [3.0, 2.0]];
    Panel {
        title: "batch penalty".to_owned(),
        x: axis("(recovered − claimed) / half-width", Scale::Linear),
        y: axis("claimed −1/4", Scale::Rows(rows.map(row).to_vec())),
        equal_units: false,
        layers: vec![
            layer("", Role::Reference, Mark::Band(vec![-0.5; 2]), vec![[-1.0, 2.5], [1.0, 2.5]]),
            layer("", Role::Mean, Mark::HorizontalBars(vec![1.0; 3]), points.clone()),
            layer("", Role::Mean, Mark::Dots, points),
        ],
    }
}

fn figure(panels: Vec<Panel>) -> Figure {
    Figure {
        id: "sample".to_owned(),
        title: "A < B & C".to_owned(),
        caption: "Everything that a panel can show.".to_owned(),
        panels,
    }
}

fn drawn(panel: Panel) -> String {
    svg(&figure(vec![panel])).expect("it can be drawn")
}

/// The value of an attribute.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn number(element: &str, name: &str) -> f64 {
    attribute(element, name).expect(name).parse().expect("a number")
}

/// The attributes of the elements of this name, those of their group included, with the text that follows each.
fn elements<'a>(svg: &'a str, name: &str) -> Vec<(String, &'a str)> {
    let mut group = "";
    let mut found = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').expect("a tag ends");
        match tag.split(' ').next() {
            Some("g") => group = &tag[1..],
            Some("/g") => group = "",
            Some(own) if own == name => found.push((format!("{}{group}", &tag[own.len()..]), rest)),
            _ => {}
        }
    }
    found
}

/// Every text inside the panels: what it says, where it is, how long it is for a narrow font.
fn texts(svg: &str) -> Vec<(String, [f64; 4])> {
    let inner = svg.split_once("<svg x=").expect("a panel").1;
    let text = |(tag, content): (String, &str)| {
        let (x, base, size) = (number(&tag, "x"), number(&tag, "y"), number(&tag, "font-size"));
        // The middle of small letters is above their base line.
        let y = base - 0.26 * size;
        let width = 0.5
            * size
            * content.chars().filter(|c| !matches!(c, '\u{300}'..='\u{36F}')).count() as f64;
        let left = match attribute(&tag, "text-anchor") {
            Some("end") => x - width,
            Some("middle") => x - 0.5 * width,
            _ => x,
        };
        (content.to_owned(), [left, left + width, y - 0.4 * size, y + 0.4 * size])
    };
    elements(inner, "text").into_iter().map(text).collect()
}

#[test]
fn rows_are_named_on_the_left_and_valued_on_the_right() {
    let panel = table();
    let svg = drawn(panel.clone());
    let all = texts(&svg);
    let find = |text: &str| all.iter().find(|(found, _)| found == text).expect(text).1;
    let Scale::Rows(rows) = &panel.y.scale else { panic!("rows") };
    let inner = svg.split_once("<svg x=").expect("a panel").1;
    let band = &elements(inner, "polygon")[0].0;
    let corners = attribute(band, "points").expect("corners").split_whitespace();
    let across = corners.filter_map(|corner| corner.split(',').next()?.parse::<f64>().ok());
    let (least, most) = across.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
    let dots = elements(inner, "circle");
    assert_eq!(dots.len(), 3);
    let mut above = 0.0;
    for (row, (dot, _)) in rows.iter().zip(&dots) {
        let (name, value) = (find(&row.name), find(&row.value));
        // A dot in the band: its row's bar reaches the claim, here of the first two only.
        let (x, y) = (number(dot, "cx"), number(dot, "cy"));
        assert!(name[1] < least && value[0] > most, "{row:?}");
        assert_eq!(least < x && x < most, row.name != "net", "{row:?}");
        for at in [name, value] {
            assert!((0.5 * (at[2] + at[3]) - y).abs() < 80.0, "{at:?} {y}");
        }
        assert!(y > above);
        above = y;
    }
}

#[test]
fn no_text_lies_on_another() {
    for panel in [orders(), plane(), shares(), table()] {
        let all = texts(&drawn(panel));
        for (i, (a, one)) in all.iter().enumerate() {
            for (b, other) in &all[i + 1..] {
                let apart = one[1] <= other[0]
                    || other[1] <= one[0]
                    || one[3] <= other[2]
                    || other[3] <= one[2];
                assert!(apart, "'{a}' {one:?} and '{b}' {other:?}");
            }
        }
    }
}

#[test]
fn no_text_runs_over_the_edge() {
    let mut last = orders();
    // The axis ends just after 0.005, whose label is wider than the margin.
    last.layers = vec![layer("", Role::Iterates, Mark::Dots, vec![[5e-4, 1.0], [4.489e-3, 2.0]])];
    for panel in [orders(), plane(), shares(), table(), last] {
        let svg = drawn(panel);
        let inner = svg.split_once("<svg x=").expect("a panel").1;
        let mut view = attribute(inner, "viewBox").expect("a view").split(' ');
        let most: f64 = view.nth(2).expect("a width").parse().expect("a number");
        for (text, at) in texts(&svg) {
            assert!(at[0] >= 0.0 && at[1] <= most, "'{text}' {at:?} of {most}");
        }
    }
}

#[test]
fn every_label_is_written_once() {
    for panel in [orders(), plane(), shares()] {
        let all = texts(&drawn(panel.clone()));
        for label in panel.layers.iter().filter_map(|layer| layer.label.as_ref()) {
            assert_eq!(all.iter().filter(|(text, _)| text == label).count(), 1, "{label}");
        }
        assert!(all.iter().any(|(text, _)| *text == panel.x.label));
    }
}

#[test]
fn labels_that_cannot_stand_beside_their_curves_go_into_a_legend() {
    let mut crowded = orders();
    let line = |k: usize| {
        let name = format!("one of a great many controls, number {k}");
        layer(&name, Role::Control, Mark::Line, ladder(1.0 + 0.01 * k as f64, 2.0))
    };
    crowded.layers = (0..40).map(line).collect();
    let svg = drawn(crowded);
    let all = texts(&svg);
    assert_eq!(all.iter().filter(|(text, _)| text.starts_with("one of")).count(), 40);
    let axis = all.iter().find(|(text, _)| text == "step size ε").expect("the axis").1;
    let named = all.iter().filter(|(text, _)| text.starts_with("one of"));
    let below = named.filter(|(_, at)| at[2] > axis[3]).count();
    assert!(below > 0, "no legend");
    // All have one colour, so each entry's number stands at its line too.
    let numbers = |inside: bool| {
        let numbers = all.iter().filter(|(_, at)| (at[2] < axis[2]) == inside);
        let mut numbers: Vec<usize> = numbers.filter_map(|(text, _)| text.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(numbers(false), (1..=below).collect::<Vec<_>>());
    assert_eq!(numbers(true), numbers(false));
}

#[test]
fn what_its_colour_tells_apart_has_no_number() {
    let name =
        "a name that is far too long to stand anywhere beside its curve in a panel as narrow";
    let mut panel = orders();
    panel.layers = vec![
        layer(name, Role::Control, Mark::Line, ladder(1.0, 2.0)),
        layer("short", Role::ShuffledFlow, Mark::Line, ladder(1.0, 3.0)),
        layer("", Role::Control, Mark::Line, ladder(1.0, 4.0)),
    ];
    let all = texts(&drawn(panel));
    assert_eq!(all.iter().filter(|(text, _)| text == name).count(), 1);
    assert!(all.iter().all(|(text, _)| text.parse::<usize>().is_err()), "{all:?}");
}

/// The affine map from pixels to values, from two labelled ticks.
fn scale(
    all: &[(String, [f64; 4])],
    ticks: [(&str, f64); 2],
    vertical: bool,
) -> impl Fn(f64) -> f64 {
    let at = ticks.map(|(label, value)| {
        let found = all.iter().find(|(text, _)| text == label).expect(label);
        let [left, right, top, bottom] = found.1;
        (if vertical { 0.5 * (top + bottom) } else { 0.5 * (left + right) }, value)
    });
    let [(p0, v0), (p1, v1)] = at;
    move |pixel| v0 + (pixel - p0) / (p1 - p0) * (v1 - v0)
}

#[test]
fn points_lie_where_the_axes_say() {
    let svg = drawn(shares());
    let all = texts(&svg);
    let x = scale(&all, [("0.05", 0.05), ("0.15", 0.15)], false);
    let y = scale(&all, [("0.50", 0.5), ("0.58", 0.58)], true);
    let dots: Vec<[f64; 2]> = elements(&svg, "circle")
        .into_iter()
        .map(|(tag, _)| [x(number(&tag, "cx")), y(number(&tag, "cy"))])
        .collect();
    assert_eq!(dots.len(), 4);
    for (dot, expected) in
        dots.iter().zip([[0.02, 0.51], [0.05, 0.525], [0.1, 0.55], [0.15, 0.575]])
    {
        assert!((dot[0] - expected[0]).abs() < 1e-4, "{dot:?} {expected:?}");
        assert!((dot[1] - expected[1]).abs() < 1e-4, "{dot:?} {expected:?}");
    }
}

#[test]
fn logarithmic_axes_space_ratios_equally() {
    let svg = drawn(orders());
    let all = texts(&svg);
    let x = scale(&all, [("10⁻³", -3.0), ("10⁻²", -2.0)], false);
    let y = scale(&all, [("10⁻⁸", -8.0), ("10⁻⁶", -6.0)], true);
    // Seven dots, and the open circle with the paper inside it.
    let circles: Vec<String> = elements(&svg, "circle").into_iter().map(|(tag, _)| tag).collect();
    assert_eq!(circles.len(), 9);
    for (circle, [eps, error]) in circles.iter().zip(ladder(1.0, 3.0)) {
        assert!((x(number(circle, "cx")) - eps.log10()).abs() < 1e-2);
        let (drawn, exact) = (y(number(circle, "cy")), error.log10());
        assert!((drawn - exact).abs() < 2e-2, "{drawn} {exact}");
    }
    assert_eq!(attribute(&circles[8], "fill"), Some("none"));
}

#[test]
fn a_unit_is_equally_long_on_both_axes_where_it_should_be() {
    let svg = drawn(plane());
    let all = texts(&svg);
    let x = scale(&all, [("0.0", 0.0), ("1.0", 1.0)], false);
    let pixels_x = 1.0 / (x(1.0) - x(0.0));
    let y = scale(&all, [("−0.5", -0.5), ("0.5", 0.5)], true);
    let pixels_y = 1.0 / (y(0.0) - y(1.0));
    assert!((pixels_x / pixels_y - 1.0).abs() < 0.01, "{pixels_x} {pixels_y}");
}

#[test]
fn what_has_no_place_is_not_drawn_and_breaks_no_line() {
    let mut panel = orders();
    let points = vec![[0.1, 1.0], [0.05, f64::NAN], [0.02, 0.1], [0.01, 0.0], [0.005, 0.01]];
    panel.layers = vec![
        layer("", Role::Iterates, Mark::Dots, points.clone()),
        layer("", Role::Iterates, Mark::Line, points),
    ];
    let svg = drawn(panel);
    assert_eq!(elements(&svg, "circle").len(), 3);
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    let mut empty = orders();
    empty.layers.clear();
    assert!(drawn(empty).contains("step size"));
}

#[test]
fn a_file_stands_alone() {
    let svg = svg(&figure(vec![orders(), plane()])).expect("it can be drawn");
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(svg.contains("<title>A &lt; B &amp; C</title>"));
    assert!(!svg.contains("href") && svg.matches("http").count() == 1);
    assert!(svg.contains("stroke-dasharray"));
    assert_eq!(panels(&figure(vec![orders(), plane()])).expect("it can be drawn").len(), 2);
    // At 400 pixels across its letters are still read, however many panels it has.
    let width = svg.split("width=\"").nth(1).and_then(|rest| rest.split('"').next());
    assert!(width.expect("a width").parse::<f64>().expect("pixels") < 460.0);
    // Every colour of a drawing has its counterpart on dark pages.
    let style = dark_style();
    for attribute in ["fill", "stroke"] {
        for colour in svg.split(&format!("{attribute}=\"#")).skip(1).map(|rest| &rest[..6]) {
            assert!(style.contains(&format!("[{attribute}=\"#{colour}\"]")), "{colour}");
        }
    }
}
