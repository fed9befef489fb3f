//! Which maps are taken for smooth.

use std::borrow::Cow;

use super::*;

/// f(a x + b y) in each coordinate, with f the absolute value or the square.
#[derive(Clone, Debug, PartialEq)]
struct Of {
    weights: [f64; 2],
    absolute: bool,
}

impl Map for Of {
    fn name(&self) -> Cow<'static, str> {
        "of".into()
    }

    fn eval<S: Scalar>(&self, inputs: &[&[S]], out: &mut [S]) {
        for (out, (x, y)) in out.iter_mut().zip(inputs[0].iter().zip(inputs[1])) {
            let sum = x.scale(self.weights[0]) + y.scale(self.weights[1]);
            *out = match self.absolute {
                true if sum.leading() < 0.0 => -sum,
                true => sum,
                false => sum.square(),
            };
        }
    }
}

/// The slots move at speeds of their own, so that no difference of two stands still.
#[test]
fn a_kink_is_found_in_every_slot_and_between_two() {
    for weights in [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]] {
        for absolute in [false, true] {
            assert_eq!(is_smooth(&Of { weights, absolute }, 2), !absolute, "{weights:?}");
        }
    }
}

#[test]
fn maps_that_differ_in_which_slot_is_which_have_other_values() {
    let of = |weights: [f64; 2]| values_of(&Of { weights, absolute: false }, 2);
    assert_eq!(of([1.0, 2.0]), of([1.0, 2.0]));
    assert_ne!(of([1.0, 2.0]), of([2.0, 1.0]));
}
