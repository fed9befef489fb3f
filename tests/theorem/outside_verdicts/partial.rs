//! What cannot be measured makes a verdict partial; what is sharper than claimed says so.

use super::*;

#[test]
fn a_leg_that_cannot_be_measured_makes_a_verdict_partial() {
    let claim = |global| {
        let tracking = Tracking::new(GradientDescent, GradientPenalty::default())
            .local(3)
            .sampled(|m| IndependentDraws { steps: m });
        Theorem::new("independent draws").stating(match global {
            Some(order) => tracking.global(order),
            None => tracking,
        })
    };
    for order in [2, 7] {
        for loss in ["mlp", "factorisation"] {
            let outcome = on(&claim(Some(order)), loss);
            assert_eq!(outcome.verdict, Verdict::Partial, "{loss}: {}", reason(&outcome));
            assert_eq!(outcome.missing[0].leg, Some(LegKind::Global));
            assert!(reason(&outcome).contains("covariance"), "{}", reason(&outcome));
            let shown = std::panic::catch_unwind(|| outcome.assert_confirmed());
            assert!(shown.is_err(), "a partial verdict is no confirmation");
        }
    }
    // Without that leg the claim is whole; on quadratics the leg can be measured, and 7 is refuted.
    on(&claim(None), "mlp").assert_confirmed();
    on(&claim(Some(2)), "quadratic").assert_confirmed();
    assert_eq!(on(&claim(Some(7)), "quadratic").verdict, Verdict::Refuted);
    // The catalogue's own theorem says on which losses it makes the statement.
    let catalogue = Catalogue::standard();
    let own = on(catalogue.theorem("with-replacement").unwrap(), "mlp");
    own.assert_confirmed();
    assert!(own.missing.is_empty() && reason(&own).contains("in part"), "{}", reason(&own));
}

/// A whole statement that does not apply leaves a verdict partial too, unless it is only made where it
/// can be measured.
#[test]
fn a_statement_that_does_not_apply_makes_a_verdict_partial() {
    let tracking = || Tracking::new(GradientDescent, GradientPenalty::default()).local(3).global(2);
    let dealt = || {
        Tracking::new(GradientDescent, GradientPenalty::default())
            .local(3)
            .sampled(|_| Repartition { batch_size: 1 })
            .where_components(|n| Err(format!("nothing is dealt from {n}")))
    };
    let both = Theorem::new("both").stating(tracking()).stating(dealt());
    assert_eq!(on(&both, "factorisation").verdict, Verdict::Partial);
    let either = Theorem::new("either").stating(tracking()).stating_where_measurable(dealt());
    on(&either, "factorisation").assert_confirmed();
}

#[test]
fn a_claim_sharper_than_it_says_is_confirmed_and_says_so() {
    let claims = [
        ("Heun", Theorem::tracks("heun", RungeKutta::heun(), GradientFlow, 2, 1)),
        ("penalty", Theorem::tracks("p", GradientDescent, GradientPenalty::default(), 2, 1)),
    ];
    for (name, claim) in claims {
        for loss in ["factorisation", "mlp"] {
            let outcome = on(&claim, loss);
            outcome.assert_confirmed();
            let sharper: Vec<_> = outcome.sharper().iter().map(|s| (s.leg, s.order)).collect();
            assert_eq!(sharper, [(LegKind::Step, 3.0), (LegKind::Global, 2.0)], "{name}");
            assert!(outcome.coefficients.iter().all(|c| c.estimate.is_some()), "{name}");
            // A twin is never saved by it: not as a control, not in the claim's place.
            assert!(outcome.controls.iter().all(|c| c.verdict == Verdict::Refuted), "{name}");
            for control in &outcome.controls {
                let catalogue_control = claim
                    .controls_among(
                        &claim
                            .legs(&preset(loss, None, None, 1).unwrap(), &Settings::default())
                            .unwrap(),
                    )
                    .into_iter()
                    .find(|sabotage| sabotage.name() == control.name);
                let settings =
                    Settings { sabotage: catalogue_control, prove: false, ..Settings::default() };
                let problem = preset(loss, None, None, 1).unwrap();
                let twin = check(&claim, &problem, &settings).unwrap();
                assert_eq!(
                    twin.verdict,
                    Verdict::Refuted,
                    "{name}, {}: {}",
                    control.name,
                    reason(&twin)
                );
            }
        }
    }
    let exact = on(&Theorem::tracks("heun", RungeKutta::heun(), GradientFlow, 3, 2), "mlp");
    assert!(exact.sharper().is_empty());
    // Too much claimed stays refuted.
    let bold = on(&Theorem::tracks("heun", RungeKutta::heun(), GradientFlow, 4, 3), "mlp");
    assert_eq!(bold.verdict, Verdict::Refuted);
}
