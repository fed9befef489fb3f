//! Sides and twins that are equal, and twins beyond what can be walked.

use super::*;

/// A loss without curvature: descent and its flow are the same.
struct Slope;

impl Loss for Slope {
    fn dim(&self) -> usize {
        2
    }
    fn value<S: Scalar>(&self, _batch: usize, w: &[S]) -> S {
        w[0].scale(0.5) + w[1].scale(0.25)
    }
}

#[test]
fn equal_sides_are_said_to_be_equal() {
    let problem = Problem::new("slope", Slope, DVector::from_vec(vec![1.0, 2.0]));
    let claim = Theorem::tracks("flow", GradientDescent, GradientFlow, 2, 1);
    let outcome = check(&claim, &problem, &Settings::default()).unwrap();
    assert_eq!(outcome.verdict, Verdict::Inconclusive);
    assert!(reason(&outcome).contains("the two sides are equal"), "{}", reason(&outcome));
}

#[test]
fn a_twin_that_is_the_claim_is_left_out() {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("random-reshuffling").unwrap();
    for (batches, left) in [(1, true), (2, false)] {
        let problem = preset("factorisation", Some(batches), None, 1).unwrap();
        let outcome = check(theorem, &problem, &Settings::default()).unwrap();
        let names: Vec<&str> = outcome.left_out.iter().map(|out| out.name.as_str()).collect();
        assert_eq!(names.contains(&"sample with replacement"), left, "{batches}: {names:?}");
        let tried = outcome.controls.iter().any(|c| c.name == "sample with replacement");
        assert_eq!(tried, !left, "{batches}");
        outcome.assert_confirmed();
        let sabotage = Some(Sabotage::Twin("sample with replacement".to_owned()));
        let settings = Settings { sabotage, prove: false, ..Settings::default() };
        let twin = check(theorem, &problem, &settings).unwrap();
        let expected = if left { Verdict::Inconclusive } else { Verdict::Refuted };
        assert_eq!(twin.verdict, expected, "{batches}: {}", reason(&twin));
    }
}

#[test]
fn a_twin_beyond_the_path_limit_is_left_out_with_a_word() {
    let claim = Theorem::new("fixed time").stating(
        Tracking::new(GradientDescent, BatchPenalty::default())
            .global(2)
            .sampled(|_| RandomReshuffling)
            .twin_sampling("sample with replacement", |m| IndependentDraws { steps: m }),
    );
    let problem = preset("mlp", Some(5), None, 1).unwrap();
    let outcome = check(&claim, &problem, &Settings::default()).unwrap();
    assert_eq!(outcome.left_out.len(), 1, "{:?}", outcome.controls);
    assert!(outcome.left_out[0].reason.contains("paths"), "{}", outcome.left_out[0].reason);
    assert!(outcome.controls.iter().all(|c| c.name != "sample with replacement"));
}
