//! The command as a person uses it: what it prints, where, and the status it exits with.
#![allow(clippy::expect_used, clippy::unwrap_used)] // in tests a broken expectation should fail loudly

mod certify;
mod demos;
mod files;
mod ladders;
mod limits;
mod manual;
mod refusals;
mod report;
mod series;
mod tables;

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

#[test]
fn confirmed_is_status_0_in_plain_text_a_row_a_line() {
    let output = shadowflow(&["check", "implicit-gradient-regularization"]);
    assert_eq!(status(&output), 0);
    assert_eq!(stderr(&output), "", "nothing on stderr unless it is a terminal");
    let said = stdout(&output);
    assert!(!said.contains('\u{1b}'), "no escape codes in a pipe");
    for loss in ["quadratic", "factorisation", "mlp", "logistic"] {
        let row = said
            .lines()
            .find(|line| line.starts_with(&format!("implicit-gradient-regularization {loss} ")));
        let row = row.unwrap_or_else(|| panic!("no name is broken in a pipe: {said}"));
        assert!(row.contains(" gradient penalty 0.25"), "{row}");
    }
    let last = said.lines().last().expect("a tally");
    assert!(last.starts_with("4 confirmed, 0 refuted, 0 inconclusive · seed 1 · "), "{last}");
}

#[test]
fn verbose_says_what_each_check_runs_and_what_became_of_it() {
    let asked = ["check", "random-reshuffling", "--loss", "factorisation"];
    let (plain, told) = (shadowflow(&asked), shadowflow(&[&asked[..], &["-v"]].concat()));
    assert_eq!(stderr(&plain), "");
    let said = stderr(&told);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    let begins = "check: random-reshuffling on factorisation: epoch: 8 rungs of 1 block, the mean over 6 paths a \
                  block; global: 6 rungs of 16 to 512 blocks, the mean over 6 paths a block; about ";
    assert!(lines[0].starts_with(begins) && lines[0].ends_with(" s of processor time"), "{said}");
    let ends = "check: random-reshuffling on factorisation: confirmed, ";
    assert!(lines[1].starts_with(ends) && lines[1].ends_with(" s"), "{said}");
    assert_eq!(stdout(&told).lines().next(), stdout(&plain).lines().next());
}

#[test]
fn a_memory_that_takes_too_many_steps_is_named() {
    let asked = ["check", "heavy-ball", "--set", "beta=0.999999999999", "--loss", "quadratic"];
    assert_refused(&asked, &["remembers 1000000000000 steps", "at most 20 million are walked"]);
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
            "certificate",
            "coefficients",
            "controls",
            "detection_limit",
            "expanded",
            "left_out",
            "legs",
            "loss",
            "missing",
            "proof",
            "reason",
            "run",
            "schema",
            "seed",
            "sharper",
            "theorem",
            "verdict",
            "version"
        ]
    );
    assert_eq!(row["schema"], 2);
    assert_eq!(keys(&row["run"]), ["machine", "seconds"]);
    assert!(row["run"]["seconds"].as_f64().expect("a time") > 0.0);
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
        let own: Vec<&str> =
            keys(leg).into_iter().filter(|key| !["plain", "remainder"].contains(key)).collect();
        assert_eq!(keys(&leg["remainder"]), ["half_width", "power", "value"]);
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
            // How long it took is no part of what was found.
            let run = row.as_object_mut().and_then(|row| row.remove("run"));
            assert!(run.is_some_and(|run| run["seconds"].is_number()));
        }
        found
    };
    let once = run("1");
    assert_eq!(once, run("1"));
    assert_eq!(once, run("2"));
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
