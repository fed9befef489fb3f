//! Words, numbers and pairs that are refused in one line.

use super::{assert_refused, shadowflow, status, stderr};

#[test]
fn unknown_theorem_suggests_the_nearest() {
    assert_refused(
        &["check", "random-reshufling"],
        &["'random-reshufling'", "'random-reshuffling'"],
    );
    assert_refused(
        &["trace", "gradientflow", "--loss", "quadratic", "--step-size", "0.1"],
        &["'gradientflow'", "did you mean 'gradient-flow'"],
    );
}

#[test]
fn unknown_loss_suggests_the_nearest() {
    let wrong = ["'quadratik'", "did you mean 'quadratic'"];
    assert_refused(&["check", "--loss", "quadratik"], &wrong);
    assert_refused(
        &["trace", "gradient-flow", "--loss", "quadratik", "--step-size", "0.1"],
        &wrong,
    );
}

#[test]
fn unknown_control_suggests_the_nearest() {
    assert_refused(
        &["check", "random-reshuffling", "--loss", "quadratic", "--sabotage", "omit bach penalty"],
        &["'omit bach penalty'", "did you mean 'omit batch penalty'"],
    );
    assert_refused(
        &["check", "random-reshuffling", "--loss", "quadratic", "--sabotage", "turn around"],
        &["'turn around'", "wrong clock"],
    );
}

#[test]
fn unknown_words_are_one_line() {
    assert_refused(&["chek"], &["'chek'", "'check'"]);
    assert_refused(&["check", "--formt", "json"], &["'--formt'", "'--format'"]);
    assert_refused(&["check", "--format", "xml"], &["'xml'", "table, json"]);
    assert_refused(&["trace", "gradient-flow"], &["--loss", "--step-size"]);
}

#[test]
fn no_word_at_all_shows_the_help() {
    let output = shadowflow(&[]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("Usage"));
    assert_eq!(status(&shadowflow(&["--help"])), 0);
    assert_eq!(status(&shadowflow(&["--version"])), 0);
}

// Numbers.

#[test]
fn step_sizes_are_finite_and_above_zero() {
    for wrong in ["0", "-0.1", "nan", "inf", "-inf", "1e999", "small", ""] {
        assert_refused(
            &["trace", "gradient-flow", "--loss", "quadratic", "--step-size", wrong],
            &[&format!("'{wrong}'"), "--step-size", "above 0"],
        );
    }
}

#[test]
fn horizons_are_finite_and_above_zero() {
    for wrong in ["0", "-1", "NaN", "infinity", "soon"] {
        assert_refused(&["check", "--horizon", wrong], &[&format!("'{wrong}'"), "above 0"]);
    }
}

#[test]
fn counts_are_whole_and_above_zero() {
    for wrong in ["0", "-1", "1.5", "many", "99999999999999999999"] {
        let value = format!("'{wrong}'");
        assert_refused(&["check", "--threads", wrong], &[&value, "--threads", "from 1"]);
        assert_refused(&["check", "--batches", wrong], &[&value, "--batches", "from 1"]);
    }
    assert_refused(&["check", "--seed", "-1"], &["'-1'", "--seed", "from 0"]);
}

#[test]
fn too_many_orders_are_refused() {
    for loss in ["quadratic", "mlp"] {
        assert_refused(
            &["check", "random-reshuffling", "--loss", loss, "--batches", "100"],
            &["100 batches", "too many orders", loss],
        );
    }
    assert_refused(
        &["trace", "random-reshuffling", "--loss", "mlp", "--batches", "100", "--step-size", "0.1"],
        &["100 batches", "too many orders"],
    );
}

#[test]
fn too_few_or_too_many_batches_for_the_loss() {
    assert_refused(
        &["check", "random-reshuffling", "--loss", "two-minima", "--batches", "1"],
        &["at least 2", "1 was asked for"],
    );
    assert_refused(&["check", "--loss", "mlp", "--batches", "400"], &["150 rows", "400"]);
}

#[test]
fn a_horizon_that_no_step_reaches_names_the_nearest() {
    let trace = |horizon| {
        let asked = ["trace", "gradient-flow", "--loss", "quadratic", "--step-size", "0.1"];
        [&asked[..], &["--horizon", horizon]].concat()
    };
    assert_refused(&trace("0.55"), &["0.55", "0.1", "0.5 or 0.6"]);
    assert_refused(&trace("0.04"), &["0.04", "take 0.1"]);
    assert_eq!(status(&shadowflow(&trace("0.7"))), 0);
    assert_refused(&trace("1e9"), &["at most 100000"]);
    let epochs = ["trace", "single-order", "--loss", "quadratic", "--step-size", "0.1"];
    assert_refused(&[&epochs[..], &["--horizon", "0.5"]].concat(), &["0.3", "take 0.3 or 0.6"]);
}

#[test]
fn a_diverging_trace_is_refused() {
    assert_refused(
        &[
            "trace",
            "gradient-flow",
            "--loss",
            "factorisation",
            "--step-size",
            "50",
            "--horizon",
            "5000",
        ],
        &["not finite", "50"],
    );
}

#[test]
fn a_theorem_without_trajectories_has_no_trace() {
    assert_refused(
        &["trace", "variance-decomposition", "--loss", "quadratic", "--step-size", "0.1"],
        &["'variance-decomposition'", "no trajectories"],
    );
}

#[test]
fn a_cell_the_theorem_does_not_speak_of_is_refused_if_it_is_the_only_one() {
    let only = ["check", "repartition", "--loss", "factorisation"];
    assert_refused(&only, &["repartition", "factorisation", "4 or 6 components"]);
    let among = ["check", "repartition", "gradient-flow", "--loss", "factorisation"];
    let output = shadowflow(&among);
    assert_eq!(status(&output), 0);
    assert!(stderr(&output).starts_with("note: repartition on factorisation skipped: "));
    assert_eq!(stderr(&output).lines().count(), 1);
}

// What a message repeats.

#[test]
fn no_message_repeats_more_than_eighty_characters_of_a_value_or_lists_everything() {
    let (number, words) = ("9".repeat(1000), "no such thing ".repeat(100));
    let drawn = format!("quadratic@{number}");
    let trace = ["trace", "gradient-flow", "--loss", "quadratic", "--step-size"];
    let cases: [&[&str]; 12] = [
        &["check", &number],
        &["check", &words],
        &["check", "--loss", &words],
        &["check", "--loss", &drawn],
        &["check", "gradient-flow", "--loss", "quadratic", "--seed", &number],
        &["check", "gradient-flow", "--threads", &words],
        &["check", "--format", &words],
        &["check", "--data", &number, "--target", "y"],
        &[&trace[..], &["0.1", "--horizon", "1e300"]].concat(),
        &[&trace[..], &["1e300", "--horizon", "1.5e300"]].concat(),
        &[&trace[..], &["1e-300", "--horizon", "1"]].concat(),
        &["trace", "single-order", "--loss", "quadratic", "--step-size", "1e308"],
    ];
    for asked in cases {
        assert_refused(asked, &[]);
        let said = stderr(&shadowflow(asked));
        assert!(said.chars().count() < 300, "{said}");
        assert!(!said.contains("0000000000"), "{said}");
    }
    assert_refused(&["check", "entropy"], &["there is no theorem 'entropy'; `list` names all"]);
    assert_refused(&["check", "--loss", "entropy"], &["'entropy'; `list` names all"]);
    assert_refused(&["derive", "entropy"], &["'entropy'; `list --methods` names all"]);
}

#[test]
fn a_step_size_beyond_stability_is_said_to_be() {
    let trace = |size: &str| {
        let asked = ["trace", "gradient-flow", "--loss", "quadratic", "--step-size", size];
        shadowflow(&[&asked[..], &["--horizon", "9"]].concat())
    };
    let output = trace("1.5");
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.starts_with("note: the step size is beyond ") && said.contains("stable"),
        "{said}"
    );
    assert_eq!(stderr(&trace("0.1")), "");
    // Also where there is nothing to show.
    assert_refused(
        &[
            "trace",
            "gradient-flow",
            "--loss",
            "factorisation",
            "--step-size",
            "10",
            "--horizon",
            "300",
        ],
        &["the iterates are not finite after step 7", "; the step size is beyond 3.24e-1, where"],
    );
    assert_refused(
        &["check", "heavy-ball", "--set", "beta=1/4", "--set", "beta=1/3"],
        &["beta is set twice, to 1/4 and to 1/3: give it one value"],
    );
}
