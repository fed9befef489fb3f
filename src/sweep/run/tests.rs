//! Indices and results, whatever the threads and whatever says nothing.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::sync::Mutex;

use nalgebra::DVector;

use super::*;
use crate::loss::{Closures, Problem, preset};
use crate::record::json;
use crate::sweep::Subject;
use crate::theorem::{Catalogue, Settings, Verdict};

fn problem(name: &str) -> Problem {
    preset(name, None, None, 1).unwrap()
}

/// Three theorems, of which the second says nothing about the losses of three minibatches, on two
/// losses and one that cannot be made.
fn plan() -> Plan {
    let catalogue = Catalogue::standard();
    let of = |id: &str| {
        let impossible = Subject { loss: "none".to_owned(), problem: Err("no such".to_owned()) };
        let losses = ["quadratic", "factorisation"].map(|name| Subject::of(problem(name)));
        let [one, other] = losses;
        (catalogue.theorem(id).unwrap(), vec![one, impossible, other])
    };
    let settings = Settings::default();
    Plan::new(["random-reshuffling", "repartition", "gradient-flow"].map(of), &settings)
}

fn run_on(threads: usize, plan: &Plan) -> Vec<Finished> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| plan.run(&|_| ()))
}

fn without_run(finished: &[Finished]) -> Vec<serde_json::Value> {
    let records: Vec<_> = finished.iter().filter_map(|f| f.result.clone().ok()).collect();
    let mut rows: Vec<serde_json::Value> = serde_json::from_str(&json(&records).unwrap()).unwrap();
    for row in &mut rows {
        assert!(row.as_object_mut().unwrap().remove("run").is_some());
    }
    rows
}

#[test]
fn results_come_in_the_order_of_their_indices_on_any_number_of_threads() {
    let plan = plan();
    let once = run_on(1, &plan);
    assert_eq!(once.iter().map(|f| f.index).collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    assert!(once.iter().all(|finished| finished.total == 9));
    for threads in [1, 2, 4, 16] {
        let again = run_on(threads, &plan);
        assert_eq!(again, once);
        assert_eq!(without_run(&again), without_run(&once));
    }
}

#[test]
fn what_says_nothing_has_an_index_and_a_reason() {
    let finished = run_on(2, &plan());
    for (index, theorem, loss, reason) in [
        (1, "random-reshuffling", "none", "no such"),
        (3, "repartition", "quadratic", "batches of 2"),
        (4, "repartition", "none", "no such"),
        (5, "repartition", "factorisation", "batches of 2"),
        (7, "gradient-flow", "none", "no such"),
    ] {
        let skipped = finished[index].result.as_ref().unwrap_err();
        assert_eq!((skipped.theorem.as_str(), skipped.loss.as_str()), (theorem, loss));
        assert!(skipped.reason.contains(reason), "{}", skipped.reason);
    }
    for index in [0, 2, 6, 8] {
        assert_eq!(finished[index].result.as_ref().unwrap().verdict, Verdict::Confirmed);
    }
}

#[test]
fn a_part_of_a_plan_keeps_its_indices_and_finds_the_same() {
    let whole = run_on(2, &plan());
    let mut made = plan();
    let impossible = made.take_impossible();
    assert_eq!(impossible.len(), 3);
    assert!(impossible.iter().all(|skipped| skipped.loss == "none"));
    made.retain(|task| task.theorem().id() != "random-reshuffling");
    assert_eq!(made.total(), 9);
    let part = run_on(2, &made);
    assert_eq!(part.iter().map(|f| f.index).collect::<Vec<_>>(), [3, 5, 6, 8]);
    for finished in part {
        assert_eq!(finished, whole[finished.index]);
    }
}

#[test]
fn tasks_with_the_highest_cost_start_first_and_nothing_else_changes() {
    let started = Mutex::new(Vec::new());
    let turned = plan().longest_first(|task| task.index() as f64);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let tell = |progress: Progress<'_>| {
        if let Progress::Ends(_, finished) = progress {
            started.lock().unwrap().push(finished.index);
        }
    };
    let found = pool.install(|| turned.run(&tell));
    assert_eq!(started.into_inner().unwrap(), (0..9).rev().collect::<Vec<_>>());
    assert_eq!(found, run_on(2, &plan()));
    // What costs the same starts in the order of the indices.
    let even = plan().longest_first(|_| 1.0);
    assert!(even.tasks().iter().map(Task::index).eq(0..9));
}

#[test]
fn a_sabotage_takes_the_place_of_every_claim() {
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("random-reshuffling").unwrap();
    let problem = problem("quadratic");
    let plan = Plan::on_each([theorem], std::slice::from_ref(&problem), &Settings::default());
    let legs = theorem.legs(&problem, &Settings::default()).unwrap();
    let control = theorem.controls_among(&legs).swap_remove(0);
    let found = plan.sabotaged(&control).run(&|_| ());
    assert_eq!(found[0].result.as_ref().unwrap().verdict, Verdict::Refuted);
}

#[test]
fn a_panic_ends_its_own_task_only() {
    let panicking = Closures::new(
        2,
        1,
        |_, _, _| panic!("the sensor is gone"),
        |_, _, _, _| panic!("the sensor is gone"),
    );
    let start = DVector::from_vec(vec![0.5, -0.25]);
    let problems = [
        problem("quadratic"),
        Problem::from_closures("sensor", panicking, start),
        problem("factorisation"),
    ];
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("gradient-flow").unwrap();
    let plan = Plan::on_each([theorem], &problems, &Settings::default());
    for threads in [1, 2] {
        let found: Vec<Record> =
            run_on(threads, &plan).into_iter().map(|finished| finished.result.unwrap()).collect();
        let verdicts: Vec<Verdict> = found.iter().map(|record| record.verdict).collect();
        assert_eq!(verdicts, [Verdict::Confirmed, Verdict::Inconclusive, Verdict::Confirmed]);
        let said = found[1].reason.as_deref().unwrap();
        assert!(said.contains("it panicked: the sensor is gone"), "{said}");
    }
}

#[test]
fn a_check_that_is_foreseen_to_take_longer_than_the_budget_is_not_started() {
    let problems = ["quadratic", "mlp"].map(problem);
    let catalogue = Catalogue::standard();
    let theorem = catalogue.theorem("gradient-flow").unwrap();
    let on = |settings: &Settings| Plan::on_each([theorem], &problems, settings);
    let plan = on(&Settings { controls: false, prove: false, ..Settings::default() });
    let verdicts = |budget| -> Vec<(Verdict, Option<String>)> {
        let finished = plan.clone().within(budget).run(&|_| ());
        finished.into_iter().map(|f| f.result.unwrap()).map(|r| (r.verdict, r.reason)).collect()
    };
    for budget in [None, Some(60.0)] {
        assert!(verdicts(budget).iter().all(|(verdict, _)| *verdict == Verdict::Confirmed));
    }
    for (verdict, reason) in verdicts(Some(1e-9)) {
        assert_eq!(verdict, Verdict::Inconclusive);
        let reason = reason.unwrap();
        assert!(reason.contains("budget of 1.0e-9 s of processor time"), "{reason}");
        assert!(reason.contains("--budget none"), "{reason}");
    }
}

#[test]
fn longer_ladders_are_foreseen_to_take_longer() {
    let catalogue = Catalogue::standard();
    let of = |id: &str, loss: &str| {
        let settings = Settings::default();
        crate::theorem::foreseen(catalogue.theorem(id).unwrap(), &problem(loss), &settings)
    };
    // In double-double, with jets of as many digits in 71 parameters.
    assert!(of("rk4", "mlp") > 30.0 * of("gradient-flow", "mlp"));
    assert!(of("gradient-flow", "mlp") > of("gradient-flow", "factorisation"));
    assert!(of("gradient-flow", "quadratic") < 5.0);
}

#[test]
fn the_share_of_a_check_under_way_is_that_of_its_time_and_below_1() {
    let running = |foreseen: f64| {
        let effort: Arc<crate::leg::Effort> = Arc::default();
        // Until so much processor time is spent, however busy the machine.
        effort.spend(|| {
            let began = cpu_time::ThreadTime::now();
            while began.elapsed().as_millis() < 20 {
                std::hint::spin_loop();
            }
        });
        Running { foreseen, effort }.share()
    };
    assert!((0.01..0.1).contains(&running(0.4)), "{}", running(0.4));
    assert!((0.98..1.0).contains(&running(1e-3)));
    assert!(running(0.0).abs() < 1e-12, "nothing was foreseen");
}
