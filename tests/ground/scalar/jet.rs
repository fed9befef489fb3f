//! Jets against closed-form series and nested duals.

use shadowflow::scalar::{CAPACITY, Dual, Jet, Scalar};

use super::{POINTS, assert_close, formula, jet, three_derivatives, variable};

fn assert_jet(what: &str, ours: Jet<f64>, oracle: &[f64]) {
    for (k, &oracle) in oracle.iter().enumerate() {
        let error = (ours.coefficient(k) - oracle).abs();
        assert!(
            error <= 1e-14 * oracle.abs().max(1e-2),
            "{what}, order {k}: {ours:?}, not {oracle}"
        );
    }
}

#[test]
fn jets_agree_with_closed_forms() {
    let (at_zero, at_one) = (variable(0.0, CAPACITY), variable(1.0, CAPACITY));
    let one = Jet::one();

    let mut factorial = 1.0;
    let exponential = (0..CAPACITY).map(|k| {
        factorial *= (k as f64).max(1.0);
        std::f64::consts::E / factorial
    });
    assert_jet("exp at 1", at_one.exp(), &exponential.collect::<Vec<_>>());
    assert_jet("1/(1 − s)", one / (one - at_zero), &[1.0; CAPACITY]);
    let logarithm = (0..CAPACITY).map(|k| match k {
        0 => 0.0,
        k if k % 2 == 0 => -1.0 / k as f64,
        k => 1.0 / k as f64,
    });
    assert_jet("ln(1 + s)", at_one.ln(), &logarithm.collect::<Vec<_>>());
    let mut binomial = 1.0;
    let root = (0..CAPACITY).map(|k| {
        let current = binomial;
        binomial *= (0.5 - k as f64) / (k as f64 + 1.0);
        current
    });
    assert_jet("√(1 + s)", at_one.sqrt(), &root.collect::<Vec<_>>());
    // Abramowitz and Stegun 4.5.64.
    let tanh = [1.0, -1.0 / 3.0, 2.0 / 15.0, -17.0 / 315.0, 62.0 / 2835.0, -1382.0 / 155_925.0];
    let tanh: Vec<f64> = tanh.into_iter().flat_map(|c| [0.0, c]).collect();
    assert_jet("tanh at 0", at_zero.tanh(), &tanh);
    // Half the integral of tanh(s/2) above, plus ln 2 + s/2.
    let softplus = [std::f64::consts::LN_2, 0.5, 0.125, 0.0, -1.0 / 192.0, 0.0, 1.0 / 2880.0];
    assert_jet("softplus at 0", at_zero.softplus(), &softplus);
}

#[test]
fn jets_agree_with_mpmath_away_from_zero() {
    // mp.taylor(f, 0.5, 10)
    let tanh = [
        0.462_117_157_260_009_76,
        0.786_447_732_965_927_41,
        -0.363_430_990_691_793_64,
        -0.094_201_548_043_295_06,
        0.164_675_815_155_190_96,
        -0.027_222_387_266_428_272,
        -0.050_388_250_405_266_147,
        0.028_601_596_744_612_369,
        0.008_007_423_564_575_104_9,
        -0.013_473_363_015_133_621,
        0.002_011_955_273_697_885,
    ];
    let softplus = [
        0.974_076_984_180_106_68,
        0.622_459_331_201_854_56,
        0.117_501_856_100_797_245,
        -9.592_799_142_053_456_76e-3,
        -4.014_864_845_399_358_92e-3,
        8.729_660_881_694_270_12e-4,
        1.883_613_516_547_644_86e-4,
        -7.744_364_248_333_732_6e-5,
        -7.233_861_331_598_317_9e-6,
        6.586_246_640_378_156_25e-6,
        -1.413_251_289_078_088_45e-8,
    ];
    let x = variable(0.5, 11);
    assert_jet("tanh at ½", x.tanh(), &tanh);
    assert_jet("softplus at ½", x.softplus(), &softplus);
    // f(x(s)) with a curved x: composition by hand to s², with f = exp.
    let curved = jet(&[0.0, 2.0, 3.0]).exp();
    assert_jet("exp of a curve", curved, &[1.0, 2.0, 5.0]);
}

#[test]
fn jets_agree_with_nested_duals_and_carry_inside_them() {
    for x in POINTS {
        let image = formula(variable(x, 4));
        let derivatives = three_derivatives(formula, x);
        for (k, (derivative, factorial)) in
            derivatives.into_iter().zip([1.0, 1.0, 2.0, 6.0]).enumerate()
        {
            assert_close(
                &format!("order {k}"),
                image.coefficient(k) * factorial,
                derivative,
                1e-13,
            );
        }
        // In Dual<Jet> the derivative is the jet of f′: its coefficients are (k + 1) c_{k+1}.
        let long = formula(variable(x, 9));
        let twice = Dual::new(Dual::new(variable(x, 9), Jet::one()), Dual::one());
        let Dual { value, derivative } = formula(twice);
        assert_close("value", value.value.coefficient(8), long.coefficient(8), 1e-12);
        for k in 0..7 {
            let [c1, c2] = [1, 2].map(|j| long.coefficient(k + j));
            let (n, what) = (k as f64, format!("x = {x}, k = {k}"));
            assert_close(&what, value.derivative.coefficient(k), (n + 1.0) * c1, 1e-12);
            assert_close(
                &what,
                derivative.derivative.coefficient(k),
                (n + 1.0) * (n + 2.0) * c2,
                1e-12,
            );
        }
    }
}

#[test]
fn the_length_of_a_jet_is_that_of_its_longest_operand() {
    let (constant, short, long) = (Jet::constant(2.0), jet(&[1.0, 1.0]), jet(&[1.0, 0.0, 0.0]));
    assert_eq!((constant.len(), short.len(), long.len()), (1, 2, 3));
    assert_eq!((short * short).len(), 2, "the square of a variable of length 2 has lost s²");
    let sum = short + long;
    assert_eq!(sum, jet(&[2.0, 1.0, 0.0]));
    assert_eq!(long - short, jet(&[0.0, -1.0, 0.0]));
    assert_eq!((constant * short, short * constant), (jet(&[2.0, 2.0]), jet(&[2.0, 2.0])));
    assert_eq!(short * long, jet(&[1.0, 1.0, 0.0]));
    assert_eq!(constant.tanh().len(), 1);
    assert_eq!(constant / short, jet(&[2.0, -2.0]));
    assert_eq!(long.coefficient(99), 0.0);
    assert_eq!(jet(&[]), Jet::zero());
    assert_eq!(jet(&[1.0; 40]).len(), CAPACITY);
    let mut grown = jet(&[1.0; CAPACITY]);
    grown.push(1.0);
    assert_eq!(grown.len(), CAPACITY);
    assert!(!jet(&[0.0, 1.0]).sqrt().is_finite(), "√ has no Taylor series at 0");
}
