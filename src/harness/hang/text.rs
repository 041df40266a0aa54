//! What is said of threads: of their stacks what is the user's own.

use crate::sys::stack::{Frame, HAS_STACKS, Stack, ThreadSeen};

/// Threads that are described, and functions that are told of each.
const THREADS: usize = 24;
const FUNCTIONS: usize = 20;

/// Functions that are told of the trial's own stack where nothing in it is the user's.
const INNERMOST: usize = 6;

/// Crates that call the user's functions, or are called by them.
const BELOW: [&str; 7] = ["std", "core", "alloc", "tokio", "mio", "backtrace", "rehearsal"];

/// What the test attribute makes beside an async function, to run it.
const ADAPTER: &str = "__rehearsal_run";

/// Where the sources of other crates are.
const ELSEWHERE: [&str; 3] = ["/rustc/", "/rustlib/", "/registry/src/"];

/// What is said of an async trial that waits.
const WAITS: &str = "(its future waits to be woken: nothing of it is on a stack)";

const NO_STACKS: &str = "  (their stacks are shown in a build with rehearsal's feature `stacks`)\n";

/// The text; `own` is what the system calls the thread of the trial. Empty where there is no thread.
pub(super) fn of(threads: &[ThreadSeen], own: &str, trial: &str) -> String {
    if threads.is_empty() {
        return String::new();
    }
    let mut text = String::from("hangs in:\n");
    let (mut told, mut hidden) = (0, Vec::new());
    // What the trial itself does comes first.
    let of_trial = threads.iter().filter(|thread| thread.name == own);
    for thread in of_trial.chain(threads.iter().filter(|thread| thread.name != own)) {
        let is_own = thread.name == own;
        let lines = lines(&thread.stack, is_own);
        if told == THREADS || lines.is_empty() && matches!(thread.stack, Stack::Frames(_)) {
            hidden.push(thread.name.as_str());
            continue;
        }
        told += 1;
        match is_own {
            true => text.push_str(&format!("  thread {trial} (this test) {}\n", thread.state)),
            false => text.push_str(&format!("  thread {} {}\n", thread.name, thread.state)),
        }
        lines.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    if !hidden.is_empty() {
        let threads = if hidden.len() == 1 { "thread" } else { "threads" };
        let count = hidden.len();
        hidden.sort_unstable();
        hidden.dedup();
        hidden.truncate(FUNCTIONS);
        text.push_str(&format!("  {count} more {threads} not shown: {}\n", hidden.join(", ")));
    }
    if !HAS_STACKS {
        text.push_str(NO_STACKS);
    }
    text
}

/// What is told of a stack; nothing where nothing in it is the user's, and it is not the trial's.
fn lines(stack: &Stack, is_own: bool) -> Vec<String> {
    let frames = match stack {
        Stack::Frames(frames) => frames,
        Stack::Unknown("") => return Vec::new(),
        Stack::Unknown(why) => return vec![format!("({why})")],
    };
    let mut kept: Vec<&Frame> = frames.iter().filter(|frame| is_users(frame)).collect();
    if kept.is_empty() && is_own {
        if frames.iter().any(|frame| frame.function.contains(ADAPTER)) {
            return vec![WAITS.to_owned()];
        }
        kept = frames.iter().take(INNERMOST).collect();
    } else if let Some(first) = frames.iter().position(is_users)
        // What the innermost of them has called says why it does not return.
        && let Some(called) = first.checked_sub(1).map(|at| &frames[at])
        && root(&called.function) != Some("rehearsal")
    {
        kept.insert(0, called);
    }
    let more = kept.len().saturating_sub(FUNCTIONS);
    let mut lines: Vec<String> = kept.iter().take(FUNCTIONS).map(|frame| line(frame)).collect();
    if more > 0 {
        lines.push(format!("… and {more} more functions that called these"));
    }
    lines
}

fn line(Frame { function, place }: &Frame) -> String {
    if place.is_empty() { function.clone() } else { format!("{function} at {place}") }
}

/// Whether a function is neither of the harness and what that stands on nor of the system.
fn is_users(Frame { function, place }: &Frame) -> bool {
    if function.contains(ADAPTER) {
        return false;
    }
    match root(function) {
        Some(root) => !BELOW.contains(&root),
        // One that was inlined, in a build that has lines and no names of modules.
        None => place.contains(".rs:") && !ELSEWHERE.iter().any(|folder| place.contains(folder)),
    }
}

/// The crate of a function; that of the type whose function it is, for `<a::Type as b::Trait>::function`. None for what
/// is in no crate, as functions of C are.
fn root(function: &str) -> Option<&str> {
    match function.strip_prefix('<').and_then(|inner| inner.split_once(" as ")) {
        Some((of, of_trait)) => first_of(of).or_else(|| first_of(of_trait)),
        None => first_of(function),
    }
}

/// What stands before the first `::` of a path, where that is a name.
fn first_of(path: &str) -> Option<&str> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut path = path.trim_start_matches(|letter| !is_name(letter));
    for word in ["mut ", "const ", "dyn "] {
        path = path.strip_prefix(word).unwrap_or(path);
    }
    let (root, _) = path.split_once("::")?;
    root.chars().all(is_name).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(functions: &[&str]) -> Stack {
        let frame = |function: &&str| Frame { function: (*function).to_owned(), place: String::new() };
        Stack::Frames(functions.iter().map(frame).collect())
    }

    fn thread(name: &str, state: &str, stack: Stack) -> ThreadSeen {
        ThreadSeen { name: name.to_owned(), state: state.to_owned(), stack }
    }

    #[rehearsal::test]
    fn the_crate_of_a_function_is_read_off_its_name() {
        for (function, expected) in [
            ("hang::busy::fault", Some("hang")),
            ("hang::busy::fault::{{closure}}", Some("hang")),
            ("<hang::Guard as core::ops::drop::Drop>::drop", Some("hang")),
            ("<&mut hang::Guard as core::fmt::Debug>::fmt", Some("hang")),
            ("<F as core::ops::function::FnOnce<()>>::call_once", Some("core")),
            ("<alloc::boxed::Box<dyn core::any::Any> as core::any::Any>::type_id", Some("alloc")),
            ("<dyn hang::Wait>::long", Some("hang")),
            ("rehearsal_demo::main", Some("rehearsal_demo")),
            ("epoll_wait", None),
            ("libc.so.6+0x1234", None),
            ("0x55d0c000", None),
            ("", None),
        ] {
            assert_eq!(root(function), expected, "{function}");
        }
    }

    #[rehearsal::test]
    fn of_a_stack_the_users_functions_are_told_and_what_the_innermost_called() {
        let stack = frames(&[
            "syscall",
            "std::sys::sync::mutex::futex::Mutex::lock_contended",
            "std::sync::poison::mutex::Mutex<T>::lock",
            "hang::takes_both",
            "core::ops::function::FnOnce::call_once",
            "hang::fault",
            "rehearsal::harness::trial::attempt::call",
            "std::panicking::try",
        ]);
        let told = ["std::sync::poison::mutex::Mutex<T>::lock", "hang::takes_both", "hang::fault"];
        assert_eq!(lines(&stack, true), told);
        assert_eq!(lines(&frames(&["hang::spin", "std::x"]), false), ["hang::spin"]);
        let waits =
            frames(&["epoll_wait", "mio::poll::Poll::poll", "rehearsal::harness::block_on", "hang::fault"]);
        assert_eq!(lines(&waits, true), ["hang::fault"], "the harness's own is never told");
    }

    #[rehearsal::test]
    fn a_function_without_a_path_is_the_users_where_its_source_is() {
        for (function, place, expected) in [
            ("goes_down", "/home/me/project/tests/suite.rs:5", true),
            ("{async_fn#0}", "tests/suite.rs:5", true),
            ("read<u8>", "/rustc/0123/library/core/src/ptr/mod.rs:5", false),
            ("poll", "/home/me/.cargo/registry/src/index/mio-1.2.4/src/poll.rs:5", false),
            ("epoll_wait", "./misc/epoll_wait.c:30", false),
            ("epoll_wait", "", false),
        ] {
            let frame = Frame { function: function.to_owned(), place: place.to_owned() };
            assert_eq!(is_users(&frame), expected, "{function} {place}");
        }
    }

    /// The stack of an async trial that waits has nothing of it but what runs its future.
    #[rehearsal::test]
    fn of_a_future_that_waits_it_is_said_that_it_does() {
        let waits = frames(&["epoll_wait", "tokio::park", "hang::_::__rehearsal_run", "rehearsal::call"]);
        assert_eq!(lines(&waits, true), [WAITS]);
        assert_eq!(lines(&frames(&["a", "b"]), true), ["a", "b"]);
        assert!(lines(&waits, false).is_empty());
    }

    #[rehearsal::test]
    fn a_deep_stack_is_cut_short() {
        let deep: Vec<String> = (0..50).map(|at| format!("hang::down::{at}")).collect();
        let told = lines(&frames(&deep.iter().map(String::as_str).collect::<Vec<_>>()), true);
        assert_eq!(told.len(), FUNCTIONS + 1);
        assert_eq!(told[FUNCTIONS], "… and 30 more functions that called these");
    }

    #[rehearsal::test]
    fn threads_in_nothing_of_the_users_are_counted_and_the_test_comes_first() {
        let text = of(
            &[
                thread("tokio-rt-worker", "waits in futex", frames(&["syscall", "tokio::park"])),
                thread("second", "runs", frames(&["hang::second"])),
                thread("hang::fault", "sleeps", frames(&["pause"])),
                thread("deaf", "runs", Stack::Unknown("it is deaf")),
            ],
            "hang::fault",
            "hang::fault",
        );
        let expected = "hangs in:\n  thread hang::fault (this test) sleeps\n    pause\n  thread second runs\n    hang::second\n  \
                        thread deaf runs\n    (it is deaf)\n  1 more thread not shown: tokio-rt-worker\n";
        assert_eq!(text.strip_suffix(NO_STACKS).unwrap_or(&text), expected);
        assert_eq!(of(&[], "t", "t"), "");
    }

    /// Without stacks it is seen of none whether it is in anything of the user's.
    #[rehearsal::test]
    fn without_stacks_all_threads_are_told() {
        let threads = [
            thread("a", "waits in futex", Stack::Unknown("")),
            thread("t", "waits in read of descriptor 5 (pipe:[7])", Stack::Unknown("")),
        ];
        let text = of(&threads, "t", "the::test");
        let expected = "hangs in:\n  thread the::test (this test) waits in read of descriptor 5 (pipe:[7])\n  thread a waits in futex\n";
        assert_eq!(text.strip_suffix(NO_STACKS).unwrap_or(&text), expected);
    }
}
