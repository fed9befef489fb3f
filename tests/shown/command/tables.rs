//! Checks on a table of the reader's own.

use std::fs;
use std::path::Path;

use super::{assert_refused, rows, shadowflow, status, stderr};

fn table(directory: &Path, text: &str) -> String {
    let path = directory.join("table.csv");
    fs::write(&path, text).expect("the directory can be written");
    path.display().to_string()
}

#[test]
fn tables_that_cannot_be_used_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let cases: [(&str, &[&str]); 9] = [
        ("", &["empty"]),
        ("x,y\n", &["no row"]),
        ("x,y\n1,2\n3\n", &["line 3", "1", "2 columns"]),
        ("x,y\n1,2\n3,four\n", &["line 3", "column 'y'", "'four'"]),
        ("x,y\n1,nan\n3,4\n", &["line 2", "column 'y'", "'nan'"]),
        ("x,y\n7,2\n7,4\n", &["column 'x'", "7"]),
        ("width,length\n1,2\n3,4\n", &["'y'", "columns are width, length"]),
        ("x,y\n1,2\n", &["only one row"]),
        ("x,y\n1,3\n2,3\n", &["target 'y'", "3.0 in every row"]),
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

#[test]
fn how_a_table_is_read_and_weighed_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let rows: String = (0..10).map(|i| format!("{};{}\n", i, (i * 7) % 5)).collect();
    let file = table(directory.path(), &format!("# from a sensor\nx;y\n{rows}"));
    let asked = ["check", "gradient-flow", "--loss", "linear", "--data", &file, "--target", "y"];
    let output = shadowflow(&asked);
    let said = stderr(&output);
    assert_eq!(status(&output), 0, "{said}");
    let notes: Vec<&str> = said.lines().collect();
    assert_eq!(notes.len(), 3, "{said}");
    assert!(notes[0].contains("semicolons") && notes[1].contains("1 line"), "{said}");
    assert!(notes[2].starts_with("note: 10 rows in 3 minibatches"), "{said}");
    assert!(notes[2].contains("weighs 3/10"), "{said}");
    assert_eq!(stderr(&shadowflow(&[&asked[..], &["--batches", "5"]].concat())).lines().count(), 2);
}

#[test]
fn a_class_that_is_not_among_the_rows_used_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let refuse = |odd: [usize; 2], values: [f64; 2], parts: &[&str]| {
        let class = |i: usize| match odd.iter().position(|&at| at == i) {
            Some(at) => values[at],
            None => 0.0,
        };
        let rows: String = (0..3000).map(|i| format!("{},{}\n", i % 17, class(i))).collect();
        let file = table(directory.path(), &format!("x,y\n{rows}"));
        let asked =
            ["check", "gradient-flow", "--loss", "logistic", "--data", &file, "--target", "y"];
        assert_refused(&asked, parts);
    };
    refuse([1, 2], [1.0, 1.0], &["2 distinct values", "30 rows used of 3000", "only one"]);
    refuse([100, 1], [1.0, 2.0], &["exactly 2 distinct values", "has 3"]);
    // Of a small table all rows are used, and that is said.
    let rows: String = (0..300).map(|i| format!("{},{}\n", i % 17, u8::from(i == 1))).collect();
    let file = table(directory.path(), &format!("x,y\n{rows}"));
    let asked = ["check", "gradient-flow", "--loss", "logistic", "--data", &file, "--target", "y"];
    let said = stderr(&shadowflow(&asked));
    assert!(said.contains("logistic uses all 300 rows: the 30 that"), "{said}");
    assert!(!said.contains("30 of 300 rows are used"), "{said}");
}
