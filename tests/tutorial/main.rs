//! The tutorial does what it says: its commands are run and print what it shows, its programs are those that are
//! compiled here, its pictures those that the command draws.
//!
//! This program is the tutorial's own one too, before and after its flow is claimed, where it runs itself.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

mod first {
    include!("first.rs");

    pub(super) fn program() -> std::process::ExitCode {
        main().unwrap()
    }
}

// Its tests are run with those of theorems.
#[allow(dead_code, unused_imports, clippy::expect_used, clippy::items_after_test_module)]
mod claimed {
    include!("claimed.rs");

    pub(super) fn program() -> std::process::ExitCode {
        main().unwrap()
    }
}

/// Set to the name of the program that this one is to be.
const ROLE: &str = "SHADOWFLOW_TEST_OF_THE_TUTORIAL";

/// What prepares a computer, and is not run.
const SETUP: [&str; 3] =
    ["cargo install --path shadowflow", "cargo new glance", "cargo test --release"];

/// How the reader's own program is run.
const OWN: &str = "cargo run --release -- ";

/// A fenced block.
struct Block {
    language: String,
    /// The file that it is, or is a part of.
    file: String,
    text: String,
}

/// A section with its blocks.
struct Section {
    title: String,
    blocks: Vec<Block>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sections() -> Vec<Section> {
    let mut sections = vec![Section { title: "start".to_owned(), blocks: Vec::new() }];
    let mut open: Option<Block> = None;
    for line in read("docs/tutorial.md").lines() {
        let blocks = &mut sections.last_mut().unwrap().blocks;
        match (open.take(), line.strip_prefix("```")) {
            (Some(block), Some("")) => blocks.push(block),
            (Some(mut block), _) => {
                block.text += line;
                block.text.push('\n');
                open = Some(block);
            }
            (None, Some(info)) => {
                let (language, file) = info.split_once(' ').unwrap_or((info, ""));
                let (language, file) = (language.to_owned(), file.to_owned());
                open = Some(Block { language, file, text: String::new() });
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    let title = title.to_lowercase().replace(['.', '?'], "").replace(' ', "-");
                    sections.push(Section { title, blocks: Vec::new() });
                }
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    sections
}

fn parts(file: &str) -> Vec<String> {
    let blocks = sections().into_iter().flat_map(|section| section.blocks);
    blocks.filter(|block| block.file == file).map(|block| block.text).collect()
}

/// The words of a command line, of which double quotes keep some together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// What is the same on every computer: without times, bars of round-off, and the widths of columns.
fn lasting(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let mut words: Vec<String> = line.split_whitespace().map(bare).collect();
        let count = words.len();
        let decimals = |word: &str| {
            let (whole, decimals) = word.split_once('.')?;
            (word.parse::<f64>().is_ok() && !whole.is_empty()).then_some(decimals.len())
        };
        match words.as_mut_slice() {
            [.., number, unit] if matches!(unit.trim_end_matches('.'), "s" | "min") => {
                "time".clone_into(number);
            }
            [_, .., last] if decimals(last) == Some(2) => "time".clone_into(last),
            _ => {}
        }
        words.retain(|word| count < 2 || word != "under");
        words.join(" ")
    });
    lines.map(|line| line.trim().to_owned()).collect()
}

/// A word without the length of a rule or a bar that is a power of ten.
fn bare(word: &str) -> String {
    if word.chars().all(|c| c == '─') {
        return "─".to_owned();
    }
    match word.split_once('(') {
        Some((value, bar)) if bar.contains("e-") && bar.ends_with(')') => value.to_owned(),
        _ => word.to_owned(),
    }
}

/// Runs the commands of a block in a directory, and compares what they print with what is shown.
fn run(text: &str, own: &str, directory: &Path) {
    let mut status = 0;
    for said in format!("\n{text}").split("\n$ ").skip(1) {
        let (line, shown) = said.split_once('\n').unwrap_or((said, ""));
        if line == "echo $?" {
            assert_eq!(shown.trim(), status.to_string(), "the status before `{line}`");
            assert!(status > 0, "a status of 0 need not be shown");
            status = 0;
            continue;
        }
        assert_eq!(status, 0, "the status is not said before `{line}`");
        let mut command = if let Some(arguments) = line.strip_prefix("shadowflow ") {
            let mut command = Command::new(env!("CARGO_BIN_EXE_shadowflow"));
            let _ = command.args(words(arguments));
            command
        } else {
            let arguments = line.strip_prefix(OWN).unwrap_or_else(|| panic!("what is `{line}`?"));
            let mut command = Command::new(std::env::current_exe().unwrap());
            let _ = command.args(words(arguments)).env(ROLE, own);
            command
        };
        let output = command.current_dir(directory).output().unwrap();
        status = output.status.code().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        let (printed_lines, shown_lines) = (lasting(printed.trim()), lasting(shown.trim()));
        assert_eq!(printed_lines, shown_lines, "`{line}` prints\n{printed}");
    }
    assert_eq!(status, 0, "the status is not said");
}

/// Runs what a section shows, in a directory with its tables.
fn section(section: &Section, own: &str) {
    let directory = tempfile::tempdir().unwrap();
    for block in &section.blocks {
        match &*block.language {
            "console" => run(&block.text, own, directory.path()),
            "csv" => fs::write(directory.path().join(&block.file), &block.text).unwrap(),
            "sh" => {
                let mut lines = block.text.lines();
                assert!(lines.all(|line| SETUP.contains(&line)), "not run: {}", block.text);
            }
            "toml" | "rust" => assert!(!block.file.is_empty(), "of no file: {}", block.text),
            other => panic!("nobody checks a block of {other}"),
        }
    }
    pictures(section, directory.path());
}

/// The pictures that the commands of a section draw are those that it shows.
fn pictures(section: &Section, directory: &Path) {
    let drawn = |file: &str| {
        let text = fs::read_to_string(directory.join(file)).ok()?;
        // What is drawn now, to be looked at before it takes the place of a picture.
        fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(file), &text).unwrap();
        Some(text)
    };
    if let Some(leaving) = drawn("leaving.svg") {
        let alike = leaving == read("docs/tutorial/leaving.svg");
        assert!(alike, "docs/tutorial/leaving.svg is not what {} draws", section.title);
    }
    if let Some(page) = drawn("glance.html") {
        let orders = read("docs/tutorial/orders.svg");
        // What makes it a file of its own is the element around it and the white below it.
        let (_, inner) = orders.trim_end().split_once("fill=\"#FFFFFF\"/>").unwrap();
        assert!(page.contains(inner), "docs/tutorial/orders.svg is not a figure of the page");
    }
}

/// The pieces of the program that are shown make up the one that is run.
fn programs() {
    let first = read("tests/tutorial/first.rs");
    assert_eq!(parts("first.rs"), std::slice::from_ref(&first));
    let (kept, _) = first.split_once("fn main()").unwrap();
    let whole = format!("{kept}{}", parts("claimed.rs").join("\n"));
    assert_eq!(whole, read("tests/tutorial/claimed.rs"));
}

/// The distances that are told of the last row of the first trace are those of its numbers.
fn distances() {
    let text = read("docs/tutorial.md");
    let (_, after) = text.split_once("time,step,iterate_0").unwrap();
    let (rows, after) = after.split_once("\n```\n").unwrap();
    let last: Vec<f64> =
        rows.lines().last().unwrap().split(',').map(|cell| cell.parse().unwrap()).collect();
    let from = |flow: usize| (last[2] - last[flow]).hypot(last[3] - last[flow + 1]);
    let said = format!("{:.4} from the gradient flow and {:.4} from", from(4), from(6));
    assert!(after.contains(&said), "it is {said}");
}

/// Cargo reads the manifest, which is that of a crate beside this one, with its edition.
fn manifest() {
    let directory = tempfile::tempdir().unwrap();
    let [text] = parts("Cargo.toml").try_into().unwrap();
    assert!(text.contains("shadowflow = { path = \"../shadowflow\" }"), "{text}");
    let edition = |of: &str| of.lines().find(|l| l.starts_with("edition")).map(str::to_owned);
    assert_eq!(edition(&text), edition(&read("Cargo.toml")));
    fs::write(directory.path().join("Cargo.toml"), text).unwrap();
    fs::create_dir(directory.path().join("src")).unwrap();
    fs::write(directory.path().join("src/main.rs"), read("tests/tutorial/first.rs")).unwrap();
    let read = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let found: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(found["packages"][0]["dependencies"][0]["name"], "shadowflow");
}

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok("first") => return first::program(),
        Ok("claimed") => return claimed::program(),
        _ => {}
    }
    let trial = |name: String, test: Box<dyn FnOnce() + Send>| {
        Trial::test(format!("tutorial::{name}"), move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    let mut trials = vec![
        trial("programs".to_owned(), Box::new(programs)),
        trial("manifest".to_owned(), Box::new(manifest)),
        trial("distances".to_owned(), Box::new(distances)),
    ];
    let mut own = "none";
    for part in sections() {
        for block in part.blocks.iter().filter(|block| block.language == "rust") {
            own = if block.file == "first.rs" { "first" } else { "claimed" };
        }
        trials.push(trial(part.title.clone(), Box::new(move || section(&part, own))));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
