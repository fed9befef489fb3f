//! One page that shows a whole check: it opens offline, without a script, on paper and on a phone.

mod document;
mod excerpt;
mod exhibit;
mod formula;
mod methods;
mod section;
mod summary;

pub use excerpt::excerpt;
pub use exhibit::Exhibits;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::drawing::{DrawingError, dark_style, light_style, panels};
use crate::demo::Demo;
use crate::figure::Figure;
use crate::record::Record;
use crate::theorem::{Catalogue, document as shared_document};

const STYLE: &str = include_str!("style.css");

/// Documents that the proofs refer to.
const SHARED: [(&str, &str); 3] = [
    ("README", "Notation, and how a theorem is checked"),
    ("local-to-global", "From one step to a fixed time"),
    ("series", "Exact series"),
];

/// The page that shows `records`, with statements and proofs from `catalogue`, and `exhibits`.
///
/// # Errors
/// [`DrawingError`] if a figure cannot be drawn.
pub fn page(
    records: &[Record],
    catalogue: &Catalogue,
    exhibits: &Exhibits,
) -> Result<String, DrawingError> {
    let mut ids: Vec<&str> = Vec::new();
    for record in records {
        if !ids.contains(&record.theorem.as_str()) {
            ids.push(&record.theorem);
        }
    }
    let shared = shared(&ids, catalogue);
    let within: Vec<&str> =
        ids.iter().copied().chain(shared.iter().map(|(name, _)| *name)).collect();
    let sections = ids.iter().map(|id| {
        let own: Vec<&Record> = records.iter().filter(|record| record.theorem == *id).collect();
        section::theorem(id, &own, catalogue.theorem(id), &within)
    });
    let sections: Vec<Markup> = sections.collect::<Result<_, _>>()?;
    let listed = exhibit::contents(exhibits);
    let exhibits = exhibit::sections(exhibits)?;
    let content = html! {
        header { (summary::head(records)) }
        nav aria-labelledby="contents" {
            (summary::contents(&ids, records, catalogue))
            (listed)
        }
        main {
            (summary::reading())
            (methods::glance(&ids, records, catalogue))
            (exhibits)
            @for section in &sections { (section) }
            @for (name, title) in &shared { (appendix(name, title, &within)) }
        }
    };
    Ok(whole("shadowflow: checked theorems", &content))
}

/// A demonstration as a page of its own.
///
/// # Errors
/// [`DrawingError`] if its figure cannot be drawn.
pub fn demo_page(demo: &Demo) -> Result<String, DrawingError> {
    let shown = exhibit::demonstration(demo)?;
    let bars = exhibit::bars(std::slice::from_ref(demo));
    Ok(whole(&format!("shadowflow: {}", demo.title), &html! { main { (bars) (shown) } }))
}

/// The shared documents that those of these theorems refer to, and those that these refer to.
fn shared(ids: &[&str], catalogue: &Catalogue) -> Vec<(&'static str, &'static str)> {
    let own = ids.iter().filter_map(|id| catalogue.theorem(id)?.document());
    let mut texts: Vec<&str> = own.collect();
    let mut found = [false; SHARED.len()];
    let mut next = 0;
    while let Some(text) = texts.get(next).copied() {
        next += 1;
        for ((name, _), found) in SHARED.iter().zip(&mut found) {
            if !*found && text.contains(&format!("({name}.md")) {
                *found = true;
                texts.extend(shared_document(name));
            }
        }
    }
    SHARED.into_iter().zip(found).filter_map(|(entry, found)| found.then_some(entry)).collect()
}

/// A page of its own around some content.
fn whole(title: &str, content: &Markup) -> String {
    let dark = dark_style();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style {
                    (PreEscaped(STYLE))
                    (PreEscaped(light_style()))
                    (PreEscaped(format!("@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n")))
                }
            }
            body { (content) }
        }
    }
    .into_string()
}

/// A figure: its panels, which wrap on narrow screens, and its caption.
fn figure(figure: &Figure) -> Result<Markup, DrawingError> {
    let drawn = panels(figure)?;
    Ok(html! {
        figure id=(figure_anchor(figure)) {
            div.panels { @for panel in &drawn { div { (PreEscaped(panel)) } } }
            figcaption { (figure.caption) }
        }
    })
}

/// Apart from the names of theorems, some of which are those of demonstrations.
fn figure_anchor(figure: &Figure) -> String {
    format!("figure-{}", figure.id)
}

fn appendix(name: &str, title: &str, within: &[&str]) -> Markup {
    let parts = shared_document(name).map(|text| document::parts(name, text, within));
    html! {
        section id=(name) {
            h2 { (title) }
            details {
                summary { "Read it" }
                @for part in parts.unwrap_or_default() {
                    h4 id=(part.anchor) { (part.title) }
                    (PreEscaped(part.html))
                }
            }
        }
    }
}
