//! What is no question gets one clear sentence.

use std::cell::Cell;

use shadowflow::identify::{Gradient, IdentifyError, black_box, identify, problems};
use shadowflow::prelude::*;

use super::boxes::{ADAM, Adam, from_rest, heavy_ball};

fn refused(black_box: &dyn shadowflow::identify::AnyBox) -> IdentifyError {
    identify(black_box, &problems().unwrap(), &Methods::standard()).unwrap_err()
}

#[test]
fn there_must_be_something_to_ask_it_on_and_to_compare_it_with() {
    let none = identify(&heavy_ball(0.5), &[], &Methods::standard()).unwrap_err();
    assert_eq!(none, IdentifyError::NoProblems);
    let none = identify(&heavy_ball(0.5), &problems().unwrap(), &Methods::empty()).unwrap_err();
    assert_eq!(none, IdentifyError::NoMethods);
}

#[test]
fn gradients_of_what_there_is_not() {
    let short = from_rest(|_, batch, gradient, w, _| {
        let _ = gradient(batch, &w[1..]);
    });
    let error = refused(&short);
    assert!(matches!(error, IdentifyError::Dimension { given: 1, dim: 2, .. }), "{error}");
    let beyond = from_rest(|_, _, gradient, w, _| {
        let _ = gradient(&[7], w);
    });
    let error = refused(&beyond);
    assert!(
        matches!(&error, IdentifyError::Batch { given, batches: 3, .. } if given == &[7]),
        "{error}"
    );
}

#[test]
fn iterates_that_are_no_numbers() {
    // A correction by 1 − β⁰.
    let error = refused(&Adam { late: -1, ..ADAM });
    assert!(matches!(error, IdentifyError::NotFinite { step: 1, .. }), "{error}");
    assert!(error.to_string().contains("counts from 0"), "{error}");
}

#[test]
fn steps_that_do_not_look_at_the_gradient() {
    let blind = from_rest(|eps, batch, gradient, w, _| {
        let _ = gradient(batch, w);
        w.iter_mut().for_each(|w| *w -= eps * *w);
    });
    let error = refused(&blind);
    assert!(matches!(error, IdentifyError::IgnoresGradient { .. }), "{error}");
    let idle = from_rest(|_, _, _, _, _| {});
    assert!(matches!(refused(&idle), IdentifyError::IgnoresGradient { .. }));
}

#[test]
fn a_run_must_repeat_itself() {
    let calls = Cell::new(0.0);
    let drifting = black_box(
        |_: &[f64]| (),
        |eps: f64, batch: &[usize], gradient: &mut Gradient, w: &mut [f64], _: &mut ()| {
            calls.set(calls.get() + 1.0);
            let g = gradient(batch, w);
            w.iter_mut().zip(g).for_each(|(w, g)| *w -= eps * (1.0 + 1e-3 * calls.get()) * g);
        },
    );
    let error = refused(&drifting);
    assert!(matches!(error, IdentifyError::NotRepeatable { step: 1, .. }), "{error}");
}

#[test]
fn a_panic_is_an_answer_and_not_an_end() {
    let broken = from_rest(|_, _, _, _, s| assert!(s.n < 5, "five is too many"));
    let error = refused(&broken);
    assert!(error.to_string().ends_with("five is too many"), "{error}");
}
