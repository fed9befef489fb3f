//! `certify` as a person uses it.

use super::{assert_refused, shadowflow, status, stderr, stdout};

const CLAIM: [&str; 4] = ["certify", "implicit-gradient-regularization", "--loss", "factorisation"];
const COARSE: [&str; 6] = ["--horizon", "0.25", "--cells", "2", "--slices", "16"];

#[test]
fn a_constant_is_proved_and_is_no_smaller_than_what_is_sampled() {
    let output = shadowflow(&[&CLAIM[..], &COARSE, &["--format", "json"]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let found: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let found = &found[0];
    assert_eq!(found["theorem"], "implicit-gradient-regularization");
    assert_eq!((&found["loss"], &found["leg"]), (&"factorisation".into(), &"global".into()));
    assert_eq!((found["order"].as_u64(), found["status"].as_str()), (Some(2), Some("certified")));
    let number = |key: &str| found[key].as_f64().unwrap();
    assert!(number("sampled") > 0.0 && number("constant") >= number("sampled"));
    assert!((number("ratio") - number("constant") / number("sampled")).abs() < 1e-12);
    assert_eq!((number("horizon"), number("up_to")), (0.25, 0.05));
    assert_eq!((number("cells"), number("slices")), (2.0, 16.0));
    assert!(found["reason"].is_null() && found["start"].as_array().unwrap().len() == 2);
    let text = stdout(&shadowflow(&[&CLAIM[..], &COARSE].concat()));
    assert!(
        text.starts_with("implicit-gradient-regularization on factorisation: |w_n − w̃(nε)| ≤ ")
    );
}

#[test]
fn what_is_not_certified_says_why_and_exits_with_3() {
    for (arguments, part) in [
        (vec!["certify", "heavy-ball", "--loss", "factorisation"], "memory"),
        (vec!["certify", "random-reshuffling", "--loss", "factorisation"], "compares no iterates"),
        (
            [&CLAIM[..], &["--up-to", "50", "--cells", "1", "--slices", "4"]].concat(),
            "slice 1 of 4",
        ),
    ] {
        let output = shadowflow(&arguments);
        assert_eq!(status(&output), 3, "{arguments:?}: {}", stdout(&output));
        assert!(stdout(&output).contains(part), "{}", stdout(&output));
    }
}

#[test]
fn wrong_requests_are_refused_in_a_sentence() {
    assert_refused(&[&CLAIM[..], &["--up-to", "-1"]].concat(), &["-1"]);
    assert_refused(&[&CLAIM[..], &["--cells", "0"]].concat(), &["0"]);
    assert_refused(&["certify", "gradient-flo"], &["gradient-flo", "gradient-flow"]);
    assert_refused(&["certify", "gradient-flow", "--loss", "factorization"], &["factorisation"]);
}
