//! Workers that cannot be started.

use std::path::Path;
use std::process::Command;

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::{summary, verdict_of_each};

/// Whatever the limit was: the run ended by itself, told each trial once, and is green only if all of them ran.
#[track_caller]
fn told_honestly(run: &Finished) {
    assert!(run.survivors.is_empty(), "left behind: {:?}\n{run}", run.survivors);
    match run.code() {
        0 => assert_eq!(summary(&run.stdout).passed, 10, "{run}"),
        101 => assert!(!run.stderr.is_empty() || run.stdout.contains("FAILED"), "red without a word\n{run}"),
        other => panic!("exit code {other}\n{run}"),
    }
    if run.stdout.contains("running 10 tests") {
        let told = verdict_of_each(&run.stdout).len();
        let not_run =
            run.stdout.lines().filter(|line| line.starts_with("    h1::m1::") && line.contains(" (")).count();
        assert_eq!(told + not_run, 10, "each planned trial has an outcome\n{run}");
    }
}

#[test]
fn too_few_descriptors() {
    let mut red = 0;
    for limit in (4..24).step_by(2).chain([32, 48]) {
        let launch = Launch::new(executable("big", "big")).args(["h1::m1::", "--test-threads=2"]);
        let run = launch.limits(&format!("ulimit -n {limit}")).run();
        told_honestly(&run);
        if run.code() == 101 {
            red += 1;
            let said = format!("{}{}", run.stderr, run.stdout);
            assert!(
                said.contains("Too many open files") || said.contains("os error 24"),
                "with {limit}: no cause\n{run}"
            );
        }
    }
    assert!(red > 0, "no limit was too low for it");
}

/// The limit on processes does not count for root: run as somebody else, where that can be arranged.
#[test]
fn too_few_processes() {
    let program = executable("big", "big");
    let as_somebody = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"];
    let reachable =
        Command::new(as_somebody[0]).args(&as_somebody[1..]).arg("test").arg("-x").arg(&program).status();
    if !reachable.is_ok_and(|status| status.success()) {
        println!("skipped: this needs root, setpriv, and a target directory that everybody can read");
        return;
    }
    // Of forks it is the server, the keeper, and a process and a thread a trial that count.
    for (isolation, first_uid) in [("process", 54_321), ("fork", 54_421)] {
        few_processes(&program, isolation, first_uid);
    }
}

fn few_processes(program: &Path, isolation: &str, first_uid: u32) {
    let mut red = 0;
    for limit in 1..12 {
        let nproc = format!("--nproc={limit}");
        // Somebody else each time: an ended process of the run before counts until init has taken its exit status.
        let (reuid, regid) = (format!("--reuid={}", first_uid + limit), format!("--regid={first_uid}"));
        let launcher = ["prlimit", &nproc, "setpriv", &reuid, &regid, "--clear-groups"];
        let launch = Launch::new(program.to_owned()).args(["h1::m1::", "--test-threads=2"]);
        let run = launch.args(["--isolation", isolation]).through(&launcher).run();
        told_honestly(&run);
        if run.code() == 101 {
            red += 1;
            let said = format!("{}{}", run.stderr, run.stdout);
            assert!(
                said.contains("os error 11") || said.contains("temporarily unavailable"),
                "with {limit}: no cause\n{run}"
            );
        }
    }
    assert!(red > 0, "no limit was too low for it");
}
