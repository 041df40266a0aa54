//! Benchmarks, of a package that has rehearsal without the feature `bench`.

#[rehearsal::bench] //~ benchmarks need the feature `bench`: rehearsal = { version = "..", features = ["bench"] }
fn criterion(_bencher: &mut u8) {}

#[rehearsal::load] //~ load benchmarks need the feature `bench`: rehearsal = { version = "..", features = ["bench"] }
async fn load() {}

fn main() {}
