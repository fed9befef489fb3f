//! `report`: one page from a check or from an earlier result.

use std::fs;

use super::{assert_refused, shadowflow, status, stderr, stdout};

/// A directory with the JSON of a small check in it.
fn with_result() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("results.json").display().to_string();
    let asked = ["check", "gradient-flow", "random-reshuffling", "--loss", "quadratic"];
    let output = shadowflow(&[&asked[..], &["--format", "json", "--out", &file]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    (directory, file)
}

/// Numbers that differ from run to run.
fn without_times(page: &str) -> String {
    let cell = |part: &str| match part.split_once(" s</") {
        Some((seconds, rest)) if seconds.parse::<f64>().is_ok() => format!("– s</{rest}"),
        _ => part.to_owned(),
    };
    page.split('>').map(cell).collect::<Vec<_>>().join(">")
}

#[test]
fn a_check_and_its_result_give_one_page() {
    let (directory, results) = with_result();
    let page = |name: &str| directory.path().join(name).display().to_string();
    let (fresh, earlier) = (page("fresh.html"), page("earlier.html"));
    let asked = ["report", "gradient-flow", "random-reshuffling", "--loss", "quadratic"];
    let output = shadowflow(&[&asked[..], &["--out", &fresh]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let said = stdout(&output);
    assert!(said.starts_with(&format!("{fresh}: 2 confirmed, 0 refuted")), "{said}");
    assert_eq!(status(&shadowflow(&["report", "--from", &results, "--out", &earlier])), 0);
    let read = |file: &str| without_times(&fs::read_to_string(file).expect("a page"));
    assert_eq!(read(&fresh), read(&earlier));
    assert!(read(&fresh).contains("id=\"random-reshuffling\""));
}

#[test]
fn a_part_of_a_result_can_be_shown() {
    let (directory, results) = with_result();
    let page = directory.path().join("page.html").display().to_string();
    let part = ["report", "gradient-flow", "--from", &results, "--out", &page];
    assert_eq!(status(&shadowflow(&part)), 0);
    let text = fs::read_to_string(&page).expect("a page");
    assert!(text.contains("id=\"gradient-flow\"") && !text.contains("id=\"random-reshuffling\""));
    let other = ["report", "heun", "--from", &results, "--out", &page];
    assert_refused(&other, &["results.json", "'heun'", "gradient-flow, random-reshuffling"]);
    let other = ["report", "--loss", "mlp", "--from", &results, "--out", &page];
    assert_refused(&other, &["'mlp'", "quadratic"]);
    assert_eq!(fs::read_to_string(&page).expect("a page"), text, "the page is left as it was");
}

#[test]
fn the_exit_status_is_that_of_the_check() {
    let (directory, results) = with_result();
    let page = directory.path().join("page.html").display().to_string();
    let text = fs::read_to_string(&results).expect("there");
    for (verdict, expected) in [("refuted", 1), ("inconclusive", 3)] {
        let place = text.find("\"verdict\":\"confirmed\"").expect("a verdict");
        let (before, after) = text.split_at(place);
        let changed = after.replacen("confirmed", verdict, 1);
        fs::write(&results, format!("{before}{changed}")).expect("written");
        assert_eq!(status(&shadowflow(&["report", "--from", &results, "--out", &page])), expected);
    }
}

#[test]
fn a_file_that_is_no_result_is_refused_with_the_place() {
    let (directory, results) = with_result();
    let text = fs::read_to_string(&results).expect("there");
    let page = directory.path().join("page.html").display().to_string();
    let file = directory.path().join("wrong.json").display().to_string();
    let refuse = |content: &str, parts: &[&str]| {
        fs::write(&file, content).expect("written");
        let parts = [&["wrong.json"], parts].concat();
        assert_refused(&["report", "--from", &file, "--out", &page], &parts);
    };
    refuse("", &["line 1 column 0"]);
    refuse("time,step\n0,0\n", &["line 1 column"]);
    refuse("{\"schema\": 2}", &["expected a sequence", "line 1 column 0"]);
    refuse("[]", &["no result", "empty"]);
    refuse("[{\"theorem\": \"heun\"}]", &["missing field `schema`"]);
    refuse(&text[..text.len() / 2], &["line"]);
    refuse(&text.replacen("\"verdict\"", "\"verdikt\"", 1), &["missing field `verdict`", "line 2"]);
    refuse(&text.replacen("\"confirmed\"", "\"true\"", 1), &["`true`", "`refuted`", "line 2"]);
    refuse(&text.replacen("\"seed\":1", "\"seed\":-1", 1), &["-1", "line 2"]);
    let again = ["schema 1", "object 1", "reads schema 2", "run check --format json again"];
    refuse(&text.replacen("\"schema\":2", "\"schema\":1", 1), &again);
    refuse(&text.replacen("\"schema\":2", "\"schema\":\"2\"", 1), &["schema \"2\"", "object 1"]);
    let (one, _) = text[2..].split_once(",\n").expect("two objects");
    refuse(&format!("[{one},\n{one}]"), &["object 2, gradient-flow on quadratic", "before"]);
    let step = text.find("\"step_size\":").expect("a point") + "\"step_size\":".len();
    refuse(&format!("{}-{}", &text[..step], &text[step..]), &["legs[0].ladder[0].step_size is -"]);
    let error = text.find("\"error\":").expect("a point") + "\"error\":".len();
    refuse(&format!("{}-{}", &text[..error], &text[error..]), &["ladder[0].error is -", "norm"]);
    let legs = text.find("\"legs\":[").expect("legs") + "\"legs\":".len();
    let after = text.find(",\"missing\"").expect("the next key");
    refuse(&format!("{}[]{}", &text[..legs], &text[after..]), &["legs is empty", "object 1"]);
    let nowhere = format!("{file}.none");
    assert_refused(
        &["report", "--from", &nowhere, "--out", &page],
        &["wrong.json.none", "No such"],
    );
    fs::write(&file, [0xFF, 0xFE, 0x41]).expect("written");
    assert_refused(&["report", "--from", &file, "--out", &page], &["UTF-8"]);
    assert!(!directory.path().join("page.html").exists());
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_anything_is_checked() {
    let (directory, results) = with_result();
    let place = directory.path().display().to_string();
    assert_refused(&["report", "--out", &place], &["is a directory"]);
    assert_refused(&["report", "--out", &format!("{place}/none/page.html")], &["none/page.html"]);
    assert_refused(&["report", "--from", &results, "--out", &results], &["--from reads"]);
    assert_refused(&["report", "--out", &format!("{place}/page.svg")], &["page.svg", ".html"]);
    let table = format!("{}/data/iris.csv", env!("CARGO_MANIFEST_DIR"));
    let over = ["report", "--data", &table, "--target", "petal_width", "--out", &table];
    assert_refused(&over, &["--data reads"]);
}

#[test]
fn nothing_to_show_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let page = directory.path().join("page.html").display().to_string();
    let only = ["report", "repartition", "--loss", "factorisation", "--out", &page];
    assert_refused(&only, &["repartition", "factorisation", "4 or 6 components"]);
    assert_refused(&["report", "heunn", "--out", &page], &["'heunn'", "'heun'"]);
    assert_refused(&["report", "--from", "x.json", "--seed", "2"], &["--seed", "--from"]);
    assert!(!directory.path().join("page.html").exists());
}
