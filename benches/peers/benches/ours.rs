//! Rehearsal's own columns as Criterion benches, to compare one state of the code with another:
//!
//!     cargo bench --manifest-path benches/peers/Cargo.toml -- --save-baseline before

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use peers::column::{Column, sample};
use peers::peer::{Flavor, Rehearsal};

fn columns(criterion: &mut Criterion) {
    for (flavor, runtime) in
        [(Flavor::CurrentThread, "current_thread"), (Flavor::MultiThread, "multi_thread(2)")]
    {
        let mut group = criterion.benchmark_group(runtime);
        group.sample_size(20).measurement_time(Duration::from_secs(3));
        for column in Column::ALL.into_iter().filter(|column| column.is_timed()) {
            group.bench_function(column.title(), |bencher| {
                bencher.iter_custom(|operations| {
                    let ns = sample::<Rehearsal>(column, flavor, operations);
                    Duration::from_nanos((ns * operations as f64) as u64)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(ours, columns);
criterion_main!(ours);
