//! A planted mistake changes what it says and leaves the rest of the method as it is.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use super::*;
use crate::loss::preset;
use crate::optimizer::{Momentum, Steps};

#[test]
fn a_method_that_turns_is_its_own_until_then_and_in_all_but_its_steps() {
    let problem = preset("quadratic", Some(3), None, 1).unwrap();
    let momentum = Momentum::heavy_ball(Ratio::new(1, 2)).unwrap().settled();
    let own = AnyOptimizer::from(momentum).float();
    let mut a = Numeric::new(problem.float());
    let (eps, w) = (0.0625, problem.start().as_slice().to_vec());
    for (factor, longer) in [(Some(Ratio::new(5, 4)), 1.25), (None, 3.0)] {
        let spoiled = turning(&AnyOptimizer::from(momentum), 2, factor).float();
        assert_eq!(spoiled.memory(), 1);
        assert_eq!(spoiled.tempo(), own.tempo());
        let memory = own.initial_memory(&mut a, &eps, &w);
        assert!(memory[0].iter().any(|v| v.abs() > 1e-3), "{memory:?}");
        assert_eq!(spoiled.initial_memory(&mut a, &eps, &w), memory);
        for taken in 0..5 {
            let steps = Steps::default().after(taken);
            let begun = State { w: w.clone(), memory: memory.clone(), steps };
            let (mut found, mut known) = (begun.clone(), begun);
            spoiled.step(&mut a, &eps, Batch::One(1), &mut found);
            let longer = if taken < 2 { eps } else { longer * eps };
            own.step(&mut a, &longer, Batch::One(1), &mut known);
            assert_eq!((found.w, found.memory), (known.w, known.memory), "after {taken} steps");
        }
    }
}
