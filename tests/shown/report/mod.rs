//! The page: what it says of a fixed result, that nothing in it leads outside, and that its figures
//! show the result's numbers.
#![allow(clippy::expect_used, clippy::unwrap_used)] // in tests a broken expectation should fail loudly
#![allow(clippy::float_cmp)] // a figure shows the very numbers of the result

mod figures;

use std::path::Path;

use shadowflow::prelude::*;
use shadowflow::record::{Record, json, read_results};
use shadowflow::report::{Exhibits, page};

/// A statement with a formula, and every kind of section.
const DOCUMENT: &str = "# small\n\n## Statement\n\nThe mean tracks\n\n$$w' = -\\nabla C(w) \\tag{1}$$\n\n\
     ## Hypotheses\n\n* $C$ is smooth.\n\n## Proof\n\nBy (1) and [elsewhere](https://example.org).\n";

fn results() -> Vec<Record> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shown/report/result.json");
    read_results(&file).expect("a result")
}

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::empty();
    let small = Theorem::new("small")
        .with_summary("a <small> theorem & more")
        .with_source("nobody, nowhere");
    catalogue.push(small.with_orders("one epoch 3, fixed time 2").with_document(DOCUMENT)).unwrap();
    catalogue
}

/// A page over every theorem of the catalogue, each with one record.
fn whole() -> String {
    let catalogue = Catalogue::standard();
    let record = results().remove(0);
    let records: Vec<Record> = (catalogue.theorems().iter())
        .map(|theorem| Record { theorem: theorem.id().to_owned(), ..record.clone() })
        .collect();
    let pictures = shadowflow::demo::pictures().expect("they can be computed");
    let exhibits = Exhibits { pictures: &pictures, ..Exhibits::default() };
    page(&records, &catalogue, &exhibits).expect("it can be drawn")
}

/// The text of a page as a reader sees it: a line for every element that has some.
fn text(page: &str) -> String {
    let body = page.split_once("<body>").expect("a body").1;
    let mut lines: Vec<String> = Vec::new();
    for piece in body.split('<') {
        let (tag, content) = piece.split_once('>').unwrap_or(("", piece));
        let content = content.trim();
        // The letters of one formula and the words of one label belong together.
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        let joins = name.starts_with('m') && name != "main"
            || ["strong", "em", "a", "code"].contains(&name);
        match lines.last_mut() {
            Some(line) if joins && !content.is_empty() => {
                line.push(' ');
                line.push_str(content);
            }
            _ if !content.is_empty() => lines.push(content.to_owned()),
            _ => {}
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_page_says_what_the_result_says() {
    let page = page(&results(), &catalogue(), &Exhibits::default()).expect("it can be drawn");
    let said = text(&page);
    // What it says now, to be read before it takes the place of page.txt.
    let now = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page.txt");
    std::fs::write(&now, &said).expect("written");
    let expected = include_str!("page.txt");
    for (at, (a, b)) in said.lines().zip(expected.lines()).enumerate() {
        assert_eq!(a, b, "line {} of {}", at + 1, now.display());
    }
    assert_eq!(said.lines().count(), expected.lines().count(), "{}", now.display());
}

#[test]
fn a_result_read_back_gives_the_identical_page() {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("single-order").expect("it is in the catalogue");
    let problem = preset("quadratic", None, None, 1).expect("it exists");
    let outcome = check(theorem, &problem, &Settings::default()).expect("it applies");
    let records = vec![Record::of(&outcome, Some("a machine".to_owned()))];
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("results.json");
    std::fs::write(&file, json(&records).expect("JSON")).expect("written");
    let read = read_results(&file).expect("a result");
    assert_eq!(read, records);
    let shown = |records| page(records, &catalogue, &Exhibits::default()).expect("it can be drawn");
    assert_eq!(shown(&read), shown(&records));
}

#[test]
fn every_theorem_has_its_statement_hypotheses_and_proof_in_the_page() {
    let page = whole();
    for theorem in Catalogue::standard().theorems() {
        let document = theorem.document().expect("a document");
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("proofs/{}.md", theorem.id()));
        assert_eq!(document, std::fs::read_to_string(file).expect("the document"));
        for heading in ["statement", "hypotheses", "proof", "where-it-fails"] {
            let anchor = format!("id=\"{}--{heading}\"", theorem.id());
            assert!(page.contains(&anchor), "{anchor}");
        }
    }
}

#[test]
fn every_formula_is_mathml() {
    let page = whole();
    assert!(page.matches("<math").count() > 1000);
    assert!(!page.contains("<merror"));
    assert!(!page.contains("class=\"formula\""), "a formula is shown as its source");
    let outside = text(&page);
    assert!(!outside.contains("$$") && !outside.contains("\\frac"));
}

#[test]
fn nothing_leads_out_of_the_page() {
    let page = whole();
    for tag in
        ["<script", "<link", "<iframe", "<img", "<object", "@import", "url(", " src=", "xmlns"]
    {
        assert!(!page.contains(tag), "{tag}");
    }
    for exhibit in ["#pictures", "#figure-two-minima-losses"] {
        assert!(page.contains(&format!("<a href=\"{exhibit}\"")), "no link to {exhibit}");
    }
    for target in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let id = target.strip_prefix('#').unwrap_or_else(|| panic!("{target} leads outside"));
        assert!(page.contains(&format!("id=\"{id}\"")), "there is no {target}");
    }
    let ids: Vec<&str> =
        page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "an id stands twice");
    assert!(page.len() < 3_000_000);
}

#[test]
fn a_theorem_that_is_not_in_the_catalogue_is_shown_by_its_numbers() {
    let page =
        page(&results(), &Catalogue::empty(), &Exhibits::default()).expect("it can be drawn");
    assert!(page.contains("unheard-of") && page.contains("small"));
    assert!(!page.contains("<math"));
}
