//! Checks on a table of the reader's own.

use std::fs;
use std::path::Path;

use super::{assert_refused, rows};

fn table(directory: &Path, text: &str) -> String {
    let path = directory.join("table.csv");
    fs::write(&path, text).expect("the directory can be written");
    path.display().to_string()
}

#[test]
fn tables_that_cannot_be_used_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let cases: [(&str, &[&str]); 7] = [
        ("", &["empty"]),
        ("x,y\n", &["no row"]),
        ("x,y\n1,2\n3\n", &["line 3", "1", "2 columns"]),
        ("x,y\n1,2\n3,four\n", &["line 3", "column 'y'", "'four'"]),
        ("x,y\n1,nan\n3,4\n", &["line 2", "column 'y'", "'nan'"]),
        ("x,y\n7,2\n7,4\n", &["column 'x'", "7"]),
        ("x,z\n1,2\n3,4\n", &["'y'", "columns: x, z"]),
    ];
    for (text, parts) in cases {
        let file = table(directory.path(), text);
        assert_refused(&["check", "--loss", "linear", "--data", &file, "--target", "y"], parts);
    }
    let gone = directory.path().join("none.csv").display().to_string();
    assert_refused(&["check", "--data", &gone, "--target", "y"], &[&gone, "CSV"]);
}

#[test]
fn data_and_target_need_each_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = table(directory.path(), "height,width\n1,2\n3,4\n");
    assert_refused(&["check", "--data", &file], &[&file, "--target", "height, width"]);
    assert_refused(&["check", "--target", "width"], &["width", "--data"]);
}

#[test]
fn a_table_for_a_loss_without_one_is_refused() {
    let iris = concat!(env!("CARGO_MANIFEST_DIR"), "/data/iris.csv");
    let asked = ["check", "--loss", "quadratic", "--data", iris, "--target", "species"];
    assert_refused(&asked, &["'quadratic'", "linear, logistic and mlp"]);
    let asked = ["check", "--loss", "logistic", "--data", iris, "--target", "petal_width"];
    assert_refused(&asked, &["exactly 2"]);
}

#[test]
fn a_table_is_checked_on_the_losses_that_use_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut text = String::from("x,z,y\n");
    for i in 0..12 {
        text += &format!("{},{},{}\n", f64::from(i).sin(), f64::from(i * i % 7), i % 2);
    }
    let file = table(directory.path(), &text);
    let asked = ["check", "gradient-flow", "--data", &file, "--target", "y", "--format", "json"];
    let found = rows(&asked);
    let losses: Vec<&str> = found.iter().filter_map(|row| row["loss"].as_str()).collect();
    assert_eq!(losses, ["linear", "logistic", "mlp"]);
    assert!(found.iter().all(|row| row["verdict"] == "confirmed"));

    let iris = concat!(env!("CARGO_MANIFEST_DIR"), "/data/iris.csv");
    let asked =
        ["check", "gradient-flow", "--data", iris, "--target", "petal_width", "--format", "json"];
    assert_eq!(rows(&asked).len(), 2, "a target of many values is not for logistic regression");
}
