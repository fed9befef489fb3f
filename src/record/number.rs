//! Numbers with their bars, as people read them.

use crate::scalar::DoubleDouble;

/// `value` with its half-width in units of the last digit, rounded up: 1.998(4) for 1.998 ± 0.004.
///
/// At most `decimals` of them are shown. Bars of 1 and more are written out, 2.1 ± 3.4; a value without a bar gets none.
pub fn with_bar(value: f64, half_width: f64, decimals: i32) -> String {
    if !half_width.is_finite() || half_width < 0.0 || !value.is_finite() {
        return format!("{value:.3}");
    }
    if half_width > 0.95 {
        return format!("{value:.1} ± {half_width:.1}");
    }
    let most = decimals.max(1);
    let smallest = f64::powi(10.0, -most);
    let magnitude = -half_width.max(smallest).log10().floor() as i32;
    let digit = |decimals: i32| (half_width * f64::powi(10.0, decimals) - 1e-6).ceil().max(1.0);
    let decimals = magnitude.clamp(1, most);
    // 0.0096 rounds up to 10 units of the third decimal: that is one of the second.
    let decimals = if digit(decimals) > 9.0 { decimals - 1 } else { decimals };
    // A value that rounds to zero has no sign.
    let rounded = format!("{value:.places$}", places = decimals as usize);
    let is_zero = rounded.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    let shown = if is_zero { rounded.trim_start_matches('-') } else { &rounded };
    format!("{shown}({:.0})", digit(decimals))
}

/// A value that should be zero beside its bar, which may be of any size: 0(3e-10), or 2.1e-5(3e-7)
/// where it is further away than its bar.
pub fn small_with_bar(value: f64, half_width: f64) -> String {
    if value.abs() <= half_width {
        format!("0({half_width:.0e})")
    } else {
        format!("{value:.1e}({half_width:.0e})")
    }
}

/// `value` with this many significant digits (at most 31), without rounding: 0.684850…, or 6.84850…e-9 where
/// leading zeros would be many.
pub fn decimal(value: DoubleDouble, digits: usize) -> String {
    let written = value.to_string();
    let Some((mantissa, exponent)) = written.split_once('e') else { return written };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let figures: String =
        mantissa.chars().filter(char::is_ascii_digit).take(digits.max(1)).collect();
    let shift = |by: usize| figures.split_at(by.min(figures.len()));
    match exponent.parse::<i32>() {
        Ok(e) if (-6..0).contains(&e) => {
            format!("{sign}0.{}{figures}", "0".repeat(e.unsigned_abs() as usize - 1))
        }
        Ok(e) if (0..figures.len() as i32 - 1).contains(&e) => {
            let (whole, rest) = shift(e as usize + 1);
            format!("{sign}{whole}.{rest}")
        }
        _ => {
            let (first, rest) = shift(1);
            format!("{sign}{first}.{rest}e{exponent}")
        }
    }
}

/// A number as it is printed: with the minus sign in place of the hyphen.
#[cfg(feature = "command")]
pub(crate) fn typeset(number: &str) -> String {
    number.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::with_bar;

    #[test]
    fn bars_are_in_units_of_the_last_digit() {
        assert_eq!(with_bar(1.998, 0.004, 8), "1.998(4)");
        assert_eq!(with_bar(0.25, 2.1e-6, 8), "0.250000(3)");
        assert_eq!(with_bar(0.25, 1e-13, 8), "0.25000000(1)");
        assert_eq!(with_bar(-0.5, 0.0096, 8), "-0.50(1)");
        assert_eq!(with_bar(-1e-9, 1e-7, 6), "0.000000(1)");
        assert_eq!(with_bar(-0.02, 0.01, 8), "-0.02(1)");
        assert_eq!(with_bar(2.06, 0.3, 8), "2.1(3)");
        assert_eq!(with_bar(2.0, 3.42, 8), "2.0 ± 3.4");
        assert_eq!(with_bar(1.5, f64::NAN, 8), "1.500");
    }
}
