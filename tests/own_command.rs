//! A program with a method, a theorem and a loss of its own has the whole command: this one runs itself.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Failed, Trial};
use shadowflow::flow::GradientPenalty;
use shadowflow::optimizer::{GradientDescent, SharpnessAware};
use shadowflow::prelude::*;

/// Set where this program is to be the command.
const ROLE: &str = "SHADOWFLOW_TEST_OF_A_COMMAND";

fn command() -> ExitCode {
    let rho = || Setting::ratio("rho", (1, 3), Range::within(0, 2));
    let make = |values: &Values| Ok(SharpnessAware::new(values.ratio("rho")));
    let (quarter, two) = (Ratio::new(1, 4), Ratio::new(2, 1));
    let ascent = Method::new("ascent", [rho()], make).claiming(Some(3), 2, move |values, _| {
        GradientPenalty { coefficient: quarter + values.ratio("rho") / two }
    });
    let bare = Method::new("shuffled-ascent", [rho()], make)
        .sampled("random-reshuffling", |_, _| RandomReshuffling);
    let closed = Method::measured("closed", [], |_| {
        Ok(AnyOptimizer::closure(|a, eps, batch, s| {
            let g = a.gradient(batch, &s.w);
            s.w.iter_mut().zip(g).for_each(|(w, g)| *w -= eps * g);
        }))
    })
    .claiming_measured(Some(2), 1, |_, _| {
        AnyFlow::closure(Vec::new(), |a, _, _, w| {
            a.gradient(Batch::Full, w).into_iter().map(|g| -g).collect()
        })
    });
    let mut methods = Methods::standard();
    for method in [ascent, bare, closed] {
        methods.push(method).unwrap();
    }
    assert!(methods.push(Method::new("ascent", [], |_| Ok(GradientDescent))).is_err());
    shadowflow::cli::run(Catalogue::standard(), methods)
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .env(ROLE, "command")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn derive_knows_the_method() {
    let (status, said, _) =
        run(&["derive", "ascent", "--order", "2", "--set", "rho=0.25", "--format", "json"]);
    assert_eq!(status, 0);
    let field: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(field["settings"], serde_json::json!({"rho": "1/4"}));
    // −g − (½ + ¼) ε H g: the tree a[a] stands for H g.
    assert_eq!(
        field["rows"][1],
        serde_json::json!({"tree": "a[a]", "order": 2, "coefficient": "-3/4"})
    );
    let (status, said, _) =
        run(&["derive", "shuffled-ascent", "--order", "2", "--batches", "3", "--format", "json"]);
    assert_eq!(status, 0);
    let field: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(field["batches"], 3);
    for (asked, wanted) in [
        (
            ["derive", "ascent", "--set", "rho=3"],
            "rho = 3 is out of range: at least 0 and at most 2",
        ),
        (
            ["derive", "ascent", "--set", "beta=1/2"],
            "ascent does not take --set beta=1/2; it takes rho=1/3",
        ),
        (["derive", "ascnt", "--order", "2"], "did you mean 'ascent'"),
        (["derive", "closed", "--order", "2"], "closed is known in f64 only"),
    ] {
        let (status, _, said) = run(&asked);
        assert_eq!(status, 2);
        assert!(said.contains(wanted), "{said}");
    }
}

fn check_and_trace_know_it_by_the_flow_it_claims() {
    let (status, said, _) =
        run(&["check", "ascent", "--loss", "factorisation", "--format", "json"]);
    assert_eq!(status, 0, "{said}");
    let record: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(record[0]["verdict"], "confirmed");
    assert_eq!(record[0]["proof"]["status"], "proved");
    assert_eq!(record[0]["coefficients"][0]["claimed"], "5/12");
    let (status, said, _) = run(&["check", "closed", "--loss", "quadratic", "--format", "json"]);
    assert_eq!(status, 0, "{said}");
    let record: serde_json::Value = serde_json::from_str(&said).unwrap();
    let unprovable = record[0]["proof"]["unprovable"].as_str().unwrap();
    assert_eq!(unprovable, "the method and the flow are known in f64 only");
    // With another setting it claims another flow.
    let set =
        ["check", "ascent", "--set", "rho=0.5", "--loss", "factorisation", "--format", "json"];
    let (status, said, _) = run(&set);
    assert_eq!(status, 0, "{said}");
    let record: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(record[0]["theorem"], "ascent[rho=0.5]");
    assert_eq!(record[0]["coefficients"][0]["claimed"], "1/2");
    // On the losses of the theorem of that name, if there is one.
    let set = ["check", "nesterov", "--set", "beta=1/4", "--format", "json"];
    let (status, said, _) = run(&set);
    assert_eq!(status, 0, "{said}");
    let records: Vec<serde_json::Value> = serde_json::from_str(&said).unwrap();
    assert!(
        records.len() > 2 && records.iter().all(|r| r["proof"]["status"] == "proved"),
        "{said}"
    );
    for (asked, wanted) in [
        (
            vec!["check", "--set", "omega=1/4"],
            "no method of the theorems named has the setting of --set omega=1/4",
        ),
        (vec!["check", "heun", "--set", "beta=1/4"], "heun does not take --set beta=1/4"),
        (
            vec!["check", "single-order", "--set", "order=1,0"],
            "no flow is claimed for single-order",
        ),
        (vec!["check", "minima", "--set", "beta=1/4"], "there is no method 'minima'"),
        (
            vec!["trace", "sam", "--set", "rho=x", "--loss", "mlp", "--step-size", "0.1"],
            "--set rho=x is not a ratio",
        ),
    ] {
        let (status, _, said) = run(&asked);
        assert_eq!(status, 2);
        assert!(said.contains(wanted), "{said}");
    }
    let (status, said, _) =
        run(&["trace", "ascent", "--loss", "factorisation", "--step-size", "0.05"]);
    assert_eq!(status, 0);
    assert!(said.starts_with("time,step,iterate_0,iterate_1"), "{said}");
    // What claims no flow is no theorem.
    let (status, _, said) = run(&["check", "shuffled-ascent"]);
    assert_eq!(status, 2);
    assert!(said.contains("there is no theorem 'shuffled-ascent'"), "{said}");
}

fn list_has_it_with_its_settings() {
    let (_, said, _) = run(&["list", "--methods", "--format", "json"]);
    let methods: Vec<serde_json::Value> = serde_json::from_str(&said).unwrap();
    let method = |name: &str| methods.iter().find(|method| method["name"] == name).unwrap();
    let rho = serde_json::json!({"name": "rho", "default": "1/3", "at_least": "0", "at_most": "2"});
    let ascent = serde_json::json!({"name": "ascent", "settings": [rho], "sampling": "full-batch"});
    assert_eq!(*method("ascent"), ascent);
    let beta = serde_json::json!({"name": "beta", "default": "1/2", "at_least": "0", "below": "1"});
    let not_negative = |name| serde_json::json!({"name": name, "default": "0", "at_least": "0"});
    let settings = [beta, not_negative("decay"), not_negative("l2")];
    let heavy_ball =
        serde_json::json!({"name": "heavy-ball", "settings": settings, "sampling": "full-batch"});
    assert_eq!(*method("heavy-ball"), heavy_ball);
    let inside = &method("adam")["settings"][3];
    assert_eq!(inside["one_of"], serde_json::json!(["true", "false"]));
    assert_eq!(method("shuffled-ascent")["sampling"], "random-reshuffling");
    let (_, said, _) = run(&["list", "--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(all["methods"].as_array().unwrap(), &methods);
    let ids: Vec<&str> =
        all["theorems"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap()).collect();
    // Methods of the crate are no theorems of their own; those of this program are.
    assert_eq!(ids.len(), 88 + 2);
    assert!(ids.ends_with(&["ascent", "closed"]), "{ids:?}");
    assert_eq!(all["losses"].as_array().unwrap().len(), 17);
    assert_eq!(all["demos"].as_array().unwrap().len(), 9);
    let (_, said, _) = run(&["list", "--methods"]);
    assert!(
        said.contains("rho=1/3 (at least 0 and at most 2), sampling random-reshuffling"),
        "{said}"
    );
}

fn main() -> ExitCode {
    if std::env::var_os(ROLE).is_some() {
        return command();
    }
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    let trials = vec![
        trial("derive_knows_the_method", derive_knows_the_method),
        trial(
            "check_and_trace_know_it_by_the_flow_it_claims",
            check_and_trace_know_it_by_the_flow_it_claims,
        ),
        trial("list_has_it_with_its_settings", list_has_it_with_its_settings),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
