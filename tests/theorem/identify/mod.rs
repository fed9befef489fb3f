//! Black boxes, written from the formulas by hand, and what they are found to be.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

mod at_a_point;
mod boxes;
mod bugs;
mod own;
mod refusals;
mod sampled;
mod strangers;
mod unknown;
mod variants;

use shadowflow::identify::{Answer, AnyBox, identify, problems};
use shadowflow::prelude::*;

/// What a box is, of the methods that this crate ships.
fn asked(black_box: &dyn AnyBox) -> Answer {
    identify(black_box, &problems().unwrap(), &Methods::standard()).unwrap()
}

/// The value that was found of a setting, or of the number of a change.
fn value(answer: &Answer, name: &str) -> f64 {
    let found = answer.setting(name).unwrap_or_else(|| panic!("{name} in {answer}"));
    found.value.unwrap_or_else(|| panic!("{name} is no number in {answer}"))
}

/// Asserts that the box is this method with these numbers, all of them within their bars, or nearest to it.
#[track_caller]
fn expect(answer: &Answer, named: bool, method: &str, settings: &[(&str, f64)]) {
    assert_eq!(answer.method(), Some(method), "{answer}");
    assert_eq!(matches!(answer, Answer::Named { .. }), named, "{answer}");
    assert!(!matches!(answer, Answer::Unknown { .. }), "{answer}");
    for &(name, wanted) in settings {
        let found = value(answer, name);
        assert!(
            (found - wanted).abs() < 1e-3 * wanted.abs().min(1.0),
            "{name} = {wanted}: {answer}"
        );
    }
}
