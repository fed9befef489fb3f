//! Kernels in vector instructions: what the `f64` gradients of large losses are made of.
//!
//! Each kernel is written once, generic over [`pulp::Simd`], and compiled for AVX-512, for AVX2 with
//! FMA, and for no vector instructions at all; [`instructions`] picks among them when the program
//! runs. The three differ in rounding only.

mod add_scaled;
mod buffer;
mod product;
mod symmetric;

mod tanh;
mod transpose;

pub(crate) use add_scaled::add_scaled;
pub(crate) use buffer::{Buffer, LINE, with_workspace};
pub(crate) use product::{Left, Out, Right, Start, multiply, multiply_all, multiply_both};

pub(crate) use symmetric::Symmetric;
pub(crate) use tanh::tanh;
pub(crate) use transpose::transpose;

use std::sync::LazyLock;

use pulp::Arch;

static DETECTED: LazyLock<Arch> = LazyLock::new(Arch::new);

/// The best instructions this machine has.
pub(crate) fn instructions() -> Arch {
    *DETECTED
}

/// Every set of instructions this machine has, the best first.
#[cfg(test)]
pub(crate) fn all_instructions() -> Vec<Arch> {
    let mut all = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        all.extend(pulp::x86::V4::try_new().map(Arch::V4));
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
    }
    all.push(Arch::Scalar);
    all
}
