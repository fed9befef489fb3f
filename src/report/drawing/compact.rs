//! The library's document with what says nothing left out, and what several elements share said once.

use super::canvas::BROKEN;

/// The elements that the library writes, with the attributes of their places.
const PLACES: [(&str, &[&str]); 4] = [
    ("polyline", &["points"]),
    ("polygon", &["points"]),
    ("circle", &["cx", "cy", "r"]),
    ("text", &["x", "y"]),
];

/// One element: its tag, where it is, how it looks, and what stands in it.
struct Element<'a> {
    tag: &'static str,
    place: String,
    look: String,
    content: &'a str,
}

/// The content of the library's document.
pub(super) fn compact(document: &str) -> String {
    let from = document.find('>').map_or(0, |end| end + 1);
    let body = document[from..].trim_end().trim_end_matches("</svg>");
    let lines: String = body.lines().collect();
    let Some(elements) = elements(&lines) else { return lines };
    let mut out = String::with_capacity(lines.len() / 2);
    for run in elements.chunk_by(|a, b| a.tag == b.tag && a.look == b.look) {
        let first = &run[0];
        let (tag, look) = (first.tag, &first.look);
        match tag {
            // Lines of one kind are one line, taken off the paper in between.
            "polyline" => {
                let strokes: String = run.iter().map(|line| stroke(&line.place)).collect();
                out += &format!("<path{look} d=\"{strokes}\"/>");
            }
            _ if run.len() > 1 => {
                let inside: String = run.iter().map(|e| written(e, "")).collect();
                out += &format!("<g{look}>{inside}</g>");
            }
            _ => out += &written(first, look),
        }
    }
    out
}

fn written(element: &Element<'_>, look: &str) -> String {
    let Element { tag, place, content, .. } = element;
    match *tag {
        "text" => format!("<text{place}{look}>{content}</text>"),
        tag => format!("<{tag}{place}{look}/>"),
    }
}

/// ` points="10,2 13,4 13,9 "` as "M10,2l3,2v5": where it begins, then the way from point to point.
fn stroke(place: &str) -> String {
    let points = place.trim_start_matches(" points=\"").trim_end_matches('"').trim();
    let known: Option<Vec<[i64; 2]>> = points.split(' ').map(whole).collect();
    let Some(known) = known else { return format!("M{}", points.replace(' ', "L")) };
    let mut way = String::new();
    let mut last = 'M';
    let mut go = |letter: char, numbers: &[i64]| {
        if letter != last || letter == 'M' {
            way.push(letter);
        }
        for (at, &number) in numbers.iter().enumerate() {
            // A sign parts two numbers as well as a comma does.
            if (at > 0 || letter == last && letter != 'M') && number >= 0 {
                way.push(',');
            }
            way += &number.to_string();
        }
        last = letter;
    };
    go('M', &known.first().copied().unwrap_or_default());
    for pair in known.windows(2) {
        match [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]] {
            [0, 0] => {}
            [0, down] => go('v', &[down]),
            [right, 0] => go('h', &[right]),
            both => go('l', &both),
        }
    }
    way
}

/// "1,2" as whole numbers.
fn whole(point: &str) -> Option<[i64; 2]> {
    let (x, y) = point.split_once(',')?;
    Some([x.parse().ok()?, y.parse().ok()?])
}

/// The elements of a document that has no others; `None` if it has.
fn elements(document: &str) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    let mut rest = document;
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start().strip_prefix('<')?;
        let (tag, places) =
            PLACES.into_iter().find(|(tag, _)| rest.starts_with(&format!("{tag} ")))?;
        let (attributes, after) = rest[tag.len()..].split_once('>')?;
        let (content, after) = match attributes.ends_with('/') {
            true => ("", after),
            false => after.split_once(&format!("</{tag}>"))?,
        };
        let (mut place, mut look) = (String::new(), String::new());
        let mut left = attributes.trim_end_matches('/').trim();
        while !left.is_empty() {
            let (name, after) = left.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            left = after.trim_start();
            let name = name.trim();
            let says_nothing =
                matches!((name, value), ("opacity", "1") | ("font-family" | "dy", _))
                    || matches!((name, value), ("text-anchor", "start") | ("stroke", "none"));
            if places.contains(&name) {
                place += &format!(" {name}=\"{}\"", value.trim());
            } else if name == "font-size" {
                look += &format!(" font-size=\"{}\"", rounded(value));
            } else if !says_nothing {
                look += &format!(" {name}=\"{value}\"");
            }
            if name == "stroke-width" && value == BROKEN.to_string() {
                look += " stroke-dasharray=\"60 35\"";
            }
        }
        if !look.contains(" stroke=\"") {
            look = look.replace(" stroke-width=\"1\"", "");
        }
        if tag == "text" {
            place = lowered(&place, &look)?;
        }
        found.push(Element { tag, place, look, content: content.trim() });
        rest = after;
    }
    Some(found)
}

/// The height of half a small letter in parts of the size of the type: texts stand with their middle at their point.
const HALF_A_LETTER: f64 = 0.26;

/// The place of a text with its base line below the point that is its middle.
fn lowered(place: &str, look: &str) -> Option<String> {
    let (before, height) = place.split_once(" y=\"")?;
    let (height, after) = height.split_once('"')?;
    let (_, size) = look.split_once("font-size=\"")?;
    let size: f64 = size.split('"').next()?.parse().ok()?;
    let height = height.parse::<f64>().ok()? + (HALF_A_LETTER * size).round();
    Some(format!("{before} y=\"{height}\"{after}"))
}

/// A number to a tenth.
fn rounded(value: &str) -> String {
    value
        .parse::<f64>()
        .map_or_else(|_| value.to_owned(), |size| ((size * 10.0).round() / 10.0).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "<svg width=\"9\" height=\"9\">\n\
        <polyline fill=\"none\" opacity=\"1\" stroke=\"#111111\" stroke-width=\"8\" points=\"1,2 3,4 \"/>\n\
        <polyline fill=\"none\" opacity=\"1\" stroke=\"#111111\" stroke-width=\"8\" points=\"5,6 7,8 \"/>\n\
        <polyline fill=\"none\" opacity=\"1\" stroke=\"#111111\" stroke-width=\"17\" points=\"5,6 7,8 \"/>\n\
        <polygon opacity=\"1\" fill=\"#009E73\" points=\"1,2 3,4 7,4 \"/>\n\
        <circle cx=\"1\" cy=\"2\" r=\"3\" opacity=\"1\" fill=\"#222222\" stroke=\"none\" stroke-width=\"1\"/>\n\
        <text x=\"1\" y=\"2\" dy=\"0.5ex\" text-anchor=\"end\" font-family=\"sans-serif\" font-size=\"12.34\" opacity=\"1\" fill=\"#333333\">\n\
        a &lt; b\n</text>\n\
        <text x=\"3\" y=\"4\" dy=\"0.5ex\" text-anchor=\"end\" font-family=\"sans-serif\" font-size=\"12.34\" opacity=\"1\" fill=\"#333333\">\n\
        c\n</text>\n</svg>\n";

    #[test]
    fn what_elements_share_is_said_once() {
        let wanted = "<path fill=\"none\" stroke=\"#111111\" stroke-width=\"8\" d=\"M1,2l2,2M5,6l2,2\"/>\
            <path fill=\"none\" stroke=\"#111111\" stroke-width=\"17\" stroke-dasharray=\"60 35\" d=\"M5,6l2,2\"/>\
            <polygon points=\"1,2 3,4 7,4\" fill=\"#009E73\"/>\
            <circle cx=\"1\" cy=\"2\" r=\"3\" fill=\"#222222\"/>\
            <g text-anchor=\"end\" font-size=\"12.3\" fill=\"#333333\"><text x=\"1\" y=\"5\">a &lt; b</text>\
            <text x=\"3\" y=\"7\">c</text></g>";
        assert_eq!(compact(DOCUMENT), wanted);
    }

    #[test]
    fn a_line_is_the_way_from_point_to_point() {
        let way = |points: &str| stroke(&format!(" points=\"{points} \""));
        assert_eq!(way("10,2 13,4 13,9 13,7 20,7 18,7"), "M10,2l3,2v5-2h7-2");
        assert_eq!(way("10,2 13,4 15,4 17,3 16,5 16,5 15,9"), "M10,2l3,2h2l2-1-1,2-1,4");
        assert_eq!(way("5,5"), "M5,5");
        assert_eq!(way("0.5,1 2,3"), "M0.5,1L2,3");
    }

    #[test]
    fn a_document_with_other_elements_is_left_as_it_is() {
        assert_eq!(compact("<svg>\n<rect x=\"1\"/>\n</svg>"), "<rect x=\"1\"/>");
    }
}
