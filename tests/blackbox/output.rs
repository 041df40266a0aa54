//! What trials write, and what is shown of it.

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{output_of, summary, verdict_of_each};

fn faults(args: &[&str]) -> Finished {
    Launch::new(executable("faults", "faults")).args(args.iter().copied()).run()
}

fn basic(args: &[&str]) -> Finished {
    Launch::new(executable("basic", "basic")).args(args.iter().copied()).run()
}

/// 200 MiB are kept up to a limit, and what was dropped is told.
#[test]
fn a_flood_is_kept_up_to_a_limit() {
    let run = faults(&["output::floods_and_fails"]);
    run.ends_with(101);
    assert!(run.stdout.len() < 64 << 20, "{} bytes were shown", run.stdout.len());
    let shown = output_of(&run.stdout, "output::floods_and_fails::fault").expect("its output");
    for part in ["the very first line", "the very last line", "after the flood"] {
        assert!(shown.contains(part), "no {part:?} in {} bytes", shown.len());
    }
    let told = shown.lines().find(|line| line.contains("dropped") || line.contains("left out"));
    assert!(
        told.is_some_and(|line| line.contains(|c: char| c.is_ascii_digit())),
        "how much is missing: {told:?}"
    );
    assert_eq!(verdict_of_each(&run.stdout)["output::floods_and_fails::z_after"], "ok");
}

#[test]
fn a_flood_alone_is_no_failure() {
    let run = faults(&["output::floods_and_passes"]);
    run.ends_with(0);
    assert!(run.stdout.len() < 10_000, "nothing of it is shown");
}

#[test]
fn bytes_that_are_no_utf8() {
    let run = faults(&["output::no_utf8"]);
    run.ends_with(101).says("before ").says(" behind").says("after the bytes");
    assert_eq!(summary(&run.stdout).passed, 2);
}

/// Whoever writes to the descriptors is heard, in the order of writing.
#[test]
fn all_that_reaches_the_descriptors_is_captured_in_order() {
    let run = faults(&["output::from_all_sides"]);
    run.ends_with(101);
    let shown = output_of(&run.stdout, "output::from_all_sides::fault").expect("its output");
    let words = ["one: println", "two: eprintln", "three: write", "four: child", "six: panic"];
    let places: Vec<Option<usize>> = words.iter().map(|word| shown.find(word)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {shown}");
    assert!(shown.contains("five: printf"), "what C's stdio held back is flushed: {shown}");
    assert_eq!(run.stdout.matches("one: println").count(), 1, "shown once\n{run}");
    assert!(!run.stderr.contains("two: eprintln"), "not shown live\n{run}");
}

#[test]
fn what_was_said_before_a_crash_is_shown() {
    let run = faults(&["crash::aborts", "hang::busy::fault"]);
    run.ends_with(101);
    for (name, said) in [("crash::aborts::fault", "before the end"), ("hang::busy::fault", "before the loop")]
    {
        let shown = output_of(&run.stdout, name).unwrap_or_else(|| panic!("no output of {name}\n{run}"));
        assert!(shown.contains(said), "{shown}");
    }
}

#[test]
fn nothing_of_a_passing_trial_is_shown() {
    let run = faults(&["output::chatty"]);
    run.ends_with(0);
    assert!(!run.stdout.contains("what chatty passes says"), "{run}");
    faults(&["output::chatty", "--show-output"]).ends_with(0).says("what chatty passes says");
}

/// Both spellings, and libtest's variable, show output as it comes.
#[test]
fn no_capture() {
    for args in [&["--nocapture"][..], &["--no-capture"], &["--nocapture", "--isolation=thread"]] {
        let run = faults(&[&["output::chatty"], args].concat());
        run.ends_with(0).says("what chatty passes says").says("output::chatty::passes");
    }
    let launch =
        Launch::new(executable("faults", "faults")).args(["output::chatty"]).env("RUST_TEST_NOCAPTURE", "1");
    launch.run().ends_with(0).says("what chatty passes says");
}

/// A trial that waits for a line must not take the terminal's.
#[test]
fn stdin_is_empty() {
    faults(&["output::reads_stdin"]).ends_with(0);
}

/// A note, once: output of threads of one process cannot be told apart.
#[test]
fn thread_isolation_says_that_it_does_not_capture() {
    let run = faults(&["output::chatty", "place", "--skip", "grouped", "--isolation", "thread"]);
    run.ends_with(0);
    let notes = run.stderr.lines().chain(run.stdout.lines()).filter(|line| line.contains("captur")).count();
    assert_eq!(notes, 1, "{run}");
}

#[test]
fn many_trials_each_with_their_own_output() {
    let run = Launch::new(executable("big", "big")).args(["--show-output", "h3"]).run();
    run.ends_with(0);
    let summary = summary(&run.stdout);
    assert_eq!((summary.passed, summary.filtered_out), (100, 900));
    for m in 0..10 {
        for f in 0..10 {
            let shown = output_of(&run.stdout, &format!("h3::m{m}::f{f}")).expect("its output");
            assert_eq!(shown.trim_end(), format!("line of big::h3::m{m} f{f}"));
        }
    }
}

/// Not on a terminal there is neither a bar nor a colour.
#[test]
fn plain_lines_without_a_terminal() {
    let run = basic(&["green"]);
    run.ends_with(0);
    assert!(!run.stdout.contains('\x1b') && !run.stdout.contains('\r'), "{run}");
    assert!(!run.stderr.contains('\x1b') && !run.stderr.contains('\r'), "{run}");
}

/// A trial that closes its stdout does not make its successors unheard: they get a new worker, and a note says why.
#[test]
fn who_comes_after_a_closed_stdout_is_heard() {
    let run = faults(&["output::closes_stdout", "--workers", "1"]);
    run.ends_with(101).says("closed or replaced its stdout or stderr");
    let shown = output_of(&run.stdout, "output::closes_stdout::n_fails_too").expect("its output");
    assert!(shown.contains("panicked at") && shown.contains("is this heard?"), "{shown}");
    assert!(!shown.contains("note: panicked"), "captured, not told by the verdict alone: {shown}");
}
