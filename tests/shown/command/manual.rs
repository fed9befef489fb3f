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
    }
    assert_refused(&["man", "chek"], &["'chek'", "did you mean 'check'?"]);
    assert!(stdout(&shadowflow(&["check", "--help"])).contains("Examples:"));
}
