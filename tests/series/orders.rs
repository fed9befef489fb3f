//! Adam over random orders, begun anew every epoch: too many elementary differentials for a page, and all of them compared.

use shadowflow::arithmetic::maps::Scaled;
use shadowflow::flow::ShuffledAdaptive;
use shadowflow::optimizer::{Adam, Restarted};
use shadowflow::prelude::*;
use shadowflow::sampling::RandomReshuffling;
use shadowflow::series::ProofStatus;

/// One epoch of `m` steps.
fn epoch(m: u32, beta1: Ratio) -> Theorem {
    let (beta2, stabiliser) = (Ratio::new(3, 4), Ratio::new(1, 5));
    let inner = Adam::new(beta1, beta2, stabiliser, true).unwrap();
    let flow = ShuffledAdaptive { beta1, beta2, psi: Scaled { stabiliser, inside: true } };
    let admitted: fn(usize) -> Result<(), String> = match m {
        2 => |m| if m == 2 { Ok(()) } else { Err(format!("{m} are not two")) },
        _ => |m| if m == 3 { Ok(()) } else { Err(format!("{m} are not three")) },
    };
    let tracking = Tracking::new(Restarted { inner, every: m }, flow)
        .local(3)
        .sampled(|_| RandomReshuffling)
        .where_components(admitted);
    Theorem::new("an-epoch-of-adam").stating(tracking)
}

#[test]
fn the_mean_of_an_epoch_of_adam_has_the_claimed_field() {
    for (m, beta1, trees) in [
        (2, Ratio::new(1, 2), Some(102)),
        (2, Ratio::new(2, 3), Some(102)),
        (2, Ratio::new(0, 1), None),
        (3, Ratio::new(1, 2), Some(3795)),
    ] {
        let theorem = epoch(m, beta1);
        let proof = theorem.proof(None).unwrap();
        assert_eq!(proof.status, ProofStatus::Proved, "{m}: {:?}", proof.first_failure);
        assert!(trees.is_none_or(|trees| proof.trees == trees), "{m}: {} trees", proof.trees);
        if m > 2 {
            continue;
        }
        let controls = theorem.series_controls();
        assert!(controls.len() >= 7, "{controls:?}");
        for control in controls {
            let twin = theorem.proof(Some(&control)).unwrap();
            assert_eq!(twin.status, ProofStatus::Refuted, "{m}, {}", control.name());
        }
    }
}
