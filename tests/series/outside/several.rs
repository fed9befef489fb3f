//! A theorem of several statements: none of their proofs stands for the others.

use super::{PROVED, REFUTED};
use shadowflow::flow::{BatchPenalty, GradientFlow, GradientPenalty};
use shadowflow::optimizer::GradientDescent;
use shadowflow::prelude::*;
use shadowflow::series::{ProofStatus, ProvedBatches};

fn tracking(flow: (i64, i64)) -> Tracking {
    Tracking::new(GradientDescent, GradientPenalty { coefficient: flow.into() }).local(3)
}

fn reshuffled() -> Tracking {
    Tracking::new(GradientDescent, BatchPenalty::default()).local(3).sampled(|_| RandomReshuffling)
}

#[test]
fn a_second_statement_that_is_false_refutes_the_theorem() {
    let (right, wrong) = (|| tracking((1, 4)), || tracking((1, 3)));
    for theorem in [
        Theorem::new("right, wrong").stating(right()).stating(wrong()),
        Theorem::new("wrong, right").stating(wrong()).stating(right()),
        Theorem::new("right, unprovable, wrong")
            .stating(right())
            .stating(Tracking::measured(GradientDescent, GradientFlow).global(1))
            .stating(wrong()),
    ] {
        let proof = theorem.proof(None).unwrap();
        assert_eq!(proof.status, REFUTED, "{}", theorem.id());
        assert!(proof.first_failure.unwrap().to_string().contains("not -2/3"));
    }
    let both = Theorem::new("right, right").stating(right()).stating(reshuffled());
    let proof = both.proof(None).unwrap();
    assert_eq!((proof.status, proof.batches), (PROVED, ProvedBatches::All));
    let alone = |claim: Tracking| Theorem::new("alone").stating(claim).proof(None).unwrap().trees;
    assert_eq!(proof.trees, alone(right()) + alone(reshuffled()));
    assert_eq!(both.derived_fields().unwrap().len(), 2);
}

#[test]
fn what_one_statement_leaves_unproved_the_theorem_leaves_unproved() {
    let measured = || {
        Tracking::measured(GradientDescent, GradientFlow).unprovable("it is not tried").global(1)
    };
    let proved = || tracking((1, 4));
    for theorem in [
        Theorem::new("proved, measured").stating(proved()).stating(measured()),
        Theorem::new("measured, proved").stating(measured()).stating(proved()),
    ] {
        let proof = theorem.proof(None).unwrap();
        assert_eq!(proof.status, ProofStatus::NotApplicable, "{}", theorem.id());
        assert_eq!(proof.unprovable.as_deref(), Some("it is not tried"));
    }
    // The numbers of minibatches are those that both speak of.
    let few = |listed: [usize; 2]| {
        reshuffled().where_components(match listed {
            [1, 3] => |m| if m % 2 == 1 { Ok(()) } else { Err("odd".to_owned()) },
            _ => |m| if m > 2 { Ok(()) } else { Err("more than two".to_owned()) },
        })
    };
    let theorem = Theorem::new("few").stating(few([1, 3])).stating(few([3, 4])).stating(proved());
    let ProvedBatches::Listed(listed) = theorem.proof(None).unwrap().batches else {
        panic!("these are not all")
    };
    assert_eq!(listed.iter().filter(|m| **m <= 4).collect::<Vec<_>>(), [&3]);
}

#[test]
fn the_controls_of_all_statements_are_series_controls() {
    let theorem = Theorem::new("two").stating(tracking((1, 4))).stating(
        reshuffled().twin_sampling("draw with replacement", |m| IndependentDraws { steps: m }),
    );
    let names: Vec<String> =
        theorem.series_controls().iter().map(shadowflow::leg::Sabotage::name).collect();
    assert_eq!(
        names,
        [
            "omit gradient penalty",
            "negate gradient penalty",
            "gradient penalty ×1.01",
            "wrong clock",
            "omit batch penalty",
            "negate batch penalty",
            "batch penalty ×1.01",
            "draw with replacement",
        ]
    );
    for control in theorem.series_controls() {
        assert_eq!(theorem.proof(Some(&control)).unwrap().status, REFUTED, "{}", control.name());
    }
}
