//! The attribute macros of the `rehearsal` crate. Each door here leads to one file.

use proc_macro::TokenStream;

mod actor;
mod actor_out;
mod bench;
mod case;
mod command;
mod crossing_out;
mod cursor;
mod fixture;
mod function;
mod generate;
mod injected;
mod load;
mod meant;
mod method;
mod named;
mod option;
mod parameter;
mod part;
mod program;
mod refusal;
mod register;
mod spawn_out;
mod test;
mod token;
mod value;

use register::Link;

/// Registers a function as a test of this suite.
///
/// Works on `fn` and `async fn`, in any module, with any return type that implements [`std::process::Termination`].
/// The function itself stays as it is and can be called. Tests built by `rstest` and `proptest!` work: give them this
/// attribute where they want `#[test]`.
///
/// | option | meaning |
/// |---|---|
/// | `timeout = "5s"` | longest time an attempt may take: a number and `ms`, `s`, `m` or `h` |
/// | `ignore`, `ignore = "why"` | leave it out unless asked for; std's `#[ignore]` means the same |
/// | `should_panic`, `should_panic(expected = "text")` | a panic is what is wanted; std's `#[should_panic]` means the same |
/// | `isolation = "thread"`, `"process"` or `"fork"` | where it runs, whatever the run's setting is |
/// | `group = "name"` | tests of one group run one at a time, or as many as `--group-limit` says, across all workers |
/// | `weight = 2` | as many workers' room as it takes: a test that starts many threads or processes of its own |
/// | `exclusive` | nothing else runs meanwhile, in any worker |
/// | `tags("db", "slow")` | words by which tests are chosen: `-E 'tag(db)'` |
/// | `retries = 2`, `retries(count = 3, backoff = "100ms")` | how often it is tried again when it fails, in a new worker; a `backoff` of `"100ms..2s"` doubles up to 2s |
/// | `xfail = "why"` | it is expected to fail: then it is green, and red when it passes |
/// | `task_panic = "allow"` or `"fail"` | whether a panic in a task or thread beside the test makes it fail |
/// | `leaks = "allow"` or `"fail"` | whether an actor or a task that the test leaves behind makes it fail |
/// | `flavor = "current_thread"`, `"local"` or `"multi_thread"` | the tokio runtime of an async test; `local` has `spawn_local` |
/// | `worker_threads = 2` | threads of a `multi_thread` runtime |
/// | `start_paused = true` | the clock of a runtime of one thread stands still and jumps to the next timer |
/// | `crate = "path"` | where this crate is found, if not at `::rehearsal` |
///
/// `#[serial]` or `#[serial(key)]` of `serial_test` makes a group too, `serial` or the key, unless `group` is given: its
/// lock does not hold across worker processes. Put it below this attribute.
///
/// # Parameters
/// A test with parameters is as many tests as there are combinations of its cases and values; its name alone is none.
///
/// - `#[case::zero(0, 1)]` below this attribute calls it with these values: `module::test::zero`. The name may be left
///   out, `#[case(0, 1)]`: then it is `case_` and the case's number, from 1 up, which changes with those before it. The
///   values go to the parameters that say `#[case]`, as rstest has it; where none does, to the first ones without
///   `#[values]`.
/// - `#[values(1, 2)] n: u32` calls it with each: `module::test::n_1`, `module::test::n_2`. A number (`-1` is `minus_1`),
///   a name, the end of a path or a string of one word is in the name as it is written, whatever stands beside it in the
///   list; anything else, and a word the second time, is `n_value_3`, its number in the list.
/// - Both: `module::test::zero::a_1::b_x`, in the order of the parameters.
///
/// Options and attributes of the test are those of each of its cases. `#[ignore]` and `#[should_panic]` before a case are
/// of that case alone, behind the last one of all, as rstest has it. So is, of one case, what stands behind a `;` in it,
/// `#[case::big(9; timeout = "9s")]`:
/// `timeout`, `ignore`, `should_panic`, `isolation`, `group`, `weight`, `exclusive`, `tags`, `retries`, `xfail`,
/// `task_panic` and `leaks`, in place of the test's.
///
/// # Errors
/// What cannot be honoured does not compile: an unknown option or one given twice, options that contradict one another,
/// a case with more or fewer values than there are parameters, two cases of one name, a parameter that no case and no
/// list supplies and that cannot be a fixture, more than 10,000 combinations, generics other than lifetimes, a method,
/// anything that is no function.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(arguments, item, Link::Section)
}

/// [`macro@test`] for linkers that are not known to put the elements of a list side by side: the crate `rehearsal` has
/// it under that name where it is needed.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn test_by_constructor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(arguments, item, Link::Constructor)
}

/// Makes tests of what a function gives, at run time: one for each data file, for each row of a table.
///
/// The function takes nothing and is not `async`. It returns anything that can be iterated over and gives `Trial`s, or a
/// `Result` of that. A trial's name stands behind the function's: `module::function::name`.
///
/// The function is run where the tests are listed or planned, for the names, and once more in each process that runs one
/// of its trials, which is found by its name: so it has to make the same trials each time. Where one exact trial is
/// asked for, as by cargo-nextest, generators whose name does not begin that trial's are not run.
///
/// One that panics, returns an error, makes no trial at all, gives two of them one name, or does not end in time is a
/// failed test by its own name; all other tests run. Its time is `timeout`, or a minute. What it prints goes to stderr.
///
/// Its options are those of each of its trials, as [`macro@test`] has them: `timeout`, `ignore`, `should_panic`,
/// `isolation`, `group`, `weight`, `exclusive`, `tags`, `retries`, `xfail`, `task_panic`, `leaks`, `crate`. So are
/// `#[ignore]` and `#[should_panic]` beside it.
///
/// # Errors
/// An unknown option or one given twice, a function that is `async`, `unsafe`, `extern` or generic, takes arguments, or
/// returns something else does not compile.
#[proc_macro_attribute]
pub fn generate(arguments: TokenStream, item: TokenStream) -> TokenStream {
    generate::expand(arguments, item, Link::Section)
}

/// [`macro@generate`] for linkers that are not known to put the elements of a list side by side.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn generate_by_constructor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    generate::expand(arguments, item, Link::Constructor)
}

/// Registers a function as a benchmark, which Criterion runs: `fn(b: &mut rehearsal::bench::Bencher)`.
///
/// Under `cargo bench` it is measured, in a worker process that is started for it, while nothing else of the suite runs.
/// Under `cargo test` it runs once, as a test does. Needs the feature `bench`.
///
/// | option | meaning |
/// |---|---|
/// | `args = [10, 1_000]` | the function has a second parameter and is a benchmark for each of these: `module::function::10` |
/// | `group = "name"` | Criterion's group, whose benchmarks it draws together |
/// | `throughput = Throughput::Bytes(n as u64)` | what an iteration goes through; the parameter of `args` may stand in it |
/// | `sample_size = 50` | how many samples are taken, 10 at least; 100 unless the command line says so |
/// | `warm_up_time = "1s"` | how long it is run before that; 3 s unless the command line says so |
/// | `measurement_time = "10s"` | how long it is measured; 5 s unless the command line says so |
/// | `flavor = "multi_thread"`, `worker_threads = 2` | the runtime that `b.to_async(rehearsal::bench::runtime())` runs on; one thread unless given |
/// | `memory = "8GiB"` | how much memory its process may hold while it is measured; what `--worker-memory` says, or half of what is free and at most 4 GiB |
/// | `timeout = "5m"` | longest time that all of it may take |
/// | `ignore`, `tags("slow")`, `retries = 2`, `task_panic = "allow"`, `leaks = "allow"`, `crate = "path"` | as for a test |
///
/// # Errors
/// An unknown option or one given twice, a time of zero, fewer than 10 samples, an `async fn`, one that takes no bencher,
/// that returns something or is generic, a second parameter without `args`, `args` without that parameter do not compile.
#[proc_macro_attribute]
pub fn bench(arguments: TokenStream, item: TokenStream) -> TokenStream {
    bench::expand(arguments, item, Link::Section)
}

/// [`macro@bench`] for linkers that are not known to put the elements of a list side by side.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn bench_by_constructor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    bench::expand(arguments, item, Link::Constructor)
}

/// Makes a function a fixture: what it returns is made for tests that take a parameter of that type.
///
/// The function may be `async`, and may return a `Result`, whose `Ok` is the value. Where more than one fixture gives
/// a type, a parameter means the one that it is named after. Tests and other fixtures take it as `&T`; one of the scope
/// `test` as `&mut T` or `T` too. Parameters of a fixture are fixtures; one with `#[values(1, 2, 3)]` is each of these
/// values in turn, and every test that has the fixture runs once for each, as a trial of its own.
///
/// | option | meaning |
/// |---|---|
/// | `scope = "test"` | every test gets its own, on its own thread; that is so unless said otherwise |
/// | `scope = "module"` | one for the tests of a module in one worker, until the worker ends |
/// | `scope = "worker"` | one for all tests of a worker, until the worker ends |
/// | `scope = "fork"` | one that is made before tests are forked, so that each has a copy; where nothing is forked, one for all tests of a worker |
/// | `scope = "run"` | one for the whole run, made and torn down in the arbiter's process; worker processes get a copy, through serde |
/// | `teardown = path` | an async function that is given the value in the end, and returns `()` or a `Result`; otherwise it is dropped |
/// | `timeout = "5s"` | how long the set-up may take, and then the teardown |
/// | `autouse` | every test of its module, and of those below, has it without taking it |
/// | `crate = "path"` | where this crate is found, if not at `::rehearsal` |
///
/// A value is made when it is first needed, and once: who needs it meanwhile waits. A set-up that panics, returns an
/// error or does not end in time fails every test that depends on it, at once; `rehearsal::skip!` in it skips them.
/// Values are torn down in the reverse order, whatever became of the tests. A teardown that panics, returns an error or
/// does not end makes the run red.
///
/// A fixture with a scope wider than `test` lives on a thread of its own with a runtime of its own, so that its tasks go
/// on between tests; its type is `Send + Sync`. Its set-up may take a minute and its teardown ten seconds, unless
/// `timeout` says otherwise; the teardown of `module` and `worker` has to fit into the run's `--grace` too. One of the
/// scope `test` has its test's time.
///
/// One of the scope `fork` is plain data: its runtime is over before it is handed out, and where its set-up left threads,
/// sockets or files behind, a fork server refuses it. A forked test makes those of the scopes `module` and `worker` for
/// itself alone.
///
/// What cannot be torn down: the fixtures of a worker process that crashed, and those of a test that hangs in code that
/// does not await.
///
/// # Errors
/// A method, a generic function, one that returns `impl Trait`, an unknown option or one given twice do not compile; nor
/// does a type that is not `Send + Sync` where it has to be. A parameter that no fixture supplies, a circle of
/// fixtures, and one that takes another of a narrower scope end the run before its first test.
#[proc_macro_attribute]
pub fn fixture(arguments: TokenStream, item: TokenStream) -> TokenStream {
    fixture::expand(arguments, item, Link::Section)
}

/// [`macro@fixture`] for linkers that are not known to put the elements of a list side by side.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn fixture_by_constructor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    fixture::expand(arguments, item, Link::Constructor)
}

/// Makes a function the operation of a load benchmark: clients run it over and over, more of them at each level.
///
/// Measured with `cargo bench`: throughput, latencies, errors, processor time and memory of each level, and how throughput
/// grows with clients. As a test, one short level is run.
///
/// The function may be `async`; what it returns is dropped, but for a `Result`, whose errors are counted by kind.
///
/// Behind what `setup` and `client` make its parameters are fixtures, each as `&T` and found by its type and name as those of
/// a test are ([`macro@fixture`]). One of the scope `test` is made for each level, on the benchmark's runtime, and torn
/// down after it, whatever became of it; a wider one serves all levels. All clients of a level have it at once, so its
/// type is `Send + Sync`; to clients that are processes it crosses through serde, and the value itself stays with the
/// process that measures.
///
/// | option | meaning |
/// |---|---|
/// | `concurrency = [1, 2, 8, 64]` | how many clients there are, a level each |
/// | `rate = 10_000` | an open loop: so many operations are meant to start each second, all clients together, and latency counts from when each was meant to; otherwise a closed loop, where each client starts its next operation when the last is done |
/// | `warm_up = "500ms"`, `duration = "3s"` | what is not counted at first, and how long a level is measured |
/// | `count = 10_000` | how many operations a level is measured for, in place of a duration |
/// | `setup = path` | an async function: what it makes is made once a level, and given to the operation as `&T` |
/// | `client = path` | an async function that makes something for each client, given to the operation as `&mut T`; it takes what `setup` makes and then the fixtures, as `&T`, where there are any |
/// | `clients = "tasks"`, `"threads"` or `"processes"` | what clients are; what `setup` makes crosses to processes through serde |
/// | `processes = 64` | in how many processes clients are at most that are processes |
/// | `stuck = "10s"` | after how long without an operation that ends a level is given up |
/// | `memory = "512MiB"` | how much more memory than at its beginning a level may take |
/// | `timeout`, `ignore`, `tags`, `task_panic`, `leaks`, `crate` | as for [`macro@test`]; tasks left behind are no fault here unless `leaks = "fail"` |
/// | `flavor`, `worker_threads` | as for [`macro@test`], but that there are many threads unless told otherwise |
///
/// # Errors
/// An unknown option or one given twice, a level of no clients, a duration of nothing, both `duration` and `count`, and a
/// fixture that is not taken by reference do not compile. A parameter that no fixture supplies, and a fixture with values,
/// end the run before its first benchmark.
#[proc_macro_attribute]
pub fn load(arguments: TokenStream, item: TokenStream) -> TokenStream {
    load::expand(arguments, item, Link::Section)
}

/// [`macro@load`] for linkers that are not known to put the elements of a list side by side.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn load_by_constructor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    load::expand(arguments, item, Link::Constructor)
}

/// Makes a function the `main` of a program whose actors can be placed in processes.
///
/// Such an actor lives in this same binary, executed again. What this attribute puts first into `main` finds out
/// whether the process is the program or such a worker, before any thread is started; a worker never gets to see the
/// function. Without it, placing an actor in a process is an error.
///
/// An `async fn` runs as a task of a tokio runtime, so its future must be `Send`: a task is woken in half the time
/// that the future given to `block_on` takes. A plain `fn` gets no runtime.
///
/// | option | meaning |
/// |---|---|
/// | `flavor = "multi_thread"` or `"current_thread"` | the tokio runtime; many threads unless told otherwise |
/// | `worker_threads = 2` | threads of a `multi_thread` runtime |
/// | `crate = "path"` | where this crate is found, if not at `::rehearsal` |
///
/// # Errors
/// An unknown option or one given twice, `worker_threads` without many threads, arguments or generics do not compile.
#[proc_macro_attribute]
pub fn program(arguments: TokenStream, item: TokenStream) -> TokenStream {
    program::expand(arguments, item)
}

/// Makes an actor of the type whose `impl` block this is on.
///
/// | on a function | it is | takes | returns |
/// |---|---|---|---|
/// | `#[start]` | what builds the actor, inside of where it runs (a plain one of a task: where its spawn is awaited); exactly one | any owned arguments | `Self` or `Result<Self, E>`, `E: Display` |
/// | `#[command]` | a message the actor answers | `&mut self` or `&self`, any owned arguments | anything owned; a `Result` becomes a [`TryCall`], a `Job` of `cx.executor()` is answered when it is done |
/// | `#[periodic(every = "5s")]` | run every so often | `&mut self` | `()` or `Result<(), E>`; an error ends the actor |
/// | `#[stopping]` | run before the actor ends in good order; at most one | `&mut self` | `()` or `Result<(), E>` |
/// | `#[exit]` | the last word: run however it ended, then its state is dropped; at most one | `&mut self, exit: &Exit` | nothing |
/// | `#[on_info]` | run for each `info`, adds entries; at most one | `&self, info: &mut Info` | nothing |
/// | `#[on_params]` | run each time the actor is about to spawn another, may change it; at most one | `params: &mut Params` | nothing |
///
/// The first four may be `async`, and may take their context, `cx: &mut Context<Self>`, at any place; the others are
/// called in passing. Functions without a mark stay as they are, and so do the marked ones: they can be called and
/// unit-tested like any method.
///
/// What has no state any more has no last word: `#[exit]` does not run where `#[start]` failed, nor in a process that
/// was killed or left through `std::process::exit`. An `info` that comes while an async command waits has the entries
/// of the last one, because the state is in the command's hands.
///
/// The type gets a function `spawn` with the arguments of `#[start]`, and a proxy named after it (`CounterProxy`) with
/// a method for each command. The proxy is as visible as the `#[start]` function; it has to be as visible as the type,
/// so where those two differ say it in the attribute (the compiler's error would be E0446).
///
/// | option | meaning |
/// |---|---|
/// | `event = Type` | what the actor tells its parent, through `cx.outlet()`; `()` unless given |
/// | `named` | its commands can be called by name (feature `json`); what they take and return needs serde |
/// | `pub`, `pub(crate)`, .. | visibility of the proxy and of `spawn`: that of the type |
/// | `crate = "path"` | where this crate is found, if not at `::rehearsal` |
///
/// Who may call a command by name: anybody, unless `#[command(authenticated)]` or `#[command(internal)]` says otherwise.
///
/// # Errors
/// What cannot travel in a message does not compile: borrowed arguments, `impl Trait`, generic commands. Nor does a
/// command with the name of one that every actor has (`ping`, `echo`,
/// `info`, `run`, `stop`, `kill`, `ended`, `clone`, `link`, `link_always`,
/// `every`) or is to have (`watch`, `unlink`, `notify`).
///
/// [`TryCall`]: https://docs.rs/rehearsal/latest/rehearsal/actor/struct.TryCall.html
#[proc_macro_attribute]
pub fn actor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    actor::expand(arguments.into(), item.into()).into()
}

/// Makes an open command of a free function: any actor carries it out, `proxy.run(sum(vec![1, 2, 3]))`.
///
/// The function may be `async` and may take `cx: &mut Context`, the context of the actor it runs in. Its arguments and
/// its result must be able to cross to another process, wherever it is run.
///
/// With `public`, `authenticated` or `internal` (feature `json`) every actor answers it by name too,
/// `rehearsal::send("c1", "sum", ..)`, to callers that have this permission.
#[proc_macro_attribute]
pub fn command(arguments: TokenStream, item: TokenStream) -> TokenStream {
    command::expand(arguments.into(), item.into()).into()
}
