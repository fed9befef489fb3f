//! The command as a person uses it: what it prints, where, and the status it exits with.
#![allow(clippy::expect_used, clippy::unwrap_used)] // in tests a broken expectation should fail loudly

mod demos;
mod ladders;
mod report;
mod series;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn shadowflow(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shadowflow"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .output()
        .expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("no signal ended it")
}

/// Asserts status 2, nothing on stdout, and one line on stderr with every one of `parts`.
fn assert_refused(arguments: &[&str], parts: &[&str]) {
    let output = shadowflow(arguments);
    let said = stderr(&output);
    assert_eq!(status(&output), 2, "{arguments:?}: {said}");
    assert_eq!(stdout(&output), "", "{arguments:?}");
    assert!(said.starts_with("error: ") && said.ends_with('\n'), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "{arguments:?} does not say '{part}': {said}");
    }
}

fn rows(arguments: &[&str]) -> Vec<Value> {
    let output = shadowflow(arguments);
    let parsed: Value = serde_json::from_str(&stdout(&output)).expect("JSON on stdout");
    parsed.as_array().expect("an array").clone()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(|k| &**k).collect();
    keys.sort_unstable();
    keys
}

// Unknown names.

#[test]
fn unknown_theorem_suggests_the_nearest() {
    assert_refused(
        &["check", "random-reshufling"],
        &["'random-reshufling'", "'random-reshuffling'"],
    );
    assert_refused(
        &["trace", "gradientflow", "--loss", "quadratic", "--step-size", "0.1"],
        &["'gradientflow'", "did you mean 'gradient-flow'"],
    );
}

#[test]
fn unknown_loss_suggests_the_nearest() {
    let wrong = ["'quadratik'", "did you mean 'quadratic'"];
    assert_refused(&["check", "--loss", "quadratik"], &wrong);
    assert_refused(
        &["trace", "gradient-flow", "--loss", "quadratik", "--step-size", "0.1"],
        &wrong,
    );
}

#[test]
fn unknown_control_suggests_the_nearest() {
    assert_refused(
        &["check", "random-reshuffling", "--loss", "quadratic", "--sabotage", "omit bach penalty"],
        &["'omit bach penalty'", "did you mean 'omit batch penalty'", "wrong clock"],
    );
}

#[test]
fn unknown_words_are_one_line() {
    assert_refused(&["chek"], &["'chek'", "'check'"]);
    assert_refused(&["check", "--formt", "json"], &["'--formt'", "'--format'"]);
    assert_refused(&["check", "--format", "xml"], &["'xml'", "table, json"]);
    assert_refused(&["trace", "gradient-flow"], &["--loss", "--step-size"]);
}

#[test]
fn no_word_at_all_shows_the_help() {
    let output = shadowflow(&[]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("Usage"));
    assert_eq!(status(&shadowflow(&["--help"])), 0);
    assert_eq!(status(&shadowflow(&["--version"])), 0);
}

// Numbers.

#[test]
fn step_sizes_are_finite_and_above_zero() {
    for wrong in ["0", "-0.1", "nan", "inf", "-inf", "1e999", "small", ""] {
        assert_refused(
            &["trace", "gradient-flow", "--loss", "quadratic", "--step-size", wrong],
            &[&format!("'{wrong}'"), "--step-size", "above 0"],
        );
    }
}

#[test]
fn horizons_are_finite_and_above_zero() {
    for wrong in ["0", "-1", "NaN", "infinity", "soon"] {
        assert_refused(&["check", "--horizon", wrong], &[&format!("'{wrong}'"), "above 0"]);
    }
}

#[test]
fn counts_are_whole_and_above_zero() {
    for wrong in ["0", "-1", "1.5", "many", "99999999999999999999"] {
        let value = format!("'{wrong}'");
        assert_refused(&["check", "--threads", wrong], &[&value, "--threads", "from 1"]);
        assert_refused(&["check", "--batches", wrong], &[&value, "--batches", "from 1"]);
    }
    assert_refused(&["check", "--seed", "-1"], &["'-1'", "--seed", "from 0"]);
}

#[test]
fn too_many_orders_are_refused() {
    for loss in ["quadratic", "mlp"] {
        assert_refused(
            &["check", "random-reshuffling", "--loss", loss, "--batches", "100"],
            &["100 batches", "too many orders", loss],
        );
    }
    assert_refused(
        &["trace", "random-reshuffling", "--loss", "mlp", "--batches", "100", "--step-size", "0.1"],
        &["100 batches", "too many orders"],
    );
}

#[test]
fn too_few_or_too_many_batches_for_the_loss() {
    assert_refused(
        &["check", "random-reshuffling", "--loss", "two-minima", "--batches", "1"],
        &["at least 2", "1 was asked for"],
    );
    assert_refused(&["check", "--loss", "mlp", "--batches", "400"], &["150 rows", "400"]);
}

#[test]
fn a_horizon_that_no_step_reaches_names_the_nearest() {
    let trace = |horizon| {
        let asked = ["trace", "gradient-flow", "--loss", "quadratic", "--step-size", "0.1"];
        [&asked[..], &["--horizon", horizon]].concat()
    };
    assert_refused(&trace("0.55"), &["0.55", "0.1", "0.5 or 0.6"]);
    assert_refused(&trace("0.04"), &["0.04", "take 0.1"]);
    assert_eq!(status(&shadowflow(&trace("0.7"))), 0);
    assert_refused(&trace("1e9"), &["at most 100000"]);
    let epochs = ["trace", "single-order", "--loss", "quadratic", "--step-size", "0.1"];
    assert_refused(&[&epochs[..], &["--horizon", "0.5"]].concat(), &["0.3", "take 0.3 or 0.6"]);
}

#[test]
fn a_diverging_trace_is_refused() {
    assert_refused(
        &[
            "trace",
            "gradient-flow",
            "--loss",
            "factorisation",
            "--step-size",
            "50",
            "--horizon",
            "5000",
        ],
        &["not finite", "50"],
    );
}

#[test]
fn a_theorem_without_trajectories_has_no_trace() {
    assert_refused(
        &["trace", "variance-decomposition", "--loss", "quadratic", "--step-size", "0.1"],
        &["'variance-decomposition'", "no trajectories"],
    );
}

#[test]
fn a_cell_the_theorem_does_not_speak_of_is_refused_if_it_is_the_only_one() {
    let only = ["check", "repartition", "--loss", "factorisation"];
    assert_refused(&only, &["repartition", "factorisation", "4 or 6 components"]);
    let among = ["check", "repartition", "gradient-flow", "--loss", "factorisation"];
    let output = shadowflow(&among);
    assert_eq!(status(&output), 0);
    assert!(stderr(&output).starts_with("note: repartition on factorisation skipped: "));
    assert_eq!(stderr(&output).lines().count(), 1);
}

// Tables.

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
    assert_eq!(losses, ["mlp", "linear", "logistic"]);
    assert!(found.iter().all(|row| row["verdict"] == "confirmed"));

    let iris = concat!(env!("CARGO_MANIFEST_DIR"), "/data/iris.csv");
    let asked =
        ["check", "gradient-flow", "--data", iris, "--target", "petal_width", "--format", "json"];
    assert_eq!(rows(&asked).len(), 2, "a target of many values is not for logistic regression");
}

// Exit status and what is printed.

#[test]
fn confirmed_is_status_0_in_plain_text_within_100_columns() {
    let output = shadowflow(&["check", "implicit-gradient-regularization"]);
    assert_eq!(status(&output), 0);
    assert_eq!(stderr(&output), "", "nothing on stderr unless it is a terminal");
    let said = stdout(&output);
    assert!(!said.contains('\u{1b}'), "no escape codes in a pipe");
    assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
    let last = said.lines().last().expect("a tally");
    assert!(last.starts_with("4 confirmed, 0 refuted, 0 inconclusive · seed 1 · "), "{last}");
}

#[test]
fn sabotage_is_refuted_with_status_1() {
    for control in ["omit batch penalty", "batch penalty x1.01", "batch penalty ×1.01"] {
        let asked = ["check", "random-reshuffling", "--loss", "quadratic", "--sabotage", control];
        let output = shadowflow(&asked);
        assert_eq!(status(&output), 1, "{}", stderr(&output));
        let said = stdout(&output);
        assert!(said.contains("random-reshuffling on quadratic is refuted: "), "{said}");
        assert!(said.contains("0 confirmed, 1 refuted, 0 inconclusive"), "{said}");
    }
}

#[test]
fn sabotage_leaves_out_what_it_does_not_concern() {
    let output = shadowflow(&[
        "check",
        "gradient-flow",
        "flip-flop",
        "--loss",
        "quadratic",
        "--sabotage",
        "never reverse",
    ]);
    assert_eq!(status(&output), 1);
    assert!(stdout(&output).contains("0 confirmed, 1 refuted, 0 inconclusive"));
}

#[test]
fn inconclusive_is_status_3_with_a_reason() {
    let asked = ["check", "gradient-flow", "--loss", "factorisation", "--horizon", "1e4"];
    let output = shadowflow(&asked);
    assert_eq!(status(&output), 3);
    assert!(stdout(&output).contains("gradient-flow on factorisation is inconclusive: global: "));
}

#[test]
fn json_is_the_contract() {
    let asked = ["check", "random-reshuffling", "--loss", "quadratic", "--seed", "7"];
    let found = rows(&[&asked[..], &["--format", "json"]].concat());
    assert_eq!(found.len(), 1);
    let row = &found[0];
    assert_eq!(
        keys(row),
        [
            "coefficients",
            "controls",
            "detection_limit",
            "legs",
            "loss",
            "machine",
            "proof",
            "reason",
            "schema",
            "seconds",
            "seed",
            "theorem",
            "verdict",
            "version"
        ]
    );
    assert_eq!(row["schema"], 1);
    assert_eq!(row["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(row["theorem"], "random-reshuffling");
    assert_eq!(row["loss"], "quadratic");
    assert_eq!(row["verdict"], "confirmed");
    assert_eq!(row["reason"], Value::Null);
    assert_eq!(row["seed"], 7);
    let leg_keys = [
        "band",
        "claimed_order",
        "half_width",
        "intercept",
        "kind",
        "ladder",
        "measured_order",
        "next_term",
        "pairwise",
    ];
    let legs = row["legs"].as_array().expect("legs");
    for (leg, (kind, order)) in legs.iter().zip([("epoch", 3), ("global", 2)]) {
        let own: Vec<&str> = keys(leg).into_iter().filter(|key| *key != "plain").collect();
        assert_eq!(own, leg_keys);
        assert_eq!(keys(&leg["plain"]), leg_keys);
        let plain =
            leg["plain"]["measured_order"].as_f64().expect("the gradient flow has an order");
        assert!((plain - f64::from(order - 1)).abs() < 0.1, "{plain}");
        assert_eq!(leg["kind"], kind);
        assert_eq!(leg["claimed_order"], Value::from(order), "an integer, since it is whole");
        let measured = leg["measured_order"].as_f64().expect("a number");
        assert!((measured - f64::from(order)).abs() < 0.1);
        let ladder = leg["ladder"].as_array().expect("a ladder");
        assert!(ladder.len() >= 6);
        assert!(ladder.iter().all(|rung| keys(rung) == ["error", "step_size", "used"]));
    }
    let coefficient = &row["coefficients"][0];
    assert_eq!(keys(coefficient), ["claimed", "half_width", "recovered", "term"]);
    assert_eq!(coefficient["term"], "batch penalty");
    assert_eq!(coefficient["claimed"], "1/4");
    let controls = row["controls"].as_array().expect("controls");
    assert!(controls.len() >= 4);
    for control in controls {
        assert_eq!(keys(control), ["decided_by", "legs", "name", "verdict"]);
        assert_eq!(control["verdict"], "refuted");
        assert!(control["decided_by"] == "slope" || control["decided_by"] == "recovery");
        assert_eq!(keys(&control["legs"][0]), leg_keys);
    }
    let text = stdout(&shadowflow(&[&asked[..], &["--format", "json"]].concat()));
    let order = ["\"schema\"", "\"version\"", "\"theorem\"", "\"loss\"", "\"verdict\"", "\"legs\""];
    let places: Vec<usize> = order.iter().map(|key| text.find(key).expect("the key")).collect();
    assert!(places.is_sorted(), "keys stand in the order of the contract");
}

#[test]
fn numbers_that_are_not_finite_and_orders_of_identities_are_null() {
    let asked = ["check", "gradient-flow", "--loss", "factorisation", "--horizon", "1e4"];
    let found = rows(&[&asked[..], &["--format", "json"]].concat());
    let global = &found[0]["legs"][1];
    assert_eq!(global["measured_order"], Value::Null);
    assert_eq!(global["ladder"][0]["error"], Value::Null);
    let identity =
        rows(&["check", "variance-decomposition", "--loss", "quadratic", "--format", "json"]);
    assert_eq!(identity[0]["legs"][0]["kind"], "identity");
    assert_eq!(identity[0]["legs"][0]["claimed_order"], Value::Null);
}

#[test]
fn results_are_the_same_for_any_number_of_threads() {
    let run = |threads| {
        let mut found = rows(&[
            "check",
            "gradient-flow",
            "random-reshuffling",
            "--loss",
            "quadratic",
            "--loss",
            "mlp",
            "--threads",
            threads,
            "--format",
            "json",
        ]);
        for row in &mut found {
            row["seconds"] = Value::Null;
        }
        found
    };
    assert_eq!(run("1"), run("2"));
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shadowflow"))
        .args(["trace", "gradient-flow", "--loss", "mlp", "--step-size", "1e-3"])
        .args(["--horizon", "0.2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(stderr(&output), "");
    assert_eq!(status(&output), 0);
}

#[test]
fn list_names_everything() {
    let said = stdout(&shadowflow(&["list", "--controls"]));
    for part in ["random-reshuffling", "one epoch 3, fixed time 2", "arXiv 2101.12176"] {
        assert!(said.contains(part), "{part}");
    }
    assert!(said.contains("omit batch penalty") && said.contains("tiny-net"));
}

#[test]
fn a_trace_starts_at_one_point_and_the_modified_flow_stays_nearer() {
    let asked = ["trace", "implicit-gradient-regularization", "--loss", "quadratic"];
    let output = shadowflow(&[&asked[..], &["--step-size", "0.05", "--horizon", "1"]].concat());
    let said = stdout(&output);
    let mut lines = said.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    assert_eq!(header[..3], ["time", "step", "iterate_0"]);
    assert_eq!(header[6], "gradient_flow_0");
    assert_eq!(header[10], "modified_flow_0");
    assert_eq!(header.len(), 2 + 3 * 4);
    let rows: Vec<Vec<f64>> =
        lines.map(|line| line.split(',').map(|x| x.parse().expect("a number")).collect()).collect();
    assert_eq!(rows.len(), 21);
    assert_eq!(rows[0][2..6], rows[0][6..10]);
    let last = &rows[20];
    assert!((last[0] - 1.0).abs() < 1e-12 && (last[1] - 20.0).abs() < 1e-12);
    let gap = |from: usize| -> f64 {
        (0..4).map(|i| (last[2 + i] - last[from + i]).powi(2)).sum::<f64>().sqrt()
    };
    assert!(gap(10) < 0.1 * gap(6), "{} against {}", gap(10), gap(6));
}

// Files.

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
