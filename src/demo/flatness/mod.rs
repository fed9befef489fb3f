//! Larger steps and larger nets: how steep and how curved the loss is where it has come down to the
//! same value.

mod trial;

use trial::{Descended, LAST, LEVELS, Nets, STEP_SIZES, Trial, trial};

use super::iris_net::IrisNet;
use super::sketch::{layer, linear, logarithmic, named_at_end, panel, unnamed};
use super::wording::{digits, in_percent, with_bar};
use super::{Agreement, Claim, Content, DemoError, Finding, Measurements, Session};
use crate::figure::{Figure, Mark, Role};
use crate::measure::{Estimate, Spread};

/// The numbers of tanh units.
const WIDTHS: [usize; 4] = [4, 8, 16, 32];
/// The step size whose effect is judged: still far from 2 over the curvature of every net.
const JUDGED: usize = 3;
/// What is compared between widths: ‖∇C‖² and the largest curvature at the judged step and loss.
const SLOPE: fn(&Trial) -> f64 = |t| t.descent[JUDGED].slopes[LAST];
const CURVATURE: fn(&Trial) -> f64 = |t| t.descent[JUDGED].curvature;
/// The number of seeds.
const SEEDS: usize = 12;
/// How near the measured effect must come to that of the modified flow.
const AGREE: f64 = 0.25;

/// Nets of four widths at four step sizes.
pub(super) fn run(session: &Session<'_>) -> Result<Content, DemoError> {
    let trials = session.map(WIDTHS.len() * SEEDS, |run| {
        let seed = session.start_seed(run % SEEDS);
        trial(&IrisNet::new(WIDTHS[run / SEEDS], 1, seed)?)
    })?;
    let mut trials = trials.into_iter();
    let nets: Vec<Nets> = (WIDTHS.iter())
        .map(|&width| Nets { width, trials: trials.by_ref().take(SEEDS).flatten().collect() })
        .collect();
    if nets.iter().any(|nets| nets.trials.len() < 2) {
        let what = "did not come down to the loss of the comparison";
        return Err(DemoError::Astray { run: "gradient descent", step_size: STEP_SIZES[0], what });
    }
    Ok(Content {
        source: "Barrett & Dherin 2021, Implicit gradient regularization, arXiv 2009.11162",
        claim: Claim::Reported(
            "Larger steps and larger nets make gradient descent regularise more and reach \
                   flatter solutions, with smaller gradients along the way.",
        ),
        setting: format!(
            "A tanh net on 75 irises, ½(f − y)², from random weights, {SEEDS} seeds; full \
             gradients; everything compared where C has come down to {}, against the gradient \
             flow from the same weights.",
            LEVELS[LAST]
        ),
        findings: findings(&nets),
        figure: figure(&nets),
        measurements: measurements(&nets),
    })
}

fn measurements(nets: &[Nets]) -> Measurements {
    let mut table = Measurements::of(&[
        ("width", "the number of tanh units"),
        ("step_size", "the step size ε"),
        ("seeds", "the number of seeds whose runs came down in time"),
        ("squared_slope", "‖∇C‖² of descent at the judged loss, mean over seeds"),
        ("squared_slope_deviation", "its standard deviation over seeds"),
        ("curvature", "the largest |eigenvalue| of ∇²C there, mean over seeds"),
        ("curvature_deviation", "its standard deviation over seeds"),
        ("slope_change", "‖∇C‖² relative to the gradient flow, minus 1, mean over seeds"),
        ("slope_change_deviation", "its standard deviation over seeds"),
        ("slope_change_claimed", "the same for the modified flow in place of descent"),
        ("curvature_change", "the curvature relative to the gradient flow, minus 1"),
        ("curvature_change_deviation", "its standard deviation over seeds"),
        ("curvature_change_claimed", "the same for the modified flow in place of descent"),
    ]);
    for nets in nets {
        for (step, &eps) in STEP_SIZES.iter().enumerate() {
            let slope = nets.spread(|t| t.descent[step].slopes[LAST]);
            let curvature = nets.spread(|t| t.descent[step].curvature);
            let slope_change = nets.slope_change(step, LAST);
            let curvature_change = nets.curvature_change(step);
            table.rows.push(vec![
                nets.width as f64,
                eps,
                slope.count as f64,
                slope.mean,
                slope.deviation,
                curvature.mean,
                curvature.deviation,
                slope_change.mean,
                slope_change.deviation,
                nets.claimed_slope_change(step, LAST).mean,
                curvature_change.mean,
                curvature_change.deviation,
                nets.claimed_curvature_change(step).mean,
            ]);
        }
    }
    table
}

fn findings(nets: &[Nets]) -> Vec<Finding> {
    let eps = STEP_SIZES[JUDGED];
    let changes = |of: &dyn Fn(&Nets) -> Estimate| {
        let each = nets.iter().map(|n| format!("{} (width {})", in_percent(of(n)), n.width));
        each.collect::<Vec<_>>().join(", ")
    };
    let slope = |n: &Nets| n.slope_change(JUDGED, LAST).estimate();
    let curvature = |n: &Nets| n.curvature_change(JUDGED).estimate();
    let kept = |n: &Nets, step: usize| {
        n.spread(|t| {
            let change = |d: &Descended| d.curvature / t.flow.curvature - 1.0;
            change(&t.descent[step]) / change(&t.modified[step])
        })
        .estimate()
    };
    let kept_listed = |step: usize| {
        let each = nets.iter().map(|n| format!("{} (width {})", with_bar(kept(n, step)), n.width));
        each.collect::<Vec<_>>().join(", ")
    };
    let judge = |of: &dyn Fn(&Nets) -> Agreement| {
        nets.iter().map(of).reduce(Agreement::and).unwrap_or(Agreement::Unclaimed)
    };
    let coarsest = STEP_SIZES[STEP_SIZES.len() - 1];
    let runs = || nets.iter().flat_map(|n| &n.trials);
    let unstable = runs().filter(|t| coarsest * t.flow.curvature > 2.0).count();
    let all = runs().count();
    let mut findings = vec![
        Finding::new(
            "at the same loss, larger steps leave a smaller ‖∇C‖²",
            format!("at ε = {eps} it changed by {} against the gradient flow", changes(&slope)),
            judge(&|n| Agreement::below(slope(n), 0.0)),
        ),
        Finding::new(
            "at the same loss, larger steps leave a smaller largest curvature",
            format!("at ε = {eps} it changed by {} against the gradient flow", changes(&curvature)),
            judge(&|n| Agreement::below(curvature(n), 0.0)),
        ),
        Finding::new(
            "as ε → 0 the modified flow of C + (ε/4)‖∇C‖² accounts for the change of curvature, \
             within a quarter at the smallest step",
            format!(
                "measured over predicted, mean over seeds of the ratio, at ε = {}: {}",
                STEP_SIZES[0],
                kept_listed(0)
            ),
            judge(&|n| Agreement::near(kept(n, 0), 1.0, AGREE)),
        ),
        Finding::new(
            "nothing at larger steps, where terms in ε² count",
            format!(
                "the same ratio at ε = {eps}: {}; ε = {coarsest} exceeds 2 over the \
                 curvature that the gradient flow reaches, beyond which descent follows no flow, \
                 in {unstable} of {all} runs",
                kept_listed(JUDGED)
            ),
            Agreement::Unclaimed,
        ),
    ];
    let [narrow, .., wide] = nets else { return findings };
    let sizes = format!("from width {} to {}", narrow.width, wide.width);
    for (expected, what, of) in [
        ("at the same loss and step, larger nets have a smaller ‖∇C‖²", "‖∇C‖²", SLOPE),
        (
            "at the same loss and step, larger nets have a smaller largest curvature",
            "the largest curvature",
            CURVATURE,
        ),
    ] {
        let ratio = log_ratio(wide, narrow, of);
        let factor = digits(ratio.value.exp(), 3);
        let (least, most) =
            ((ratio.value - ratio.half_width).exp(), (ratio.value + ratio.half_width).exp());
        findings.push(Finding::new(
            expected,
            format!(
                "at ε = {eps} the geometric mean over seeds of {what} changes by the factor {factor} \
                 (95 %: {} to {}) {sizes}",
                digits(least, 3),
                digits(most, 3)
            ),
            Agreement::below(ratio, 0.0),
        ));
    }
    let (small, large) = (curvature(narrow), curvature(wide));
    let half_width = small.half_width.hypot(large.half_width);
    let difference = Estimate { value: large.value - small.value, half_width };
    findings.push(Finding::new(
        "the same step takes more of the curvature of larger nets",
        format!(
            "at ε = {eps} it changes by {} with width {} and by {} with width {}: a difference of {}",
            in_percent(small),
            narrow.width,
            in_percent(large),
            wide.width,
            in_percent(difference)
        ),
        Agreement::below(difference, 0.0),
    ));
    findings
}

/// ln of the ratio of two geometric means over seeds.
fn log_ratio(above: &Nets, below: &Nets, of: fn(&Trial) -> f64) -> Estimate {
    let [above, below] = [above, below].map(|nets| nets.spread(|t| of(t).ln()).estimate());
    let half_width = above.half_width.hypot(below.half_width);
    Estimate { value: above.value - below.value, half_width }
}

fn figure(nets: &[Nets]) -> Figure {
    let percent = |spread: Spread| 100.0 * spread.mean;
    let mut along = Vec::new();
    let mut by_step = Vec::new();
    // One width in the middle stands for all along the run.
    if let Some(middle) = nets.get(nets.len() / 2) {
        for (step, eps) in STEP_SIZES.iter().enumerate().take(JUDGED + 1) {
            let curve = |claimed: bool| -> Vec<[f64; 2]> {
                let change = |level| match claimed {
                    true => middle.claimed_slope_change(step, level),
                    false => middle.slope_change(step, level),
                };
                LEVELS.iter().enumerate().map(|(i, &c)| [c, percent(change(i))]).collect()
            };
            along.push(unnamed(Role::ModifiedFlow, Mark::Line, curve(true)));
            along.push(layer(&format!("ε = {eps}"), Role::Iterates, Mark::Dots, curve(false)));
        }
    }
    for nets in nets {
        let lost = |of: &dyn Fn(usize) -> Spread| -> Vec<[f64; 2]> {
            let each = STEP_SIZES.iter().enumerate();
            each.map(|(step, &eps)| [eps, -percent(of(step))]).collect()
        };
        let claimed = lost(&|step| nets.claimed_curvature_change(step));
        let measured = lost(&|step| nets.curvature_change(step));
        let name = format!("width {}", nets.width);
        by_step.extend(named_at_end(&name, Role::ModifiedFlow, Mark::Line, claimed));
        // Thin lines join the dots of one width.
        by_step.push(unnamed(Role::Reference, Mark::Line, measured.clone()));
        let last = measured.last().copied().into_iter().collect();
        by_step.push(unnamed(Role::Iterates, Mark::Dots, measured));
        by_step.push(layer(&name, Role::Iterates, Mark::Dots, last));
    }
    let relative = |of: fn(&Trial) -> f64| -> Vec<[f64; 2]> {
        let factor = |n: &Nets| log_ratio(n, &nets[0], of).value.exp();
        nets.iter().map(|n| [n.width as f64, factor(n)]).collect()
    };
    let (curvature, slope) = (relative(CURVATURE), relative(SLOPE));
    let sizes = vec![
        layer("largest curvature", Role::Mean, Mark::Line, curvature.clone()),
        unnamed(Role::Mean, Mark::Dots, curvature),
        layer("‖∇C‖²", Role::Iterates, Mark::Line, slope.clone()),
        unnamed(Role::Iterates, Mark::Dots, slope),
    ];
    Figure {
        id: "flatness".to_owned(),
        title: "Larger steps, larger nets and flatness".to_owned(),
        caption: format!(
            "Gradient descent (dots) and the modified flow (lines) against the gradient flow at \
             the same loss, mean over seeds. First: ‖∇C‖² on the way down, width {}. Second: what \
             is lost of the largest curvature at C = {}; thin lines join the dots of a width. \
             Third: both for descent at ε = {}, geometric mean over seeds relative to width {}.",
            WIDTHS[WIDTHS.len() / 2],
            LEVELS[LAST],
            STEP_SIZES[JUDGED],
            WIDTHS[0]
        ),
        panels: vec![
            panel("Slope on the way down", linear("loss C"), linear("change of ‖∇C‖² (%)"), along),
            panel(
                "Curvature and step",
                logarithmic("step size ε"),
                logarithmic("curvature lost (%)"),
                by_step,
            ),
            panel(
                "Size of the net, at the same loss",
                logarithmic("width"),
                logarithmic(&format!("relative to width {}", WIDTHS[0])),
                sizes,
            ),
        ],
    }
}
