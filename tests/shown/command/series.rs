//! `derive` and `prove` as a person uses them.

use super::{shadowflow, status, stderr, stdout};

#[test]
fn a_modified_field_is_derived_in_exact_rationals() {
    let asked = ["derive", "heavy-ball", "--set", "beta=1/2", "--order", "3", "--format", "json"];
    let output = shadowflow(&asked);
    assert_eq!(status(&output), 0);
    let field: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(field["optimizer"], "heavy-ball");
    assert_eq!(field["settings"]["beta"], "1/2");
    assert_eq!(field["batches"], 1);
    let rows: Vec<(String, u64, String)> = (field["rows"].as_array().unwrap().iter())
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            (text("tree"), row["order"].as_u64().unwrap(), text("coefficient"))
        })
        .collect();
    // −a∇[C + (ε/4)((1+β)/(1−β)²)‖g‖²] with β = ½: 2 and −2·6/2.
    assert_eq!(rows[0], ("a".to_owned(), 1, "2".to_owned()));
    assert_eq!(rows[1], ("a[a]".to_owned(), 2, "-6".to_owned()));
    let table = stdout(&shadowflow(&["derive", "gradient-descent", "--order", "2"]));
    assert!(table.contains("A gradient: dw/dt = −∇C̃ with C̃ = C + 1/4 ε ‖g‖²"), "{table}");
    let latex = stdout(&shadowflow(&["derive", "sam", "--order", "2", "--format", "latex"]));
    assert_eq!(latex, "\\dot w = - g - \\varepsilon\\, H g\n");
}

#[test]
fn what_cannot_be_derived_is_refused_in_one_line() {
    let cases: [(&[&str], &str); 23] = [
        (&["derive", "hevy-ball"], "did you mean 'heavy-ball'"),
        (&["derive", "adam"], "measured, not derived"),
        (&["derive", "rmsprop", "--set", "inside=false"], "measured, not derived"),
        (&["prove", "adam"], "adam is not proved: it scales each coordinate on its own"),
        (&["prove", "gradient-flow", "heavy-ball-from-rest"], "a shifted start is no field"),
        (&["derive", "Adam"], "did you mean 'adam'"),
        (&["derive", "adam", "--set", "inside=1"], "inside=1 is not true or false"),
        (
            &["derive", "heavy-ball", "--set", "beta=1"],
            "beta = 1 is out of range: at least 0 and below 1",
        ),
        (
            &["derive", "nesterov", "--set", "beta=3/3"],
            "beta = 1 is out of range: at least 0 and below 1",
        ),
        (&["derive", "nesterov", "--set", "bta=1/2"], "it takes beta=1/2"),
        (&["derive", "sam", "--set", "rho=0,5"], "rho=0,5 is not a ratio such as 1/2, 0.9"),
        (&["derive", "sam", "--set", "rho=1/2/3"], "rho=1/2/3 is not a ratio such as"),
        (&["derive", "sam", "--set", "rho=9999999999999999999"], "integers up to 18 digits"),
        (&["derive", "random-reshuffling", "--batches", "0"], "from 1 to 1000"),
        (&["derive", "gradient-descent", "--order", "0"], "from 1 to 60"),
        (&["derive", "gradient-descent", "--order", "16"], "about 8 GB for 376464 trees"),
        (
            &["derive", "substeps", "--set", "n=0"],
            "n = 0 is out of range: at least 1 and at most 100",
        ),
        (&["derive", "single-order", "--set", "order=2,0,1", "--batches", "2"], "every batch once"),
        (&["derive", "heavy-ball", "--set", "beta=x"], "beta=x"),
        (&["derive", "sam", "--set", "rho=1/0"], "rho=1/0"),
        (&["derive", "heun", "--set", "beta=1"], "no setting"),
        (&["derive", "gradient-descent", "--order", "25"], "GB"),
        (&["derive", "single-order", "--set", "order=0,0"], "every batch once"),
    ];
    for (asked, wanted) in cases {
        let output = shadowflow(asked);
        let said = stderr(&output);
        assert_eq!(status(&output), 2, "{asked:?}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(wanted), "{asked:?}: {said}");
    }
}

#[test]
fn what_a_proof_finds_is_written_for_its_document() {
    let output = shadowflow(&["prove", "rk4", "--format", "markdown"]);
    assert_eq!(status(&output), 0);
    let text = stdout(&output);
    assert!(text.starts_with("# rk4\n"), "{text}");
    assert!(text.contains("| `a[a,a,a,a]` | 5 | 1/2880 | −1/2880 ε⁴ D⁵C[g, g, g, g] |"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("| `")).count(), 10);
}

#[test]
fn theorems_are_proved_and_sabotage_is_refuted_by_a_tree() {
    let output = shadowflow(&["prove", "--format", "json"]);
    assert_eq!(status(&output), 0);
    let proofs: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let shuffled = (proofs.as_array().unwrap().iter())
        .find(|row| row["theorem"] == "random-reshuffling")
        .unwrap();
    assert_eq!(shuffled["proof"]["status"], "proved");
    assert_eq!(shuffled["proof"]["order"], 3);
    assert_eq!(shuffled["proof"]["trees"], 20);
    assert_eq!(shuffled["proof"]["batches"], "all");
    assert!(shuffled["proof"]["first_failure"].is_null());
    for row in proofs.as_array().unwrap() {
        let known =
            match (row["theorem"].as_str().unwrap(), row["proof"]["status"].as_str().unwrap()) {
                ("repartition", _) => serde_json::json!([4, 6]),
                (_, "proved") => serde_json::json!("all"),
                _ => serde_json::json!([]),
            };
        assert_eq!(row["proof"]["batches"], known, "{row}");
    }
    let table = stdout(&shadowflow(&["prove", "repartition", "gradient-flow"]));
    assert!(table.contains("  all  ") && table.contains("  4, 6  "), "{table}");
    let sabotaged =
        shadowflow(&["prove", "random-reshuffling", "--sabotage", "batch penalty x1.01"]);
    assert_eq!(status(&sabotaged), 1);
    let table: Vec<String> = stdout(&sabotaged).split_whitespace().map(str::to_owned).collect();
    assert!(table.join(" ").contains("a[a] has coefficient -1/2, not -101/200"), "{table:?}");
    let sabotaged = ["prove", "gradient-flow", "--sabotage", "gradient x1.01", "--format", "json"];
    let proofs: serde_json::Value = serde_json::from_str(&stdout(&shadowflow(&sabotaged))).unwrap();
    assert_eq!(proofs[0]["proof"]["batches"], serde_json::json!([]));
    assert_eq!(proofs[0]["proof"]["first_failure"]["power"], 0);
}
