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

#[test]
fn a_derivation_that_would_take_too_much_is_refused_before_it_begins() {
    let shuffled = ["derive", "random-reshuffling", "--order", "4", "--batches"];
    let cases: [(&[&str], &[&str]); 7] = [
        (
            &[&shuffled[..], &["27"]].concat(),
            &["27 minibatches have 1.1e28 orders, too many to average; --batches 7 would do"],
        ),
        (&[&shuffled[..], &["1000"]].concat(), &["1000 minibatches have 1e308 and more orders"]),
        (
            &[&shuffled[..], &["8"]].concat(),
            &[
                "order 4 with 8 minibatches is foreseen to take 16",
                "the budget is 30 s; --order 3, --batches 7 or --budget none would do",
            ],
        ),
        (
            &["derive", "gradient-descent", "--order", "60"],
            &["about 5.2e25 GB for 2.5e25 trees, and 4 GB are allowed; --order 13 would do"],
        ),
        (
            &[
                "derive",
                "heavy-ball",
                "--sampling",
                "single-order",
                "--batches",
                "500",
                "--order",
                "3",
            ],
            &[
                "order 3 with 500 minibatches needs about",
                "4 GB are allowed; --order 1 or --batches ",
            ],
        ),
        (
            &["derive", "nesterov", "--order", "13"],
            &["order 13 is foreseen to take", "; --order 12 or --budget none would do"],
        ),
        (&["derive", "heun", "--budget", "0"], &["'--budget", "such as 30, or none"]),
    ];
    let began = std::time::Instant::now();
    for (asked, parts) in cases {
        assert_refused(asked, parts);
    }
    // A forest of eight colours and four nodes alone takes longer.
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

/// What cannot be foreseen, as for methods with maps, is given up.
#[test]
fn a_derivation_that_takes_more_than_its_budget_is_given_up() {
    let asked = ["derive", "adam", "--order", "8", "--budget", "0.5"];
    assert_refused(&asked, &["it has taken the 0.5 s of processor time that are its budget"]);
    let output = shadowflow(&["derive", "adam", "--order", "3", "--budget", "none"]);
    assert_eq!((status(&output), super::stderr(&output)), (0, String::new()));
}

#[test]
fn what_looks_at_the_whole_loss_alone_has_one_field_for_any_number_of_minibatches() {
    for method in ["nesterov", "adam"] {
        let alone = shadowflow(&["derive", method, "--order", "2"]);
        let many = shadowflow(&["derive", method, "--order", "2", "--batches", "1000"]);
        assert_eq!(status(&many), 0);
        assert_eq!(stdout(&many), stdout(&alone));
        let said = super::stderr(&many);
        assert!(
            said.starts_with(&format!("note: {method} looks at the whole loss alone")),
            "{said}"
        );
    }
    // What is drawn one by one keeps its colours.
    let drawn = ["derive", "gradient-descent", "--sampling", "with-replacement", "--order", "2"];
    let drawn = shadowflow(&[&drawn[..], &["--batches", "3"]].concat());
    assert!(stdout(&drawn).contains("c[b]"), "{}", stdout(&drawn));
    assert_eq!(super::stderr(&drawn), "");
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
    // What is wrong or open is said as soon as it is known, and again below the table.
    let (while_it_ran, ended): (Vec<&str>, Vec<&str>) =
        said.lines().partition(|line| line.starts_with("found: check "));
    let [ended] = ended[..] else { panic!("{said}") };
    assert!(ended.starts_with("note: interrupted after "), "{said}");
    assert!(ended.ends_with(" of 1750000 checks"), "{said}");
    for line in while_it_ran.iter().take(20) {
        let words = line.trim_start_matches("found: ").split(" is ").next().expect("a command");
        assert!(found.contains(words), "{line}\n{found}");
    }
    assert!(found.contains("random-reshuffling"), "{found}");
    let asked = ["check", "gradient-flow", "rk4", "--loss", "mlp", "--budget", "none"];
    let (found, said) = interrupted(&[&asked[..], &["--threads", "1"]].concat(), 2.0);
    assert_eq!(said, "note: interrupted after 1 of 2 checks\n");
    assert!(found.contains("1 confirmed, 0 refuted, 0 inconclusive"), "{found}");
    let (found, said) = interrupted(&["demo", "flatness"], 0.5);
    assert_eq!((found.as_str(), said.lines().count()), ("", 1));
    let (found, said) = interrupted(&["derive", "adam", "--order", "10", "--budget", "none"], 0.5);
    assert_eq!(
        (found.as_str(), said.as_str()),
        ("", "note: interrupted before the field was derived\n")
    );
}
