//! Proof documents as parts of a page.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::formula::formula;

/// What stands under one heading of the second level.
pub(super) struct Part {
    /// The heading.
    pub(super) title: String,
    /// The place in the page that links to the heading lead to.
    pub(super) anchor: String,
    /// What follows it.
    pub(super) html: String,
}

/// The parts of the document `name`, written in Markdown with formulas in LaTeX.
///
/// Links between documents lead to the places `within` the page; others become plain text, as the
/// page leads nowhere else.
pub(super) fn parts(name: &str, markdown: &str, within: &[&str]) -> Vec<Part> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
    let mut parts: Vec<Part> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    let mut heading: Option<(HeadingLevel, String)> = None;
    let mut linked = false;
    let close = |parts: &mut Vec<Part>, events: &mut Vec<Event>| {
        let written = events.drain(..);
        if let Some(part) = parts.last_mut() {
            html::push_html(&mut part.html, written);
        }
    };
    for event in Parser::new_ext(markdown, options) {
        if let Some((level, text)) = &mut heading {
            match &event {
                Event::Text(more) | Event::Code(more) => text.push_str(more),
                Event::InlineMath(latex) => text.push_str(latex),
                Event::End(TagEnd::Heading(_)) => {
                    let (level, title) = (*level, std::mem::take(text));
                    let anchor = anchor(name, Some(&title));
                    heading = None;
                    match level {
                        HeadingLevel::H1 => {}
                        HeadingLevel::H2 => {
                            close(&mut parts, &mut events);
                            parts.push(Part { title, anchor, html: String::new() });
                        }
                        _ => {
                            let title = escaped(&title);
                            let line = format!("<h5 id=\"{anchor}\">{title}</h5>\n");
                            events.push(Event::Html(line.into()));
                        }
                    }
                }
                _ => {}
            }
            continue;
        }
        match event {
            Event::Start(Tag::Heading { level, .. }) => heading = Some((level, String::new())),
            Event::InlineMath(latex) => {
                events.push(Event::InlineHtml(formula(&latex, false).into()));
            }
            Event::DisplayMath(latex) => {
                events.push(Event::InlineHtml(formula(&latex, true).into()));
            }
            Event::Start(Tag::Link { dest_url, link_type, title, id }) => {
                linked = inner(&dest_url, within).is_some();
                if let Some(place) = inner(&dest_url, within) {
                    let dest_url = format!("#{place}").into();
                    events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
            }
            Event::End(TagEnd::Link) if !linked => {}
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Start(Tag::Table(columns)) => {
                events.push(Event::Html("<div class=\"scroll\">".into()));
                events.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>\n".into()));
            }
            // A document is text and formulas; whatever else it holds is shown, not obeyed.
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            other => events.push(other),
        }
    }
    close(&mut parts, &mut events);
    parts
}

/// The place in the page that a link to a document leads to, if that document is in the page.
fn inner(destination: &str, within: &[&str]) -> Option<String> {
    let (file, heading) = match destination.split_once('#') {
        Some((file, heading)) => (file, Some(heading)),
        None => (destination, None),
    };
    let name = file.strip_suffix(".md").filter(|name| within.contains(name))?;
    Some(match heading {
        Some(heading) => format!("{name}--{heading}"),
        None => name.to_owned(),
    })
}

/// The place of a heading: as on GitHub, after the name of its document.
fn anchor(name: &str, title: Option<&str>) -> String {
    let Some(title) = title else { return name.to_owned() };
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
    format!("{name}--{}", slug.to_lowercase())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# name\n\n## Statement\n\n$a < b$ and [there](other.md#some-part), \
                        [away](https://example.org)\n\n### Sub *part*\n\n<b>x</b>\n\n## Proof\n\n$$x^2$$\n";

    #[test]
    fn a_document_falls_into_its_parts() {
        let parts = parts("name", TEXT, &["other"]);
        let titles: Vec<&str> = parts.iter().map(|part| &*part.title).collect();
        assert_eq!(titles, ["Statement", "Proof"]);
        assert_eq!(parts[0].anchor, "name--statement");
        assert!(parts[0].html.contains("<math") && parts[1].html.contains("display=\"block\""));
        assert!(parts[0].html.contains("<h5 id=\"name--sub-part\">Sub part</h5>"));
        assert!(parts[0].html.contains("&lt;b&gt;"), "{}", parts[0].html);
    }

    #[test]
    fn links_stay_in_the_page() {
        let parts_with = parts("name", TEXT, &["other"]);
        assert!(parts_with[0].html.contains("<a href=\"#other--some-part\">there</a>"));
        assert!(parts_with[0].html.contains("away") && !parts_with[0].html.contains("http"));
        let without = parts("name", TEXT, &[]);
        assert!(without[0].html.contains("there") && !without[0].html.contains("<a"));
    }
}
