//! How long the workloads K1 … K7 take, through the crate's public interface. Every row's result
//! is checked before it is timed.
//!
//! `cargo bench --bench kernels -- K2` times one workload. Times depend on the machine and on what
//! else it does: compare ratios of interleaved runs on one core. `benches/peers.py` does that with
//! JAX, NumPy and diffrax.
#![allow(clippy::unwrap_used)] // a broken workload should fail loudly

mod workloads;

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for row in workloads::ROWS {
        let mut group = criterion.benchmark_group(row.workload);
        let long = matches!((row.workload, row.size), ("K5", "m=8") | ("K7", _));
        let _ = group.sample_size(if long { 10 } else { 20 });
        let mut prepared = None; // only the rows that are asked for
        let _ = group.bench_function(row.size, |bencher| {
            let prepared = prepared.get_or_insert_with(|| row.prepare());
            bencher.iter(|| {
                let _ = black_box(prepared.run());
            });
        });
        group.finish();
    }
    criterion.final_summary();
}
