//! Numbers in sentences.

use crate::measure::Estimate;

/// `x` to `significant` digits: 0.0312, 31.2, and 3.12e-5 where there would be many zeros.
pub(super) fn digits(x: f64, significant: usize) -> String {
    if x.abs() <= 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let exponent = x.abs().log10().floor() as i32;
    if !(-3..=5).contains(&exponent) {
        return with_minus(format!("{x:.places$e}", places = significant.saturating_sub(1)));
    }
    let places = (significant as i32 - 1 - exponent).max(0) as usize;
    with_minus(format!("{x:.places$}"))
}

/// With the sign that stands in formulas, not the hyphen of programs.
pub(super) fn with_minus(number: String) -> String {
    number.strip_prefix('-').map_or_else(|| number.clone(), |rest| format!("−{rest}"))
}

/// Value and half-width, the latter to two digits: 0.0312 ± 0.0014.
pub(super) fn with_bar(estimate: Estimate) -> String {
    let Estimate { value, half_width } = estimate;
    if !half_width.is_finite() || half_width <= 0.0 {
        return digits(value, 3);
    }
    let exponent = half_width.log10().floor() as i32;
    if exponent < -5 {
        let power = value.abs().max(half_width).log10().floor() as i32;
        let unit = f64::powi(10.0, power);
        let places = (1 + power - exponent).max(0) as usize;
        let value = with_minus(format!("{:.places$}", value / unit));
        return format!("({value} ± {:.places$})e{power}", half_width / unit);
    }
    let places = (1 - exponent).max(0) as usize;
    format!("{} ± {half_width:.places$}", with_minus(format!("{value:.places$}")))
}

/// The same in percent: 3.1 ± 0.2 %.
pub(super) fn in_percent(estimate: Estimate) -> String {
    let Estimate { value, half_width } = estimate;
    let percent = Estimate { value: 100.0 * value, half_width: 100.0 * half_width };
    format!("{} %", with_bar(percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_significant() {
        let cases = [(0.03124, "0.0312"), (31.26, "31.3"), (3.124e-5, "3.12e-5"), (0.0, "0")];
        assert_eq!(digits(-31.26, 3), "−31.3");
        for (x, said) in cases {
            assert_eq!(digits(x, 3), said);
        }
    }

    #[test]
    fn bars_have_two_digits() {
        let said = |value, half_width| with_bar(Estimate { value, half_width });
        assert_eq!(said(0.03124, 0.0014), "0.0312 ± 0.0014");
        assert_eq!(said(123.4, 25.0), "123 ± 25");
        assert_eq!(said(3.1243e-5, 2.1e-7), "(3.124 ± 0.021)e-5");
        assert_eq!(said(1.5, f64::INFINITY), "1.50");
        assert_eq!(in_percent(Estimate { value: -0.0195, half_width: 0.0074 }), "−1.95 ± 0.74 %");
    }
}
