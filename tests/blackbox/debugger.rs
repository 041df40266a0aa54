//! A debugger sees what a single trial does, for that runs in the process that the debugger has started.
//!
//! With gdb, which CI installs; without it these say so and look at nothing.

use std::process::{Command, Stdio};

use crate::build::executable;
use crate::launch::{Finished, Launch};

/// The trials of a module that ends in `abort()`, run by gdb.
fn under_gdb(args: &[&str]) -> Option<Finished> {
    let has_gdb = Command::new("gdb").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !has_gdb {
        eprintln!("skipped: gdb is not installed");
        return None;
    }
    let gdb = ["gdb", "-q", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "run", "--args"];
    let launch = Launch::new(executable("faults", "faults")).through(&gdb);
    Some(launch.args(args.iter().copied()).run())
}

const STOPPED: &str = "received signal SIGABRT";

#[test]
fn a_single_trial_stays_in_the_process_that_is_debugged() {
    let Some(run) = under_gdb(&["crash::aborts::fault", "--exact"]) else { return };
    run.says(STOPPED);
    assert!(run.survivors.is_empty(), "left behind: {:?}\n{run}", run.survivors);
}

/// More than one have workers, as without a debugger: the crash of one is its verdict.
#[test]
fn more_than_one_have_workers_as_ever() {
    let Some(run) = under_gdb(&["crash::aborts::"]) else { return };
    run.says("FAILED (signal 6, SIGABRT)");
    assert!(!run.stdout.contains(STOPPED), "{run}");
    assert!(run.survivors.is_empty(), "left behind: {:?}\n{run}", run.survivors);
}
