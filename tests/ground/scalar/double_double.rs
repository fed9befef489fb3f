//! Double-doubles against the digits of mpmath.

use shadowflow::scalar::{DoubleDouble, Dual, Ratio, Real, Scalar};

use super::{digits, relative, variable};

type Values = &'static [(f64, &'static str)];

#[test]
fn double_double_functions_agree_with_mpmath() {
    let table: [(&str, fn(DoubleDouble) -> DoubleDouble, Values); 8] = [
        (
            "exp",
            Scalar::exp,
            &[
                (1.0, "2.718281828459045235360287471352662497757"),
                (-1.0, "3.678794411714423215955237701614608674458e-1"),
                (0.3, "1.349858807576003088997301031688634032142"),
                (1e-9, "1.00000000100000000050000006244825818677"),
                (-1e-20, "9.999999999999999999900000000000000005485e-1"),
                (20.5, "7.999021774755054067045988372839900834544e+8"),
                (-33.25, "3.62834417804704463454718388078558282472e-15"),
                (345.678, "1.33674299016345935050193575888834255946e+150"),
                (700.125, "1.149275483873759077465187015105439594423e+304"),
                (709.5, "1.354986319314632830876632274053603338299e+308"),
                (-600.5, "1.607546769793794238749898369391763636525e-261"),
            ],
        ),
        (
            "ln",
            Scalar::ln,
            &[
                (2.0, "6.931471805599453094172321214581765680755e-1"),
                (0.5, "-6.931471805599453094172321214581765680755e-1"),
                (1.000_000_1, "9.99999950583870451775160996834544912303e-8"),
                (0.99999, "-1.00000500002878251160207257580545659459e-5"),
                (std::f64::consts::SQRT_2, "3.46573590279972723066702637348315628422e-1"),
                (std::f64::consts::FRAC_1_SQRT_2, "-3.465735902799725863505294841098609396535e-1"),
                (1e-300, "-6.907755278982137051803383445701005029086e+2"),
                (1e300, "6.907755278982137052579021966605136811507e+2"),
                (5e-324, "-7.444400719213812623141072984460816341131e+2"),
                (3.7, "1.308332819650178808359748524461959227561"),
                (123_456.789, "1.172364648718588101602963125293849251803e+1"),
            ],
        ),
        (
            "sqrt",
            Scalar::sqrt,
            &[
                (2.0, "1.41421356237309504880168872420969807857"),
                (1e-200, "9.999999999999999910501311995413797579771e-101"),
                (1e300, "1.000000000000000026252380127602209779759e+150"),
                (0.1, "3.162277660168379419769730258850242641672e-1"),
                (123_456.789, "3.513641828644462222960729052835508456296e+2"),
            ],
        ),
        (
            "tanh",
            Scalar::tanh,
            &[
                (1e-30, "1.000000000000000083336420607585985350931e-30"),
                (-1e-09, "-1.000000000000000061948258124446523023415e-9"),
                (0.001, "9.999996666668000207626926629550768958706e-4"),
                (0.1, "9.966799462495582261427704369862483325538e-2"),
                (-0.3, "-2.913126124515908956581600157693989482617e-1"),
                (0.499_999_99, "4.621171493955323966394590777557901858243e-1"),
                (0.5, "4.621171572600097585023184836436725487303e-1"),
                (1.0, "7.615941559557648881194582826047935904128e-1"),
                (-3.25, "-9.969976354865260169322759264395722730592e-1"),
                (12.5, "9.999999999722241122704577087802638987905e-1"),
                (32.0, "9.999999999999999999999999996792378218903e-1"),
                (45.0, "9.999999999999999999999999999999999999984e-1"),
                (300.0, "1.0"),
            ],
        ),
        (
            "sin",
            |x| x.sin_cos().0,
            &[
                (1e-30, "1.000000000000000083336420607585985350931e-30"),
                (-0.3, "-0.2955202066613395644989550807669445010439"),
                (0.78, "0.7032794192004102033104392071730039432396"),
                (1.0, "0.8414709848078965066525023216302989996226"),
                (-2.5, "-0.5984721441039564940518547021861622717036"),
                (12.5, "-0.06632189735120068892940981986345942727351"),
                (-321.75, "-0.9655501465581950677524224615833255984709"),
                (1e4, "-0.3056143888882521413609100352325069742319"),
            ],
        ),
        (
            "cos",
            |x| x.sin_cos().1,
            &[
                (1e-30, "1.0"),
                (-0.3, "0.9553364891256060229232436043420874092269"),
                (0.78, "0.7109135380122773384771369291732945895473"),
                (1.0, "0.5403023058681397174009366074429766037323"),
                (-2.5, "-0.8011436155469337148335027904673516644286"),
                (12.5, "0.997798279178580663802566202824547525377"),
                (-321.75, "0.260217052633850315383999594218663847452"),
                (1e4, "-0.9521553682590148512403867606633060013071"),
            ],
        ),
        (
            "softplus",
            Scalar::softplus,
            &[
                (-600.25, "2.064130910929509482804658994489681522577e-261"),
                (-80.5, "1.094697702953141678207421004086274837231e-35"),
                (-37.0, "8.53304762574406543021354090685907316148e-17"),
                (-2.5, "7.888973429254962334404391671755099725908e-2"),
                (-1e-12, "6.931471805594453094172322464682332442609e-1"),
                (1e-12, "6.931471805604453094172322464481198918901e-1"),
                (0.75, "1.136871006114899943669840269214022908669"),
                (10.0, "1.00000453988992168646467694878293071056e+1"),
                (36.5, "3.650000000000000014068617124461466682859e+1"),
                (90.25, "9.025e+1"),
                (690.0, "6.9e+2"),
                (1e9, "1.0e+9"),
            ],
        ),
        (
            "logistic",
            Scalar::logistic,
            &[
                (-600.25, "2.064130910929509482804658994489681522577e-261"),
                (-40.0, "4.248354255291588977280720904404506371435e-18"),
                (-1.5, "1.824255238063563403927828213437517524538e-1"),
                (-1e-09, "4.999999997499999999999999844504354688884e-1"),
                (1e-9, "5.000000002500000000000000155495645311116e-1"),
                (2.25, "9.046505351008905060303852367716634986983e-1"),
                (37.0, "9.999999999999999146695237425593493385097e-1"),
                (800.0, "1.0"),
            ],
        ),
    ];
    for (name, f, values) in table {
        let mut worst = 0.0_f64;
        for &(x, oracle) in values {
            let error = relative(f(DoubleDouble::from_f64(x)), digits(oracle));
            assert!(error < 5e-31, "{name}({x}): relative error {error:.1e}");
            worst = worst.max(error);
        }
        println!("{name}: worst relative error {worst:.1e}");
    }
}

#[test]
fn double_double_saturates_without_nan() {
    let at = DoubleDouble::from_f64;
    for size in [41.0, 399.9, 400.1, 1e4, 1e300, f64::INFINITY] {
        assert_eq!(at(size).tanh().hi(), 1.0);
        assert_eq!(at(-size).tanh().hi(), -1.0);
        assert!(at(-size).softplus().hi() < 1e-17);
        assert!(at(size.min(1e300)).softplus().hi() >= size.min(1e300));
        assert_eq!(at(size).logistic().hi(), 1.0);
        assert!(at(-size).logistic().hi() < 1e-17);
        assert!(at(-size).exp().hi() < 1e-17);
    }
    assert_eq!(at(1e4).exp().hi(), f64::INFINITY);
    assert_eq!(at(0.0).tanh().hi(), 0.0);
    assert_eq!(at(0.0).sqrt().hi(), 0.0);
    assert_eq!(at(0.0).ln().hi(), f64::NEG_INFINITY);
    for invalid in [at(-1.0).ln(), at(-1.0).sqrt(), at(f64::NAN).exp(), at(f64::NAN).tanh()] {
        assert!(invalid.hi().is_nan() && !invalid.is_finite());
    }
    assert!(!(at(1e300) * at(1e300)).is_finite());
}

#[test]
fn double_double_arithmetic_keeps_what_f64_loses() {
    let (tiny, one) = (DoubleDouble::from_f64(1e-25), DoubleDouble::one());
    assert_eq!((one + tiny) - one, tiny);
    // The high parts cancel and the low parts do not fit into one f64.
    let [a, b] = [-54, -110].map(|n| DoubleDouble::from_parts(1.0, 2f64.powi(n)));
    for difference in [a - b, a + -b] {
        assert_eq!((difference.hi(), difference.lo()), (2f64.powi(-54), -2f64.powi(-110)));
    }
    let third = DoubleDouble::from_ratio(Ratio::new(1, 3));
    assert!(relative(third, digits("0.3333333333333333333333333333333333333333")) < 1e-31);
    let quotient = digits("0.7") / digits("3.1");
    assert!(relative(quotient, digits("0.2258064516129032258064516129032258064516")) < 1e-31);
    // 2⁵³ + 1 is not an f64.
    let odd = DoubleDouble::from_ratio(Ratio::new((1 << 53) + 1, 1));
    assert_eq!((odd.hi(), odd.lo()), (9_007_199_254_740_992.0, 1.0));
    assert_eq!(DoubleDouble::from_parts(1.0, 1.0), DoubleDouble::from_f64(2.0));
    assert!(
        one < one + tiny
            && -one < tiny
            && one.partial_cmp(&DoubleDouble::from_f64(f64::NAN)).is_none()
    );
    assert!(DoubleDouble::ROUND_OFF < 2.0_f64.powi(-104) && DoubleDouble::ROUND_OFF > 1e-32);
    assert_eq!((-one).abs(), one);
    let mut running = one;
    running += one;
    running *= digits("1.5");
    running -= one;
    running /= digits("4");
    assert_eq!(running, digits("0.5"));
}

#[test]
fn double_double_reads_and_prints_decimal_numbers() {
    // π and its two parts: F. L. Bauer's and everyone's constants.
    let pi = digits("3.141592653589793238462643383279502884197");
    assert_eq!((pi.hi(), pi.lo()), (std::f64::consts::PI, 1.224_646_799_147_353_2e-16));
    assert_eq!(digits("-2.1151428222656250000000000000e+00").hi(), -2.115_142_822_265_625);
    assert_eq!(digits("-2.1151428222656250000000000000e+00").lo(), 0.0);
    assert_eq!(digits("0.001"), digits("1e-3"));
    assert_eq!(digits("1234567.0"), digits("+1.234567E6"));
    assert_eq!(digits("1e22"), DoubleDouble::from_f64(1e22));
    assert_eq!(digits("-0").hi(), 0.0);
    assert_eq!(digits("inf").hi(), f64::INFINITY);
    let long = "0.00000000000000000000000000000000000000000031415926535897932384626433832795028841971693993751";
    assert!(relative(digits(long), pi / digits("1e43")) < 1e-31);
    for extreme in ["1.7976931348623157e308", "-2.2250738585072014e-308", "5e-324", "4e-310"] {
        assert_eq!(digits(extreme).hi(), extreme.parse::<f64>().unwrap(), "{extreme}");
    }
    for malformed in ["", "1.2.3", "0x10", "1e", "twelve"] {
        assert!(malformed.parse::<DoubleDouble>().is_err(), "{malformed}");
    }
    assert_eq!(digits("-0.5").to_string(), "-5.000000000000000000000000000000e-1");
    assert_eq!(DoubleDouble::zero().to_string(), "0");
    for text in [
        "3.141592653589793238462643383279502884197",
        "-9.99999999999999999999999999999e199",
        "1e-250",
        "1e23",
    ] {
        let printed = digits(text).to_string();
        assert!(relative(digits(&printed), digits(text)) < 2e-30, "{text} printed as {printed}");
    }
}

#[test]
fn double_double_jets_and_duals_keep_all_digits() {
    let e = digits("2.718281828459045235360287471352662497757");
    let image = variable(DoubleDouble::one(), 20).exp();
    let mut factorial = DoubleDouble::one();
    for k in 1..20 {
        factorial *= DoubleDouble::from_f64(k as f64);
        assert!(relative(image.coefficient(k), e / factorial) < 1e-30, "order {k}");
    }
    // tanh′(1) = 1 − tanh²(1)
    let tanh = digits("0.761594155955764888119458282604793590412768597");
    let image = Dual::new(DoubleDouble::one(), DoubleDouble::one()).tanh();
    assert!(relative(image.derivative, DoubleDouble::one() - tanh * tanh) < 1e-30);
}
