//! Losses whose own code for `f64` is wrong while the generic code is right.

use shadowflow::loss::{Flaw, FloatKernel, Loss, Problem, Quantity};
use shadowflow::prelude::*;
use shadowflow::scalar::Lanes;

use super::own::{flaw, passes};

/// What is wrong in the kernel.
#[derive(Clone, Copy, PartialEq)]
enum Slip {
    None,
    GradientDoubled,
    GradientOff(f64),
    ProductSign,
    ProductOff(f64),
    Single,
    SingleProduct,
    Penalized,
    Mean,
    LaneFive,
    NotANumber,
}

/// Ĉ_k(w) = ¼ w₀⁴ + ½ a_k (w₀ − w₁)² + ½ w₁², with a kernel by hand.
struct Quartic(Slip);

const STIFFNESS: [f64; 3] = [0.5, 1.0, 2.5];

impl Loss for Quartic {
    fn dim(&self) -> usize {
        2
    }

    fn batches(&self) -> usize {
        3
    }

    fn value<S: Scalar>(&self, batch: usize, w: &[S]) -> S {
        let spring = (w[0] - w[1]).square().scale(0.5 * STIFFNESS[batch]);
        w[0].square().square().scale(0.25) + spring + w[1].square().scale(0.5)
    }

    fn kernel(&self) -> Option<&dyn FloatKernel> {
        Some(self)
    }
}

impl FloatKernel for Quartic {
    fn batches(&self) -> usize {
        3
    }

    fn gradient(&self, batch: usize, w: &[f64], out: &mut [f64]) {
        let pull = STIFFNESS[batch] * (w[0] - w[1]);
        out[0] = w[0].powi(3) + pull;
        out[1] = w[1] - pull;
        match self.0 {
            Slip::GradientDoubled => out[1] *= 2.0,
            Slip::GradientOff(off) if batch == 2 => out[0] *= 1.0 + off,
            Slip::Single => out.iter_mut().for_each(|g| *g = f64::from(*g as f32)),
            Slip::NotANumber if batch == 1 && w[0] < 1.0 => out[0] = f64::NAN,
            _ => {}
        }
    }

    fn hessian_vector(&self, batch: usize, w: &[f64], v: &[f64], out: &mut [f64]) {
        let pull = STIFFNESS[batch] * (v[0] - v[1]);
        out[0] = 3.0 * w[0].powi(2) * v[0] + pull;
        out[1] = v[1] - pull;
        match self.0 {
            Slip::ProductSign => out[1] = v[1] + pull,
            Slip::ProductOff(off) if batch == 1 => out[0] *= 1.0 + off,
            Slip::SingleProduct => out.iter_mut().for_each(|g| *g = f64::from(*g as f32)),
            _ => {}
        }
    }

    fn penalized_gradient(&self, batch: usize, c: f64, w: &[f64], out: &mut [f64]) {
        let mut g = [0.0; 2];
        FloatKernel::gradient(self, batch, w, &mut g);
        let factor = if self.0 == Slip::Penalized { 2.0 } else { 1.0 };
        self.hessian_vector(batch, w, &g, out);
        out.iter_mut().zip(g).for_each(|(out, g)| *out = g + factor * c * *out);
    }

    fn mean_penalized_gradient(&self, c: f64, w: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let mut part = [0.0; 2];
        for k in 0..3 {
            self.penalized_gradient(k, c, w, &mut part);
            out.iter_mut().zip(part).for_each(|(out, part)| *out += part / 3.0);
        }
        if self.0 == Slip::Mean {
            // Summed, not averaged.
            out.iter_mut().for_each(|out| *out *= 3.0);
        }
    }

    fn gradient_in_lanes(&self, batches: &[usize; Lanes::COUNT], w: &[f64], out: &mut [f64]) {
        for (lane, &batch) in batches.iter().enumerate() {
            let at = if self.0 == Slip::LaneFive && lane == 5 { 4 } else { lane };
            let mut g = [0.0; 2];
            FloatKernel::gradient(self, batch, &[w[at], w[Lanes::COUNT + at]], &mut g);
            (out[lane], out[Lanes::COUNT + lane]) = (g[0], g[1]);
        }
    }
}

fn problem(slip: Slip) -> Problem {
    Problem::new("quartic", Quartic(slip), DVector::from_vec(vec![1.1, -0.4]))
}

#[test]
fn a_kernel_without_a_slip_passes() {
    passes(&problem(Slip::None));
}

#[test]
fn a_kernel_that_is_wrong_is_named_with_both_numbers() {
    use Quantity::{
        Gradient, GradientInLanes, HessianVector, MeanPenalizedGradient, PenalizedGradient,
    };
    for (slip, quantity) in [
        (Slip::GradientDoubled, Gradient),
        (Slip::GradientOff(1e-5), Gradient),
        (Slip::GradientOff(1e-9), Gradient),
        (Slip::NotANumber, Gradient),
        (Slip::ProductSign, HessianVector),
        (Slip::ProductOff(1e-6), HessianVector),
        (Slip::Penalized, PenalizedGradient),
        (Slip::Mean, MeanPenalizedGradient),
        (Slip::LaneFive, GradientInLanes),
    ] {
        let flaw = flaw(&problem(slip));
        let Flaw::OtherCode { entry, found, expected } = &flaw else { panic!("{flaw}") };
        assert_eq!(entry.quantity, quantity, "{flaw}");
        let text = flaw.to_string();
        assert!(
            text.contains(&found.to_string()) && text.contains(&expected.to_string()),
            "{text}"
        );
        match slip {
            Slip::GradientOff(_) => assert_eq!((entry.component, entry.batch), (0, 2), "{text}"),
            Slip::ProductOff(_) => assert_eq!((entry.component, entry.batch), (0, 1), "{text}"),
            Slip::GradientDoubled | Slip::ProductSign => assert_eq!(entry.component, 1, "{text}"),
            _ => {}
        }
    }
}

#[test]
fn a_kernel_in_single_precision_carries_about_seven_digits() {
    for (slip, what) in [(Slip::Single, "gradients"), (Slip::SingleProduct, "products")] {
        let flaw = flaw(&problem(slip));
        assert!(matches!(flaw, Flaw::FewDigits { digits: 7..=8, .. }), "{flaw}");
        assert!(flaw.to_string().contains(&format!("{what} carry about")), "{flaw}");
    }
}
