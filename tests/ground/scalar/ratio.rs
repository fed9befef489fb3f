//! Ratios: exact beside big rationals, or undefined; never wrong.

use num_rational::BigRational;
use num_traits::ToPrimitive;
use proptest::prelude::*;
use shadowflow::scalar::{DoubleDouble, Ratio, Scalar};

fn big(r: Ratio) -> BigRational {
    BigRational::new(r.numer().into(), r.denom().into())
}

/// Integers of every size, the extremes among them.
fn integer() -> impl Strategy<Value = i128> {
    prop_oneof![
        -20_i128..20,
        any::<i64>().prop_map(i128::from),
        any::<i128>(),
        Just(i128::MAX),
        Just(i128::MIN),
        Just(i128::from(i64::MIN)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::with_cases(4000) })]

    #[test]
    fn results_are_exact_or_undefined(a in integer(), b in integer(), c in integer(), d in integer()) {
        let (x, y) = (Ratio::wide(a, b), Ratio::wide(c, d));
        prop_assert_eq!(x.is_defined(), b != 0 && a != i128::MIN && b != i128::MIN);
        if !(x.is_defined() && y.is_defined()) {
            prop_assert!(!(x + y).is_defined() && !(x * y).is_defined());
            return Ok(());
        }
        let operations: [(Ratio, Option<BigRational>); 4] = [
            (x + y, Some(big(x) + big(y))),
            (x - y, Some(big(x) - big(y))),
            (x * y, Some(big(x) * big(y))),
            (x / y, (!y.is_zero()).then(|| big(x) / big(y))),
        ];
        for (found, exact) in operations {
            match exact {
                Some(exact) if found.is_defined() => prop_assert_eq!(big(found), exact),
                Some(exact) => {
                    // Small operands always have room.
                    let small = [a, b, c, d].iter().all(|n| n.unsigned_abs() < 1 << 31);
                    prop_assert!(!small, "{exact} was refused");
                }
                None => prop_assert!(!found.is_defined()),
            }
        }
        prop_assert_eq!(big(-x), -big(x));
        prop_assert_eq!(x.partial_cmp(&y), Some(big(x).cmp(&big(y))));
        prop_assert_eq!(x.to_string().parse::<Ratio>().ok(), Some(x));
        let nearest = big(x).to_f64().unwrap_or(f64::NAN);
        prop_assert!((f64::from_ratio(x) - nearest).abs() <= f64::EPSILON * nearest.abs());
    }

    #[test]
    fn narrow_and_wide_ratios_are_the_same(a in any::<i64>(), b in any::<i64>()) {
        prop_assert_eq!(Ratio::new(a, b), Ratio::wide(a.into(), b.into()));
        prop_assert_eq!(Ratio::new(i64::MIN, b), Ratio::wide(i64::MIN.into(), b.into()));
        prop_assert_eq!(Ratio::new(a, i64::MIN), Ratio::wide(a.into(), i64::MIN.into()));
    }
}

#[test]
fn what_is_no_ratio_stays_none() {
    let nothing = Ratio::new(1, 0);
    let one = Ratio::new(1, 1);
    for r in [nothing, one / (one - one), nothing + one, nothing * Ratio::new(0, 1), -nothing] {
        assert_eq!(r, Ratio::UNDEFINED);
        assert!(f64::from_ratio(r).is_nan() && DoubleDouble::from_ratio(r).leading().is_nan());
        assert_eq!(r.to_string(), "undefined");
        assert_eq!((r.partial_cmp(&one), r.ceil()), (None, None));
    }
    for text in ["", "1/0", "a", "1/2/3", "0.5", "999999999999999999999999999999999999999999"] {
        assert!(text.parse::<Ratio>().is_err(), "{text}");
    }
    let large = Ratio::new(i64::MAX, 1);
    assert!(!(large * large * large).is_defined());
    assert!((large * large).is_defined());
}
