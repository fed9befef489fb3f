//! The named problems: what each is, that its minibatches differ, and what is turned down.
#![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

use nalgebra::DMatrix;
use shadowflow::arithmetic::{Arithmetic, Batch, Numeric};
use shadowflow::loss::{Table, names, preset};
use shadowflow::scalar::DoubleDouble;

/// ‖∇C‖, the root mean square of ‖g_k − g‖, and the largest |eigenvalue| of the Hessian, at the
/// start of the problem `name`.
fn scales(name: &str, table: Option<&Table>, seed: u64) -> (f64, f64, f64) {
    let problem = preset(name, None, table, seed).unwrap();
    let mut a = Numeric::new(problem.float());
    let w = problem.start().as_slice().to_vec();
    let g = a.gradient(Batch::Full, &w);
    let columns: Vec<_> = (0..w.len())
        .map(|j| {
            let mut unit = vec![0.0; w.len()];
            unit[j] = 1.0;
            a.hessian_vector(Batch::Full, &w, &unit).into()
        })
        .collect();
    let curvature = DMatrix::from_columns(&columns).symmetric_eigenvalues().amax();
    let mut disagreement = 0.0;
    for k in 0..a.batches() {
        let g_k = a.gradient(Batch::One(k), &w);
        disagreement += g_k.iter().zip(&g).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    }
    let size = g.iter().map(|x| x * x).sum::<f64>().sqrt();
    (size, (disagreement / a.batches() as f64).sqrt(), curvature)
}

#[test]
fn every_problem_starts_where_a_theorem_can_be_seen() {
    for (name, line) in names() {
        assert!(!line.is_empty());
        for seed in 0..6 {
            let (gradient, disagreement, curvature) = scales(name, None, seed);
            assert!((0.1..6.0).contains(&gradient), "{name}, seed {seed}: gradient {gradient}");
            assert!(
                disagreement > 0.2 && disagreement > 0.2 * gradient,
                "{name}, seed {seed}: minibatches differ by {disagreement} of {gradient}"
            );
            assert!((0.3..5.0).contains(&curvature), "{name}, seed {seed}: curvature {curvature}");
        }
    }
}

#[test]
fn problems_have_the_sizes_they_promise() {
    let size = |name| {
        let problem = preset(name, None, None, 1).unwrap();
        assert_eq!(problem.name(), name);
        assert_eq!(problem.start().len(), problem.dim());
        assert_eq!(problem.seen::<DoubleDouble>().unwrap().batches(), problem.batches());
        (problem.dim(), problem.batches())
    };
    let found: Vec<_> = names().map(|(name, _)| (name, size(name))).collect();
    let expected = [
        ("quadratic", (4, 3)),
        ("quadratic-ill-conditioned", (4, 3)),
        ("quadratic-indefinite", (4, 3)),
        ("quadratic-one-hessian", (2, 4)),
        ("factorisation", (2, 3)),
        ("linear", (5, 3)),
        ("logistic", (5, 3)),
        ("mlp", (61, 3)),
        ("two-minima", (1, 4)),
        ("valley", (2, 4)),
        ("game", (4, 2)),
        ("bilinear-game", (4, 2)),
        ("two-profile-valley", (3, 3)),
        ("tiny-net", (4, 2)),
        ("wide-net", (97, 3)),
        ("quadratic-examples", (3, 6)),
        ("net-examples", (7, 6)),
    ];
    assert_eq!(found, expected);
    assert!(preset("quadratic", None, None, 1).unwrap().float().is_quadratic());
    assert!(preset("linear", None, None, 1).unwrap().float().is_quadratic());
    assert!(!preset("mlp", None, None, 1).unwrap().float().is_quadratic());
}

#[test]
fn a_problem_follows_its_seed_its_batches_and_its_table() {
    let at = |seed| {
        let problem = preset("mlp", Some(4), None, seed).unwrap();
        assert_eq!(problem.batches(), 4);
        Numeric::new(problem.float()).value(Batch::One(0), problem.start().as_slice())
    };
    assert_eq!(at(3).to_bits(), at(3).to_bits());
    assert_ne!(at(3).to_bits(), at(4).to_bits());

    let lines: String = (0..200).map(|i| format!("{i},{},{}\n", i * i % 17, i % 2)).collect();
    let text = format!("a,b,y\n{lines}");
    let table = Table::from_reader(text.as_bytes(), "mine.csv", "y").unwrap();
    for name in ["linear", "logistic", "mlp"] {
        let problem = preset(name, None, Some(&table), 1).unwrap();
        assert_eq!(problem.dim(), if name == "mlp" { 51 } else { 3 }, "{name}");
        // More minibatches than the 30 rows used by default take as many rows.
        assert_eq!(preset(name, Some(40), Some(&table), 1).unwrap().batches(), 40, "{name}");
    }
}

#[test]
fn a_logistic_problem_uses_all_rows_where_few_would_be_of_one_class() {
    let lines: String = (0..60).map(|i| format!("{},{}\n", i * i % 17, i % 2)).collect();
    let table = Table::from_reader(format!("a,y\n{lines}").as_bytes(), "mine.csv", "y").unwrap();
    assert_eq!(preset("logistic", None, Some(&table), 1).unwrap().dim(), 2);
}

#[test]
fn what_does_not_suit_a_problem_is_said_in_a_sentence() {
    let message = |name, batches, table: Option<&Table>| {
        preset(name, batches, table, 1).err().unwrap().to_string()
    };
    for (name, _) in names() {
        let message = message(name, Some(0), None);
        assert!(message.contains('0') && message.contains("minibatch"), "{name}: {message}");
    }
    let iris = Table::iris().unwrap();
    assert!(message("linear", Some(151), None).contains("150 rows cannot be dealt into 151"));
    assert!(message("mlp", Some(151), Some(&iris)).contains("150 rows cannot be dealt into 151"));
    assert!(message("tiny-net", Some(7), None).contains("6 rows cannot be dealt into 7"));
    assert!(message("valley", Some(1), None).contains("at least 2"));
    assert!(message("two-profile-valley", Some(2), None).contains("at least 3"));
    assert!(message("logistic", None, Some(&iris)).contains("this one has 3"));
    assert!(message("valley", None, Some(&iris)).contains("'valley' uses no table"));
    let unknown = message("quadratic-indefinit", None, None);
    assert!(unknown.contains("did you mean 'quadratic-indefinite'?"), "{unknown}");
    let unknown = message("rosenbrock", None, None);
    assert!(unknown.contains("known are quadratic, ") && unknown.contains("tiny-net"), "{unknown}");
}
