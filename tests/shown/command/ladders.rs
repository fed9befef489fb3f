//! Ladders: `check --format csv`, and in one line below the table.

use serde_json::Value;

use super::{rows, shadowflow, stdout};

#[test]
fn ladders_come_as_csv_with_the_numbers_of_the_json() {
    let asked = ["check", "random-reshuffling", "--loss", "quadratic"];
    let text = stdout(&shadowflow(&[&asked[..], &["--format", "csv"]].concat()));
    let found = rows(&[&asked[..], &["--format", "json"]].concat());
    let record = &found[0];
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let documented = include_str!("../../../docs/output.md");
    let (_, section) = documented.split_once("check --format csv").expect("a section");
    let (section, _) = section.split_once("## Curves").expect("its end");
    for name in &header {
        assert!(section.contains(&format!("`{name}`")), "{name} is not documented");
    }
    let lines: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let cell = |row: &csv::StringRecord, name: &str| {
        row[header.iter().position(|known| known == name).expect("a column")].to_owned()
    };
    // Every point of every side stands there, in order, and nothing else does.
    let points = |against: &str, legs: Vec<&Value>| -> Vec<[String; 4]> {
        (legs.iter().enumerate())
            .flat_map(|(at, leg)| {
                let rungs = leg["ladder"].as_array().expect("rungs").iter();
                rungs.map(move |rung| (at, rung["step_size"].clone(), rung["error"].clone()))
            })
            .map(|(at, eps, error)| {
                [against.to_owned(), (at + 1).to_string(), number(&eps), number(&error)]
            })
            .collect()
    };
    let list = |value: &Value| value.as_array().expect("an array").clone();
    let legs = list(&record["legs"]);
    let mut expected = points("claim", legs.iter().collect());
    expected.extend(points("gradient flow", legs.iter().map(|leg| &leg["plain"]).collect()));
    for control in &list(&record["controls"]) {
        let name = control["name"].as_str().expect("a name");
        expected.extend(points(name, list(&control["legs"]).iter().collect()));
    }
    let (coefficients, ladders): (Vec<_>, Vec<_>) =
        lines.iter().partition(|row| cell(row, "kind") == "coefficient");
    let seen: Vec<[String; 4]> = (ladders.iter())
        .map(|row| {
            let number = |name| cell(row, name).parse::<f64>().expect("a number").to_string();
            [cell(row, "against"), cell(row, "leg"), number("step_size"), number("error")]
        })
        .collect();
    assert_eq!(seen, expected);
    assert_eq!(coefficients.len(), 1);
    assert_eq!(cell(coefficients[0], "term"), "batch penalty");
    assert_eq!(cell(coefficients[0], "claimed"), "0.25");
    let recovered = cell(coefficients[0], "measured").parse::<f64>().expect("a number");
    assert!((recovered - 0.25).abs() < 1e-5, "{recovered}");
}

fn number(value: &Value) -> String {
    value.as_f64().expect("a number").to_string()
}

#[test]
fn one_outcome_shows_its_ladders_in_a_line() {
    let asked = ["check", "random-reshuffling", "--loss", "quadratic"];
    let said = stdout(&shadowflow(&asked));
    let line = said.lines().find(|line| line.starts_with("ladders ")).expect("a line of ladders");
    assert!(line.chars().count() <= 100, "{line}");
    let found = rows(&[&asked[..], &["--format", "json"]].concat());
    let mut rest = line;
    for leg in found[0]["legs"].as_array().expect("legs") {
        let kind = leg["kind"].as_str().expect("a kind");
        let (_, after) = rest.split_once(&format!(" {kind} ")).expect("the leg is named");
        let (bars, after) = after.split_once(' ').expect("its bars");
        let rungs = leg["ladder"].as_array().expect("rungs");
        assert_eq!(bars.chars().count(), rungs.len());
        for (bar, rung) in bars.chars().zip(rungs) {
            assert_eq!(bar == '·', rung["used"] == false, "{bars}");
        }
        let used: String = bars.chars().filter(|bar| *bar != '·').collect();
        assert!(used.starts_with('█') && used.ends_with('▁'), "{bars}");
        // Errors fall, so bars do.
        assert!(used.chars().zip(used.chars().skip(1)).all(|(a, b)| a >= b), "{bars}");
        rest = after;
    }
    let many = stdout(&shadowflow(&["check", "gradient-flow", "heun", "--loss", "quadratic"]));
    assert!(!many.contains("ladders "), "{many}");
}

/// Where all paths are listed the ladder is too short for an order, and the column says so; in one parameter it is not.
#[test]
fn an_order_that_is_not_tested_is_said_to_be() {
    let asked = ["check", "with-replacement", "--loss", "tiny-net", "--loss", "two-minima"];
    let found = stdout(&shadowflow(&asked));
    let row = |loss: &str| {
        let row = found.lines().find(|line| line.contains(loss)).expect("a row");
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(row("tiny-net").contains("yes 3.000(1) 2.000(1) untested gradient penalty"), "{found}");
    assert!(row("two-minima").contains("yes 3.000(1) 2.000(1) gradient penalty"), "{found}");
    let found = stdout(&shadowflow(&[&asked[..], &["--format", "json"]].concat()));
    let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
    let untested = |record: usize, leg: usize| found[record]["legs"][leg].get("untested").cloned();
    let tiny = usize::from(found[0]["loss"] != "tiny-net");
    assert_eq!((untested(tiny, 0), untested(tiny, 1)), (None, Some(true.into())));
    assert_eq!((untested(1 - tiny, 0), untested(1 - tiny, 1)), (None, None));
}
