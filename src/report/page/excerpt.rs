//! A part of the page, for a page that is somebody else's: a notebook's.

use maud::{PreEscaped, html};

use super::super::drawing::{DrawingError, dark_style, light_style};
use super::{STYLE, section};
use crate::record::Record;
use crate::theorem::Theorem;

/// The section of the page that shows `record`, with the statement and the proof of its `theorem`, as an element of its
/// own: its style ends where it does.
///
/// # Errors
/// [`DrawingError`] if a figure cannot be drawn.
pub fn excerpt(record: &Record, theorem: Option<&Theorem>) -> Result<String, DrawingError> {
    let id = record.theorem.as_str();
    let shown = section::theorem(id, &[record], theorem, &[id])?;
    let dark = format!("@media screen and (prefers-color-scheme: dark) {{\n{}}}\n", dark_style());
    // What is said there of the whole page is said here of the element.
    let style = [STYLE, light_style().as_str(), &dark].concat().replace(":root", ":scope");
    Ok(html! {
        div.shadowflow {
            style {
                (PreEscaped(format!("@scope (.shadowflow) {{\n{style}:scope {{ {OWN} }}\n}}\n")))
            }
            (shown)
        }
    }
    .into_string())
}

/// What `html` and `body` have on a page.
const OWN: &str = "background: var(--paper); color: var(--ink); padding: 0 16px 16px; \
                   font: 16px/1.5 system-ui, -apple-system, sans-serif; overflow-wrap: break-word;";

#[cfg(test)]
mod tests {
    use super::excerpt;
    use crate::record::Record;

    #[test]
    fn an_excerpt_shows_its_record_and_styles_nothing_else() {
        let text = include_str!("../../../tests/shown/report/result.json");
        let records: Vec<Record> = serde_json::from_str(text).unwrap_or_default();
        let shown = excerpt(&records[0], None).unwrap_or_default();
        assert!(shown.starts_with("<div class=\"shadowflow\">"), "{}", &shown[..60]);
        assert!(shown.contains(&format!("<h2>{}</h2>", records[0].theorem)));
        assert!(shown.contains(records[0].verdict.name()) && shown.contains("<svg"));
        let style = shown.split("</style>").next().unwrap_or_default();
        assert!(style.contains("@scope (.shadowflow) {") && !style.contains(":root"), "{style}");
        assert_eq!(style.matches('{').count(), style.matches('}').count());
    }
}
