//! What a trial does to its process, so that what comes of it or of its neighbours could go unseen: each has one outcome, the
//! right one.

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::verdict_of_each;

fn truth(isolation: &str, args: &[&str]) -> Finished {
    let launch = Launch::new(executable("faults", "truth")).args(args.iter().copied());
    launch.args(["--isolation", isolation, "--grace=500ms"]).run()
}

const LEVELS: [&str; 2] = ["process", "fork"];

/// Modules with what stands on the line of the trial in their middle; those around it are green.
const EXPECTED: [(&str, &str); 15] = [
    ("copies::child_exits_with_zero", "FAILED"),
    ("copies::new_session", "ok"),
    ("copies::parent_exits_and_child_returns", "FAILED (exit code 0)"),
    ("ends::aborts_as_its_thread_ends", "FAILED (signal 6, SIGABRT)"),
    ("ends::exits_as_its_runtime_ends", "FAILED (exit code 0)"),
    ("ends::exits_at_exit", "ok"),
    ("ends::exits_in_a_panic", "FAILED (exit code 0)"),
    ("ends::needs_more_memory_than_there_is", "FAILED (signal 6, SIGABRT)"),
    ("ends::overflows_the_stack_of_a_task", "FAILED (signal 6, SIGABRT)"),
    ("ends::overflows_the_stack_of_another_thread", "FAILED (signal 6, SIGABRT)"),
    ("hooks::that_panics", "FAILED (signal 6, SIGABRT)"),
    ("signals::blocks_everything_and_hangs", "FAILED (timed out after 1s)"),
    ("signals::ignores_sigchld_and_crashes", "FAILED (signal 6, SIGABRT)"),
    ("wires::null_for_standard_output", "FAILED"),
    ("wires::prints_zeros", "FAILED"),
];

#[test]
fn each_has_the_outcome_that_it_deserves() {
    for isolation in LEVELS {
        let modules = EXPECTED.map(|(module, _)| module);
        let run = truth(isolation, &[&modules[..], &["--test-threads=2"]].concat());
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        assert_eq!(told.len(), 3 * EXPECTED.len(), "{isolation}\n{run}");
        for (module, expected) in EXPECTED {
            let of = |name: &str| told.get(&format!("{module}::{name}")).map(String::as_str);
            let fault = of("fault").or(of("harmless"));
            let all = [of("a_before"), fault, of("z_after")];
            assert_eq!(all, [Some("ok"), Some(expected), Some("ok")], "{isolation}: {module}\n{run}");
        }
    }
}

/// What goes on in a session of its own when the trial's process has ended is found where somebody adopts it.
#[test]
fn a_daemon_is_killed_with_the_fork_that_became_it() {
    let run = truth("fork", &["copies::daemon::", "--test-threads=1"]);
    run.ends_with(101).says("left a child process behind, which was killed");
    let told = verdict_of_each(&run.stdout);
    let verdicts: Vec<&str> = told.values().map(String::as_str).collect();
    assert_eq!(verdicts, ["ok", "FAILED (exit code 0)", "ok"], "{run}");
}

/// A thread asks to be traced by its parent, which is ours and knows nothing of it: whatever becomes of the thread, its
/// process has an end that is seen, and so has the run.
#[test]
fn who_is_traced_by_accident_ends() {
    // A fork is over when it has ended, which needs somebody who takes note: that one runs out of time there.
    for (isolation, skip) in [("process", "--skip=nothing"), ("fork", "--skip=and_returns")] {
        let run = truth(isolation, &["signals::is_traced", skip, "--test-threads=1"]);
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        assert_eq!(told.len(), if isolation == "fork" { 6 } else { 9 }, "{run}");
        for (name, verdict) in &told {
            let expected = if name.ends_with("::fault") { "FAILED (timed out after 1s)" } else { "ok" };
            assert_eq!(verdict, expected, "{isolation}: {name}\n{run}");
        }
    }
}

/// Nothing of the trial's outcome is missing by then, but the process has ended where nobody told it to. A worker's
/// next trial may have begun, so it is the run that is red, and names who was before; a fork is one trial's own.
#[test]
fn an_exit_as_a_thread_ends_is_no_pass() {
    for module in ["ends::exits_as_its_thread_ends", "ends::leaves_as_its_thread_ends"] {
        let [last, after] = ["last", "z_after"].map(|name| format!("{module}::{name}"));
        for isolation in LEVELS {
            let run = truth(isolation, &[&format!("{module}::"), "--test-threads=1"]);
            run.ends_with(101);
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(said.contains(&last) && said.contains("exit code 0"), "{isolation}\n{run}");
            let told = verdict_of_each(&run.stdout);
            assert_eq!(told[&after], "ok", "{isolation}\n{run}");
            if isolation == "fork" {
                assert_eq!(told[&last], "FAILED (exit code 0)", "{run}");
            }
        }
    }
}

/// Sockets that lead nowhere any more are the end of a worker, and the doing of who replaced them. A fork has other ways.
#[test]
fn who_replaces_what_its_worker_talks_with_is_told() {
    let run = truth("process", &["_for_the_sockets", "--test-threads=1"]);
    run.ends_with(101);
    for (name, verdict) in verdict_of_each(&run.stdout) {
        let expected = if name.ends_with("::fault") { "FAILED" } else { "ok" };
        assert!(verdict.starts_with(expected), "{name}: {verdict}\n{run}");
    }
}

/// Another hook than ours sees the panics of a process: those beside a trial are noticed all the same.
#[test]
fn a_panic_is_seen_whatever_hook_there_is() {
    for isolation in ["process", "fork", "thread"] {
        let run = truth(isolation, &["hooks::", "--skip=that_panics", "--test-threads=1"]);
        run.ends_with(101);
        let told = verdict_of_each(&run.stdout);
        assert_eq!(told.len(), 5 * 5 + 1, "{run}");
        for (name, verdict) in &told {
            let is_green = name.ends_with("::a_first") || name.ends_with("::e_passes");
            // Whose thread it was cannot be told where trials share a process: the run says that there was one.
            let is_nobodys = isolation == "thread" && name.ends_with("::c_panics_in_a_thread");
            let expected = if is_green || is_nobodys { "ok" } else { "FAILED" };
            assert_eq!(verdict, expected, "{isolation}: {name}\n{run}");
        }
        if isolation == "thread" {
            let complaints = run.stderr.matches("that no running test is known to own").count();
            assert_eq!(complaints, 5, "{run}");
        }
    }
}
