//! Expansions of thirteen methods against an independent program.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::sync::Arc;

use shadowflow::expansion::Expander;
use shadowflow::loss::preset;
use shadowflow::method::Methods;
use shadowflow::sampling::FullBatch;
use shadowflow::scalar::{DoubleDouble, Ratio, Scalar};

/// f₀, f₁, f₂ of each method at w = (1.1, −0.6) on the whole loss of the problem `factorisation`, from its
/// step alone in truncated power series of ε with 48 digits, by another program; good to 1e-28 relative.
const KNOWN: &str = include_str!("expansions.json");

#[test]
fn thirteen_methods_have_the_fields_that_another_program_finds() {
    let known: serde_json::Value = serde_json::from_str(KNOWN).unwrap();
    let problem = preset("factorisation", None, None, 1).unwrap();
    let point = [Ratio::new(11, 10), Ratio::new(-3, 5)].map(DoubleDouble::from_ratio);
    let methods = Methods::standard();
    let rows = known["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 13);
    for row in rows {
        let said = row["method"].as_str().unwrap();
        let (name, settings) = said.split_once(' ').unwrap();
        let settings: Vec<&str> = settings.split(' ').collect();
        let method = methods.method(name).unwrap();
        let made = method.made(&method.values(&settings).unwrap(), None).unwrap();
        let expander = Expander::new(&made.optimizer, Arc::new(FullBatch), &problem).unwrap();
        let expansion = expander.expand(&point, 3).unwrap();
        assert!(expansion.digits >= 25, "{said}: {}", expansion.digits);
        for (found, known) in expansion.fields.iter().zip(row["fields"].as_array().unwrap()) {
            let known: Vec<DoubleDouble> = (known.as_array().unwrap().iter())
                .map(|x| x.as_str().unwrap().parse().unwrap())
                .collect();
            let size = known.iter().fold(0.0_f64, |most, x| most.max(x.leading().abs()));
            for (&found, &known) in found.iter().zip(&known) {
                let gap = (found - known).leading().abs();
                assert!(gap <= 1e-27 * size, "{said}: {found} is not {known}");
            }
        }
    }
}
