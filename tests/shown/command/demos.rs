//! `demo` as a person uses it.

use std::fs;

use serde_json::Value;

use super::{assert_refused, shadowflow, status, stderr, stdout};

#[test]
fn an_unknown_demonstration_suggests_the_nearest() {
    assert_refused(&["demo", "two-minma"], &["'two-minma'", "did you mean 'two-minima'"]);
    assert_refused(&["demo", "landscape"], &["'landscape'", "valley"]);
    assert_refused(&["demo"], &["NAME"]);
}

#[test]
fn bad_values_are_refused_before_anything_runs() {
    assert_refused(&["demo", "valley", "--seed", "-1"], &["'-1'", "whole number"]);
    assert_refused(&["demo", "valley", "--format", "yaml"], &["'yaml'", "table, json, csv"]);
    assert_refused(&["demo", "valley", "--out", "valley.png"], &["'valley.png'", ".svg", ".html"]);
    assert_refused(&["demo", "valley", "--out", "valley"], &["'valley'", ".svg"]);
    assert_refused(&["demo", "valley", "--out", "no/such/place.svg"], &["'no/such/place.svg'"]);
}

#[test]
fn findings_are_printed_within_a_hundred_columns() {
    let output = shadowflow(&["demo", "backward-error"]);
    let said = stdout(&output);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    for part in ["arXiv 2009.11162", "expected", "as expected", "Seed 1"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
}

#[test]
fn numbers_come_as_csv_and_json() {
    let csv = stdout(&shadowflow(&["demo", "shuffle-cloud", "--format", "csv"]));
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let json = stdout(&shadowflow(&["demo", "shuffle-cloud", "--format", "json"]));
    let found: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(found["schema"], 2);
    assert_eq!(found["demo"], "shuffle-cloud");
    assert_eq!(found["findings"][0]["agreement"], "agrees");
    let columns = found["columns"].as_array().expect("columns");
    assert_eq!(columns.len(), header.len());
    for (column, name) in columns.iter().zip(&header) {
        assert_eq!(column["name"], name);
    }
    for (row, object) in rows.iter().zip(found["rows"].as_array().expect("rows")) {
        for (cell, number) in row.iter().zip(object.as_array().expect("a row")) {
            let (cell, number) =
                (cell.parse::<f64>().expect("a number"), number.as_f64().expect("a number"));
            // The reader of JSON rounds the last digit.
            assert!((cell - number).abs() <= 1e-15 * number.abs(), "{cell}, {number}");
        }
    }
}

#[test]
fn the_end_of_the_name_says_what_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    for (file, begins) in
        [("cloud.svg", "<svg"), ("cloud.csv", "step_size,"), ("cloud.json", "{\"schema\":2")]
    {
        let path = directory.path().join(file);
        let written = shadowflow(&["demo", "shuffle-cloud", "--out", &path.to_string_lossy()]);
        assert_eq!(status(&written), 0, "{}", stderr(&written));
        assert!(stdout(&written).contains("as expected"));
        let text = fs::read_to_string(&path).expect("it was written");
        assert!(text.starts_with(begins), "{file}: {}", &text[..80]);
    }
}

#[test]
fn list_names_the_demonstrations() {
    let said = stdout(&shadowflow(&["list"]));
    assert!(said.contains("Demonstrations\n") && said.contains("noise-hopping"), "{said}");
}
