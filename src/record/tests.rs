//! What records are equal by, and what they are read from.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use serde_json::{Value, json};

use super::{Record, Run, read_results};
use crate::leg::LegKind;
use crate::loss::preset;
use crate::theorem::{Catalogue, Settings, Verdict, check};

/// A record with something at every key.
fn full() -> Value {
    let rung = json!({"step_size": 0.5, "error": 0.25, "used": true});
    let leg = json!({
        "kind": "epoch", "claimed_order": 3, "measured_order": 2.5, "half_width": 0.125,
        "intercept": 1.5, "pairwise": [2.75], "ladder": [rung], "next_term": -3.5, "band": [0.5],
        "sharper": 3.5, "remainder": {"power": 2, "value": 1e-9, "half_width": 1e-8}
    });
    let mut whole = leg.clone();
    whole["plain"] = leg.clone();
    json!({
        "schema": 2, "version": "0.1.0", "theorem": "small", "loss": "tiny", "verdict": "partial",
        "reason": "a leg is missing",
        "proof": {
            "status": "proved", "order": 3, "trees": 20, "batches": [1, 2],
            "first_failure": {
                "batches": 2, "tree": "a[b]", "power": 1, "nodes": 2, "actual": "1/2", "claimed": "1/3"
            },
            "unprovable": "it is only a sample"
        },
        "expanded": {
            "status": "open", "powers": 2, "losses": ["tiny"], "points": 5, "relative": 1e-9, "twins": 4,
            "told_apart": 3, "first_failure": {"loss": "tiny", "power": 1, "relative": 1e-9},
            "reason": "a twin is alike"
        },
        "certificate": {
            "theorem": "small", "loss": "tiny", "start": [0.5], "horizon": 1.0, "up_to": 0.05, "order": 2,
            "leg": "global", "constant": 0.25, "sampled": 0.125, "ratio": 2.0, "slices": 64, "cells": 8,
            "status": "certified", "reason": "it is only a sample"
        },
        "legs": [whole],
        "missing": [{"leg": "step", "reason": "no third derivative"}],
        "sharper": [{"leg": "step", "order": 4.0}],
        "coefficients": [{
            "term": "penalty", "claimed": "1/4", "recovered": 0.25, "half_width": 1e-9,
            "hidden": "another term hides it"
        }],
        "controls": [{
            "name": "omit penalty", "verdict": "partial", "decided_by": "remainder", "legs": [leg]
        }],
        "left_out": [{"name": "wrong clock", "reason": "there is none"}],
        "detection_limit": 1e-8, "seed": 1,
        "run": {"seconds": 0.5, "machine": "a machine"}
    })
}

fn record(value: &Value) -> Record {
    serde_json::from_value(value.clone()).unwrap()
}

/// The places of all values that are no objects.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            found.push(at.to_owned());
            for (i, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{i}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

/// Other values of the same type; not every one means something at every key.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Null | Value::Object(_) => Vec::new(),
        Value::Bool(is) => vec![json!(!is)],
        Value::Number(number) => match number.as_u64() {
            Some(count) => vec![json!(count + 1)],
            None => vec![json!(number.as_f64().unwrap() * 2.0 + 1.0)],
        },
        Value::String(text) => ["changed", "refuted", "global", "slope", "failed"]
            .into_iter()
            .filter(|other| other != text)
            .map(|other| json!(other))
            .collect(),
        Value::Array(items) => vec![json!([items.as_slice(), &items[..1]].concat())],
    }
}

#[test]
fn records_differ_by_whatever_was_found_and_by_nothing_else() {
    let whole = full();
    let original = record(&whole);
    assert_eq!(serde_json::to_value(&original).unwrap(), whole, "every key is in the sample");
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    for key in whole.as_object().unwrap().keys() {
        assert!(all.iter().any(|place| place.starts_with(&format!("/{key}"))), "{key}");
    }
    for place in all {
        let changed = others(whole.pointer(&place).unwrap()).into_iter().find_map(|other| {
            let mut changed = whole.clone();
            *changed.pointer_mut(&place).unwrap() = other;
            serde_json::from_value::<Record>(changed).ok()
        });
        let changed = changed.unwrap_or_else(|| panic!("nothing else can stand at {place}"));
        assert_eq!(changed == original, place.starts_with("/run/"), "{place}");
    }
}

#[test]
fn where_and_how_long_it_ran_is_no_part_of_what_was_found() {
    let original = record(&full());
    let elsewhere = Run { seconds: Some(17.0), machine: Some("another machine".to_owned()) };
    for run in [elsewhere, Run { seconds: None, machine: None }] {
        assert_ne!(run, original.run);
        assert_eq!(Record { run, ..original.clone() }, original);
    }
}

#[test]
fn a_check_repeated_finds_the_same() {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("random-reshuffling").unwrap();
    let found = |machine: &str| {
        let problem = preset("quadratic", None, None, 1).unwrap();
        let outcome = check(theorem, &problem, &Settings::default()).unwrap();
        Record::of(&outcome, Some(machine.to_owned()))
    };
    let (one, other) = (found("one machine"), found("another"));
    assert_eq!(one, other);
    assert!(one.run.seconds.unwrap() > 0.0);
    let without_run = |record: &Record| {
        let mut value = serde_json::to_value(record).unwrap();
        let run = value.as_object_mut().unwrap().remove("run").unwrap();
        assert_eq!(run.as_object().unwrap().len(), 2);
        value
    };
    assert_eq!(without_run(&one), without_run(&other));
}

#[test]
fn what_is_written_is_read_back_with_its_run() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let original = record(&full());
    std::fs::write(file.path(), super::json(std::slice::from_ref(&original)).unwrap()).unwrap();
    let read = read_results(file.path()).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0], original);
    assert_eq!(read[0].run, original.run);
}

#[test]
fn another_schema_is_refused_with_what_to_run_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[{\"schema\": 1, \"seconds\": 0.5}]").unwrap();
    let said = read_results(file.path()).unwrap_err().to_string();
    let reads =
        "has schema 1 in object 1; this program reads schema 2; run check --format json again";
    assert!(said.ends_with(reads), "{said}");
    assert_eq!(said.lines().count(), 1);
}

#[test]
fn what_was_found_is_written_one_way() {
    let mut record = record(&full());
    let leg = &mut record.legs[0];
    assert_eq!(leg.found().as_deref(), Some("2.5(2)"));
    leg.half_width = None;
    assert_eq!(leg.found().as_deref(), Some("2.500"));
    leg.measured_order = None;
    assert_eq!(leg.found(), None);
    leg.kind = LegKind::Identity;
    assert_eq!(leg.found().as_deref(), Some("±2e-1"));
    leg.ladder[0].error = None;
    assert_eq!(leg.found(), None);
    assert_eq!(record.coefficients[0].found(6).as_deref(), Some("0.250000(1)"));
    assert_eq!(record.coefficients[0].found(8).as_deref(), Some("0.25000000(1)"));
    record.coefficients[0].recovered = None;
    assert_eq!(record.coefficients[0].found(8), None);
    assert_eq!(record.controls[0].found(), ["2.5(2)"]);
    assert_eq!(record.refuted_controls().as_deref(), Some("0/1"));
    record.controls[0].verdict = Verdict::Refuted;
    assert_eq!(record.refuted_controls().as_deref(), Some("1/1"));
    record.controls.clear();
    assert_eq!(record.refuted_controls(), None);
    assert_eq!(record.remainder().unwrap().found(), "0(1e-8)");
    assert_eq!((record.run.time(2), Run::default().time(2)), ("0.50".to_owned(), "–".to_owned()));
    let failure = record.proof.first_failure.unwrap();
    let said = "the tree a[b] has coefficient 1/2, not 1/3, with 2 batches";
    assert_eq!(failure.to_string(), said);
}
