//! Times: of an attempt, and marks of what is slow.

use crate::build::executable;
use crate::launch::Launch;
use crate::select::selected;
use crate::text::verdict_of_each;

/// Both attempts together take longer than one may.
#[test]
fn each_attempt_has_the_whole_time() {
    let run =
        Launch::new(executable("flaky", "flaky")).args(["--ignored", "bad::takes_its_time_twice"]).run();
    run.ends_with(0);
    let told = verdict_of_each(&run.stdout);
    assert_eq!(told["bad::takes_its_time_twice"], "ok (flaky: passed on attempt 2)", "{run}");
}

/// Once, while it runs, and of none that is quick; wherever it runs, and in each format.
#[test]
fn a_slow_test_is_told_of_while_it_runs() {
    let run = |args: &[&str]| {
        let launch =
            selected().args(["--include-ignored", "--exact", "takes_a_while", "plain", "--slow=300ms"]);
        launch.args(args.iter().copied()).run()
    };
    let told = "test takes_a_while has been running for over 300ms\n";
    for isolation in ["process", "fork", "thread"] {
        let run = run(&["--isolation", isolation]);
        run.ends_with(0);
        assert_eq!(run.stdout.matches("has been running").count(), 1, "{isolation}: {run}");
        let (before, after) = run.stdout.split_once(told).unwrap_or_else(|| panic!("{isolation}: {run}"));
        assert!(!before.contains("test takes_a_while ..."), "{isolation}: {run}");
        assert!(after.contains("test takes_a_while ... ok"), "{isolation}: {run}");
    }
    let run_as = |format: &str| run(&["--format", format]).ends_with(0).stdout.clone();
    assert!(
        run_as("json")
            .contains("{ \"type\": \"test\", \"event\": \"timeout\", \"name\": \"takes_a_while\" }")
    );
    assert!(run_as("terse").contains(told));
    let quiet = run(&["--slow=none"]);
    assert!(!quiet.ends_with(0).stdout.contains("has been running"), "{quiet}");
}
