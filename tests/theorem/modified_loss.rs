//! What memory does, as a modified loss: where it ends, and which methods have none.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use shadowflow::arithmetic::maps::{Direction, Scaled};
use shadowflow::flow::{ModifiedLoss, Observable};
use shadowflow::optimizer::{Adam, Decayed, Directed};
use shadowflow::prelude::*;
use shadowflow::series::ProofStatus;

const E: Ratio = Ratio::new(1, 5);
const HALF: Ratio = Ratio::new(1, 2);
const NONE: Ratio = Ratio::new(0, 1);

fn signs(lag: Ratio, decay: Ratio) -> ModifiedLoss<Direction> {
    let psi = Direction::Sign { stabiliser: E };
    ModifiedLoss { psi, seen: vec![Observable::Gradient], lag, decay, penalty: "penalty" }
}

fn scaled(lag: Ratio) -> ModifiedLoss<Scaled> {
    let psi = Scaled { stabiliser: E, inside: true };
    let seen = vec![Observable::Gradient, Observable::SquaredGradient];
    ModifiedLoss { psi, seen, lag, decay: NONE, penalty: "penalty" }
}

fn adam(one: Ratio, two: Ratio) -> Adam {
    Adam::new(one, two, E, true).unwrap()
}

fn proof(tracking: Tracking) -> shadowflow::series::Proof {
    Theorem::new("penalty").stating(tracking).proof(None).unwrap()
}

#[test]
fn a_modified_loss_is_proved_for_any_rates_and_decay() {
    for (one, two) in [((1, 2), (3, 4)), ((9, 10), (99, 100)), ((0, 1), (1, 2))] {
        let (one, two) = (Ratio::from(one), Ratio::from(two));
        let lag = one / (Ratio::new(1, 1) - two);
        let lion = Directed::lion(one, two, E).unwrap();
        for decay in [NONE, Ratio::new(1, 3)] {
            let claim = |lag| Tracking::new(Decayed { inner: lion, decay }, signs(lag, decay));
            let proof_of = |lag| proof(claim(lag).formal(3).global(2));
            assert_eq!(proof_of(lag).status, ProofStatus::Proved, "{one} {two} {decay}");
            assert_eq!(proof_of(lag + Ratio::new(1, 100)).status, ProofStatus::Refuted);
        }
    }
}

#[test]
fn no_modified_loss_of_this_kind_goes_beyond_the_first_order() {
    let sign = Directed::sign(E).unwrap();
    let further = |order| proof(Tracking::new(sign, signs(NONE, NONE)).local(order));
    assert_eq!(further(3).status, ProofStatus::Proved);
    assert_eq!(further(4).first_failure.unwrap().power, 2);
    let equal = Tracking::new(adam(HALF, HALF), scaled(Ratio::new(1, 1))).global(2);
    assert_eq!(proof(equal.formal(4)).first_failure.unwrap().power, 2);
}

#[test]
fn adam_has_such_a_loss_only_with_equal_rates() {
    let one = Ratio::new(1, 1);
    let claimed = |rates: (Ratio, Ratio), lag| {
        proof(Tracking::new(adam(rates.0, rates.1), scaled(lag)).formal(3).global(2)).status
    };
    assert_eq!(claimed((HALF, HALF), one), ProofStatus::Proved);
    let other = Ratio::new(3, 4);
    for lag in [one, Ratio::new(3, 1), Ratio::new(2, 1)] {
        assert_eq!(claimed((HALF, other), lag), ProofStatus::Refuted, "{lag}");
    }
}
