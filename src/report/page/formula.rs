//! LaTeX as MathML.

use pulldown_latex::config::DisplayMode;
use pulldown_latex::event::Event;
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};

/// The formula as MathML, on a line of its own if `display`; as its source where it cannot be read,
/// never as an error amid the text.
pub(super) fn formula(latex: &str, display: bool) -> String {
    let (body, tag) = tagged(latex);
    let written = mathml(&body, display);
    let content = written.unwrap_or_else(|| {
        let escaped = latex.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!("<code class=\"formula\">{escaped}</code>")
    });
    if !display {
        return content;
    }
    let number = tag.map_or_else(String::new, |tag| format!("<span class=\"tag\">({tag})</span>"));
    format!("<span class=\"display\">{content}{number}</span>")
}

/// `None` if the formula is not LaTeX that can be read.
fn mathml(latex: &str, display: bool) -> Option<String> {
    let storage = Storage::new();
    let events: Vec<Event> = Parser::new(latex, &storage).collect::<Result<_, _>>().ok()?;
    let display_mode = if display { DisplayMode::Block } else { DisplayMode::Inline };
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    let mut text = String::new();
    let sound = events.into_iter().map(Ok::<_, std::convert::Infallible>);
    push_mathml(&mut text, sound, config).ok()?;
    Some(well_formed(&text))
}

/// What the renderer writes without a blank between attributes, or with a bare sign of comparison, as XML has it;
/// without what says what is so anyway.
fn well_formed(mathml: &str) -> String {
    mathml
        .replace("\"minsize", "\" minsize")
        .replace("><</mo>", ">&lt;</mo>")
        .replace(">></mo>", ">&gt;</mo>")
        .replace("<math display=\"inline\">", "<math>")
        .replace(" symmetric=\"false\" stretchy=\"false\"", " stretchy=\"false\"")
}

/// A formula without its number, and the number.
fn tagged(latex: &str) -> (String, Option<&str>) {
    let found = latex.split_once("\\tag{").and_then(|(before, rest)| {
        let (tag, after) = rest.split_once('}')?;
        Some((format!("{before}{after}"), Some(tag)))
    });
    found.unwrap_or_else(|| (latex.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::formula;

    #[test]
    fn formulas_are_mathml() {
        let text = formula("\\tilde C = C + \\frac\\varepsilon4\\lVert g\\rVert^2", false);
        assert!(text.starts_with("<math") && text.ends_with("</math>"), "{text}");
        assert!(text.contains("<mfrac>"), "{text}");
    }

    #[test]
    fn mathml_is_well_formed() {
        let text = formula("\\Big(\\sum_{a \\lt b} c \\gt 0\\Big)", true);
        assert!(text.contains("<mo>&lt;</mo>") && text.contains("<mo>&gt;</mo>"), "{text}");
        assert!(text.contains("\" minsize") && !text.contains("\"minsize"), "{text}");
    }

    #[test]
    fn numbers_of_formulas_stand_beside_them() {
        let text = formula("a = b \\tag{1}", true);
        assert!(text.contains("display=\"block\"") && text.contains(">(1)<"), "{text}");
        assert!(!text.contains("tag{"), "{text}");
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_it_is() {
        let text = formula("\\frac{1", false);
        assert_eq!(text, "<code class=\"formula\">\\frac{1</code>");
    }
}
