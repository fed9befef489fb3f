//! What is written to files, and what is left as it was.

use std::fs;

use serde_json::Value;

use super::{assert_refused, shadowflow, status, stderr, stdout};

#[test]
fn an_output_file_is_written_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("verdicts.json");
    fs::write(&path, "what stood there before").expect("written");
    let file = path.display().to_string();
    let asked = ["check", "gradient-flow", "--loss", "quadratic", "--format", "json"];
    let output = shadowflow(&[&asked[..], &["--out", &file]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).starts_with("1 confirmed, 0 refuted, 0 inconclusive"));
    let parsed: Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("there")).expect("JSON");
    assert_eq!(parsed[0]["theorem"], "gradient-flow");
    assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 1, "nothing else is left");
}

#[test]
fn a_failure_leaves_the_file_that_was_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("trace.csv");
    fs::write(&path, "what stood there before").expect("written");
    let file = path.display().to_string();
    assert_refused(&["check", "repartition", "--loss", "mlp", "--out", &file], &["components"]);
    let diverging = ["trace", "gradient-flow", "--loss", "factorisation", "--step-size", "50"];
    let asked = [&diverging[..], &["--horizon", "5000", "--out", &file]].concat();
    assert_refused(&asked, &["not finite"]);
    assert_eq!(fs::read_to_string(&path).expect("there"), "what stood there before");
    assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 1, "nothing else is left");
}

#[test]
fn unwritable_output_is_refused_before_anything_is_computed() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = directory.path().display().to_string();
    let missing = format!("{place}/none/verdicts.json");
    assert_refused(&["check", "--out", &missing], &[&missing, "No such file"]);
    assert_refused(&["check", "--out", &place], &[&place, "directory"]);
    let sealed = directory.path().join("sealed.json");
    fs::write(&sealed, "sealed").expect("written");
    let mut permissions = fs::metadata(&sealed).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&sealed, permissions).expect("sealed");
    let sealed = sealed.display().to_string();
    assert_refused(&["check", "--out", &sealed], &[&sealed, "read-only"]);
    let trace = ["trace", "gradient-flow", "--loss", "quadratic", "--step-size", "0.1"];
    assert_refused(&[&trace[..], &["--out", &missing]].concat(), &[&missing]);
}

#[test]
fn a_loss_that_an_audit_names_can_be_checked() {
    let output = shadowflow(&["check", "gradient-flow", "--loss", "quadratic@12"]);
    assert_eq!(status(&output), 0);
    let wrong = shadowflow(&["check", "gradient-flow", "--loss", "quadratic@x"]);
    assert_eq!(status(&wrong), 2);
    assert_eq!(stderr(&wrong).lines().count(), 1);
}

#[test]
fn results_never_replace_the_table_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.csv");
    let rows: String = (0..12).map(|i| format!("{},{}\n", i, (i * 7) % 5)).collect();
    std::fs::write(&table, format!("x,y\n{rows}")).unwrap();
    let name = table.to_str().unwrap();
    let asked = ["check", "gradient-flow", "--data", name, "--target", "y", "--out", name];
    let output = shadowflow(&asked);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("--data"), "{}", stderr(&output));
    assert!(std::fs::read_to_string(&table).unwrap().starts_with("x,y"));
}
