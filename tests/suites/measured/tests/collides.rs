//! Two benchmarks that Criterion would have one directory for.

use rehearsal::bench::Bencher;

#[rehearsal::bench(group = "a_b")]
fn under(b: &mut Bencher) {
    b.iter(|| 1);
}

mod other {
    use super::*;

    #[rehearsal::bench(group = "a:b")]
    fn under(b: &mut Bencher) {
        b.iter(|| 1);
    }
}

rehearsal::main!();
