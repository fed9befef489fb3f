//! The methods this crate ships: one entry each.

use super::{Method, RIDGE, Range, Setting, Values};
use crate::arithmetic::maps::{Direction, FromDual, Schedule};
use crate::flow::{
    Adaptive, BatchPenalty, CorrectedRounds, DecayedMomentum, GradientPenalty, Lagged, MirrorFlow,
    MomentumPenalty, NaturalFlow, NormPenalty, Penalties, ScheduledFlow, ThreeTerms,
};
use crate::optimizer::{
    Adam, Averaged, Decayed, Directed, ExplicitRegularization, Extrapolated, GradientDescent,
    Implicit, LocalDescent, Lookahead, MirrorDescent, Momentum, NaturalGradient,
    NormalisedSharpness, OutOfRange, RungeKutta, Runnable, Scheduled, SharpnessAware, Substeps,
    VarianceReduced, WeightAverage,
};
use crate::sampling::{FixedOrder, FlipFlop, RandomReshuffling};
use crate::scalar::Ratio;
use crate::series::ExactOptimizer;

fn beta() -> Setting {
    Setting::ratio("beta", (1, 2), Range::fading())
}

/// A share of the step size added to the quarter that descent itself has: c = ¼ + share.
fn penalty(share: Ratio) -> GradientPenalty {
    GradientPenalty { coefficient: Ratio::new(1, 4) + share }
}

/// The settings of a method, with those that all have: decoupled decay, 0 unless said otherwise, and the ridge of
/// the loss.
fn with_decay(
    settings: impl IntoIterator<Item = Setting>,
    decay: (i64, i64),
) -> impl IntoIterator<Item = Setting> {
    let decay = Setting::ratio("decay", decay, Range::not_negative());
    let ridge = Setting::ratio(RIDGE, (0, 1), Range::not_negative());
    settings.into_iter().chain([decay, ridge])
}

fn decayed<O>(inner: O, values: &Values) -> Decayed<O> {
    Decayed { inner, decay: values.ratio("decay") }
}

/// A method with decay, none unless said otherwise, of which no claim speaks.
fn exact<O>(
    name: &'static str,
    settings: impl IntoIterator<Item = Setting>,
    make: impl Fn(&Values) -> Result<O, OutOfRange> + Send + Sync + 'static,
) -> Method
where
    Decayed<O>: Runnable + ExactOptimizer + 'static,
{
    decaying(name, settings, (0, 1), make).claimed_without(["decay"])
}

/// A method that decays by so much unless said otherwise.
fn decaying<O>(
    name: &'static str,
    settings: impl IntoIterator<Item = Setting>,
    decay: (i64, i64),
    make: impl Fn(&Values) -> Result<O, OutOfRange> + Send + Sync + 'static,
) -> Method
where
    Decayed<O>: Runnable + ExactOptimizer + 'static,
{
    Method::new(name, with_decay(settings, decay), move |values| Ok(decayed(make(values)?, values)))
        .claimed_without([RIDGE])
}

fn stabiliser() -> Setting {
    Setting::ratio("stabiliser", (1, 5), Range::positive())
}

fn beta1() -> Setting {
    Setting::ratio("beta1", (1, 2), Range::fading())
}

fn beta2() -> Setting {
    Setting::ratio("beta2", (3, 4), Range::fading())
}

fn momentum(
    name: &'static str,
    make: fn(Ratio) -> Result<Momentum, OutOfRange>,
    flow: fn(Ratio) -> MomentumPenalty,
) -> Method {
    exact(name, [beta()], move |values| Ok(make(values.ratio("beta"))?.settled())).claiming(
        Some(3),
        2,
        move |values, _| flow(values.ratio("beta")),
    )
}

/// Adam or RMSProp, which is Adam without a mean of the gradient.
fn adam(name: &'static str, first: Option<Setting>, decay: (i64, i64)) -> Method {
    let remembers = first.is_some();
    let second = [beta2(), stabiliser(), Setting::switch("inside", true)];
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
        decay: values.ratio("decay"),
    };
    decaying(name, first.into_iter().chain(second), decay, optimizer).claiming(None, 2, flow)
}

/// Kin of Adam, of which no flow is claimed.
fn kin_of_adam(name: &'static str, inside: Option<Setting>, kin: fn(Adam) -> Adam) -> Method {
    let switched = inside.is_some();
    let settings = [beta1(), beta2(), stabiliser()].into_iter().chain(inside);
    exact(name, settings, move |values| {
        let inside = !switched || values.switch("inside");
        let (beta1, beta2) = (values.ratio("beta1"), values.ratio("beta2"));
        Ok(kin(Adam::new(beta1, beta2, values.ratio("stabiliser"), inside)?))
    })
}

/// A method along a smooth function of the gradient or of its mean, with the flow that the lag theorem gives it.
fn along(
    name: &'static str,
    settings: impl IntoIterator<Item = Setting>,
    make: fn(&Values) -> Result<Directed, OutOfRange>,
    psi: fn(&Values) -> Direction,
    means: fn(&Values) -> Option<(Ratio, Ratio)>,
) -> Method {
    decaying(name, settings, (0, 1), make).claiming(None, 2, move |values, _| {
        Lagged::along(psi(values), means(values), values.ratio("decay"))
    })
}

fn sign(values: &Values) -> Direction {
    Direction::Sign { stabiliser: values.ratio("stabiliser") }
}

/// The rates of a mean that is looked at after its update.
fn updated(values: &Values) -> Option<(Ratio, Ratio)> {
    Some((values.ratio("beta"), values.ratio("beta")))
}

fn directed() -> Vec<Method> {
    let threshold = Setting::ratio("threshold", (1, 1), Range::positive());
    vec![
        along(
            "clipping",
            [threshold],
            |values| Directed::clipped(values.ratio("threshold")),
            |values| Direction::Clipped { threshold: values.ratio("threshold") },
            |_| None,
        ),
        along(
            "normalised-descent",
            [stabiliser()],
            |values| Directed::normalised(values.ratio("stabiliser")),
            |values| Direction::Normalised { stabiliser: values.ratio("stabiliser") },
            |_| None,
        ),
        along(
            "sign-descent",
            [stabiliser()],
            |values| Directed::sign(values.ratio("stabiliser")),
            sign,
            |_| None,
        ),
        along(
            "signum",
            [beta(), stabiliser()],
            |values| Directed::signum(values.ratio("beta"), values.ratio("stabiliser")),
            sign,
            updated,
        ),
        along(
            "lion",
            [beta1(), beta2(), stabiliser()],
            |values| {
                let (beta1, beta2) = (values.ratio("beta1"), values.ratio("beta2"));
                Directed::lion(beta1, beta2, values.ratio("stabiliser"))
            },
            sign,
            |values| Some((values.ratio("beta1"), values.ratio("beta2"))),
        ),
        along(
            "muon",
            [beta(), stabiliser(), Setting::shape("shape")],
            |values| {
                let (beta, stabiliser) = (values.ratio("beta"), values.ratio("stabiliser"));
                Directed::muon(beta, stabiliser, values.shape("shape"))
            },
            |values| Direction::Orthogonalised {
                stabiliser: values.ratio("stabiliser"),
                shape: values.shape("shape"),
            },
            updated,
        ),
    ]
}

pub(super) fn methods() -> Vec<Method> {
    let mut methods = vec![
        exact("gradient-descent", [], |_| Ok(GradientDescent))
            .claiming(Some(3), 2, |_, _| GradientPenalty::default()),
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
        averaged("ema-momentum", None),
        averaged("quasi-hyperbolic-momentum", Some(Setting::ratio("nu", (7, 10), Range::any()))),
        exact("optimistic-gradient", [], |_| Ok(Extrapolated::optimistic())).claiming(
            None,
            2,
            |_, _| penalty(Ratio::new(-1, 2)),
        ),
        exact("extragradient", [], |_| Ok(RungeKutta::extragradient())).claiming(
            Some(4),
            3,
            |_, _| ThreeTerms::extragradient(),
        ),
        exact(
            "sam",
            [
                Setting::ratio("rho", (1, 2), Range::any()),
                Setting::ratio("rho-fixed", (0, 1), Range::any()),
            ],
            |values| {
                Ok(SharpnessAware { rho: values.ratio("rho"), fixed: values.ratio("rho-fixed") })
            },
        )
        .claimed_without(["rho-fixed"])
        .claiming(Some(3), 2, |values, _| penalty(values.ratio("rho") / Ratio::new(2, 1))),
        Method::new(
            "explicit-gradient-regularization",
            [Setting::ratio("mu", (1, 4), Range::any())],
            |values| Ok(ExplicitRegularization { mu: values.ratio("mu") }),
        )
        .claiming(Some(3), 2, |values, _| penalty(values.ratio("mu"))),
        exact("adams-bashforth", [], |_| Ok(Extrapolated::adams_bashforth())).claiming(
            None,
            2,
            |_, _| penalty(Ratio::new(-1, 4)),
        ),
        exact(
            "normalised-sam",
            [Setting::ratio("rho", (1, 2), Range::any()), stabiliser()],
            |values| NormalisedSharpness::new(values.ratio("rho"), values.ratio("stabiliser")),
        )
        .claiming(Some(3), 2, |values, _| NormPenalty {
            rho: values.ratio("rho"),
            stabiliser: values.ratio("stabiliser"),
        }),
        exact(
            "lookahead",
            [
                Setting::count("ahead", 5, 1, 64),
                Setting::ratio("share", (1, 2), Range::within(0, 1)),
            ],
            |values| Lookahead::new(values.count("ahead"), values.ratio("share")),
        )
        .claiming(Some(3), 2, |values, _| {
            Penalties::of_lookahead(values.count("ahead"), values.ratio("share"))
        }),
        Method::new("local-sgd", [Setting::count("steps", 4, 1, 100)], |values| {
            Ok(LocalDescent { steps: values.count("steps"), corrected: false })
        })
        .claiming(Some(3), 2, |values, _| Penalties::of_local_steps(values.count("steps"))),
        Method::new("scaffold", [Setting::count("steps", 3, 1, 100)], |values| {
            Ok(LocalDescent { steps: values.count("steps"), corrected: true })
        })
        .claiming(Some(4), 3, |values, _| CorrectedRounds { steps: values.count("steps") }),
        exact("weight-averaging", [Setting::ratio("gamma", (1, 2), Range::fading())], |values| {
            WeightAverage::new(values.ratio("gamma"))
        })
        .claiming(None, 2, |_, _| GradientPenalty::default()),
        scheduled("cosine-schedule", None, |values| Schedule::Cosine {
            horizon: values.ratio("horizon"),
        }),
        scheduled("polynomial-schedule", Some(Setting::count("power", 1, 1, 20)), |values| {
            Schedule::Polynomial { horizon: values.ratio("horizon"), power: values.count("power") }
        }),
        scheduled(
            "warm-up",
            Some(Setting::ratio("from", (1, 4), Range::not_negative())),
            |values| Schedule::WarmUp {
                horizon: values.ratio("horizon"),
                from: values.ratio("from"),
            },
        ),
        Method::new(
            "mirror-descent",
            [Setting::ratio("scale", (1, 1), Range::positive())],
            |values| MirrorDescent::new(values.ratio("scale")),
        )
        .claiming(Some(3), 2, |values, _| MirrorFlow {
            mirror: FromDual { scale: values.ratio("scale") },
        }),
        exact("natural-gradient", [], |_| Ok(NaturalGradient::default())).claiming(
            Some(3),
            2,
            |_, _| NaturalFlow::default(),
        ),
        adam("adam", Some(beta1()), (0, 1)),
        adam("adamw", Some(beta1()), (1, 10)),
        adam("rmsprop", None, (0, 1)),
        kin_of_adam("nadam", Some(Setting::switch("inside", true)), Adam::nesterov),
        kin_of_adam("adabelief", None, Adam::belief),
    ];
    methods.extend(directed());
    methods.extend(sampled());
    methods
}

/// Momentum by a running mean, blended with the present gradient or not. The mean starts at zero, as programs have it, so that the flow starts
/// elsewhere: a start is no field, and the claim is measured.
fn averaged(name: &'static str, share: Option<Setting>) -> Method {
    let blends = share.is_some();
    let nu = move |values: &Values| if blends { values.ratio("nu") } else { Ratio::new(1, 1) };
    decaying(name, std::iter::once(beta()).chain(share), (0, 1), move |values| {
        Averaged::quasi_hyperbolic(values.ratio("beta"), nu(values))
    })
    .claiming_measured(None, 2, move |values, _| {
        let beta = values.ratio("beta");
        DecayedMomentum {
            lag: nu(values) * beta / (Ratio::new(1, 1) - beta),
            decay: values.ratio("decay"),
            coupled: false,
            from_zero: true,
        }
    })
}

/// Descent with a step size that changes with the time.
fn scheduled(
    name: &'static str,
    more: Option<Setting>,
    schedule: fn(&Values) -> Schedule,
) -> Method {
    let horizon = Setting::ratio("horizon", (6, 1), Range::positive());
    let midpoint = Setting::switch("midpoint", false);
    exact(name, [horizon, midpoint].into_iter().chain(more), move |values| {
        Ok(Scheduled {
            inner: GradientDescent,
            schedule: schedule(values),
            midpoint: values.switch("midpoint"),
        })
    })
    .claiming(Some(3), 2, move |values, _| ScheduledFlow {
        schedule: schedule(values),
        along: None,
        midpoint: values.switch("midpoint"),
    })
}

/// Descent fed by minibatches.
fn sampled() -> Vec<Method> {
    vec![
        Method::new("random-reshuffling", [], |_| Ok(GradientDescent))
            .sampled("random-reshuffling", |_, _| RandomReshuffling)
            .claiming(Some(3), 2, |_, _| BatchPenalty::default()),
        Method::new("single-order", [Setting::order("order")], |_| Ok(GradientDescent))
            .sampled("single-order", |values, m| FixedOrder { order: values.order("order", m) }),
        Method::new("flip-flop", [], |_| Ok(GradientDescent))
            .sampled("flip-flop", |_, _| FlipFlop)
            .claiming(Some(3), 2, |_, _| BatchPenalty::default()),
        Method::new("svrg", [Setting::count("epoch", 3, 1, 64)], |values| {
            VarianceReduced::new(values.count("epoch"))
        })
        .sampled("random-reshuffling", |_, _| RandomReshuffling),
        Method::new("substeps", [Setting::count("n", 3, 1, 100)], |values| {
            Ok(Substeps { inner: GradientDescent, count: values.count("n") })
        })
        .sampled("random-reshuffling", |_, _| RandomReshuffling)
        .claiming(Some(3), 2, |values, _| BatchPenalty { substeps: values.count("n") }),
    ]
}
