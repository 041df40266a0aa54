//! What is drawn where stdout is a terminal: `script` makes one.

use std::process::Command;

use crate::build::executable;
use crate::launch::{Finished, Launch};
use crate::text::summary;

/// Runs a suite on a terminal; `None` where there is nothing to make one with.
fn on_a_terminal(suite: &str, args: &str, ci: bool) -> Option<Finished> {
    if !Command::new("script").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no `script` to make a terminal with");
        return None;
    }
    let command = format!("'{}' {args}", executable(suite, suite).display());
    let mut launch = Launch::new("script".into()).args(["-qec", &command, "/dev/null"]).env("TERM", "xterm");
    if ci {
        launch = launch.env("CI", "true");
    }
    Some(launch.run())
}

/// The text without carriage returns, colours and movements of the cursor.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        plain.push_str(&rest[..at]);
        let sequence = rest[at + 1..].strip_prefix('[').unwrap_or(&rest[at + 1..]);
        let end = sequence.find(|c: char| c.is_ascii_alphabetic()).map_or(sequence.len(), |at| at + 1);
        rest = &sequence[end..];
    }
    plain.push_str(rest);
    plain.replace('\r', "")
}

/// A bar while it runs, and the same lines in the end as everywhere.
#[test]
fn a_bar_while_it_runs() {
    let Some(run) = on_a_terminal("faults", "hang::sleeps::", false) else { return };
    run.ends_with(101);
    assert!(run.stdout.contains('\x1b'), "something was drawn\n{run}");
    let text = plain(&run.stdout);
    assert!(text.contains("hang::sleeps::fault"), "the trial that is at work\n{run}");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("test result: ")).collect();
    assert_eq!(lines.len(), 1, "one closing line\n{run}");
    assert_eq!(summary(&text).passed, 2);
}

/// No bar where it is not wanted: by flag, and in CI.
#[test]
fn no_bar_where_it_is_not_wanted() {
    for (args, ci) in [("green --no-progress --color=never", false), ("green --color=never", true)] {
        let Some(run) = on_a_terminal("basic", args, ci) else { return };
        run.ends_with(0);
        assert!(!run.stdout.contains('\x1b'), "{args}, CI {ci}: {run}");
        assert_eq!(summary(&plain(&run.stdout)).failed, 0);
    }
}

/// Colours where they can be seen, and nowhere else.
#[test]
fn colours_on_a_terminal() {
    let Some(run) = on_a_terminal("basic", "green::adds --exact --no-progress", false) else { return };
    run.ends_with(0);
    assert!(run.stdout.contains("\x1b["), "{run}");
}

/// A slow trial is told of while it runs.
#[test]
fn a_slow_trial_is_told_of() {
    let launch = Launch::new(executable("faults", "faults")).args(["hang::sleeps::", "--slow=200ms"]);
    let run = launch.run();
    run.ends_with(101);
    let told = run.stdout.lines().any(|line| line.contains("hang::sleeps::fault has been running for over"));
    assert!(told, "{run}");
}
