//! Text in a drawing: how wide it will be, and how it is written.

/// About how far a letter advances in sans-serif fonts, in units of the font's size.
///
/// A drawing does not know the reader's font; this is as wide as the wider ones (DejaVu, Verdana), so
/// that what fits here fits there.
fn advance(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' | '!' | 'I' | '.' | ',' | ':' | ';' => 0.32,
        ' ' | '(' | ')' | '[' | ']' | '/' | '-' | 'r' | 'f' | 't' | '·' => 0.41,
        'm' | 'M' | 'w' | 'W' | '—' | '→' | '%' => 0.97,
        '⁰'..='₉' | '¹' | '²' | '³' => 0.42,
        '\u{300}'..='\u{36F}' => 0.0,
        'A'..='Z' | '∇' | 'Σ' | '=' | '×' | '±' | '−' => 0.80,
        _ => 0.63,
    }
}

/// The width of `text` at this font size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// Lines of at most `most` pixels, broken at spaces; a longer word stays whole.
pub(super) fn wrapped(text: &str, size: f64, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(word, size) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// 10⁻³.
pub(super) fn power_of_ten(exponent: i32) -> String {
    let raised = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    };
    format!("10{}", exponent.to_string().chars().map(raised).collect::<String>())
}

/// `text` between tags and in attributes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
