//! Random texts in the place of tables, results and ratios: what is read gives a value or one sentence.
//!
//! `SHADOWFLOW_RANDOM_INPUTS` says how many of each, 2000 by default.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use shadowflow::loss::{Table, preset};
use shadowflow::record::{json, parse_results};
use shadowflow::scalar::Ratio;

/// How many texts of each kind.
fn count() -> usize {
    let asked = std::env::var("SHADOWFLOW_RANDOM_INPUTS").ok();
    asked.map_or(2000, |count| count.parse().unwrap())
}

/// One of `parts`.
fn one<'a>(random: &mut ChaCha8Rng, parts: &[&'a str]) -> &'a str {
    parts[random.random_range(0..parts.len())]
}

/// Up to `most` of `parts` after each other.
fn some(random: &mut ChaCha8Rng, parts: &[&str], most: usize) -> String {
    (0..random.random_range(0..=most)).map(|_| one(random, parts)).collect()
}

/// `text` with up to four places replaced by some of `parts`, or left out, or doubled.
fn changed(random: &mut ChaCha8Rng, text: &str, parts: &[&str]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..random.random_range(1..=4) {
        let begin = random.random_range(0..=text.len());
        let end = (begin + random.random_range(0..12)).min(text.len());
        let mut new: Vec<char> = some(random, parts, 3).chars().collect();
        if random.random_range(0..8) == 0 {
            new.extend_from_within(..);
            new.extend(&text[begin..end]);
            new.extend(&text[begin..end]);
        }
        let _ = text.splice(begin..end, new).count();
    }
    text.into_iter().collect()
}

fn is_a_sentence(said: &str) {
    assert!(said.len() > 10 && !said.contains("panicked"), "{said}");
}

#[test]
fn random_tables_are_read_or_refused_in_a_sentence() {
    const PARTS: [&str; 24] = [
        ",", ";", "\t", " ", "\n", "\r\n", "#", "\"", "\"\"", "0", "1", "-2.5e3", "1e999",
        "1e-320", "nan", "x", "y", "\u{feff}", "ü", "1,5", "3 4", "\n1,2\n", "\n2;7\n", "\u{1}",
    ];
    const WHOLE: [&str; 4] = [
        "x,y\n1,2\n3,4\n5,1\n7,7\n",
        "# cold\nx;z;y\n1;2;0\n3;4;1\n5;1;0\n\n7;7;1\n",
        "x  y\n 1 2\n3   4 \n 5\t1\n",
        "\"x, m\",y\r\n1,0\r\n2,1\r\n4,0\r\n",
    ];
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut read = 0;
    for _ in 0..count() {
        let text = if random.random_range(0..4) == 0 {
            some(&mut random, &PARTS, 40)
        } else {
            let whole = one(&mut random, &WHOLE);
            changed(&mut random, whole, &PARTS)
        };
        match Table::from_reader(text.as_bytes(), "t.csv", "y") {
            Ok(table) => {
                read += 1;
                assert!(table.rows() > 1 && !table.features().is_empty(), "{text:?}");
                let numbers = || table.inputs().iter().chain(table.targets());
                assert!(numbers().all(|x| x.is_finite()), "{text:?}");
                if let Err(error) = preset("logistic", None, Some(&table), 1) {
                    is_a_sentence(&error.to_string());
                }
            }
            Err(error) => is_a_sentence(&error.to_string()),
        }
    }
    assert!(read > count() / 50, "{read}");
}

#[test]
fn random_results_are_read_or_refused_in_a_sentence() {
    const PARTS: [&str; 22] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "null",
        "true",
        "-1",
        "0",
        "1e999",
        "-0.0",
        "\"schema\":2",
        "{}",
        "\\u0000",
        "\\ud800",
        "9999999999999999999999",
        "\"legs\"",
        "ü",
        "\n",
        "[[[[",
    ];
    let whole = include_str!("../shown/report/result.json");
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut read = 0;
    for _ in 0..count() {
        let text = if random.random_range(0..4) == 0 {
            some(&mut random, &PARTS, 40)
        } else {
            changed(&mut random, whole, &PARTS)
        };
        match parse_results(&text, "r.json") {
            Ok(records) => {
                read += 1;
                // What is read can be written, and is then read as the same.
                let again = parse_results(&json(&records).unwrap(), "again.json").unwrap();
                assert_eq!(again, records, "{text}");
            }
            Err(error) => is_a_sentence(&error.to_string()),
        }
    }
    assert!(read > count() / 200, "{read}");
}

#[test]
fn random_ratios_are_read_or_refused_in_a_sentence() {
    const PARTS: [&str; 16] = [
        "0",
        "1",
        "2",
        "3",
        "7",
        "9",
        "/",
        "-",
        "+",
        " ",
        ".",
        "_",
        "e",
        "170141183460469231731687303715884105727",
        "٣",
        "1/3",
    ];
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut read = 0;
    for _ in 0..count() {
        let text = some(&mut random, &PARTS, 8);
        match text.parse::<Ratio>() {
            Ok(ratio) => {
                read += 1;
                assert_eq!(ratio.to_string().parse::<Ratio>().unwrap(), ratio, "{text}");
            }
            Err(error) => is_a_sentence(&error.to_string()),
        }
    }
    assert!(read > count() / 50, "{read}");
}
