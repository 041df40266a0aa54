//! The attribute macros of the `rehearsal` crate. Each door here leads to one file.

use proc_macro::TokenStream;

mod function;
mod option;
mod program;
mod test;
mod token;

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
/// | `isolation = "thread"` or `"process"` | where it runs, whatever the run's setting is |
/// | `group = "name"` | tests of one group run one at a time, across all workers |
/// | `task_panic = "allow"` or `"fail"` | whether a panic in a task or thread beside the test makes it fail |
/// | `flavor = "current_thread"` or `"multi_thread"` | the tokio runtime of an async test |
/// | `worker_threads = 2` | threads of a `multi_thread` runtime |
/// | `start_paused = true` | the clock of a `current_thread` runtime stands still and jumps to the next timer |
/// | `crate = "path"` | where this crate is found, if not at `::rehearsal` |
///
/// # Errors
/// What cannot be honoured does not compile: an unknown option or one given twice, options that contradict one another,
/// a function with arguments or generics, a method, anything that is no function.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(arguments, item)
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
