//! Pictures and demonstrations as parts of a page.

use maud::{Markup, html};

use super::{figure, figure_anchor};
use crate::demo::{Claim, Demo, Measurements};
use crate::figure::Figure;
use crate::report::demo::{BARS, has_bars, seed_and_time};
use crate::report::drawing::DrawingError;

const PICTURES: &str = "Pictures from real runs";
const DEMONSTRATIONS: &str = "Demonstrations";

/// What a page shows beside checked theorems.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exhibits<'a> {
    /// Pictures of the theory.
    pub pictures: &'a [Figure],
    /// Demonstrations, with their own pictures.
    pub demos: &'a [Demo],
}

/// What leads to each of them from the contents.
pub(super) fn contents(exhibits: &Exhibits) -> Markup {
    let pictures =
        exhibits.pictures.iter().map(|picture| (figure_anchor(picture), &*picture.title));
    let demos = exhibits.demos.iter().map(|demo| (anchor(demo), demo.title));
    let list = |id: &str, title: &str, entries: Vec<(String, &str)>| {
        html! {
            @if !entries.is_empty() {
                p { a href=(format!("#{id}")) { (title) } ":" }
                ul {
                    @for (anchor, title) in entries {
                        li { a href=(format!("#{anchor}")) { (title) } }
                    }
                }
            }
        }
    };
    html! {
        (list("pictures", PICTURES, pictures.collect()))
        (list("demonstrations", DEMONSTRATIONS, demos.collect()))
    }
}

fn anchor(demo: &Demo) -> String {
    format!("demo-{}", demo.name)
}

/// The section of the pictures and that of the demonstrations, where there are any.
pub(super) fn sections(exhibits: &Exhibits) -> Result<Markup, DrawingError> {
    let pictures: Vec<Markup> = exhibits.pictures.iter().map(titled).collect::<Result<_, _>>()?;
    let demos: Vec<Markup> = exhibits.demos.iter().map(demonstration).collect::<Result<_, _>>()?;
    Ok(html! {
        @if !pictures.is_empty() {
            section id="pictures" {
                h2 { (PICTURES) }
                @for picture in &pictures { (picture) }
            }
        }
        @if !demos.is_empty() {
            section id="demonstrations" {
                h2 { (DEMONSTRATIONS) }
                p {
                    "What the theory looks like, and how far it carries where the theorems say nothing: \
                     long times, visible steps, one run instead of the mean."
                }
                (bars(exhibits.demos))
                @for demo in &demos { (demo) }
            }
        }
    })
}

fn titled(picture: &Figure) -> Result<Markup, DrawingError> {
    let drawn = figure(picture)?;
    Ok(html! { h3 { (picture.title) } (drawn) })
}

/// What ± means, where it is used.
pub(super) fn bars(demos: &[Demo]) -> Markup {
    html! {
        @if demos.iter().any(has_bars) { p { "In what follows a ± b is " (BARS) "." } }
    }
}

fn heading(claim: Claim) -> &'static str {
    match claim {
        Claim::Reported(_) => "Reported",
        Claim::Theory(_) => "Theory",
    }
}

/// One demonstration: what is reported or predicted, what was run, what was found, and the numbers.
pub(super) fn demonstration(demo: &Demo) -> Result<Markup, DrawingError> {
    let content = &demo.content;
    let drawn = figure(&content.figure)?;
    Ok(html! {
        article id=(anchor(demo)) {
            h3 { (demo.title) }
            p.source {
                (content.source)
                @if !demo.theorems.is_empty() { "; a picture of " (demo.theorems.join(" and ")) }
            }
            p { strong { (heading(content.claim)) } ": " (content.claim.sentence()) }
            p {
                strong { "Run here" } ": " (content.setting) " " (seed_and_time(demo))
            }
            (drawn)
            div.scroll {
                table.findings {
                    thead { tr { th { "" } th { "expected" } th { "found" } } }
                    tbody {
                        @for finding in &content.findings {
                            tr {
                                td { (finding.agreement.word()) }
                                td { (finding.expected) }
                                td { (finding.found) }
                            }
                        }
                    }
                }
            }
            (numbers(&content.measurements))
        }
    })
}

fn numbers(table: &Measurements) -> Markup {
    let written = |x: &f64| match x {
        x if x.is_nan() => "–".to_owned(),
        x if *x != 0.0 && !(1e-3..1e6).contains(&x.abs()) => format!("{x:.4e}"),
        x => {
            let text = format!("{x:.6}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    html! {
        details {
            summary { "The numbers" }
            dl {
                @for column in &table.columns {
                    div { dt { code { (column.name) } } dd { (column.meaning) } }
                }
            }
            div.scroll {
                table {
                    thead { tr { @for column in &table.columns { th { (column.name) } } } }
                    tbody {
                        @for row in &table.rows {
                            tr { @for x in row { td { (written(x)) } } }
                        }
                    }
                }
            }
        }
    }
}
