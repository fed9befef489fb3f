//! Optimizers by name, for `derive`.

use super::CommandError;
use crate::optimizer::{
    ExplicitRegularization, GradientDescent, Implicit, Momentum, Optimizer, RungeKutta,
    SharpnessAware, Substeps,
};
use crate::sampling::{FixedOrder, FlipFlop, FullBatch, RandomReshuffling, Sampling};
use crate::scalar::Ratio;
use crate::series::Series;

/// An optimizer with the sampling that feeds it.
pub(super) struct Method {
    pub(super) optimizer: Box<dyn Optimizer<Series>>,
    pub(super) sampling: Box<dyn Sampling>,
    /// The settings it runs with, defaults included.
    pub(super) settings: Vec<(&'static str, String)>,
    /// The number of minibatches.
    pub(super) batches: usize,
}

/// Names, and the setting each takes with its default.
const METHODS: [(&str, Option<(&str, &str)>); 14] = [
    ("gradient-descent", None),
    ("heun", None),
    ("explicit-midpoint", None),
    ("rk4", None),
    ("implicit-euler", None),
    ("implicit-midpoint", None),
    ("heavy-ball", Some(("beta", "9/10"))),
    ("nesterov", Some(("beta", "9/10"))),
    ("sam", Some(("rho", "1/2"))),
    ("explicit-gradient-regularization", Some(("mu", "1/4"))),
    ("random-reshuffling", None),
    ("single-order", Some(("order", ""))),
    ("flip-flop", None),
    ("substeps", Some(("n", "2"))),
];

/// Optimizers that scale each coordinate on its own.
const COORDINATE_WISE: [&str; 14] = [
    "adam",
    "adam-outside",
    "adamw",
    "adamax",
    "nadam",
    "amsgrad",
    "rmsprop",
    "rmsprop-outside",
    "adagrad",
    "adadelta",
    "lion",
    "sign-descent",
    "signsgd",
    "rprop",
];

/// Minibatches where the method samples and none were asked for.
const DEFAULT_BATCHES: usize = 2;

impl Method {
    /// The method `name` with `settings` such as `beta=1/2` on `batches` minibatches.
    pub(super) fn named(
        name: &str,
        settings: &[String],
        batches: Option<usize>,
    ) -> Result<Self, CommandError> {
        if COORDINATE_WISE.contains(&name.to_lowercase().as_str()) {
            return Err(CommandError::CoordinateWise { name: name.to_owned() });
        }
        let names = || METHODS.iter().map(|(name, _)| *name);
        let Some((name, setting)) = METHODS.iter().find(|(known, _)| *known == name) else {
            return Err(CommandError::UnknownOptimizer {
                name: name.to_owned(),
                nearest: crate::loss::nearest(name, names()).to_owned(),
                known: names().collect::<Vec<_>>().join(", "),
            });
        };
        let given = given(name, *setting, settings)?;
        let ratio = || parse_ratio(setting.map_or("", |(key, _)| key), &given);
        let sampled =
            matches!(*name, "random-reshuffling" | "single-order" | "flip-flop" | "substeps");
        let order = if *name == "single-order" && !given.is_empty() {
            parse_order(&given, batches)?
        } else {
            let m = batches.unwrap_or(if sampled { DEFAULT_BATCHES } else { 1 });
            (0..m).collect()
        };
        let batches = order.len();
        let optimizer: Box<dyn Optimizer<Series>> = match *name {
            "heun" => Box::new(RungeKutta::heun()),
            "explicit-midpoint" => Box::new(RungeKutta::explicit_midpoint()),
            "rk4" => Box::new(RungeKutta::rk4()),
            "implicit-euler" => Box::new(Implicit::euler()),
            "implicit-midpoint" => Box::new(Implicit::midpoint()),
            "heavy-ball" => Box::new(Momentum::heavy_ball(ratio()?)?),
            "nesterov" => Box::new(Momentum::nesterov(ratio()?)?),
            "sam" => Box::new(SharpnessAware { rho: ratio()? }),
            "explicit-gradient-regularization" => Box::new(ExplicitRegularization { mu: ratio()? }),
            "substeps" => {
                let count = given.trim().parse().ok().filter(|n| (1..=100).contains(n));
                let count = count.ok_or_else(|| CommandError::Setting {
                    setting: format!("n={given}"),
                    wanted: "a whole number of substeps from 1 to 100",
                })?;
                Box::new(Substeps { inner: GradientDescent, count })
            }
            _ => Box::new(GradientDescent),
        };
        let sampling: Box<dyn Sampling> = match *name {
            "random-reshuffling" | "substeps" => Box::new(RandomReshuffling),
            "single-order" => Box::new(FixedOrder { order: order.clone() }),
            "flip-flop" => Box::new(FlipFlop),
            _ => Box::new(FullBatch),
        };
        let shown = match setting {
            Some(("order", _)) => {
                let order: Vec<String> = order.iter().map(ToString::to_string).collect();
                vec![("order", order.join(","))]
            }
            Some((key, _)) => vec![(*key, given.trim().to_owned())],
            None => Vec::new(),
        };
        Ok(Method { optimizer, sampling, settings: shown, batches })
    }
}

/// The value of the one setting a method takes; the last one given counts.
fn given(
    method: &str,
    setting: Option<(&str, &str)>,
    settings: &[String],
) -> Result<String, CommandError> {
    let mut value = setting.map_or("", |(_, default)| default).to_owned();
    for text in settings {
        let (key, given) = text.split_once('=').unwrap_or((text, ""));
        match setting {
            Some((known, _)) if key.trim() == known && !given.trim().is_empty() => {
                given.trim().clone_into(&mut value);
            }
            Some((known, default)) => {
                return Err(CommandError::UnknownSetting {
                    method: method.to_owned(),
                    setting: text.clone(),
                    takes: format!("{known}={}", if default.is_empty() { "0,1" } else { default }),
                });
            }
            None => {
                return Err(CommandError::UnknownSetting {
                    method: method.to_owned(),
                    setting: text.clone(),
                    takes: "no setting".to_owned(),
                });
            }
        }
    }
    Ok(value)
}

fn parse_ratio(key: &str, text: &str) -> Result<Ratio, CommandError> {
    let malformed = || CommandError::Setting {
        setting: format!("{key}={text}"),
        wanted: "a ratio of integers up to 2147483647 such as 1/2 or -3",
    };
    let parts: Vec<&str> = text.trim().split('/').collect();
    let integer = |text: &str| text.trim().parse::<i32>().map_err(|_| malformed());
    match parts.as_slice() {
        [n] => Ok(Ratio::new(integer(n)?.into(), 1)),
        [n, d] => match integer(d)? {
            0 => Err(malformed()),
            d => Ok(Ratio::new(integer(n)?.into(), d.into())),
        },
        _ => Err(malformed()),
    }
}

/// An order such as 2,0,1: every batch once.
fn parse_order(text: &str, batches: Option<usize>) -> Result<Vec<usize>, CommandError> {
    let malformed = || CommandError::Setting {
        setting: format!("order={text}"),
        wanted: "every batch once, counted from 0, such as 2,0,1",
    };
    let order: Result<Vec<usize>, _> = text.split(',').map(|k| k.trim().parse()).collect();
    let order = order.map_err(|_| malformed())?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let every_one_once = sorted.iter().enumerate().all(|(at, &k)| at == k);
    if order.is_empty() || !every_one_once || batches.is_some_and(|m| m != order.len()) {
        return Err(malformed());
    }
    Ok(order)
}
