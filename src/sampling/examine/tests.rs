//! How far an examination goes, and how it shows a path.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// The looks at a scheme of `steps` independent draws from three components.
fn looks(steps: usize) -> usize {
    let asked = AtomicUsize::new(0);
    let scheme = |path: &[Draw], m: usize| -> Vec<Draw> {
        let _ = asked.fetch_add(1, Ordering::Relaxed);
        if path.len() < steps { (0..m).map(Draw::One).collect() } else { Vec::new() }
    };
    examine(&scheme, 3, 1).unwrap();
    asked.load(Ordering::Relaxed)
}

/// Four walks along the first path, at most 10⁴ steps of enumeration where paths are not too long, and as
/// many random paths as about 10⁵ draws allow: two at least. Every path is looked at twice.
#[test]
fn long_paths_are_sampled_sparingly() {
    for steps in [20_usize, 40, 100, 300, 600, 2000] {
        let walked = if steps <= 500 { 2 * 10_000 } else { 0 };
        let paths = (100_000 / (steps * steps)).clamp(2, 300);
        let (found, known) = (looks(steps), walked + (4 + 2 * paths) * (steps + 1));
        assert!(found.abs_diff(known) <= known / 10, "{steps} steps: {found} looks, not {known}");
    }
    // All paths are walked where they are few: 3 + 9 + 27 draws, each of 40 paths looked at twice.
    assert_eq!(looks(3), 4 * 4 + 2 * 40);
}

#[test]
fn a_block_may_take_ten_thousand_steps_or_four_times_the_components() {
    for (components, longest) in [(1, 10_000), (2500, 10_000), (3000, 12_000)] {
        let of = |steps: usize| {
            let scheme = move |path: &[Draw], _: usize| -> Vec<Draw> {
                if path.len() < steps { vec![Draw::Full] } else { Vec::new() }
            };
            examine(&scheme, components, 1)
        };
        assert_eq!(of(longest), Ok(()), "{components} components");
        assert_eq!(of(longest + 1), Err(FalseFlag::NeverEnds { components, steps: longest }));
    }
}

#[test]
fn a_long_path_is_shown_by_its_first_twelve_draws_and_its_length() {
    let shown = |draws: usize| Path((0..draws).map(Draw::One).collect()).to_string();
    assert_eq!(shown(0), "the empty path");
    assert_eq!(shown(3), "the path 0 1 2");
    assert_eq!(shown(12), "the path 0 1 2 3 4 5 6 7 8 9 10 11");
    assert_eq!(shown(13), "the path 0 1 2 3 4 5 6 7 8 9 10 11 … of 13 draws");
    assert_eq!(shown(200), "the path 0 1 2 3 4 5 6 7 8 9 10 11 … of 200 draws");
    let mixed = Path(vec![Draw::Mean(vec![0, 2]), Draw::Full, Draw::One(1)]);
    assert_eq!(mixed.to_string(), "the path {0,2} full 1");
}
