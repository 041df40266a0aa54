//! The attribute macros of the `rehearsal` crate. Each door here leads to one file.

use proc_macro::TokenStream;

mod function;
mod main_;
mod option;
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
