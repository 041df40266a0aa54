//! Listing where there is no twin to compare with.

use crate::build::executable;
use crate::launch::Launch;

#[test]
fn a_thousand_trials_are_listed_in_order() {
    let run = Launch::new(executable("big", "big")).args(["--list", "--format", "terse"]).run();
    run.ends_with(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 1000);
    assert!(lines.is_sorted(), "sorted by name");
    assert!(lines.iter().all(|line| line.ends_with(": test")), "NAME: test, one a line, and nothing else");
    assert_eq!(lines[0], "h0::m0::f0: test");
}

/// Unit tests of a library with `[lib] harness = false`.
#[test]
fn unit_tests_of_a_library() {
    let unit = || Launch::new(executable("basic", "lib basic"));
    let list = unit().args(["--list"]).run();
    list.ends_with(0);
    assert_eq!(list.stdout, "unit::adds: test\nunit::adds_later: test\n\n2 tests, 0 benchmarks\n");
    unit()
        .run()
        .ends_with(0)
        .says("test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

/// Two trials of one name are an error that tells both places; nothing runs, nothing is listed.
#[test]
fn duplicate_names() {
    for args in [&[][..], &["--list"], &["once"]] {
        let run = Launch::new(executable("duplicates", "duplicates")).args(args.iter().copied()).run();
        run.ends_with(101)
            .complains("inside::twice")
            .complains("duplicates.rs:6")
            .complains("duplicates.rs:11");
        assert!(!run.stdout.contains("inside::once"), "nothing runs\n{run}");
    }
}

/// A trial that is made at run time cannot have the name of a written one either; nothing runs, nothing is listed.
#[test]
fn a_generated_trial_with_the_name_of_a_written_one() {
    for args in [&[][..], &["--list"], &["--list", "--format", "terse"]] {
        let run = Launch::new(executable("duplicates", "generated")).args(args.iter().copied()).run();
        run.ends_with(101).complains("area::small").complains("generated.rs:5").complains("generated.rs:12");
        assert!(!run.stdout.contains("ok"), "{run}");
    }
}
