//! The methods this crate ships: one entry each.

use super::{Method, Range, Setting, Values};
use crate::flow::{Adaptive, BatchPenalty, GradientPenalty, MomentumPenalty};
use crate::optimizer::{
    Adam, ExplicitRegularization, GradientDescent, Implicit, Momentum, OutOfRange, RungeKutta,
    SharpnessAware, Substeps,
};
use crate::sampling::{FixedOrder, FlipFlop, RandomReshuffling};
use crate::scalar::Ratio;

fn beta() -> Setting {
    Setting::ratio("beta", (1, 2), Range::fading())
}

/// A share of the step size added to the quarter that descent itself has: c = ¼ + share.
fn penalty(share: Ratio) -> GradientPenalty {
    GradientPenalty { coefficient: Ratio::new(1, 4) + share }
}

fn momentum(
    name: &'static str,
    make: fn(Ratio) -> Result<Momentum, OutOfRange>,
    flow: fn(Ratio) -> MomentumPenalty,
) -> Method {
    Method::new(name, [beta()], move |values| Ok(make(values.ratio("beta"))?.settled())).claiming(
        Some(3),
        2,
        move |values, _| flow(values.ratio("beta")),
    )
}

/// A method with a running mean of the squared gradient and, with `first`, one of the gradient.
fn with_means(name: &'static str, first: Option<Setting>) -> Method {
    let remembers = first.is_some();
    let second = [
        Setting::ratio("beta2", (3, 4), Range::fading()),
        Setting::ratio("stabiliser", (1, 5), Range::positive()),
        Setting::switch("inside", true),
    ];
    let beta1 = move |values: &Values| {
        if remembers { values.ratio("beta1") } else { Ratio::new(0, 1) }
    };
    let optimizer = move |values: &Values| {
        let stabiliser = values.ratio("stabiliser");
        Adam::new(beta1(values), values.ratio("beta2"), stabiliser, values.switch("inside"))
    };
    let flow = move |values: &Values, _: usize| Adaptive {
        beta1: beta1(values),
        beta2: values.ratio("beta2"),
        stabiliser: values.ratio("stabiliser"),
        inside: values.switch("inside"),
    };
    Method::measured(name, first.into_iter().chain(second), optimizer)
        .claiming_measured(None, 2, flow)
}

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new("gradient-descent", [], |_| Ok(GradientDescent)).claiming(
            Some(3),
            2,
            |_, _| GradientPenalty::default(),
        ),
        Method::new("heun", [], |_| Ok(RungeKutta::heun())),
        Method::new("explicit-midpoint", [], |_| Ok(RungeKutta::explicit_midpoint())),
        Method::new("rk4", [], |_| Ok(RungeKutta::rk4())),
        Method::new("implicit-euler", [], |_| Ok(Implicit::euler())),
        Method::new("implicit-midpoint", [], |_| Ok(Implicit::midpoint())),
        momentum("heavy-ball", Momentum::heavy_ball, |beta| MomentumPenalty {
            beta,
            ahead: false,
            from_rest: false,
        }),
        momentum("nesterov", Momentum::nesterov, |beta| MomentumPenalty {
            beta,
            ahead: true,
            from_rest: false,
        }),
        Method::new("sam", [Setting::ratio("rho", (1, 2), Range::any())], |values| {
            Ok(SharpnessAware { rho: values.ratio("rho") })
        })
        .claiming(Some(3), 2, |values, _| penalty(values.ratio("rho") / Ratio::new(2, 1))),
        Method::new(
            "explicit-gradient-regularization",
            [Setting::ratio("mu", (1, 4), Range::any())],
            |values| Ok(ExplicitRegularization { mu: values.ratio("mu") }),
        )
        .claiming(Some(3), 2, |values, _| penalty(values.ratio("mu"))),
        with_means("adam", Some(Setting::ratio("beta1", (1, 2), Range::fading()))),
        with_means("rmsprop", None),
        Method::new("random-reshuffling", [], |_| Ok(GradientDescent))
            .sampled("random-reshuffling", |_, _| RandomReshuffling)
            .claiming(Some(3), 2, |_, _| BatchPenalty::default()),
        Method::new("single-order", [Setting::order("order")], |_| Ok(GradientDescent))
            .sampled("fixed-order", |values, m| FixedOrder { order: values.order("order", m) }),
        Method::new("flip-flop", [], |_| Ok(GradientDescent))
            .sampled("flip-flop", |_, _| FlipFlop)
            .claiming(Some(3), 2, |_, _| BatchPenalty::default()),
        Method::new("substeps", [Setting::count("n", 3, 1, 100)], |values| {
            Ok(Substeps { inner: GradientDescent, count: values.count("n") })
        })
        .sampled("random-reshuffling", |_, _| RandomReshuffling)
        .claiming(Some(3), 2, |values, _| BatchPenalty { substeps: values.count("n") }),
    ]
}
