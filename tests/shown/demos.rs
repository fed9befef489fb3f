//! Demonstrations: figures and tables say the same, numbers are those of theory, and nothing
//! depends on threads.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(missing_docs)] // the names of the tests say what they check

use std::sync::atomic::{AtomicUsize, Ordering};

use shadowflow::demo::{self, Agreement, Demo, Progress};
use shadowflow::figure::{Layer, Mark};
use shadowflow::report::demo_table;

fn run(name: &str, seed: u64) -> Demo {
    demo::named(name).unwrap().run(seed, &()).unwrap()
}

fn column(demo: &Demo, name: &str) -> Vec<f64> {
    let table = &demo.content.measurements;
    let place = table.columns.iter().position(|column| column.name == name).unwrap();
    table.rows.iter().map(|row| row[place]).collect()
}

fn layer<'a>(demo: &'a Demo, panel: usize, label: &str) -> &'a Layer {
    let layers = &demo.content.figure.panels[panel].layers;
    layers.iter().find(|layer| layer.label.as_deref() == Some(label)).unwrap()
}

fn zip(x: Vec<f64>, y: Vec<f64>) -> Vec<[f64; 2]> {
    x.into_iter().zip(y).map(|(x, y)| [x, y]).collect()
}

/// The cheap ones; the others take seconds to minutes.
const QUICK: [&str; 3] = ["backward-error", "shuffle-cloud", "valley"];

#[test]
fn every_name_is_known_and_a_wrong_one_gets_the_nearest() {
    let names: Vec<&str> = demo::all().iter().map(demo::Demonstration::name).collect();
    assert_eq!(names.len(), 9);
    for name in names {
        assert_eq!(demo::named(name).unwrap().name(), name);
    }
    let said = demo::named("two-minimum").err().unwrap().to_string();
    assert!(said.contains("'two-minimum'") && said.contains("did you mean 'two-minima'"), "{said}");
}

/// A picture of a theorem names it, and its document names the picture.
#[test]
fn pictures_and_theorems_name_each_other() {
    let catalogue = shadowflow::theorem::Catalogue::standard();
    let mut named = 0;
    for demo in demo::all() {
        for theorem in demo.theorems() {
            assert!(catalogue.theorem(theorem).is_some(), "{theorem}");
            let path = format!("{}/proofs/{theorem}.md", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.contains(&format!("demo {}`", demo.name())), "{theorem}: {}", demo.name());
            named += 1;
        }
    }
    assert!(named >= 11, "{named}");
    let table = demo_table(&run("shuffle-cloud", 1), None);
    assert!(table.contains("theorems  random-reshuffling, spread"), "{table}");
}

#[test]
fn quick_ones_find_what_theory_predicts() {
    for name in QUICK {
        for finding in run(name, 1).content.findings {
            assert_eq!(finding.agreement, Agreement::Agrees, "{name}: {finding}");
        }
    }
}

#[test]
fn tables_are_rectangular_with_documented_columns() {
    for name in QUICK {
        let table = run(name, 1).content.measurements;
        assert!(!table.rows.is_empty());
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{name}");
        let mut names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        assert!(table.columns.iter().all(|column| !column.meaning.is_empty()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.columns.len(), "{name}");
    }
}

#[test]
fn figures_are_drawn_from_finite_numbers() {
    let figures = QUICK.map(|name| run(name, 1).content.figure);
    for figure in figures.into_iter().chain(demo::pictures().unwrap()) {
        for layer in figure.panels.iter().flat_map(|panel| &panel.layers) {
            assert!(layer.points.iter().flatten().all(|x| x.is_finite()), "{}", figure.id);
            if let Mark::Bars(bars) | Mark::Band(bars) = &layer.mark {
                assert_eq!(bars.len(), layer.points.len(), "{}", figure.id);
            }
        }
    }
}

#[test]
fn the_picture_of_backward_error_shows_the_table() {
    let demo = run("backward-error", 1);
    let iterates = zip(column(&demo, "iterate_a"), column(&demo, "iterate_b"));
    assert_eq!(layer(&demo, 0, "gradient descent").points, iterates);
    // The curves pass through the table's points, which are every eighth of theirs.
    for (label, prefix) in [("gradient flow", "gradient_flow"), ("modified flow", "modified_flow")]
    {
        let [a, b] = ["a", "b"].map(|c| column(&demo, &format!("{prefix}_{c}")));
        let curve = &layer(&demo, 0, label).points;
        assert_eq!(curve.iter().step_by(8).copied().collect::<Vec<_>>(), zip(a, b));
        let apart = zip(column(&demo, "time"), column(&demo, &format!("from_{prefix}")));
        assert_eq!(layer(&demo, 1, &format!("from the {label}")).points, apart[1..]);
    }
}

/// A gradient flow of ½(y − ab)² keeps b² − a².
#[test]
fn the_gradient_flow_of_the_picture_keeps_its_invariant() {
    let demo = run("backward-error", 1);
    for point in &layer(&demo, 0, "gradient flow").points {
        assert!((point[1].powi(2) - point[0].powi(2) - 4.41).abs() < 1e-10, "{point:?}");
    }
    let end = layer(&demo, 0, "modified flow").points.last().copied().unwrap();
    assert!(end[1].powi(2) - end[0].powi(2) < 4.3, "the modified flow does not keep it");
}

#[test]
fn the_cloud_has_every_order_and_its_mean() {
    let demo = run("shuffle-cloud", 1);
    let ends = &layer(&demo, 1, "all 120 ends").points;
    assert_eq!(ends.len(), 120);
    let mean = [0, 1].map(|i| ends.iter().map(|end| end[i]).sum::<f64>() / 120.0);
    let star = layer(&demo, 1, "mean").points[0];
    assert!((mean[0] - star[0]).abs() + (mean[1] - star[1]).abs() < 1e-14);
    let gap = |a: [f64; 2], b: [f64; 2]| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
    for (label, name) in [
        ("flow of C", "from_gradient_flow"),
        ("flow of C̃_GD", "from_modified_flow"),
        ("flow of C̃_SGD", "from_shuffled_flow"),
    ] {
        let end = layer(&demo, 1, label).points.last().copied().unwrap();
        assert!((gap(end, star) - column(&demo, name)[0]).abs() < 1e-10, "{label}");
    }
    // Both paths end in the cloud.
    for label in ["one order", "its reverse"] {
        let end = layer(&demo, 0, label).points.last().copied().unwrap();
        assert!(ends.iter().any(|other| gap(*other, end) < 1e-14), "{label}");
    }
}

/// With u = sinh²x the drift x′ = −2ρρ′ becomes u′ = −4u/(1 + u): ln u + u + 4s is constant.
#[test]
fn the_drift_of_the_valley_is_the_closed_form() {
    let demo = run("valley", 1);
    let invariant = |x: f64, s: f64| {
        let u = x.sinh().powi(2);
        u.ln() + u + 4.0 * s
    };
    for (x, s) in column(&demo, "theory").into_iter().zip(column(&demo, "slow_time")) {
        assert!((invariant(x, s) - invariant(0.8, 0.0)).abs() < 1e-9, "{x} at {s}");
    }
    // All seeds start at the same place.
    assert_eq!(column(&demo, "reshuffled_deviation")[0].to_bits(), 0);
    let finest = demo.content.measurements.rows.len() - 16;
    let points = zip(column(&demo, "slow_time"), column(&demo, "reshuffled"));
    assert_eq!(layer(&demo, 0, "random reshuffling").points, points[finest..]);
}

#[test]
fn threads_do_not_matter_and_seeds_do() {
    let pooled = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run("valley", 3).content)
    };
    assert_eq!(pooled(1), pooled(3));
    assert_ne!(run("valley", 3).content, run("valley", 4).content);
}

struct Counting(AtomicUsize, AtomicUsize);

impl Progress for Counting {
    fn expect(&self, runs: usize) {
        let _ = self.0.fetch_add(runs, Ordering::Relaxed);
    }

    fn done(&self) {
        let _ = self.1.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn every_announced_run_is_done() {
    let progress = Counting(AtomicUsize::new(0), AtomicUsize::new(0));
    let _ = demo::named("valley").unwrap().run(1, &progress).unwrap();
    let [expected, done] = [&progress.0, &progress.1].map(|count| count.load(Ordering::Relaxed));
    assert!(expected > 0);
    assert_eq!(expected, done);
}

/// A head says who claims, what ± means where it is used, and no time of 0.0 s.
#[test]
fn a_table_says_who_claims_and_what_bars_are() {
    let mut valley = run("valley", 1);
    valley.seconds = 0.04;
    let said = demo_table(&valley, None);
    assert!(said.contains("\ntheory "), "{said}");
    assert!(said.contains("Seed 1, under 0.1 s.") && said.contains("95 % confidence"), "{said}");
    let mut exact = run("backward-error", 2);
    exact.seconds = 2.34;
    let said = demo_table(&exact, None);
    assert!(said.contains("\nreported "), "{said}");
    assert!(said.contains("Seed 2, 2.3 s.") && !said.contains("confidence"), "{said}");
}
