//! The half that is built where there is no Unix, built here: threads do everything, and processes say why not.

use crate::build::portable_executable;
use crate::launch::Launch;
use crate::text::verdict_of_each;

fn portable() -> Launch {
    Launch::new(portable_executable("basic", "basic"))
}

/// The same verdicts, with nothing asked for.
#[test]
fn threads_are_the_default() {
    let here = portable().run();
    here.ends_with(101);
    let there = Launch::new(crate::build::executable("basic", "basic")).run();
    assert_eq!(verdict_of_each(&here.stdout), verdict_of_each(&there.stdout));
}

/// Refused with the reason and with what can be done instead; nothing runs.
#[test]
fn process_isolation_is_refused() {
    let run = portable().args(["--isolation", "process", "green"]).run();
    run.ends_with(101).complains("process").complains("thread");
    assert!(!run.stdout.contains("... ok"), "nothing runs\n{run}");
}

/// Whoever asks for forks, on the command line or for single tests, is told what there is instead.
#[test]
fn fork_isolation_is_refused() {
    let run = portable().args(["--isolation", "fork", "green"]).run();
    run.ends_with(101)
        .complains("--isolation fork was asked for, but this process cannot be forked here: ")
        .complains("use --isolation process where that exists, or --isolation thread");
    assert!(!run.stdout.contains("... ok"), "nothing runs\n{run}");
    let launch = portable().args(["green"]);
    let settings = "[[override]]\nfilter = 'test(=green::adds)'\nisolation = 'fork'\n";
    std::fs::write(launch.directory().join("rehearsal.toml"), settings).expect("a settings file");
    let run = launch.run();
    run.ends_with(101).complains("green::adds (").complains(
        "asks for isolation \"fork\", but there is no fork here (nor are there the workers of \"process\")",
    );
    assert!(!run.stdout.contains("... ok"), "nothing runs\n{run}");
}
