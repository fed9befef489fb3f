//! What can be set about a method, and the values chosen.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::range::Range;
use crate::optimizer::OutOfRange;
use crate::scalar::Ratio;

/// What can be set: its name, its default and the values it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    name: Cow<'static, str>,
    default: Value,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Ratio(Range),
    Count(Range),
    Switch,
    Order,
    Shape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Ratio(Ratio),
    Switch(bool),
    /// An order of minibatches; empty for the ascending one of however many there are.
    Order(Vec<usize>),
    /// Rows and columns of one matrix; those of the loss if not given.
    Shape(Option<(usize, usize)>),
}

impl Value {
    fn text(&self) -> String {
        match self {
            Value::Ratio(ratio) => ratio.to_string(),
            Value::Switch(on) => on.to_string(),
            Value::Order(order) => {
                order.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
            }
            Value::Shape(Some((rows, columns))) => format!("{rows}x{columns}"),
            Value::Shape(None) => OF_THE_LOSS.to_owned(),
        }
    }
}

/// A value that a method does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// A key that the method does not have.
    #[error("{method} does not take --set {given}; it takes {takes}")]
    Unknown {
        /// The method.
        method: String,
        /// What was given.
        given: String,
        /// What it takes.
        takes: String,
    },
    /// A key that is given a second time.
    #[error("{name} is set twice, to {} and to {}: give it one value", values[0], values[1])]
    Twice {
        /// The key.
        name: String,
        /// Its values.
        values: [String; 2],
    },
    /// A text that is no value of the setting.
    #[error("--set {name}={given} is not {wanted}")]
    Malformed {
        /// The setting.
        name: String,
        /// What was given.
        given: String,
        /// What would do.
        wanted: &'static str,
    },
    /// A value out of range.
    #[error("{name} = {value} is out of range: {wanted}")]
    OutOfRange {
        /// The setting.
        name: String,
        /// The value.
        value: Ratio,
        /// What would do.
        wanted: String,
    },
    /// A value that the claimed flow does not speak of.
    #[error(
        "no flow is claimed for {method} with {set}; the claim is stated for any value of: {spoken}"
    )]
    BeyondClaim {
        /// The method.
        method: String,
        /// The setting with its value.
        set: String,
        /// The settings that it speaks of.
        spoken: String,
    },
    /// A sampling of no name.
    #[error("there is no sampling '{given}'; there are {known}")]
    UnknownSampling {
        /// What was given.
        given: String,
        /// All of them.
        known: String,
    },
    /// A sampling for a method that has one.
    #[error("{method} is fed by {own} and takes no --sampling")]
    HasSampling {
        /// The method.
        method: String,
        /// What feeds it.
        own: String,
    },
    /// A value that the optimizer turns down.
    #[error(transparent)]
    TurnedDown(#[from] OutOfRange),
}

const A_RATIO: &str = "a ratio such as 1/2, 0.9 or -3 of integers up to 18 digits";
const A_COUNT: &str = "a whole number";
const A_SWITCH: &str = "true or false";
const A_SHAPE: &str =
    "rows x columns of one matrix, such as 2x3, or loss for the matrices of the loss";
/// The shape that the loss has.
const OF_THE_LOSS: &str = "loss";
const AN_ORDER: &str = "every batch once, counted from 0, such as 2,0,1";

impl Setting {
    /// A ratio with its default, as numerator and denominator.
    pub fn ratio(name: impl Into<Cow<'static, str>>, default: (i64, i64), range: Range) -> Self {
        let default = Value::Ratio(default.into());
        Setting { name: name.into(), default, kind: Kind::Ratio(range) }
    }

    /// A whole number from `least` to `most`.
    pub fn count(name: impl Into<Cow<'static, str>>, default: u32, least: u32, most: u32) -> Self {
        let default = Value::Ratio(Ratio::new(default.into(), 1));
        let range = Range::within(least.into(), most.into());
        Setting { name: name.into(), default, kind: Kind::Count(range) }
    }

    /// What is on or off.
    pub fn switch(name: impl Into<Cow<'static, str>>, default: bool) -> Self {
        Setting { name: name.into(), default: Value::Switch(default), kind: Kind::Switch }
    }

    /// An order of the minibatches, by default the ascending one; it says how many there are.
    pub fn order(name: impl Into<Cow<'static, str>>) -> Self {
        Setting { name: name.into(), default: Value::Order(Vec::new()), kind: Kind::Order }
    }

    /// Rows and columns of one matrix that all parameters make up, by default the matrices of the loss.
    pub fn shape(name: impl Into<Cow<'static, str>>) -> Self {
        Setting { name: name.into(), default: Value::Shape(None), kind: Kind::Shape }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The default as it is written; none for an order.
    pub fn default(&self) -> Option<String> {
        Some(self.default.text()).filter(|text| !text.is_empty())
    }

    /// What it may be, as names with values: the bounds of a ratio or a whole number; none for a switch or an
    /// order.
    pub fn bounds(&self) -> Vec<(&'static str, Ratio)> {
        match &self.kind {
            Kind::Ratio(range) | Kind::Count(range) => range.bounds(),
            Kind::Switch | Kind::Order | Kind::Shape => Vec::new(),
        }
    }

    /// The few texts that it may be, if they are few.
    pub fn one_of(&self) -> Option<[&'static str; 2]> {
        (self.kind == Kind::Switch).then_some(["true", "false"])
    }

    /// What it may be, in words; empty where it may be anything.
    pub fn wanted(&self) -> String {
        match &self.kind {
            Kind::Ratio(range) | Kind::Count(range) => range.to_string(),
            Kind::Switch => A_SWITCH.to_owned(),
            Kind::Shape => A_SHAPE.to_owned(),
            Kind::Order => String::new(),
        }
    }

    /// Whether it is a ratio, of any size or in a range.
    pub fn is_ratio(&self) -> bool {
        matches!(self.kind, Kind::Ratio(_))
    }

    /// Whether it is the shape of a matrix.
    pub fn is_shape(&self) -> bool {
        self.kind == Kind::Shape
    }

    /// Whether it is a whole number.
    pub fn is_count(&self) -> bool {
        matches!(self.kind, Kind::Count(_))
    }

    /// Whether it is an order of the minibatches.
    pub fn is_order(&self) -> bool {
        self.kind == Kind::Order
    }

    /// "beta=1/2".
    fn example(&self) -> String {
        format!("{}={}", self.name, self.default().unwrap_or_else(|| "0,1".to_owned()))
    }

    fn read(&self, text: &str) -> Result<Value, SettingError> {
        let malformed = |wanted| SettingError::Malformed {
            name: self.name.to_string(),
            given: text.to_owned(),
            wanted,
        };
        let within = |value: Ratio, range: &Range| match range.contains(value) {
            true => Ok(Value::Ratio(value)),
            false => Err(SettingError::OutOfRange {
                name: self.name.to_string(),
                value,
                wanted: range.to_string(),
            }),
        };
        match &self.kind {
            Kind::Ratio(range) => within(exact(text).ok_or_else(|| malformed(A_RATIO))?, range),
            Kind::Count(range) => {
                let count: i64 = text.parse().map_err(|_| malformed(A_COUNT))?;
                within(Ratio::new(count, 1), range)
            }
            Kind::Switch => text.parse().map(Value::Switch).map_err(|_| malformed(A_SWITCH)),
            Kind::Shape if text == OF_THE_LOSS => Ok(Value::Shape(None)),
            Kind::Shape => {
                shape(text).map(|shape| Value::Shape(Some(shape))).ok_or_else(|| malformed(A_SHAPE))
            }
            Kind::Order => order(text).map(Value::Order).ok_or_else(|| malformed(AN_ORDER)),
        }
    }
}

/// "1/2", "-3" or "0.9", exactly.
pub fn exact(text: &str) -> Option<Ratio> {
    const DIGITS: usize = 18;
    let signed = |text: &str| -> Option<i64> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let plain = digits.len() <= DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    if let Some((above, below)) = text.split_once('/') {
        let (above, below) = (signed(above.trim())?, signed(below.trim())?);
        return (below != 0).then(|| Ratio::new(above, below));
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > DIGITS || text.ends_with('.') || whole.is_empty() {
        return None;
    }
    let below = i64::pow(10, u32::try_from(decimals.len()).ok()?);
    Some(Ratio::new(signed(&format!("{whole}{decimals}"))?, below))
}

/// "2x3".
fn shape(text: &str) -> Option<(usize, usize)> {
    let (rows, columns) = text.split_once('x')?;
    let side =
        |text: &str| text.trim().parse().ok().filter(|&side: &usize| (1..=1 << 20).contains(&side));
    Some((side(rows)?, side(columns)?))
}

/// An order such as 2,0,1: every minibatch once.
fn order(text: &str) -> Option<Vec<usize>> {
    let order: Vec<usize> =
        text.split(',').map(|k| k.trim().parse().ok()).collect::<Option<_>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    sorted.iter().enumerate().all(|(at, &k)| at == k).then_some(order)
}

/// The values of a method's settings, every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    chosen: Vec<(Cow<'static, str>, Value)>,
    batches: usize,
}

impl Values {
    pub(super) fn of<T: AsRef<str>>(
        method: &str,
        settings: &[Setting],
        given: &[T],
    ) -> Result<Self, SettingError> {
        let mut chosen: Vec<(Cow<'static, str>, Value)> =
            settings.iter().map(|s| (s.name.clone(), s.default.clone())).collect();
        let mut seen = BTreeMap::new();
        for text in given.iter().map(AsRef::as_ref) {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            let (key, value) = (key.trim(), value.trim());
            let at = settings.iter().position(|s| s.name == key && text.contains('='));
            let Some(at) = at else {
                let takes: Vec<String> = settings.iter().map(Setting::example).collect();
                return Err(SettingError::Unknown {
                    method: method.to_owned(),
                    given: text.to_owned(),
                    takes: if takes.is_empty() {
                        "no setting".to_owned()
                    } else {
                        takes.join(", ")
                    },
                });
            };
            chosen[at].1 = settings[at].read(value)?;
            if let Some(before) = seen.insert(at, value) {
                return Err(SettingError::Twice {
                    name: key.to_owned(),
                    values: [before.to_owned(), value.to_owned()],
                });
            }
        }
        Ok(Values { chosen, batches: 1 })
    }

    /// The same for `batches` minibatches, or as many as an order has, or `default`.
    pub(super) fn over(
        &self,
        batches: Option<usize>,
        default: usize,
    ) -> Result<Self, SettingError> {
        let order = self.chosen.iter().find_map(|(name, value)| match value {
            Value::Order(order) if !order.is_empty() => Some((name, order)),
            _ => None,
        });
        let batches = match (batches, order) {
            (Some(asked), Some((name, order))) if asked != order.len() => {
                return Err(SettingError::Malformed {
                    name: name.to_string(),
                    given: Value::Order(order.clone()).text(),
                    wanted: AN_ORDER,
                });
            }
            (_, Some((_, order))) => order.len(),
            (asked, None) => asked.unwrap_or(default),
        };
        Ok(Values { chosen: self.chosen.clone(), batches })
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.chosen.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The number of minibatches.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// The ratio of this name; [`Ratio::UNDEFINED`] if there is none.
    pub fn ratio(&self, name: &str) -> Ratio {
        match self.get(name) {
            Some(Value::Ratio(ratio)) => *ratio,
            _ => Ratio::UNDEFINED,
        }
    }

    /// The whole number of this name; 0 if there is none.
    pub fn count(&self, name: &str) -> u32 {
        u32::try_from(self.ratio(name).numer()).unwrap_or(0)
    }

    /// Whether the switch of this name is on.
    pub fn switch(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Switch(true)))
    }

    /// The order of this name, by default the ascending one of `batches` minibatches.
    pub fn order(&self, name: &str, batches: usize) -> Vec<usize> {
        match self.get(name) {
            Some(Value::Order(order)) if !order.is_empty() => order.clone(),
            _ => (0..batches).collect(),
        }
    }

    /// The shape of this name, if it is given.
    pub fn shape(&self, name: &str) -> Option<(usize, usize)> {
        match self.get(name) {
            Some(Value::Shape(shape)) => *shape,
            _ => None,
        }
    }

    /// Every setting with its value as it is written.
    pub fn shown(&self) -> Vec<(Cow<'static, str>, String)> {
        let text = |value: &Value| match value {
            Value::Order(order) if order.is_empty() => {
                Value::Order((0..self.batches).collect()).text()
            }
            other => other.text(),
        };
        self.chosen.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }
}

#[cfg(test)]
mod tests;
