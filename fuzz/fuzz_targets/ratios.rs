//! A ratio is read, written and read as the same, or refused in a sentence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shadowflow::scalar::Ratio;

fuzz_target!(|text: &str| {
    match text.parse::<Ratio>() {
        Ok(ratio) => assert_eq!(ratio.to_string().parse::<Ratio>().as_ref(), Ok(&ratio)),
        Err(error) => assert!(error.to_string().len() > 10),
    }
});
