//! Where trials run: in which process, beside which others.

use std::collections::BTreeMap;

use crate::build::executable;
use crate::launch::Launch;

/// Whether each of the trials that tell their process ran in the arbiter's own.
fn ran_in_the_arbiter(args: &[&str]) -> BTreeMap<&'static str, bool> {
    let launch = Launch::new(executable("faults", "faults"));
    let run = launch.args(["place::on_a_thread", "place::in_a_process", "place::wherever", "--nocapture"]);
    let run = run.args(args.iter().copied()).run();
    run.ends_with(0);
    let place = |name: &'static str| {
        let head = format!("{name}: process ");
        let at = run.stdout.find(&head).unwrap_or_else(|| panic!("no {head:?}\n{run}")) + head.len();
        let digits: String = run.stdout[at..].chars().take_while(char::is_ascii_digit).collect();
        (name, digits.parse::<u32>().expect("a process id") == run.pid)
    };
    ["on_a_thread", "in_a_process", "wherever"].into_iter().map(place).collect()
}

/// What a trial asks for itself comes before what the run asks for.
#[test]
fn isolation_by_attribute_and_by_flag() {
    let by_default = ran_in_the_arbiter(&[]);
    assert_eq!(
        by_default,
        BTreeMap::from([("on_a_thread", true), ("in_a_process", false), ("wherever", false)])
    );
    let threads = ran_in_the_arbiter(&["--isolation", "thread"]);
    assert_eq!(threads, BTreeMap::from([("on_a_thread", true), ("in_a_process", false), ("wherever", true)]));
    let processes = ran_in_the_arbiter(&["--isolation=process", "--test-threads=1"]);
    assert_eq!(processes, by_default);
}

/// A program that a trial starts must not take itself for a worker.
#[test]
fn the_mark_of_a_worker_is_not_inherited() {
    let launch = Launch::new(executable("faults", "faults")).args(["place::has_no_mark"]);
    launch.run().ends_with(0).says("1 passed");
}

/// A mark that somebody else put there makes no worker.
#[test]
fn a_forged_mark_makes_no_worker() {
    for forged in ["1:1", "nonsense", ""] {
        let launch = Launch::new(executable("basic", "basic")).args(["green::adds", "--exact"]);
        launch.env("REHEARSAL_WORKER", forged).run().ends_with(0).says("1 passed");
    }
}

/// Trials of a group run one at a time, in both isolations.
#[test]
fn a_group_runs_one_at_a_time() {
    for isolation in ["process", "thread"] {
        let launch =
            Launch::new(executable("faults", "faults")).args(["place::grouped", "--isolation", isolation]);
        launch.args(["--test-threads=4"]).run().ends_with(0).says("4 passed");
    }
}

/// `#[serial(key)]` of `serial_test` makes a group: in processes its lock alone would let them all run at once.
#[test]
fn what_is_serial_runs_one_at_a_time() {
    for isolation in ["process", "thread"] {
        let launch = Launch::new(executable("faults", "faults"))
            .args(["place::serial", "--isolation", isolation])
            .args(["--test-threads=4"]);
        launch.run().ends_with(0).says("4 passed");
    }
}

/// A thousand trials over a few workers: each has its line once.
#[test]
fn a_thousand_trials() {
    for args in [&["--test-threads=2"][..], &["--test-threads=4"], &["--isolation=thread"]] {
        let run = Launch::new(executable("big", "big")).args(args.iter().copied()).run();
        run.ends_with(0).says("running 1000 tests").says("test result: ok. 1000 passed; 0 failed; 0 ignored");
        let told = crate::text::verdict_of_each(&run.stdout);
        assert_eq!(told.len(), 1000);
        assert!(told.values().all(|verdict| verdict == "ok"), "{run}");
    }
}

/// Workers that are started late run the image that is running, not what lies at its path by then.
#[test]
fn a_binary_that_is_gone_still_starts_workers() {
    let original = executable("faults", "faults");
    let place = Launch::new(original.clone());
    let copy = place.directory().join("faults-copy");
    std::fs::copy(&original, &copy).expect("a copy of the binary");
    let run = place.instead(copy).args(["gone::", "--ignored", "--test-threads=1"]).run();
    run.ends_with(101);
    let told = crate::text::verdict_of_each(&run.stdout);
    assert_eq!(told["gone::a_removes_the_binary_and_aborts"], "FAILED (signal 6, SIGABRT)", "{run}");
    assert_eq!(told["gone::b_runs_in_a_new_worker"], "ok", "{run}");
}
