//! Results are read, written and read as the same, or refused in a sentence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shadowflow::record::{json, parse_results};

fuzz_target!(|text: &str| {
    match parse_results(text, "r.json") {
        Ok(records) => {
            let written = json(&records).expect("what was read can be written");
            let again = parse_results(&written, "again.json").expect("what was written can be read");
            assert_eq!(again, records);
        }
        Err(error) => assert!(error.to_string().len() > 10),
    }
});
