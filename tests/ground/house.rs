//! The house is as CONTRIBUTING draws it: every room has a row in the map, and imports only what its row says,
//! which are rooms above it in the map.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const MAP: &str = include_str!("../../CONTRIBUTING.md");

/// The rooms of the map in its order, each with those that it may use.
fn map() -> Vec<(String, Vec<String>)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let room = cells.get(1)?.strip_prefix("`src/")?.strip_suffix("/`")?.to_owned();
        let used = cells[cells.len() - 2].split(", ").filter(|name| *name != "–");
        Some((room, used.map(str::to_owned).collect()))
    };
    MAP.lines().filter_map(row).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

/// Unit tests may look anywhere.
fn is_test(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests" || stem == "synthetic")
}

/// The rooms that `text` names as `crate::room`, outside comments and unit tests.
fn named(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut rooms = BTreeSet::new();
    for line in code {
        for after in line.split("crate::").skip(1) {
            let name: String =
                after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                let _ = rooms.insert(name);
            } else {
                // Rooms are named one by one, so that this test sees them.
                assert!(!after.starts_with('{'), "name each room in a `use` of its own: {line}");
            }
        }
    }
    rooms
}

#[test]
fn every_room_imports_what_the_map_says_and_nothing_else() {
    let map = map();
    assert!(map.len() > 15, "{map:?}");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (room, allowed) in &map {
        for file in files(&source.join(room)).into_iter().filter(|file| !is_test(file)) {
            for name in named(&std::fs::read_to_string(&file).unwrap()) {
                let own = name == *room;
                assert!(
                    own || allowed.contains(&name),
                    "{} imports {name}, which the map of rooms does not allow {room}",
                    file.display()
                );
                if !own {
                    let _ = used.entry(room.clone()).or_default().insert(name);
                }
            }
        }
    }
    // A permission that nobody uses is a row that has gone stale.
    for (room, allowed) in &map {
        let mine = used.get(room).cloned().unwrap_or_default();
        for name in allowed {
            assert!(mine.contains(name), "{room} does not use {name}; take it out of its row");
        }
    }
}

#[test]
fn every_room_has_a_row_below_those_that_it_uses() {
    let map = map();
    let place = |name: &str| map.iter().position(|(room, _)| room == name);
    for (at, (room, allowed)) in map.iter().enumerate() {
        for name in allowed {
            let below = place(name).unwrap_or_else(|| panic!("{room} may use {name}, no room"));
            assert!(below < at, "{room} may use {name}, which stands below it in the map");
        }
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(place(&name).is_some(), "src/{name}/ has no row in the map of rooms");
        }
    }
}

#[test]
fn names_are_read_out_of_code_and_not_out_of_comments() {
    let text = "use crate::loss::{self, Problem};\n/// [`x`](crate::report)\nlet y = crate::flow::f(crate::Z);";
    assert_eq!(named(text), ["flow", "loss"].map(str::to_owned).into());
}
