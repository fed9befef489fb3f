//! Well-known bugs, each found as what it is: which method, with what change, and at which step they part.

use shadowflow::identify::{Answer, AnyBox, Change, DecayPlace, Start};

use super::boxes::{ADAM, Adam, Place, from_rest, moving_average};
use super::{asked, expect, value};

/// Asserts that the box is `method` with one change, from which it parts at `step`.
#[track_caller]
fn parts(black_box: &dyn AnyBox, method: &str, change: Change, step: usize) -> Answer {
    let answer = asked(black_box);
    expect(&answer, false, method, &[]);
    let Answer::Nearest { changes, parts_at, error, .. } = &answer else { panic!("{answer}") };
    assert_eq!(changes.iter().map(|(change, _)| *change).collect::<Vec<_>>(), [change], "{answer}");
    assert_eq!((parts_at.step, parts_at.from.as_str()), (step, method), "{answer}");
    assert!(parts_at.term.starts_with(change.part()) && parts_at.by > 1e-9, "{answer}");
    assert!(*error < 1e-9, "{answer}");
    answer
}

#[test]
fn the_stabiliser_on_the_other_side_of_the_root() {
    for inside in [true, false] {
        let answer = asked(&Adam { inside, ..ADAM });
        expect(&answer, true, "adam", &[]);
        assert_eq!(answer.setting("inside").unwrap().text, inside.to_string());
        // Inside is what the register has by default.
        let parting = answer.parts_at().map(|at| (at.step, at.term.as_str()));
        assert_eq!(parting, (!inside).then_some((1, "inside = false, not true")), "{answer}");
    }
}

#[test]
fn the_stabiliser_before_the_correction() {
    let _ = parts(&Adam { stabilised_first: true, ..ADAM }, "adam", Change::StabilisedFirst, 1);
}

#[test]
fn bias_corrections_that_are_missing() {
    let cases = [((false, false), None), ((false, true), Some(0)), ((true, false), Some(1))];
    for (corrected, mean) in cases {
        let _ = parts(&Adam { corrected, ..ADAM }, "adam", Change::Uncorrected { mean }, 1);
    }
    let rmsprop = Adam { beta1: 0.0, corrected: (true, false), ..ADAM };
    let answer = asked(&rmsprop);
    expect(&answer, false, "rmsprop", &[("beta2", 0.99)]);
}

#[test]
fn a_bias_correction_that_is_off_by_one() {
    let answer = parts(&Adam { late: 1, ..ADAM }, "adam", Change::CorrectedLate { mean: None }, 1);
    assert!((value(&answer, "beta2") - 0.99).abs() < 1e-9);
}

#[test]
fn decay_in_every_wrong_place() {
    let places = [
        (Place::Before, true, DecayPlace::Before),
        (Place::After, true, DecayPlace::After),
        (Place::Before, false, DecayPlace::Before),
        (Place::Within, false, DecayPlace::Within),
        (Place::After, false, DecayPlace::After),
    ];
    for (at, rated, place) in places {
        let black_box = Adam { decay: 0.01, rated, place: at, ..ADAM };
        let answer = parts(&black_box, "adamw", Change::Decay { place, rated }, 1);
        assert!((value(&answer, "decay") - 0.01).abs() < 1e-9, "{answer}");
    }
}

#[test]
fn the_other_form_of_nesterov() {
    // v ← βv + g, w ← w − ε(g + βv): w here is what the register's form looks ahead at.
    let other = from_rest(|eps, batch, gradient, w, s| {
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = 0.9 * s.a[i] + g[i];
            w[i] -= eps * (g[i] + 0.9 * s.a[i]);
        }
    });
    let answer = parts(&other, "nesterov", Change::SeenAhead, 1);
    assert!(
        (value(&answer, "beta") - 0.9).abs() < 1e-9 && (value(&answer, "c") - 0.9).abs() < 1e-9
    );
    assert!(matches!(answer, Answer::Nearest { start: Start::Rest, .. }));
}

#[test]
fn a_first_step_that_is_undampened() {
    let change = Change::Filled { slot: None };
    let answer = parts(&moving_average(0.9, true), "ema-momentum", change, 1);
    assert!((value(&answer, "beta") - 0.9).abs() < 1e-9);
}

#[test]
fn momentum_applied_twice() {
    let around = |second: f64| {
        from_rest(move |eps, batch, gradient, w, s| {
            let g = gradient(batch, w);
            for i in 0..w.len() {
                s.a[i] = 0.8 * s.a[i] - eps * g[i];
                s.b[i] = second * s.b[i] + s.a[i];
                w[i] += s.b[i];
            }
        })
    };
    // The first step has no velocity yet.
    let answer = parts(&around(0.8), "heavy-ball", Change::MomentumAround, 2);
    assert!((value(&answer, "beta") - 0.8).abs() < 1e-3, "{answer}");
    assert!((value(&answer, "momentum again") - 0.8).abs() < 1e-3, "{answer}");
    let kept = from_rest(|eps, batch, gradient, w, s| {
        w.iter_mut().zip(&s.a).for_each(|(w, v)| *w += 0.5 * v);
        let g = gradient(batch, w);
        for i in 0..w.len() {
            s.a[i] = 0.5 * s.a[i] - eps * g[i];
            w[i] += s.a[i];
        }
    });
    let _ = parts(&kept, "heavy-ball", Change::MomentumKept, 2);
}

#[test]
fn minibatch_gradients_that_are_summed() {
    let summed = from_rest(|eps, batch, gradient, w, s| {
        let mut g = vec![0.0; w.len()];
        for &k in batch {
            g.iter_mut().zip(gradient(&[k], w)).for_each(|(g, x)| *g += x);
        }
        for i in 0..w.len() {
            s.a[i] = 0.9 * s.a[i] + g[i];
            w[i] -= eps * s.a[i];
        }
    });
    let answer = parts(&summed, "heavy-ball", Change::Summed, 1);
    // Three summed where their mean belongs: two thirds of the step too much.
    assert!((answer.parts_at().unwrap().by - 2.0 / 3.0).abs() < 1e-9, "{answer}");
    // The same, averaged, is no bug.
    let averaged = from_rest(|eps, batch, gradient, w, _| {
        let parts: Vec<Vec<f64>> = batch.iter().map(|&k| gradient(&[k], w)).collect();
        for i in 0..w.len() {
            let sum: f64 = parts.iter().map(|g| g[i]).sum();
            w[i] -= eps * sum / batch.len() as f64;
        }
    });
    expect(&asked(&averaged), true, "gradient-descent", &[]);
}

#[test]
fn a_step_size_that_is_doubled() {
    let doubled = from_rest(|eps, batch, gradient, w, _| {
        let g = gradient(batch, w);
        w.iter_mut().zip(g).for_each(|(w, g)| *w -= 2.0 * eps * g);
    });
    let answer = parts(&doubled, "gradient-descent", Change::Rate, 1);
    assert!((value(&answer, "factor") - 2.0).abs() < 1e-9, "{answer}");
}

#[test]
fn two_bugs_at_once() {
    let both = Adam { corrected: (false, false), decay: 0.1, place: Place::After, ..ADAM };
    let answer = asked(&both);
    expect(&answer, false, "adamw", &[("beta1", 0.9), ("beta2", 0.99), ("decay", 0.1)]);
    let Answer::Nearest { changes, .. } = &answer else { panic!("{answer}") };
    assert_eq!(changes.len(), 2, "{answer}");
}
