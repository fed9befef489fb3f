//! `derive` and `prove` as a person uses them.

use super::{shadowflow, status, stderr, stdout};

#[test]
fn a_modified_field_is_derived_in_exact_rationals() {
    let asked = ["derive", "heavy-ball", "--set", "beta=1/2", "--order", "3", "--format", "json"];
    let output = shadowflow(&asked);
    assert_eq!(status(&output), 0);
    let field: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(field["method"], "heavy-ball");
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
    let gradient =
        "Up to ε¹, as far as it was derived, a gradient: dw/dt = −∇C̃ with C̃ = C + 1/4 ε ‖g‖²\n";
    assert!(table.ends_with(gradient), "{table}");
    let latex = stdout(&shadowflow(&["derive", "sam", "--order", "2", "--format", "latex"]));
    assert_eq!(
        latex,
        "% sam, rho = 1/2, rho-fixed = 0, decay = 0, l2 = 0\n\\dot w = - g - \\varepsilon\\, H g\n"
    );
}

/// No table prints a number of more digits than anybody reads; JSON has them all.
#[test]
fn long_ratios_are_rounded_in_tables_and_whole_in_json() {
    let asked = ["derive", "heavy-ball", "--set", "beta=0.12345678901234567", "--order", "5"];
    let table = stdout(&shadowflow(&asked));
    let longest = |text: &str| text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    let (head, body) = table.split_once('\n').unwrap();
    assert!(head.contains("beta = 12345678901234567/100000000000000000"), "{head}");
    assert!(longest(body) < Some(18), "{table}");
    // 1/(1 − β).
    assert!(body.contains("\na                  1    ~1.140845069  −~1.140845069 g\n"), "{body}");
    assert!(body.ends_with("~: rounded; --format json has the exact ratios\n"), "{body}");
    let json = stdout(&shadowflow(&[&asked[..], &["--format", "json"]].concat()));
    assert!(longest(&json) > Some(80) && !json.contains('~'), "{json}");
    let short = stdout(&shadowflow(&["derive", "heavy-ball", "--set", "beta=0.99"]));
    assert!(!short.contains('~'), "{short}");
}

/// Every method of the register has a flow at a point, in one contract.
#[test]
fn the_flow_of_every_method_is_found_at_a_point() {
    let listed = stdout(&shadowflow(&["list", "--methods", "--format", "json"]));
    let methods: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert!(methods.as_array().unwrap().len() >= 27);
    for method in methods.as_array().unwrap() {
        let name = method["name"].as_str().unwrap();
        let asked =
            ["derive", name, "--loss", "factorisation", "--at", "1.25,3/4", "--format", "json"];
        let output = shadowflow(&asked);
        assert_eq!(status(&output), 0, "{name}: {}", stderr(&output));
        let field: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!((&field["schema"], &field["method"]), (&2.into(), &method["name"]));
        assert_eq!((&field["loss"], &field["batches"]), (&"factorisation".into(), &3.into()));
        assert_eq!(field["point"], serde_json::json!(["1.25", "3/4"]));
        let settings = field["settings"].as_object().unwrap();
        assert_eq!(settings.len(), method["settings"].as_array().unwrap().len(), "{name}");
        assert!(settings.values().all(serde_json::Value::is_string));
        assert!(field["digits"].as_u64().unwrap() >= 25, "{name}: {}", field["digits"]);
        assert_eq!(field["gradient"].as_array().unwrap().len(), 3);
        let fields = field["fields"].as_array().unwrap();
        assert_eq!(fields.len(), 3);
        for text in fields.iter().flat_map(|f| f.as_array().unwrap()) {
            let text = text.as_str().unwrap();
            assert!(text == "0" || text.bytes().filter(u8::is_ascii_digit).count() >= 25, "{text}");
            assert!(text.parse::<f64>().unwrap().is_finite());
        }
    }
}

#[test]
fn a_field_at_a_point_is_that_of_its_trees() {
    // −g/(1 − β) and the antisymmetric remainder of a decay, exactly: C̃ of the ridge has l2 · w in g.
    let field = |arguments: &[&str]| -> serde_json::Value {
        let at =
            ["--loss", "factorisation", "--at", "1.25,0.75", "--format", "json", "--order", "1"];
        serde_json::from_str(&stdout(&shadowflow(&[arguments, &at].concat()))).unwrap()
    };
    let entry = |field: &serde_json::Value, i: usize| -> f64 {
        field["fields"][0][i].as_str().unwrap().parse().unwrap()
    };
    let plain = field(&["derive", "gradient-descent"]);
    let decayed = field(&["derive", "gradient-descent", "--set", "decay=1/10"]);
    let ridged = field(&["derive", "gradient-descent", "--set", "l2=1/10"]);
    let heavy = field(&["derive", "heavy-ball", "--set", "beta=0.9", "--set", "l2=1/10"]);
    for (i, w) in [1.25, 0.75].into_iter().enumerate() {
        let g = entry(&plain, i);
        assert!((entry(&decayed, i) - (g - 0.1 * w)).abs() < 1e-14);
        assert!((entry(&ridged, i) - (g - 0.1 * w)).abs() < 1e-14);
        assert!((entry(&heavy, i) - 10.0 * (g - 0.1 * w)).abs() < 1e-13);
    }
    let table = stdout(&shadowflow(&["derive", "lion", "--loss", "mlp", "--set", "beta2=0.99"]));
    for said in
        ["modified field of lion", "beta2 = 99/100", "on mlp at w = (", "known to", "a gradient"]
    {
        assert!(table.contains(said), "{said}: {table}");
    }
    let fed = ["derive", "heavy-ball", "--loss", "factorisation", "--sampling", "single-order"];
    let fed = stdout(&shadowflow(&[&fed[..], &["--set", "order=2,0,1"]].concat()));
    assert!(fed.contains("fed by single-order of 3 minibatches"), "{fed}");
    // In trees too, where a ridge is said to be a part of C.
    let ridged = ["derive", "gradient-descent", "--set", "l2=1/10", "--order", "2"];
    let said = "C + 1/20 ‖w‖²";
    assert!(stdout(&shadowflow(&ridged)).contains(said));
    let latex = stdout(&shadowflow(&[&ridged[..], &["--format", "latex"]].concat()));
    assert!(latex.starts_with("% ") && latex.contains(said), "{latex}");
    let drawn = ["derive", "gradient-descent", "--sampling", "with-replacement", "--order", "2"];
    assert!(stdout(&shadowflow(&drawn)).contains("a[b]"));
}

#[test]
fn a_method_is_checked_and_drawn_against_its_own_flow() {
    let asked = ["check", "--method", "lion", "--terms", "1", "--loss", "factorisation"];
    let output = shadowflow(&[&asked[..], &["--set", "beta2=4/5", "--format", "json"]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let found: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let text = found.to_string();
    assert!(text.contains("lion[beta2=4/5]/own") && text.contains("\"confirmed\""), "{text}");
    let drawn = ["trace", "--method", "adam", "--loss", "factorisation", "--step-size", "0.05"];
    let curve = stdout(&shadowflow(&drawn));
    assert!(curve.starts_with("time,step,iterate_0") && curve.lines().count() > 2, "{curve}");
    let cases: [(&[&str], &str); 10] = [
        (&["check", "adam", "--method", "lion"], "cannot be used with"),
        (&["check", "rk4", "--terms", "2"], "cannot be used with '--terms <K>'"),
        (&["check", "rk4", "--against", "own"], "cannot be used with '--against <own>'"),
        (&["report", "rk4", "--sampling", "flip-flop"], "cannot be used with '--sampling <NAME>'"),
        (
            &["trace", "rk4", "--sampling", "x", "--loss", "mlp", "--step-size", "1"],
            "cannot be used with",
        ),
        (&["check", "--terms", "2"], "--method <METHOD>"),
        (&["check", "--method", "lion", "--terms", "9"], "from 1 to 4"),
        (&["check", "--method", "lyon"], "there is no method 'lyon'"),
        (&["check", "--method", "lion", "--against", "theirs"], "theirs"),
        (
            &[
                "check",
                "--method",
                "adam",
                "--sampling",
                "random-reshuffling",
                "--loss",
                "factorisation",
            ],
            "remembers",
        ),
    ];
    for (asked, wanted) in cases {
        let output = shadowflow(asked);
        let said = stderr(&output);
        assert_eq!(status(&output), 2, "{asked:?}: {said}");
        assert!(said.contains(wanted), "{asked:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
}

#[test]
fn what_has_no_flow_at_a_point_is_refused_in_one_line() {
    let loss = ["--loss", "factorisation"];
    let cases: [(&[&str], &str); 16] = [
        (&["adam", "--at", "1,2,3"], "the point has 3 coordinates, and the loss has 2 parameters"),
        (&["adam", "--at", "1,x"], "'x' is no coordinate"),
        (&["adam", "--at", "1,1/0"], "'1/0' is no coordinate"),
        (&["adam", "--set", "beta1=1"], "beta1 = 1 is out of range: at least 0 and below 1"),
        (&["adam", "--set", "rho=1"], "adam does not take --set rho=1; it takes beta1=1/2"),
        (&["adam", "--set", "stabiliser=0"], "stabiliser = 0 is out of range: above 0"),
        (&["adam", "--set", "decay=-1"], "decay = -1 is out of range: at least 0"),
        (&["adam", "--sampling", "random-reshuffling"], "the method remembers"),
        (
            &["adam", "--sampling", "shuffled"],
            "there is no sampling 'shuffled'; there are full-batch",
        ),
        (&["flip-flop", "--sampling", "full-batch"], "flip-flop is fed by flip-flop"),
        (&["adam", "--order", "40"], "40 terms are more than"),
        (&["adam", "--format", "latex"], "leave out --loss"),
        (&["muon", "--set", "shape=2x2"], "muon has no flow there"),
        (&["muon", "--set", "shape=two"], "shape=two is not rows x columns"),
        (&["adam", "--set", "inside=false", "--at", "0,0"], "the step is not smooth there"),
        (&["gradient-descent", "--sampling", "random-reshuffling", "--batches", "9"], "paths"),
    ];
    for (asked, wanted) in cases {
        let output = shadowflow(&[&["derive"], asked, &loss].concat());
        let said = stderr(&output);
        assert_eq!(status(&output), 2, "{asked:?}: {said}");
        assert!(said.contains(wanted), "{asked:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
    // A claim is checked for what it is stated for, and for nothing else.
    let beyond = ["check", "heavy-ball", "--set", "decay=1/10", "--loss", "factorisation"];
    let output = shadowflow(&beyond);
    assert_eq!(status(&output), 2);
    let said = stderr(&output);
    assert!(said.contains("no flow is claimed for heavy-ball with decay = 1/10"), "{said}");
    assert!(said.contains("any value of: beta"), "{said}");
}

#[test]
fn a_setting_goes_to_the_methods_that_have_it() {
    let ids = |asked: &[&str]| -> Vec<String> {
        let output = shadowflow(asked);
        let found: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let proofs = found.as_array().unwrap();
        proofs.iter().map(|proof| proof["theorem"].as_str().unwrap().to_owned()).collect()
    };
    let asked =
        ["prove", "sam", "heavy-ball", "nesterov", "--set", "beta=9/10", "--format", "json"];
    assert_eq!(ids(&asked), ["sam", "heavy-ball[beta=9/10]", "nesterov[beta=9/10]"]);
    let two = [&asked[..], &["--set", "rho=1/3"]].concat();
    assert_eq!(ids(&two), ["sam[rho=1/3]", "heavy-ball[beta=9/10]", "nesterov[beta=9/10]"]);
    // Of all theorems those of the methods that have it.
    let all = ids(&["prove", "--set", "beta2=99/100", "--format", "json"]);
    let set: Vec<&String> = all.iter().filter(|id| id.ends_with("[beta2=99/100]")).collect();
    let named = ["adam", "rmsprop", "lion", "adamw"].map(|name| format!("{name}[beta2=99/100]"));
    assert_eq!(set, named.iter().collect::<Vec<_>>());
    let nobody = shadowflow(&["prove", "sam", "gradient-flow", "--set", "beta=1/2"]);
    assert_eq!(status(&nobody), 2);
    assert!(stderr(&nobody).contains("has the setting of --set beta=1/2"), "{}", stderr(&nobody));
}

#[test]
fn a_long_memory_is_checked_over_as_many_steps_as_it_takes() {
    let output = shadowflow(&["check", "adam", "--set", "beta2=0.999", "--loss", "factorisation"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("lag of the mean square 999.5000"), "{}", stdout(&output));
}

#[test]
fn what_cannot_be_derived_is_refused_in_one_line() {
    let cases: [(&[&str], &str); 21] = [
        (&["derive", "hevy-ball"], "did you mean 'heavy-ball'"),
        (
            &["derive", "adam", "--sampling", "random-reshuffling"],
            "the method remembers, and its minibatches are random",
        ),
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
        (&["derive", "gradient-descent", "--order", "16"], "about 7.9 GB for 376464 trees"),
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
fn what_looks_at_coordinates_is_derived_with_maps() {
    let output = shadowflow(&["derive", "lion", "--order", "2"]);
    assert_eq!(status(&output), 0);
    let text = stdout(&output);
    assert!(text.contains("    1           -1  −sign(g)\n"), "{text}");
    assert!(text.contains("    2         -5/2  −5/2 ε ∂sign(g)[H sign(g)]\n"), "{text}");
    let asked = ["derive", "adam", "--order", "2", "--set", "decay=1/10", "--format", "json"];
    let json: serde_json::Value = serde_json::from_str(&stdout(&shadowflow(&asked))).unwrap();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 8);
    assert_eq!(json["method"], "adam");
    let row = |tree: &str| rows.iter().find(|row| row["tree"] == tree).unwrap();
    assert_eq!(row("∂₂ψ(g, square(g))[square⟨H w, g⟩]")["coefficient"], "-7/20");
    assert_eq!(row("w")["order"], 1);
    // In the table the direction itself is u, and its derivatives are written out.
    let text = stdout(&shadowflow(&["derive", "adam", "--order", "2"]));
    assert!(text.contains("\nwith u = ψ(g, square(g))\n"), "{text}");
    for line in ["−u\n", "−3/2 ε ψ(H u, square(g))\n", "−7/2 ε ∂₂ψ(g, square(g))[square⟨H u, g⟩]\n"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    // Finite amounts, and memory over a fixed order of minibatches, have series with maps as well.
    let sam = stdout(&shadowflow(&["derive", "sam", "--set", "rho-fixed=1/5", "--order", "1"]));
    assert!(sam.contains("−g(w + 1/5 g)"), "{sam}");
    let asked = ["derive", "heavy-ball", "--sampling", "single-order", "--batches", "2"];
    assert!(stdout(&shadowflow(&asked)).contains("−5/3 ε H_a g_b"));
    let latex = stdout(&shadowflow(&["derive", "lion", "--order", "2", "--format", "latex"]));
    assert_eq!(
        latex,
        "% lion, beta1 = 1/2, beta2 = 3/4, stabiliser = 1/5, decay = 0, l2 = 0\n\
         \\dot w = - \\mathrm{sign}(g) - \\tfrac{5}{2} \\varepsilon\\, \\partial \\mathrm{sign}(g)[H \\mathrm{sign}(g)]\n"
    );
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
                ("repartition" | "fisher", _) => serde_json::json!([4, 6]),
                ("drop-last", _) => serde_json::json!([2, 3, 4, 5, 6]),
                ("svrg" | "gradient-accumulation", _) => serde_json::json!([3]),
                ("decentralised-descent", _) => serde_json::json!([6]),
                ("local-sgd" | "scaffold", _) => serde_json::json!([1, 2, 3, 4]),
                (
                    "simultaneous-descent"
                    | "alternating-descent"
                    | "extragradient-game"
                    | "optimistic-game",
                    _,
                ) => serde_json::json!([2]),
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
