//! Completions, manual pages and examples.

use super::{assert_refused, shadowflow, status, stderr, stdout};

#[test]
fn shells_are_told_the_words() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = shadowflow(&["completions", shell]);
        assert_eq!((status(&output), stderr(&output).as_str()), (0, ""), "{shell}");
        let said = stdout(&output);
        assert!(said.contains("threads") && said.contains("sabotage"), "{shell}: {said}");
    }
    assert_refused(&["completions", "csh"], &["'csh'", "bash"]);
}

#[test]
fn there_is_a_manual_page_of_every_command() {
    let whole = stdout(&shadowflow(&["man"]));
    for command in ["list", "check", "report", "prove", "derive", "audit", "demo", "trace"] {
        assert!(whole.contains(&format!("shadowflow\\-{command}")), "{command}: {whole}");
        let page = stdout(&shadowflow(&["man", command]));
        assert!(page.contains(".SH SYNOPSIS") && page.contains(command), "{page}");
        let help = stdout(&shadowflow(&[command, "--help"]));
        assert!(help.contains("Usage: shadowflow"), "{help}");
        let (_, examples) = help.split_once("Examples:\n").expect("examples");
        let own = format!("shadowflow {command}");
        assert!(examples.lines().all(|line| line.trim_start().starts_with(&own)), "{examples}");
        assert!(page.contains("Examples:"), "{page}");
    }
    assert_refused(&["man", "chek"], &["'chek'", "did you mean 'check'?"]);
}

/// What the help says of a default is what is taken.
#[test]
fn the_minibatches_that_help_names_are_those_that_losses_have() {
    let help = stdout(&shadowflow(&["check", "-h"]));
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, said) = words.split_once("The number of minibatches [default: 3; ").expect("a default");
    let (said, rest) = said.split_once("; ").expect("others");
    assert!(
        rest.starts_with("where there is no loss 1, or 2 for what samples or looks at them]"),
        "{rest}"
    );
    let named: Vec<(&str, Vec<&str>)> = (said.split(", "))
        .map(|part| {
            let (number, names) = part.split_once(" for ").expect("a number for losses");
            (number, names.split(" and ").collect())
        })
        .collect();
    let listed = stdout(&shadowflow(&["list", "--format", "json"]));
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    for loss in listed["losses"].as_array().expect("losses") {
        let name = loss["name"].as_str().expect("a name");
        let asked = ["derive", "gradient-descent", "--order", "1", "--format", "json", "--loss"];
        let field = stdout(&shadowflow(&[&asked[..], &[name]].concat()));
        let field: serde_json::Value = serde_json::from_str(&field).expect("JSON");
        let other = named.iter().find(|(_, names)| names.contains(&name));
        let expected = other.map_or("3", |(number, _)| number);
        assert_eq!(field["batches"].to_string(), expected, "{name}");
    }
    let alone = stdout(&shadowflow(&["derive", "random-reshuffling", "--format", "json"]));
    assert!(alone.contains("\"batches\":2"), "{alone}");
}
