//! Two minima of equal value and curvature, of which shuffling prefers the one where the
//! minibatches agree: the share of starts that end there, against the step size.

mod picture;

use rand_chacha::ChaCha8Rng;

pub(super) use picture::picture;

use super::descent::Descent;
use super::tilted_wells::TiltedWells;
use super::wording::digits;
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::arithmetic::Batch;
use crate::measure::{Estimate, Spread};
use crate::optimizer::GradientDescent;

/// The starts: so many, equally spaced on [−2, 2].
const STARTS: usize = 1000;
const FARTHEST: f64 = 2.0;
/// The step sizes: the first four are within the claim, the others approach ε* and pass it.
const STEP_SIZES: [f64; 8] = [0.02, 0.05, 0.10, 0.15, 0.20, 0.22, 0.24, 0.28];
/// The largest step size at which measured and predicted shares are to agree.
const CLAIMED_UP_TO: f64 = 0.15;
/// To within so much.
const TOLERANCE: f64 = 0.01;
/// By how much the share must exceed that of gradient descent at that step size.
const EXCESS: f64 = 0.05;
/// The time of every run: hills flatten at the rate 0.08, so 30 times their time scale.
const TIME: f64 = 400.0;
/// Where a run counts as ended at the left minimum: C leads down from here and the minibatches
/// agree.
const SETTLED: f64 = -0.7;
/// The number of seeds.
const SEEDS: usize = 10;

fn start(i: usize) -> f64 {
    FARTHEST * (2.0 * i as f64 / (STARTS - 1) as f64 - 1.0)
}

/// The share of starts left of `hill`; all of them where there is none.
fn predicted(hill: Option<f64>) -> f64 {
    let left = hill.map_or(STARTS, |hill| (0..STARTS).filter(|&i| start(i) < hill).count());
    left as f64 / STARTS as f64
}

/// What was found at one step size.
struct Shares {
    step_size: f64,
    theory: f64,
    next: f64,
    descent: f64,
    reshuffled: Spread,
}

/// The share of the starts that ends left: under random reshuffling with these random numbers,
/// under gradient descent without any.
fn share(
    wells: &TiltedWells,
    step_size: f64,
    mut random: Option<ChaCha8Rng>,
) -> Result<f64, DemoError> {
    let epochs = (TIME / step_size).round() as usize / wells.batches();
    let mut left = 0;
    for i in 0..STARTS {
        let mut descent = Descent::new(wells.loss(), &GradientDescent, step_size, vec![start(i)]);
        for _ in 0..epochs {
            match &mut random {
                Some(random) => descent.reshuffled_epoch(random),
                None => (0..wells.batches()).for_each(|_| descent.step(Batch::Full)),
            }
            if descent.w()[0] < SETTLED {
                break;
            }
        }
        left += usize::from(descent.end("a run on the two minima")?[0] < 0.0);
    }
    Ok(left as f64 / STARTS as f64)
}

fn shares(session: &Session<'_>, wells: &TiltedWells) -> Result<Vec<Shares>, DemoError> {
    // One run a step size and seed, and a last one for gradient descent, which has no seed.
    let columns = SEEDS + 1;
    let runs = session.map(STEP_SIZES.len() * columns, |run| {
        let random = (run % columns < SEEDS).then(|| session.random(run));
        share(wells, STEP_SIZES[run / columns], random)
    })?;
    Ok((STEP_SIZES.iter().zip(runs.chunks(columns)))
        .map(|(&step_size, found)| Shares {
            step_size,
            theory: predicted(wells.hill(step_size)),
            next: predicted(wells.next_hill(step_size)),
            descent: found[SEEDS],
            reshuffled: Spread::of(&found[..SEEDS]),
        })
        .collect())
}

/// The pictures, and the shares by theory, random reshuffling and gradient descent.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let wells = TiltedWells::new()?;
    let (last, _) = wells.last_step_size();
    let found = shares(session, &wells)?;
    let mut measurements = Measurements::of(&[
        ("step_size", "the step size ε"),
        ("theory", "the share of starts left of the hill of C̃_SGD"),
        ("theory_next", "the same with the next term of the mean flow, of size ε²"),
        ("reshuffled", "the share that ends left under random reshuffling, mean over seeds"),
        ("reshuffled_deviation", "its standard deviation over seeds"),
        ("reshuffled_least", "the smallest over seeds"),
        ("reshuffled_most", "the largest over seeds"),
        ("gradient_descent", "the share of the same starts under gradient descent"),
    ]);
    measurements.rows = (found.iter())
        .map(|s| {
            let Spread { mean, deviation, least, most, .. } = s.reshuffled;
            vec![s.step_size, s.theory, s.next, mean, deviation, least, most, s.descent]
        })
        .collect();
    Ok(Content {
        source: "C̃_SGD of Smith, Dherin, Barrett & De 2021, arXiv 2101.12176, on a loss made to \
                 show it",
        claim: Claim::Theory(
            "Of two minima that C cannot tell apart, C̃_SGD favours the one where the \
                   minibatches agree.",
        ),
        setting: format!(
            "Ĉ_k = 0.02(w² − 1)² + ½ s_k ln(1 + e²ʷ), s = (3, 1, −1, −3)/√5; {STARTS} starts \
             equally spaced on [−2, 2], time {TIME} at every step size, {SEEDS} seeds."
        ),
        findings: findings(&found, last, wells.next_last_step_size()),
        figure: picture::figure(&wells, &found),
        measurements,
    })
}

fn findings(found: &[Shares], last: f64, next_last: f64) -> Vec<Finding> {
    let exact = |value| Estimate { value, half_width: 0.0 };
    let claimed = found.iter().filter(|s| s.step_size <= CLAIMED_UP_TO);
    let off = claimed.map(|s| (s.reshuffled.mean - s.theory).abs()).fold(0.0, f64::max);
    let mut findings = vec![Finding::new(
        "up to ε = 0.15 the measured share is within 0.01 of the theory's",
        format!("the largest difference is {}, mean over {SEEDS} seeds", digits(off, 2)),
        Agreement::below(exact(off), TOLERANCE),
    )];
    if let Some(at) = found.iter().rfind(|s| s.step_size <= CLAIMED_UP_TO) {
        findings.push(Finding::new(
            "at ε = 0.15 at least 0.05 more end left than under gradient descent",
            format!(
                "{} end left (from {} to {} over seeds; theory {}), under gradient descent {}",
                digits(at.reshuffled.mean, 3),
                digits(at.reshuffled.least, 3),
                digits(at.reshuffled.most, 3),
                digits(at.theory, 3),
                digits(at.descent, 3)
            ),
            Agreement::above(exact(at.reshuffled.least - at.descent), EXCESS),
        ));
    }
    let beyond: Vec<&Shares> = found.iter().filter(|s| s.step_size > last).collect();
    let listed = |of: &dyn Fn(&Shares) -> f64, which: &[&Shares]| {
        let each = which.iter().map(|s| format!("{} (ε = {})", digits(of(s), 3), s.step_size));
        each.collect::<Vec<_>>().join(", ")
    };
    findings.push(Finding::new(
        "beyond ε* the right minimum of C̃_SGD is gone and every start ends left",
        format!(
            "ε* = {}; the measured shares beyond it are {}",
            digits(last, 4),
            listed(&|s| s.reshuffled.mean, &beyond)
        ),
        Agreement::when(beyond.iter().all(|s| s.reshuffled.least > 1.0 - TOLERANCE)),
    ));
    let between: Vec<&Shares> =
        found.iter().filter(|s| s.step_size > CLAIMED_UP_TO && s.step_size < last).collect();
    let off = found.iter().map(|s| (s.reshuffled.mean - s.next).abs()).fold(0.0, f64::max);
    findings.push(Finding::new(
        "with the next term of the mean flow, of size ε², measured and predicted shares agree at \
         all these step sizes within 0.01",
        format!(
            "the largest difference is {}; between 0.15 and ε* the measured shares are {}, C̃_SGD \
             says {}, with the next term {}: by that the right minimum is lost at {} already",
            digits(off, 2),
            listed(&|s| s.reshuffled.mean, &between),
            listed(&|s| s.theory, &between),
            listed(&|s| s.next, &between),
            digits(next_last, 4)
        ),
        Agreement::below(exact(off), TOLERANCE),
    ));
    findings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test fails

    use rand::SeedableRng;

    use super::*;

    /// The shares of the theory document, from another program.
    const SHARES: [(f64, f64); 4] = [(0.02, 0.508), (0.05, 0.521), (0.10, 0.546), (0.15, 0.577)];

    #[test]
    fn shares_are_those_of_theory_and_reshuffling_has_them() {
        let wells = TiltedWells::new().unwrap();
        for (step_size, expected) in SHARES {
            let theory = predicted(wells.hill(step_size));
            assert!((theory - expected).abs() < 6e-4, "{step_size}: {theory}");
            let random = ChaCha8Rng::seed_from_u64(7);
            let measured = share(&wells, step_size, Some(random)).unwrap();
            assert!((measured - theory).abs() < TOLERANCE, "{step_size}: {measured}");
        }
    }

    #[test]
    fn gradient_descent_cannot_tell_the_minima_apart() {
        let wells = TiltedWells::new().unwrap();
        let measured = share(&wells, CLAIMED_UP_TO, None).unwrap();
        assert!((measured - 0.5).abs() < 1e-12, "{measured}");
    }

    #[test]
    fn without_the_hill_all_end_left() {
        let wells = TiltedWells::new().unwrap();
        assert_eq!(wells.hill(0.24), None);
        let measured = share(&wells, 0.24, Some(ChaCha8Rng::seed_from_u64(7))).unwrap();
        assert!((measured - 1.0).abs() < 1e-12, "{measured}");
    }
}
