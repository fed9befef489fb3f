//! The simplest fraction in an interval, if it is there for a reason.

use crate::scalar::Ratio;

/// How many fractions as simple as the one found may be expected in an interval by chance.
const CHANCE: f64 = 0.1;
/// Digits of a decimal fraction that is tried.
const DECIMALS: i32 = 4;
/// Digits above and below that a fraction may have.
const LIMIT: f64 = 1e9;

/// The simplest number from `low` to `high`: 0, a decimal fraction of few digits, or the fraction of least
/// denominator; none if the interval is so wide that one as simple would be there by chance.
///
/// Source: the tree of Stern and Brocot, walked by continued fractions; of n ≤ N there are about N² fractions between 0 and 1.
pub(super) fn simplest(low: f64, high: f64) -> Option<Ratio> {
    if !(low <= high && low.is_finite() && high.is_finite()) {
        return None;
    }
    if low <= 0.0 && high >= 0.0 {
        return Some(Ratio::new(0, 1));
    }
    let (sign, low, high) = if low > 0.0 { (1, low, high) } else { (-1, -high, -low) };
    let fraction = positive(low, high, LIMIT, 0).filter(|(n, d)| n.max(*d) <= LIMIT);
    let decimal = decimal(low, high);
    // By digits: 1/100000000 is simpler than 1/99999977.
    let digits = |(n, d): (f64, f64)| (n.log10().floor() + d.log10().floor()) as i32 + 2;
    let (n, d) = match (fraction, decimal) {
        (Some(fraction), Some((n, d, s))) if s + 1 < digits(fraction) => (n, d),
        (Some(fraction), _) => {
            let expected = fraction.1 * fraction.1 * (high - low);
            return (expected < CHANCE)
                .then(|| Ratio::new(sign * fraction.0 as i64, fraction.1 as i64));
        }
        (None, Some((n, d, _))) => (n, d),
        (None, None) => return None,
    };
    Some(Ratio::new(sign * n as i64, d as i64))
}

/// The decimal fraction of fewest digits, as numerator, denominator and their number.
fn decimal(low: f64, high: f64) -> Option<(f64, f64, i32)> {
    let middle = 0.5 * (low + high);
    let size = middle.log10().floor() as i32;
    (1..=DECIMALS).find_map(|digits| {
        // middle ≈ n 10^(−places)
        let places = digits - 1 - size;
        if !(0..=17).contains(&places) || 10_f64.powi(digits) * (high - low) > CHANCE * middle {
            return None;
        }
        let scale = 10_f64.powi(places);
        let n = (middle * scale).round();
        let slack = 4.0 * f64::EPSILON * middle;
        (n > 0.0 && n / scale >= low - slack && n / scale <= high + slack)
            .then_some((n, scale, digits))
    })
}

/// Of 0 < low ≤ high, as numerator and denominator.
fn positive(low: f64, high: f64, limit: f64, depth: usize) -> Option<(f64, f64)> {
    if depth > 60 {
        return None;
    }
    let whole = low.ceil();
    if whole <= high {
        return Some((whole, 1.0));
    }
    let floor = low.floor();
    let (n, d) = positive((high - floor).recip(), (low - floor).recip(), limit, depth + 1)?;
    let (numerator, denominator) = (floor * n + d, n);
    (numerator <= limit && denominator <= limit).then_some((numerator, denominator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_the_simplest() {
        let near = |x: f64, by: f64| simplest(x - by, x + by);
        assert_eq!(near(0.9, 1e-12), Some(Ratio::new(9, 10)));
        assert_eq!(near(-1.0 / 3.0, 1e-10), Some(Ratio::new(-1, 3)));
        assert_eq!(near(1e-8, 1e-15), Some(Ratio::new(1, 100_000_000)));
        assert_eq!(near(3.0, 0.0), Some(Ratio::new(3, 1)));
        assert_eq!(near(1e-12, 1e-9), Some(Ratio::new(0, 1)));
        assert_eq!(near(1e-8, 3e-15), Some(Ratio::new(1, 100_000_000)));
        assert_eq!(near(0.999, 1e-9), Some(Ratio::new(999, 1000)));
        assert_eq!(near(22.0 / 7.0, 1e-4), Some(Ratio::new(22, 7)));
        assert_eq!(near(std::f64::consts::PI, 1e-18), None);
        // 22/7 is within, as by chance some fraction with so small a denominator is.
        assert_eq!(near(std::f64::consts::PI, 0.01), None);
        assert_eq!(near(f64::NAN, 1.0), None);
    }
}
