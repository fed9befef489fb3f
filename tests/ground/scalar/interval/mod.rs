//! Intervals: what they enclose, how tightly, and what they refuse.
//!
//! `SHADOWFLOW_INTERVAL_ARGUMENTS` says how many random arguments altogether, 200 000 by default.

mod arithmetic;
mod derivatives;
mod eigenvalue;
mod exact;
mod functions;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use shadowflow::scalar::Interval;

/// How many random arguments this share, in percent, of all has.
fn count(percent: usize) -> usize {
    let asked = std::env::var("SHADOWFLOW_INTERVAL_ARGUMENTS").ok();
    asked.map_or(200_000, |count| count.parse().unwrap()) / 100 * percent
}

/// Arguments at which something may go wrong: zeros, the smallest and largest of each kind, what is no number.
const SPECIAL: [f64; 22] = [
    0.0,
    -0.0,
    f64::from_bits(1),
    -f64::from_bits(1),
    f64::from_bits(0x000f_ffff_ffff_ffff),
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    2.0 * f64::MIN_POSITIVE - f64::from_bits(1) - f64::from_bits(1),
    1.0,
    -1.0,
    1.0 - f64::EPSILON / 2.0,
    1.0 + f64::EPSILON,
    0.5,
    2.0,
    std::f64::consts::FRAC_PI_2,
    -std::f64::consts::PI,
    1e300,
    f64::MAX,
    f64::MIN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// A number of any exponent; of a special kind, once in eight.
fn any_number(random: &mut ChaCha8Rng) -> f64 {
    match random.random_range(0..8) {
        0 => SPECIAL[random.random_range(0..SPECIAL.len())],
        1..4 => f64::from_bits(random.random()),
        _ => of_magnitude(random, -8.0, 8.0),
    }
}

/// A number of either sign whose magnitude is log-uniform from 10^`least` to 10^`most`.
fn of_magnitude(random: &mut ChaCha8Rng, least: f64, most: f64) -> f64 {
    let size = 10_f64.powf(random.random_range(least..most));
    if random.random() { size } else { -size }
}

/// An interval that has `x` in it: a point, or up to as wide as `x` is large.
fn around(random: &mut ChaCha8Rng, x: f64) -> Interval {
    let mut reach = || match random.random_range(0..3) {
        0 => 0.0,
        1 => x.abs() * random.random::<f64>(),
        _ => x.abs() * 1e-12 * random.random::<f64>(),
    };
    Interval::new(x - reach(), x + reach())
}
