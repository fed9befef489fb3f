//! Exact ratios in a text for reading: long ones as decimals.

use std::borrow::Cow;

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

/// The most characters of a ratio that is shown as it is.
const LONGEST: usize = 24;
/// The significant digits of one that is not.
const DIGITS: usize = 10;

/// `text` with every ratio of integers in it that is longer than 24 characters as a decimal of ten digits after ~.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    let belongs = |c: char| c.is_ascii_digit() || c == '/';
    if text.split(|c| !belongs(c)).all(|run| run.len() <= LONGEST) {
        return Cow::Borrowed(text);
    }
    let letters: Vec<char> = text.chars().collect();
    let runs = letters.chunk_by(|a, b| belongs(*a) == belongs(*b));
    let short = |run: &[char]| -> String {
        let run: String = run.iter().collect();
        if run.len() > LONGEST && run.chars().all(belongs) { decimal(&run) } else { None }
            .unwrap_or(run)
    };
    Cow::Owned(runs.map(short).collect())
}

/// p/q or p with natural p and q, as ~0.1234567891 or ~1.234567891e-12; `None` for anything else.
fn decimal(ratio: &str) -> Option<String> {
    let (numer, denom) = ratio.split_once('/').unwrap_or((ratio, "1"));
    let (numer, denom) = (numer.parse::<BigInt>().ok()?, denom.parse::<BigInt>().ok()?);
    if denom.is_zero() || numer.is_negative() {
        return None;
    }
    if numer.is_zero() {
        return Some("0".to_owned());
    }
    // 10^(e − 1) < p/q < 10^(e + 1): e or one less is the power of ten of its first digit.
    let mut power = numer.to_string().len() as i64 - denom.to_string().len() as i64;
    let rounded = |power: i64| {
        let shift = DIGITS as i64 - 1 - power;
        let ten = |by: i64| BigInt::from(10).pow(u32::try_from(by.max(0)).unwrap_or(u32::MAX));
        let (over, under) = (&numer * ten(shift) * 2, &denom * ten(-shift));
        let figures: BigInt = (over + &under) / (under * 2);
        figures.to_string()
    };
    let mut figures = rounded(power);
    if figures.len() < DIGITS {
        power -= 1;
        figures = rounded(power);
    }
    if figures.len() > DIGITS {
        power += 1;
        figures.truncate(DIGITS);
    }
    let (first, rest) = figures.split_at(1);
    Some(match power {
        -4..0 => format!("~0.{}{figures}", "0".repeat(power.unsigned_abs() as usize - 1)),
        0..9 => {
            let (whole, rest) = figures.split_at(power as usize + 1);
            format!("~{whole}.{rest}")
        }
        _ => format!("~{first}.{rest}e{power}"),
    })
}

#[cfg(test)]
mod tests {
    use super::{decimal, shortened};

    #[test]
    fn a_long_ratio_is_a_decimal_and_a_short_one_stays() {
        let short = "−1/2 ε T_a[g_1000, 99999999999/100000000000 g]";
        assert_eq!(shortened(short), short);
        let thirds = format!("{}/{}", "1".repeat(40), "3".repeat(40));
        assert_eq!(shortened(&format!("−{thirds} ε H g")), "−~0.3333333333 ε H g");
        assert_eq!(shortened(&"7".repeat(400)), "~7.777777778e399");
        let tiny = format!("1/3{}", "0".repeat(300));
        assert_eq!(shortened(&tiny), "~3.333333333e-301");
    }

    #[test]
    fn decimals_are_rounded_and_carried() {
        let shown = |ratio: &str| decimal(ratio).unwrap_or_default();
        assert_eq!(shown("2/3"), "~0.6666666667");
        assert_eq!(shown("1/16"), "~0.06250000000");
        assert_eq!(shown("99999999999/1"), "~1.000000000e11");
        assert_eq!(shown("999999999996/1000000000000"), "~1.000000000");
        assert_eq!(shown("123456789/1"), "~123456789.0");
        assert_eq!(shown("1/100000"), "~1.000000000e-5");
        assert_eq!([decimal("1/0"), decimal("1/2/3"), decimal("/")], [None, None, None]);
    }
}
