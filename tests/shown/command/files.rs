//! What is written to files, and what is left as it was.

use std::fs;

use serde_json::Value;

use super::{assert_refused, shadowflow, status, stderr, stdout};

#[test]
fn an_output_file_is_written_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("verdicts.json");
    fs::write(&path, "what stood there before").expect("written");
    let file = path.display().to_string();
    let asked = ["check", "gradient-flow", "--loss", "quadratic", "--format", "json"];
    let output = shadowflow(&[&asked[..], &["--out", &file]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).starts_with("1 confirmed, 0 refuted, 0 inconclusive"));
    let parsed: Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("there")).expect("JSON");
    assert_eq!(parsed[0]["theorem"], "gradient-flow");
    assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 1, "nothing else is left");
}

#[test]
fn a_failure_leaves_the_file_that_was_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("trace.csv");
    fs::write(&path, "what stood there before").expect("written");
    let file = path.display().to_string();
    assert_refused(&["check", "repartition", "--loss", "mlp", "--out", &file], &["components"]);
    let diverging = ["trace", "gradient-flow", "--loss", "factorisation", "--step-size", "50"];
    let asked = [&diverging[..], &["--horizon", "5000", "--out", &file]].concat();
    assert_refused(&asked, &["not finite"]);
    assert_eq!(fs::read_to_string(&path).expect("there"), "what stood there before");
    assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 1, "nothing else is left");
}

#[test]
fn unwritable_output_is_refused_before_anything_is_computed() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = directory.path().display().to_string();
    let missing = format!("{place}/none/verdicts.json");
    assert_refused(&["check", "--out", &missing], &[&missing, "No such file"]);
    assert_refused(&["check", "--out", &place], &[&place, "directory"]);
    let sealed = directory.path().join("sealed.json");
    fs::write(&sealed, "sealed").expect("written");
    let mut permissions = fs::metadata(&sealed).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&sealed, permissions).expect("sealed");
    let sealed = sealed.display().to_string();
    assert_refused(&["check", "--out", &sealed], &[&sealed, "read-only"]);
    let trace = ["trace", "gradient-flow", "--loss", "quadratic", "--step-size", "0.1"];
    assert_refused(&[&trace[..], &["--out", &missing]].concat(), &[&missing]);
}

#[test]
fn a_loss_that_an_audit_names_can_be_checked() {
    let output = shadowflow(&["check", "gradient-flow", "--loss", "quadratic@12"]);
    assert_eq!(status(&output), 0);
    let wrong = shadowflow(&["check", "gradient-flow", "--loss", "quadratic@x"]);
    assert_eq!(status(&wrong), 2);
    assert_eq!(stderr(&wrong).lines().count(), 1);
}

#[test]
fn results_never_replace_the_table_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.csv");
    let rows: String = (0..12).map(|i| format!("{},{}\n", i, (i * 7) % 5)).collect();
    std::fs::write(&table, format!("x,y\n{rows}")).unwrap();
    let name = table.to_str().unwrap();
    let asked = ["check", "gradient-flow", "--data", name, "--target", "y", "--out", name];
    let output = shadowflow(&asked);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("--data"), "{}", stderr(&output));
    assert!(std::fs::read_to_string(&table).unwrap().starts_with("x,y"));
}

/// What `check gradient-flow --loss quadratic` does with these further words, in that directory.
fn checked(directory: &std::path::Path, words: &[&str]) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_shadowflow"))
        .args(["check", "gradient-flow", "--loss", "quadratic"])
        .args(words)
        .current_dir(directory)
        .output()
        .expect("the binary runs")
}

#[test]
fn the_end_of_the_name_is_the_format_and_a_contradiction_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, begins) in [("found.json", "[\n{"), ("found.CSV", "theorem,"), ("found", "theorem ")]
    {
        assert_eq!(status(&checked(folder.path(), &["--out", name])), 0);
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(text.starts_with(begins), "{name}: {}", &text[..40]);
    }
    let words = ["--out", "other.csv", "--format", "json"];
    assert_refused(&[&["check"][..], &words].concat(), &["--format json", "'other.csv'"]);
    let trace = ["trace", "gradient-flow", "--loss", "quadratic", "--step-size", "0.1"];
    assert_refused(&[&trace[..], &["--out", "t.json"]].concat(), &["'t.json'", ".csv"]);
    assert!(!folder.path().join("other.csv").exists());
}

#[cfg(unix)]
#[test]
fn what_is_replaced_keeps_its_mode_and_a_link_is_written_through() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("target.json"), folder.path().join("link.json"));
    symlink("target.json", &link).unwrap();
    assert_eq!(status(&checked(folder.path(), &["--out", "link.json"])), 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&target).unwrap().starts_with("[\n{"), "the target is made");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(status(&checked(folder.path(), &["--out", "target.json"])), 0);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    symlink("round.json", folder.path().join("round.json")).unwrap();
    let round = checked(folder.path(), &["--out", "round.json"]);
    assert!(stderr(&round).contains("too many links"), "{}", stderr(&round));
}

#[cfg(unix)]
#[test]
fn an_open_descriptor_is_written_and_what_it_holds_stays() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    // As /dev/stdout is one; that itself is not put at risk by a test.
    let link = folder.path().join("stdout").display().to_string();
    std::os::unix::fs::symlink("/proc/self/fd/1", &link).unwrap();
    for out in [&*link, "/proc/self/fd/1", "/dev/fd/1", "-"] {
        if out != "-" && !std::path::Path::new(out).exists() {
            continue;
        }
        fs::write(&log, "what stood there before\n").unwrap();
        let appended = fs::OpenOptions::new().append(true).open(&log).unwrap();
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_shadowflow"))
            .args([
                "check",
                "gradient-flow",
                "--loss",
                "quadratic",
                "--format",
                "csv",
                "--out",
                out,
            ])
            .stdout(appended)
            .status()
            .unwrap();
        assert!(status.success());
        let text = fs::read_to_string(&log).unwrap();
        assert!(text.starts_with("what stood there before\ntheorem,loss,"), "{out}: {text}");
        assert!(!text.contains(" confirmed, "), "{out}: nothing else is printed there");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn whatever_ends_it_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["HUP", "INT", "TERM", "KILL"] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_shadowflow"))
            .args(["check", "--loss", "mlp", "--out", "found.json"])
            .current_dir(folder.path())
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
        let number = child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-s", signal, &number]).status();
        assert!(sent.unwrap().success());
        assert!(!child.wait().unwrap().success(), "{signal}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn inputs_without_an_end_are_refused() {
    for device in ["/dev/zero", "/dev/urandom"] {
        let asked = ["check", "gradient-flow", "--data", device, "--target", "y"];
        assert_refused(&asked, &[device, "NUL"]);
        assert_refused(&["report", "--from", device], &[device, "NUL"]);
    }
}

#[test]
fn threads_in_the_environment_obey_the_same_limit() {
    for wrong in ["0", "-1", "513", "many"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_shadowflow"))
            .args(["check", "gradient-flow", "--loss", "quadratic"])
            .env("RAYON_NUM_THREADS", wrong)
            .output()
            .unwrap();
        let limit = "it must be a whole number from 1 to 512";
        let said = format!("error: invalid value '{wrong}' for 'RAYON_NUM_THREADS': {limit}\n");
        assert_eq!((status(&output), stderr(&output)), (2, said));
    }
}
