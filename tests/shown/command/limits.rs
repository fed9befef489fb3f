//! How long a command may take, and what it leaves when it is interrupted.

use super::{assert_refused, rows, shadowflow, status, stdout};

#[test]
fn a_cell_dearer_than_the_budget_is_not_run_and_says_what_it_would_take() {
    let asked = ["check", "gradient-flow", "--loss", "quadratic", "--budget"];
    let dear = [&asked[..], &["1e-9"]].concat();
    assert_eq!(status(&shadowflow(&dear)), 3);
    let found = rows(&[&dear[..], &["--format", "json"]].concat());
    let reason = found[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("foreseen to take ") && reason.contains("--budget none"), "{reason}");
    assert_eq!(found[0]["legs"].as_array().map(Vec::len), Some(0));
    for enough in ["none", "20"] {
        assert_eq!(status(&shadowflow(&[&asked[..], &[enough]].concat())), 0, "{enough}");
    }
    for wrong in ["0", "-1", "soon", "inf", "nan"] {
        assert_refused(&[&asked[..], &[wrong]].concat(), &["'--budget", "such as 30, or none"]);
    }
    // Jets of 31 digits in 71 parameters: minutes.
    let output = shadowflow(&["check", "rk4", "--loss", "mlp", "--budget", "5"]);
    assert_eq!(status(&output), 3);
    assert!(stdout(&output).contains("more than the budget of 5 s"), "{}", stdout(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_found_before_an_interruption_is_shown() {
    let interrupted = |words: &[&str], seconds: f64| {
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_shadowflow"))
            .args(words)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the binary runs");
        std::thread::sleep(std::time::Duration::from_secs_f64(seconds));
        let number = child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-s", "INT", &number]).status();
        assert!(sent.expect("kill runs").success());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(status(&output), 130, "{words:?}");
        (stdout(&output), super::stderr(&output))
    };
    let (found, said) = interrupted(&["audit", "--count", "1000000"], 2.0);
    assert!(said.starts_with("note: interrupted after "), "{said}");
    assert!(said.ends_with(" of 1750000 checks\n"), "{said}");
    assert!(found.contains("random-reshuffling"), "{found}");
    let asked = ["check", "gradient-flow", "rk4", "--loss", "mlp", "--budget", "none"];
    let (found, said) = interrupted(&[&asked[..], &["--threads", "1"]].concat(), 2.0);
    assert_eq!(said, "note: interrupted after 1 of 2 checks\n");
    assert!(found.contains("1 confirmed, 0 refuted, 0 inconclusive"), "{found}");
    let (found, said) = interrupted(&["demo", "flatness"], 0.5);
    assert_eq!((found.as_str(), said.lines().count()), ("", 1));
}
