//! A suite built with `panic = "abort"`.

use crate::build::executable_that_aborts;
use crate::launch::Launch;
use crate::text::{summary, verdict_of_each};

/// Every verdict is told although no panic can be caught.
#[test]
fn process_isolation_still_tells_every_verdict() {
    for workers in ["--test-threads=1", "--test-threads=2"] {
        let run = Launch::new(executable_that_aborts("abort", "abort")).args([workers]).run();
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        let verdict =
            |name: &str| told.get(name).cloned().unwrap_or_else(|| panic!("no line of {name}\n{run}"));
        for (name, expected) in [
            ("a_passes", "ok"),
            ("c_panics_as_it_should", "ok"),
            ("e_ignored", "ignored, not today"),
            ("h_passes", "ok"),
        ] {
            assert_eq!(verdict(name), expected, "{name}\n{run}");
        }
        for name in ["b_panics", "d_does_not_panic", "f_panics_later", "g_returns_err"] {
            assert!(verdict(name).starts_with("FAILED"), "{name}: {}\n{run}", verdict(name));
        }
        let summary = summary(&run.stdout);
        assert_eq!((summary.passed, summary.failed, summary.ignored), (3, 4, 1));
        run.says("the process goes with it").says("the process goes with this one too");
    }
}

/// The first panic would end the run: refused, with the reason.
#[test]
fn thread_isolation_is_refused() {
    let run = Launch::new(executable_that_aborts("abort", "abort")).args(["--isolation", "thread"]).run();
    run.ends_with(101).complains("panic").complains("abort").complains("isolation \"process\"");
    assert!(!run.stdout.contains("... ok"), "nothing runs\n{run}");
}
