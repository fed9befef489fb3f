//! What is written of a setting, and what is read.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;

#[test]
fn decimals_and_fractions_are_exact() {
    for (text, above, below) in [
        ("1/2", 1, 2),
        ("0.9", 9, 10),
        ("-0.125", -1, 8),
        ("3", 3, 1),
        ("-3", -3, 1),
        (" 6 / 4 ".trim(), 3, 2),
        ("1/-2", -1, 2),
        ("0.00000000000000001", 1, 100_000_000_000_000_000),
        ("999999999999999999", 999_999_999_999_999_999, 1),
    ] {
        assert_eq!(exact(text), Some(Ratio::new(above, below)), "{text}");
    }
    for text in [
        "",
        ".",
        "1.",
        ".5",
        "x",
        "1/0",
        "1/2/3",
        "0.5.5",
        "1e3",
        "--3",
        "-",
        "0.-5",
        "nan",
        "1000000000000000000",
        "0.1/2",
        "0.000000000000000001",
    ] {
        assert_eq!(exact(text), None, "{text}");
    }
}

#[test]
fn a_value_out_of_its_range_is_turned_down_with_the_range() {
    let setting = Setting::ratio("beta", (1, 2), Range::fading());
    for (text, fits) in [("0", true), ("0.999", true), ("1", false), ("-1/1000000", false)] {
        assert_eq!(setting.read(text).is_ok(), fits, "{text}");
    }
    let said = setting.read("1").unwrap_err().to_string();
    assert_eq!(said, "beta = 1 is out of range: at least 0 and below 1");
    let count = Setting::count("n", 3, 1, 100);
    for (text, fits) in [("1", true), ("100", true), ("0", false), ("101", false), ("1.5", false)] {
        assert_eq!(count.read(text).is_ok(), fits, "{text}");
    }
    let positive = Setting::ratio("stabiliser", (1, 5), Range::positive());
    assert!(positive.read("0").is_err() && positive.read("1/1000").is_ok());
}

#[test]
fn every_setting_has_a_value_and_none_is_given_twice() {
    let settings = [
        Setting::ratio("beta", (1, 2), Range::fading()),
        Setting::switch("inside", true),
        Setting::order("order"),
        Setting::count("n", 3, 1, 100),
    ];
    let values = Values::of("made", &settings, &["beta=3/4", "inside=false"]).unwrap();
    assert_eq!(values.ratio("beta"), Ratio::new(3, 4));
    assert_eq!((values.switch("inside"), values.count("n")), (false, 3));
    assert_eq!(values.order("order", 3), [0, 1, 2]);
    let shown: Vec<String> = (values.over(Some(2), 1).unwrap().shown().iter())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(shown, ["beta=3/4", "inside=false", "order=0,1", "n=3"]);
    assert!(!values.ratio("bta").is_defined());
    let ordered = Values::of("made", &settings, &["order=2,0,1"]).unwrap();
    assert_eq!(ordered.over(None, 2).unwrap().batches(), 3);
    assert!(ordered.over(Some(2), 2).is_err());
    let said = |given: &[&str]| Values::of("made", &settings, given).unwrap_err().to_string();
    assert_eq!(
        said(&["beta=0.25", "n=2", "beta=3/4"]),
        "beta is set twice, to 0.25 and to 3/4: give it one value"
    );
    assert!(said(&["beta="]).starts_with("--set beta= is not "), "{}", said(&["beta="]));
    assert!(said(&["order="]).starts_with("--set order= is not "), "{}", said(&["order="]));
    assert!(said(&["beta"]).starts_with("made does not take --set beta; it takes "));
    let unknown = Values::of("made", &settings, &["bta=1/2"]).unwrap_err().to_string();
    assert_eq!(
        unknown,
        "made does not take --set bta=1/2; it takes beta=1/2, inside=true, order=0,1, n=3"
    );
}
