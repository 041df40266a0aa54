//! Programs that cannot start.

#[rehearsal::program(threads = 3)] //~ unknown option `threads`; allowed are: flavor, worker_threads, crate
async fn unknown() {}

#[rehearsal::program(flavor = "local")] //~ a program's `flavor` is "multi_thread" or "current_thread"
async fn local() {}

#[rehearsal::program(flavor = "current_thread", worker_threads = 3)] //~ `worker_threads` needs `flavor = "multi_thread"`
async fn threads_of_one_thread() {}

#[rehearsal::program(worker_threads = 3)] //~ `worker_threads` describes an async runtime and this function has none
fn threads_without_runtime() {}

#[rehearsal::program]
async fn takes_something(arguments: Vec<String>) {} //~ nothing supplies this argument: a program reads

#[rehearsal::program]
async fn generic<T>() {} //~ the `main` of a program cannot be generic

#[rehearsal::program]
struct NoFunction; //~ `#[rehearsal::program]` belongs on a function

#[rehearsal::program]
async fn run() {} //~ `#[rehearsal::program]` goes on `fn main`, and this is `fn run`

fn main() {}
