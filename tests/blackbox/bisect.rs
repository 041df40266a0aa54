//! `--bisect`: which earlier trial makes one fail.

use std::path::Path;

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::verdict_of_each;

fn flaky() -> Launch {
    Launch::new(executable("flaky", "flaky"))
}

fn bisect(name: &str) -> Finished {
    flaky().args(["order::", "--bisect", name]).run()
}

/// What stands behind the command's program, as the shell would split it: no name here needs quotes.
fn command(run: &Finished) -> Vec<String> {
    let line = run
        .stdout
        .lines()
        .find(|line| line.contains(" --in-order "))
        .unwrap_or_else(|| panic!("no command\n{run}"));
    line.split_whitespace().skip(1).map(str::to_owned).collect()
}

#[test]
fn the_one_that_pollutes_is_found_and_the_command_shows_it() {
    for isolation in ["process", "thread"] {
        let run = flaky().args(["order::", "--bisect", "order::y_victim", "--isolation", isolation]).run();
        run.ends_with(0).says("bisecting order::y_victim, 30 trials in the order of the plan\n");
        run.says("  alone ... ok\n").says("  behind 30 trials ... FAILED\n");
        run.says("order::y_victim fails behind order::b_pollutes, and passes without it.\n");
        let again = command(&run);
        let shown = flaky().args(again.iter().map(String::as_str)).run();
        shown.ends_with(101);
        let told = verdict_of_each(&shown.stdout);
        assert_eq!(told.len(), 2, "{shown}");
        if isolation == "process" {
            assert_eq!((&*told["order::b_pollutes"], &*told["order::y_victim"]), ("ok", "FAILED"), "{shown}");
        }
    }
}

#[test]
fn trials_run_in_the_order_in_which_they_are_named() {
    let run = flaky().args(["--in-order", "order::y_victim", "order::b_pollutes"]).run();
    run.ends_with(0);
    let run = flaky()
        .args(["--in-order", "order::d_pollutes_too", "order::b_pollutes", "order::z_victim_of_two"])
        .run();
    run.ends_with(101).says("test order::z_victim_of_two ... FAILED");
    flaky()
        .args(["--in-order"])
        .run()
        .ends_with(101)
        .complains("error: --in-order needs the names of trials");
    // One that is not there would have been passed over.
    let run = flaky().args(["--in-order", "order::y_victim", "order::b_polutes"]).run();
    run.ends_with(101).complains(
        "error: --in-order takes whole names of trials, and there is no `order::b_polutes`, did you mean \
         `order::b_pollutes`? `--list` shows all there are\n",
    );
    assert_eq!(run.stdout, "", "nothing ran");
}

#[test]
fn several_that_do_harm_together_are_all_found() {
    let run = bisect("order::z_victim_of_two");
    run.ends_with(0);
    run.says(
        "fails behind order::b_pollutes, then order::d_pollutes_too, and passes if one of these is left out.",
    );
}

#[test]
fn one_that_needs_another_is_told_which() {
    bisect("order::z_needs_another")
        .ends_with(0)
        .says("passes only behind order::b_pollutes: it needs what that leaves.");
}

#[test]
fn one_that_fails_alone_or_never_is_said_to_do_so() {
    bisect("order::z_fails_alone")
        .ends_with(101)
        .says("fails alone, too: nothing that runs before it is to blame.");
    bisect("order::c03").ends_with(101).says("passes behind all of them");
    // In forks nothing is left in memory by anybody.
    let run = flaky().args(["order::", "--bisect", "order::y_victim", "--isolation=fork"]).run();
    run.ends_with(101).says("passes behind all of them");
}

#[test]
fn one_that_does_not_exist_or_has_no_verdict_is_refused() {
    let run = bisect("order::y_victm");
    run.ends_with(101).complains("there is no `order::y_victm`, did you mean `order::y_victim`?");
    let run = flaky().args(["known::", "--bisect", "known::skips"]).run();
    run.ends_with(101).says("alone ... ignored, not here").complains("neither passes nor fails");
}

/// A crash before it takes the worker along, and a hang is ended at its limit: the search goes on.
#[test]
fn bad_ends_are_verdicts_too() {
    let run = flaky().args(["known::", "--bisect", "known::segfaults", "--grace=200ms"]).run();
    run.ends_with(101).says("alone ... FAILED (signal 11, SIGSEGV)").says("fails alone, too");
    let run = flaky().args(["known::", "--bisect", "known::hangs", "--grace=200ms"]).run();
    run.ends_with(101).says("alone ... FAILED (timed out after 500ms)");
}

/// What the last run noted of the worker in which it failed is searched first.
#[test]
fn the_last_run_says_what_ran_before_it() {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bisected-{}", std::process::id()));
    let kept = || flaky().args(["--history", place.to_str().expect("text")]);
    kept().args(["order::", "--test-threads=1"]).run().ends_with(0).says("order::y_victim ... ok (flaky");
    let run = kept().args(["--bisect", "order::y_victim"]).run();
    run.ends_with(0).says("30 trials that ran before it in its worker the last time");
    run.says("order::y_victim fails behind order::b_pollutes, and passes without it.\n");
    let _ = std::fs::remove_dir_all(place);
}
