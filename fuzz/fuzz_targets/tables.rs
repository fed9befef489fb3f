//! A table is read into finite numbers, or refused in a sentence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shadowflow::loss::Table;

fuzz_target!(|bytes: &[u8]| {
    match Table::from_reader(bytes, "t.csv", "y") {
        Ok(table) => {
            assert!(table.rows() > 1 && !table.features().is_empty());
            assert!(table.inputs().iter().chain(table.targets()).all(|x| x.is_finite()));
        }
        Err(error) => assert!(error.to_string().len() > 10),
    }
});
