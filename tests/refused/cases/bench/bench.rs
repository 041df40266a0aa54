//! What `#[rehearsal::bench]` refuses.

use rehearsal::bench::{Bencher, Throughput};

#[rehearsal::bench(sample_sizes = 50)] //~ unknown option `sample_sizes` (did you mean `sample_size`?); allowed are: args, group, throughput
fn unknown(_b: &mut Bencher) {}

#[rehearsal::bench(isolation = "fork")] //~ unknown option `isolation`; allowed are: args
fn where_it_runs(_b: &mut Bencher) {}

#[rehearsal::bench(group = "a", group = "b")] //~ `group` is given twice
fn twice(_b: &mut Bencher) {}

#[rehearsal::bench(group = "")] //~ `group` takes the name of the group
fn nameless(_b: &mut Bencher) {}

#[rehearsal::bench(sample_size = 9)] //~ `sample_size` is at least 10: of fewer samples Criterion makes no statistics
fn few(_b: &mut Bencher) {}

#[rehearsal::bench(sample_size = "many")] //~ `sample_size` takes a number from 1 up
fn many(_b: &mut Bencher) {}

#[rehearsal::bench(measurement_time = "0s")] //~ `measurement_time` takes a duration of at least 1ms
fn no_time(_b: &mut Bencher) {}

#[rehearsal::bench(warm_up_time = "3")] //~ `warm_up_time` takes a duration of at least 1ms, a number and its unit
fn without_a_unit(_b: &mut Bencher) {}

#[rehearsal::bench(throughput)] //~ `throughput` takes a value of Criterion's `Throughput`
fn no_throughput(_b: &mut Bencher) {}

#[rehearsal::bench(throughput = Throughput::Bytes("ten"))] //~ mismatched types
fn a_word_of_bytes(_b: &mut Bencher) {}

#[rehearsal::bench(args = [])] //~ `args` lists what the function is called with behind its `Bencher`: `args = [10, 1_000]`
fn no_args(_b: &mut Bencher, _n: u32) {}

#[rehearsal::bench(args = 10)] //~ `args` lists what the function is called with
fn one_arg(_b: &mut Bencher, _n: u32) {}

#[rehearsal::bench(args = [1, 2])] //~ `args` are what the function is called with behind its bencher, and it has no such parameter
fn args_for_nobody(_b: &mut Bencher) {}

#[rehearsal::bench]
fn nothing_for_it(_b: &mut Bencher, _n: u32) {} //~ nothing supplies this parameter: say what it is to be

#[rehearsal::bench(args = [1, 2])]
fn too_many(_b: &mut Bencher, _n: u32, _m: u32) {} //~ a benchmark has one parameter beside its bencher

#[rehearsal::bench]
fn no_bencher() {} //~ a benchmark takes Criterion's bencher: `fn no_bencher(b: &mut rehearsal::bench::Bencher)`

#[rehearsal::bench]
async fn waits(_b: &mut Bencher<'_>) {} //~ a benchmark is no `async fn`: what is measured is

#[rehearsal::bench]
fn returns(_b: &mut Bencher) -> u8 { //~ a benchmark returns nothing: it is Criterion that has its result
    1
}

#[rehearsal::bench]
fn generic<T>(_b: &mut Bencher) {} //~ a benchmark cannot be generic: nobody would choose its parameters

#[rehearsal::bench]
unsafe fn is_unsafe(_b: &mut Bencher) {} //~ a benchmark cannot be `unsafe`

struct Place;

impl Place {
    #[rehearsal::bench]
    fn method(&self, _b: &mut Bencher) {} //~ `#[rehearsal::bench]` works on free functions; this one is a method
}

#[rehearsal::bench(worker_threads = 2)] //~ `worker_threads` needs `flavor = "multi_thread"`
fn threads_of_one(_b: &mut Bencher) {}

#[rehearsal::bench]
#[should_panic] //~ a benchmark that panics has no result; write a test for the panic
fn panics(_b: &mut Bencher) {}

#[rehearsal::bench]
#[rehearsal::test] //~ `#[rehearsal::test]` beside `#[rehearsal::bench]`: a function is one or the other
fn both(_b: &mut Bencher) {}

#[rehearsal::bench]
struct Type; //~ `#[rehearsal::bench]` belongs on a function: `fn` or `async fn` with a body

fn main() {}
